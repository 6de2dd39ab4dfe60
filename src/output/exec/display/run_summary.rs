use std::io::{self, Write};

use super::clean::{Colours, Commands, OutputStyle};
use super::log_tail::last_lines;
use super::wording::{time, title};
use crate::model::name::Escaped;
use crate::output::exec::outcome::Outcome;
use crate::output::exec::report::{Report, ServiceReport};

/// How many of the slowest builds are named.
const SLOWEST: usize = 3;

/// How many lines of a failed build's log are shown again at the end.
const LINES: usize = 50;

/// What the result of a run shows of the log of a failed build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogExcerpt {
    /// Its last lines.
    LastLines,
    /// Nothing, since all lines are shown already.
    Nothing,
}

/// Writes the result of a run: each failed service with an excerpt of its log, the services that it blocked, and the
/// path of its log; then how many services have each outcome, how long the run took, and which builds were the slowest.
pub(super) fn summary(report: &Report, excerpt: LogExcerpt, out: &mut dyn Write) -> io::Result<()> {
    for service in report.services.iter().filter(|service| service.outcome.is_failure()) {
        writeln!(out, "\n{}", title(service))?;
        failure(report, service, excerpt, out)?;
    }
    let counts = counts(report);
    if counts.is_empty() {
        return Ok(());
    }
    let has_built = report.services.iter().any(|service| service.attempts > 0);
    let took = report.head.seconds.filter(|_| has_built).map(|seconds| format!(" in {}", time(seconds)));
    writeln!(out, "\n{counts}{}", took.unwrap_or_default())?;
    let slowest = slowest(report);
    if slowest.is_empty() { Ok(()) } else { writeln!(out, "slowest: {}", slowest.join(", ")) }
}

/// Returns the slowest builds with their times, the slowest first; none if there was one build only, or if no build
/// took a second.
fn slowest(report: &Report) -> Vec<String> {
    let mut built: Vec<&ServiceReport> = report.services.iter().filter(|service| service.attempts > 0).collect();
    built.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    if built.len() < 2 || built[0].seconds < 1.0 {
        return Vec::new();
    }
    let line = |service: &ServiceReport| format!("{} {}", Escaped::new(&service.service), time(service.seconds));
    built.into_iter().take(SLOWEST).map(line).collect()
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

fn failure(report: &Report, service: &ServiceReport, excerpt: LogExcerpt, out: &mut dyn Write) -> io::Result<()> {
    // Commands to the engine had their effect when the output was first shown, so they are broken up here.
    const STYLE: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Broken };
    if let (Some(log), LogExcerpt::LastLines) = (&service.log, excerpt) {
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
