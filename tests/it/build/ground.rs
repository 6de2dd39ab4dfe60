//! Builds stand on one commit, whatever is checked out while they run.

use std::fs;

use serde_json::Value;

use crate::repo::Repo;

/// `lib` does something to the repository while it runs, and `api` needs it.
fn repo(lib: &str) -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        format!(
            "services:\n  lib: {{path: lib, run: '{lib}'}}\n  api: {{path: api, depends_on: [lib], run: 'cat f >>../.git/built'}}\n"
        ),
    );
    repo.write("lib/f", "old\n").write("api/f", "old\n").write("other/f", "old\n").commit("first");
    repo
}

fn services(repo: &Repo) -> Vec<Value> {
    let text = fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["services"].as_array().unwrap().clone()
}

#[test]
fn nothing_is_built_from_a_commit_that_was_not_planned() {
    let commit = "cd ..; echo new >api/f; git -c user.name=A -c user.email=a@x commit -qam new";
    for flags in [&["--push", "--environment", "staging"][..], &[]] {
        let repo = repo(commit);
        let planned = repo.id("HEAD").to_string();
        let args = ["build", "--all", "--unmatched", "ignore", "--report", ".git/report.json"];
        repo.rebake([&args[..], flags].concat()).failure(1);
        let (services, head) = (services(&repo), repo.id("HEAD").to_string());
        let moved = format!("{} was planned, and {} is checked out now", &planned[..7], &head[..7]);
        assert_eq!(services[0]["outcome"], "succeeded");
        assert_eq!(services[0]["message"], format!("its files may have changed during the build: {moved}"));
        assert_eq!(services[1]["outcome"], "failed");
        assert_eq!(services[1]["message"], format!("not built: {moved}"));
        assert!(!repo.dir().join(".git/built").exists());
        let report: Value =
            serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/report.json")).unwrap()).unwrap();
        assert_eq!(report["commit"], planned);
    }
}

#[test]
fn what_is_pushed_is_what_the_commit_holds() {
    let push = ["build", "--all", "--push", "--unmatched", "ignore", "--report", ".git/report.json"];
    let edited = repo("echo new >../api/f");
    edited.rebake(push).failure(1);
    assert_eq!(services(&edited)[1]["message"], "not built: api/f is edited now");
    // On somebody's own machine, where nothing leaves it, or where it was allowed, files may change.
    let args = ["build", "--all", "--unmatched", "ignore"];
    for flags in [&[][..], &["--push", "--allow-dirty"]] {
        repo("echo new >../api/f").rebake([&args[..], flags].concat()).success();
    }
    // New files are what builds make, and files of others are none of the service's.
    repo("echo new >../api/made; echo new >../other/f; echo new >f").rebake(push).success();
}
