//! Which services are affected, and why.
//!
//! Two stages with two types: [`Direct`] causes are a service's own, [`Affected`] are the causes after they have spread
//! over the dependency graph. Spreading is monotone: more changes never take a service away.

mod direct;
mod spread;

pub use direct::{Direct, Watch};
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
    /// There is no commit to compare with, as on the default branch of an engine that names none.
    NoBase,
}

/// Why a service is affected.
#[derive(Debug, Clone)]
pub enum Cause<'a> {
    /// A change that its own filter matches.
    File(Match<'a>),
    /// A change of what its image is built from, which its own filter does not match.
    Input(Match<'a>),
    /// A change that the `global` filter matches.
    Global(Match<'a>),
    /// A service that it depends on is affected: the shortest chain, from the dependency to the service that is
    /// affected by itself.
    Dependency(Vec<ServiceId>),
    /// At base it depended on this service, and no longer does.
    DependencyRemoved(ServiceName),
    /// Its resolved definition differs from the one at base in these keys of filters.yaml; none where that one is not
    /// known, so that all count as changed.
    Definition(Vec<String>),
    /// A changed path that no filter matches, where such a path affects every service (`--unmatched all`).
    Unmatched(&'a Change),
    /// The configuration at base has no such service.
    NewService,
    /// It was asked for: `--force`, `--all`, a manual run, its release tag.
    Forced,
    /// Nothing says when it was last built: no record, no release tag, or no commit to compare with.
    NoRecord(NoRecord),
    /// A build of it has begun since the last one that was recorded.
    Unrecorded,
    /// The base to compare with could not be reached.
    BaseUnreachable,
    /// Something else is not known, so that it counts as changed.
    Degraded(Degraded<'a>),
}

/// What is not known, so that the answer is wider than it need be.
#[derive(Debug, Clone, Copy)]
pub enum Degraded<'a> {
    /// Which commits are new: the event is about others than head's, or nobody says.
    UnknownRange,
    /// The configuration at base, so that every definition counts as changed.
    ConfigAtBase,
    /// The content of a path that its filters match: it cannot be read.
    WorkTree(Match<'a>),
    /// Whether a pattern matches a path: matching gave up.
    Pattern(Match<'a>),
}

impl<'a> Cause<'a> {
    /// Returns the cause that a match is: `certain`, unless something of it is in doubt.
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
