use std::io::{self, Write};

use super::clean::Style;
use super::grouped::Grouped;
use super::marker::Engine;
use super::note::title;
use super::{Manner, note::note};
use crate::exec::event::Event;

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
            event => note(event, out),
        }
    }
}
