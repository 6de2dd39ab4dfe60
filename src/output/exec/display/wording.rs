//! The wording of events and results, which all displays share.

use std::io::{self, Write};

use super::run_summary::{LogExcerpt, summary};
use crate::model::name::Escaped;
use crate::output::exec::outcome::Outcome;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::run_event::{Alive, RunEvent};

/// Writes a message about an event of the whole run, or of a build that is still running. For other events it writes
/// nothing.
pub(super) fn note(event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
    let shown = |name: &str| Escaped::new(name).to_string();
    match event {
        RunEvent::Slow { service, seconds, .. } => {
            writeln!(out, "rebake: {} is slow: {} so far", shown(service), time(*seconds))
        }
        RunEvent::Overdue { service, seconds, .. } => {
            writeln!(out, "rebake: {} takes too long and is stopped, after {}", shown(service), time(*seconds))
        }
        RunEvent::Alive { running, waiting } => writeln!(out, "rebake: {}", alive(running, *waiting)),
        RunEvent::Interrupted { signal, again: false } => {
            writeln!(out, "rebake: {signal}: telling all builds to end; once more kills them")
        }
        RunEvent::Interrupted { signal, again: true } => writeln!(out, "rebake: {signal}: killing all builds"),
        RunEvent::Ended { report } => summary(report, LogExcerpt::LastLines, out),
        RunEvent::Begun { .. }
        | RunEvent::Started { .. }
        | RunEvent::Output { .. }
        | RunEvent::Retrying { .. }
        | RunEvent::Finished { .. }
        | RunEvent::Suspended
        | RunEvent::Resumed => Ok(()),
    }
}

/// Returns the mark of an outcome: `✓` if there is an image or a result, `✗` for a failure, `·` otherwise.
pub(super) fn mark(outcome: Outcome) -> char {
    match outcome {
        Outcome::Succeeded | Outcome::Exists | Outcome::Promoted => '✓',
        Outcome::Failed | Outcome::TimedOut => '✗',
        Outcome::Superseded | Outcome::Blocked | Outcome::Cancelled | Outcome::NotStarted => '·',
    }
}

/// Returns the result of a service in one line: `api failed (exit 1) after 3.2s`.
pub(super) fn title(service: &ServiceReport) -> String {
    let name = Escaped::new(&service.service);
    let how = service.how();
    let how = if how.is_empty() { how } else { format!(" ({how})") };
    let by = service.blocked_by.as_ref().map(|by| format!(" by {}", Escaped::new(by))).unwrap_or_default();
    let word = match service.outcome {
        Outcome::TimedOut => "timed out",
        Outcome::NotStarted => "not started",
        Outcome::Exists => "exists already",
        Outcome::Promoted => "exists already, and got its tags",
        Outcome::Succeeded | Outcome::Superseded | Outcome::Failed | Outcome::Blocked | Outcome::Cancelled => {
            service.outcome.word()
        }
    };
    let after = if service.attempts > 0 { format!(" after {}", time(service.seconds)) } else { String::new() };
    let message = service.message.as_ref().map(|text| format!(": {}", Escaped::new(text))).unwrap_or_default();
    format!("{name} {word}{how}{by}{after}{message}")
}

fn alive(running: &[Alive], waiting: usize) -> String {
    let builds: Vec<String> =
        running.iter().map(|alive| format!("{} {}", Escaped::new(&alive.service), time(alive.seconds))).collect();
    let waiting = if waiting > 0 { format!("; {waiting} waiting") } else { String::new() };
    let colon = if running.is_empty() { "" } else { ": " };
    format!("{} running{colon}{}{waiting}", running.len(), builds.join(", "))
}

/// Returns a duration as text for people: `3.2s`, `4m10s`, `2h05m`.
pub(crate) fn time(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float stops at the ends")]
    let whole = seconds.round() as u64;
    match whole {
        0..=59 => format!("{seconds:.1}s"),
        60..=3599 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_of_life_reads_well_when_nothing_runs() {
        let running = [Alive { service: "api".into(), seconds: 250.4 }];
        assert_eq!(alive(&running, 0), "1 running: api 4m10s");
        assert_eq!(alive(&[], 2), "0 running; 2 waiting");
    }
}
