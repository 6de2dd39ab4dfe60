//! Patterns: picomatch's dialect with `{dot: true}`, and an index over thousands of them.

mod error;
mod explain;
mod index;
mod key;
mod machine;
mod pattern;
mod read;
mod set;
mod term;
mod tree;

pub use error::PatternError;
pub use explain::Explanation;
pub use index::{GlobIndex, Hit};
pub use pattern::{Pattern, Verdict};
