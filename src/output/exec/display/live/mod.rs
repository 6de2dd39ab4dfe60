//! Live rows for running builds at the bottom of a terminal, below one line for each finished build.

mod region;
mod row;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::RunDisplay;
use super::clean::{Colours, Commands, OutputStyle};
use super::log_tail::last_lines;
use super::wording::{mark, note, title};
use crate::output::exec::report::ServiceReport;
use crate::output::exec::run_event::RunEvent;
use region::Region;
use row::{Row, foot, rows, time_left};

pub use region::Size;

/// How often rows are redrawn.
const EVERY: Duration = Duration::from_millis(200);

/// A display for a terminal, with rows of running builds.
pub struct Live {
    size: Box<dyn Fn() -> Option<Size> + Send>,
    colours: Colours,
    began: Instant,
    running: IndexMap<String, Running>,
    /// The expected duration of each service that is not done, in seconds; `None` if it is not known.
    left: BTreeMap<String, Option<f64>>,
    /// How many services are built at once, at most.
    jobs: u32,
    total: usize,
    done: usize,
    failed: usize,
    region: Region,
    /// Whether the run is suspended, and other programs write to the terminal.
    suspended: bool,
}

/// A running attempt.
struct Running {
    since: Instant,
    log: PathBuf,
    /// Whether its log has grown since it was last read.
    grown: bool,
    /// The last line of its log that is not empty.
    last: String,
}

impl Live {
    /// Creates the display. `size` returns the size of the terminal, which may change.
    pub fn new(size: impl Fn() -> Option<Size> + Send + 'static, colours: Colours) -> Self {
        Self {
            size: Box::new(size),
            colours,
            began: Instant::now(),
            running: IndexMap::new(),
            left: BTreeMap::new(),
            jobs: 1,
            total: 0,
            done: 0,
            failed: 0,
            region: Region::default(),
            suspended: false,
        }
    }

    /// Writes text above the rows.
    fn above(&mut self, out: &mut dyn Write, text: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.region.erase(self.size(), &mut bytes);
        text(&mut bytes)?;
        self.draw(&mut bytes);
        out.write_all(&bytes)
    }

    /// Draws the rows at the cursor, unless the run is suspended.
    fn draw(&mut self, bytes: &mut Vec<u8>) {
        if self.suspended {
            return;
        }
        let (size, now) = (self.size(), Instant::now());
        let running = self.running.iter().map(|(service, running)| Row {
            service,
            time: now.saturating_duration_since(running.since),
            last: &running.last,
        });
        let mut lines = rows(&running.collect::<Vec<Row>>(), size);
        let waiting = self.total - self.done - self.running.len();
        let counts = [(self.failed, "failed"), (self.running.len(), "running"), (waiting, "waiting")];
        let left = time_left(&self.left, self.jobs, |service| {
            self.running.get(service).map_or(0.0, |running| now.saturating_duration_since(running.since).as_secs_f64())
        });
        lines.push(foot(self.done, self.total, counts, now.saturating_duration_since(self.began), left, size));
        self.region.draw(lines, bytes);
    }

    fn size(&self) -> Size {
        (self.size)().unwrap_or_default()
    }

    /// Writes the result of an attempt.
    fn ended(&mut self, service: &ServiceReport, behind: &str, out: &mut dyn Write) -> io::Result<()> {
        self.running.shift_remove(&service.service);
        let (mark, title) = (mark(service.outcome), title(service) + behind);
        let line = match (self.colours, mark) {
            (Colours::Kept, '✓') => format!("\x1b[32m{mark}\x1b[0m {title}"),
            (Colours::Kept, '✗') => format!("\x1b[31m{mark} {title}\x1b[0m"),
            _ => format!("{mark} {title}"),
        };
        self.above(out, |bytes| writeln!(bytes, "{line}"))
    }
}

impl RunDisplay for Live {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            RunEvent::Begun { services, expected, jobs } => {
                self.total = services.len();
                self.left = services.iter().cloned().zip(expected.iter().copied()).collect();
                self.jobs = *jobs;
                Ok(())
            }
            RunEvent::Started { service, log, .. } => {
                let running = Running { since: Instant::now(), log: log.clone(), grown: false, last: String::new() };
                self.running.insert(service.clone(), running);
                self.above(out, |_| Ok(()))
            }
            RunEvent::Output { service, .. } => {
                if let Some(running) = self.running.get_mut(service) {
                    running.grown = true;
                }
                Ok(())
            }
            RunEvent::Retrying { service, after } => {
                self.ended(service, &format!("; again in {}", super::time(*after)), out)
            }
            RunEvent::Finished { service } => {
                self.done += 1;
                self.failed += usize::from(service.outcome.is_failure());
                self.left.remove(&service.service);
                self.ended(service, "", out)
            }
            // The rows already show how long each build takes, and that the run is alive.
            RunEvent::Slow { .. } | RunEvent::Alive { .. } => Ok(()),
            RunEvent::Suspended => {
                self.region = Region::default();
                self.suspended = true;
                Ok(())
            }
            RunEvent::Resumed => {
                // Other programs have written to the terminal meanwhile, so the old rows must not be erased.
                self.region = Region::default();
                self.suspended = false;
                self.above(out, |_| Ok(()))
            }
            RunEvent::Overdue { .. } | RunEvent::Interrupted { .. } => self.above(out, |bytes| note(event, bytes)),
            RunEvent::Ended { .. } => {
                let mut bytes = Vec::new();
                self.region.erase(self.size(), &mut bytes);
                out.write_all(&bytes)?;
                note(event, out)
            }
        }
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn tick(&mut self, out: &mut dyn Write) -> io::Result<()> {
        const STYLE: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Obeyed };
        for running in self.running.values_mut().filter(|running| running.grown) {
            running.grown = false;
            let lines = last_lines(&running.log, 5, STYLE).unwrap_or_default();
            if let Some(last) = lines.into_iter().rev().find(|line| !line.trim().is_empty()) {
                running.last = last;
            }
        }
        if self.running.is_empty() { Ok(()) } else { self.above(out, |_| Ok(())) }
    }
}
