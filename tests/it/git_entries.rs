//! `Repository::entries` against `git ls-tree -r -z`, and single files of a commit.

use std::io::Write as _;

use rebake::inputs::git::{GitError, TreeWithChanges};
use rebake::model::name::{CommitId, RepoPath};
use rebake::model::tree::{Listing, Mode, Outline, Region};

use crate::git_status::fill;
use crate::history::{Files, History};
use crate::random::{Random, for_seeds};
use crate::repo::Repo;

#[track_caller]
fn same_as_git(repo: &Repo, commit: &CommitId) {
    let mut ours = Vec::new();
    for entry in repo.open().entries(commit).unwrap().iter() {
        let kind = if entry.mode == Mode::Submodule { "commit" } else { "blob" };
        write!(ours, "{} {kind} {}\t", entry.mode, entry.id).unwrap();
        ours.extend_from_slice(entry.path);
        ours.push(0);
    }
    let git = repo.git_bytes(["ls-tree", "-r", "-z", &commit.to_string()], b"");
    assert_eq!(ours.escape_ascii().to_string(), git.escape_ascii().to_string());
}

#[test]
fn random_trees() {
    for_seeds(2, |random: &mut Random| {
        let repo = Repo::new();
        let mut history = History::default();
        let mut files = Files::default();
        for time in 0..40 {
            files.mutate(random);
            history.commit(&files, &[], time);
        }
        for commit in history.import(&repo) {
            same_as_git(&repo, &commit);
        }
    });
}

#[test]
fn a_work_tree_is_the_tree_of_its_commit() {
    for_seeds(6, |random: &mut Random| {
        let repo = Repo::new();
        let mut files = Files::default();
        let everything = Outline::new(Region::whole(), [""], [""]);
        let mut commit = repo.write("before", "").commit("before");
        for time in 0..8 {
            files.mutate(random);
            files.insert(b"time", Mode::File, time.to_string());
            fill(&repo, &files);
            let git = repo.open();
            let changes = git.work_tree().unwrap().changes;
            let survey = |root| {
                let survey = git.survey(&root, &everything).unwrap();
                let lines = |listing: &Listing| listing.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>();
                (lines(&survey.entries), lines(&survey.directories))
            };
            let root = git.tree_of(&commit).unwrap();
            let TreeWithChanges { root, unsure } = git.with_work_tree(root, &changes).unwrap();
            assert!(unsure.is_empty(), "{unsure}");
            let before = survey(root);
            commit = repo.commit("all of it");
            assert_eq!(before, survey(git.tree_of(&commit).unwrap()));
        }
    });
}

#[test]
fn directories_may_be_many() {
    let repo = Repo::new();
    let mut files = Files::default();
    for number in 0..400 {
        for name in ["a", "src/x", "src/deep/er/y", "src.txt"] {
            files.insert(format!("dir-{number}/{name}").as_bytes(), Mode::File, name);
        }
        // Beside the directories, and at the level above.
        files.insert(format!("dir-{number}.txt").as_bytes(), Mode::Executable, "");
        files.insert(format!("zoo/{number}").as_bytes(), Mode::SymbolicLink, "a");
    }
    let mut history = History::default();
    history.commit(&files, &[], 0);
    same_as_git(&repo, &history.import(&repo)[0]);
}

#[test]
fn directories_may_be_very_deep() {
    let repo = Repo::new();
    let mut files = Files::default();
    files.insert(vec!["d"; 1_500].join("/").as_bytes(), Mode::File, "");
    let mut history = History::default();
    history.commit(&files, &[], 0);
    same_as_git(&repo, &history.import(&repo)[0]);
}

#[test]
fn a_file_is_read_as_it_was() {
    let repo = Repo::new();
    repo.write("filters.yaml", "1").write("dir/f", "x").symlink("f", "dir/link");
    let base = repo.commit("base");
    repo.write("filters.yaml", "2");
    let head = repo.commit("head");
    let git = repo.open();
    let at = |commit: &CommitId, path: &str| git.file_at(commit, &RepoPath::from_git(path)).unwrap();
    let (old, new) = (at(&base, "filters.yaml").unwrap(), at(&head, "filters.yaml").unwrap());
    assert_eq!((old.read().unwrap(), new.read().unwrap()), (b"1".to_vec(), b"2".to_vec()));
    assert_ne!(old.id(), new.id());
    assert_eq!(new.id().to_string(), repo.git(["rev-parse", "HEAD:filters.yaml"]));
    assert_eq!(at(&head, "dir/f").unwrap().read().unwrap(), b"x");
    assert_eq!(at(&head, "dir/link").unwrap().read().unwrap(), b"x", "a link is followed");
    for nothing in ["dir", "dir/other", "filters.yaml/x", "", "/", "dir/"] {
        assert!(at(&head, nothing).is_none(), "{nothing:?}");
    }
}

#[test]
fn a_content_that_was_left_out_is_named() {
    let origin = Repo::new();
    origin.write("dir/filters.yaml", "1");
    let commit = origin.commit("first");
    let clone = origin.clone_with(["--filter=blob:none", "--no-checkout"]).open();
    let file = clone.file_at(&commit, &RepoPath::from_git("dir/filters.yaml")).unwrap().unwrap();
    let error = file.read().unwrap_err();
    assert!(matches!(error, GitError::MissingBlob { .. }), "{error:?}");
    assert!(error.to_string().ends_with("is not in this clone, a partial one (--filter=blob:none)"), "{error}");
    assert_eq!(
        error.help(),
        [format!(
            "let git fetch it: `git cat-file -e {commit}:dir/filters.yaml`; commands that have `--fetch` do so with it"
        )]
    );
}
