//! SARIF 2.1.0, which code scanning of GitHub, GitLab and Azure reads.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::region;
use crate::model::diagnostic::{Diagnostic, Label, Severity};
use crate::model::safe_json;
use crate::plan::check::{CheckRule, Finding, Findings};

/// Returns findings as a SARIF log.
#[must_use]
pub fn sarif(findings: &Findings) -> String {
    let rules: Vec<Value> = CheckRule::ALL.iter().map(|rule| self::rule(*rule)).collect();
    safe_json::document(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "rebake",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_HOMEPAGE"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !findings.unchecked.iter().any(Diagnostic::is_error),
                "toolExecutionNotifications": findings.unchecked.iter().map(notification).collect::<Vec<Value>>(),
            }],
            "results": findings.all.iter().map(result).collect::<Vec<Value>>(),
        }],
    }))
}

fn rule(rule: CheckRule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": {"text": rule.title()},
        "helpUri": format!("{}/blob/main/docs/check.md#{}", env!("CARGO_PKG_REPOSITORY"), rule.id().to_ascii_lowercase()),
    })
}

/// Returns the notification about a problem that prevented a part of the check.
fn notification(problem: &Diagnostic) -> Value {
    let places = problem.labels.iter().take(1).map(|label| json!({"physicalLocation": place(label)}));
    json!({
        "level": level(problem),
        "message": {"text": said(problem)},
        "locations": places.collect::<Vec<Value>>(),
    })
}

fn level(problem: &Diagnostic) -> &'static str {
    match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn said(problem: &Diagnostic) -> String {
    problem.help.iter().fold(problem.message.clone(), |said, help| said + "\n" + help)
}

fn result(finding: &Finding) -> Value {
    let problem = &finding.problem;
    let mut labels = problem.labels.iter();
    let locations: Vec<Value> =
        labels.next().map(|label| json!({"physicalLocation": place(label)})).into_iter().collect();
    let related = labels.enumerate().map(
        |(number, label)| json!({"id": number, "physicalLocation": place(label), "message": {"text": label.text}}),
    );
    let index = CheckRule::ALL.iter().position(|rule| *rule == finding.rule);
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": index,
        "level": level(problem),
        "message": {"text": said(problem)},
        "locations": locations,
        "relatedLocations": related.collect::<Vec<Value>>(),
    })
}

fn place(label: &Label) -> Value {
    let (begin, end) = region(label);
    json!({
        "artifactLocation": {"uri": uri(label.file.name())},
        "region": {
            "startLine": begin.line,
            "startColumn": begin.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    })
}

/// Returns a path as a relative URI reference: each special character is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_a_reference() {
        assert_eq!(uri("a/b-c.yml"), "a/b-c.yml");
        assert_eq!(uri("a b:é"), "a%20b%3A%C3%A9");
    }
}
