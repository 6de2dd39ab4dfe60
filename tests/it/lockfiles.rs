//! Lockfiles with `lockfile: auto`: a service is affected by what its package gets, and by nothing else.

mod checked_lockfiles;
mod local_inputs;
mod lookup;
mod random_closures;
mod unknown_before;

use serde_json::{Value, json};

use crate::repo::Repo;

const CONFIG: &str = "defaults: {lockfile: auto}\nservices:\n  a: {path: a, filters: [a/**, '*.yaml']}\n  b: {path: b}\n  go: {path: go}\n  all: {path: go, filters: ['**']}\n";

fn pnpm(react: &str, tool: &str) -> String {
    format!(
        "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .: {{}}\n\n  a:\n    dependencies:\n      next:\n        specifier: ^1\n        version: 1.0.0\n\n  b:\n    devDependencies:\n      tool:\n        specifier: ^1\n        version: {tool}\n\npackages:\n\n  next@1.0.0:\n    resolution: {{integrity: sha512-n}}\n\n  react@{react}:\n    resolution: {{integrity: sha512-r}}\n\n  tool@{tool}:\n    resolution: {{integrity: sha512-t}}\n\nsnapshots:\n\n  next@1.0.0:\n    dependencies:\n      react: {react}\n\n  react@{react}: {{}}\n\n  tool@{tool}: {{}}\n"
    )
}

fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG)
        .write("a/package.json", "{}")
        .write("b/package.json", "{}")
        .write("go/main.go", "");
    repo.write("package.json", r#"{"name": "r", "private": true}"#).write("pnpm-lock.yaml", pnpm("18.2.0", "1.0.0"));
    repo.commit("first");
    repo
}

/// The causes of each planned service by its name.
fn causes(repo: &Repo, args: &str) -> Value {
    let run = repo.rebake(format!("plan --format json {args}").split(' ')).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    let services = plan["services"].as_array().unwrap().iter();
    services.map(|service| (service["service"].as_str().unwrap().to_owned(), service["causes"].clone())).collect()
}

fn affected(repo: &Repo) -> Vec<String> {
    causes(repo, "--base HEAD~1").as_object().unwrap().keys().cloned().collect()
}

fn fingerprints(repo: &Repo) -> Vec<String> {
    repo.rebake(["fingerprint", "--at", "HEAD"]).success().text().lines().map(str::to_owned).collect()
}

/// A registry holds images under these names: another text for the same content needs another scheme.
#[test]
fn fingerprints_stay_what_they_are() {
    let found = fingerprints(&repo());
    let expected = [
        "a    fp2-e7infegjjrwff5574etrxs6rin",
        "b    fp2-l5ntnzvwt3fn3k2u2usnb4ilpn",
        "go   fp2-kinnkibvkiyw55skrfvoecyncr",
        "all  fp2-d4473y5crysj2hxcrw2kunn5ab",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_bump_affects_what_gets_the_package() {
    let repo = repo();
    let before = fingerprints(&repo);
    repo.write("pnpm-lock.yaml", pnpm("18.3.1", "1.0.0")).commit("second");
    let package = json!([{"name": "react", "from": "18.2.0", "to": "18.3.1", "via": "next"}]);
    let of_a = json!([{"kind": "lockfile", "path": "pnpm-lock.yaml", "packages": package}]);
    let of_all = json!([{
        "kind": "file", "path": "pnpm-lock.yaml", "status": "modified", "pattern": "**", "at": "filters.yaml:6:29",
    }]);
    assert_eq!(causes(&repo, "--base HEAD~1"), json!({"a": of_a, "all": of_all}));
    let sentence = "pnpm-lock.yaml: react 18.2.0 to 18.3.1 (via next)";
    for args in [
        &["plan", "--base", "HEAD~1"][..],
        &["plan", "--base", "HEAD~1", "--format", "markdown"],
        &["why", "a", "--base", "HEAD~1"],
    ] {
        let text = repo.rebake(args).success().text();
        assert!(text.contains(sentence), "{text}");
    }
    let why = repo.rebake(["why", "b", "--base", "HEAD~1"]).success().text();
    assert!(why.contains("b is not affected"), "{why}");
    let differ: Vec<bool> = before.iter().zip(fingerprints(&repo)).map(|(before, after)| *before != after).collect();
    assert_eq!(differ, [true, false, false, true]);
    let diff = repo.rebake(["fingerprint", "--diff", "HEAD~1", "HEAD", "a"]).success().text();
    assert_eq!(diff, "- package react 18.2.0\n+ package react 18.3.1\n");
    let explained = repo.rebake(["fingerprint", "a", "--explain", "--at", "HEAD"]).success().text();
    assert!(explained.contains("\n  package react 18.3.1\n") && explained.contains("\n  closure "), "{explained}");
}

#[test]
fn packages_of_the_workspace_and_other_sources_are_told() {
    let repo = repo();
    let with_b = pnpm("18.2.0", "1.0.0").replace(
        "  a:\n    dependencies:\n",
        "  a:\n    dependencies:\n      b:\n        specifier: workspace:*\n        version: link:../b\n",
    );
    for (lock, sentence) in [
        (with_b.clone(), "pnpm-lock.yaml: b added, tool 1.0.0 added (via b)"),
        (with_b.replace("sha512-t", "sha512-u"), "pnpm-lock.yaml: tool 1.0.0 from another source (via b)"),
    ] {
        repo.write("pnpm-lock.yaml", lock).commit("next");
        let text = repo.rebake(["why", "a", "--base", "HEAD~1"]).success().text();
        assert!(text.contains(sentence), "{text}");
    }
}

#[test]
fn what_nobody_gets_affects_nobody_and_is_matched() {
    let repo = repo();
    let text = pnpm("18.2.0", "1.0.0").replace("snapshots:\n", "snapshots:\n\n  orphan@1.0.0: {}\n");
    repo.write("filters.yaml", CONFIG.lines().filter(|line| !line.contains("all:")).collect::<Vec<_>>().join("\n"));
    repo.commit("no all");
    repo.write("pnpm-lock.yaml", text).commit("second");
    assert_eq!(affected(&repo), [""; 0]);
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(plan["unmatched"], json!([]));
    let why = repo.rebake(["why", "a", "--base", "HEAD~1"]).success().text();
    assert!(why.contains("but its package gets by it what it got before"), "{why}");
}

#[test]
fn what_counts_for_all_affects_all() {
    let repo = repo();
    repo.write("package.json", r#"{"name": "r", "private": true, "pnpm": {"overrides": {"x": "1"}}}"#).commit("second");
    let of = json!([{"kind": "lockfile", "path": "pnpm-lock.yaml", "keys": ["package.json: pnpm"]}]);
    let found = causes(&repo, "--base HEAD~1");
    assert_eq!([&found["a"], &found["b"], &found["go"]], [&of, &of, &Value::Null]);
    repo.write("package.json", r#"{"name": "r", "private": true, "pnpm": {"overrides": {"x": "1"}}, "scripts": {}}"#);
    repo.commit("third");
    assert_eq!(affected(&repo), ["all"]);
}

#[test]
fn doubt_is_the_whole_file() {
    let repo = repo();
    for (text, why) in [
        (pnpm("18.2.0", "1.0.0").replace("'9.0'", "'99.0'"), "its version `99.0` is not known"),
        (pnpm("18.2.0", "1.0.0") + "<<<<<<< HEAD\n", "it has conflict markers"),
        ("lockfileVersion: '9.0'\nimporters: [\n".to_owned(), "it cannot be read ("),
    ] {
        repo.write("pnpm-lock.yaml", text).commit("next");
        let found = causes(&repo, "--base HEAD~1");
        let whole = found["b"][0]["whole"].as_str().unwrap_or_default();
        assert!(whole.contains(why) && found["go"] == Value::Null, "{found}");
        let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
        let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(plan["degraded"][0]["kind"], "lockfile", "{plan}");
    }
}

#[test]
fn a_pattern_that_names_it_keeps_the_whole_file() {
    let repo = repo();
    repo.write("filters.yaml", CONFIG.replace("b: {path: b}", "b: {path: b, filters: [b/**, pnpm-lock.yaml]}"));
    repo.commit("named");
    repo.write("pnpm-lock.yaml", pnpm("18.3.1", "1.0.0")).commit("bump");
    assert_eq!(affected(&repo), ["a", "all", "b"]);
}

#[test]
fn two_lockfiles_with_the_package_count_both() {
    let repo = repo();
    let own = |more: &str| {
        format!(
            r#"{{"lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"x": "1"}}}}, "node_modules/x": {{"version": "1.0.0"}}{more}}}}}"#
        )
    };
    repo.write("b/package-lock.json", own("")).commit("own");
    assert_eq!(affected(&repo), ["all", "b"]);
    repo.write("b/package-lock.json", own(r#", "node_modules/y": {"version": "1.0.0"}"#)).commit("unused");
    assert_eq!(affected(&repo), ["all"]);
    repo.write("pnpm-lock.yaml", pnpm("18.2.0", "2.0.0")).commit("shared");
    assert_eq!(affected(&repo), ["all", "b"]);
}

#[test]
fn a_local_source_is_an_input() {
    let repo = Repo::new();
    let lock = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[manifest]\nmembers = [\"a\", \"b\"]\n\n[[package]]\nname = \"a\"\nsource = { editable = \"a\" }\ndependencies = [{ name = \"lib\" }]\n\n[[package]]\nname = \"b\"\nsource = { editable = \"b\" }\n\n[[package]]\nname = \"lib\"\nversion = \"0.1\"\nsource = { directory = \"vendor/lib\" }\n";
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n  b: {path: b, lockfile: uv.lock}\n");
    repo.write("a/x", "").write("b/x", "").write("vendor/lib/x.py", "").write("uv.lock", lock).commit("first");
    let before = fingerprints(&repo);
    repo.write("vendor/lib/x.py", "1").commit("second");
    assert_eq!(affected(&repo), ["a"]);
    let differ: Vec<bool> = before.iter().zip(fingerprints(&repo)).map(|(before, after)| *before != after).collect();
    assert_eq!(differ, [true, false]);
}

#[test]
fn crates_are_found_by_the_names_of_their_manifests() {
    let repo = Repo::new();
    let lock = |version: &str| {
        format!(
            "version = 4\n\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\ndependencies = [\"serde\"]\n\n[[package]]\nname = \"two\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"serde\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
        )
    };
    repo.write("filters.yaml", "defaults: {lockfile: auto}\nservices:\n  a: {path: crates/a}\n  b: {path: crates/b}\n");
    repo.write("crates/a/Cargo.toml", "[package]\nname = \"one\"\n")
        .write("crates/b/Cargo.toml", "[package]\nname = \"two\"\n");
    repo.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n")
        .write("Cargo.lock", lock("1.0.0"))
        .commit("first");
    repo.write("Cargo.lock", lock("1.0.1")).commit("second");
    assert_eq!(affected(&repo), ["a"]);
    repo.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n").commit("third");
    assert_eq!(affected(&repo), ["a", "b"]);
}

#[test]
fn yarn_1_takes_the_manifests() {
    let repo = Repo::new();
    let lock = |version: &str| format!("# yarn lockfile v1\n\n\nx@^1.0.0:\n  version \"{version}\"\n");
    repo.write(
        "filters.yaml",
        "defaults: {lockfile: auto}\nservices:\n  a: {path: a}\n  b: {path: b}\n  c: {path: c}\n",
    );
    repo.write("package.json", r#"{"workspaces": ["a", "b", "c"]}"#).write("yarn.lock", lock("1.0.0"));
    repo.write("a/package.json", r#"{"name": "a", "dependencies": {"x": "^1.0.0"}}"#);
    repo.write("b/package.json", r#"{"name": "b", "dependencies": {"a": "*"}}"#)
        .write("c/package.json", r#"{"name": "c"}"#);
    repo.commit("first");
    repo.write("yarn.lock", lock("1.0.1")).commit("second");
    assert_eq!(affected(&repo), ["a", "b"]);
    // With another manifest the same file says something else, in one run.
    repo.write("a/package.json", r#"{"name": "a"}"#).commit("third");
    let found = causes(&repo, "--base HEAD~1");
    assert_eq!(found["b"][0]["packages"], json!([{"name": "x", "from": "1.0.1", "via": "a"}]));
}

#[test]
fn the_work_tree_counts() {
    let repo = repo();
    repo.write("pnpm-lock.yaml", pnpm("18.2.0", "2.0.0"));
    let found = causes(&repo, "--base HEAD");
    assert_eq!(found["b"][0]["packages"], json!([{"name": "tool", "from": "1.0.0", "to": "2.0.0"}]));
    let print = repo.rebake(["fingerprint", "b"]).success().text();
    assert!(print.ends_with("-dirty\n"), "{print}");
    let print = repo.rebake(["fingerprint", "go"]).success().text();
    assert!(!print.contains("-dirty"), "{print}");
}

#[test]
fn development_may_not_count() {
    let repo = repo();
    repo.write("filters.yaml", CONFIG.replace("b: {path: b}", "b: {path: b, lockfile: {dev: false}}")).commit("dev");
    repo.write("pnpm-lock.yaml", pnpm("18.2.0", "2.0.0")).commit("bump");
    assert_eq!(affected(&repo), ["all"]);
    repo.write("filters.yaml", CONFIG.replace("b: {path: b}", "b: {path: b, lockfile: {dev: true, package: a}}"));
    assert_eq!(causes(&repo, "--base HEAD")["b"][0]["keys"], json!(["lockfile"]));
}

#[test]
fn given_paths_do_not_tell_what_was_before() {
    let repo = repo();
    repo.write("list", "pnpm-lock.yaml\n");
    let found = causes(&repo, "--changed list");
    assert_eq!(found["b"][0]["whole"], "what it was before is not known");
}

#[test]
fn a_wrong_key_says_what_is_right() {
    let repo = repo();
    for (value, said) in
        [("true", "names no lockfile"), ("../x", "leads out of the repository"), ("{fil: x}", "unknown key `fil`")]
    {
        repo.write("filters.yaml", format!("services:\n  a: {{path: a, lockfile: {value}}}\n"));
        let text = repo.rebake(["plan"]).said();
        assert!(text.contains(said), "{text}");
    }
}
