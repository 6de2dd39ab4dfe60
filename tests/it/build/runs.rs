use snapbox::str;

use super::{built, outcomes, repo};
use crate::repo::Repo;

#[test]
fn services_are_built_in_order() {
    let repo = repo();
    repo.rebake(["build", "--jobs", "1"]).success().stderr("").stdout(str![[r#"
4fb3180 with the work tree's changes: the last commit, since nothing is ahead of main
3 services to build, for the environment local

== lib succeeded after [..]s
== api succeeded after [..]s
building api 0.0.0-0001-4fb3180
== docs succeeded after [..]s

3 succeeded

"#]]);
    assert_eq!(built(&repo), "lib api docs");
}

#[test]
fn with_nothing_affected_there_is_nothing_to_do() {
    let repo = repo();
    repo.write("README.md", "").commit("second");
    let report = ["build", "--report", ".git/report.json", "--unmatched", "ignore"];
    repo.rebake(report).success().stderr("").stdout(str![[r#"
4fb3180..10dd08d with the work tree's changes: the last commit, since nothing is ahead of main
Nothing to build.

"#]]);
    assert_eq!(outcomes(&repo, ".git/report.json"), Vec::<String>::new());
}

#[test]
fn a_failure_blocks_what_needs_it_and_is_what_a_rerun_builds() {
    let repo = repo();
    repo.write("lib/build.sh", "echo one; echo two >&2; exit 3").commit("broken");
    let report = ["--report", ".git/report.json", "--junit", ".git/junit.xml", "--unmatched", "ignore"];
    let build = ["build", "--all", "--jobs", "1"].iter().chain(&report);
    repo.rebake(build).failure(1).stderr("").stdout(str![[r#"
c08aef7 with the work tree's changes: everything was asked for
3 services to build, for the environment local

== lib failed (exit 3) after [..]s
one
two
== docs succeeded after [..]s
api blocked by lib

lib failed (exit 3) after [..]s
  | one
  | two
  blocked: api
  log: [ROOT]/.git/rebake/builds/1/lib/attempt-1.log

1 succeeded, 1 failed, 1 blocked

"#]]);
    assert_eq!(built(&repo), "docs");
    assert_eq!(outcomes(&repo, ".git/report.json"), ["lib failed", "api blocked", "docs succeeded"]);
    let junit = std::fs::read_to_string(repo.dir().join(".git/junit.xml")).unwrap();
    assert!(junit.contains("tests=\"3\"") && junit.contains("one\ntwo"), "{junit}");

    repo.write("lib/build.sh", "echo lib >>../.git/order").commit("mended");
    let rerun = ["build", "--rerun", ".git/report.json"];
    repo.rebake(rerun.iter().chain(&report)).success();
    assert_eq!(built(&repo), "lib api");
    assert_eq!(outcomes(&repo, ".git/report.json"), ["lib succeeded", "api succeeded", "docs succeeded"]);
    repo.rebake(rerun).success().stdout(str![[r#"
5aa597f with the work tree's changes: what did not succeed by the report
Nothing to build.

"#]]);
    assert_eq!(built(&repo), "");
}

#[test]
fn a_dry_run_prints_what_would_be_run() {
    let repo = repo();
    repo.rebake(["build", "--all", "--dry-run"]).success().stderr("").stdout(str![[r#"
# lib
(cd lib && sh -eu build.sh)
# api, after lib
(cd api && sh -euc 'echo building $REBAKE_SERVICE $REBAKE_VERSION; sh -eu build.sh')
# docs
(cd docs && sh -euc 'sh -eu build.sh')

"#]]);
    assert_eq!(built(&repo), "");
    assert!(!repo.dir().join(".git/rebake").exists());
}

#[test]
fn a_saved_plan_is_built_as_it_is() {
    let repo = repo();
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write("plan.json", plan);
    repo.rebake(["build", "--plan", "plan.json", "--only", "lib,docs", "--jobs", "1"]).success();
    assert_eq!(built(&repo), "lib docs");
    repo.rebake(["build", "--plan", "plan.json", "--only", "dosc"]).failure(2);
}

#[test]
fn every_event_is_a_line_of_json() {
    let repo = repo();
    let run = repo.rebake(["build", "--only", "api", "--output", "json"]).success();
    let text = run.text();
    let events: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["begun", "started", "output", "finished", "ended"]);
    assert_eq!(events[2]["line"], format!("building api 0.0.0-0001-{}", &repo.id("HEAD").to_string()[..7]));
}

#[test]
fn what_was_built_is_recorded_and_sent_where_images_are_pushed() {
    let origin = Repo::init(["--bare"]);
    let repo = repo();
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.write("docs/build.sh", "exit 1").commit("broken");
    repo.rebake(["build", "--all", "--record"]).failure(1);
    let head = repo.id("HEAD").to_string();
    let list = repo.rebake(["record", "--list"]).success().text();
    assert_eq!(list, format!("local\tapi\t{head}\nlocal\tlib\t{head}\n"));
    assert_eq!(origin.git(["for-each-ref"]), "");
    repo.rebake(["build", "--only", "lib", "--all", "--record", "--push"]).success();
    assert_eq!(origin.git(["for-each-ref", "--format=%(refname)"]), "refs/rebake/built/local/lib");
    // What was not built stays due.
    let due = repo.rebake(["plan", "--since", "built", "--format", "names"]).success().text();
    assert_eq!(due, "docs\n");
}

#[test]
fn logs_are_kept_for_each_run() {
    let repo = repo();
    let log = |run: u32| repo.dir().join(format!(".git/rebake/builds/{run}/api/attempt-1.log"));
    repo.rebake(["build"]).success();
    repo.rebake(["build"]).success();
    let text = std::fs::read_to_string(log(2)).unwrap();
    assert_eq!(text, std::fs::read_to_string(log(1)).unwrap());
    assert!(text.starts_with("building api"), "{text}");
    repo.rebake(["build", "--logs", ".git/elsewhere"]).success();
    assert!(repo.dir().join(".git/elsewhere/api/attempt-1.log").exists());
    assert!(!log(3).exists());
}
