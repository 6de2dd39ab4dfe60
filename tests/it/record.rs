//! Records: forward only, here and on a remote that others write to at the same time.

use snapbox::str;

use crate::repo::Repo;

const CONFIG: &str = "services:\n  api: { path: api }\n  acme/web: { path: web }\n  acme: { path: a }\n";

/// A repository with this many commits, oldest first.
fn repo(commits: usize) -> (Repo, Vec<String>) {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/x", "").write("web/x", "").write("a/x", "");
    let ids = (0..commits).map(|n| repo.write("api/n", n.to_string()).commit("next").to_string()).collect();
    (repo, ids)
}

#[test]
fn a_record_moves_forward_only() {
    let (repo, ids) = repo(3);
    let record = |commit: &str| repo.rebake(["record", "api", "--commit", commit]).success().stdout("");
    let at = || repo.git(["rev-parse", "refs/rebake/built/local/api"]);
    record(&ids[1]).stderr("");
    assert_eq!(at(), ids[1]);
    record(&ids[2]).stderr("");
    record(&ids[0]).stderr("");
    assert_eq!(at(), ids[2], "a record that is further ahead wins");
    repo.git(["reset", "--quiet", "--hard", &ids[0]]);
    let rewritten = repo.write("api/n", "rewritten").commit("force-pushed").to_string();
    record(&rewritten).stderr(str![[r#"
warning[record-replaced]: the record refs/rebake/built/local/api stood at ffa9713, which does not lead to this commit; it was moved all the same
 |
 = help: a force-push rewrote history, or two branches share the environment

"#]]);
    assert_eq!(at(), rewritten);
    repo.rebake(["record", "acme/web", "acme", "--environment", "production"]).success();
    repo.rebake(["record", "--list"]).success().stdout(str![[r#"
local	api	c9d14ae9645bdda50fa22b58e6918cfee7df43ae
production	acme	c9d14ae9645bdda50fa22b58e6918cfee7df43ae
production	acme/web	c9d14ae9645bdda50fa22b58e6918cfee7df43ae

"#]]);
    repo.rebake(["record", "--list", "--environment", "local"]).success().stdout(str![[r#"
local	api	c9d14ae9645bdda50fa22b58e6918cfee7df43ae

"#]]);
    repo.rebake(["record", "apy"]).failure(2);
    repo.rebake(["record", "api", "--environment", "nowhere"]).failure(2);
}

#[test]
fn ten_writers_at_once_leave_the_newest_record() {
    let (repo, ids) = repo(10);
    let bare = repo.clone_with(["--bare"]);
    let clones: Vec<Repo> = ids.iter().map(|_| bare.clone_with([])).collect();
    std::thread::scope(|scope| {
        for (clone, id) in clones.iter().zip(&ids) {
            let run = clone.rebake(["record", "api", "acme/web", "--commit", id, "--environment", "staging", "--push"]);
            scope.spawn(move || run.success());
        }
    });
    for name in ["api", "acme%2fweb"] {
        assert_eq!(bare.git(["rev-parse", &format!("refs/rebake/built/staging/{name}")]), ids[9]);
    }
    // The last one to come is behind, and does not take the record back.
    clones[0].rebake(["record", "api", "--commit", &ids[3], "--environment", "staging", "--push"]).success();
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/staging/api"]), ids[9]);
}

#[test]
fn ten_writers_at_once_in_one_clone_leave_the_newest_record() {
    let (repo, ids) = repo(10);
    for round in 0..5 {
        let environment =
            format!("--environment={}", ["local", "staging", "preview", "production", "development"][round]);
        std::thread::scope(|scope| {
            for id in &ids {
                let run = repo.rebake(["record", "api", "--commit", id, &environment]);
                scope.spawn(move || run.success().stderr(""));
            }
        });
    }
    let listed = repo.rebake(["record", "--list"]).success().text();
    assert_eq!(listed.lines().filter(|line| line.ends_with(&ids[9])).count(), 5, "{listed}");
}

#[test]
fn a_shallow_clone_moves_a_record_forward() {
    let (repo, ids) = repo(3);
    let bare = repo.clone_with(["--bare"]);
    repo.git(["push", "--quiet", bare.dir().to_str().unwrap(), &format!("{}:refs/rebake/built/local/api", ids[0])]);
    let clone = bare.clone_shallow(1);
    // Nothing was replaced, as far as anybody can tell.
    clone.rebake(["record", "api", "--push"]).success().stderr("");
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/local/api"]), ids[2]);
}
