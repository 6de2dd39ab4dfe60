//! `rebake observe`, and `rebake check --observed`. `traced` and `go` run real builds under strace.

mod go;
mod traced;

use serde_json::Value;

use crate::repo::{Repo, Run};

/// The paths of a list of what was read, each with what read it: `shared/x: cat`.
fn reads(list: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|input| format!("{}: {}", word(&input["path"]), word(&input["by"]))).collect()
}

/// The paths of a list of what was read.
fn paths(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|input| input["path"].as_str().unwrap().to_owned()).collect()
}

/// What an earlier run saw `api` read.
const OBSERVED: &str = r#"{"schema": 1, "services": [{"service": "api", "means": "traced", "unseen": [], "inputs": [
    {"path": "api/main", "by": "cc"},
    {"path": "api/notes.md", "by": "cc"},
    {"path": "gone", "by": "cc"},
    {"path": "lib/x", "by": "cc"},
    {"path": "shared/a", "by": "cat a"},
    {"path": "shared/b", "by": "cat b"}]}]}"#;

/// A service that depends on a library, and reads what nothing covers.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:
  api: # the service
    path: api
    run: make
    depends_on: [lib]
    exclude: ['**/*.md']
  lib: {path: lib, builder: none}
",
    );
    for file in ["api/main", "api/notes.md", "lib/x", "shared/a", "shared/b"] {
        repo.write(file, "");
    }
    repo.commit("first");
    repo.write(".git/observed.json", OBSERVED);
    repo
}

#[test]
fn what_was_observed_is_checked_later() {
    let repo = repo();
    let check = |more: &[&str]| repo.rebake([&["check", "--observed", ".git/observed.json"], more].concat());
    let text = check(&[]).failure(1).text();
    for part in [
        "error[R016]: the build of `api` read `shared/a`, `shared/b`, none of which a pattern of `api` matches",
        "help: read by `cat a`, `cat b`",
        "help: add `shared/**` to `api`",
        "warning[R017]: the build of `api` read `api/notes.md`, which `api` excludes",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    check(&["--fix"]).success();
    let mended = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    assert!(
        mended.contains("    path: api\n    filters:\n      - api/**\n      - shared/**\n    run: make\n"),
        "{mended}"
    );
    assert!(!check(&[]).success().text().contains("R016"));
}

#[test]
fn a_part_is_no_proof() {
    let repo = repo();
    repo.write(".git/observed.json", OBSERVED.replace(r#""means""#, r#""partial": "its build failed", "means""#));
    let check = repo.rebake(["check", "--observed", ".git/observed.json"]).failure(1);
    check.stderr(snapbox::str![[r#"
warning[partial]: .git/observed.json has only a part of what `api` reads: its build failed
 |
 = help: observe it again

"#]]);
}

#[test]
fn a_service_that_is_gone_is_told() {
    let repo = repo();
    repo.write(".git/observed.json", OBSERVED.replace(r#""api","#, r#""old","#));
    let check = repo.rebake(["check", "--observed", ".git/observed.json"]).said();
    assert!(check.contains("warning[observed]: `old` was observed, and no filters have it"), "{check}");
    assert!(!check.contains("R016"), "{check}");
}

#[test]
fn an_observation_without_a_service_is_told() {
    let repo = repo();
    repo.write(".git/observed.json", r#"{"schema": 1, "services": []}"#);
    repo.rebake(["check", "--observed", ".git/observed.json"]).success().stderr(snapbox::str![[r#"
warning[observed]: .git/observed.json has no service: nothing of it is checked
 |
 = help: name services: `rebake observe SERVICE`

"#]]);
}

#[test]
fn paths_are_never_masked() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: {path: api, image: x/api, context: /, filters: [api/**], tags: [\"type=raw,value=1\"]} # not a hunter2-word\n");
    repo.write("api/Dockerfile", "FROM scratch\nCOPY shared/postgres.sql /\n").write("shared/postgres.sql", "");
    repo.commit("first");
    let observe = |more: &[&str]| {
        let rebake = repo.rebake([&["observe", "api"], more].concat());
        rebake.env("DB_PASSWORD", "postgres").env("OTHER_PASSWORD", "hunter2")
    };
    let text = observe(&[]).failure(1).text();
    assert!(text.contains("    shared/postgres.sql  by api/Dockerfile:2:6"), "{text}");
    observe(&["--fix"]).success();
    let mended = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    assert!(mended.contains("filters: [api/**, shared/postgres.sql]"), "{mended}");
    assert!(mended.contains("hunter2-word"), "{mended}");
}

#[test]
fn only_what_observe_wrote_is_read() {
    let repo = repo();
    let refused = |text: &str| {
        repo.write(".git/observed.json", text);
        repo.rebake(["check", "--observed", ".git/observed.json"]).failure(2)
    };
    for text in ["", "[]", r#"{"schema": 1}"#] {
        let said = String::from_utf8(refused(text).stderr).unwrap();
        assert!(said.contains("this is not what `rebake observe --format json` writes"), "{said}");
    }
    refused(r#"{"schema": 9, "services": []}"#).stderr(snapbox::str![[r#"
error[observed]: .git/observed.json: what was observed has schema 9, and this rebake reads schema 1
 |
 = help: write it with `rebake observe SERVICE --format json`

"#]]);
}

#[test]
fn lockfiles_and_manifests_count_by_what_they_bring() {
    let repo = Repo::new();
    repo.write("Cargo.toml", "[workspace]\nmembers = [\"api\", \"web\"]\n");
    repo.write(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"api\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"web\"\nversion = \"1.0.0\"\n",
    );
    for package in ["api", "web"] {
        repo.write(format!("{package}/Cargo.toml"), format!("[package]\nname = \"{package}\"\nversion = \"1.0.0\"\n"));
    }
    let inputs = ["Cargo.lock", "Cargo.toml", "api/Cargo.toml", "web/Cargo.toml"];
    let inputs: Vec<String> = inputs.iter().map(|path| format!(r#"{{"path": "{path}", "by": "cargo"}}"#)).collect();
    let observed = |inputs: &str| {
        format!(r#"{{"schema": 1, "services": [{{"service": "api", "means": "traced", "inputs": [{inputs}]}}]}}"#)
    };
    repo.write("observed.json", observed(&inputs.join(",")));
    let found = |lockfile: &str| {
        repo.write(
            "filters.yaml",
            format!("services:\n  api: {{path: api, lockfile: {lockfile}, run: cargo build}}\n"),
        );
        repo.commit("next");
        let json = repo.rebake(["check", "--observed", "observed.json", "--format", "json"]).said();
        let json: Value = serde_json::from_str(&json).unwrap();
        let findings = json["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "R016");
        findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("auto"), [""; 0]);
    assert_eq!(
        found("whole"),
        [
            "the build of `api` read `Cargo.lock`, `Cargo.toml`, `web/Cargo.toml`, none of which a pattern of `api` matches"
        ]
    );
}

#[test]
fn what_an_image_is_built_from_is_computed() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  api: {path: api, image: x/api, context: /, filters: [api/**], tags: [\"type=raw,value=1\"]}\n",
    );
    repo.write("api/Dockerfile", "FROM scratch\nCOPY api/src shared/ /\n").write("api/src/main", "");
    repo.write("api/docs/index", "").write("shared/a", "").write("shared/b", "").write("shared/skipped", "");
    repo.write(".dockerignore", "shared/skipped\n").commit("first");
    repo.rebake(["observe", "api"])
        .failure(1)
        .stdout(snapbox::str![[r#"
api is built from 5 tracked files; nothing covers 2 of them

  not covered:
    shared/a  by api/Dockerfile:2:14
    shared/b  by api/Dockerfile:2:14

  to add to `api` (`--fix` does):
    shared/a
    shared/b

  not read, though changes of it build `api`:
    api/docs/ (1 tracked file)

"#]])
        .stderr(snapbox::str![[""]]);
    let json = repo.rebake(["observe", "./api", "--fix", "--format", "json"]).success().text();
    let json: Value = serde_json::from_str(&json).unwrap();
    let service = &json["services"][0];
    assert_eq!((&service["means"], &service["uncovered"]), (&"computed".into(), &Value::Array(Vec::new())));
    assert_eq!(
        reads(&service["inputs"]),
        [
            ".dockerignore: the builder",
            "api/Dockerfile: the builder",
            "api/src/main: api/Dockerfile:2:6",
            "shared/a: api/Dockerfile:2:14",
            "shared/b: api/Dockerfile:2:14",
        ]
    );
    let mended = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    assert!(mended.contains("filters: [api/**, shared/a, shared/b]"), "{mended}");
}

#[test]
fn what_is_excluded_is_never_called_covered() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "defaults: {exclude: ['**/*.md']}\nservices:\n  api: {path: api, image: x/api, context: /, filters: [api/**], tags: [\"type=raw,value=1\"]}\n",
    );
    repo.write("api/Dockerfile", "FROM scratch\nCOPY shared api/x.md /\n").write("api/x.md", "");
    repo.write("shared/a", "").write("shared/R.md", "").commit("first");
    let text = repo.rebake(["observe", "api", "--fix"]).success().text();
    assert!(text.contains("added to `api`:\n    shared/R.md\n    shared/a\n"), "{text}");
    assert!(text.contains("its patterns exclude 1 of them, and the others are covered\n"), "{text}");
    assert!(text.contains("excluded, but read:\n    api/x.md  "), "{text}");
}

#[test]
fn what_is_written_is_said() {
    let repo = Repo::new();
    repo.write(
        "config/filters.yaml",
        "services:\n  api: {path: api, image: x/api, context: /, filters: [api/**], tags: [\"type=raw,value=1\"]}\n",
    );
    repo.write("api/Dockerfile", "FROM scratch\nCOPY shared /\n").write("shared/a", "");
    // A link is not written through.
    repo.symlink("config/filters.yaml", "filters.yaml").commit("first");
    let refused = repo.rebake(["observe", "api", "api", "--fix"]).failure(2);
    refused.stdout(snapbox::str![[r#"
api is built from 2 tracked files; nothing covers 1 of them

  not covered:
    shared/a  by api/Dockerfile:2:6

  to add to `api` (`--fix` does):
    shared/a

"#]]).stderr(snapbox::str![[r#"
error[file]: cannot write [ROOT]/filters.yaml: `[ROOT]/filters.yaml` is a symbolic link in a repository, which is not followed: remove it, or name another place

"#]]);
    std::fs::remove_file(repo.dir().join("filters.yaml")).unwrap();
    std::fs::rename(repo.dir().join("config/filters.yaml"), repo.dir().join("filters.yaml")).unwrap();
    repo.rebake(["observe", "api", "api", "--fix"]).success().stdout(snapbox::str![[r#"
api is built from 2 tracked files; all are covered

  added to `api`:
    shared/a

"#]]);
    repo.rebake(["observe", "api", "--fix"]).success().stdout(snapbox::str![[r#"
api is built from 2 tracked files; all are covered

"#]]);
    let json = repo.rebake(["observe", "api", "--fix", "--format", "json"]).success().text();
    assert!(json.contains("\"added\": []"), "{json}");
}

#[test]
fn filters_of_steps_and_aliases_are_mended_by_hand() {
    let repo = Repo::new();
    repo.write("filters.yaml", "x: &x\n  - api/**\napi: *x\n");
    repo.write("api/Dockerfile", "FROM scratch\nCOPY api/Dockerfile shared/a /\n").write("shared/a", "");
    repo.commit("first");
    let text = repo.rebake(["observe", "api", "--fix"]).failure(1).text();
    assert!(text.contains("to add to `api` by hand, since its patterns are no list that it alone has:"), "{text}");
    assert_eq!(std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), "x: &x\n  - api/**\napi: *x\n");
}

#[test]
fn lists_that_others_have_too_are_left_to_people() {
    let repo = repo();
    let left = |filters: &str| {
        repo.write("filters.yaml", filters);
        let said = repo.rebake(["check", "--observed", ".git/observed.json", "--fix"]).failure(1).text();
        assert!(said.contains("help: `--fix` does not: the patterns of `api` are no list that it alone has"), "{said}");
        assert_eq!(std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), filters);
    };
    left("defaults:\n  filters:\n    - api/**\nservices:\n  api: {path: api, run: make}\n");
    left("services:\n  api: {path: api, run: make}\n  web: {path: web, run: make}\ndefaults: {filters: [api/**]}\n");
    left(
        "services:\n  api: {path: api, run: make, filters: &x [api/**]}\n  web: {path: web, run: make, filters: *x}\n",
    );
    left("services:\n  api: &a\n    path: api\n    run: make\n  web:\n    <<: *a\n    path: web\n");
    left("services:\n  api: {path: api, run: make, filters: api/**}\n");
    repo.write("filters.yaml", "services:\n  api: {path: api, run: make, filters: [api/**]}\n  web: {path: web, run: make, filters: [web/**]}\n");
    repo.rebake(["check", "--observed", ".git/observed.json", "--fix"]).said();
    let mended = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    assert!(
        mended.contains("filters: [api/**, lib/x, shared/**]}\n  web: {path: web, run: make, filters: [web/**]}"),
        "{mended}"
    );
}

#[test]
fn services_that_are_not_built_are_refused() {
    let repo = repo();
    let refused = |service: &str| repo.rebake(["observe", service]).failure(2);
    refused("lib").stderr(snapbox::str![[r#"
error[no-build]: `lib` is a library, and is never built
 |
 = help: observe the services that depend on it

"#]]);
    assert!(String::from_utf8(refused("apo").stderr).unwrap().contains("did you mean `api`?"));
    repo.write("filters.yaml", "services:\n  api: {path: api}\n").commit("next");
    refused("api").stderr(snapbox::str![[r#"
error[no-build]: nobody knows how `api` is built: it has neither a Dockerfile nor `run`
 |
 = help: give it `run: COMMAND` in filters.yaml

"#]]);
}

/// Observes with another strace: a script.
#[cfg(target_os = "linux")]
fn with_strace(script: &str) -> Run {
    let repo = repo();
    repo.write(".git/programs/strace", format!("#!/bin/sh\n{script}\n")).chmod_x(".git/programs/strace");
    let paths = [repo.dir().join(".git/programs").to_str().unwrap(), "/usr/local/bin:/usr/bin:/bin"].join(":");
    repo.rebake(["observe", "api"]).env("PATH", paths).failure(2)
}

#[test]
#[cfg(target_os = "linux")]
fn a_tracer_that_sees_less_is_refused() {
    // Before version 5.6 it left out what it did not know, if a question mark said that it may.
    let old = r#"case "$*" in *[=,]openat2,*) echo "strace: invalid system call 'openat2'" >&2; exit 1;; esac"#;
    with_strace(old).stderr(snapbox::str![[r#"
error[tracer]: strace traces nothing here: strace: invalid system call 'openat2'
 |
 = help: it has to be of version 5.6 or later; a container needs `--cap-add SYS_PTRACE`, and the sysctl kernel.yama.ptrace_scope must not be 3

"#]]);
    // What it may not trace runs all the same.
    let forbidden = "echo 'strace: attach: Operation not permitted' >&2";
    with_strace(forbidden).stderr(snapbox::str![[r#"
error[tracer]: strace traces nothing here: strace: attach: Operation not permitted
 |
 = help: it has to be of version 5.6 or later; a container needs `--cap-add SYS_PTRACE`, and the sysctl kernel.yama.ptrace_scope must not be 3

"#]]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_missing_tracer_is_named() {
    let repo = repo();
    let git = repo.program("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
    let programs = repo.dir().join(".git/programs");
    std::fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(String::from_utf8(git).unwrap().trim(), programs.join("git")).unwrap();
    repo.rebake(["observe", "api"]).env("PATH", &programs).failure(2).stderr(snapbox::str![[r#"
error[tracer]: strace, which traces builds, is not installed
 |
 = help: install the package `strace`: `apt-get install strace`, `dnf install strace`, `apk add strace`

"#]]);
}
