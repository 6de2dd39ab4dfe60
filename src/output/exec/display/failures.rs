use std::io::{self, Write};

use super::RunDisplay;
use super::clean::OutputStyle;
use super::failure_annotation::annotate;
use super::grouped::Grouped;
use super::marker::LogEngine;
use super::run_summary::{LogExcerpt, summary};
use super::wording::note;
use super::wording::title;
use crate::output::exec::run_event::RunEvent;

/// A display with a line for each service, and the whole output of each failed attempt.
#[derive(Debug, Default)]
pub struct Failures(Grouped);

impl Failures {
    /// Creates the display for an engine.
    #[must_use]
    pub fn new(engine: LogEngine, style: OutputStyle) -> Self {
        Self(Grouped::new(engine, style))
    }
}

impl RunDisplay for Failures {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            RunEvent::Retrying { service, .. } | RunEvent::Finished { service } if service.outcome.is_failure() => {
                self.0.group(service, out)
            }
            RunEvent::Finished { service } => writeln!(out, "{}", title(service)),
            RunEvent::Ended { report } => {
                summary(report, LogExcerpt::Nothing, out)?;
                annotate(report, self.0.engine, out)
            }
            event => note(event, out),
        }
    }
}
