use super::CheckRule;
use crate::model::diagnostic::{Diagnostic, Severity, SourceFile, Span};
use crate::model::name::ServiceName;

/// A problem that a rule has found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: CheckRule,
    /// The service or filter with the problem; `None` if the problem is not about one.
    pub service: Option<ServiceName>,
    /// What is wrong, where, and what to do. The code of the diagnostic is the rule's id.
    pub problem: Diagnostic,
    /// The change of patterns that fixes the problem, if there is one.
    pub fix: Option<Fix>,
}

/// The findings of the rules, and the problems that kept rules from checking something.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The findings.
    pub all: Vec<Finding>,
    /// The problems that kept rules from checking something, such as unreadable files.
    pub unchecked: Vec<Diagnostic>,
}

/// A change of patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Replaces a pattern.
    Replace {
        /// The position of the pattern in the file.
        at: Span,
        /// The pattern to write.
        pattern: String,
    },
    /// Adds patterns to a list, after its last pattern.
    Add {
        /// The position of the list's last pattern in the file.
        behind: Span,
        /// The patterns to write.
        patterns: Vec<String>,
    },
    /// Adds a list of patterns to a service without one, after its `path`.
    Begin {
        /// The position of the value of `path` in the file.
        behind: Span,
        /// The patterns to write.
        patterns: Vec<String>,
    },
}

impl Finding {
    pub(super) fn new(rule: CheckRule, severity: Severity, message: String) -> Self {
        Self { rule, service: None, problem: Diagnostic::new(severity, rule.id(), message), fix: None }
    }

    /// Creates a finding of a rule from a problem that was reported when the filters were read.
    #[must_use]
    pub fn as_read(rule: CheckRule, problem: &Diagnostic) -> Self {
        let problem = Diagnostic { code: rule.id(), ..problem.clone() };
        Self { rule, service: None, problem, fix: None }
    }

    pub(super) fn of(mut self, service: &ServiceName) -> Self {
        self.service = Some(service.clone());
        self
    }

    pub(super) fn label(mut self, file: &SourceFile, span: Span, text: impl Into<String>) -> Self {
        self.problem = self.problem.label(file, span, text);
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.problem = self.problem.help(text);
        self
    }

    pub(super) fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    /// Returns the key by which findings are sorted: the file, the position in the file, and the rule.
    pub(super) fn place(&self) -> (String, Span, CheckRule) {
        let label = self.problem.labels.first();
        let (file, span) =
            label.map_or((String::new(), Span::default()), |label| (label.file.name().to_owned(), label.span));
        (file, span, self.rule)
    }
}
