//! Versions of a service's builds, and the tags of its releases.
//!
//! | style | 47 commits behind 1.0.9 | SemVer: after 1.0.9, before 1.0.10? | SemVer: later builds after earlier ones? | as text? | PEP 440 | tag of an image |
//! |---|---|---|---|---|---|---|
//! | `extended` | `1.0.9-0047-188f7a2` | no: before 1.0.9 | up to 9,999 | up to 9,999 | invalid | yes |
//! | `next` | `1.0.10-dev.47.g188f7a2` | yes | yes | no | invalid | yes |
//! | `describe` | `1.0.9-47-g188f7a2` | no: before 1.0.9 | no | no | invalid | yes |
//! | `pep440` | `1.0.10.dev47+g188f7a2` | invalid | invalid | no | yes, in its order | `+` becomes `_` |
//! | `pseudo` | `1.0.10-0.20261121083000-188f7a2abcde` | yes | by time of commit | by time of commit | invalid | yes |
//! | `sha` | `sha-188f7a2` | invalid | invalid | no | invalid | yes |
//! | `release` | – | it is the release | – | – | as `MAJOR.MINOR.PATCH` | yes, `+` becomes `_` |
//!
//! On the tag itself all but `sha` say `1.0.9`; but `extended` says `1.0.9-0000-188f7a2` in an environment that is not
//! for releases. Some consequences:
//!
//! - `extended` and `describe` are pre-releases of the version that they come *after*. A range such as `>=1.0.9` or
//!   `^1.0.9` (Helm, Flux, npm) does not take them; `>=1.0.9-0` does. For such consumers use `next`.
//! - Sorting tags as text goes wrong wherever the release's own numbers gain a digit: `1.0.10` stands before `1.0.9`.
//!   The table speaks of builds behind the same release.
//! - `extended` is four digits wide and grows at the ten-thousandth commit; from then on text sorts wrongly.
//! - Behind a pre-release `1.1.0-rc.1` the versions of `next`, `pseudo` and `pep440` (`1.1.0rc2.dev3`) stand after it
//!   and before `1.1.0-rc.2`. Those of `extended` and `describe` stand after every `1.1.0-rc.N`, for SemVer puts words
//!   such as `1-0003-188f7a2` behind numbers.
//! - Build metadata (`1.0.9+b5`) stays where the version is one of that release: `1.0.9-0047-188f7a2+b5`. It becomes
//!   `_b5` in the tag of an image.
//! - Behind a calendar version (`scheme: calver`) no release comes next, so `next` and `pseudo` are errors, and `pep440`
//!   is `24.04.1.post47+g188f7a2`.
//! - With modified files `-dirty` (`.dirty` or `+dirty` for `pep440`) is added. Such versions are never pushed.
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
pub use tag_pattern::TagPattern;
pub use tag_problem::{TagProblem, in_the_way, tag_problems};
