//! What a service's build is called.

mod described;
mod error;
mod format;
mod pep440;
mod render;
mod style;
mod tag_pattern;
mod time;

pub use described::{Described, Trust};
pub use error::VersionError;
pub use format::TagFormat;
pub use render::{Facts, Files, render};
pub use style::{Style, StyleError};
pub use tag_pattern::TagPattern;
/// A version of SemVer 2.0.0, read strictly.
pub use semver::Version;
