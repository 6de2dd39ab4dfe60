//! What a result is called: versions and their styles, release tags and their formats.

mod format;
mod style;

pub use format::TagFormat;
pub use style::Style;
