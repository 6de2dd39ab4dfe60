//! The base of a CI event.

use super::checkout_fit::Fit;
use super::choose::{Choice, nothing, unreachable};
use super::default_branch::Branch;
use super::{AllAffected, Comparison, Doubt, Notes};
use crate::inputs::git;
use crate::inputs::trigger::{BaseHint, EventSubject, Kind, Landmark, Trigger};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::CommitId;

/// Compares with the base that the event names, else with the default branch.
pub(super) fn compare(choice: &mut Choice, named: Option<&str>) -> Result<(Comparison, Notes), git::GitError> {
    match &choice.trigger.base {
        BaseHint::Gone => return Ok(nothing("what the event is about is gone", None)),
        BaseHint::Unpublished => return Ok(nothing("the event publishes nothing", None)),
        BaseHint::None | BaseHint::NewBranch | BaseHint::Commit(..) | BaseHint::PullRequest { .. } => {}
    }
    match choice.fit()? {
        Fit::Fits => of_event(choice, named),
        Fit::NoSubject => elsewhere(choice, named, "the event names no commit"),
        Fit::Elsewhere(commit) => {
            let head = choice.tip.commit.map(|head| head.short(7)).unwrap_or_default();
            let reason = format!("the event is about {}, and {head} is checked out", commit.short(7));
            let (comparison, mut notes) = elsewhere(choice, named, &reason)?;
            let note = Diagnostic::warning("other-commit", format!("{reason}, which does not descend from it"));
            let note = note.help(format!("check out {commit}, or name the commit to compare with: `--base REV`"));
            // A doubt already reports this.
            if notes.doubts.is_empty() {
                notes.warnings.push(note);
            }
            Ok((comparison, notes))
        }
    }
}

/// Compares with the base that the event names.
fn of_event(choice: &mut Choice, named: Option<&str>) -> Result<(Comparison, Notes), git::GitError> {
    let trigger = choice.trigger;
    match &trigger.base {
        // The two trees are compared as they are. This is correct also if the push was a force-push, since the last
        // build was of the named commit.
        BaseHint::Commit(base, Landmark::BeforeMerge) => merged(choice, base),
        BaseHint::Commit(base, landmark) => choice.commit(base, &format!("since {landmark}")),
        BaseHint::PullRequest { merge: Some(merge), .. } if is_merge(choice, merge)? => {
            choice.first_parent("since the first parent of the pull request's merge commit")
        }
        BaseHint::PullRequest { base, branch, .. } => pull_request(choice, base.as_ref(), branch.as_deref()),
        BaseHint::NewBranch => default_branch(choice, named, Ahead::NothingIsNothing),
        BaseHint::None => default_branch(choice, named, Ahead::NothingIsDoubt),
        BaseHint::Gone | BaseHint::Unpublished => Ok(nothing("", None)),
    }
}

/// Whether head is the commit `merge`, and this commit merges the pull request into its target branch. Some engines
/// make no such commit. Their `merge` is the pull request's own last commit, which may itself merge the target branch
/// into the pull request. If the event names other commits too, the own last commit is one of the others. If the event
/// names only `merge`, then `merge` is taken for the own last commit in a rehearsal (act), but not in CI.
fn is_merge(choice: &Choice, merge: &CommitId) -> Result<bool, git::GitError> {
    let EventSubject::Commits(commits) = &choice.trigger.subject else { return Ok(false) };
    let mut others = commits.iter().filter(|commit| *commit != merge);
    let has_own_head = others.next().is_some() || commits.len() == 1 && !choice.trigger.rehearsal;
    Ok(choice.tip.commit == Some(*merge) && has_own_head && choice.repository.is_merge(merge)?)
}

/// Compares a merged pull request with its target branch before the merge: with the first parent of the merge commit.
/// If there is no merge commit, as after a rebase, the number of added commits is not known, and the event's base may
/// be as old as the pull request. In that case, the changes since the event's base and the changes since head's first
/// parent both count.
fn merged(choice: &mut Choice, base: &CommitId) -> Result<(Comparison, Notes), git::GitError> {
    let source = format!("since {}", Landmark::BeforeMerge);
    let Some(head) = choice.tip.commit else { return choice.commit(base, &source) };
    if choice.trigger.subject.commit() == Some(&head) && is_merge(choice, &head)? {
        return choice.first_parent("since the first parent of the commit that merged the pull request");
    }
    let (mut comparison, mut notes) = choice.commit(base, &source)?;
    if comparison.everyone.is_none() {
        let before = notes.keep(choice.first_parent(&source)?);
        if before.everyone.is_some() {
            return Ok((before, notes));
        }
        let others = before.bases.into_iter().filter(|base| !comparison.bases.contains(base)).collect::<Vec<_>>();
        comparison.bases.extend(others);
    }
    Ok((comparison, notes))
}

/// Compares with the commit of the target branch that the event names. If the event names none, compares with the
/// branch itself. The branch is the second choice because it may be older in a reused workspace; a change that the pull
/// request reverts would then be missed.
fn pull_request(
    choice: &mut Choice,
    base: Option<&CommitId>,
    branch: Option<&str>,
) -> Result<(Comparison, Notes), git::GitError> {
    if let Some(base) = base {
        return choice.merge_bases(base, "the pull request's base");
    }
    match branch.map(|branch| choice.branch(branch)) {
        Some(Branch::Here(target)) => choice.merge_bases(&target.commit, &target.name.to_string()),
        Some(Branch::Stale(doubt)) => Ok(unreachable(doubt)),
        Some(Branch::Nowhere) | None => Ok(unreachable(
            Doubt::no_base(
                "the event does not say what the pull request is to be merged into",
                "name it with `--base REV`",
            )
            .cured_by_branch(branch.map(|branch| choice.repository.branch_there(branch))),
        )),
    }
}

/// What it means if the default branch contains all commits of head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    /// Nothing changed: a branch was just made at a commit of the default branch.
    NothingIsNothing,
    /// Nothing is known: the event may be about the default branch itself without saying so.
    NothingIsDoubt,
}

/// Compares with the default branch, for events without a base: a first push, a schedule, a manual run. On the default
/// branch itself every service is affected, since it is not known when the services were last built.
fn default_branch(
    choice: &mut Choice,
    named: Option<&str>,
    ahead: Ahead,
) -> Result<(Comparison, Notes), git::GitError> {
    let default = match choice.default_branch(named) {
        Branch::Here(default) => default,
        other => return Ok(no_default_branch(other)),
    };
    if choice.trigger.branch().is_some_and(|branch| choice.repository.branch_name(&default.name.to_string()) == branch)
    {
        return Ok(everything(choice));
    }
    let chosen = choice.merge_bases(&default.commit, &default.name.to_string())?;
    let nothing_ahead = chosen.0.bases == [choice.tip.commit];
    Ok(if ahead == Ahead::NothingIsDoubt && nothing_ahead { everything(choice) } else { chosen })
}

/// Compares with the default branch. The event is not about the checked-out commit, so its base does not fit this
/// commit. On the default branch itself every service is affected, since it is not known which commits are new.
fn elsewhere(choice: &mut Choice, named: Option<&str>, reason: &str) -> Result<(Comparison, Notes), git::GitError> {
    let default = match choice.default_branch(named) {
        Branch::Here(default) => default,
        other => return Ok(no_default_branch(other)),
    };
    let (comparison, notes) = choice.merge_bases(&default.commit, &default.name.to_string())?;
    if comparison.bases != [choice.tip.commit] {
        let source = format!("{}; {reason}", comparison.source);
        return Ok((Comparison { source, ..comparison }, notes));
    }
    let reason = format!("{reason}, on {}", default.name);
    let help = "check out the commit that the event is about, or name the commit to compare with: `--base REV`";
    let comparison = Comparison::nothing(format!("{reason}, so everything"), Some(AllAffected::UnknownRange));
    Ok((comparison, Doubt::no_event(&reason, help).into()))
}

fn no_default_branch(branch: Branch) -> (Comparison, Notes) {
    unreachable(match branch {
        Branch::Stale(doubt) => doubt,
        Branch::Here(_) | Branch::Nowhere => Doubt::no_base(
            "the default branch is not in this clone",
            "fetch it, or name another with `--default-branch NAME`",
        ),
    })
}

/// Compares with nothing: the event has no base, and this is the default branch.
fn everything(choice: &Choice) -> (Comparison, Notes) {
    let comparison = Comparison::nothing("no base on the default branch, so everything", Some(AllAffected::NoRecord));
    (comparison, pushed_without_base(choice.trigger).map(Notes::from).unwrap_or_default())
}

/// Returns a warning if the engine does not name the commit before this push. The help of the warning says how to get a
/// plan with fewer services.
fn pushed_without_base(trigger: &Trigger) -> Option<Diagnostic> {
    let engine = trigger.engine.filter(|_| trigger.kind == Kind::Push && trigger.base == BaseHint::None)?;
    let message = format!("{engine} does not name the commit before this push, so everything is planned");
    let note = Diagnostic::warning("everything", message);
    Some(note.help("let each service count from its last build: `--since built`, and `rebake build --record --push`"))
}
