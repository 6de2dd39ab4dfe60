//! `Repository::diff` against `git diff --name-status --no-renames -z`.

use rebake::inputs::git::{Differ, GitError};
use rebake::model::change::ChangeSet;
use rebake::model::name::CommitId;
use rebake::model::tree::Mode;

use crate::history::{Files, History};
use crate::random::{Random, for_seeds};
use crate::repo::Repo;

/// A change set in the form that git prints it with `-z`.
pub(crate) fn name_status(changes: &ChangeSet) -> String {
    let lines = changes.as_slice().iter().map(|change| {
        let mut line = vec![u8::try_from(change.status.letter()).unwrap(), 0];
        line.extend_from_slice(change.path.as_bytes());
        line.push(0);
        line
    });
    lines.flat_map(|line| line.escape_ascii().to_string().into_bytes()).map(char::from).collect()
}

#[track_caller]
fn same_as_git(repo: &Repo, base: &CommitId, head: &CommitId) -> String {
    same_as_git_with(&mut repo.open().differ(), repo, base, head)
}

/// The same by what may have compared other trees before.
#[track_caller]
fn same_as_git_with(differ: &mut Differ, repo: &Repo, base: &CommitId, head: &CommitId) -> String {
    let ours = name_status(&differ.diff(Some(base), head).unwrap());
    let args = ["diff", "--name-status", "--no-renames", "-z", &base.to_string(), &head.to_string()];
    assert_eq!(ours, repo.git_bytes(args, b"").escape_ascii().to_string());
    ours
}

#[test]
fn random_trees() {
    for_seeds(4, |random: &mut Random| {
        let repo = Repo::new();
        let mut history = History::default();
        let mut files = Files::default();
        for time in 0..60 {
            files.mutate(random);
            history.commit(&files, &[], time);
        }
        let commits = history.import(&repo);
        for pair in commits.windows(2) {
            same_as_git(&repo, &pair[0], &pair[1]);
        }
        let git = repo.open();
        let mut differ = git.differ();
        for _ in 0..30 {
            same_as_git_with(&mut differ, &repo, random.pick(&commits), random.pick(&commits));
        }
    });
}

#[test]
fn every_status_has_its_letter() {
    let repo = Repo::new();
    repo.write("gone", "").write("kept", "").write("edited", "1").write("script", "").write("link", "to");
    let base = repo.commit("base");
    repo.remove("gone").write("new", "").write("edited", "2").chmod_x("script").symlink("to", "link");
    let head = repo.commit("head");
    assert_eq!(
        same_as_git(&repo, &base, &head),
        r"M\x00edited\x00D\x00gone\x00T\x00link\x00A\x00new\x00M\x00script\x00"
    );
}

#[test]
fn without_a_base_everything_is_added() {
    let repo = Repo::new();
    repo.write("a", "").write("dir/b", "").symlink("a", "link");
    let head = repo.commit("head");
    let changes = repo.open().diff(None, &head).unwrap();
    assert_eq!(name_status(&changes), r"A\x00a\x00A\x00dir/b\x00A\x00link\x00");
}

#[test]
fn an_old_spelling_of_a_mode_is_no_change() {
    // 100664 was written by early versions of git, and means 100644. No command makes such a tree today but this.
    let repo = Repo::new();
    let blob = repo.git_bytes(["hash-object", "-w", "--stdin"], b"x");
    let raw: Vec<u8> =
        blob.trim_ascii().chunks(2).map(|hex| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap()).collect();
    let commits = [b"100644".as_slice(), b"100664", b"100755"].map(|mode| {
        let tree = repo
            .git_bytes(["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &[mode, b" f\0", &raw].concat());
        let tree = str::from_utf8(tree.trim_ascii()).unwrap();
        repo.git(["commit-tree", tree, "-m", ""]).parse::<CommitId>().unwrap()
    });
    assert_eq!(same_as_git(&repo, &commits[0], &commits[1]), "");
    assert_eq!(same_as_git(&repo, &commits[1], &commits[2]), r"M\x00f\x00");
}

#[test]
fn replaced_commits_are_followed_as_git_does() {
    let repo = Repo::new();
    repo.write("a", "1");
    let base = repo.commit("base");
    let head = repo.write("a", "2").commit("head");
    let other = repo.write("b", "").commit("other");
    repo.git(["replace", &head.to_string(), &other.to_string()]);
    assert_eq!(same_as_git(&repo, &base, &head), r"M\x00a\x00A\x00b\x00");
}

#[test]
fn a_clone_without_file_contents_is_enough() {
    let origin = Repo::new();
    origin.write("dir/a", "1");
    let base = origin.commit("base");
    let head = origin.write("dir/a", "2").commit("head");
    let clone = origin.clone_with(["--filter=blob:none", "--no-checkout"]);
    let changes = clone.open().diff(Some(&base), &head).unwrap();
    assert_eq!(name_status(&changes), r"M\x00dir/a\x00");
}

#[test]
fn a_clone_without_directories_says_so() {
    let origin = Repo::new();
    origin.write("dir/a", "1");
    let base = origin.commit("base");
    let head = origin.write("dir/a", "2").commit("head");
    let clone = origin.clone_with(["--filter=tree:0", "--no-checkout"]);
    let error = clone.open().diff(Some(&base), &head).unwrap_err();
    assert!(matches!(error, GitError::MissingTree { .. }), "{error:?}");
    assert!(error.to_string().ends_with("is not in this clone, a partial one (--filter=tree:0)"), "{error}");
    assert!(error.help().iter().any(|help| help.contains("--filter=blob:none")), "{:?}", error.help());
}

#[test]
fn what_is_missing_of_one_base_is_not_missed_of_others() {
    let repo = Repo::new();
    repo.write("dir/a", "1").write("other/b", "1");
    let base = repo.commit("base");
    let next = repo.write("dir/a", "2").commit("next");
    let head = repo.write("dir/a", "3").write("other/b", "2").commit("head");
    let tree = repo.git(["rev-parse", &format!("{base}:dir")]);
    std::fs::remove_file(repo.dir().join(format!(".git/objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    let git = repo.open();
    let mut differ = git.differ();
    let error = differ.diff(Some(&base), &head).unwrap_err();
    assert!(matches!(&error, GitError::MissingTree { id, .. } if *id == tree), "{error:?}");
    same_as_git_with(&mut differ, &repo, &next, &head);
}

#[test]
fn a_commit_that_is_not_there_is_named() {
    let repo = Repo::new();
    let head = repo.commit("head");
    for missing in ["1".repeat(40), "1".repeat(64)] {
        let missing: CommitId = missing.parse().unwrap();
        let error = repo.open().diff(Some(&missing), &head).unwrap_err();
        assert!(matches!(error, GitError::MissingCommit { commit, shallow: false } if commit == missing), "{error:?}");
    }
}

#[test]
fn submodules_are_entries_like_any_other() {
    let mut files = Files::default();
    let mut history = History::default();
    files.insert(b"sub", Mode::Submodule, "");
    history.commit(&files, &[], 0);
    files.insert(b"sub", Mode::Submodule, "other");
    history.commit(&files, &[], 1);
    files.insert(b"sub", Mode::File, "");
    history.commit(&files, &[], 2);
    let repo = Repo::new();
    let commits = history.import(&repo);
    assert_eq!(same_as_git(&repo, &commits[0], &commits[1]), r"M\x00sub\x00");
    assert_eq!(same_as_git(&repo, &commits[1], &commits[2]), r"T\x00sub\x00");
}
