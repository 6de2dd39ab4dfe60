//! What built refs must not claim: what was not pushed, or was built of something else than the commit.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::on_github::pull_request;
use crate::registry_server::{Image, OCI};
use crate::repo::{Repo, Run};
use crate::small_registry::SmallRegistry;

const BUILD: [&str; 4] = ["build", "--since", "built", "--record"];
const JSON: [&str; 5] = ["plan", "--since", "built", "--format", "json"];

/// A repository with these services and environments; each service has a file `x`.
fn repo(config: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", config);
    for service in ["a", "b"] {
        repo.write(format!("{service}/x"), "0");
    }
    repo.commit("first");
    repo
}

const IMAGES: &str = "\
services:
  a: {path: a, image: r.example/a, run: 'echo $REBAKE_PUSH > ../.git/pushed'}
  b: {path: b}
environments:
  production: {on: tag, version: release}
  staging: {on: push}
  preview: {on: pull_request, push: false}
  local: {on: local, push: false}
";

/// The same, where `a` says which image of a registry it has pushed.
fn pushed_images() -> String {
    let registry = SmallRegistry::start();
    let digest = registry.push("a", "made", &Image::of(OCI, "amd64"));
    let image = format!("image: {}/a", registry.host());
    let run = format!("run: 'echo digest={digest} >\"$REBAKE_OUTPUT\"'");
    IMAGES.replace("image: r.example/a", &image).replace("run: 'echo $REBAKE_PUSH > ../.git/pushed'", &run)
}

/// `a` writes what it reads once it has waited for `.git/go`, and `b` needs it.
const SLOW: &str = "\
services:
  a: {path: a, run: 'touch ../.git/begun; while ! test -e ../.git/go; do sleep 0.02; done; cat x > ../.git/has-a'}
  b: {path: b, depends_on: [a], run: 'cat x > ../.git/has-b'}
";

fn said(run: &Run) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

fn refs(repo: &Repo) -> String {
    repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake"]).replace("refs/rebake/", "").replace('\n', " ")
}

fn due(repo: &Repo) -> String {
    let plan = ["plan", "--since", "built", "--head", "HEAD", "--format", "names"];
    repo.rebake(plan).success().text().trim().replace('\n', " ")
}

/// Starts a run, and waits until `a` is being built.
fn building(repo: &Repo, args: &[&str]) -> Child {
    let _ = fs::remove_file(repo.dir().join(".git/begun"));
    let run = repo.rebake(args).start();
    while !repo.dir().join(".git/begun").exists() {
        sleep(Duration::from_millis(10));
    }
    run
}

/// Lets `a` end, and waits for the run.
fn end(repo: &Repo, mut run: Child) {
    repo.write(".git/go", "");
    assert!(run.wait().unwrap().success());
    fs::remove_file(repo.dir().join(".git/go")).unwrap();
}

fn built(repo: &Repo) {
    let run = building(repo, &["build", "--all", "--record"]);
    end(repo, run);
    assert_eq!((refs(repo).as_str(), due(repo).as_str()), ("built/local/a built/local/b", ""));
}

#[test]
fn an_image_that_a_run_does_not_push_is_not_recorded() {
    let repo = repo(IMAGES);
    let build = ["build", "--all", "--only", "a", "--environment", "staging", "--record"];
    let run = repo.rebake(build).success();
    assert_eq!(fs::read_to_string(repo.dir().join(".git/pushed")).unwrap(), "false\n");
    assert!(said(&run).contains("note[not-recorded]: not recorded in staging, since this run does not push them: `a`"));
    assert_eq!(refs(&repo), "");
    let rehearsal = repo.rebake(build).env("ACT", "true").env("GITHUB_ACTIONS", "true");
    rehearsal.env("GITHUB_EVENT_NAME", "push").env("GITHUB_REF", "refs/heads/main").success();
    assert_eq!(refs(&repo), "");
    // `local` pushes nothing, and has what was built.
    repo.rebake(["build", "--all", "--only", "a", "--record"]).success();
    assert_eq!(refs(&repo), "built/local/a");
}

#[test]
fn a_saved_plan_that_does_not_push_records_nothing() {
    let repo = repo(IMAGES);
    let plan = |args: &[&str]| {
        let text = repo.rebake([&JSON[..], args].concat()).success().text();
        repo.write(".git/plan.json", text);
    };
    plan(&["--environment", "staging"]);
    let record = ["record", "a", "--plan", ".git/plan.json"];
    let run = repo.rebake(record).success();
    assert!(said(&run).contains("since this run does not push them: `a`"), "{}", said(&run));
    assert_eq!(refs(&repo), "");
    // A plan for an environment that does not push, with the name of another one in it.
    plan(&["--environment", "preview"]);
    let text = fs::read_to_string(repo.dir().join(".git/plan.json")).unwrap();
    repo.write(".git/plan.json", text.replace("\"environment\": \"preview\"", "\"environment\": \"staging\""));
    repo.rebake(record).success();
    assert_eq!(refs(&repo), "");
    plan(&["--environment", "staging", "--push"]);
    repo.rebake(record).success();
    assert_eq!(refs(&repo), "built/staging/a");
}

#[test]
fn a_pull_request_that_does_not_push_records_nothing() {
    let config = IMAGES.replace("on: push}", "on: [push, pull_request]}").replace("on: pull_request,", "on: manual,");
    let repo = repo(&config);
    let base = repo.id("HEAD");
    repo.git(["checkout", "--quiet", "-b", "topic"]);
    repo.write("a/x", "1").commit("head");
    let plan = ["--no-fetch", "--format=json", "--since=built"];
    repo.write(".git/plan.json", pull_request(&repo, &base, &plan).success().text());
    let step = |args: &[&str]| {
        let step = repo.rebake(args).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "pull_request");
        let step = step.env("GITHUB_SHA", repo.id("HEAD").to_string()).env("GITHUB_REF", "refs/pull/7/merge");
        step.env("GITHUB_EVENT_PATH", repo.dir().with_extension("event.json")).env("GITHUB_BASE_REF", "main").success()
    };
    step(&["record", "a", "--no-fetch", "--plan", ".git/plan.json"]);
    step(&["record", "a", "--no-fetch"]);
    step(&["build", "--no-fetch", "--record", "--allow-untrusted", "--only=a"]);
    assert_eq!(refs(&repo), "");
}

#[test]
fn what_was_built_while_another_commit_was_checked_out_is_not_recorded() {
    for back in [false, true] {
        let repo = repo(SLOW);
        built(&repo);
        repo.branch("old").write("a/x", "1").commit("second");
        let run = building(&repo, &[&BUILD[..], &["--only", "a"]].concat());
        repo.git(["checkout", "--quiet", "old"]);
        if back {
            repo.git(["checkout", "--quiet", "main"]);
        }
        end(&repo, run);
        repo.git(["checkout", "--quiet", "main"]);
        assert_eq!(due(&repo), "a b", "back: {back}");
        repo.git(["checkout", "--quiet", "old"]);
        assert_eq!(due(&repo), "a b", "its mark stays");
    }
}

#[test]
fn what_was_built_of_files_that_no_commit_holds_is_not_recorded() {
    for path in ["a/x", "a/new"] {
        let repo = repo(SLOW);
        built(&repo);
        repo.write("a/x", "1").commit("second");
        let run = building(&repo, &[&BUILD[..], &["--only", "a"]].concat());
        repo.write(path, "WIP");
        end(&repo, run);
        repo.git(["reset", "--quiet", "--hard"]);
        repo.git(["clean", "--quiet", "--force"]);
        assert_eq!(due(&repo), "a b", "{path}");
    }
    // A file that comes before the build of `b` begins.
    let repo = repo(SLOW);
    built(&repo);
    repo.write("a/x", "1").commit("second");
    let run = building(&repo, &BUILD);
    repo.write("b/new", "WIP");
    end(&repo, run);
    repo.remove("b/new");
    assert_eq!(due(&repo), "b");
    // What git ignores is what builds make.
    let run = building(&repo, &["build", "--all", "--record"]);
    repo.write(".git/info/exclude", "made\n").write("a/made", "").write("b/made", "");
    end(&repo, run);
    assert_eq!(due(&repo), "");
}

#[test]
fn a_build_without_record_marks_what_has_a_built_ref() {
    let config =
        "services:\n  a: {path: a, run: 'cat x > ../.git/has-a; test ! -e bad'}\n  b: {path: b, run: 'true'}\n";
    for more in [&[][..], &["--bad"], &["--dirty"]] {
        let repo = repo(config);
        repo.rebake(["build", "--all"]).success();
        assert_eq!(refs(&repo), "", "who has no built refs gets no marks");
        repo.rebake(["build", "--all", "--record", "--only", "a"]).success();
        repo.write("a/x", "1").write("b/x", "1");
        if more == ["--bad"] {
            repo.write("a/bad", "");
        }
        if more != ["--dirty"] {
            repo.commit("second");
        }
        let build = repo.rebake(["build", "--since", "built"]);
        _ = if more == ["--bad"] { build.failure(1) } else { build.success() };
        assert_eq!(refs(&repo), "begun/local/a built/local/a", "{more:?}");
        repo.git(["reset", "--quiet", "--hard", ":/first"]);
        assert_eq!(due(&repo), "a b", "{more:?}");
        repo.rebake(BUILD).success();
        assert_eq!((due(&repo).as_str(), refs(&repo).as_str()), ("", "built/local/a built/local/b"));
        assert_eq!(fs::read_to_string(repo.dir().join(".git/has-a")).unwrap(), "0");
    }
}

#[test]
fn a_build_that_pushes_without_record_marks_at_the_remote() {
    let origin = Repo::init(["--bare"]);
    let repo = repo(&pushed_images());
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    let push = ["build", "--all", "--only=a", "--environment=staging", "--push"];
    repo.rebake(push).success().stderr("");
    assert_eq!(refs(&origin), "");
    repo.rebake([&push[..], &["--record"]].concat()).success();
    repo.git(["update-ref", "-d", "refs/rebake/built/staging/a"]);
    repo.rebake(push).success().stderr("");
    assert_eq!(refs(&origin), "begun/staging/a built/staging/a");
    repo.rebake(["record", "a", "--environment=staging", "--push"]).success();
    assert_eq!((refs(&origin).as_str(), refs(&repo).as_str()), ("built/staging/a", "built/staging/a"));
}

#[test]
fn a_remote_that_refuses_marks_is_told_and_takes_records() {
    let origin = Repo::init(["--bare"]);
    let repo = repo(&pushed_images().replace("b: {path: b}", "b: {path: b, depends_on: [a], run: 'true'}"));
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    origin.write("hooks/update", "#!/bin/sh\ncase $1 in refs/rebake/begun/*) exit 1;; esac\n").chmod_x("hooks/update");
    let build = ["build", "--all", "--environment=staging", "--push", "--record"];
    let run = repo.rebake(build).success();
    assert!(said(&run).contains("warning[not-marked]"), "{}", said(&run));
    assert!(said(&run).contains("refs/rebake/begun/staging/a"), "{}", said(&run));
    assert!(!said(&run).contains("not recorded"), "{}", said(&run));
    assert_eq!(refs(&origin), "built/staging/a built/staging/b");
    assert_eq!(refs(&repo), "built/staging/a built/staging/b");
}

/// Saves a plan of everything, after `edit`.
fn plan(repo: &Repo, args: &[&str], edit: impl FnOnce(&mut Value)) {
    let text = repo.rebake([&JSON[..], args].concat()).success().text();
    let mut plan = serde_json::from_str(&text).unwrap();
    edit(&mut plan);
    repo.write(".git/plan.json", plan.to_string());
}

#[test]
fn a_saved_plan_is_recorded_as_it_was_made() {
    let repo = repo("services:\n  a: {path: a}\n  b: {path: b}\n  c: {path: a}\n");
    let first = repo.id("HEAD").to_string();
    repo.write("a/x", "1").commit("second");
    let refused = |args: &[&str], message: &str| {
        let run = repo.rebake([&["record", "--plan", ".git/plan.json"], args].concat()).failure(2);
        assert!(said(&run).contains(message), "{}", said(&run));
        assert_eq!(refs(&repo), "");
    };
    plan(&repo, &[], |plan| plan["range"]["head"] = json!(first));
    refused(&["a"], "error[other-plan]: `a`: its fingerprint is another one at this commit");
    plan(&repo, &[], |plan| plan["range"]["head"] = json!(null));
    refused(&["a"], "error[other-plan]: the plan has no commit");
    for head in ["HEAD", "main"] {
        plan(&repo, &[], |plan| plan["range"]["head"] = json!(head));
        refused(&["a"], "this is not a plan");
    }
    plan(&repo, &["--only", "b"], |_| ());
    refused(&["a", "b"], "error[other-plan]: `a` is not in the plan");
    repo.write("a/x", "WIP");
    plan(&repo, &[], |_| ());
    refused(&["a"], "error[dirty]: `a` was planned with uncommitted changes");
    // What of the tree is in no commit is told where it is HEAD that is recorded.
    let run = repo.rebake(["record", "b"]).success().stderr("");
    drop(run);
    let run = repo.rebake(["record", "a"]).success();
    assert!(
        said(&run).contains("warning[dirty]: HEAD is recorded, and the work tree has uncommitted changes"),
        "{}",
        said(&run)
    );
}

#[test]
fn what_a_saved_plan_says_of_dependencies_is_not_believed() {
    let repo = repo("services:\n  a: {path: a, run: 'true'}\n  b: {path: b, depends_on: [a], run: 'true'}\n");
    repo.rebake(BUILD).success();
    repo.write("a/x", "1").commit("second");
    plan(&repo, &[], |plan| {
        let services = plan["services"].as_array_mut().unwrap();
        services.retain(|service| service["service"] == "b");
        services[0]["needs"] = json!([]);
        plan["unaffected"] = json!(["a"]);
    });
    for args in [&["build", "--plan", ".git/plan.json", "--record"][..], &["record", "b", "--plan", ".git/plan.json"]] {
        let run = repo.rebake(args).success();
        assert!(said(&run).contains("`b` depends on `a`"), "{}", said(&run));
        assert_eq!(due(&repo), "a b");
    }
}

#[test]
fn modified_files_have_names_of_their_own() {
    let lines = "['type=raw,value={{version}}', 'type=sha', 'type=raw,value=c-{{sha}}', 'type=ref,event=branch', \
                 'type=semver,pattern={{version}}']";
    let config = IMAGES.replace("image: r.example/a,", &format!("image: r.example/a, tags: {lines},"));
    let config = config.replace("b: {path: b}", "b: {path: b, image: r.example/b, tags: ['type=sha']}");
    let repo = repo(&config);
    repo.tag("a@1.0.0");
    repo.write("a/x", "WIP").write("b/x", "WIP");
    for environment in ["staging", "local"] {
        let run = repo.rebake(["plan", "--all", "--environment", environment, "--push", "--format", "json"]).success();
        let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
        for service in plan["services"].as_array().unwrap() {
            assert!(service["version"].as_str().unwrap().ends_with("-dirty"), "{service}");
            let tags: Vec<&str> = service["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
            assert_eq!(tags.len(), 1, "{tags:?}");
            assert!(tags[0].ends_with("-dirty"), "{tags:?}");
        }
    }
}

#[test]
fn a_build_without_record_marks_what_another_run_records_meanwhile() {
    let repo = repo(SLOW);
    let run = building(&repo, &["build", "--all", "--only", "a"]);
    assert_eq!(refs(&repo), "");
    repo.rebake(["record", "a"]).success();
    end(&repo, run);
    assert_eq!(refs(&repo), "begun/local/a built/local/a");
}

#[test]
fn a_build_without_record_marks_what_another_run_has_begun_to_build() {
    let wait = "test -e ../.git/at-once || while ! test -e ../.git/go; do sleep 0.02; done";
    let repo = repo(&format!("services:\n  a: {{path: a, run: 'touch ../.git/begun; {wait}'}}\n"));
    let recorded = building(&repo, &["build", "--all", "--record"]);
    repo.write(".git/at-once", "").rebake(["build", "--all"]).success();
    end(&repo, recorded);
    // Which of the two wrote last is not known.
    assert_eq!(refs(&repo), "begun/local/a built/local/a");
    assert_eq!(due(&repo), "a");
}

#[test]
fn what_is_built_for_others_alone_is_marked_where_it_replaces_what_is_here() {
    let config = "services:\n  a: {path: a, image: r.example/a, run: 'cat x > ../.git/has-a'}\n  \
                  b: {path: b, image: r.example/b, depends_on: [a], run: 'true'}\n";
    let repo = repo(config);
    repo.rebake(BUILD).success();
    repo.write("a/x", "1").write("b/x", "1").commit("second");
    repo.rebake([&BUILD[..], &["--only", "b"]].concat()).success();
    assert_eq!(fs::read_to_string(repo.dir().join(".git/has-a")).unwrap(), "1");
    repo.git(["reset", "--quiet", "--hard", ":/first"]);
    assert_eq!(due(&repo), "a b");
    repo.rebake(BUILD).success();
    assert_eq!((due(&repo).as_str(), refs(&repo).as_str()), ("", "built/local/a built/local/b"));
}
