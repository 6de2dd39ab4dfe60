//! Patterns: picomatch's dialect with `{dot: true}`, and an index over thousands of them.

mod index;
mod pattern;

pub use index::{GlobIndex, Hit};
pub use pattern::{Pattern, PatternError, Verdict};
