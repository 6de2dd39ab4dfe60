//! Builds the services of a plan in parallel, each after its dependencies, and leaves no process behind.
//!
//! [`builder`] turns a recipe and a planned service into a [`Build`]; [`run()`] runs builds. The [`schedule`] does not
//! know processes, and processes do not know the schedule. Progress is reported as [`RunEvent`]s and, at the end, as a
//! [`Report`]. This module prints nothing and reads no environment variable.

mod service_build;
mod command_variable;
pub mod builder;
mod run_event;
mod needed_services;
mod outcome;
pub mod display;
mod process;
pub mod report;
mod run;
pub mod schedule;
mod signal;
mod incoming_signals;
mod event_channel;
mod jobserver;
mod tracer;

pub use command_variable::CommandVariable;
pub use incoming_signals::{Incoming, keep_children};
pub use needed_services::{CommandArgument, Kept, NeededImage, NeededServices, expected_images};
pub use outcome::{Ending, Failure, Outcome};
pub use process::watch;
pub use report::{RecordOutcome, Report};
pub use run::{Backoff, BuildMoment, Ended, Jobserver, Objections, Settings, run};
pub use run_event::{Alive, RunEvent, Sink};
pub use service_build::{Build, DigestSource, Step, Work};
pub use signal::Signal;
pub use tracer::{Tracer, TracerError};
