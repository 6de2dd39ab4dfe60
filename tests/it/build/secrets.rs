//! What is secret stands in no file that is written.

use std::fs;
use std::path::Path;

use crate::repo::{Rebake, Repo};

/// Of several kinds: by a name in `secrets`, by the end of a variable's name, of several lines, told by a build, and with
/// what JSON, XML and Markdown write in other ways.
const SECRETS: [(&str, &str); 6] = [
    ("NPM_AUTH", "named-in-the-configuration"),
    ("SOME_TOKEN", "t0ken*_&<\"\\>|"),
    ("SOME_PASSWORD", "passw0rd"),
    ("SOME_KEY", "-----BEGIN KEY-----\nfirst/line+of=key\nsecond/line+of=key\n-----END KEY-----"),
    ("lower_token", "l0wer-case"),
    ("TOLD", "t0ld-by-a-build"),
];

fn repo() -> Repo {
    let repo = Repo::new();
    let run = r#"printf "%s\n" "$NPM_AUTH" "$SOME_TOKEN" "$SOME_PASSWORD" "$SOME_KEY" "$lower_token" "::add-mask::$TOLD"; echo "then $TOLD"; printf "%s" "$SOME_PASSWORD"#;
    let filters = format!(
        "\
defaults: {{image: 'r.io/acme/{{{{name}}}}'}}
services:
  api:
    path: api
    secrets: ['id=npm,env=NPM_AUTH']
    tags: ['type=raw,value=l0wer-case']
    matrix: {{note: passw0rd}}
    run: '{run}\"; echo; exit 3'
  web: {{path: web, depends_on: [api], run: 'true'}}
  fine: {{path: fine, image: r.io/passw0rd/fine, matrix: {{note: passw0rd}}, retries: 1, run: 'echo digest=sha256:{} >$REBAKE_OUTPUT; echo $SOME_PASSWORD; test -e ../.git/again || {{ touch ../.git/again; false; }}'}}
",
        "0".repeat(64)
    );
    repo.write("filters.yaml", filters).write("web/x", "").write("fine/x", "");
    repo.write("api/passw0rd.txt", "").write("api/named-in-the-configuration", "").commit("first");
    repo.git(["checkout", "-qb", "topic/passw0rd"]);
    repo
}

fn told(run: Rebake) -> Rebake {
    SECRETS.iter().fold(run, |run, (name, value)| run.env(name, value))
}

#[track_caller]
fn is_clean(what: &str, text: &str) {
    let lines = SECRETS.iter().flat_map(|(_, value)| value.lines());
    for secret in lines {
        let json = serde_json::to_string(secret).unwrap();
        for written in [secret, &json[1..json.len() - 1]] {
            assert!(!text.contains(written), "{what} has {written}:\n{text}");
        }
    }
    assert!(!text.contains("t0ken"), "{what}: {text}");
}

#[track_caller]
fn has_masks(what: &str, text: &str) {
    assert!(text.contains("***") || text.contains("&#42;&#42;&#42;"), "{what} has nothing that is masked:\n{text}");
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_build_leaves_no_secret_in_any_file() {
    let repo = repo();
    fs::create_dir(repo.dir().join(".git/out")).unwrap();
    let file = |name: &str| repo.dir().join(".git/out").join(name);
    let args = [
        "build",
        "--all",
        "--no-fetch",
        "--push",
        "--jobs",
        "1",
        "--ci",
        "--report",
        ".git/out/report.json",
        "--junit",
        ".git/out/junit.xml",
        "--logs",
        ".git/out/logs",
        "--environment",
        "staging",
    ];
    let run = told(repo.rebake(args))
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .env("GITHUB_OUTPUT", file("output"))
        .failure(1);
    is_clean("standard output", &run.text());
    fs::write(
        file("images.json"),
        told(repo.rebake(["report", ".git/out/report.json", "--format", "images"])).success().text(),
    )
    .unwrap();
    let files = files(&repo.dir().join(".git/out"));
    assert!(files.len() >= 9, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        is_clean(&path.display().to_string(), &text);
        // Something secret would stand in each kind of file; what the log had is below.
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_of_build = name == "metadata.json" || name == "output" && path != file("output");
        if path.extension().is_none_or(|ending| ending != "log") && !is_of_build {
            has_masks(name, &text);
        }
    }
    let log = fs::read_to_string(repo.dir().join(".git/out/logs/api/attempt-1.log")).unwrap();
    assert_eq!(log, "***\n***\n***\n***\n***\n::add-mask::***\nthen ***\n***\n");
}

#[test]
fn a_plan_has_no_secret_in_any_format() {
    let repo = repo();
    for format in ["json", "table", "markdown", "matrix", "github", "names", "paths"] {
        let text = told(repo.rebake(["plan", "--all", "--format", format])).success().text();
        is_clean(format, &text);
        if !["table", "names", "paths"].contains(&format) {
            has_masks(format, &text);
        }
    }
    let file = repo.dir().join(".git/gitlab");
    told(repo.rebake([
        "plan",
        "--ci",
        "--base",
        "HEAD",
        "--direct",
        "--force",
        "api",
        "--environment",
        "staging",
        "--ci-dir",
        ".git/ci",
    ]))
    .env("GITLAB_CI", "true")
    .env("CI_COMMIT_SHA", repo.id("HEAD").to_string())
    .env("CI_COMMIT_BRANCH", "topic/passw0rd")
    .env("CI_PIPELINE_SOURCE", "push")
    .success();
    for path in files(&repo.dir().join(".git/ci")) {
        let text = fs::read_to_string(&path).unwrap();
        is_clean(&path.display().to_string(), &text);
        if path.ends_with("plan.json") {
            has_masks("plan.json", &text);
        }
    }
    assert!(!file.exists());
    // What a step of GitHub hands on, and its summary.
    let run = told(repo.rebake(["plan", "--ci", "--all", "--environment", "staging"]));
    let file = |name: &str| repo.dir().join(".git").join(name);
    run.env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "workflow_dispatch")
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_REF", "refs/heads/topic/passw0rd")
        .env("GITHUB_OUTPUT", file("output"))
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .success();
    for name in ["output", "summary"] {
        let text = fs::read_to_string(file(name)).unwrap();
        is_clean(name, &text);
        has_masks(name, &text);
    }
}

#[test]
fn the_engine_hears_of_secrets_that_builds_tell() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, run: 'echo ::add-mask::50%25-s3cret'}}\n")
        .write("api/x", "")
        .commit("first");
    let text = repo
        .rebake(["build", "--all", "--no-fetch"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "workflow_dispatch")
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_REF", "refs/heads/main")
        .success()
        .text();
    assert_eq!(text.matches("\n::add-mask::50%25-s3cret\n").count(), 1, "{text}");
    assert_eq!(text.matches("s3cret").count(), 1, "{text}");
}

/// What a repository says in its configuration is public.
#[test]
fn names_and_words_of_the_formats_stay() {
    let repo = Repo::new();
    let filters = "services: {backend: {path: a, run: 'echo hunter2; false'}, frontend: {path: b, run: 'true'}}\n";
    repo.write("filters.yaml", filters).write("a/x", "").write("b/x", "").commit("first");
    let told = |run: Rebake| {
        run.env("DB_PASSWORD", "backend")
            .env("UI_PASSWORD", "front")
            .env("ITS_KEY", "failed")
            .env("XML_KEY", "testcase")
            .env("ENVIRONMENT_TOKEN", "staging")
            .env("REAL_TOKEN", "hunter2")
    };
    let build = ["build", "--all", "--environment=staging", "--report", ".git/r.json", "--junit", ".git/j.xml"];
    let run = told(repo.rebake(build)).failure(1);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(said.matches("warning[public-secret]").count(), 1, "{said}");
    let report = fs::read_to_string(repo.dir().join(".git/r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["environment"], "staging");
    let outcomes: Vec<_> =
        report["services"].as_array().unwrap().iter().map(|one| (&one["service"], &one["outcome"])).collect();
    assert_eq!(
        format!("{outcomes:?}"),
        r#"[(String("backend"), String("failed")), (String("frontend"), String("succeeded"))]"#
    );
    let junit = fs::read_to_string(repo.dir().join(".git/j.xml")).unwrap();
    assert!(
        junit.contains("<testcase name=\"backend\"") && junit.contains("***") && !junit.contains("hunter2"),
        "{junit}"
    );
    let text = told(repo.rebake(["report", ".git/r.json", "--format", "junit"])).success().text();
    assert!(text.contains("<testcase name=\"backend\"") && !text.contains("hunter2"), "{text}");
    told(repo.rebake(["build", "--rerun", ".git/r.json", "--environment=staging"])).failure(1);
    let plan = told(repo.rebake(["plan", "--all", "--format=json"])).success().text();
    repo.write(".git/p.json", plan);
    let names = told(repo.rebake(["plan", "--plan", ".git/p.json", "--format=names"])).success().text();
    assert_eq!(names, "backend\nfrontend\n");
}
