use snapbox::str;

use super::{built, repo};
use crate::repo::{Rebake, Repo};

#[test]
fn what_no_commit_holds_is_not_pushed() {
    let repo = repo();
    // What nothing is built from is no dirt.
    repo.write("plan.json", "{}");
    repo.rebake(["build", "--all", "--push", "--unmatched", "ignore"]).success();
    assert_eq!(built(&repo).len(), "lib api docs".len());
    repo.write("lib/new.txt", "").write("filters.yaml", repo.git(["show", "HEAD:filters.yaml"]));
    for what in ["--push", "--record"] {
        repo.rebake(["build", "--all", what, "--unmatched", "ignore"]).failure(2);
    }
    let refused = repo.rebake(["build", "--all", "--push", "--unmatched", "ignore"]).failure(2);
    refused.stdout("").stderr(str![[r#"
error[dirty]: the work tree has changes that no commit holds, so nothing is pushed: filters.yaml, lib/new.txt
 |
 = help: commit or remove them; or say that you mean it with `--allow-dirty`

"#]]);
    assert_eq!(built(&repo), "");
    repo.rebake(["build", "--all", "--push", "--unmatched", "ignore", "--allow-dirty"]).success();
}

#[test]
fn what_a_stranger_may_have_written_is_not_pushed() {
    let repo = repo();
    let build = |flags: &[&str]| on_github(&repo, "pull_request", flags);
    build(&[]).success();
    assert_ne!(built(&repo), "");
    build(&["--push"]).failure(2).stdout("").stderr(str![[r#"
error[untrusted]: nothing is pushed for the pull request of a fork: anybody may have written the code
 |
 = help: where you know what is checked out, say so with `--allow-untrusted`

"#]]);
    assert_eq!(built(&repo), "");
    build(&["--push", "--allow-untrusted"]).success();
}

#[test]
fn what_a_stranger_may_have_written_is_not_built_beside_secrets() {
    let repo = repo();
    let build = |flags: &[&str]| on_github(&repo, "pull_request_target", flags);
    build(&[]).failure(2).stdout("").stderr(str![[r#"
error[untrusted]: nothing is built for this event: the run holds the repository's secrets, and anybody may have written the code
 |
 = help: where you know what is checked out, say so with `--allow-untrusted`

"#]]);
    assert_eq!(built(&repo), "");
    build(&["--dry-run"]).success();
    build(&["--allow-untrusted"]).success();
}

#[test]
fn what_a_stranger_prints_is_no_command_to_the_engine() {
    let repo = repo();
    repo.write("docs/build.sh", "echo ::set-output name=any::false; echo '##[add-mask]x'").commit("hostile");
    let text = on_github(&repo, "pull_request", &["--only", "docs"]).success().text();
    assert!(text.contains("\n: :set-output name=any::false\n# #[add-mask]x\n"), "{text}");
}

/// A build of all for the pull request of a fork.
fn on_github(repo: &Repo, event: &str, flags: &[&str]) -> Rebake {
    let head = repo.id("HEAD").to_string();
    let json = serde_json::json!({
        "pull_request": {
            "base": {"ref": "main", "sha": head, "repo": {"full_name": "acme/shop"}},
            "head": {"ref": "topic", "repo": {"full_name": "mallory/shop"}},
        },
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    });
    let file = repo.dir().with_extension("event.json");
    std::fs::write(&file, json.to_string()).unwrap();
    repo.rebake([&["build", "--all", "--no-fetch"], flags].concat())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_EVENT_PATH", file)
        .env("GITHUB_SHA", head)
        .env("GITHUB_REF", "refs/pull/7/merge")
}

#[test]
fn a_plan_of_another_commit_is_not_built() {
    let repo = repo();
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write("plan.json", plan).commit("second");
    repo.rebake(["build", "--plan", "plan.json"]).failure(2).stdout("").stderr(str![[r#"
error[other-commit]: the plan is of 4fb3180, and 50b17a5 is checked out
 |
 = help: check out that commit, or plan anew

"#]]);
    repo.rebake(["build", "--all", "--head", "HEAD~1"]).failure(2);
    assert_eq!(built(&repo), "");
}

#[test]
fn commands_come_from_the_configuration_alone() {
    let repo = repo();
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    let mut plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    plan["services"][0]["path"] = "api".into();
    plan["services"][1]["service"] = "other".into();
    plan["services"][1]["needs"] = serde_json::json!([]);
    repo.write("plan.json", plan.to_string());
    repo.rebake(["build", "--plan", "plan.json"]).failure(2).stdout("").stderr(str![[r#"
error[other-path]: the plan has another path for `lib` than filters.yaml
 |
 = help: plan anew

error[unknown-service]: the plan has a service `other` that filters.yaml has not
 |
 = help: plan anew

"#]]);
    plan["services"][0]["run"] = "id".into();
    repo.write("plan.json", plan.to_string());
    repo.rebake(["build", "--plan", "plan.json"]).failure(2);
}

#[test]
fn a_service_that_nothing_builds_is_told_with_all_others() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a}\n  b: {path: b}\n  c: {path: c, run: [./gone]}\n");
    repo.write("a/x", "").write("b/x", "").write("c/x", "").commit("first");
    repo.rebake(["build"]).failure(2).stdout("").stderr(str![[r#"
error[builder]: nothing says how `a` is built: it has neither `run` nor `builder` nor a Dockerfile
 |
 = help: give it a command with `run`, or a `builder`, or a Dockerfile in its path

error[builder]: nothing says how `b` is built: it has neither `run` nor `builder` nor a Dockerfile
 |
 = help: give it a command with `run`, or a `builder`, or a Dockerfile in its path

"#]]);
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_is_built() {
    let repo = repo();
    repo.rebake(["build", "--report", "no/such/dir/report.json"]).failure(2).stdout("").stderr(str![[r#"
error[file]: cannot write no/such/dir/report.json: No such file or directory (os error 2)

"#]]);
    repo.rebake(["build", "--rerun", "filters.yaml"]).failure(2).stdout("").stderr(str![[r#"
error[report]: this is not a report: expected value at line 1 column 1
 |
 = help: write it with `rebake build --report FILE`

"#]]);
    assert_eq!(built(&repo), "");
}
