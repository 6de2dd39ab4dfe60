//! Builds as real processes, and what becomes of them when they, or the run, do not behave.

mod builds;
mod ends;
mod overhead;
mod session;

pub(crate) use session::state;
