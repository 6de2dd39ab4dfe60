//! Files of the repository that packages get by lockfiles.

use super::{affected, fingerprints};
use crate::repo::Repo;

/// Changes a file, and returns whether that affects the only service and its fingerprint.
fn counts(repo: &Repo, path: &str) -> [bool; 2] {
    let before = fingerprints(repo);
    repo.write(path, "changed").commit("next");
    [!affected(repo).is_empty(), fingerprints(repo) != before]
}

#[test]
fn directories_that_npm_links_are_inputs() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  web: {path: web, lockfile: auto}\n").write("web/package.json", "{}");
    repo.write("lib/package.json", "{}").write("lib/index.js", "").write("other/index.js", "");
    repo.write(
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["web"]}, "web": {"dependencies": {"lib": "file:../lib"}}, "lib": {}, "node_modules/lib": {"resolved": "lib", "link": true}, "node_modules/web": {"resolved": "web", "link": true}}}"#,
    );
    repo.commit("first");
    assert_eq!(counts(&repo, "lib/index.js"), [true; 2]);
    assert_eq!(counts(&repo, "other/index.js"), [false; 2]);
}

/// A path is a range without a protocol, too.
#[test]
fn directories_that_packages_name_by_their_path_are_inputs() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  web: {path: web, lockfile: auto}\n").write("web/package.json", "{}");
    repo.write("lib/package.json", "{}").write("lib/index.js", "").write("other/index.js", "");
    repo.write(
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["web"]}, "web": {"dependencies": {"lib": "../lib"}}, "lib": {}, "node_modules/lib": {"resolved": "lib", "link": true}, "node_modules/web": {"resolved": "web", "link": true}}}"#,
    );
    repo.commit("first");
    assert_eq!(counts(&repo, "lib/index.js"), [true; 2]);
    assert_eq!(counts(&repo, "other/index.js"), [false; 2]);
}

#[test]
fn directories_that_yarn_1_takes_are_inputs() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n");
    repo.write("package.json", r#"{"workspaces": ["a"]}"#);
    repo.write(
        "a/package.json",
        r#"{"name": "a", "dependencies": {"l": "file:../vendor/l", "m": "link:../vendor/m"}}"#,
    );
    repo.write("vendor/l/package.json", r#"{"name": "l"}"#).write("vendor/m/package.json", r#"{"name": "m"}"#);
    repo.write("vendor/l/x", "").write("vendor/m/x", "");
    repo.write(
        "yarn.lock",
        "# yarn lockfile v1\n\n\n\"l@file:vendor/l\":\n  version \"1.0.0\"\n\n\"m@link:vendor/m\":\n  version \"0.0.0\"\n  uid \"\"\n",
    );
    repo.commit("first");
    assert_eq!(counts(&repo, "vendor/l/x"), [true; 2]);
    assert_eq!(counts(&repo, "vendor/m/x"), [true; 2]);
}

#[test]
fn a_source_below_the_path_is_an_input_that_the_filters_do_not_cover() {
    let repo = Repo::new();
    let lock = "version = 1\n\n[manifest]\nmembers = [\"a\"]\n\n[[package]]\nname = \"a\"\nsource = { editable = \"a\" }\ndependencies = [{ name = \"lib\" }]\n\n[[package]]\nname = \"lib\"\nsource = { directory = \"a/vendor/lib\" }\n";
    repo.write("filters.yaml", "services:\n  a: {path: a, filters: [a/src/**], lockfile: auto}\n");
    repo.write("a/src/x", "").write("a/vendor/lib/x", "").write("a/doc", "").write("uv.lock", lock).commit("first");
    assert_eq!(counts(&repo, "a/vendor/lib/x"), [true; 2]);
    assert_eq!(counts(&repo, "a/doc"), [false; 2]);
}

#[test]
fn a_patch_that_bun_applies_is_an_input() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n").write("a/package.json", "{}");
    repo.write("patches/x.patch", "").write("patches/y.patch", "");
    repo.write(
        "bun.lock",
        r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "r"}, "a": {"name": "a", "dependencies": {"x": "1"}}}, "patchedDependencies": {"x@1.0.0": "patches/x.patch"}, "packages": {"a": ["a@workspace:a"], "x": ["x@1.0.0", "", {}, "sha512-x"]}}"#,
    );
    repo.commit("first");
    assert_eq!(counts(&repo, "patches/x.patch"), [true; 2]);
    assert_eq!(counts(&repo, "patches/y.patch"), [false; 2]);
}

#[test]
fn an_uncommitted_manifest_of_yarn_1_is_uncommitted_content() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n");
    repo.write("package.json", r#"{"workspaces": ["a", "b"]}"#);
    repo.write("a/package.json", r#"{"name": "a", "dependencies": {"b": "*"}}"#);
    repo.write("b/package.json", r#"{"name": "b"}"#);
    repo.write("yarn.lock", "# yarn lockfile v1\n\n\nx@^1:\n  version \"1.0.0\"\n").commit("first");
    repo.write("b/package.json", r#"{"name": "b", "dependencies": {"x": "^1"}}"#);
    let print = repo.rebake(["fingerprint", "a"]).success().text();
    assert!(print.ends_with("-dirty\n"), "{print}");
}

#[test]
fn scoped_resolutions_of_yarn_1_count() {
    let repo = Repo::new();
    let lock = |version: &str| {
        format!(
            "# yarn lockfile v1\n\n\nb@^1:\n  version \"1.0.0\"\n\nb@^2:\n  version \"{version}\"\n\nfoo@^1:\n  version \"1.0.0\"\n  dependencies:\n    b \"^1\"\n"
        )
    };
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n");
    repo.write("package.json", r#"{"workspaces": ["a", "o"], "resolutions": {"foo/**/b": "^2"}}"#);
    repo.write("a/package.json", r#"{"name": "a", "dependencies": {"foo": "^1"}}"#);
    repo.write("o/package.json", r#"{"name": "o", "dependencies": {"b": "^1"}}"#);
    repo.write("yarn.lock", lock("2.0.0")).commit("first");
    repo.write("yarn.lock", lock("2.0.1")).commit("second");
    assert_eq!(affected(&repo), ["a"]);
}

#[test]
fn scoped_resolutions_of_later_yarns_count() {
    let repo = Repo::new();
    let lock = |version: &str| {
        format!(
            "__metadata:\n  version: 8\n\n\"a@workspace:a\":\n  resolution: \"a@workspace:a\"\n  dependencies:\n    foo: \"npm:^1\"\n\n\"b@npm:^1\":\n  version: 1.0.0\n  resolution: \"b@npm:1.0.0\"\n\n\"b@npm:^2\":\n  version: {version}\n  resolution: \"b@npm:{version}\"\n\n\"foo@npm:^1\":\n  version: 1.0.0\n  resolution: \"foo@npm:1.0.0\"\n  dependencies:\n    b: \"npm:^1\"\n\n\"o@workspace:o\":\n  resolution: \"o@workspace:o\"\n  dependencies:\n    b: \"npm:^1\"\n    c: \"npm:^1\"\n"
        )
    };
    repo.write("filters.yaml", "services:\n  a: {path: a, lockfile: auto}\n").write("a/package.json", "{}");
    repo.write("package.json", r#"{"workspaces": ["a", "o"], "resolutions": {"foo@npm:^1/b@npm:^1": "^2"}}"#);
    repo.write("yarn.lock", lock("2.0.0")).commit("first");
    repo.write("yarn.lock", lock("2.0.1")).commit("second");
    assert_eq!(affected(&repo), ["a"]);
}
