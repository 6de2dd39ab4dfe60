//! Which lockfiles, and which packages of these, are a service's.

use serde_json::{Value, json};

use super::{affected, causes, pnpm};
use crate::repo::Repo;

/// The messages of what a plan does not know.
fn degraded(repo: &Repo) -> Vec<String> {
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    let told = plan["degraded"].as_array().into_iter().flatten();
    told.map(|doubt| doubt["message"].as_str().unwrap_or_default().to_owned()).collect()
}

fn cargo(serde: &str) -> String {
    format!(
        "version = 4\n\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\ndependencies = [\"serde\"]\n\n[[package]]\nname = \"serde\"\nversion = \"{serde}\"\nsource = \"registry+https://r\"\n"
    )
}

#[test]
fn a_named_lockfile_has_the_package_of_the_path() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: crates/a, lockfile: Cargo.lock}\n");
    repo.write("crates/a/Cargo.toml", "[package]\nname = \"one\"\n").write("Cargo.lock", cargo("1.0.0"));
    repo.commit("first");
    repo.write("Cargo.lock", cargo("1.0.1")).commit("second");
    let found = causes(&repo, "--base HEAD~1");
    assert_eq!(found["a"][0]["packages"], json!([{"name": "serde", "from": "1.0.0", "to": "1.0.1"}]));
    repo.write("Cargo.lock", cargo("1.0.1").replace("version = 4", "version = 9")).commit("third");
    assert_eq!(causes(&repo, "--base HEAD~1")["a"][0]["whole"], "its version `9` is not known");
}

#[test]
fn a_named_package_is_found_by_its_directory_and_its_name() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  directory: {path: docker, lockfile: {package: a}}\n  name: {path: docker, lockfile: {package: '@x/a'}}\n  crate: {path: docker, lockfile: {package: crates/a}}\n  other: {path: docker, lockfile: {package: b}}\n",
    );
    repo.write("a/package.json", r#"{"name": "@x/a"}"#).write("b/package.json", r#"{"name": "b"}"#);
    repo.write("crates/a/Cargo.toml", "[package]\nname = \"one\"\n").write("Cargo.lock", cargo("1.0.0"));
    repo.write("docker/x", "").write("pnpm-lock.yaml", pnpm("18.2.0", "1.0.0")).commit("first");
    repo.write("pnpm-lock.yaml", pnpm("18.3.1", "1.0.0")).commit("second");
    assert_eq!(affected(&repo), ["directory", "name"]);
    assert_eq!(degraded(&repo), [""; 0]);
    repo.write("Cargo.lock", cargo("1.0.1")).commit("third");
    assert_eq!(affected(&repo), ["crate"]);
}

#[test]
fn a_named_package_or_lockfile_that_is_not_there_is_a_doubt() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: docker, lockfile: {package: apps/wbe}}\n");
    repo.write("docker/x", "").write("pnpm-lock.yaml", pnpm("18.2.0", "1.0.0")).commit("first");
    repo.write("pnpm-lock.yaml", pnpm("18.3.1", "1.0.0")).commit("second");
    assert_eq!(causes(&repo, "--base HEAD~1")["a"][0]["whole"], "it has no package `apps/wbe`");
    repo.write("filters.yaml", "services:\n  a: {path: docker, lockfile: {file: none/pnpm-lock.yaml, package: a}}\n");
    repo.commit("third");
    repo.write("pnpm-lock.yaml", pnpm("18.2.0", "1.0.0")).commit("fourth");
    assert_eq!(degraded(&repo), ["`none/pnpm-lock.yaml` is not there, so what `a` gets by it is not known"]);
}

#[test]
fn a_lockfile_hides_none_above() {
    let npm = |root: &str, version: &str| {
        format!(
            r#"{{"name": "r", "lockfileVersion": 3, "packages": {{{root}"node_modules/x": {{"version": "{version}"}}}}}}"#
        )
    };
    let workspace = r#""": {"name": "r", "workspaces": ["a"]}, "a": {"dependencies": {"x": "1"}}, "node_modules/a": {"resolved": "a", "link": true}, "#;
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n").write("a/package.json", "{}");
    for (number, stale) in
        [npm(r#""": {"name": "a", "dependencies": {"x": "1"}}, "#, "1.0.0"), npm("", "1.0.0"), "{".to_owned()]
            .into_iter()
            .enumerate()
    {
        repo.write("a/package-lock.json", stale).write("package-lock.json", npm(workspace, &format!("1.{number}.1")));
        repo.commit("first");
        repo.write("package-lock.json", npm(workspace, &format!("1.{number}.2"))).commit("second");
        let found = causes(&repo, "--base HEAD~1");
        assert_eq!(found["a"][0]["packages"][0]["name"], "x", "{number}: {found}");
    }
}

/// The work is that of the lockfile, whatever the number of services.
#[test]
fn lockfiles_and_settings_alone_are_read() {
    let origin = Repo::new();
    let lock = |version: &str| {
        let importer = |number: usize| {
            format!(
                "\n  s{number}:\n    dependencies:\n      p{number}:\n        specifier: ^1\n        version: 1.0.0\n"
            )
        };
        let package = |number: usize| {
            let next = if number % 100 == 99 { number } else { number + 1 };
            format!("\n  p{number}@1.0.0:\n    dependencies:\n      p{next}: 1.0.0\n      x: {version}\n")
        };
        let importers: String = (0..300).map(importer).collect();
        let snapshots: String = (0..10_000).map(package).collect();
        format!("lockfileVersion: '9.0'\n\nimporters:\n{importers}\nsnapshots:\n\n  x@{version}: {{}}\n{snapshots}")
    };
    let services: Vec<String> = (0..300).map(|number| format!("  s{number}: {{path: s{number}}}\n")).collect();
    origin.write("filters.yaml", format!("defaults: {{lockfile: auto}}\nservices:\n{}", services.concat()));
    for number in 0..300 {
        origin.write(format!("s{number}/package.json"), format!("{{\"name\": \"s{number}\"}}"));
    }
    origin.write("package.json", "{}").write("pnpm-lock.yaml", lock("1.0.0"));
    assert!(lock("1.0.0").lines().count() > 50_000);
    let first = origin.commit("first");
    origin.write("pnpm-lock.yaml", lock("1.0.1")).commit("second");
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let clone = origin.clone_with(["--filter=blob:none", "--bare"]);
    let base = first.to_string();
    let run = clone.rebake(["plan", "--base", &base, "--head", "HEAD", "--fetch", "--format", "json"]).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((plan["services"].as_array().unwrap().len(), &plan["degraded"]), (300, &json!([])));
    let objects = clone.git(["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", "--unordered"]);
    // filters.yaml, package.json, and the lockfile at both commits.
    assert_eq!(objects.lines().filter(|kind| *kind == "blob").count(), 4);
}

#[test]
fn several_packages_of_a_name_are_a_doubt() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n");
    let twice = |version: &str| cargo(version) + "\n[[package]]\nname = \"one\"\nversion = \"0.2.0\"\n";
    repo.write("a/Cargo.toml", "[package]\nname = \"one\"\n").write("Cargo.lock", twice("1.0.0")).commit("first");
    repo.write("Cargo.lock", twice("1.0.1")).commit("second");
    assert_eq!(causes(&repo, "--base HEAD~1")["a"][0]["whole"], "it has several packages `one`");
}
