//! What a service's build is called.

mod bump;
mod commits;
mod described;
mod error;
mod pep440;
mod release_tags;
mod render;
mod style;
mod tag_format;
mod tag_pattern;
mod tag_problem;
mod time;

pub use bump::{Bump, BumpError, FIRST};
pub use commits::{Commit, Decision, Reason, Stage, Weight};
pub use described::{Described, Trust};
pub use error::VersionError;
pub use release_tags::{Parsed, ReleaseTags};
pub use render::{Facts, Files, render};
/// A version of SemVer 2.0.0, read strictly.
pub use semver::Version;
pub use style::{Style, StyleError};
pub use tag_format::{TagFormat, TagFormatError};
pub use tag_pattern::TagPattern;
pub use tag_problem::{TagProblem, in_the_way, tag_problems};
