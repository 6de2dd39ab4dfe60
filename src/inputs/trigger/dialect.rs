//! The table of events: the form of its rows, and how they are evaluated. Each engine has a file with its rows.

use std::fmt;

use super::facts::{Fact, Facts};
use super::{
    BaseHint, CiSign, Engine, EventSubject, Kind, Landmark, ManualInputs, Origin, Trigger, TriggerError, azure,
    bitbucket, buildkite, circleci, cloud_build, codebuild, github, gitlab, jenkins,
};
use crate::model::name::CommitId;

/// The prefix of the branches that GitHub's merge queue creates. Other engines that build a GitHub repository see
/// pushes to these branches.
pub(super) const MERGE_QUEUE: &str = "gh-readonly-queue/";

/// The variable that is `true` if nektos/act runs the workflow on a developer's machine.
const REHEARSAL: Fact = Fact::Variable("ACT");

/// How one family of engines describes its events.
pub(super) struct Dialect {
    /// The variables that the engine always sets.
    pub(super) always: &'static [&'static str],
    pub(super) default_branch: DefaultBranch,
    /// The rows. The first one whose `when` returns `true` is used.
    pub(super) rows: &'static [Row],
    /// The row that is used if no row in `rows` fits.
    pub(super) otherwise: Row,
}

/// A row of the table: an event of an engine.
pub(super) struct Row {
    /// The event in the engine's own words.
    pub(super) event: &'static str,
    pub(super) when: fn(&Facts) -> bool,
    pub(super) kind: Kind,
    pub(super) reference: Reference,
    /// The facts with the commits that the event is about. The first fact has the event's own commit. Empty if the
    /// event is about no commit.
    pub(super) subject: &'static [Fact],
    pub(super) base: Base,
    pub(super) origin: fn(&Facts) -> Origin,
}

/// Where the ref of an event is stated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reference {
    /// Nowhere: the event is about no branch or tag of this repository.
    None,
    /// A full ref.
    Full(Fact),
    /// A branch's name.
    Branch(Fact),
    /// The name of a remote and the name of a branch: `origin/main`.
    Remote(Fact),
    /// A tag's name.
    Tag(Fact),
}

/// Where the base of an event is stated. Most variants become the [`BaseHint`] of the same name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    /// Nowhere: the event states no base.
    None,
    /// No base is needed, since the tag names a service: [`BaseHint::None`].
    Named,
    /// A fact with a commit id. An id of zeros becomes [`BaseHint::NewBranch`].
    Commit(Fact, Landmark),
    /// A fact with a commit id. An id of zeros becomes [`BaseHint::None`].
    CommitUnlessZero(Fact, Landmark),
    /// The facts for [`BaseHint::PullRequest`].
    PullRequest { merge: Option<Fact>, base: Option<Fact>, branch: Option<Fact> },
    /// Nowhere: the ref of the event was deleted.
    Gone,
    /// No base, since nothing is to be built.
    Unpublished,
}

/// Where the default branch is stated.
#[derive(Debug, Clone, Copy)]
pub(super) enum DefaultBranch {
    /// Nowhere. It is taken from the clone or from `--default-branch`.
    Unstated,
    /// This fact is the name of the default branch.
    Named(Fact),
    /// The fact `branch` is the name of the default branch if the fact `when` is true; else the name is not stated.
    This { branch: Fact, when: Fact },
}

impl Dialect {
    /// Returns the dialect of an engine.
    pub(super) fn of(engine: Engine) -> &'static Self {
        match engine {
            Engine::Forgejo | Engine::Gitea | Engine::GitHub => &github::DIALECT,
            Engine::GitLab => &gitlab::DIALECT,
            Engine::Buildkite => &buildkite::DIALECT,
            Engine::CircleCi => &circleci::DIALECT,
            Engine::Azure => &azure::DIALECT,
            Engine::Bitbucket => &bitbucket::DIALECT,
            Engine::Jenkins => &jenkins::DIALECT,
            Engine::CodeBuild => &codebuild::DIALECT,
            Engine::CloudBuild => &cloud_build::DIALECT,
        }
    }

    pub(super) fn read(&self, engine: Engine, facts: &Facts) -> Result<Trigger, TriggerError> {
        if let Some(variable) = self.always.iter().find(|variable| !facts.has(variable)) {
            return Err(TriggerError::Missing { engine, variable });
        }
        let row = self.rows.iter().find(|row| (row.when)(facts)).unwrap_or(&self.otherwise);
        Ok(Trigger {
            engine: Some(engine),
            ci: Some(CiSign::Variable(engine.sign())),
            event: row.event,
            kind: row.kind,
            reference: row.reference.read(facts),
            subject: row.subject(facts),
            base: row.base.read(facts),
            default_branch: self.default_branch.read(facts),
            origin: (row.origin)(facts),
            // A push has no inputs. If inputs were read for a push, a variable that is set for every run would narrow
            // the plan of the push.
            inputs: match row.kind {
                Kind::Manual | Kind::Schedule => ManualInputs::read(facts),
                _ => ManualInputs::default(),
            },
            rehearsal: facts.is(REHEARSAL, &["true"]),
        })
    }
}

impl Row {
    fn subject(&self, facts: &Facts) -> EventSubject {
        let commits = self.subject.iter().filter_map(|fact| facts.commit(*fact)).filter(|commit| !commit.is_zero());
        let commits: Vec<CommitId> = commits.collect();
        match self.subject {
            [] => EventSubject::None,
            _ if commits.is_empty() => EventSubject::CheckedOut,
            _ => EventSubject::Commits(commits),
        }
    }
}

impl Reference {
    fn read(self, facts: &Facts) -> Option<String> {
        let after = |prefix: &str, fact| facts.text(fact).map(|name| format!("{prefix}{name}"));
        match self {
            Self::None => None,
            Self::Full(fact) => facts.text(fact),
            Self::Branch(fact) => after("refs/heads/", fact),
            Self::Remote(fact) => {
                let name = facts.text(fact)?;
                let branch = name.split_once('/').map_or(name.as_str(), |(_, branch)| branch);
                Some(format!("refs/heads/{branch}"))
            }
            Self::Tag(fact) => after("refs/tags/", fact),
        }
    }
}

impl Base {
    fn read(self, facts: &Facts) -> BaseHint {
        let commit = |fact: Option<Fact>| facts.commit(fact?).filter(|commit| !commit.is_zero());
        match self {
            Self::None | Self::Named => BaseHint::None,
            Self::Commit(fact, landmark) => match facts.commit(fact) {
                None => BaseHint::None,
                Some(commit) if commit.is_zero() => BaseHint::NewBranch,
                Some(commit) => BaseHint::Commit(commit, landmark),
            },
            Self::CommitUnlessZero(fact, landmark) => {
                commit(Some(fact)).map_or(BaseHint::None, |commit| BaseHint::Commit(commit, landmark))
            }
            Self::PullRequest { merge, base, branch } => {
                let branch = branch.and_then(|fact| facts.text(fact));
                let short = |name: String| name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name);
                BaseHint::PullRequest { merge: commit(merge), base: commit(base), branch: branch.map(short) }
            }
            Self::Gone => BaseHint::Gone,
            Self::Unpublished => BaseHint::Unpublished,
        }
    }
}

impl DefaultBranch {
    fn read(self, facts: &Facts) -> Option<String> {
        match self {
            Self::Unstated => None,
            Self::Named(fact) => facts.text(fact),
            Self::This { branch, when } => facts.text(branch).filter(|_| facts.is_true(when)),
        }
    }
}

impl fmt::Display for Base {
    /// Describes how the base is chosen, for the table of the documentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("the default branch"),
            Self::Named => f.write_str("none: the tag names its service"),
            Self::Commit(fact, landmark @ Landmark::BeforeMerge) => {
                write!(f, "first parent of the merge; where HEAD is none also {fact}: {landmark}")
            }
            Self::Commit(fact, landmark) => write!(f, "{fact}: {landmark}"),
            Self::CommitUnlessZero(fact, landmark) => {
                write!(f, "{fact}: {landmark}; the default branch where it is all zeros")
            }
            Self::PullRequest { merge, base, branch } => {
                if let Some(merge) = merge {
                    write!(f, "first parent of {merge} where that is HEAD, else ")?;
                }
                let target = base.iter().chain(branch).map(ToString::to_string).collect::<Vec<_>>();
                write!(f, "merge base with {}", target.join(", else with "))
            }
            Self::Gone | Self::Unpublished => f.write_str("none: nothing is planned"),
        }
    }
}

/// Returns [`Origin::Own`].
pub(super) fn own(_: &Facts) -> Origin {
    Origin::Own
}

/// Returns [`Origin::Own`] if `holds`, and [`Origin::Fork`] otherwise.
pub(super) fn own_when(holds: bool) -> Origin {
    if holds { Origin::Own } else { Origin::Fork }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the table as the documentation of `trigger` shows it.
    fn rendered() -> Vec<String> {
        let mut lines = Vec::new();
        // Forgejo and Gitea use the rows of GitHub.
        for engine in Engine::ALL.into_iter().filter(|engine| ![Engine::Forgejo, Engine::Gitea].contains(engine)) {
            let dialect = Dialect::of(engine);
            for row in dialect.rows.iter().chain([&dialect.otherwise]) {
                let (event, kind, base) = (row.event, row.kind.word(), row.base);
                let subject: Vec<String> = row.subject.iter().map(ToString::to_string).collect();
                let subject = if subject.is_empty() { "none".to_owned() } else { subject.join(", ") };
                lines.push(format!("| {engine} | {event} | `{kind}` | {subject} | {base} |"));
            }
        }
        lines
    }

    #[test]
    fn the_documentation_shows_the_table() {
        let lines = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! "));
        let documented: Vec<&str> = lines.filter(|line| line.starts_with("| ")).skip(2).collect();
        let rendered = rendered();
        assert!(documented == rendered, "the table in src/trigger/mod.rs should be\n//! {}", rendered.join("\n//! "));
    }
}
