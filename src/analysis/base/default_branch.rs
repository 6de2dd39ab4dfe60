//! The branch that work starts from and returns to.

use super::Doubt;
use super::choose::Choice;
use crate::inputs::git::{DefaultBranch, Fetch, Freshness, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::name::Escaped;

/// Returns the name of the default branch: as somebody gave it, else as the engine says, else in CI as the remote says
/// now, else as this clone was told when it was made.
pub fn default_branch(
    repository: &Repository,
    trigger: &Trigger,
    given: Option<&str>,
    fetch: &mut Fetch,
) -> Option<String> {
    let asked = || if trigger.is_attended() { None } else { fetch.default_branch() };
    let said = given.or(trigger.default_branch.as_deref()).map(str::to_owned);
    said.or_else(asked).or_else(|| repository.remote_head())
}

/// A branch that serves as a base.
pub(super) enum Branch {
    /// Here, and as new as the remote has it, as far as that matters.
    Here(DefaultBranch),
    /// Neither here nor on the remote.
    Nowhere,
    /// It may be older here than on the remote, so that comparing with it could hide a change.
    Stale(Doubt),
}

impl Choice<'_, '_> {
    /// Returns a branch by its short name: the remote's, which is fetched first in CI, else the one here.
    pub(super) fn branch(&mut self, name: &str) -> Branch {
        match self.freshness(name) {
            Freshness::Unknown => Branch::Stale(stale(name)),
            Freshness::Current | Freshness::AsItIs | Freshness::Absent => {
                self.repository.default_branch(Some(name)).map_or(Branch::Nowhere, Branch::Here)
            }
        }
    }

    /// Returns the default branch, by the name that somebody gave where there is one.
    pub(super) fn default_branch(&mut self, given: Option<&str>) -> Branch {
        let name = default_branch(self.repository, self.trigger, given, self.fetch);
        // Where nothing tells its name, the usual ones are tried.
        let name = name.or_else(|| {
            let usual = self.repository.default_branch(None)?.name.to_string();
            self.repository.branch_of(&usual)
        });
        name.map_or(Branch::Nowhere, |name| self.branch(&name))
    }

    /// Returns how new a branch is here. At a keyboard it is what its owner last fetched.
    pub(super) fn freshness(&mut self, name: &str) -> Freshness {
        if self.trigger.is_attended() { Freshness::AsItIs } else { self.fetch.refresh(name) }
    }
}

/// Returns the doubt that a branch may be older here than on the remote.
pub(super) fn stale(name: &str) -> Doubt {
    let shown = Escaped::new(name);
    Doubt::no_base(
        &format!(
            "the branch `{shown}` cannot be fetched, and what this clone has of it may be older than the remote's"
        ),
        "let git reach the remote; or fetch the branch before rebake runs, and give it `--no-fetch`",
    )
}
