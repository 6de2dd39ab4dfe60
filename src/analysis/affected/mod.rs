//! Which services are affected, and why.
//!
//! There are two stages, each with a type: [`Direct`] contains the own causes of each service; [`Affected`] contains
//! all causes, after they have spread over the dependency graph. Spreading is monotone: more changes never make a
//! service unaffected.

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
    /// The service was never released.
    NeverReleased,
    /// The service was never built in the environment.
    NeverBuilt,
    /// The service has no published image that names its commit.
    NeverPublished,
    /// There is no commit to compare with, for example on the default branch if the CI engine names none.
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
    /// A difference in the packages that the service gets from a lockfile.
    Lockfile(LockfileChange),
    /// One of its dependencies is affected. This is the shortest chain of services, from the dependency to a service
    /// with a cause of its own.
    Dependency(Vec<ServiceId>),
    /// The service depended on this other service at base, and no longer does.
    DependencyRemoved(ServiceName),
    /// Its resolved definition differs from its definition at base in these keys of filters.yaml. Empty if it is not
    /// known which keys differ.
    Definition(Vec<String>),
    /// A changed path that no filter matches, with `--unmatched all`.
    Unmatched(&'a Change),
    /// The configuration at base has no such service.
    NewService,
    /// The service was requested by `--force`, `--all`, a manual run, or its release tag.
    Forced,
    /// It is not known when the service was last built: there is no record, no release tag, or no commit to compare
    /// with.
    NoRecord(NoRecord),
    /// A build of the service has begun since its last recorded build.
    Unrecorded,
    /// The commit to compare with is not in this clone and could not be fetched.
    BaseUnreachable,
    /// Something else is not known, so the service counts as affected.
    Degraded(Degraded<'a>),
}

/// A fact that is not known. Because of it, the plan may have more services than necessary.
#[derive(Debug, Clone, Copy)]
pub enum Degraded<'a> {
    /// It is not known which commits are new: the event is about other commits than head, or the engine does not say.
    UnknownRange,
    /// The configuration at base is not known, so every definition counts as changed.
    ConfigAtBase,
    /// The content of a path that the service's filters match cannot be read.
    WorkTree(Match<'a>),
    /// It is not known whether a pattern matches a path, since matching took too long.
    Pattern(Match<'a>),
}

impl<'a> Cause<'a> {
    /// Returns `certain` with the match, or a [`Cause::Degraded`] if the path cannot be read or matching took too long.
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
