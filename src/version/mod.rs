//! What a result is called: versions and their styles, release tags and their formats.

mod described;
mod format;
mod style;
mod tag_pattern;

pub use described::{Described, Trust};
pub use format::TagFormat;
pub use style::Style;
pub use tag_pattern::TagPattern;
