//! The default branch: its name, and how new it is in this clone.

use super::Doubt;
use super::choose::Choice;
use crate::inputs::git::{DefaultBranch, Freshness, RemoteBranch, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::name::Escaped;

/// Returns the name of the default branch: the given name; else the name that the engine says; else, in CI, the current
/// name on the remote; else the name that git recorded when the repository was cloned. `None` if none of them is known.
pub fn default_branch(repository: &Repository, trigger: &Trigger, given: Option<&str>) -> Option<String> {
    let asked = || if trigger.is_attended() { None } else { repository.remote_default_branch() };
    let said = given.or(trigger.default_branch.as_deref()).map(|written| repository.branch_name(written));
    said.or_else(asked).or_else(|| repository.remote_head())
}

/// A branch that serves as a base.
pub(super) enum Branch {
    /// It is in this clone, and new enough to compare with.
    Here(DefaultBranch),
    /// It is neither in this clone nor on the remote.
    Nowhere,
    /// It may be older in this clone than on the remote, so comparing with it could hide a change.
    Stale(Doubt),
}

impl Choice<'_> {
    /// Returns the branch with this short name: the remote's branch, which is first fetched in CI; else the local
    /// branch.
    pub(super) fn branch(&mut self, name: &str) -> Branch {
        let branch = self.repository.branch_there(name);
        match self.freshness(&branch) {
            Freshness::Unknown => Branch::Stale(stale(&branch)),
            Freshness::Absent if self.is_gone(&branch) => Branch::Stale(gone(&branch)),
            Freshness::Current | Freshness::AsItIs | Freshness::Absent => {
                self.repository.default_branch(Some(name)).map_or(Branch::Nowhere, Branch::Here)
            }
        }
    }

    /// Returns the default branch, which is `given` if the command line names one.
    pub(super) fn default_branch(&mut self, given: Option<&str>) -> Branch {
        let name = default_branch(self.repository, self.trigger, given);
        // If nothing names it, the usual names are tried.
        let name = name.or_else(|| {
            let usual = self.repository.default_branch(None)?.name.to_string();
            self.repository.branch_of(&usual).map(|of| of.branch.name)
        });
        name.map_or(Branch::Nowhere, |name| self.branch(&name))
    }

    /// Whether this clone still has a remote-tracking branch for a branch that was deleted on the remote.
    pub(super) fn is_gone(&self, branch: &RemoteBranch) -> bool {
        self.repository.resolve(&branch.tracking()).is_ok()
    }

    /// Returns how new a branch is in this clone. Outside of CI, the branch is used as it was last fetched.
    pub(super) fn freshness(&mut self, branch: &RemoteBranch) -> Freshness {
        if self.trigger.is_attended() { Freshness::AsItIs } else { self.repository.renew_branch(branch) }
    }
}

/// Returns the doubt that a branch may be old in this clone, since the remote no longer has the branch.
pub(super) fn gone(branch: &RemoteBranch) -> Doubt {
    let shown = Escaped::new(&branch.name);
    Doubt::no_base(
        &format!("the remote has no branch `{shown}` any more, and this clone's may be old"),
        "name a base that exists: `--base REV`",
    )
}

/// Returns the doubt that a branch may be older in this clone than on the remote.
pub(super) fn stale(branch: &RemoteBranch) -> Doubt {
    let shown = Escaped::new(&branch.name);
    Doubt::no_base(
        &format!("the branch `{shown}` cannot be fetched, and that of this clone may be older than the remote's"),
        "let git reach the remote; or fetch the branch before rebake runs, and give it `--no-fetch`",
    )
}
