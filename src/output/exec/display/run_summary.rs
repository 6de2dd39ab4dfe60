use std::io::{self, Write};

use super::clean::{Colours, Commands, OutputStyle};
use super::log_tail::last_lines;
use super::wording::title;
use crate::model::name::Escaped;
use crate::output::exec::outcome::Outcome;
use crate::output::exec::report::{Report, ServiceReport};

/// How many lines of a failed build's log are shown again at the end.
const LINES: usize = 50;

/// Writes the result of a run: each failed service with the last lines of its log, the services that it blocked, and
/// the path of its log; then how many services have each outcome.
pub(super) fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for service in report.services.iter().filter(|service| service.outcome.is_failure()) {
        writeln!(out, "\n{}", title(service))?;
        failure(report, service, out)?;
    }
    let counts = counts(report);
    if counts.is_empty() { Ok(()) } else { writeln!(out, "\n{counts}") }
}

/// Returns how many services have each outcome: `3 succeeded, 1 failed`; empty if there are none.
pub(crate) fn counts(report: &Report) -> String {
    let counts: Vec<String> = Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome, report.services.iter().filter(|service| service.outcome == outcome).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| match flaky(report, outcome) {
            0 => format!("{count} {}", outcome.word()),
            flaky => format!("{count} {} ({flaky} flaky)", outcome.word()),
        })
        .collect();
    counts.join(", ")
}

fn flaky(report: &Report, outcome: Outcome) -> usize {
    report.services.iter().filter(|service| service.outcome == outcome && service.is_flaky()).count()
}

fn failure(report: &Report, service: &ServiceReport, out: &mut dyn Write) -> io::Result<()> {
    // Commands to the engine had their effect when the output was first shown, so they are broken up here.
    const STYLE: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Broken };
    if let Some(log) = &service.log {
        match last_lines(log, LINES, STYLE) {
            Ok(lines) => lines.iter().try_for_each(|line| writeln!(out, "  | {line}"))?,
            Err(error) => writeln!(out, "  | the log cannot be read: {error}")?,
        }
    }
    let blocked: Vec<String> = report.blocked_by(&service.service).map(|name| Escaped::new(name).to_string()).collect();
    if !blocked.is_empty() {
        writeln!(out, "  blocked: {}", blocked.join(", "))?;
    }
    match &service.log {
        Some(log) => writeln!(out, "  log: {}", Escaped::new(log.as_os_str().as_encoded_bytes())),
        None => Ok(()),
    }
}
