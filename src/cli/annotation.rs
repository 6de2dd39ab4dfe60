//! Problems as annotations of GitHub. GitHub shows an annotation on the page of the run and beside the line of the
//! file, as well as in the log.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::env;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::escaped_lines;
use crate::model::workflow_command::{ANNOTATIONS, command};

/// The problems of a command that become annotations. All are written at the end, the most important first, since
/// GitHub shows only a few annotations of each step.
#[derive(Debug)]
pub(crate) struct Annotations {
    asked: bool,
    problems: Vec<Diagnostic>,
}

impl Annotations {
    /// Returns an empty collection. It stays empty outside of GitHub workflows, and for a command whose result no later
    /// step reads.
    pub(crate) fn new(is_read_by_steps: bool) -> Self {
        Self {
            asked: is_read_by_steps && env::read(env::Variable::GithubActions).is_some_and(|value| value == "true"),
            problems: Vec::new(),
        }
    }

    /// Adds problems that were printed.
    pub(crate) fn add(&mut self, problems: &[Diagnostic]) {
        if self.asked {
            self.problems.extend_from_slice(problems);
        }
    }

    /// Returns the workflow commands that make the annotations, by severity. Within a severity, problems that made the
    /// plan wider come first. If a severity has more problems than GitHub shows, problems with the same code share an
    /// annotation.
    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            let mut problems: Vec<&Diagnostic> =
                self.problems.iter().filter(|problem| problem.severity == severity).collect();
            problems.sort_by_key(|problem| problem.code != "degraded");
            let groups = if problems.len() > ANNOTATIONS {
                by_code(&problems)
            } else {
                problems.chunks(1).map(<[_]>::to_vec).collect()
            };
            for group in groups.iter().take(ANNOTATIONS) {
                let _ = writeln!(text, "{}", line(group[0], group.len() - 1));
            }
        }
        text
    }
}

/// Returns the problems of each code, in the order in which the codes appear.
fn by_code<'a>(problems: &[&'a Diagnostic]) -> Vec<Vec<&'a Diagnostic>> {
    let mut groups: IndexMap<&str, Vec<&Diagnostic>> = IndexMap::new();
    for problem in problems {
        groups.entry(problem.code).or_default().push(problem);
    }
    groups.into_values().collect()
}

/// Returns the workflow command, in one line, for a problem and `more` further problems with the same code.
fn line(problem: &Diagnostic, more: usize) -> String {
    let name = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut text = problem.message.clone();
    if more > 0 {
        let _ = write!(text, " (and {more} more of this kind: see the log)");
    }
    let text = problem.help.iter().fold(text, |text, help| text + "\nhelp: " + help);
    let text = escaped_lines(&text);
    let title = ("title", problem.code);
    let Some(label) = problem.labels.first() else { return command(name, &[title], &text) };
    let at = label.file.place(label.span.start);
    let (line, column) = (at.line.to_string(), at.column.to_string());
    command(name, &[("file", label.file.name()), ("line", &line), ("col", &column), title], &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::{SourceFile, Span};

    fn lines(problems: impl IntoIterator<Item = Diagnostic>) -> String {
        Annotations { asked: true, problems: problems.into_iter().collect() }.lines()
    }

    #[test]
    fn a_problem_is_one_line_with_its_place() {
        let file = SourceFile::new("a,b:c\n.yaml", "x\n  y");
        let problem = Diagnostic::warning("code", "100%\r\n::error::x").help("mend it").help("or not");
        let problem = problem.label(&file, Span { start: 4, end: 5 }, "here");
        assert_eq!(
            lines([problem]),
            "::warning file=a%2Cb%3Ac%0A.yaml,line=2,col=3,title=code::100%25\\r%0A: :error::x%0Ahelp: mend it%0Ahelp: or not\n"
        );
    }

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let mut annotations = Annotations { asked: false, problems: Vec::new() };
        annotations.add(&[Diagnostic::error("e", "e")]);
        assert_eq!(annotations.lines(), "");
    }

    #[test]
    fn errors_go_first_and_what_widened_the_plan_before_other_warnings() {
        let problems =
            [Diagnostic::warning("w", "w"), Diagnostic::warning("degraded", "d"), Diagnostic::error("e", "e")];
        assert_eq!(lines(problems), "::error title=e::e\n::warning title=degraded::d\n::warning title=w::w\n");
    }

    #[test]
    fn those_of_one_code_share_an_annotation_where_there_are_more_than_are_shown() {
        let few = lines((0..ANNOTATIONS).map(|number| Diagnostic::warning("w", number.to_string())));
        assert_eq!(few.lines().count(), ANNOTATIONS);
        let many = (0..30).map(|number| Diagnostic::warning(if number < 29 { "w" } else { "last" }, "m"));
        assert_eq!(
            lines(many),
            "::warning title=w::m (and 28 more of this kind: see the log)\n::warning title=last::m\n"
        );
    }
}
