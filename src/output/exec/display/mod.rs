//! Displays of the progress of a run, for people, CI engines and programs, with one file for each. A display turns
//! events into bytes. It reads the output of a build from the log, in pieces of limited size.

mod failure_annotation;
mod clean;
mod failures;
mod log_tail;
mod grouped;
mod json;
mod live;
mod marker;
mod wording;
mod stream;
mod run_summary;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::time::Duration;

use super::run_event::{RunEvent, Sink};

pub use clean::{Colours, Commands, OutputStyle};
pub use failures::Failures;
pub use grouped::Grouped;
pub use json::Json;
pub use live::{Live, Size};
pub use log_tail::last_lines;
pub use marker::LogEngine;
pub(crate) use run_summary::counts;
pub use stream::Stream;
pub(crate) use wording::time;

/// A display of a run: it turns events into text or other bytes.
pub trait RunDisplay: Send {
    /// Shows an event.
    ///
    /// # Errors
    /// When the output cannot be written. If a log cannot be read, the output says so, and there is no error.
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()>;

    /// Returns the interval at which [`RunDisplay::tick`] is called; `None`, the default, for never.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// Updates the elapsed time while there is no event.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn tick(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a display of a run to an output, until writing fails. Builds go on even if the output is closed.
pub struct Printer<M, W> {
    display: M,
    out: W,
    error: Option<io::Error>,
}

impl<M: RunDisplay, W: Write + Send> Printer<M, W> {
    /// Creates a printer with a display and an output.
    pub fn new(display: M, out: W) -> Self {
        Self { display, out, error: None }
    }

    /// Returns the output, or the error of writing.
    ///
    /// # Errors
    /// When something could not be written. Nothing was written after that.
    pub fn finish(self) -> io::Result<W> {
        self.error.map_or(Ok(self.out), Err)
    }

    fn write(&mut self, what: impl FnOnce(&mut M, &mut dyn Write) -> io::Result<()>) {
        if self.error.is_none() {
            let written = what(&mut self.display, &mut self.out).and_then(|()| self.out.flush());
            self.error = written.err();
        }
    }
}

impl<M: RunDisplay, W: Write + Send> Sink for &mut Printer<M, W> {
    fn event(&mut self, event: &RunEvent) {
        self.write(|display, out| display.show(event, out));
    }

    fn every(&self) -> Option<Duration> {
        self.display.every()
    }

    fn tick(&mut self) {
        self.write(RunDisplay::tick);
    }
}

impl RunDisplay for Box<dyn RunDisplay> {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        (**self).show(event, out)
    }

    fn every(&self) -> Option<Duration> {
        (**self).every()
    }

    fn tick(&mut self, out: &mut dyn Write) -> io::Result<()> {
        (**self).tick(out)
    }
}
