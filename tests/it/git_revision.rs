//! Revisions, `HEAD` and the default branch.

use rebake::inputs::git::{GitError, Head, RevisionFault};

use crate::history::{Files, History};
use crate::repo::Repo;

#[track_caller]
fn refused(repo: &Repo, revision: &str) -> GitError {
    repo.open().resolve(revision).expect_err("no such commit")
}

/// Returns what is wrong with the revision that an error is about.
#[track_caller]
fn fault(error: &GitError) -> &RevisionFault {
    let GitError::Revision(error) = error else { panic!("{error:?}") };
    &error.fault
}

#[test]
fn revisions_name_what_they_name_for_git() {
    let repo = Repo::new();
    let first = repo.write("f", "").commit("first");
    let second = repo.annotated_tag("v1").tag("light").commit("second");
    repo.annotated_tag("services/go/api@1.0.9").branch("topic/x").checkout("topic/x").checkout("main");
    let git = repo.open();
    let short = second.short(8);
    for revision in [
        "HEAD",
        "@",
        "main",
        "HEAD~1",
        "HEAD^",
        "v1",
        "v1^{}",
        "light",
        "topic/x",
        "refs/tags/v1",
        &short,
        "@{-1}",
        "services/go/api@1.0.9",
        "main@{1}",
        "HEAD~0",
        "v1^{commit}",
    ] {
        assert_eq!(git.resolve(revision).unwrap(), repo.id(revision), "{revision}");
    }
    assert_eq!(git.resolve(&first.to_string()).unwrap(), first);
    assert_eq!(git.resolve(":/first").unwrap(), first);
    // A tag before a branch, as for git.
    repo.git(["branch", "both"]);
    repo.git(["tag", "both", "HEAD~1"]);
    assert_eq!(git.resolve("both").unwrap(), first);
}

#[test]
fn each_refusal_is_its_own() {
    let repo = Repo::new();
    repo.write("f", "content").commit("first");
    repo.branch("develop").annotated_tag("api@1.0.0");
    let blob = repo.git(["rev-parse", "HEAD:f"]);
    repo.git(["tag", "-a", "-m", "", "of-a-blob", &blob]);
    for (revision, message) in [
        ("-x", "a revision cannot begin with `-`: `-x`"),
        ("--all", "a revision cannot begin with `-`: `--all`"),
        ("nowhere", "there is no branch, tag or commit `nowhere`"),
        ("HEAD:f", "`HEAD:f` is a blob, not a commit"),
        ("HEAD^{tree}", "`HEAD^{tree}` is a tree, not a commit"),
        (&blob, &format!("`{blob}` is a blob, not a commit")),
        ("of-a-blob", "`of-a-blob` is a blob, not a commit"),
        ("HEAD..develop", "`HEAD..develop` is a range, not a commit"),
        ("HEAD...develop", "`HEAD...develop` is a range, not a commit"),
        ("^HEAD", "`^HEAD` is a range, not a commit"),
        (
            "1111111111111111111111111111111111111111",
            "the commit 1111111111111111111111111111111111111111 is not in this clone",
        ),
        (
            "0000000000000000000000000000000000000000",
            "the commit 0000000000000000000000000000000000000000 is not in this clone",
        ),
    ] {
        assert_eq!(refused(&repo, revision).to_string(), message);
    }
    for nonsense in [
        "",
        " ",
        "HEAD~10",
        "HEAD^5",
        "HEAD:nowhere",
        "a b",
        "\n",
        "@{",
        "^",
        "..",
        "~",
        "HEAD@{99}",
        "\u{1b}[31m",
        ":/none",
        "é",
    ] {
        let error = refused(&repo, nonsense);
        let fault = fault(&error);
        let is_known =
            matches!(fault, RevisionFault::Unresolvable { .. } | RevisionFault::Unknown { .. } | RevisionFault::Range);
        assert!(is_known, "{nonsense:?}: {error:?}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
}

#[test]
fn a_mistyped_name_is_suggested() {
    let repo = Repo::new();
    repo.commit("first");
    repo.branch("develop").annotated_tag("api@1.0.0");
    for (mistyped, meant) in [("devlop", "develop"), ("mian", "main"), ("api-1.0.0", "api@1.0.0")] {
        let help = refused(&repo, mistyped).help();
        assert_eq!(help[0], format!("did you mean `{meant}`?"));
        assert!(help[1].contains(&format!("`git fetch origin {mistyped}`")), "{help:?}");
    }
}

#[test]
fn an_ambiguous_beginning_lists_what_it_may_mean() {
    let repo = Repo::new();
    let mut history = History::default();
    (0..1_000).for_each(|time| _ = history.commit(&Files::default(), &[], time));
    let mut ids: Vec<String> = history.import(&repo).iter().map(ToString::to_string).collect();
    ids.sort();
    let pair = ids.windows(2).find(|pair| pair[0][..4] == pair[1][..4]).expect("a thousand ids share four digits");
    let error = refused(&repo, &pair[0][..4]);
    let RevisionFault::Ambiguous { candidates } = fault(&error) else { panic!("{error:?}") };
    for (candidate, id) in candidates.iter().zip(pair) {
        assert!(candidate.starts_with(&id[..7]), "{candidate} {id}");
    }
    assert_eq!(candidates.len(), 2);
}

#[test]
fn a_branch_that_begins_with_a_dash_has_a_whole_name() {
    let repo = Repo::new();
    let commit = repo.commit("first");
    repo.git(["update-ref", "refs/heads/-evil", "HEAD"]);
    assert!(matches!(fault(&refused(&repo, "-evil")), RevisionFault::LeadingDash));
    assert_eq!(repo.open().resolve("refs/heads/-evil").unwrap(), commit);
}

#[test]
fn past_a_shallow_boundary_is_said() {
    let origin = Repo::new();
    let first = origin.commit("first");
    origin.commit("second");
    let third = origin.commit("third");
    let clone = origin.clone_shallow(2);
    assert_eq!(clone.open().resolve("HEAD").unwrap(), third);
    for revision in ["HEAD~2", "HEAD~10", "HEAD^^", "main~2"] {
        let error = refused(&clone, revision);
        assert!(matches!(fault(&error), RevisionFault::BeyondShallow { .. }), "{revision}: {error:?}");
        assert_eq!(error.to_string(), format!("`{revision}` lies beyond the history that this shallow clone has"));
    }
    assert!(matches!(refused(&clone, &first.to_string()), GitError::MissingCommit { shallow: true, .. }));
}

#[test]
fn head_is_unborn_a_branch_or_detached() {
    let repo = Repo::new();
    assert!(matches!(repo.open().head().unwrap(), Head::Unborn { branch } if branch.as_bytes() == b"main"));
    for revision in ["HEAD", "@", "HEAD~1"] {
        assert_eq!(refused(&repo, revision).to_string(), "the branch main has no commit yet");
    }
    let commit = repo.commit("first");
    repo.git(["checkout", "--quiet", "-b", "topic/x"]);
    assert!(
        matches!(repo.open().head().unwrap(), Head::Branch { name, commit: at } if name.as_bytes() == b"topic/x" && at == commit)
    );
    repo.annotated_tag("v1").checkout("v1");
    assert_eq!(repo.open().head().unwrap(), Head::Detached { commit });
}

#[test]
fn the_default_branch_is_the_remote_one_first() {
    let repo = Repo::new();
    assert_eq!(repo.open().default_branch(None), None);
    let first = repo.commit("first");
    let name =
        |repo: &Repo, named: Option<&str>| repo.open().default_branch(named).map(|branch| branch.name.to_string());
    assert_eq!(name(&repo, None).unwrap(), "main");
    repo.git(["update-ref", "refs/remotes/origin/master", "HEAD"]);
    assert_eq!(name(&repo, None).unwrap(), "origin/master");
    repo.git(["update-ref", "refs/remotes/origin/trunk", "HEAD"]);
    repo.git(["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    assert_eq!(name(&repo, None).unwrap(), "origin/trunk");
    assert_eq!(repo.open().default_branch(None).unwrap().commit, first);
    assert_eq!(name(&repo, Some("master")).unwrap(), "origin/master");
    assert_eq!(name(&repo, Some("main")).unwrap(), "main");
    assert_eq!(name(&repo, Some("nowhere")), None);
    // A HEAD whose branch was pruned stands for nothing.
    repo.git(["update-ref", "-d", "refs/remotes/origin/trunk"]);
    assert_eq!(name(&repo, None).unwrap(), "origin/master");
}

#[test]
fn the_time_is_the_committers() {
    let repo = Repo::new();
    repo.clock(1_234_567_890, 0);
    let commit = repo.commit("first");
    assert_eq!(repo.open().commit_time(&commit).unwrap(), 1_234_567_890);
}
