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
 = help: commit or remove them, or allow them with `--allow-dirty`

"#]]);
    assert_eq!(built(&repo), "");
    repo.rebake(["build", "--all", "--push", "--unmatched", "ignore", "--allow-dirty"]).success();
}

#[test]
fn what_a_stranger_may_have_written_is_not_pushed() {
    let repo = repo();
    repo.commit("the pull request");
    let build = |flags: &[&str]| on_github(&repo, "pull_request", flags);
    build(&[]).success();
    assert_ne!(built(&repo), "");
    build(&["--push"]).failure(2).stdout("").stderr(str![[r#"
error[untrusted]: nothing is pushed for a pull request from a fork: its code is not trusted
 |
 = help: if you trust what is checked out, give `--allow-untrusted`

"#]]);
    assert_eq!(built(&repo), "");
    build(&["--push", "--allow-untrusted"]).success();
}

#[test]
fn what_a_stranger_may_have_written_is_not_built_beside_secrets() {
    let repo = repo();
    let build = |flags: &[&str]| on_github(&repo, "pull_request_target", flags);
    build(&[]).failure(2).stdout("").stderr(str![[r#"
error[untrusted]: nothing is built for this event: the run can read the repository's secrets, and the code is not trusted
 |
 = help: if you trust what is checked out, give `--allow-untrusted`

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
error[other-commit]: the plan is for 4fb3180, but b223e45 is checked out
 |
 = help: check out that commit, or make the plan again

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
 = help: make the plan again

error[unknown-service]: the plan has a service `other` that filters.yaml does not have
 |
 = help: make the plan again

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
error[builder]: `a` cannot be built: it has neither `run` nor `builder` nor a Dockerfile
 --> filters.yaml:2:3
  |
2 |   a: {path: a}
  |   ^
  |
  = help: give it a command with `run`, or a `builder`, or a Dockerfile in its path; with `--discover`, what compose files and Dockerfiles declare is built instead

error[builder]: `b` cannot be built: it has neither `run` nor `builder` nor a Dockerfile
 --> filters.yaml:3:3
  |
3 |   b: {path: b}
  |   ^
  |
  = help: give it a command with `run`, or a `builder`, or a Dockerfile in its path; with `--discover`, what compose files and Dockerfiles declare is built instead

"#]]);
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_is_built() {
    let repo = repo();
    repo.rebake(["build", "--report", "no/such/dir/report.json"]).failure(2).stdout("").stderr(str![[r#"
error[file]: cannot write no/such/dir/report.json: No such file or directory (os error 2)

"#]]);
    repo.rebake(["build", "--rerun", "filters.yaml"]).failure(2).stdout("").stderr(str![[r#"
error[report]: filters.yaml:1:1: this is not a report: the text is no JSON: expected value
 |
 = help: write it with `rebake build --report FILE`

"#]]);
    assert_eq!(built(&repo), "");
}

#[test]
fn no_report_takes_the_place_of_what_is_read() {
    let repo = repo();
    let config = std::fs::read(repo.dir().join("filters.yaml")).unwrap();
    repo.write(".git/plan.json", repo.rebake(["plan", "--format", "json"]).success().stdout);
    repo.write(".git/list", "a\n").write(".git/report.json", "{}");
    std::os::unix::fs::symlink("../filters.yaml", repo.dir().join(".git/link")).unwrap();
    let config_file = repo.dir().join("filters.yaml").display().to_string();
    for (args, said) in [
        ("--timings filters.yaml", "`--timings filters.yaml` would overwrite the configuration"),
        ("--report ./filters.yaml", "`--report ./filters.yaml` would overwrite the configuration"),
        ("--junit .git/link", "`--junit .git/link` would overwrite the configuration"),
        (&format!("-c {config_file} --report .git/../filters.yaml"), "would overwrite the configuration"),
        ("--plan .git/plan.json --report .git/plan.json", "would overwrite what `--plan` reads"),
        ("--changed .git/list --report .git/list", "would overwrite what `--changed` reads"),
        ("--needs .git/report.json --report .git/report.json", "would overwrite what `--needs` reads"),
        ("--rerun .git/report.json --junit .git/report.json", "would overwrite what `--rerun` reads"),
        ("--report .git/new --junit .git/new", "`--report` and `--junit` both write `.git/new`"),
    ] {
        let run = repo.rebake(std::iter::once("build").chain(args.split(' '))).failure(2);
        let text = String::from_utf8(run.stderr.clone()).unwrap();
        assert!(text.starts_with("error[overwrites]: ") && text.contains(said), "{args}: {text}");
    }
    assert_eq!(std::fs::read(repo.dir().join("filters.yaml")).unwrap(), config);
    assert_eq!(built(&repo), "");
    repo.rebake(["build", "--report", "/dev/null", "--junit", "/dev/null"]).success();
}

#[test]
fn what_is_no_saved_file_is_told_with_its_place() {
    let repo = repo();
    repo.write(".git/cut.json", "{\n  \"schema\": 1,\n  \"serv");
    repo.write(".git/other.json", "{\n}\n").write(".git/empty", "");
    for (args, said) in [
        (
            "plan --durations .git/cut.json --pack 1 --format matrix",
            "error[report]: .git/cut.json:3:7: this is not a report: the text ends too early",
        ),
        ("build --rerun .git/empty", "error[report]: .git/empty:1:1: this is not a report: the text is empty"),
        ("report .git/other.json", "error[report]: .git/other.json:2:1: this is not a report: missing field `schema`"),
        (
            "graph --format html --plan filters.yaml",
            "error[plan]: filters.yaml:1:1: this is not a plan: the text is no JSON",
        ),
        ("plan --plan .git/other.json", "error[plan]: .git/other.json:2:1: this is not a plan: missing field `schema`"),
        ("why a --plan .git/cut.json", "error[plan]: .git/cut.json:3:7: this is not a plan: the text ends too early"),
        ("check --observed .git/other.json", "error[observed]: .git/other.json:2:1: this is not what"),
        ("verdict .git/empty", "error[needs]: .git/empty:1:1: this is not GitHub's `needs`: the text is empty"),
    ] {
        let text = String::from_utf8(repo.rebake(args.split(' ')).failure(2).stderr).unwrap();
        assert!(text.starts_with(said) && text.contains("= help: "), "{args}: {text}");
    }
}

/// A program in the place of a builder.
fn with_program(repo: &Repo, name: &str, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = repo.dir().join(".git/bin");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(directory.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", directory.display())
}

#[test]
fn a_builder_that_is_missing_or_old_is_told_once_before_the_first_build() {
    let images = |builder: &str| {
        let repo = Repo::new();
        let service = |name: &str| format!("  {name}: {{path: {name}, image: 'r.io/{name}', builder: {builder}}}\n");
        let own = "  own: {path: own, run: 'touch ../.git/ran'}\n";
        repo.write("filters.yaml", format!("services:\n{}{}{own}", service("a"), service("b")));
        for file in ["a/Dockerfile", "b/Dockerfile", "own/x"] {
            repo.write(file, "FROM scratch\n");
        }
        repo.commit("first");
        repo
    };
    let docker = "echo 'Usage:  docker [OPTIONS] COMMAND'";
    let buildah = "echo '      --build-arg --file --label --secret --tag'";
    for (builder, script, said) in [
        ("docker", docker, "error[builder]: `docker` has no `buildx`, which builds images\n"),
        ("buildah", buildah, "error[builder]: the builder `buildah` is too old: it does not know `--timestamp`\n"),
        ("podman", "exit 1", "error[builder]: the builder `podman` is too old: it does not know `--timestamp`\n"),
    ] {
        let repo = images(builder);
        let path = with_program(&repo, builder, script);
        let run = repo.rebake(["build", "--all", "--push"]).env("PATH", &path).failure(2);
        let text = String::from_utf8(run.stderr.clone()).unwrap();
        assert!(text.starts_with(said) && text.matches("error[").count() == 1, "{text}");
        assert!(!repo.dir().join(".git/ran").exists());
        // What is not used is not asked.
        repo.rebake(["build", "--all", "--push", "--only", "own"]).env("PATH", path).success();
        // Nor where nothing is built.
        repo.rebake(["build", "--all", "--dry-run"]).success();
    }
    let repo = images("buildah");
    // Nothing is there but git.
    let git = std::process::Command::new("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
    let path = with_program(&repo, "git", &format!("exec {} \"$@\"", String::from_utf8(git).unwrap().trim()));
    let alone = path.split(':').next().unwrap().to_owned();
    let run = repo.rebake(["build", "--all"]).env("PATH", alone).failure(2);
    let text = String::from_utf8(run.stderr.clone()).unwrap();
    let said = "error[builder]: the builder `buildah` cannot be started: No such file or directory (os error 2)\n";
    assert!(text.starts_with(said) && text.matches("error[").count() == 1, "{text}");
}

#[test]
fn a_secret_that_is_not_there_is_told_before_the_first_build() {
    let repo = Repo::new();
    let secrets = "secrets: ['id=npm,env=NPM_AUTH', 'id=key,src=key.pem']";
    repo.write("filters.yaml", format!("services:\n  a: {{path: a, image: 'r.io/a', builder: podman, {secrets}}}\n"));
    repo.write("a/Dockerfile", "FROM scratch\n").commit("first");
    let path = with_program(&repo, "podman", "echo '--file --secret --tag'");
    let build = || repo.rebake(["build", "--all", "--unmatched", "ignore"]).env("PATH", &path);
    build().failure(2).stdout("").stderr(str![[r#"
error[secret]: `a`: the secret `npm` is in the variable NPM_AUTH, which is not set
 --> filters.yaml:2:60
  |
2 |   a: {path: a, image: 'r.io/a', builder: podman, secrets: ['id=npm,env=NPM_AUTH', 'id=key,src=key.pem']}
  |                                                            ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set it; an empty one is taken as it is

error[secret]: `a`: the secret `key` is in the file key.pem, which is not there
 --> filters.yaml:2:83
  |
2 |   a: {path: a, image: 'r.io/a', builder: podman, secrets: ['id=npm,env=NPM_AUTH', 'id=key,src=key.pem']}
  |                                                                                   ^^^^^^^^^^^^^^^^^^^^
  |
  = help: `src` is relative to the service's directory

"#]]);
    repo.write("a/key.pem", "");
    build().env("NPM_AUTH", "").success();
}

/// A change of a saved plan.
type Poison<'a> = &'a dyn Fn(&mut serde_json::Value);

#[test]
fn a_plan_that_says_other_than_the_configuration_is_not_built() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "\
services:
  lib: {path: lib, image: r.invalid/lib, run: 'touch ../.git/lib'}
  api: {path: api, image: r.invalid/api, depends_on: [lib], run: 'touch ../.git/api'}
environments:
  staging: {on: push}
  local: {on: local, push: false}
",
    );
    repo.write("lib/x", "").write("api/x", "").commit("first");
    let saved = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let build = |change: Poison, flags: &[&str]| {
        let mut plan = saved.clone();
        change(&mut plan);
        repo.write(".git/plan.json", plan.to_string());
        repo.rebake([&["build", "--plan", ".git/plan.json", "--registry-timeout", "2"], flags].concat())
    };
    let other = |text: &str| format!("fp2-{text:a<26}");
    let cases: [(&str, Poison); 8] = [
        ("`api`: filters.yaml has another image", &|plan| plan["services"][1]["image"] = "r.invalid/prod".into()),
        ("`api`: `r.invalid/prod:latest` is not a tag of its image", &|plan| {
            plan["services"][1]["tags"] = serde_json::json!(["r.invalid/prod:latest"]);
        }),
        ("`api`: `r.invalid/api:a b` is not a tag of its image", &|plan| {
            plan["services"][1]["tags"] = serde_json::json!(["r.invalid/api:a b"]);
        }),
        ("there is no environment `x; touch y` in filters.yaml", &|plan| plan["environment"] = "x; touch y".into()),
        ("`api`: filters.yaml has other platforms", &|plan| {
            plan["services"][1]["platforms"] = serde_json::json!(["linux/arm64"]);
        }),
        ("`api`: it does not need `lib`, unlike in filters.yaml", &|plan| {
            plan["services"][1]["needs"] = serde_json::json!([]);
        }),
        ("`lib`: its fingerprint is another one at this commit", &|plan| {
            plan["services"][0]["fingerprint"] = other("b").into();
            plan["services"][0]["content_tag"] = other("b").into();
        }),
        ("`lib`: the image that exists is not the one of its content", &|plan| {
            plan["services"][0]["exists"] =
                serde_json::json!({"reference": "r.invalid/lib:old", "digest": "sha256:00"});
        }),
    ];
    for (said, change) in cases {
        let run = build(change, &[]).failure(2);
        let text = String::from_utf8(run.stderr.clone()).unwrap();
        assert!(text.starts_with(&format!("error[other-plan]: {said}\n")), "{text}");
    }
    let none = |plan: &mut serde_json::Value| plan["services"][0]["version"] = "1\n$(id)".into();
    let text = String::from_utf8(build(&none, &[]).failure(2).stderr).unwrap();
    assert!(
        text.starts_with("error[plan]: .git/plan.json: this is not a plan: `lib`: `1\\n$(id)` is not a version\n"),
        "{text}"
    );
    // A plan of another event may push where this one may not.
    let pushed = |plan: &mut serde_json::Value| plan["services"][1]["push"] = true.into();
    let in_ci = |run: Rebake| {
        run.env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "workflow_dispatch")
            .env("GITHUB_SHA", repo.id("HEAD").to_string())
            .env("GITHUB_REF", "refs/heads/main")
    };
    let run = in_ci(build(&pushed, &[])).failure(2);
    let text = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(text.starts_with("error[other-plan]: `api`: it is to be pushed, which neither"), "{text}");
    assert!(!repo.dir().join(".git/lib").exists());
    in_ci(build(&pushed, &["--push"])).success();
    // What is said to exist is asked again, and built where nothing confirms it.
    std::fs::remove_file(repo.dir().join(".git/lib")).unwrap();
    let exists = |plan: &mut serde_json::Value| {
        let reference = format!("r.invalid/lib:{}", plan["services"][0]["content_tag"].as_str().unwrap());
        plan["services"][0]["exists"] = serde_json::json!({"reference": reference, "digest": "sha256:00"});
        plan["services"][0]["level"] = u64::MAX.into();
        plan["any"] = false.into();
    };
    build(&exists, &[]).success();
    assert!(repo.dir().join(".git/lib").exists());
    let text = repo.rebake(["plan", "--plan", ".git/plan.json", "--format", "json"]).success().text();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&read["any"], &read["services"][0]["level"]), (&true.into(), &0.into()));
}
