//! The next releases of services, as a [`ReleasePlan`]. This module does no input or output.
//!
//! A *line* is released as a whole: one service, or all services that share a tag format such as `v{{version}}`.
//!
//! # What `--bump auto` promises
//!
//! 1. The *current* version of a line is the highest, by SemVer, of its release tags at head and at ancestors of head.
//!    It need not be the nearest or the newest. Versions of tags on other branches are not used again. If the next
//!    version is not higher than the versions of all these tags, the plan says so.
//! 2. Commits since the line's last release are considered if their change against their first parent matches the
//!    filters of one of its services. Scopes (`feat(api): …`) do not matter. The last release is the last one that is
//!    no pre-release, so that a release includes the commits of its candidates. With `--pre`, it is the current release.
//! 3. The message of each commit (Conventional Commits 1.0.0) requires a bump, and the highest one is used:
//!
//!    | commit | requires | before 1.0.0 |
//!    | --- | --- | --- |
//!    | `feat!: …`, any other type with `!`, or a footer `BREAKING CHANGE: …` | major | minor |
//!    | `feat: …` | minor | minor |
//!    | `fix: …`, `perf: …`, `refactor: …`, `build: …` and unknown types | patch | patch |
//!    | no conventional message | patch | patch |
//!    | `docs: …`, `style: …`, `test: …`, `chore: …`, `ci: …` | nothing | nothing |
//!    | a merge: the commits that it brings in count instead | nothing | nothing |
//!    | a revert of a commit since the last release, and the reverted commit | nothing | nothing |
//!    | a revert of a released commit | patch | patch |
//!
//! 4. If no commit requires a bump, there is no release.
//! 5. The first release of a line is 0.1.0, whatever its commits require, as soon as it has a commit. Only people
//!    decide about 1.0.0 (`--bump major`, `--version 1.0.0`).
//! 6. A line whose current release is at head is already released, and is not released again. But if that release is a
//!    pre-release, and a final release is requested, the final release follows.
//! 7. A service with `scheme: calver` is only released with `--version`, since commits do not determine a date.
//! 8. Dependents of a released line are released too, with at least a patch.
//!
//! If no service is named, every line is considered. With `--bump auto`, the rules above decide; with another bump, a
//! line is released if any commit changes it. A named line gets the given bump even without commits.

mod error;
mod line;
mod next;
mod release_plan;
mod published;

pub use error::ReleaseError;
pub use line::{Line, ReleasePosition, Scope, TaggedRelease};
pub use published::{Published, PublishedCommit, Released, Unreleased};
pub use release_plan::{Idle, PlannedRelease, ReleaseChange, ReleaseOutcome, ReleasePlan, ReleaseReason, plan};

use crate::model::choice::Choice;
use crate::naming::version::Bump;

/// A request for releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleaseRequest {
    /// How to find the next version.
    pub step: NextVersion,
    /// The word of a pre-release, such as `rc`.
    pub pre: Option<String>,
    /// What happens to dependents of released services.
    pub dependents: Dependents,
}

/// How to find the next version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NextVersion {
    /// As the commits require.
    #[default]
    Auto,
    /// By this bump.
    Bump(Bump),
    /// To this version, which must be valid in the scheme of the service.
    To(String),
}

/// What happens to dependents of released services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dependents {
    /// They are not released.
    None,
    /// They are released too, since they are built from released services: with a higher patch number, or as their own
    /// commits require. A dependent that was never released stays unreleased.
    #[default]
    Patch,
}

impl Choice for Dependents {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::None, "none", "Release nothing else"),
        (Self::Patch, "patch", "Release the dependents too, with at least a patch"),
    ];
}
