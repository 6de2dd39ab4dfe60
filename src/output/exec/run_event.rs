use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::report::{Report, ServiceReport};

/// What happens in a run, in order. What shows it, and what records it, are readers of these.
///
/// An event carries no output: that is in the log, where a reader takes as much as it wants, as slowly as it likes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The run begins.
    Begun {
        /// The services, in the order of the plan.
        services: Vec<String>,
        /// How many are built at once.
        jobs: u32,
    },
    /// An attempt at a build begins.
    Started {
        /// The service.
        service: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// Its log.
        #[serde(serialize_with = "lossy")]
        log: PathBuf,
    },
    /// The log of an attempt has grown.
    Output {
        /// The service.
        service: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// Its log.
        #[serde(serialize_with = "lossy")]
        log: PathBuf,
        /// How many bytes of it are there now.
        length: u64,
    },
    /// An attempt takes long.
    Slow {
        /// The service.
        service: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// For how long it has run.
        seconds: f64,
    },
    /// An attempt takes longer than it may, and is stopped.
    Overdue {
        /// The service.
        service: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// For how long it has run.
        seconds: f64,
    },
    /// An attempt went wrong and there will be another.
    Retrying {
        /// The service, as its report would stand if there were none.
        #[serde(flatten)]
        service: ServiceReport,
        /// When the next attempt begins, from now.
        after: f64,
    },
    /// Nothing more will happen to a service.
    Finished {
        /// What became of it.
        #[serde(flatten)]
        service: ServiceReport,
    },
    /// A sign of life.
    Alive {
        /// What runs, in the order in which it began.
        running: Vec<Alive>,
        /// How many services may still be started.
        waiting: usize,
    },
    /// A signal asks for an end: no further build is started, and running builds get the signal.
    Interrupted {
        /// Its name, `SIGINT`.
        signal: String,
        /// Whether it is not the first, so that what runs is killed.
        again: bool,
    },
    /// The run is suspended, by Ctrl-Z.
    Suspended,
    /// The run goes on.
    Resumed,
    /// The run is over.
    Ended {
        /// All of it.
        report: Report,
    },
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    path.to_string_lossy().serialize(serializer)
}

/// A build that runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alive {
    /// The service.
    pub service: String,
    /// For how long its attempt has run.
    pub seconds: f64,
}

/// What reads the events of a run.
pub trait Sink: Send {
    /// Takes an event. It may take its time: builds do not wait for it, nor do signals.
    fn event(&mut self, event: &RunEvent);

    /// Returns how often [`Sink::tick`] is to be called, beside events; never, unless it says so.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// Does what is due by the clock.
    fn tick(&mut self) {}
}

impl<F: FnMut(&RunEvent) + Send> Sink for F {
    fn event(&mut self, event: &RunEvent) {
        self(event);
    }
}
