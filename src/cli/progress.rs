//! Progress messages for a run that takes longer than a second.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::printing::Output;

/// How long a run takes before its steps are named.
const PATIENCE: Duration = Duration::from_secs(1);

/// Names the steps of a run on standard error. With `--verbose`, it names every step at once, with the time since the
/// start. Otherwise it names steps only on a terminal, and only after the run has taken a second.
pub(crate) struct Progress {
    steps: Option<Sender<String>>,
    printer: Cell<Option<JoinHandle<()>>>,
}

impl Progress {
    pub(crate) fn new(output: &Output, verbose: bool) -> Self {
        if !verbose && !output.is_watched() {
            return Self { steps: None, printer: Cell::new(None) };
        }
        let (steps, received) = mpsc::channel::<String>();
        let started = Instant::now();
        let print = move || {
            let mut step = String::new();
            loop {
                let waiting = !verbose && !step.is_empty();
                let patience = PATIENCE.saturating_sub(started.elapsed());
                let next = if waiting {
                    received.recv_timeout(patience)
                } else {
                    received.recv().map_err(|_| RecvTimeoutError::Disconnected)
                };
                match next {
                    Ok(next) => step = next,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                if verbose || started.elapsed() >= PATIENCE {
                    // If standard error is closed, nobody reads the message.
                    let since =
                        if verbose { format!("[{:.3}s] ", started.elapsed().as_secs_f64()) } else { String::new() };
                    let _ = writeln!(io::stderr(), "rebake: {since}{step}…");
                    if !verbose {
                        step.clear();
                    }
                }
            }
        };
        Self { steps: Some(steps), printer: Cell::new(Some(std::thread::spawn(print))) }
    }

    pub(crate) fn step(&self, step: &str) {
        if let Some(steps) = &self.steps {
            // If the printer has ended, nobody reads the message.
            let _ = steps.send(step.to_owned());
        }
    }

    /// Waits until all messages are printed, so that none is printed after the result.
    pub(crate) fn finish(mut self) {
        drop(self.steps.take());
        if let Some(printer) = self.printer.take() {
            let _ = printer.join();
        }
    }
}
