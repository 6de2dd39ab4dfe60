use std::fmt::Write as _;

use super::{Report, ServiceReport};
use crate::model::name::is_visible;
use crate::output::exec::outcome::Outcome;

/// Returns the report as `JUnit`'s XML, by the schema of Jenkins: one suite, with a case for each service. `output`
/// returns the text to show of a service's log, if any.
///
/// Services that failed or timed out are failures. Services that were superseded, blocked, cancelled or not started are
/// skipped.
/// Attempts before the last one are written as Maven's surefire does: as `flakyFailure` if the last attempt succeeded,
/// else as `rerunFailure`.
#[must_use]
pub fn junit(report: &Report, output: impl Fn(&ServiceReport) -> Option<String>) -> String {
    let count = |is: fn(&ServiceReport) -> bool| report.services.iter().filter(|service| is(service)).count();
    let (tests, failures) = (report.services.len(), count(|service| service.outcome.is_failure()));
    let skipped = count(|service| is_skipped(service.outcome));
    let all: f64 = report.services.iter().map(|service| service.seconds).sum();
    let seconds = report.head.seconds.unwrap_or(all);
    let timestamp = report.head.started.as_deref().map(|at| format!(" timestamp=\"{}\"", escaped(at)));
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"");
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(xml, "<testsuites name=\"rebake\" {counts}>");
    let _ = writeln!(
        xml,
        "    <testsuite name=\"rebake build\" {counts} skipped=\"{skipped}\"{}>",
        timestamp.unwrap_or_default()
    );
    properties(report, &mut xml);
    for service in &report.services {
        case(service, &output, &mut xml);
    }
    xml + "    </testsuite>\n</testsuites>\n"
}

/// Writes the properties of the run: the version of rebake, the commit and the environment.
fn properties(report: &Report, xml: &mut String) {
    let head = &report.head;
    let known = [("rebake", &head.rebake), ("commit", &head.commit), ("environment", &head.environment)];
    if known.iter().all(|(_, value)| value.is_none()) {
        return;
    }
    xml.push_str("        <properties>\n");
    for (name, value) in known {
        if let Some(value) = value {
            let _ = writeln!(xml, "            <property name=\"{name}\" value=\"{}\"/>", escaped(value));
        }
    }
    xml.push_str("        </properties>\n");
}

fn is_skipped(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Superseded | Outcome::Blocked | Outcome::Cancelled | Outcome::NotStarted => true,
        Outcome::Succeeded | Outcome::Exists | Outcome::Promoted | Outcome::Failed | Outcome::TimedOut => false,
    }
}

fn case(service: &ServiceReport, output: impl Fn(&ServiceReport) -> Option<String>, xml: &mut String) {
    let mut inner = String::new();
    let (message, kind) = (escaped(&message(service)), service.outcome.word());
    match service.outcome {
        outcome if outcome.is_failure() => element("failure", &message, kind, None, &mut inner),
        outcome if is_skipped(outcome) => element("skipped", &message, kind, None, &mut inner),
        _ => {}
    }
    for attempt in service.earlier.iter().map(|attempt| attempt.of(service)) {
        let name = if service.outcome.is_success() { "flakyFailure" } else { "rerunFailure" };
        let (message, kind) = (escaped(&self::message(&attempt)), attempt.outcome.word());
        element(name, &message, kind, output(&attempt).as_deref(), &mut inner);
    }
    if let Some(output) = output(service) {
        let _ = writeln!(inner, "            <system-out>{}</system-out>", escaped(&output));
    }
    let (name, seconds) = (escaped(&service.service), service.seconds);
    let case = format!("        <testcase name=\"{name}\" classname=\"rebake build\" time=\"{seconds:.3}\"");
    if inner.is_empty() {
        let _ = writeln!(xml, "{case}/>");
    } else {
        let _ = writeln!(xml, "{case}>\n{inner}        </testcase>");
    }
}

fn element(name: &str, message: &str, kind: &str, output: Option<&str>, xml: &mut String) {
    let start = format!("            <{name} message=\"{message}\" type=\"{kind}\"");
    match output {
        None => {
            let _ = writeln!(xml, "{start}/>");
        }
        Some(output) => {
            let _ = writeln!(xml, "{start}><system-out>{}</system-out></{name}>", escaped(output));
        }
    }
}

fn message(service: &ServiceReport) -> String {
    let by = service.blocked_by.as_ref().map(|by| format!("blocked by {by}"));
    let words = [by, Some(service.how()), service.message.clone()];
    let words: Vec<String> = words.into_iter().flatten().filter(|words| !words.is_empty()).collect();
    if words.is_empty() { service.outcome.word().to_owned() } else { words.join(": ") }
}

/// Escapes a text for XML, including the values of attributes. Character references replace invisible characters, and
/// characters with which a command to a CI engine would begin. Characters that XML 1.0 cannot contain are left out.
fn escaped(text: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("::") {
        Some(rest) => format!("{}:&#58;{}", &line[..line.len() - rest.len() - 2], of_line(rest)),
        None => of_line(line),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn of_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c if !is_visible(c) => _ = write!(out, "&#x{:x};", u32::from(c)),
            c => out.push(c),
        }
    }
    out.replace("##[", "#&#35;[").replace("##vso[", "#&#35;vso[")
}
