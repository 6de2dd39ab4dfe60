use super::default_branch::stale;
use super::{Changes, Chosen, Compare, Doubt, End, Everyone, From, Request, Since, event, local};
use crate::inputs::git::{self, Freshness, Lacking as _, Repository, WorkTree};
use crate::inputs::trigger::{CiSign, Kind, Trigger};
use crate::model::change::{ChangeSet, HeadState, Range};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::CommitId;

/// Chooses what is compared: what was asked for, else what the event says, else the default branch. Fetches what that
/// needs, if fetching is allowed.
///
/// # Errors
/// When a revision that the command line names does not exist, or the repository cannot be read. A base that only the
/// event names, or that lies beyond a shallow boundary, is a doubt and not an error.
pub fn choose(repository: &Repository, trigger: &Trigger, request: &Request) -> Result<Chosen, git::Error> {
    let head = match &request.head {
        Some(revision) => Some(repository.with_fetching(|| repository.resolve(revision))?),
        None => repository.head()?.commit().copied(),
    };
    let counts_work_tree = request.head.is_none()
        && (trigger.is_attended() || trigger.rehearsal)
        && repository.work_dir().is_some()
        && !matches!(request.compare, Compare::Given { .. });
    let WorkTree { changes: on_top, unsure } =
        if counts_work_tree { repository.work_tree()? } else { WorkTree::default() };
    let mut choice = Choice { repository, trigger, head, on_top };
    let mut chosen = choice.until_nothing_is_missing(request)?;
    chosen.range.head_state = if counts_work_tree { HeadState::WorkTree } else { HeadState::Commit };
    chosen.doubts.extend(Doubt::of_work_tree(&unsure));
    Ok(chosen)
}

/// Head, and the ways to choose what it is compared with.
pub(super) struct Choice<'a> {
    pub(super) repository: &'a Repository,
    pub(super) trigger: &'a Trigger,
    pub(super) head: Option<CommitId>,
    pub(super) on_top: ChangeSet,
}

impl Choice<'_> {
    fn until_nothing_is_missing(&mut self, request: &Request) -> Result<Chosen, git::Error> {
        loop {
            let chosen = self.of_what_is_here(request);
            let missing = match &chosen {
                Ok(chosen) => chosen.doubts.iter().find_map(|doubt| doubt.cure.clone()),
                Err(error) => error.missing(),
            };
            if !missing.is_some_and(|missing| self.repository.fetch_missing(&missing)) {
                return chosen;
            }
        }
    }

    fn of_what_is_here(&mut self, request: &Request) -> Result<Chosen, git::Error> {
        let named = request.default_branch.as_deref();
        Ok(match &request.compare {
            Compare::Given { changes, base } => self.given(changes, base.as_ref())?,
            Compare::Everything => self.nothing("everything was asked for", Some(Everyone::Forced)),
            Compare::Since(Since::Release) => self.nothing("each service since its own release", None),
            Compare::Since(Since::Built) => self.nothing("each service since it was last built", None),
            Compare::Nothing(by) => self.nothing(by.as_str(), None),
            Compare::Revision(base) => self.revision(base)?,
            Compare::Auto => match (self.trigger.kind, self.trigger.ci) {
                (Kind::Local, None) => local::compare(self, named)?,
                (Kind::Local, Some(sign)) => self.unknown_engine(sign),
                _ => event::compare(self, named)?,
            },
        })
    }

    /// Compares with nothing: the CI engine is unknown, and the rule for a developer's machine would leave commits out.
    fn unknown_engine(&self, sign: CiSign) -> Chosen {
        let reason = format!("this is CI, since {sign}, and nothing that is understood tells which commits are new");
        let help = "name the commit before them with `--base REV`, or let each service count from its last build: \
                    `--since built`";
        let chosen = self.nothing("CI without a known engine, so everything", Some(Everyone::UnknownRange));
        Chosen { doubts: vec![Doubt::no_event(&reason, help)], ..chosen }
    }

    /// Compares with these trees.
    pub(super) fn with_trees(&self, bases: Vec<Option<CommitId>>, source: impl Into<String>) -> Chosen {
        let base = bases.first().copied().flatten();
        Chosen {
            range: Range { base, head: self.head, head_state: HeadState::Commit },
            source: source.into(),
            bases,
            on_top: self.on_top.clone(),
            changes: Changes::Compared,
            everyone: None,
            doubts: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Compares with nothing.
    pub(super) fn nothing(&self, source: impl Into<String>, everyone: Option<Everyone>) -> Chosen {
        Chosen { everyone, ..self.with_trees(Vec::new(), source) }
    }

    /// Compares only the configuration with a base, if there is one, since the changes come from outside. Whether a
    /// path is a submodule is known of head alone.
    fn given(&mut self, changes: &ChangeSet, base: Option<&End>) -> Result<Chosen, git::Error> {
        let chosen = match base {
            Some(base) => self.revision(base)?,
            None => self.nothing("", None),
        };
        let marked = match &self.head {
            Some(head) => self.repository.with_submodules(head, changes),
            None => Ok(changes.clone()),
        };
        let on_top = match marked {
            // A clone without directories: whoever names the paths need not have more.
            Err(error) if error.is_doubt() => changes.clone(),
            marked => marked?,
        };
        let source = match chosen.range.base {
            Some(_) => format!("the paths that were given; the configuration {}", chosen.source),
            None => "the paths that were given".to_owned(),
        };
        Ok(Chosen { source, on_top, changes: Changes::Given, ..chosen })
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

    /// Compares with the merge bases of head and a commit; messages call that commit `name`.
    pub(super) fn merge_bases(&self, with: &CommitId, name: &str) -> Result<Chosen, git::Error> {
        let Some(head) = &self.head else {
            return Ok(self.with_trees(vec![Some(*with)], format!("compared with {name}")));
        };
        let bases = match self.repository.merge_bases(with, head) {
            Ok(bases) => bases,
            Err(error) => return self.doubted(error),
        };
        Ok(match bases.len() {
            // Both histories are here to their first commits. What there is of the two can still be compared.
            0 => {
                let source = format!("compared with {name} as it is, since the two have no commit in common");
                let note = Diagnostic::warning(
                    "no-common-history",
                    format!("{name} and head have no commit in common, so the two trees are compared as they are"),
                );
                let note = note.help("name another base with `--base`, or say that you mean it with `--direct`");
                Chosen { notes: vec![note], ..self.with_trees(vec![Some(*with)], source) }
            }
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

    /// Compares with a revision from the command line.
    fn revision(&mut self, end: &End) -> Result<Chosen, git::Error> {
        let End { revision, from } = end;
        let of = self.repository.branch_of(revision);
        // In CI the remote's branch is meant: one of that name here is what an earlier run left.
        let meant = match of.as_ref().map(|of| (of, self.freshness(&of.branch))) {
            Some((of, Freshness::Unknown)) => return Ok(self.unreachable(stale(&of.branch))),
            Some((of, Freshness::Current)) => &of.revision,
            Some((_, Freshness::AsItIs | Freshness::Absent)) | None => revision,
        };
        let base = match self.repository.resolve(meant) {
            // What a branch was before is what its log says, and the remote's need not have one here.
            Err(error) if meant != revision && meant.contains("@{") => {
                return Ok(self.unreachable(Doubt::base_unreachable(&error)));
            }
            answer => answer,
        };
        let base = match base {
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

    /// Turns an error that more history would cure into a doubt, and passes other errors on.
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
}
