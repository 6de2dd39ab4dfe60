use std::fmt::Write as _;

use super::region;
use crate::model::diagnostic::Severity;
use crate::model::name::escaped_lines;
use crate::model::workflow_command::command;
use crate::plan::check::Findings;

/// Returns findings as commands to GitHub's runner. GitHub shows them beside the lines of a pull request. Errors come
/// first, since GitHub shows only a few.
#[must_use]
pub fn annotations(findings: &Findings) -> String {
    let mut text = String::new();
    for (severity, name) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")] {
        for finding in findings.all.iter().filter(|finding| finding.problem.severity == severity) {
            let problem = &finding.problem;
            let said = problem.help.iter().fold(problem.message.clone(), |said, help| said + "\nhelp: " + help);
            let title = format!("{}: {}", finding.rule.id(), finding.rule.title());
            let mut properties = vec![("title", title)];
            if let Some(label) = problem.labels.first() {
                let (begin, end) = region(label);
                let numbers = [("line", begin.line), ("endLine", end.line), ("col", begin.column)];
                properties.push(("file", label.file.name().to_owned()));
                properties.extend(numbers.map(|(key, number)| (key, number.to_string())));
            }
            let properties: Vec<(&str, &str)> = properties.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let _ = writeln!(text, "{}", command(name, &properties, &escaped_lines(&said)));
        }
    }
    text
}
