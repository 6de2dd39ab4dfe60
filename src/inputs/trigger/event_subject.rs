use crate::model::name::CommitId;

/// The commits that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// None: which commit is checked out is the workflow's own affair.
    None,
    /// What is checked out: the engine names no commit.
    CheckedOut,
    /// These, of which the first is the event's own: a checkout fits when it is one of them, or descends from one.
    Commits(Vec<CommitId>),
}

impl EventSubject {
    /// Returns the commit that the event names, where it names one; the work tree may hold another.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::None | Self::CheckedOut => None,
            Self::Commits(commits) => commits.first(),
        }
    }
}
