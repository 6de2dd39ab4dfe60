//! Settings beside a lockfile of which it is not known what packages get by it, now or before.

use serde_json::json;

use super::{affected, causes, fingerprints, repo};
use crate::repo::Repo;

#[test]
fn settings_beside_a_lockfile_in_doubt_count() {
    let repo = Repo::new();
    let manifest = |x: u8| format!(r#"{{"name": "r", "workspaces": ["a"], "overrides": {{"x": "{x}"}}}}"#);
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n").write("a/package.json", "{}");
    repo.write("bun.lockb", "binary").write("package.json", manifest(1)).commit("first");
    let before = fingerprints(&repo);
    repo.write("package.json", manifest(2)).commit("second");
    let of = json!([{"kind": "lockfile", "path": "bun.lockb", "keys": ["package.json: overrides"], "whole": "it is binary"}]);
    assert_eq!(causes(&repo, "--base HEAD~1")["a"], of);
    assert_ne!(before, fingerprints(&repo));
    repo.write("package.json", manifest(2).replace('{', "{ ")).commit("third");
    assert_eq!(affected(&repo), [""; 0]);
}

#[test]
fn given_settings_do_not_tell_what_was_before() {
    let repo = repo();
    repo.write("list", "package.json\n");
    let found = causes(&repo, "--changed list");
    let whole = |service: &str| found[service][0]["whole"].clone();
    assert_eq!([whole("a"), whole("b")], ["what it was before is not known"; 2]);
    assert_eq!(found["go"], json!(null));
    repo.write("list", "go/package.json\n");
    assert_eq!(causes(&repo, "--changed list")["a"], json!(null));
}
