//! What a service's build is called.

mod described;
mod tag_pattern;

pub use described::{Described, Trust};
pub use tag_pattern::TagPattern;
