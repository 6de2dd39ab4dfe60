//! By which rules a pull request pushes: by those of its base.

use rebake::model::name::CommitId;
use serde_json::{Value, json};

use crate::on_github::{doubts, merge_group, plan, pull_request};
use crate::repo::{Rebake, Repo, Run};

const CONFIG: &str = "\
services:
  api: {path: api, image: r.example/api, tags: ['type=raw,value=pr'], run: 'touch ../.git/api'}
  web: {path: web, image: r.example/web, tags: ['type=raw,value=pr'], run: 'touch ../.git/web'}
environments:
  production: {on: tag, version: release}
  preview: {on: [pull_request, merge_group], push: false}
  local: {on: local, push: false}
";

/// A pull request that changes both services, on a base with this configuration, and leaves another one.
fn request(base: Option<&str>, head: &str) -> (Repo, CommitId) {
    let repo = Repo::new();
    if let Some(base) = base {
        repo.write("filters.yaml", base);
    }
    let base = repo.write("api/x", "1").write("web/x", "1").commit("base");
    repo.git(["checkout", "--quiet", "-b", "topic"]);
    repo.write("filters.yaml", head).write("api/x", "2").write("web/x", "2").write("new/x", "2").commit("head");
    (repo, base)
}

fn edited(from: &str, to: &str) -> String {
    assert!(CONFIG.contains(from));
    CONFIG.replace(from, to)
}

const JSON: &[&str] = &["--no-fetch", "--unmatched=ignore", "--format=json"];

fn pushing(repo: &Repo, base: &CommitId, more: &[&str]) -> Rebake {
    pull_request(repo, base, &[JSON, &["--push"], more].concat())
}

/// The services with their tags, and whether they are pushed: `api r.example/api:pr true`.
fn pushed(run: &Run) -> Vec<String> {
    let text = |service: &Value| {
        let tags: Vec<&str> = service["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
        format!("{} {} {}", service["service"].as_str().unwrap(), tags.join(" "), service["push"])
    };
    plan(run)["services"].as_array().unwrap().iter().map(text).collect()
}

fn said(run: &Run) -> String {
    String::from_utf8(run.stderr.clone()).unwrap()
}

const AS_BASE_SAYS: [&str; 2] = ["api r.example/api:pr true", "web r.example/web:pr true"];

#[test]
fn a_pull_request_that_makes_its_environment_push_pushes_nothing() {
    let (repo, base) = request(Some(CONFIG), &edited("merge_group], push: false", "merge_group], push: true"));
    for run in [pull_request(&repo, &base, JSON), merge_group(&repo, &base, JSON)] {
        assert_eq!(pushed(&run.success()), ["api r.example/api:pr false", "web r.example/web:pr false"]);
    }
}

#[test]
fn what_a_pull_request_pushes_is_called_as_its_base_says() {
    for head in [
        edited("r.example/api", "r.example/prod"),
        edited("image: r.example/api", "image: evil.example/api"),
        edited("value=pr", "value=stable"),
        edited("image: r.example/api", "flavor: ['suffix=-stable'], image: r.example/api"),
        edited("merge_group], push", "merge_group], version: release, push"),
        edited("on: tag, version", "on: [tag, pull_request, merge_group], version"),
    ] {
        let (repo, base) = request(Some(CONFIG), &head);
        let unpushed = pull_request(&repo, &base, JSON).success();
        assert!(pushed(&unpushed).iter().all(|service| service.ends_with(" false")), "{head}");
        let all: &[&str] = &["--all"];
        for more in [&[], all, &["--since=built"], &["--base=topic"], &["--base=topic", "--force=api,web"]] {
            let run = pushing(&repo, &base, more).success();
            let expected: &[&str] = if more == ["--base=topic"] { &[] } else { &AS_BASE_SAYS };
            assert_eq!(pushed(&run), expected, "{head} {more:?}");
            assert_eq!(plan(&run)["environment"], "preview", "{head}");
        }
        let run = merge_group(&repo, &base, &[JSON, &["--push"]].concat()).success();
        assert_eq!(pushed(&run), AS_BASE_SAYS, "{head}");
    }
}

#[test]
fn a_pull_request_that_leaves_its_configuration_pushes_as_it_says() {
    let (repo, base) = request(Some(CONFIG), CONFIG);
    let run = pushing(&repo, &base, &[]).success();
    assert_eq!(pushed(&run), AS_BASE_SAYS);
    assert_eq!(said(&run), "");
}

#[test]
fn what_base_lacks_is_planned_as_head_says_and_not_pushed() {
    let service =
        edited("environments:", "  new: {path: new, image: r.example/new, tags: ['type=raw,value=x']}\nenvironments:");
    let (repo, base) = request(Some(CONFIG), &service);
    let run = pushing(&repo, &base, &[]).success();
    assert_eq!(pushed(&run), [&AS_BASE_SAYS[..], &["new r.example/new:x false"]].concat());
    assert!(said(&run).contains("does not push these services: `new`"), "{}", said(&run));

    let nothing = ["api r.example/api:pr false", "web r.example/web:pr false"];
    let environment = edited("environments:\n", "environments:\n  mine: {on: pull_request}\n");
    let (repo, base) = request(Some(CONFIG), &environment);
    let run = pushing(&repo, &base, &[]).success();
    assert_eq!((pushed(&run), &plan(&run)["environment"]), (nothing.map(str::to_owned).to_vec(), &json!("mine")));
    assert!(said(&run).contains("has no environment `mine` for this event, so nothing is pushed"), "{}", said(&run));

    let (repo, base) = request(None, CONFIG);
    let run = pushing(&repo, &base, &["--all"]).success();
    assert_eq!(pushed(&run), nothing);
    assert!(said(&run).contains("has no configuration, so nothing is pushed"), "{}", said(&run));

    let without = CONFIG.replace("image: r.example/api, ", "");
    let (repo, base) = request(Some(&without), CONFIG);
    assert_eq!(pushed(&pushing(&repo, &base, &[]).success()), [nothing[0], AS_BASE_SAYS[1]]);
}

#[test]
fn where_the_configuration_of_base_cannot_be_read_nothing_is_pushed() {
    let (repo, base) = request(Some("services: [\n"), CONFIG);
    let run = pushing(&repo, &base, &["--all"]).success();
    assert_eq!(pushed(&run), ["api r.example/api:pr false", "web r.example/web:pr false"]);
    assert!(doubts(&run).contains(&"config-at-base".to_owned()), "{:?}", doubts(&run));
    let (repo, _) = request(Some(CONFIG), &edited("value=pr", "value=stable"));
    let gone = "0123456789012345678901234567890123456789".parse().unwrap();
    let run = pushing(&repo, &gone, &["--all"]).env("GITHUB_REF", "refs/pull/7/head").success();
    assert!(pushed(&run).iter().all(|service| service.ends_with(" false")), "{:?}", pushed(&run));
    assert!(doubts(&run).contains(&"config-at-base".to_owned()), "{:?}", doubts(&run));
}

#[test]
fn a_saved_plan_of_a_pull_request_pushes_by_the_rules_of_base() {
    let service = edited(
        "environments:",
        "  new: {path: new, image: r.example/new, run: 'echo $REBAKE_PUSH >../.git/new'}\nenvironments:",
    );
    let tags = service.replace("value=pr", "value=stable");
    let (repo, base) = request(Some(CONFIG), &tags);
    let event = repo.dir().with_extension("event.json");
    let build = |planned: &[&str]| {
        let saved = pull_request(&repo, &base, &[JSON, planned].concat()).success().text();
        repo.write(".git/plan.json", saved);
        repo.rebake(["build", "--plan", ".git/plan.json", "--push", "--no-fetch", "--allow-untrusted"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_SHA", repo.id("HEAD").to_string())
            .env("GITHUB_EVENT_PATH", &event)
            .env("GITHUB_REF", "refs/pull/7/merge")
            .env("GITHUB_BASE_REF", "main")
    };
    let run = build(&[]).failure(2);
    let text = said(&run);
    assert!(text.starts_with("error[other-plan]: `api`: no rule of `tags` gives it `stable`\n"), "{text}");
    assert!(!repo.dir().join(".git/api").exists());
    build(&["--push"]).success();
    assert!(repo.dir().join(".git/api").exists());
    assert_eq!(std::fs::read_to_string(repo.dir().join(".git/new")).unwrap(), "false\n");
}

#[test]
fn a_pull_request_records_by_the_rules_of_its_base() {
    let pushing = edited("merge_group], push: false", "merge_group], push: true");
    let mine = edited("environments:\n", "environments:\n  mine: {on: pull_request}\n");
    let production = edited("on: tag, version", "on: [tag, pull_request], version");
    for (then, head, is_recorded) in
        [(CONFIG, &pushing, false), (CONFIG, &mine, false), (CONFIG, &production, false), (&pushing, &pushing, true)]
    {
        let (repo, base) = request(Some(then), head);
        let plan = pull_request(&repo, &base, &[JSON, &["--since=built", "--push"]].concat()).success().text();
        repo.write(".git/plan.json", plan);
        let event = repo.dir().with_extension("event.json");
        let step = |args: &[&str]| {
            repo.rebake(args)
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_EVENT_NAME", "pull_request")
                .env("GITHUB_SHA", repo.id("HEAD").to_string())
                .env("GITHUB_EVENT_PATH", &event)
                .env("GITHUB_REF", "refs/pull/7/merge")
                .env("GITHUB_BASE_REF", "main")
                .success()
        };
        let refs = || repo.git(["for-each-ref", "refs/rebake"]);
        step(&["record", "api", "--no-fetch", "--plan", ".git/plan.json"]);
        assert_eq!(!refs().is_empty(), is_recorded, "{head}");
        step(&["record", "web", "--no-fetch", "--plan", ".git/plan.json"]);
        assert_eq!(refs().contains("/web"), is_recorded, "{head}");
        let origin = Repo::init(["--bare"]);
        repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
        let build = ["build", "--no-fetch", "--record", "--push", "--allow-untrusted", "--style=sha", "--only=web"];
        step(&build);
        assert_eq!(!refs().is_empty(), is_recorded, "{head}");
    }
}
