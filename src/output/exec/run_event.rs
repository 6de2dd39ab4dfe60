use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::report::{Report, ServiceReport};

/// An event in a run. Events are sent in order, and displays show them.
///
/// An event contains no output of builds. The output is in the log, which readers read at their own pace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RunEvent {
    /// The run begins.
    Begun {
        /// The services, in the order of the plan.
        services: Vec<String>,
        /// The expected duration of each service in seconds, in the same order; null if it is not known.
        expected: Vec<Option<f64>>,
        /// How many services are built at once, at most.
        jobs: u32,
    },
    /// An attempt at a build begins.
    Started {
        /// The service.
        service: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The path of its log.
        #[serde(serialize_with = "lossy")]
        log: PathBuf,
    },
    /// The log of an attempt has grown.
    Output {
        /// The service.
        service: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The path of its log.
        #[serde(serialize_with = "lossy")]
        log: PathBuf,
        /// The length of the log, in bytes.
        length: u64,
    },
    /// An attempt takes long.
    Slow {
        /// The service.
        service: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// How long it has run, in seconds.
        seconds: f64,
    },
    /// An attempt exceeds its time limit, and is stopped.
    Overdue {
        /// The service.
        service: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// How long it has run, in seconds.
        seconds: f64,
    },
    /// An attempt failed and there will be another one.
    Retrying {
        /// The entry of the service in the report, as if there were no further attempt.
        #[serde(flatten)]
        service: ServiceReport,
        /// In how many seconds the next attempt begins.
        after: f64,
    },
    /// Nothing more will happen to a service.
    Finished {
        /// The result of the service.
        #[serde(flatten)]
        service: ServiceReport,
    },
    /// A sign of life, sent at a regular interval.
    Alive {
        /// The running builds, in the order in which they began.
        running: Vec<Alive>,
        /// How many services may still be started.
        waiting: usize,
    },
    /// The run was interrupted: no further build is started, and running builds get the signal.
    Interrupted {
        /// The name of the signal, such as `SIGINT`.
        signal: String,
        /// Whether the run was interrupted before. If so, running builds are killed.
        again: bool,
    },
    /// The run is suspended, by Ctrl-Z.
    Suspended,
    /// The run goes on.
    Resumed,
    /// The run is over.
    Ended {
        /// The report of the run.
        report: Report,
    },
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    path.to_string_lossy().serialize(serializer)
}

/// A running build.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Alive {
    /// The service.
    pub service: String,
    /// How long its attempt has run, in seconds.
    pub seconds: f64,
}

/// A reader of the events of a run.
pub trait Sink: Send {
    /// Handles an event. This may take long, since neither builds nor signals wait for it.
    fn event(&mut self, event: &RunEvent);

    /// Returns the interval at which [`Sink::tick`] is called; `None`, the default, for never.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// Updates what is shown, after each interval of [`Sink::every`].
    fn tick(&mut self) {}
}

impl<F: FnMut(&RunEvent) + Send> Sink for F {
    fn event(&mut self, event: &RunEvent) {
        self(event);
    }
}
