//! Ancestry against `git merge-base`.

use rebake::inputs::git::GitError;
use rebake::model::name::CommitId;

use crate::history::{Files, History};
use crate::random::{Random, for_seeds};
use crate::repo::Repo;

#[track_caller]
fn same_as_git(repo: &Repo, a: &CommitId, b: &CommitId) -> Vec<CommitId> {
    let ours = repo.open().merge_bases(a, b).unwrap();
    let args = ["merge-base", "--all", &a.to_string(), &b.to_string()];
    if ours.is_empty() {
        repo.git_fails(args);
    } else {
        let git: Vec<CommitId> = repo.git(args).lines().map(|id| id.parse().unwrap()).collect();
        assert_eq!(ours, git, "{a} {b}");
    }
    ours
}

/// Commits with random parents, often several roots, some of them merges of many; at dates that may stand still or
/// run backwards.
fn random_history(random: &mut Random, commits: usize) -> History {
    let mut history = History::default();
    let (skewed, near) = (random.one_in(2), 2 + random.below(12));
    for number in 0..commits {
        let mut parents = Vec::new();
        for _ in 0..*random.pick(&[0, 1, 1, 1, 1, 1, 2, 2, 2, 3]) {
            let parent = number.saturating_sub(1 + random.below(near));
            if number > 0 && !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        let time = if skewed { random.below(commits) } else { number / 2 };
        history.commit(&Files::default(), &parents, i64::try_from(time).unwrap());
    }
    history
}

#[test]
fn random_histories() {
    for_seeds(10, |random: &mut Random| {
        let repo = Repo::new();
        let commits = random_history(random, 40).import(&repo);
        let pairs: Vec<_> = (0..20).map(|_| (random.pick(&commits), random.pick(&commits))).collect();
        let bases: Vec<_> = pairs.iter().map(|(a, b)| same_as_git(&repo, a, b)).collect();
        // Of several bases with one date, git's order depends on whether there is a commit-graph; ours does not.
        repo.git(["commit-graph", "write", "--reachable"]);
        let again: Vec<_> = pairs.iter().map(|(a, b)| repo.open().merge_bases(a, b).unwrap()).collect();
        assert_eq!(again, bases);
    });
}

#[test]
fn random_ancestors() {
    for_seeds(6, |random: &mut Random| {
        let repo = Repo::new();
        let commits = random_history(random, 30).import(&repo);
        let git = repo.open();
        for commit in &commits[20..] {
            let ancestors = repo.git(["rev-list", &commit.to_string()]);
            for other in &commits {
                let expected = ancestors.contains(&other.to_string());
                assert_eq!(git.is_ancestor(other, commit).unwrap(), expected, "{other} {commit}");
            }
        }
    });
}

#[test]
fn a_criss_cross_merge_has_two() {
    let empty = Files::default();
    let mut history = History::default();
    let root = history.commit(&empty, &[], 0);
    let (left, right) = (history.commit(&empty, &[root], 1), history.commit(&empty, &[root], 2));
    history.commit(&empty, &[left, right], 3);
    history.commit(&empty, &[right, left], 4);
    let repo = Repo::new();
    let commits = history.import(&repo);
    assert_eq!(same_as_git(&repo, &commits[3], &commits[4]), [commits[right], commits[left]]);
}

#[test]
fn one_of_the_two_may_be_the_base() {
    let repo = Repo::new();
    let first = repo.commit("first");
    let second = repo.commit("second");
    assert_eq!(same_as_git(&repo, &first, &second), [first]);
    assert_eq!(same_as_git(&repo, &second, &second), [second]);
}

#[test]
fn unrelated_histories_have_none() {
    let repo = Repo::new();
    let ours = repo.commit("ours");
    repo.git(["checkout", "--quiet", "--orphan", "other"]);
    let theirs = repo.commit("theirs");
    assert_eq!(same_as_git(&repo, &ours, &theirs), []);
}

#[test]
fn a_shallow_boundary_is_not_a_root() {
    let origin = Repo::new();
    let first = origin.commit("first");
    let second = origin.commit("second");
    let third = origin.commit("third");
    origin.git(["checkout", "--quiet", "-b", "side", &first.to_string()]);
    let side = origin.commit("side");
    let clone = origin.clone_with(["--depth=1", "--no-single-branch", "--branch=main"]);
    let git = clone.open();
    assert!(git.is_shallow());
    assert!(git.contains(&third) && git.contains(&side) && !git.contains(&second));
    for error in [
        git.merge_bases(&third, &side).unwrap_err(),
        git.is_ancestor(&third, &side).map(drop).unwrap_err(),
        git.first_parent(&third).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, GitError::ShallowHistory { .. }), "{error:?}");
        assert!(error.is_doubt());
        assert!(error.help()[0].contains("fetch-depth: 0"), "{:?}", error.help());
    }
    // What lies behind the boundary is older than it, so that it is not `side`.
    assert!(!git.is_ancestor(&side, &third).unwrap());
    let error = git.merge_bases(&third, &first).unwrap_err();
    assert!(matches!(error, GitError::MissingCommit { shallow: true, .. }), "{error:?}");
}

#[test]
fn inside_a_shallow_clone_answers_are_certain() {
    let origin = Repo::new();
    origin.commit("first");
    let second = origin.commit("second");
    let third = origin.commit("third");
    let git = origin.clone_shallow(2).open();
    assert_eq!(git.first_parent(&third).unwrap(), Some(second));
    assert_eq!(git.merge_bases(&third, &second).unwrap(), [second]);
    assert!(git.is_ancestor(&second, &third).unwrap());
    assert!(!git.is_ancestor(&third, &second).unwrap());
}

#[test]
fn a_merge_base_that_the_boundary_may_hide_is_not_replaced_by_an_older_one() {
    let repo = Repo::new();
    let older = repo.commit("older");
    let newer = repo.commit("newer");
    repo.git(["checkout", "--quiet", "-b", "ours", &older.to_string()]);
    let first = repo.commit("first of ours");
    repo.git(["checkout", "--quiet", "-b", "side", &newer.to_string()]);
    let side = repo.commit("side");
    let ours = repo.checkout("ours").merge(["side"]);
    repo.git(["checkout", "--quiet", "-b", "theirs", &newer.to_string()]);
    let theirs = repo.commit("theirs");
    repo.git(["checkout", "--quiet", "-b", "later", &first.to_string()]);
    let later = repo.commit("later");
    assert_eq!(repo.open().merge_bases(&ours, &theirs).unwrap(), [newer]);

    // `older` is still in sight by another way, and would be the answer of who looks no further.
    repo.write(".git/shallow", format!("{side}\n"));
    let git = repo.open();
    let error = git.merge_bases(&ours, &theirs).unwrap_err();
    assert!(matches!(error, GitError::ShallowHistory { .. }), "{error:?}");
    // What stands on one side alone here is newer than the boundary, so that nothing can be hidden behind it.
    assert_eq!(git.merge_bases(&ours, &later).unwrap(), [first]);
}

#[test]
fn parents_that_are_there_are_not_seen_past_the_boundary() {
    let origin = Repo::new();
    let first = origin.commit("first");
    let second = origin.commit("second");
    let clone = origin.clone_with([]);
    clone.git(["commit-graph", "write", "--reachable"]);
    clone.git(["fetch", "--quiet", "--depth=1", "origin", "main"]);
    let git = clone.open();
    assert!(git.contains(&first));
    assert!(matches!(git.first_parent(&second), Err(GitError::ShallowHistory { .. })));
    assert!(matches!(git.merge_bases(&first, &second), Err(GitError::ShallowHistory { .. })));
}

#[test]
fn the_root_has_no_parent() {
    let repo = Repo::new();
    let first = repo.commit("first");
    let second = repo.commit("second");
    let git = repo.open();
    assert_eq!(git.first_parent(&first).unwrap(), None);
    assert_eq!(git.first_parent(&second).unwrap(), Some(first));
}
