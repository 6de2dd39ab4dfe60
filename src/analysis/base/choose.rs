use super::default_branch::{gone, stale};
use super::{
    AllAffected, Changes, Compare, Comparison, Doubt, End, From, Notes, Range, RangeRequest, Since, Tip, ci_event,
    local,
};
use crate::inputs::git::{self, Freshness, Lacking as _, Repository, WorkTree};
use crate::inputs::trigger::{CiSign, Kind, Trigger};
use crate::model::change::{ChangeSet, HeadState};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::CommitId;

/// Chooses the base: the revision that the command line names, else the base of the event, else the default branch.
/// Fetches missing commits, if fetching is allowed.
///
/// # Errors
/// When a revision that the command line names does not exist, or the repository cannot be read. A base that only the
/// event names, or that lies beyond the boundary of a shallow clone, causes no error: the notes then contain a doubt.
pub fn choose(
    repository: &Repository,
    trigger: &Trigger,
    request: &RangeRequest,
) -> Result<(Range, Notes), git::GitError> {
    let commit = match &request.head {
        Some(revision) => Some(repository.with_fetching(|| repository.resolve(revision))?),
        None => repository.head()?.commit().copied(),
    };
    let counts_work_tree = request.head.is_none()
        && (trigger.is_attended() || trigger.rehearsal)
        && repository.work_dir().is_some()
        && !matches!(request.compare, Compare::Given { .. });
    let (state, WorkTree { changes: on_top, unsure }) = if counts_work_tree {
        (HeadState::WorkTree, repository.kept_work_tree()?)
    } else {
        (HeadState::Commit, WorkTree::default())
    };
    let mut choice = Choice { repository, trigger, tip: Tip { commit, state, on_top } };
    let (comparison, mut notes) = choice.until_nothing_is_missing(request)?;
    notes.doubts.extend(Doubt::of_work_tree(&unsure));
    Ok((Range { tip: choice.tip, comparison }, notes))
}

/// The choice of a base for a tip. Each method chooses in a different way, and returns a comparison with notes.
pub(super) struct Choice<'a> {
    pub(super) repository: &'a Repository,
    pub(super) trigger: &'a Trigger,
    pub(super) tip: Tip,
}

impl Choice<'_> {
    fn until_nothing_is_missing(&mut self, request: &RangeRequest) -> Result<(Comparison, Notes), git::GitError> {
        loop {
            let chosen = self.of_what_is_here(request);
            let missing = match &chosen {
                Ok((_, notes)) => notes.doubts.iter().find_map(|doubt| doubt.cure.clone()),
                Err(error) => error.missing(),
            };
            if !missing.is_some_and(|missing| self.repository.fetch_missing(&missing)) {
                return chosen;
            }
        }
    }

    fn of_what_is_here(&mut self, request: &RangeRequest) -> Result<(Comparison, Notes), git::GitError> {
        let named = request.default_branch.as_deref();
        Ok(match &request.compare {
            Compare::Given { changes, base } => self.given(changes, base.as_ref())?,
            Compare::Everything => nothing("everything was asked for", Some(AllAffected::Forced)),
            Compare::Since(Since::Release) => nothing("each service since its own release", None),
            Compare::Since(Since::Built) => nothing("each service since it was last built", None),
            Compare::Since(Since::Published) => nothing("each service since its published image", None),
            Compare::Nothing(by) => nothing(by.as_str(), None),
            Compare::Revision(base) => self.revision(base)?,
            Compare::Auto => match (self.trigger.kind, self.trigger.ci) {
                (Kind::Local, None) => local::compare(self, named)?,
                (Kind::Local, Some(sign)) => unknown_engine(sign),
                _ => ci_event::compare(self, named)?,
            },
        })
    }

    /// Uses the given changes (`--changed`), and compares only the configuration with a base, if there is one. Head's
    /// tree shows which of the changed paths are submodules.
    fn given(&mut self, changes: &ChangeSet, base: Option<&End>) -> Result<(Comparison, Notes), git::GitError> {
        let (comparison, notes) = match base {
            Some(base) => self.revision(base)?,
            None => nothing("", None),
        };
        let marked = match &self.tip.commit {
            Some(head) => self.repository.with_submodules(head, changes),
            None => Ok(changes.clone()),
        };
        self.tip.on_top = match marked {
            // In a clone without trees, the paths are used as they are: a user who names the changed paths need not
            // fetch trees.
            Err(error) if error.is_doubt() => changes.clone(),
            marked => marked?,
        };
        let source = match comparison.base() {
            Some(_) => format!("the paths that were given; the configuration {}", comparison.source),
            None => "the paths that were given".to_owned(),
        };
        Ok((Comparison { source, changes: Changes::Given, ..comparison }, notes))
    }

    /// Compares with the tree of this commit.
    pub(super) fn commit(&self, base: &CommitId, source: &str) -> Result<(Comparison, Notes), git::GitError> {
        match self.repository.resolve(&base.to_string()) {
            Ok(base) => Ok(with_trees(vec![Some(base)], source)),
            Err(error) => doubted(error),
        }
    }

    /// Compares with the merge bases of head and a commit; messages call that commit `name`.
    pub(super) fn merge_bases(&self, with: &CommitId, name: &str) -> Result<(Comparison, Notes), git::GitError> {
        let Some(head) = &self.tip.commit else {
            return Ok(with_trees(vec![Some(*with)], format!("compared with {name}")));
        };
        let bases = match self.repository.merge_bases(with, head) {
            Ok(bases) => bases,
            Err(error) => return doubted(error),
        };
        Ok(match bases.len() {
            // Both histories are complete, so the two are unrelated. Their trees can still be compared.
            0 => {
                let source = format!("compared with {name} as it is, since the two have no commit in common");
                let note = Diagnostic::warning(
                    "no-common-history",
                    format!("{name} and head have no commit in common, so the two trees are compared as they are"),
                );
                let note = note.help("name another base with `--base`, or accept this with `--direct`");
                let (comparison, _) = with_trees(vec![Some(*with)], source);
                (comparison, note.into())
            }
            1 => with_trees(vec![Some(bases[0])], format!("since the merge base with {name}")),
            // No merge base is better than the others, so the changes since each of them count.
            count => with_trees(
                bases.into_iter().map(Some).collect(),
                format!("since each of the {count} merge bases with {name}"),
            ),
        })
    }

    /// Compares with head's first parent, or with the empty tree if there is no commit before head.
    pub(super) fn first_parent(&self, source: &str) -> Result<(Comparison, Notes), git::GitError> {
        let Some(head) = &self.tip.commit else {
            return Ok(with_trees(vec![None], "there is no commit yet"));
        };
        match self.repository.first_parent(head) {
            Ok(parent) => Ok(with_trees(vec![parent], source)),
            Err(error) => doubted(error),
        }
    }

    /// Compares with a revision from the command line.
    fn revision(&mut self, end: &End) -> Result<(Comparison, Notes), git::GitError> {
        let End { revision, from } = end;
        let of = self.repository.branch_of(revision);
        // In CI the branch of the remote is used, since a local branch of that name is left over from an earlier run.
        let meant = match of.as_ref().map(|of| (of, self.freshness(&of.branch))) {
            Some((of, Freshness::Unknown)) => return Ok(unreachable(stale(&of.branch))),
            Some((of, Freshness::Absent)) if self.is_gone(&of.branch) => return Ok(unreachable(gone(&of.branch))),
            Some((of, Freshness::Current)) => &of.revision,
            Some((_, Freshness::AsItIs | Freshness::Absent)) | None => revision,
        };
        let base = match self.repository.resolve(meant) {
            // Earlier states of a branch (`@{1}`) are in its reflog, and the remote-tracking branch need not have one
            // in this clone.
            Err(error) if meant != revision && meant.contains("@{") => {
                return Ok(unreachable(Doubt::base_unreachable(&error)));
            }
            answer => answer,
        };
        let base = match base {
            Ok(base) => base,
            // A whole id mostly comes from a program, which cannot know what the clone has. A name that does not exist
            // is a mistake of the user.
            Err(error) if revision.parse::<CommitId>().is_ok() => return doubted(error),
            Err(error) => return Err(error),
        };
        match from {
            From::Base => Ok(with_trees(vec![Some(base)], format!("compared with {revision} as it is"))),
            From::MergeBase => self.merge_bases(&base, revision),
        }
    }
}

/// Compares with nothing, since the CI engine is unknown. The rule for runs outside of CI is not used, since its plan
/// could leave out commits.
fn unknown_engine(sign: CiSign) -> (Comparison, Notes) {
    let reason = format!("this is CI, since {sign}, but no known engine says which commits are new");
    let help = "name the commit before them with `--base REV`, or let each service count from its last build: \
                `--since built`";
    let source = "CI without a known engine, so everything";
    (Comparison::nothing(source, Some(AllAffected::UnknownRange)), Doubt::no_event(&reason, help).into())
}

/// Compares with the trees of these commits; `None` is the empty tree.
pub(super) fn with_trees(bases: Vec<Option<CommitId>>, source: impl Into<String>) -> (Comparison, Notes) {
    let comparison = Comparison { source: source.into(), bases, changes: Changes::Compared, everyone: None };
    (comparison, Notes::default())
}

/// Compares with nothing.
pub(super) fn nothing(source: impl Into<String>, everyone: Option<AllAffected>) -> (Comparison, Notes) {
    (Comparison::nothing(source, everyone), Notes::default())
}

/// Compares with nothing, since the base cannot be reached.
pub(super) fn unreachable(doubt: Doubt) -> (Comparison, Notes) {
    let source = "the base is out of reach, so everything";
    (Comparison::nothing(source, Some(AllAffected::BaseUnreachable)), doubt.into())
}

/// Returns the comparison of an unreachable base if the error means that git cannot tell. Otherwise returns the error.
fn doubted(error: git::GitError) -> Result<(Comparison, Notes), git::GitError> {
    if error.is_doubt() { Ok(unreachable(Doubt::base_unreachable(&error))) } else { Err(error) }
}
