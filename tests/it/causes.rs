//! Causes that say what is so: what there is not to compare with, which keys differ, what nothing matches.

use serde_json::{Value, json};

use crate::repo::Repo;

const CONFIG: &str = "services:\n  a: { path: a }\n  b: { path: b, run: make }\n";

fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("a/x", "").write("b/x", "").commit("first");
    repo
}

/// The causes of each planned service, as JSON.
fn causes(repo: &Repo, args: &str) -> Value {
    let run = repo.rebake(format!("plan --format json {args}").split(' ')).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    plan["services"].as_array().unwrap().iter().map(|service| service["causes"].clone()).collect()
}

#[test]
fn what_there_is_not_to_compare_with_is_told_apart() {
    let repo = repo();
    let both =
        |reason: &str| json!([[{"kind": "no-record", "reason": reason}], [{"kind": "no-record", "reason": reason}]]);
    assert_eq!(causes(&repo, "--since release --head HEAD"), both("never-released"));
    assert_eq!(causes(&repo, "--since built --head HEAD"), both("never-built"));
    let table = repo.rebake(["plan", "--since", "release", "--head", "HEAD"]).success().text();
    assert!(table.contains("a        0.0.0-0001-") && table.contains("  never released\n"), "{table}");
    let why = repo.rebake(["why", "a", "--since", "built", "--head", "HEAD"]).success().text();
    assert!(why.ends_with("a is affected:\n  never built\n"), "{why}");
}

#[test]
fn where_there_is_no_commit_to_compare_with_no_build_is_spoken_of() {
    let repo = repo();
    let head = repo.write("a/x", "1").commit("second").to_string();
    let pushed = |args: &[&str]| {
        let run = repo.rebake(args).env("BUILDKITE", "true").env("BUILDKITE_COMMIT", &head);
        run.env("BUILDKITE_BRANCH", "main").env("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main").success().text()
    };
    let plan: Value = serde_json::from_str(&pushed(&["plan", "--format", "json"])).unwrap();
    assert_eq!(plan["services"][0]["causes"], json!([{"kind": "no-record", "reason": "no-base"}]));
    for text in [pushed(&["plan"]), pushed(&["plan", "--format", "markdown"]), pushed(&["why", "a"])] {
        assert!(text.contains("there is no commit to compare with"), "{text}");
        assert!(!text.contains("built") && !text.contains("released"), "{text}");
    }
}

#[test]
fn the_keys_of_a_definition_that_differ_are_named() {
    let repo = repo();
    repo.write("filters.yaml", CONFIG.replace("run: make", "env: {X: y}, depends_on: [a]")).commit("second");
    let definition = json!({"kind": "definition", "keys": ["depends_on", "env.X", "run"]});
    assert_eq!(causes(&repo, "--base HEAD~1"), json!([[definition]]));
    let why = repo.rebake(["why", "b", "--base", "HEAD~1"]).success().text();
    assert!(why.ends_with("b is affected:\n  its definition changed: depends_on, env.X, run\n"), "{why}");
}

#[test]
fn a_path_that_nothing_matches_is_a_cause_of_its_own_where_it_counts() {
    let repo = repo();
    repo.write("new", "").commit("second");
    let cause = json!([{"kind": "unmatched", "path": "new", "status": "added"}]);
    assert_eq!(causes(&repo, "--base HEAD~1 --unmatched all"), json!([cause, cause]));
    let sentence = "new changed, which no filter matches";
    for format in ["table", "markdown"] {
        let text = repo.rebake(["plan", "--base", "HEAD~1", "--unmatched", "all", "--format", format]).success().text();
        assert_eq!(text.matches(sentence).count(), 2, "{text}");
    }
    let why = |how: &str| repo.rebake(["why", "a", "--base", "HEAD~1", "--unmatched", how]).success().text();
    assert!(why("all").ends_with("a is affected:\n  new changed, which no filter matches\n"));
    assert!(why("ignore").contains("a is not affected"));
}

#[test]
fn why_looks_at_what_changed_since_the_services_own_base() {
    let repo = repo();
    repo.rebake(["record", "a", "b"]).success();
    repo.write("a/x", "1").commit("second");
    repo.rebake(["record", "a"]).success();
    let why = repo.rebake(["why", "a", "--since", "built", "--format", "json"]).success();
    let why: Value = serde_json::from_slice(&why.stdout).unwrap();
    let told = &why["services"][0];
    assert_eq!((&told["affected"], &told["misses"]), (&json!(false), &Value::Null));
    assert_eq!(told["base"]["commit"], repo.id("HEAD").to_string());
    let text = repo.rebake(["why", "a", "--since", "built"]).success().text();
    assert!(text.contains("a is not affected: none of its files changed since "), "{text}");
}

#[test]
fn a_plan_with_keys_of_a_later_version_is_read() {
    let repo = repo();
    let run = repo.rebake(["plan", "--all", "--head", "HEAD", "--format", "json"]).success();
    let mut plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    plan["later"] = json!({"x": 1});
    plan["range"]["later"] = json!(1);
    plan["services"][0]["later"] = json!([]);
    plan["services"][0]["causes"][0]["later"] = json!("");
    let read = repo.rebake(["plan", "--plan", "-", "--format", "names"]).stdin(plan.to_string()).success();
    assert_eq!(read.text(), "a\nb\n");
}

/// Checks what a plan, as JSON, table and summary, and `why` say of service `a` where something is not known.
#[track_caller]
fn degraded(repo: &Repo, args: &[&str], cause: &Value, sentence: &str, environment: &[(&str, &str)]) {
    let run = |verb: &[&str], more: &[&str]| {
        let run = repo.rebake([verb, args, more].concat());
        environment.iter().fold(run, |run, (name, value)| run.env(name, value)).success().text()
    };
    let plan: Value = serde_json::from_str(&run(&["plan"], &["--format", "json"])).unwrap();
    assert_eq!(plan["services"][0]["causes"], json!([cause]));
    let kinds: Vec<&Value> = plan["degraded"].as_array().unwrap().iter().map(|doubt| &doubt["kind"]).collect();
    assert_eq!(kinds, [&cause["reason"]], "the plan says of what it is not sure");
    let table = run(&["plan"], &[]);
    assert!(table.lines().any(|line| line.starts_with("a ") && line.contains(sentence)), "{table}");
    let why = run(&["why", "a"], &[]);
    assert!(why.contains(&format!("a is affected:\n  {sentence}")), "{why}");
    let markdown = run(&["plan"], &["--format", "markdown"]);
    let words = sentence.split(" matches ").next().unwrap();
    assert!(markdown.contains(words.split(" match ").next().unwrap()), "{markdown}");
    let why: Value = serde_json::from_str(&run(&["why", "a"], &["--format", "json"])).unwrap();
    assert_eq!(why["services"][0]["causes"], json!([cause]));
}

#[test]
fn where_nothing_tells_which_commits_are_new_that_is_the_cause() {
    let repo = repo();
    let cause = json!({"kind": "degraded", "reason": "unknown-range"});
    let sentence = "degraded: nothing tells which commits are new";
    degraded(&repo, &["--no-fetch"], &cause, sentence, &[("CI", "true")]);
}

#[test]
fn where_the_configuration_at_base_cannot_be_read_that_is_the_cause() {
    let repo = repo();
    repo.write("filters.yaml", "services: [").commit("broken");
    repo.write("filters.yaml", CONFIG).commit("mended");
    let cause = json!({"kind": "degraded", "reason": "config-at-base"});
    degraded(&repo, &["--base", "HEAD~1"], &cause, "degraded: its definition at base is not known", &[]);
}

#[test]
fn where_matching_gives_up_that_is_the_cause() {
    let repo = repo();
    // Of this length, no path of a work tree has a name.
    let pattern = format!("a/{{{}}}", vec!["x*a*b*"; 9_000].join(","));
    let path = format!("a/{}", "ab".repeat(5_000));
    repo.write("filters.yaml", format!("services:\n  a: {{ path: a, filters: ['{pattern}', a/x] }}\n"))
        .commit("second");
    repo.write("changed", &path);
    let cause = json!({
        "kind": "degraded", "reason": "pattern", "path": path, "status": "modified", "pattern": pattern,
        "at": "filters.yaml:2:27",
    });
    degraded(&repo, &["--changed", "changed"], &cause, &format!("degraded: {path} may match {pattern}"), &[]);
}
