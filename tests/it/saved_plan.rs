//! Names in saved plans: those that the configuration can give are accepted, and no others.

use serde_json::{Value, json};

use crate::on_github::ZERO;
use crate::repo::{Rebake, Repo};

/// Tags of every kind.
const CONFIG: &str = "\
services:
  api:
    path: api
    image: r.invalid/api
    run: 'true'
    tags:
      - type=raw,value={{version}}
      - type=semver,pattern={{major}}.{{minor}}
      - type=pep440,pattern={{version}}
      - type=match,pattern=\\d+
      - type=ref,event=branch
      - type=ref,event=pr
      - type=ref,event=tag
      - type=edge
      - type=schedule,pattern={{date 'YYYY'}}
      - type=sha,format=long
      - type=sha,prefix=short-
      - type=raw,value=stable
      - type=raw,value={{branch}}-{{sha}},enable={{is_default_branch}}
  web: {path: web, run: 'true', scheme: calver, tag: 'web-{{version}}', tags: ['type=raw,value=w{{version}}', 'type=sha']}
  paths: {path: paths, image: r.invalid/paths, run: 'true', count: paths}
";

/// `api` is released at `tagged`, and one commit follows.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/a", "1").write("web/w", "1").write("paths/p", "1").commit("first");
    repo.tag("api@1.0.8").tag("web-2026.03").tag("paths@0.1.0");
    repo.write("api/a", "2").commit("tagged");
    repo.tag("api@1.0.9").tag("api@1.1.0-rc.1").branch("tagged").tag("other");
    repo.write("api/a", "3").write("web/w", "3").commit("behind");
    repo
}

/// The events that a run can be for, by their names on GitHub and their refs.
const EVENTS: [(&str, &str); 9] = [
    ("push", "refs/heads/main"),
    ("push", "refs/heads/topic/x"),
    ("push", "refs/tags/api@1.0.9"),
    ("pull_request", "refs/pull/7/merge"),
    ("merge_group", "refs/heads/gh-readonly-queue/main/pr-7"),
    ("workflow_dispatch", "refs/heads/main"),
    ("schedule", "refs/heads/main"),
    ("release", "refs/tags/api@1.0.9"),
    ("", ""),
];

/// The ways to name.
const FLAGS: [&[&str]; 10] = [
    &[],
    &["--push"],
    &["--style=describe", "--abbrev=12"],
    &["--style=pep440", "--abbrev=40"],
    &["--style=sha"],
    &["--count=paths"],
    &["--only=api", "--version=2.0.0"],
    &["--only=api", "--version=1.0.9"],
    &["--environment=production"],
    &["--environment=staging", "--style=pseudo"],
];

fn during(run: Rebake, repo: &Repo, (name, reference): (&str, &str)) -> Rebake {
    if name.is_empty() {
        return run;
    }
    let head = repo.id("HEAD").to_string();
    let event = json!({
        "before": ZERO, "action": "published", "release": {"tag_name": "api@1.0.9"}, "repository": {"default_branch": "main"},
        "pull_request": {"base": {"ref": "main", "sha": head}, "head": {"ref": "topic"}},
        "merge_group": {"base_ref": "refs/heads/main", "base_sha": head},
    });
    let file = repo.dir().with_extension("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    run.env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", file)
        .env("GITHUB_SHA", head)
        .env("GITHUB_REF", reference)
}

fn planned(repo: &Repo, event: (&str, &str), flags: &[&str]) -> Value {
    let plan = ["plan", "--no-fetch", "--unmatched=ignore", "--format=json"];
    let forced = if event.1.contains("/tags/") { "--dead=allow" } else { "--force=api,web,paths" };
    let run = during(repo.rebake([&plan[..], &[forced], flags].concat()), repo, event).success();
    serde_json::from_slice(&run.stdout).unwrap()
}

fn build(repo: &Repo, event: (&str, &str), plan: &Value, flags: &[&str]) -> Rebake {
    repo.write(".git/plan.json", plan.to_string());
    let build = ["build", "--plan=.git/plan.json", "--no-fetch", "--dry-run"];
    during(repo.rebake([&build, flags].concat()), repo, event)
}

#[test]
fn every_plan_of_rebake_is_accepted() {
    let repo = repo();
    let mut tags = std::collections::BTreeSet::new();
    for at in ["tagged", "main"] {
        repo.checkout(at);
        for (place, event) in
            EVENTS.into_iter().enumerate().filter(|(_, (_, reference))| at == "tagged" || !reference.contains("/tags/"))
        {
            // Each way to name with two events, and each event with two ways.
            let ways = if place % 2 == 0 && place < 4 { FLAGS.len() } else { 2 };
            for flags in FLAGS[..ways].iter().copied() {
                if flags.contains(&"--style=pseudo") && !event.1.contains("/tags/") {
                    continue;
                }
                let plan = planned(&repo, event, flags);
                let services = plan["services"].as_array().unwrap();
                assert!(!services.is_empty(), "{event:?} {flags:?}");
                tags.extend(
                    services.iter().flat_map(|service| service["tags"].as_array().unwrap()).map(ToString::to_string),
                );
                let by_hand = flags.contains(&"--version=2.0.0");
                if by_hand && event.1.contains("/tags/") {
                    // In a run for a release, another version has to be given again.
                    build(&repo, event, &plan, &[]).failure(2);
                }
                let given =
                    flags.iter().copied().filter(|flag| flag.starts_with("--push") || flag.starts_with("--version"));
                let given: Vec<&str> = given.collect();
                let said = String::from_utf8(build(&repo, event, &plan, &given).success().stderr).unwrap();
                assert!(!said.contains("error["), "{event:?} {flags:?}: {said}");
            }
        }
    }
    assert!(tags.len() > 40, "{tags:?}");
    repo.checkout("main").write("api/a", "modified");
    let plan = planned(&repo, ("", ""), &["--environment=local"]);
    assert!(plan["services"][0]["version"].as_str().unwrap().ends_with("-dirty"), "{plan}");
    build(&repo, ("", ""), &plan, &[]).success();
}

/// A change of a saved plan.
type Poison<'a> = &'a dyn Fn(&mut Value);

#[test]
fn names_that_no_rule_gives_are_refused() {
    let repo = repo();
    let tags = |plan: &mut Value, tags: &[&str]| plan["services"][0]["tags"] = json!(tags);
    let described = |plan: &mut Value, tag: &str| {
        plan["services"][0]["described"]["tag"] = tag.into();
        plan["services"][0]["described"]["distance"] = 0.into();
    };
    let on_main = ("push", "refs/heads/main");
    let released = ("push", "refs/tags/api@1.0.9");
    let cases: [((&str, &str), &str, Poison, &str); 9] = [
        (on_main, "main", &|plan| tags(plan, &["r.invalid/api:latest"]), "`api`: no rule of `tags` gives it `latest`"),
        (on_main, "main", &|plan| tags(plan, &["r.invalid/api:1.0.9"]), "`api`: no rule of `tags` gives it `1.0.9`"),
        (on_main, "main", &|plan| tags(plan, &["r.invalid/api:pr-7"]), "`api`: no rule of `tags` gives it `pr-7`"),
        (
            on_main,
            "main",
            &|plan| {
                plan["trigger"]["ref"] = "refs/heads/latest".into();
                tags(plan, &["r.invalid/api:latest"]);
            },
            "it is for refs/heads/latest, and this run is for refs/heads/main",
        ),
        (
            on_main,
            "main",
            &|plan| {
                plan["trigger"] = json!({"kind": "tag", "ref": "refs/tags/api@9.9.9"});
                plan["environment"] = "production".into();
            },
            "it is for refs/tags/api@9.9.9, and this run is for refs/heads/main",
        ),
        (on_main, "main", &|plan| described(plan, "api@1.0.9"), "`api`: api@1.0.9 is a release of another commit"),
        (on_main, "main", &|plan| described(plan, "web-2026.03"), "`api`: web-2026.03 is not one of its release tags"),
        (
            on_main,
            "tagged",
            &|plan| {
                plan["services"][0]["version"] = "1.0.9".into();
                tags(plan, &["r.invalid/api:1.0.9"]);
            },
            "`api`: no rule of `tags` gives it `1.0.9`",
        ),
        (
            released,
            "tagged",
            &|plan| {
                plan["services"][0]["version"] = "9.9.9".into();
                tags(plan, &["r.invalid/api:9.9.9"]);
            },
            "`api`: `9.9.9` is not the version of the release tag api@1.0.9",
        ),
    ];
    for (event, at, change, said) in cases {
        repo.checkout(at);
        let mut plan = planned(&repo, event, &[]);
        build(&repo, event, &plan, &[]).success();
        change(&mut plan);
        let text = build(&repo, event, &plan, &[]).said();
        assert!(text.starts_with(&format!("error[other-plan]: {said}\n")), "{at} {said}: {text} {plan}");
    }
}
