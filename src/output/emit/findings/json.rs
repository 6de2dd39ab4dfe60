use serde::Serialize;

use super::{count, region};
use crate::model::diagnostic::{Diagnostic, Label, Severity};
use crate::model::name::ServiceName;
use crate::model::safe_json;
use crate::plan::check::{Finding, Findings};

/// The version of this format.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<Entry<'a>>,
    unchecked: Vec<Unchecked<'a>>,
}

/// A problem that prevented a part of the check.
#[derive(Serialize)]
struct Unchecked<'a> {
    message: &'a str,
    help: &'a [String],
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    message: &'a str,
    help: &'a [String],
    places: Vec<Place<'a>>,
    fixable: bool,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
}

/// Returns findings as JSON.
#[must_use]
pub fn findings(findings: &Findings) -> String {
    safe_json::document(&Document {
        schema: SCHEMA,
        errors: count(findings, Severity::Error),
        warnings: count(findings, Severity::Warning),
        notes: count(findings, Severity::Note),
        findings: findings.all.iter().map(entry).collect(),
        unchecked: findings.unchecked.iter().map(unchecked).collect(),
    })
}

fn entry(finding: &Finding) -> Entry<'_> {
    Entry {
        rule: finding.rule.id(),
        severity: match finding.problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        service: finding.service.as_ref().map(ServiceName::as_str),
        message: &finding.problem.message,
        help: &finding.problem.help,
        places: finding.problem.labels.iter().map(place).collect(),
        fixable: finding.fix.is_some(),
    }
}

fn unchecked(problem: &Diagnostic) -> Unchecked<'_> {
    let places = problem.labels.iter().map(place).collect();
    Unchecked { message: &problem.message, help: &problem.help, places }
}

fn place(label: &Label) -> Place<'_> {
    let (begin, end) = region(label);
    Place {
        file: label.file.name(),
        line: begin.line,
        column: begin.column,
        end_line: end.line,
        end_column: end.column,
        text: &label.text,
    }
}
