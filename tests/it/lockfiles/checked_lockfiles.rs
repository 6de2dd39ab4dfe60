//! What `rebake check` says of lockfiles, and what counts as a file that belongs to a service.

use serde_json::json;

use super::{causes, pnpm, repo};
use crate::repo::Repo;

const ALL: &str = "defaults: {lockfile: auto}\nservices:\n  a: {path: a}\n  b: {path: b}\n";

fn says(repo: &Repo) -> (String, String) {
    let run = repo.rebake(["check"]).success();
    (run.text(), String::from_utf8(run.stderr).unwrap())
}

#[test]
fn a_lockfile_that_is_read_belongs_to_a_service() {
    let repo = repo();
    repo.write("filters.yaml", ALL).write(".npmrc", "").write("go/main.go", "");
    repo.write("go/package-lock.json", "{}").write("go/.npmrc", "").commit("second");
    let (found, said) = says(&repo);
    assert!(found.contains("4 tracked files belong to nothing: `go/**`, `package.json`\n"), "{found}");
    assert_eq!(said, "");
    repo.write("filters.yaml", ALL.replace("auto", "whole")).commit("third");
    let (found, _) = says(&repo);
    assert!(found.contains("belong to nothing: `.npmrc`, `go/**`, `package.json`, `pnpm-lock.yaml`\n"), "{found}");
}

#[test]
fn a_lockfile_that_cannot_be_read_is_said() {
    let repo = repo();
    repo.write("filters.yaml", ALL);
    for (lockfile, why) in [
        ("<<<<<<< HEAD\nlockfileVersion: '9.0'\n=======\n>>>>>>> x\n", "it has conflict markers"),
        ("lockfileVersion: '77'\n", "its version `77` is not known"),
        ("lockfileVersion: '9.0'\nimporters: {a: [\n", "it cannot be read"),
    ] {
        repo.write("pnpm-lock.yaml", lockfile);
        let (found, said) = says(&repo);
        assert!(
            said.contains(&format!("warning[unread-lockfile]: `pnpm-lock.yaml` counts as a whole: {why}")),
            "{said}"
        );
        assert!(said.contains("--> filters.yaml:1:22") && said.contains("any change of it affects `a`, `b`"), "{said}");
        assert!(found.contains("1 part could not be checked"), "{found}");
    }
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: none/pnpm-lock.yaml}\n");
    let (_, said) = says(&repo);
    assert!(said.contains("there is no `none/pnpm-lock.yaml`, so what `a` gets by it is not known"), "{said}");
}

/// Wherever a lockfile is cut off, it is said, as long as something that a service gets is behind that.
#[test]
fn a_lockfile_that_is_cut_off_is_said() {
    let repo = repo();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n");
    let whole = pnpm("18.2.0", "1.0.0");
    let last = whole.find("  react@18.2.0: {}").unwrap();
    for (at, _) in whole.match_indices('\n').filter(|(at, _)| *at < last) {
        repo.write("pnpm-lock.yaml", &whole[..=at]);
        let (found, said) = says(&repo);
        assert!(said.contains("warning[unread-lockfile]: `pnpm-lock.yaml` "), "{}\n{said}", &whole[..=at]);
        assert!(found.contains("1 part could not be checked"), "{found}");
    }
    for (cut, why) in [
        ("  b:\n", "`pnpm-lock.yaml` lacks `next`, which `a` gets: it is cut off or out of date"),
        ("  a:\n", "`pnpm-lock.yaml` has no package of `a`: it is cut off, out of date, or another workspace's"),
    ] {
        repo.write("pnpm-lock.yaml", whole.split(cut).next().unwrap());
        assert!(says(&repo).1.contains(why), "{}", says(&repo).1);
    }
}

#[test]
fn settings_that_affect_a_service_are_matched() {
    let repo = repo();
    repo.write(".npmrc", "a=b").commit("second");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
    let plan: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(plan["unmatched"], json!([]));
}

#[test]
fn settings_of_each_package_manager_count_where_it_looks_for_them() {
    let cargo = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let poetry = "package = []\n[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\n";
    let uv = "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\nsource = { editable = \".\" }\n";
    let named = "name = \"a\"\nversion = \"1.0.0\"\n";
    for (manifest, lockfile, settings, key) in [
        (
            ("Cargo.toml", format!("[package]\n{named}")),
            ("Cargo.lock", cargo),
            ".cargo/config.toml",
            "../.cargo/config.toml",
        ),
        (("pyproject.toml", format!("[project]\n{named}")), ("uv.lock", uv), "uv.toml", "../uv.toml"),
        (("pyproject.toml", format!("[project]\n{named}")), ("uv.lock", uv), "a/.python-version", ".python-version"),
        (("pyproject.toml", format!("[project]\n{named}")), ("poetry.lock", poetry), "a/poetry.toml", "poetry.toml"),
    ] {
        let repo = Repo::new();
        repo.write("filters.yaml", "services: {a: {path: a, lockfile: auto, filters: [a/src/**]}}\n")
            .write("a/src/x", "");
        repo.write(format!("a/{}", manifest.0), manifest.1)
            .write(format!("a/{}", lockfile.0), lockfile.1)
            .commit("first");
        repo.write(settings, "# other\n").commit("second");
        let of = json!([{"kind": "lockfile", "path": format!("a/{}", lockfile.0), "keys": [key]}]);
        assert_eq!(causes(&repo, "--base HEAD~1")["a"], of, "{settings}");
    }
}
