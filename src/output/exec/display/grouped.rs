use std::io::{self, Write};
use std::path::Path;

use super::RunDisplay;
use super::clean::OutputStyle;
use super::failure_annotation::annotate;
use super::log_tail::Follow;
use super::marker::{Fold, LogEngine};
use super::run_summary::{LogExcerpt, summary};
use super::wording::{note, title};
use crate::output::exec::report::ServiceReport;
use crate::output::exec::run_event::RunEvent;

/// A display for CI. When an attempt has ended, it shows the whole output of this attempt, not mixed with the output of
/// other attempts.
#[derive(Debug, Default)]
pub struct Grouped {
    pub(super) engine: LogEngine,
    style: OutputStyle,
    groups: usize,
}

impl Grouped {
    /// Creates the display for an engine. A group has the output of one attempt, and the engine can fold it.
    #[must_use]
    pub fn new(engine: LogEngine, style: OutputStyle) -> Self {
        Self { engine, style, groups: 0 }
    }

    /// Writes the group of a service's last attempt; for a service without an attempt, only a line.
    pub(super) fn group(&mut self, service: &ServiceReport, out: &mut dyn Write) -> io::Result<()> {
        let Some(log) = &service.log else {
            return writeln!(out, "{}", title(service));
        };
        let fold = if service.outcome.is_success() { Fold::Closed } else { Fold::Open };
        self.groups += 1;
        self.engine.begin(self.groups, &title(service), fold, out)?;
        copy(log, self.style, out)?;
        self.engine.end(self.groups, service.seconds, fold, out)
    }
}

impl RunDisplay for Grouped {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            RunEvent::Retrying { service, .. } | RunEvent::Finished { service } => self.group(service, out),
            RunEvent::Ended { report } => {
                summary(report, LogExcerpt::Nothing, out)?;
                annotate(report, self.engine, out)
            }
            event => note(event, out),
        }
    }
}

fn copy(log: &Path, style: OutputStyle, out: &mut dyn Write) -> io::Result<()> {
    match Follow::open(log) {
        Ok(follow) => follow.copy(style, out),
        Err(error) => writeln!(out, "the log cannot be read: {error}"),
    }
}
