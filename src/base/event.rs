//! In CI: what the event says.

use super::choose::Choice;
use super::{Chosen, Doubt, Everyone};
use crate::git::{self, DefaultBranch};
use crate::name::CommitId;
use crate::trigger::{BaseHint, Kind, Trigger};

/// Compares with what the event names; where it names nothing, with the default branch.
pub(super) fn compare(choice: &Choice, trigger: &Trigger, named: Option<&str>) -> Result<Chosen, git::Error> {
    match &trigger.base {
        BaseHint::Commit(base) if trigger.kind == Kind::MergeGroup => {
            choice.commit(base, "since the commit that the merge queue builds on")
        }
        // The two trees as they are: right after a force-push too, since what was built is what `before` held.
        BaseHint::Commit(before) => choice.commit(before, "since the push before this one"),
        BaseHint::PullRequest { base, branch } => pull_request(choice, trigger, base.as_ref(), branch.as_deref()),
        BaseHint::NewBranch | BaseHint::None => default_branch(choice, trigger, named),
    }
}

fn pull_request(
    choice: &Choice,
    trigger: &Trigger,
    base: Option<&CommitId>,
    branch: Option<&str>,
) -> Result<Chosen, git::Error> {
    let is_merge_ref = trigger.reference.as_deref().is_some_and(|reference| reference.ends_with("/merge"));
    if is_merge_ref && choice.head.is_some() && choice.head == trigger.commit {
        return choice.first_parent("since the first parent of the pull request's merge commit");
    }
    let target = branch.and_then(|branch| choice.repository.default_branch(Some(branch)));
    match (target, base) {
        // The branch as this clone has it is never older than the event's frozen base.
        (Some(target), _) => choice.merge_bases(&target.commit, &target.name.to_string()),
        (None, Some(base)) => choice.merge_bases(base, "the pull request's base"),
        (None, None) => Ok(choice.unreachable(Doubt::no_base(
            "the event does not say what the pull request is to be merged into",
            "name it with `--base REV`",
        ))),
    }
}

/// A first push, a clock, a run by hand: the event has no base, so what counts is what is ahead of the default branch.
/// On the default branch itself nothing tells when a service was last built.
fn default_branch(choice: &Choice, trigger: &Trigger, named: Option<&str>) -> Result<Chosen, git::Error> {
    let name = named.or(trigger.default_branch.as_deref());
    let on_default = trigger.branch().is_some() && trigger.branch() == name;
    match choice.repository.default_branch(name) {
        Some(default) if !on_default && !trigger.branch().is_some_and(|branch| is_named(&default, branch)) => {
            choice.merge_bases(&default.commit, &default.name.to_string())
        }
        None if !on_default => Ok(choice.unreachable(Doubt::no_base(
            "the default branch is not in this clone",
            "fetch it, or name another with `--default-branch NAME`",
        ))),
        Some(_) | None => Ok(choice.nothing("no base on the default branch, so everything", Some(Everyone::NoRecord))),
    }
}

/// Whether a branch, here or on origin, has this name.
fn is_named(default: &DefaultBranch, branch: &str) -> bool {
    let name = default.name.as_bytes();
    name.strip_prefix(b"origin/").unwrap_or(name) == branch.as_bytes()
}
