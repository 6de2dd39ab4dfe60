//! Where a repository is found, and why one is not opened.

use std::path::Path;
use std::process::Command;

use rebake::inputs::git::{GitError, Head, Repository};

use crate::repo::{Repo, open};

fn refused(dir: &Path) -> GitError {
    Repository::discover(dir).map(|_| ()).expect_err("nothing to open")
}

#[test]
fn from_any_directory_of_the_work_tree() {
    let repo = Repo::new();
    repo.write("deep/down/f", "").commit("first");
    let git = open(&repo.dir().join("deep/down"));
    assert_eq!(git.work_dir(), Some(repo.dir()));
    assert_eq!(git.git_dir(), repo.dir().join(".git"));
    assert!(!git.is_shallow());
    assert_eq!(git.partial_clone(), None);
}

#[test]
fn a_bare_repository() {
    let repo = Repo::new();
    let commit = repo.commit("first");
    let bare = repo.clone_with(["--bare"]);
    assert_eq!(bare.open().work_dir(), None);
    assert_eq!(bare.open().resolve("main").unwrap(), commit);
}

#[test]
fn a_linked_work_tree_has_its_own_head_and_changes() {
    let repo = Repo::new();
    let first = repo.write("f", "1").commit("first");
    repo.annotated_tag("v1").write("f", "2").commit("second");
    repo.git(["worktree", "add", "--quiet", "../linked", "v1"]);
    let linked = repo.dir().with_file_name("linked");
    std::fs::write(linked.join("f"), "3").unwrap();
    let git = open(&linked);
    assert_eq!(git.work_dir(), Some(linked.as_path()));
    assert_eq!(git.head().unwrap(), Head::Detached { commit: first });
    assert_eq!(git.work_tree().unwrap().changes.as_slice().len(), 1);
    assert!(repo.open().work_tree().unwrap().changes.is_empty());
}

#[test]
fn a_git_directory_elsewhere() {
    let repo = Repo::init(["--separate-git-dir=../elsewhere"]);
    let commit = repo.write("f", "").commit("first");
    assert!(repo.dir().join(".git").is_file());
    assert_eq!(repo.open().resolve("HEAD").unwrap(), commit);
    assert!(repo.open().work_tree().unwrap().changes.is_empty());
}

#[test]
fn sha256() {
    let repo = Repo::init(["--object-format=sha256"]);
    let base = repo.write("f", "1").commit("base");
    let head = repo.write("f", "2").write("dir/g", "").commit("head");
    repo.write("f", "3");
    let git = repo.open();
    assert_eq!(head.to_string().len(), 64);
    assert_eq!(git.resolve("HEAD~1").unwrap(), base);
    assert_eq!(crate::git_diff::name_status(&git.diff(Some(&base), &head).unwrap()), r"A\x00dir/g\x00M\x00f\x00");
    assert_eq!(git.diff(None, &base).unwrap().as_slice().len(), 1);
    assert_eq!(git.merge_bases(&base, &head).unwrap(), [base]);
    assert_eq!(git.entries(&head).unwrap().len(), 2);
    assert_eq!(git.work_tree().unwrap().changes.as_slice().len(), 1);
}

#[test]
fn an_extension_that_nobody_knows_is_refused_as_git_refuses_it() {
    for (version, extension, refused) in
        [("1", "frobnicate", true), ("0", "frobnicate", false), ("1", "noop", false), ("1", "preciousObjects", false)]
    {
        let repo = Repo::new();
        repo.commit("first");
        repo.git(["config", "core.repositoryFormatVersion", version]);
        repo.git(["config", &format!("extensions.{extension}"), "true"]);
        let git = repo.program("git").args(["status", "--porcelain"]).output().unwrap().status.success();
        let ours = Repository::discover(repo.dir()).map(|_| ());
        assert_eq!((git, ours.is_ok()), (!refused, !refused), "{version} {extension}");
        if let Err(error) = ours {
            assert_eq!(error.to_string(), "the repository has the extension `frobnicate`, which rebake does not know");
        }
    }
    let repo = Repo::new();
    repo.commit("first");
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    repo.git(["config", "extensions.refStorage", "files"]);
    assert!(Repository::discover(repo.dir()).is_ok());
    repo.git(["config", "--file", ".git/config", "extensions.refStorage", "tables"]);
    assert!(refused(repo.dir()).to_string().contains("`refStorage=tables`"));
}

/// A git directory inside of a work tree, with a filter that runs a program.
#[test]
fn a_bare_repository_is_used_as_the_user_allows() {
    let repo = Repo::new();
    repo.git(["init", "--quiet", "--bare", "evil"]);
    let evil = repo.dir().join("evil");
    let config = repo.dir().with_file_name("gitconfig");
    let global = [("GIT_CONFIG_GLOBAL", config.to_str().unwrap())];
    let explicit = "[safe]\n\tbareRepository = explicit\n";
    std::fs::write(&config, "").unwrap();
    assert_eq!(in_environment(&evil, &global), evil.display().to_string());
    // What the repository itself says of that does not count.
    repo.git(["--git-dir=evil", "config", "safe.bareRepository", "explicit"]);
    assert_eq!(in_environment(&evil, &global), evil.display().to_string());
    repo.git(["--git-dir=evil", "config", "safe.bareRepository", "all"]);
    std::fs::write(&config, explicit).unwrap();
    for dir in [&evil, &evil.join("refs")] {
        assert!(in_environment(dir, &global).contains("`safe.bareRepository=explicit` allows"), "{}", dir.display());
    }
    let named = [global[0], ("GIT_DIR", evil.to_str().unwrap())];
    assert_eq!(in_environment(&evil, &named), evil.display().to_string());
    // The directory of an ordinary repository, and those that git keeps in it.
    let git_dir = repo.dir().join(".git");
    assert_eq!(in_environment(repo.dir(), &global), git_dir.display().to_string());
    assert_eq!(in_environment(&git_dir, &global), git_dir.display().to_string());
    repo.commit("first");
    repo.git(["worktree", "add", "--quiet", "../linked"]);
    let linked = git_dir.join("worktrees/linked");
    assert_eq!(in_environment(&linked, &global), linked.display().to_string());
}

#[test]
fn outside_of_a_repository() {
    let temp = tempfile::TempDir::new().unwrap();
    let error = refused(temp.path());
    assert!(matches!(error, GitError::NotARepository { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("there is no git repository at `{}` or above it", temp.path().display()));
    assert!(matches!(refused(&temp.path().join("nowhere")), GitError::NotARepository { .. }));
}

#[test]
fn a_broken_repository_is_an_error() {
    let repo = Repo::new();
    repo.commit("first");
    repo.write(".git/config", "[core\n");
    let error = refused(repo.dir());
    assert!(matches!(error, GitError::Unreadable { .. }), "{error:?}");
}

#[test]
fn what_a_partial_clone_leaves_out() {
    let origin = Repo::new();
    origin.commit("first");
    for filter in ["blob:none", "tree:0"] {
        let clone = origin.clone_with([&format!("--filter={filter}"), "--no-checkout"]).open();
        let partial = clone.partial_clone().unwrap();
        assert_eq!((partial.remote.as_str(), partial.filter.as_deref()), ("origin", Some(filter)));
    }
    assert!(origin.clone_shallow(1).open().is_shallow());
}

/// What a process of its own says of a directory: the environment of this one cannot be changed.
#[track_caller]
fn in_environment(dir: &Path, variables: &[(&str, &str)]) -> String {
    let mut probe = Command::new(std::env::current_exe().unwrap());
    probe.args(["--exact", "git_open::probe", "--ignored", "--nocapture"]).current_dir(dir);
    let output = probe.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.split_once("probe: ")).expect("the probe says one line").1.to_owned()
}

#[test]
#[ignore = "the process that `in_environment` starts"]
#[expect(clippy::print_stdout, reason = "its parent reads what it says")]
fn probe() {
    match Repository::discover(Path::new(".")) {
        // A branch that cannot be read is no branch.
        Ok(git) if git.head().is_ok() => println!("probe: {}", git.git_dir().canonicalize().unwrap().display()),
        Ok(_) => println!("probe: HEAD cannot be read"),
        Err(error) => println!("probe: {error}"),
    }
}

#[test]
fn the_environment_may_name_the_repository() {
    let (repo, other) = (Repo::new(), Repo::new());
    let [here, there] = [&repo, &other].map(|repo| repo.dir().join(".git").display().to_string());
    assert_eq!(in_environment(repo.dir(), &[]), here);
    assert_eq!(in_environment(repo.dir(), &[("GIT_DIR", &there)]), there);
    repo.write("ceiling/below/f", "");
    let ceiling = repo.dir().join("ceiling").display().to_string();
    let message = in_environment(&repo.dir().join("ceiling/below"), &[("GIT_CEILING_DIRECTORIES", &ceiling)]);
    assert_eq!(message, format!("there is no git repository at `{ceiling}/below` or above it"));
    // At the ceiling itself git finds a repository from there, and none from below.
    let root = repo.dir().display().to_string();
    let ceiling = [("GIT_CEILING_DIRECTORIES", root.as_str())];
    assert!(in_environment(&repo.dir().join("ceiling"), &ceiling).starts_with("there is no git repository"));
    assert_eq!(in_environment(repo.dir(), &ceiling), here);
    // A namespace is for what git serves to others.
    repo.commit("first");
    assert_eq!(in_environment(repo.dir(), &[("GIT_NAMESPACE", "x")]), here);
}

#[test]
fn another_users_repository() {
    let repo = Repo::new();
    repo.commit("first");
    let chown = Command::new("chown").args(["-R", "12345"]).arg(repo.dir()).status().unwrap();
    if !chown.success() {
        // Only root gives files away; for everybody else the repository is their own, and opens.
        assert!(Repository::discover(repo.dir()).is_ok());
        return;
    }
    let (config, dir) = (repo.dir().with_file_name("config"), repo.dir().display().to_string());
    std::fs::write(&config, format!("[safe]\n directory = {dir}\n")).unwrap();
    let git_dir = format!("{dir}/.git");
    assert_eq!(in_environment(repo.dir(), &[("GIT_CONFIG_GLOBAL", config.to_str().unwrap())]), git_dir);
    let by_command = |value| {
        let variables =
            [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", value)];
        in_environment(repo.dir(), &variables)
    };
    let above = format!("{}/*", repo.dir().parent().unwrap().display());
    for safe in ["*", dir.as_str(), above.as_str()] {
        assert_eq!(by_command(safe), git_dir, "{safe}");
    }
    assert!(by_command("/elsewhere").contains("belongs to another user"));
    let error = refused(repo.dir());
    assert!(matches!(error, GitError::UnsafeOwnership { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("the repository at `{dir}` belongs to another user, so git's rules forbid reading it")
    );
    assert_eq!(error.help(), [format!("if you trust it: `git config --global --add safe.directory {dir}`")]);
}
