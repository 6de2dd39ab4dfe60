//! Problems as annotations of GitHub's: shown beside the run and beside the file, not in the log alone.

use std::fmt::Write as _;

use super::args::Command;
use super::env;
use crate::diagnostic::{Diagnostic, Severity};

/// Where problems are told besides standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Annotations {
    /// Nowhere.
    None,
    /// As annotations of GitHub Actions and its kin.
    GitHub,
}

/// How many annotations of a kind GitHub shows of a step.
const SHOWN: usize = 10;

impl Annotations {
    /// Returns where the problems of a command are told.
    pub(crate) fn of(command: &Command) -> Self {
        let asked = match command {
            Command::Plan(plan) => plan.format.ci(),
            Command::Verdict(_) => true,
            _ => false,
        };
        let there = env::read(env::GITHUB_ACTIONS).is_some_and(|value| value == "true");
        if asked && there { Self::GitHub } else { Self::None }
    }

    /// Returns the lines that tell these problems.
    pub(crate) fn lines(self, problems: &[Diagnostic]) -> String {
        let severities = match self {
            Self::None => &[][..],
            Self::GitHub => &[Severity::Error, Severity::Warning, Severity::Note],
        };
        let mut text = String::new();
        for severity in severities {
            for problem in problems.iter().filter(|problem| problem.severity == *severity).take(SHOWN) {
                let _ = writeln!(text, "{}", line(problem));
            }
        }
        text
    }
}

/// Returns a command of the runner's, which ends at its line.
fn line(problem: &Diagnostic) -> String {
    let command = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = problem.labels.first().map_or_else(String::new, |label| {
        let at = label.file.place(label.span.start);
        format!("file={},line={},col={},", property(label.file.name()), at.line, at.column)
    });
    let text = problem.help.iter().fold(problem.message.clone(), |text, help| text + "\nhelp: " + help);
    format!("::{command} {place}title={}::{}", problem.code, data(&text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceFile, Span};

    #[test]
    fn a_problem_is_one_line_with_its_place() {
        let file = SourceFile::new("a,b:c\n.yaml", "x\n  y");
        let problem = Diagnostic::warning("code", "100%\r\n::error::x").help("mend it").help("or not");
        let problem = problem.label(&file, Span { start: 4, end: 5 }, "here");
        assert_eq!(
            Annotations::GitHub.lines(std::slice::from_ref(&problem)),
            "::warning file=a%2Cb%3Ac%0A.yaml,line=2,col=3,title=code::100%25%0D%0A::error::x%0Ahelp: mend it%0Ahelp: or not\n"
        );
        assert_eq!(Annotations::None.lines(&[problem]), "");
    }

    #[test]
    fn no_more_are_told_than_are_shown_and_errors_first() {
        let problems: Vec<Diagnostic> = (0..30)
            .map(|number| match number {
                0..12 => Diagnostic::warning("w", "w"),
                _ => Diagnostic::error("e", "e"),
            })
            .collect();
        let lines = Annotations::GitHub.lines(&problems);
        assert_eq!(lines, "::error title=e::e\n".repeat(SHOWN) + &"::warning title=w::w\n".repeat(SHOWN));
    }
}
