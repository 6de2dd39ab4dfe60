use crate::model::name::CommitId;

/// The commits that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// No commit. The workflow decides which commit it checks out.
    None,
    /// The commit that is checked out, since the engine names no commit.
    CheckedOut,
    /// These commits, with the event's own commit first. The event's base is used only if the checked-out commit is one
    /// of these commits, or descends from one of them.
    Commits(Vec<CommitId>),
}

impl EventSubject {
    /// Returns the event's own commit; `None` if the event names no commit. Another commit may be checked out.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::None | Self::CheckedOut => None,
            Self::Commits(commits) => commits.first(),
        }
    }
}
