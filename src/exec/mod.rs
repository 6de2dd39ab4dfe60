//! Builds of a plan's services: in parallel, in order, and leaving nothing behind (spec section 12).
//!
//! [`schedule`] says what may start now and knows no process. This room prints nothing.

mod outcome;
pub mod schedule;

pub use outcome::{Ending, Outcome};
