//! The findings of `rebake check`, with one file for each format.

mod github;
mod json;
mod sarif;

pub use github::annotations;
pub use json::findings;
pub use sarif::sarif;

use crate::model::diagnostic::{Label, LineColumn, Severity};
use crate::plan::check::Finding;

/// Returns how many findings are of a severity.
fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.problem.severity == severity).count()
}

/// Returns a line that says how much was found.
#[must_use]
pub fn summary(findings: &[Finding]) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let said = kinds.into_iter().filter_map(|(severity, word)| match count(findings, severity) {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { "nothing is wrong or missing\n".to_owned() } else { format!("found: {}\n", said.join(", ")) }
}

/// Returns where a label begins and ends.
fn region(label: &Label) -> (LineColumn, LineColumn) {
    (label.file.place(label.span.start), label.file.place(label.span.end.max(label.span.start)))
}
