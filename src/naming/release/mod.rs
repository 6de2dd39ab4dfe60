//! The next releases of services: values in, a [`ReleasePlan`] out. Nothing here reads or writes.
//!
//! A *line* is what is released together: one service, or all that share a tag format such as `v{{version}}`.
//!
//! # What `--bump auto` promises
//!
//! 1. The *current* version is the highest by SemVer among the line's release tags that head leads to; not the nearest,
//!    not the newest. Tags on other branches keep their numbers from being taken again; a next version that does not
//!    stand above all of them is told with the plan.
//! 2. The commits that count are those since the line's last release whose change against their first parent matches
//!    the filters of one of its services; scopes (`feat(api): …`) have no say. The last release is the last one that is
//!    no pre-release, so that a release sums up its candidates; with `--pre` it is the current one.
//! 3. Each says by its message (Conventional Commits 1.0.0) what it asks for, and the highest wins:
//!
//!    | commit | asks for | before 1.0.0 |
//!    | --- | --- | --- |
//!    | `feat!: …`, any other type with `!`, or a footer `BREAKING CHANGE: …` | major | minor |
//!    | `feat: …` | minor | minor |
//!    | `fix: …`, `perf: …`, `refactor: …`, `build: …` and types unknown | patch | patch |
//!    | no conventional message | patch | patch |
//!    | `docs: …`, `style: …`, `test: …`, `chore: …`, `ci: …` | nothing | nothing |
//!    | a merge: the commits that it brings in speak for themselves | nothing | nothing |
//!    | a revert of one of these commits, and that commit | nothing | nothing |
//!    | a revert of what was released | patch | patch |
//!
//! 4. Where none asks for anything there is no release.
//! 5. A line that was never released begins with 0.1.0, whatever its commits ask for, as soon as there is one. 1.0.0 is a
//!    promise that only people make (`--bump major`, `--version 1.0.0`).
//! 6. A line whose current release stands on head is released already, and stays as it is; but a pre-release is followed
//!    by its release when that is asked for.
//!
//! 7. A service with `scheme: calver` is released by `--version` alone: commits do not tell what the calendar says.
//! 8. What depends on a released line is released too, a patch further at least.
//!
//! Without names every line takes part: with `auto` by the rules above, with a bump of its own when any commit touches
//! it. A line that is named takes the bump that is given without asking for commits.

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

/// What is asked of releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleaseRequest {
    /// How far versions go.
    pub step: NextVersion,
    /// The word of a pre-release, such as `rc`.
    pub pre: Option<String>,
    /// What becomes of those that depend on what is released.
    pub dependents: Dependents,
}

/// How far a version goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NextVersion {
    /// As far as the commits ask for.
    #[default]
    Auto,
    /// This far.
    Bump(Bump),
    /// To this version, which the scheme of the service has to read.
    To(String),
}

/// What becomes of those that depend on what is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dependents {
    /// Nothing.
    None,
    /// They are released too, for they are built from it: a patch further, or as far as their own commits ask for. One
    /// that was never released stays so.
    #[default]
    Patch,
}

impl Choice for Dependents {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::None, "none", "Release nothing else"),
        (Self::Patch, "patch", "Release the dependents too, with at least a patch"),
    ];
}
