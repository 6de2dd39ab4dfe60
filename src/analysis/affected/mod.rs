//! Which services are affected, and why.
//!
//! Two stages with two types: [`Direct`] causes are a service's own, [`Affected`] are the causes after they have spread
//! over the dependency graph. Spreading is monotone: more changes never make a service unaffected.

mod direct;
mod lockfile_change;
mod spread;

pub use direct::{Direct, Watch};
pub use lockfile_change::LockfileChange;
pub use spread::{Affected, spread};

use crate::analysis::filter::Match;
use crate::model::change::{Change, Status};
use crate::model::name::{ServiceId, ServiceName};

/// Why there is nothing to compare a service with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRecord {
    /// It was never released.
    NeverReleased,
    /// It was never built in the environment.
    NeverBuilt,
    /// It has no published image that names its commit.
    NeverPublished,
    /// There is no commit to compare with, as on the default branch when the engine names none.
    NoBase,
}

/// Why a service is affected.
#[derive(Debug, Clone)]
pub enum Cause<'a> {
    /// A change that its own filter matches.
    File(Match<'a>),
    /// A change of a file that its image is built from, which its own filter does not match.
    Input(Match<'a>),
    /// A change that the `global` filter matches.
    Global(Match<'a>),
    /// A difference in the packages that a lockfile gives it.
    Lockfile(LockfileChange),
    /// A service that it depends on is affected: the shortest chain, from the dependency to the service with a cause of
    /// its own.
    Dependency(Vec<ServiceId>),
    /// It depended on this service at base, and no longer does.
    DependencyRemoved(ServiceName),
    /// Its resolved definition differs from the one at base in these keys of filters.yaml; empty if base's is not
    /// known, so all count as changed.
    Definition(Vec<String>),
    /// A changed path that no filter matches, with `--unmatched all`.
    Unmatched(&'a Change),
    /// The configuration at base has no such service.
    NewService,
    /// It was requested by `--force`, `--all`, a manual run, or its release tag.
    Forced,
    /// Nothing says when it was last built: no record, no release tag, or no commit to compare with.
    NoRecord(NoRecord),
    /// A build of it has begun since the last one that was recorded.
    Unrecorded,
    /// The commit to compare with is not in this clone and could not be fetched.
    BaseUnreachable,
    /// Something else is not known, so it counts as changed.
    Degraded(Degraded<'a>),
}

/// Something that is not known, so the answer may be wider than necessary.
#[derive(Debug, Clone, Copy)]
pub enum Degraded<'a> {
    /// Which commits are new: the event is about other commits than head, or the engine does not say.
    UnknownRange,
    /// The configuration at base; every definition counts as changed.
    ConfigAtBase,
    /// The content of a path that its filters match, since it cannot be read.
    WorkTree(Match<'a>),
    /// Whether a pattern matches a path, since matching gave up.
    Pattern(Match<'a>),
}

impl<'a> Cause<'a> {
    /// Returns the cause of a match: `certain`, or a cause of doubt if it is not certain that the pattern matches.
    fn of_match(found: Match<'a>, certain: fn(Match<'a>) -> Self) -> Self {
        if found.change.status == Status::Unread {
            Self::Degraded(Degraded::WorkTree(found))
        } else if found.gave_up() {
            Self::Degraded(Degraded::Pattern(found))
        } else {
            certain(found)
        }
    }
}
