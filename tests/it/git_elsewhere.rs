//! Repositories whose parts lie elsewhere than in their directory as files: objects that the environment names, alternates
//! that go round in circles, references in a reftable.

use std::process::Command;

use rebake::inputs::git::Head;

use crate::repo::Repo;

const CONFIG: &str = "services:\n  a: { path: a, tag: \"a@{{version}}\" }\n  b: { path: b, tag: \"b@{{version}}\" }\n";

fn fill(repo: &Repo) {
    repo.write("filters.yaml", CONFIG).write("a/x", "1").write("b/x", "1").commit("first");
}

fn names(repo: &Repo, args: &[&str]) -> String {
    repo.rebake([&["plan", "--format", "names"], args].concat()).success().text().replace('\n', " ")
}

/// What makes a repository one with references in a reftable.
fn reftables() -> Vec<Repo> {
    let repos =
        [Repo::init(["--ref-format=reftable"]), Repo::init(["--ref-format=reftable", "--object-format=sha256"])];
    repos.into_iter().inspect(fill).collect()
}

#[test]
fn references_in_a_reftable_are_read() {
    for repo in reftables() {
        let first = repo.id("HEAD");
        repo.tag("light").annotated_tag("a@1.0.0").branch("side").write("a/x", "2").commit("second");
        let git = repo.open();
        assert!(matches!(git.head().unwrap(), Head::Branch { name, .. } if name.to_string() == "main"));
        for name in ["light", "a@1.0.0", "side", "HEAD~1", "main~1", "refs/heads/side", "a@1.0.0^{}"] {
            assert_eq!(git.resolve(name).unwrap(), first, "{name}");
        }
        let tags: Vec<String> =
            git.tags().unwrap().iter().map(|tag| format!("{} {}", tag.name, tag.object())).collect();
        assert_eq!(tags, [format!("a@1.0.0 {first}"), format!("light {first}")]);
        assert_eq!(git.git_dir(), repo.dir().join(".git"));
        repo.checkout("light");
        assert_eq!(repo.open().head().unwrap(), Head::Detached { commit: first });
        repo.git(["checkout", "--quiet", "--orphan", "new"]);
        assert!(matches!(repo.open().head().unwrap(), Head::Unborn { branch } if branch.to_string() == "new"));
    }
}

#[test]
fn all_verbs_work_with_a_reftable() {
    for repo in reftables() {
        repo.annotated_tag("a@1.0.0").tag("b@2.0.0");
        let version = repo.rebake(["version", "a"]).success().text();
        assert!(version.contains("1.0.0"), "{version}");
        repo.write("a/x", "2").commit("second");
        assert_eq!(names(&repo, &["--base", "main~1"]), "a ");
        assert_eq!(names(&repo, &["--since", "release"]), "a ");
        assert_eq!(names(&repo, &["--since", "built"]), "a b ");
        repo.rebake(["record", "a", "b"]).success();
        assert_eq!(names(&repo, &["--since", "built"]), "");
        repo.write("b/x", "2").commit("third");
        assert_eq!(names(&repo, &["--since", "built"]), "b ");
        repo.rebake(["record", "b"]).success();
        assert_eq!(names(&repo, &["--since", "built"]), "");
        let built = repo.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/rebake/"]);
        let expected = [("a", repo.id("HEAD~1")), ("b", repo.id("HEAD"))];
        let expected = expected.map(|(name, commit)| format!("refs/rebake/built/local/{name} {commit}"));
        assert_eq!(built.lines().collect::<Vec<_>>(), expected);
        let release = ["release", "a", "b", "--bump", "minor", "--yes"];
        let run = repo.rebake(release).env("GIT_COMMITTER_NAME", "Cy").env("GIT_COMMITTER_EMAIL", "cy@example.com");
        run.success();
        let tags = repo.git(["for-each-ref", "--format=%(refname:short) %(objecttype) %(*objectname)", "refs/tags/"]);
        let head = repo.id("HEAD");
        assert!(
            tags.contains(&format!("a@1.1.0 tag {head}")) && tags.contains(&format!("b@2.1.0 tag {head}")),
            "{tags}"
        );
        repo.git(["fsck", "--strict"]);
    }
}

#[test]
fn a_clone_with_a_reftable_fetches_and_sends() {
    let origin = Repo::new();
    fill(&origin);
    for step in 0..3 {
        origin.write("a/x", format!("step {step}")).commit("more");
    }
    let clone = origin.clone_with(["--depth=1", "--ref-format=reftable"]);
    let base = origin.id("main~2").to_string();
    assert_eq!(names(&clone, &["--base", &base, "--fetch"]), "a ");
    clone.rebake(["record", "a", "--push"]).success();
    let there = origin.git(["for-each-ref", "--format=%(objectname)", "refs/rebake/built/local/a"]);
    assert_eq!(there, origin.id("HEAD").to_string());
    assert_eq!(names(&clone, &["--since", "built", "--fetch"]), "b ");
}

#[test]
fn a_linked_work_tree_of_a_reftable_has_its_own_head() {
    let repo = Repo::init(["--ref-format=reftable"]);
    fill(&repo);
    let first = repo.id("HEAD");
    repo.write("a/x", "2").commit("second");
    repo.git(["worktree", "add", "--quiet", "--detach", "../linked", "HEAD~1"]);
    let linked = crate::repo::open(&repo.dir().with_file_name("linked"));
    assert_eq!(linked.head().unwrap(), Head::Detached { commit: first });
    assert!(linked.work_tree().unwrap().changes.is_empty());
}

/// What a server's hook sees before it takes a push: new objects lie in a directory of their own.
#[test]
fn a_hook_reads_the_objects_that_are_pushed() {
    let repo = Repo::new();
    fill(&repo);
    let server = repo.clone_with(["--bare"]);
    let hook = format!(
        "#!/bin/sh\nread old new name\nexec {} plan --base $old --head $new --direct --format names\n",
        env!("CARGO_BIN_EXE_rebake")
    );
    server.write("hooks/pre-receive", hook).chmod_x("hooks/pre-receive");
    repo.write("a/x", "2").commit("second");
    let push = repo.program("git").args(["push", "--quiet"]).arg(server.dir()).arg("HEAD").output().unwrap();
    let said = String::from_utf8(push.stderr).unwrap();
    assert!(push.status.success() && said.trim_end().lines().any(|line| line.trim_end() == "remote: a"), "{said}");
}

#[test]
fn objects_are_found_where_the_environment_says() {
    let (repo, other) = (Repo::new(), Repo::new());
    fill(&repo);
    fill(&other);
    other.write("b/x", "2").commit("second");
    let head = other.id("HEAD").to_string();
    let objects = other.dir().join(".git/objects");
    let plan = ["plan", "--base", "HEAD", "--head", &head, "--direct", "--format", "names"];
    repo.rebake(plan).failure(3);
    for (name, value) in [
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.display().to_string()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", format!("/nowhere:{}", objects.display())),
    ] {
        assert_eq!(repo.rebake(plan).env(name, value).success().text(), "b\n");
    }
    let own = repo.dir().join(".git/objects").display().to_string();
    let run = repo.rebake(plan).env("GIT_OBJECT_DIRECTORY", &objects).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", own);
    assert_eq!(run.success().text(), "b\n");
}

#[test]
fn an_index_is_named_from_the_root() {
    let repo = Repo::new();
    fill(&repo);
    repo.write("b/x", "2").git(["add", "b/x"]);
    std::fs::copy(repo.dir().join(".git/index"), repo.dir().join(".git/other")).unwrap();
    repo.git(["reset", "--quiet"]);
    repo.write("b/x", "1");
    // In the other index `b/x` is staged with another content than the file has.
    let run = repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", "names"]).dir("a");
    assert_eq!(run.env("GIT_INDEX_FILE", ".git/other").success().text(), "b\n");
    let run = repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", "names"]).dir("a");
    assert_eq!(run.success().text(), "");
}

#[test]
fn a_git_directory_that_is_named_from_outside_is_fetched_into() {
    let origin = Repo::new();
    fill(&origin);
    let base = origin.id("HEAD").to_string();
    origin.write("a/x", "2").commit("second");
    let clone = origin.clone_shallow(1);
    let (outside, name) = (clone.dir().parent().unwrap(), clone.dir().file_name().unwrap().to_str().unwrap());
    let mut command = clone.program(env!("CARGO_BIN_EXE_rebake"));
    command.current_dir(outside).env("GIT_DIR", format!("{name}/.git")).env("GIT_WORK_TREE", name);
    let plan = ["plan", "--base", &base, "--head", "HEAD", "--direct", "--fetch", "--format", "names"];
    let output = command.args(plan).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn alternates_that_name_themselves_are_passed_over_as_git_does() {
    let (repo, other) = (Repo::new(), Repo::new());
    fill(&repo);
    fill(&other);
    other.write("b/x", "2").commit("second");
    let head = other.id("HEAD").to_string();
    let [own, others] = [&repo, &other].map(|repo| repo.dir().join(".git/objects"));
    // Each names the other, and itself, once by a path from there.
    std::fs::write(own.join("info/alternates"), format!("{}\n{}\n/nowhere\n", own.display(), others.display()))
        .unwrap();
    std::fs::write(others.join("info/alternates"), format!("../objects\n# {}\n{}\n", own.display(), own.display()))
        .unwrap();
    repo.git(["cat-file", "-e", &head]);
    assert_eq!(names(&repo, &["--base", "HEAD", "--head", &head, "--direct"]), "b ");
    let release = repo.rebake(["release", "a", "--bump", "minor", "--yes"]);
    release.env("GIT_COMMITTER_NAME", "Cy").env("GIT_COMMITTER_EMAIL", "cy@example.com").success();
    assert_eq!(repo.git(["cat-file", "-t", "refs/tags/a@0.1.0"]), "tag");
}

#[test]
fn damage_is_called_by_its_name() {
    let damaged = |damage: &dyn Fn(&Repo, &str)| {
        let repo = Repo::new();
        fill(&repo);
        let id = repo.write("a/x", "2").commit("second").to_string();
        damage(&repo, &format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        let run = repo.rebake(["plan", "--base", "HEAD", "--head", "HEAD"]).failure(3);
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(said.contains(&id) && !said.contains("git help revisions"), "{said}");
        said
    };
    let said = damaged(&|repo, object| {
        repo.remove(object).write(object, "garbage");
    });
    assert!(said.contains("git fsck"), "{said}");
    let said = damaged(&|repo, object| {
        repo.remove(object).write(object, "");
    });
    assert!(said.contains("git fsck"), "{said}");
    let said = damaged(&|repo, object| {
        repo.remove(object);
    });
    assert!(said.contains("is not in this clone"), "{said}");
}

/// The program git, which is needed for the work tree, may be absent.
#[test]
fn without_git_a_commit_can_be_planned_and_the_work_tree_cannot() {
    let repo = Repo::new();
    fill(&repo);
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rebake"));
        command.env_clear().env("PATH", "/nowhere").env("HOME", "/nowhere").args(args).current_dir(repo.dir());
        command.output().unwrap()
    };
    let output = run(&["plan", "--all", "--head", "HEAD", "--format", "names"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a\nb\n", "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(&["plan", "--all", "--format", "names"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("git program cannot be started") && said.contains("--head HEAD"), "{said}");
}

/// Logs of references are in the reftable too, and so is what only the git program reads.
#[test]
fn what_a_branch_was_before_is_what_git_says() {
    let origin = Repo::new();
    fill(&origin);
    origin.write("a/x", "2").commit("second");
    for format in ["files", "reftable"] {
        let clone = origin.clone_with([&format!("--ref-format={format}")]);
        clone.git(["branch", "side", "HEAD~1"]);
        clone.checkout("side").checkout("main");
        clone.write("b/x", format).commit("third");
        for revision in [
            "HEAD@{0}",
            "HEAD@{1}",
            "@{1}",
            "main@{0}",
            "main@{1}",
            "main@{1}~1",
            "@{-1}",
            "@{-1}@{0}",
            "main@{u}",
            "@{u}",
            "@{upstream}~1",
            "main@{push}",
            "@{push}",
            "HEAD@{1}^{commit}",
            "origin@{0}",
        ] {
            assert_eq!(clone.open().resolve(revision).unwrap(), clone.id(revision), "{format}: {revision}");
        }
        for nowhere in ["HEAD@{99}", "side@{u}", "main@{", "nowhere@{1}", "HEAD@{1}..main"] {
            clone.git_fails(["rev-parse", "--verify", &format!("{nowhere}^{{commit}}")]);
            clone.open().resolve(nowhere).unwrap_err();
        }
        assert_eq!(names(&clone, &["--base", "main@{upstream}"]), "b ", "{format}");
        assert_eq!(names(&clone, &["--base", "main@{push}~1"]), "a b ", "{format}");
    }
}
