//! In CI: what the event says.

use super::choose::Choice;
use super::{Chosen, Doubt, Everyone};
use crate::git::{self, DefaultBranch};
use crate::name::CommitId;
use crate::trigger::{BaseHint, Trigger};

/// Compares with what the event names; where it names nothing, with the default branch.
pub(super) fn compare(choice: &Choice, trigger: &Trigger, named: Option<&str>) -> Result<Chosen, git::Error> {
    match &trigger.base {
        // The two trees as they are: right after a force-push too, since what was built is what that commit held.
        BaseHint::Commit(base, landmark) => choice.commit(base, &format!("since {landmark}")),
        BaseHint::PullRequest { merge, .. } if merge.is_some() && choice.head == *merge => {
            choice.first_parent("since the first parent of the pull request's merge commit")
        }
        BaseHint::PullRequest { base, branch, .. } => pull_request(choice, base.as_ref(), branch.as_deref()),
        BaseHint::NewBranch => default_branch(choice, trigger, named, Ahead::NothingIsNothing),
        BaseHint::None => default_branch(choice, trigger, named, Ahead::NothingIsDoubt),
        BaseHint::Gone => Ok(choice.nothing("what the event is about is gone", None)),
    }
}

fn pull_request(choice: &Choice, base: Option<&CommitId>, branch: Option<&str>) -> Result<Chosen, git::Error> {
    let target = branch.and_then(|branch| choice.repository.default_branch(Some(branch)));
    match (target, base) {
        // The branch as this clone has it is never older than the event's frozen base.
        (Some(target), _) => choice.merge_bases(&target.commit, &target.name.to_string()),
        (None, Some(base)) => choice.merge_bases(base, "the pull request's base"),
        (None, None) => Ok(choice.unreachable(
            Doubt::no_base(
                "the event does not say what the pull request is to be merged into",
                "name it with `--base REV`",
            )
            .cured_by_branch(branch),
        )),
    }
}

/// What it means that nothing is ahead of the default branch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    /// A branch was just made of a commit that the default branch has: nothing changed.
    NothingIsNothing,
    /// The event may be about the default branch itself without saying so.
    NothingIsDoubt,
}

/// A first push, a clock, a run by hand: the event has no base, so what counts is what is ahead of the default branch.
/// On the default branch itself nothing tells when a service was last built.
fn default_branch(choice: &Choice, trigger: &Trigger, named: Option<&str>, ahead: Ahead) -> Result<Chosen, git::Error> {
    let everything = || choice.nothing("no base on the default branch, so everything", Some(Everyone::NoRecord));
    let name = named.or(trigger.default_branch.as_deref());
    if trigger.branch().is_some() && trigger.branch() == name {
        return Ok(everything());
    }
    let Some(default) = choice.repository.default_branch(name) else {
        return Ok(choice.unreachable(
            Doubt::no_base(
                "the default branch is not in this clone",
                "fetch it, or name another with `--default-branch NAME`",
            )
            .cured_by_branch(name),
        ));
    };
    if trigger.branch().is_some_and(|branch| is_named(&default, branch)) {
        return Ok(everything());
    }
    let chosen = choice.merge_bases(&default.commit, &default.name.to_string())?;
    let nothing_ahead = chosen.bases == [choice.head];
    Ok(if ahead == Ahead::NothingIsDoubt && nothing_ahead { everything() } else { chosen })
}

/// Whether a branch, here or on origin, has this name.
fn is_named(default: &DefaultBranch, branch: &str) -> bool {
    let name = default.name.as_bytes();
    name.strip_prefix(b"origin/").unwrap_or(name) == branch.as_bytes()
}
