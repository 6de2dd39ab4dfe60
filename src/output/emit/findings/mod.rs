//! The findings of `rebake check`, with one file for each format.

mod github;
mod json;
mod sarif;

pub use github::annotations;
pub use json::findings;
pub use sarif::sarif;

use crate::model::diagnostic::{Label, LineColumn, Severity};
use crate::plan::check::Findings;

/// Returns how many findings are of a severity.
fn count(findings: &Findings, severity: Severity) -> usize {
    findings.all.iter().filter(|finding| finding.problem.severity == severity).count()
}

/// Returns a line that says how many findings there are, and how many parts could not be checked.
#[must_use]
pub fn summary(findings: &Findings) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let said = kinds.into_iter().filter_map(|(severity, word)| match count(findings, severity) {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    });
    let said: Vec<String> = said.collect();
    let unchecked = match findings.unchecked.len() {
        0 => String::new(),
        1 => "; 1 part could not be checked".to_owned(),
        count => format!("; {count} parts could not be checked"),
    };
    let found = match &said[..] {
        [] if unchecked.is_empty() => "nothing is wrong or missing".to_owned(),
        [] => "nothing is wrong or missing in what was checked".to_owned(),
        said => format!("found: {}", said.join(", ")),
    };
    format!("{found}{unchecked}\n")
}

/// Returns where a label begins and ends.
fn region(label: &Label) -> (LineColumn, LineColumn) {
    (label.file.place(label.span.start), label.file.place(label.span.end.max(label.span.start)))
}
