use std::io::{self, Write};

use super::Manner;
use super::annotation::annotate;
use super::clean::Style;
use super::grouped::Grouped;
use super::marker::Engine;
use super::note::note;
use super::note::title;
use crate::output::exec::event::Event;

/// A line for each service, and the whole output of those that went wrong.
#[derive(Debug, Default)]
pub struct Failures(Grouped);

impl Failures {
    /// Takes the engine that shows the output.
    #[must_use]
    pub fn new(engine: Engine, style: Style) -> Self {
        Self(Grouped::new(engine, style))
    }
}

impl Manner for Failures {
    fn show(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Retrying { service, .. } | Event::Finished { service } if service.outcome.is_failure() => {
                self.0.group(service, out)
            }
            Event::Finished { service } => writeln!(out, "{}", title(service)),
            Event::Ended { report } => {
                note(event, out)?;
                annotate(report, self.0.engine, out)
            }
            event => note(event, out),
        }
    }
}
