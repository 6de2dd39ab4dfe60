//! How long builds will take, by reports of earlier runs, and jobs that are packed by that.

use std::path::PathBuf;

use serde_json::{Value, json};
use snapbox::str;

use crate::repo::Repo;

/// Five services: `base` ← `api` ← `shop`, and `docs` and `mail` alone.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  base: {path: base}\n  api: {path: api, depends_on: [base]}\n  shop: {path: shop, depends_on: [api]}\n  \
         docs: {path: docs}\n  mail: {path: mail}\nenvironments:\n  local: {on: local, push: true}\n",
    );
    for service in ["base", "api", "shop", "docs", "mail"] {
        repo.write(format!("{service}/file"), "1");
    }
    repo.commit("one");
    repo
}

/// Writes a report of builds that took so long, beside the repository.
fn report(repo: &Repo, name: &str, times: &[(&str, &str, f64)]) -> String {
    let services: Vec<Value> = times
        .iter()
        .map(|(service, outcome, seconds)| {
            json!({"service": service, "outcome": outcome, "attempts": 1, "seconds": seconds, "tags": []})
        })
        .collect();
    let file: PathBuf = repo.dir().parent().unwrap().join(name);
    std::fs::write(&file, json!({"schema": 1, "services": services}).to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_table_says_how_long_builds_will_take() {
    let repo = repo();
    let old = report(&repo, "old.json", &[("base", "succeeded", 999.0), ("mail", "succeeded", 40.0)]);
    // Neither a failure nor what existed tells how long a build takes.
    let last = report(
        &repo,
        "last.json",
        &[("base", "succeeded", 100.0), ("api", "failed", 1.0), ("docs", "exists", 0.5), ("shop", "succeeded", 60.0)],
    );
    let plan = |more: &[&str]| {
        repo.rebake([&["plan", "--all", "--durations", &format!("{old},{last}")], more].concat()).success()
    };
    plan(&[]).stdout(str![[r#"
[..] and the work tree: everything was asked for
environment local
About 5 min 20 s in one job; at least 3 min 40 s (base → api → shop).

SERVICE  VERSION             WHY
base     0.0.0-0001-[..]  asked for
api      0.0.0-0001-64524df  asked for
                             depends on base
shop     0.0.0-0001-64524df  asked for
                             depends on api
docs     0.0.0-0001-64524df  asked for
mail     0.0.0-0001-64524df  asked for

5 of 5 services to rebuild, in 3 levels.

"#]]);
    // What is not known counts as the median of 40, 60 and 100.
    let json: Value = serde_json::from_str(&plan(&["--format", "json"]).text()).unwrap();
    assert_eq!(
        json["estimate"],
        json!({
            "known": 3, "one_job": 320.0, "at_least": 220.0, "critical": ["base", "api", "shop"],
            "critical_seconds": 220.0,
        })
    );
    let markdown = plan(&["--format", "markdown"]).text();
    assert!(markdown.contains("About 5 min 20 s in one job; at least 3 min 40 s"), "{markdown}");
}

#[test]
fn jobs_are_packed_by_time() {
    let repo = repo();
    let file = report(
        &repo,
        "r.json",
        &[
            ("base", "succeeded", 1.0),
            ("api", "succeeded", 1.0),
            ("shop", "succeeded", 1.0),
            ("docs", "succeeded", 50.0),
            ("mail", "succeeded", 49.5),
        ],
    );
    let jobs = |more: &[&str]| {
        let all = [&["plan", "--all", "--format", "github", "--pack", "2"], more].concat();
        let text = repo.rebake(all).success().text();
        let matrix = text.lines().find_map(|line| line.strip_prefix("matrix=")).unwrap().to_owned();
        serde_json::from_str::<Value>(&matrix).unwrap()["include"].clone()
    };
    // By number: three services that belong together, and the two others.
    assert_eq!(
        jobs(&[]),
        json!([{"job": "part-0", "service": "base,api,shop"}, {"job": "part-1", "service": "docs,mail"}])
    );
    assert_eq!(
        jobs(&["--durations", &file]),
        json!([
            {"job": "part-0", "service": "docs", "seconds": 50.0},
            {"job": "part-1", "service": "base,api,shop,mail", "seconds": 52.5},
        ])
    );
}

#[test]
fn without_a_report_the_runs_of_this_clone_count() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, run: 'true'}\n  b: {path: b, run: 'true'}\n");
    repo.write("a/file", "1").write("b/file", "1");
    repo.commit("one");
    let estimate = || repo.rebake(["plan", "--all", "--pack", "2", "--format", "json"]).success().text();
    assert!(!estimate().contains("\"estimate\""));
    repo.rebake(["build", "--all"]).success();
    let plan: Value = serde_json::from_str(&estimate()).unwrap();
    assert_eq!((&plan["estimate"]["known"], &plan["estimate"]["packed"]["jobs"]), (&json!(2), &json!(2)));
}

#[test]
fn the_table_says_how_long_packed_jobs_take() {
    let repo = repo();
    let file = report(&repo, "r.json", &[("base", "succeeded", 100.0), ("docs", "succeeded", 20.0)]);
    let table = repo.rebake(["plan", "--all", "--pack", "2", "--durations", &file]).success().text();
    let line = "About 5 min in 2 jobs, 7 min in one job; at least 5 min (base → api → shop).";
    assert!(table.contains(line), "{table}");
    repo.rebake(["plan", "--pack", "component"]).failure(2).stderr(str![[r#"
error[pack]: `--pack` is about the jobs of an engine, and this format has none
 |
 = help: use it with `--ci` or the format of an engine; `--levels` with github and azure, which have no dependencies between jobs

"#]]);
}
