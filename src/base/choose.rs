use super::{Chosen, Compare, Doubt, Everyone, From, Request, Since, event, local};
use crate::change::{ChangeSet, HeadState, Range};
use crate::git::{self, Fetch, Lacking as _, Repository, WorkTree};
use crate::name::CommitId;
use crate::trigger::{Kind, Trigger};

/// Chooses what is compared, from what was asked for, else from the event, else by the default branch; fetches what that
/// needs, as far as it may.
///
/// # Errors
/// When a revision that somebody named is not there, or the repository cannot be read. A base that only the event
/// names, or that lies beyond a shallow boundary, is no error but a doubt.
pub fn choose(
    repository: &Repository,
    trigger: &Trigger,
    request: &Request,
    fetch: &mut Fetch,
) -> Result<Chosen, git::Error> {
    loop {
        let chosen = of_what_is_here(repository, trigger, request);
        let missing = match &chosen {
            Ok(chosen) => chosen.doubts.iter().find_map(|doubt| doubt.cure.clone()),
            Err(error) => error.missing(),
        };
        if !missing.is_some_and(|missing| fetch.bring(&missing)) {
            return chosen;
        }
    }
}

fn of_what_is_here(repository: &Repository, trigger: &Trigger, request: &Request) -> Result<Chosen, git::Error> {
    let head = match &request.head {
        Some(revision) => Some(repository.resolve(revision)?),
        None => repository.head()?.commit().copied(),
    };
    let counts_work_tree = request.head.is_none()
        && trigger.kind == Kind::Local
        && repository.work_dir().is_some()
        && !matches!(request.compare, Compare::Given(_));
    let WorkTree { changes: on_top, unsure } =
        if counts_work_tree { repository.work_tree()? } else { WorkTree::default() };
    let head_state = if counts_work_tree { HeadState::WorkTree } else { HeadState::Commit };
    let choice = Choice { repository, head, on_top };
    let mut chosen = match &request.compare {
        Compare::Given(changes) => choice.given(changes)?,
        Compare::Everything => choice.nothing("everything was asked for", Some(Everyone::Forced)),
        Compare::Since(Since::Release) => choice.nothing("each service since its own release", None),
        Compare::Since(Since::Built) => choice.nothing("each service since it was last built", None),
        Compare::Nothing(by) => choice.nothing(by.as_str(), None),
        Compare::Revision { base, from } => choice.revision(base, *from)?,
        Compare::Auto if trigger.kind == Kind::Local => local::compare(&choice, request.default_branch.as_deref())?,
        Compare::Auto => event::compare(&choice, trigger, request.default_branch.as_deref())?,
    };
    chosen.range.head_state = head_state;
    chosen.doubts.extend(Doubt::of_work_tree(&unsure));
    Ok(chosen)
}

/// Head, and the ways to say what it is compared with.
pub(super) struct Choice<'a> {
    pub(super) repository: &'a Repository,
    pub(super) head: Option<CommitId>,
    pub(super) on_top: ChangeSet,
}

impl Choice<'_> {
    /// Compares with these trees.
    pub(super) fn with_trees(&self, bases: Vec<Option<CommitId>>, source: impl Into<String>) -> Chosen {
        let base = bases.first().copied().flatten();
        Chosen {
            range: Range { base, head: self.head, head_state: HeadState::Commit },
            source: source.into(),
            bases,
            on_top: self.on_top.clone(),
            everyone: None,
            doubts: Vec::new(),
        }
    }

    /// Compares with nothing.
    pub(super) fn nothing(&self, source: impl Into<String>, everyone: Option<Everyone>) -> Chosen {
        Chosen { everyone, ..self.with_trees(Vec::new(), source) }
    }

    /// Compares with nothing, since the changes come from outside. What they say of submodules is known of head alone.
    fn given(&self, changes: &ChangeSet) -> Result<Chosen, git::Error> {
        let marked = match &self.head {
            Some(head) => self.repository.with_submodules(head, changes),
            None => Ok(changes.clone()),
        };
        let marked = match marked {
            // A clone without directories: whoever names the paths need not have more.
            Err(error) if error.is_doubt() => changes.clone(),
            marked => marked?,
        };
        Ok(self.nothing("the paths that were given", None).with(marked))
    }

    /// Compares with nothing, since the base is out of reach.
    pub(super) fn unreachable(&self, doubt: Doubt) -> Chosen {
        let source = "the base is out of reach, so everything";
        Chosen { doubts: vec![doubt], ..self.nothing(source, Some(Everyone::BaseUnreachable)) }
    }

    /// Compares with a commit's own tree.
    pub(super) fn commit(&self, base: &CommitId, source: &str) -> Result<Chosen, git::Error> {
        match self.repository.resolve(&base.to_string()) {
            Ok(base) => Ok(self.with_trees(vec![Some(base)], source)),
            Err(error) => self.doubted(error),
        }
    }

    /// Compares with the merge bases of head and a commit; `name` is what people call that commit.
    pub(super) fn merge_bases(&self, with: &CommitId, name: &str) -> Result<Chosen, git::Error> {
        let Some(head) = &self.head else {
            return Ok(self.with_trees(vec![Some(*with)], format!("compared with {name}")));
        };
        let bases = match self.repository.merge_bases(with, head) {
            Ok(bases) => bases,
            Err(error) => return self.doubted(error),
        };
        Ok(match bases.len() {
            0 => self.unreachable(Doubt::no_base(
                &format!("{name} and head have no commit in common"),
                "compare the two as they are with `--direct`, or name another base with `--base`",
            )),
            1 => self.with_trees(vec![Some(bases[0])], format!("since the merge base with {name}")),
            // Each of them is a merge base as good as the others; changes against any of them count.
            count => self.with_trees(
                bases.into_iter().map(Some).collect(),
                format!("since each of the {count} merge bases with {name}"),
            ),
        })
    }

    /// Compares with head's first parent, with the empty tree where head is a first commit.
    pub(super) fn first_parent(&self, source: &str) -> Result<Chosen, git::Error> {
        let Some(head) = &self.head else {
            return Ok(self.with_trees(vec![None], "there is no commit yet"));
        };
        match self.repository.first_parent(head) {
            Ok(parent) => Ok(self.with_trees(vec![parent], source)),
            Err(error) => self.doubted(error),
        }
    }

    /// Compares with a revision that somebody named.
    fn revision(&self, revision: &str, from: From) -> Result<Chosen, git::Error> {
        let base = match self.repository.resolve(revision) {
            Ok(base) => base,
            // A whole id comes from a program, which cannot know what the clone holds; a name that is not there is a
            // mistake.
            Err(error) if revision.parse::<CommitId>().is_ok() => return self.doubted(error),
            Err(error) => return Err(error),
        };
        match from {
            From::Base => Ok(self.with_trees(vec![Some(base)], format!("compared with {revision} as it is"))),
            From::MergeBase => self.merge_bases(&base, revision),
        }
    }

    /// Makes a doubt of what more history would cure, and passes other errors on.
    fn doubted(&self, error: git::Error) -> Result<Chosen, git::Error> {
        if error.is_doubt() { Ok(self.unreachable(Doubt::base_unreachable(&error))) } else { Err(error) }
    }
}

impl Chosen {
    /// Returns the same range with every service affected, since the trees of its base are out of reach.
    #[must_use]
    pub fn out_of_reach(self, error: &git::Error) -> Self {
        let doubts = self.doubts.into_iter().chain([Doubt::base_unreachable(error)]).collect();
        Self { bases: Vec::new(), everyone: Some(Everyone::BaseUnreachable), doubts, ..self }
    }

    fn with(self, on_top: ChangeSet) -> Self {
        Self { on_top, ..self }
    }
}
