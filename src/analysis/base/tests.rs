//! Tests which base is chosen for each event and each request, in one small history:
//!
//! ```text
//! root ── fork ── main ── merge
//!           └──── feature ──┘
//! ```

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;
use crate::inputs::git::Repository;
use crate::inputs::trigger::{BaseHint, CiSign, Engine, EventSubject, Kind, Landmark, Trigger};
use crate::model::name::CommitId;

/// The commits, in the order of their marks.
const STREAM: &str = "\
commit refs/heads/main
mark :1
committer A <a@b> 0 +0000
data 4
root
commit refs/heads/main
mark :2
committer A <a@b> 1 +0000
data 4
fork
from :1
commit refs/heads/main
mark :3
committer A <a@b> 2 +0000
data 4
main
from :2
commit refs/heads/feature
mark :4
committer A <a@b> 3 +0000
data 7
feature
from :2
commit refs/heads/merge
mark :5
committer A <a@b> 4 +0000
data 5
merge
from :3
merge :4
commit refs/heads/other
mark :6
committer A <a@b> 5 +0000
data 5
other
";

/// A bare repository with this history. It is deleted when the value is dropped.
struct History {
    directory: PathBuf,
    repository: Repository,
}

impl History {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("rebake-base-{}-{name}", std::process::id()));
        let git = |args: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(&directory).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
            command
        };
        std::fs::create_dir_all(&directory).unwrap();
        assert!(git(&["init", "-q", "--bare", "-b", "main"]).status().unwrap().success());
        let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        import.stdin.take().unwrap().write_all(STREAM.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
        let repository = Repository::discover(&directory).unwrap();
        Self { directory, repository }
    }

    fn commit(&self, name: &str) -> CommitId {
        self.repository.resolve(spelled(name)).unwrap()
    }

    /// Returns the names of the bases, then `everything: …` if every service is affected, then a text for each doubt
    /// and each warning.
    fn choose(&self, trigger: &Trigger, request: &RangeRequest) -> Vec<String> {
        let (Range { comparison, .. }, notes) = choose(&self.repository, trigger, request).unwrap();
        let names = ["root", "fork", "main", "feature", "merge", "other"];
        let name = |base: &Option<CommitId>| match base {
            Some(base) => names.iter().find(|name| self.commit(name) == *base).unwrap().to_string(),
            None => "the empty tree".to_owned(),
        };
        let everything = comparison.everyone.map(|all| format!("everything: {all:?}"));
        let doubts = notes.doubts.iter().map(|doubt| format!("doubt: {}", doubt.kind));
        let warnings = notes.warnings.iter().map(|warning| format!("warning: {}", warning.code));
        comparison.bases.iter().map(name).chain(everything).chain(doubts).chain(warnings).collect()
    }

    /// Returns a CI event about a commit.
    fn event(&self, kind: Kind, subject: &[&str], base: BaseHint) -> Trigger {
        let commits = subject.iter().map(|name| self.commit(name)).collect();
        Trigger {
            engine: Some(Engine::Buildkite),
            ci: Some(CiSign::Vendor("Buildkite")),
            kind,
            subject: EventSubject::Commits(commits),
            base,
            ..Trigger::local()
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Returns the revision of a commit of the history.
fn spelled(name: &str) -> &str {
    match name {
        "root" => "main~2",
        "fork" => "main~1",
        branch => branch,
    }
}

fn at(head: &str) -> RangeRequest {
    RangeRequest { head: Some(spelled(head).to_owned()), ..RangeRequest::default() }
}

fn with(head: &str, compare: Compare) -> RangeRequest {
    RangeRequest { compare, ..at(head) }
}

fn revision(revision: &str, from: From) -> Compare {
    Compare::Revision(End { revision: revision.to_owned(), from })
}

#[test]
fn the_command_line_names_the_base() {
    let history = History::new("command-line");
    let local = Trigger::local();
    for (request, expected) in [
        (with("feature", revision("main", From::MergeBase)), vec!["fork"]),
        (with("feature", revision("main", From::Base)), vec!["main"]),
        (with("feature", revision("other", From::MergeBase)), vec!["other", "warning: no-common-history"]),
        (with("feature", Compare::Everything), vec!["everything: Forced"]),
        (with("feature", Compare::Since(Since::Built)), vec![]),
        (with("feature", Compare::Nothing("asked for by name".to_owned())), vec![]),
        // A whole id comes from a program, which cannot know what the clone holds.
        (
            with("feature", revision(&"1".repeat(40), From::Base)),
            vec!["everything: BaseUnreachable", "doubt: base-unreachable"],
        ),
    ] {
        assert_eq!(history.choose(&local, &request), expected, "{request:?}");
    }
    let mistyped = with("feature", revision("mian", From::Base));
    assert!(choose(&history.repository, &local, &mistyped).is_err());
}

#[test]
fn outside_of_ci_what_is_ahead_of_the_default_branch_counts() {
    let history = History::new("local");
    let local = Trigger::local();
    assert_eq!(history.choose(&local, &at("feature")), ["fork"]);
    assert_eq!(history.choose(&local, &at("main")), ["fork"], "the last commit, since nothing is ahead");
    assert_eq!(history.choose(&local, &at("root")), ["the empty tree"]);
    let other = RangeRequest { default_branch: Some("feature".to_owned()), ..at("main") };
    assert_eq!(history.choose(&local, &other), ["fork"]);
    let unknown = RangeRequest { default_branch: Some("trunk".to_owned()), ..at("main") };
    assert_eq!(history.choose(&local, &unknown), ["everything: BaseUnreachable", "doubt: base-unreachable"]);
}

#[test]
fn an_event_names_the_base() {
    let history = History::new("event");
    let commit = |name: &str| history.commit(name);
    let pull = |merge: Option<&str>, base: Option<&str>, branch: Option<&str>| BaseHint::PullRequest {
        merge: merge.map(commit),
        base: base.map(commit),
        branch: branch.map(str::to_owned),
    };
    let unreachable = vec!["everything: BaseUnreachable", "doubt: base-unreachable"];
    for (head, kind, subject, base, expected) in [
        ("main", Kind::Push, &["main"][..], BaseHint::Commit(commit("root"), Landmark::Push), vec!["root"]),
        // After a force-push the trees are compared as they are.
        ("main", Kind::Push, &["main"], BaseHint::Commit(commit("feature"), Landmark::Push), vec!["feature"]),
        ("feature", Kind::Push, &["feature"], BaseHint::NewBranch, vec!["fork"]),
        ("feature", Kind::Push, &["feature"], BaseHint::None, vec!["fork"]),
        // Nothing is ahead of the default branch. For a new branch this means that nothing changed, for another event
        // that nothing is known.
        ("fork", Kind::Push, &["fork"], BaseHint::NewBranch, vec!["fork"]),
        ("fork", Kind::Push, &["fork"], BaseHint::None, vec!["everything: NoRecord", "warning: everything"]),
        ("feature", Kind::PullRequest, &["feature"], pull(None, Some("main"), None), vec!["fork"]),
        ("feature", Kind::PullRequest, &["feature"], pull(None, None, Some("main")), vec!["fork"]),
        ("feature", Kind::PullRequest, &["feature"], pull(None, None, Some("gone")), unreachable.clone()),
        ("feature", Kind::PullRequest, &["feature"], pull(None, None, None), unreachable.clone()),
        ("merge", Kind::PullRequest, &["merge", "feature"], pull(Some("merge"), Some("root"), None), vec!["main"]),
        // The engine names a merge, and the pull request's own commit is checked out.
        ("feature", Kind::PullRequest, &["merge", "feature"], pull(Some("merge"), Some("main"), None), vec!["fork"]),
        ("merge", Kind::PullRequest, &["merge"], BaseHint::Commit(commit("root"), Landmark::BeforeMerge), vec!["main"]),
        // After a rebase, the changes since the event's base and the changes since head's first parent both count.
        (
            "feature",
            Kind::PullRequest,
            &["feature"],
            BaseHint::Commit(commit("root"), Landmark::BeforeMerge),
            vec!["root", "fork"],
        ),
        ("main", Kind::Delete, &["main"], BaseHint::Gone, vec![]),
        ("main", Kind::Release, &["main"], BaseHint::Unpublished, vec![]),
    ] {
        let trigger = history.event(kind, subject, base);
        assert_eq!(history.choose(&trigger, &at(head)), expected, "{head} {:?}", trigger.base);
    }
}

#[test]
fn the_base_of_an_event_does_not_count_for_another_commit() {
    let history = History::new("elsewhere");
    let push = history.event(Kind::Push, &["main"], BaseHint::Commit(history.commit("root"), Landmark::Push));
    assert_eq!(history.choose(&push, &at("merge")), ["root"], "it descends from the event's commit");
    assert_eq!(history.choose(&push, &at("feature")), ["fork", "warning: other-commit"]);
    // On the default branch it is not known what is new.
    assert_eq!(history.choose(&push, &at("fork")), ["everything: UnknownRange", "doubt: unknown-range"]);
    let comment = Trigger { subject: EventSubject::None, ..history.event(Kind::Manual, &[], BaseHint::None) };
    assert_eq!(history.choose(&comment, &at("feature")), ["fork"]);
}

#[test]
fn ci_without_a_known_engine_widens_the_range() {
    let history = History::new("unknown-engine");
    let unknown = Trigger { ci: Some(CiSign::Variable("CI")), ..Trigger::local() };
    assert_eq!(history.choose(&unknown, &at("feature")), ["everything: UnknownRange", "doubt: unknown-range"]);
}
