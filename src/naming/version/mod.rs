//! Versions of a service's builds, and the tags of its releases.
//!
//! | style | 47 commits after 1.0.9 | SemVer: after 1.0.9, before 1.0.10? | SemVer: later builds after earlier ones? | as text? | PEP 440 | tag of an image |
//! |---|---|---|---|---|---|---|
//! | `extended` | `1.0.9-0047-188f7a2` | no: before 1.0.9 | up to 9,999 | up to 9,999 | invalid | yes |
//! | `next` | `1.0.10-dev.47.g188f7a2` | yes | yes | no | invalid | yes |
//! | `describe` | `1.0.9-47-g188f7a2` | no: before 1.0.9 | no | no | invalid | yes |
//! | `pep440` | `1.0.10.dev47+g188f7a2` | invalid | invalid | no | yes, in its order | `+` becomes `_` |
//! | `pseudo` | `1.0.10-0.20261121083000-188f7a2abcde` | yes | by time of commit | by time of commit | invalid | yes |
//! | `sha` | `sha-188f7a2` | invalid | invalid | no | invalid | yes |
//! | `release` | – | it is the release | – | – | as `MAJOR.MINOR.PATCH` | yes, `+` becomes `_` |
//!
//! At the release itself, every style except `sha` gives `1.0.9`. But in an environment that is not for releases,
//! `extended` gives `1.0.9-0000-188f7a2`. Some consequences:
//!
//! - `extended` and `describe` are pre-releases of the version that they come *after*. A range such as `>=1.0.9` or
//!   `^1.0.9` (Helm, Flux, npm) does not include them; `>=1.0.9-0` does. Use `next` where such ranges matter.
//! - The table compares builds after the same release. Builds after different releases do not sort as text if a number
//!   gains a digit: `1.0.10` comes before `1.0.9`.
//! - `extended` has four digits, and five from the ten-thousandth commit on. From then on it does not sort as text.
//! - After a pre-release `1.1.0-rc.1`, the versions of `next`, `pseudo` and `pep440` (`1.1.0rc2.dev3`) come after it
//!   and before `1.1.0-rc.2`. Those of `extended` and `describe` come after every `1.1.0-rc.N`, since SemVer sorts
//!   words such as `1-0003-188f7a2` after numbers.
//! - Build metadata (`1.0.9+b5`) is kept at the release itself, and after it by `extended` (`1.0.9-0047-188f7a2+b5`)
//!   and `describe` (`1.0.9+b5-47-g188f7a2`). In the tag of an image, `+b5` becomes `_b5`.
//! - The release after a calendar version (`scheme: calver`) is not known, so `next` and `pseudo` are errors, and
//!   `pep440` is `24.04.1.post47+g188f7a2`.
//! - If files are modified, `-dirty` is added (`.dirty` or `+dirty` for `pep440`). By default, rebake does not push
//!   images with such a version.
//!
//! `tests/it/styles.rs` checks the table with the `semver` crate and Python's `packaging`.

mod bump;
mod calver;
mod conventional_commits;
mod count;
mod described;
mod error;
mod pep440;
mod release_tags;
mod render;
mod scheme;
mod style;
mod tag_format;
mod tag_hint;
mod tag_pattern;
mod tag_problem;

pub use bump::{Bump, BumpError, FIRST};
pub use calver::Calver;
pub use conventional_commits::{Commit, CommitReason, Decision, Stage, Weight};
pub use count::Count;
pub use described::{Described, Trust};
pub use error::VersionError;
pub use release_tags::{Parsed, ReleaseTags};
pub use render::{FilesState, Purpose, VersionFacts, render};
pub use scheme::{Almost, Reading, Scheme, Version};
/// A version of SemVer 2.0.0, read strictly.
pub use semver::Version as Semver;
pub use style::{VersionStyle, has_form_of_version};
pub use tag_format::{TagFormat, TagFormatError};
pub use tag_hint::{TagHint, tag_hints};
pub use tag_pattern::TagPattern;
pub use tag_problem::{TagProblem, in_the_way, tag_problems};
