use crate::model::name::CommitId;

/// The commits that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// No commit: the workflow decides what it checks out.
    None,
    /// The commit that is checked out, since the engine names none.
    CheckedOut,
    /// These commits; the first is the event's own. The event's base applies to a checked-out commit that is one of
    /// them, or descends from one.
    Commits(Vec<CommitId>),
}

impl EventSubject {
    /// Returns the commit that the event names, if it names one. Another one may be checked out.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::None | Self::CheckedOut => None,
            Self::Commits(commits) => commits.first(),
        }
    }
}
