//! Services that are derived from the repository's own files.

use snapbox::str;

use crate::on_github::{causes, plan, push};
use crate::repo::Repo;

const JSON: &[&str] = &["--format", "json"];
const DISCOVER: &[&str] = &["--format", "json", "--discover"];

/// A workspace of npm: `web` is built from `ui`, which stands in a circle with `icons`.
fn workspace() -> Repo {
    let repo = Repo::new();
    repo.write("package.json", r#"{"private": true, "workspaces": ["apps/*", "libs/**"]}"#)
        .write("package-lock.json", "{}")
        .write("apps/web/package.json", r#"{"name": "@acme/web", "dependencies": {"@acme/ui": "*"}}"#)
        .write("libs/ui/package.json", r#"{"name": "@acme/ui", "devDependencies": {"@acme/icons": "*"}}"#)
        .write("libs/ui/icons/package.json", r#"{"name": "@acme/icons", "peerDependencies": {"@acme/ui": "*"}}"#)
        .write("libs/log/package.json", r#"{"name": "@acme/log"}"#);
    repo
}

#[test]
fn a_repository_without_a_configuration_has_a_plan() {
    let repo = workspace();
    repo.commit("first");
    repo.write("libs/ui/icons/x.svg", "");
    repo.rebake(["plan", "--style", "sha"])
        .success()
        .stdout(str![[r#"
3c64836 with the work tree's changes: since the merge base with main
environment local

SERVICE     VERSION            WHY
acme/ui     sha-3c64836-dirty  libs/ui/icons/x.svg added, matches libs/ui/icons/**  libs/ui/package.json:1:57
acme/web    sha-3c64836-dirty  depends on acme/ui
acme/icons  sha-3c64836-dirty  libs/ui/icons/x.svg added, matches libs/ui/icons/**  libs/ui/icons/package.json:1:10

3 of 5 services to rebuild, in 2 levels.

"#]])
        .stderr(str![[r#"
note[derived]: services (5) and dependencies (3) are derived from package-lock.json (1), package.json (5), not read from filters.yaml

"#]]);
    repo.rebake(["why", "acme/log"]).success().stdout(str![[r#"
3c64836 with the work tree's changes: since the merge base with main

acme/log is not affected, and nothing that changed is near its patterns.

"#]]);
}

#[test]
fn packages_and_edges_that_are_gone_are_seen() {
    let repo = workspace();
    let first = repo.commit("first");
    repo.write("apps/web/package.json", r#"{"name": "@acme/web"}"#).remove("libs/log/package.json");
    repo.commit("second");
    let run = push(&repo, "main", first, DISCOVER).success();
    assert_eq!(
        causes(&run),
        ["root: file libs/log/package.json", "acme/web: file apps/web/package.json, dependency-removed acme/ui"]
    );
    assert_eq!(plan(&run)["removed"], serde_json::json!(["acme/log"]));
    // A package that comes later leaves those that hold it as they are.
    repo.write("libs/ui/new/package.json", r#"{"name": "new"}"#);
    let second = repo.id("HEAD");
    repo.commit("third");
    let run = push(&repo, "main", second, DISCOVER).success();
    assert_eq!(causes(&run), ["new: file libs/ui/new/package.json, new-service"]);
}

#[test]
fn in_ci_it_is_asked_for() {
    let repo = workspace();
    let first = repo.commit("first");
    repo.write("apps/web/x.js", "");
    let second = repo.commit("second");
    push(&repo, "main", first, JSON).failure(2).stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
 |
...
 = help: `--discover` derives services from the repository's own files, such as package.json

"#]]);
    assert_eq!(causes(&push(&repo, "main", first, DISCOVER).success()), ["acme/web: file apps/web/x.js"]);
    for args in [&["build", "--push"][..], &["release"]] {
        let said = repo.rebake(args).said();
        assert!(said.contains("error[no-config]") && said.contains("--discover"), "{args:?}: {said}");
    }
    // A configuration that goes away is not replaced in silence.
    repo.write("filters.yaml", "services:\n  web: {path: apps/web}\n");
    let configured = repo.commit("third");
    repo.remove("filters.yaml").commit("fourth");
    push(&repo, "main", configured, DISCOVER).failure(2).stderr(str![[r#"
note[derived]: services (5) and dependencies (3) are derived from package-lock.json (1), package.json (5), not read from filters.yaml
error[no-config]: base 2276864 has a configuration, and head has none
 |
 = help: restore it: in CI, services are not derived from other files in place of it

"#]]);
    assert_eq!(causes(&push(&repo, "main", second, DISCOVER).success()), [""; 0]);
}

#[test]
fn a_blobless_clone_fetches_all_manifests_at_once() {
    let origin = workspace();
    let first = origin.commit("first");
    origin.write("libs/ui/package.json", r#"{"name": "@acme/ui"}"#).commit("second");
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let clone = origin.clone_with(["--filter=blob:none", "--bare"]);
    let trace = clone.dir().join("trace");
    let push = || push(&clone, "main", first, DISCOVER).env("GIT_TRACE2_EVENT", &trace);
    let expected = [
        "acme/ui: file libs/ui/package.json, definition",
        "acme/web: dependency acme/ui",
        "acme/icons: definition, dependency acme/ui",
    ];
    assert_eq!(causes(&push().success()), expected);
    // The manifests of head, the lockfile and settings beside it, and the manifest that was another one at base.
    let is_fetch = |line: &&str| line.contains(r#""event":"start""#) && line.contains("negotiationAlgorithm=noop");
    let fetches = || std::fs::read_to_string(&trace).unwrap().lines().filter(is_fetch).count();
    let once = fetches();
    assert_eq!(once, 3);
    assert_eq!(causes(&push().success()), expected);
    assert_eq!(fetches(), once);
}

const CONFIG: &str = "\
workspaces: [npm]
services:
  web: {path: apps/web}
  proxy: {filters: [package.json], depends_on: [web]}
";

#[test]
fn a_configuration_asks_for_the_edges_of_manifests() {
    let repo = workspace();
    repo.write("filters.yaml", CONFIG);
    let first = repo.commit("first");
    repo.write("libs/ui/icons/x.svg", "");
    let second = repo.commit("second");
    let run = push(&repo, "main", first, JSON).success().stderr("");
    let expected = [
        "acme/ui: file libs/ui/icons/x.svg",
        "web: dependency acme/ui",
        "proxy: dependency web",
        "acme/icons: file libs/ui/icons/x.svg",
    ];
    assert_eq!(causes(&run), expected);
    let libraries = plan(&run);
    let libraries = libraries["services"].as_array().unwrap().iter().filter(|service| service["library"] == true);
    assert_eq!(libraries.count(), 2);
    // The lockfile is what the patterns say, and an edge that goes away is seen.
    repo.write("package-lock.json", "{ }").write("apps/web/package.json", r#"{"name": "@acme/web"}"#);
    let third = repo.commit("third");
    let run = push(&repo, "main", second, JSON).success();
    let expected = [
        "web: file apps/web/package.json, dependency-removed acme/ui",
        "proxy: dependency web",
        "root: file package-lock.json",
    ];
    assert_eq!(causes(&run), expected);
    // Without the key, the packages are gone.
    repo.write("filters.yaml", CONFIG.replace("workspaces: [npm]\n", "")).commit("fourth");
    let run = push(&repo, "main", third, JSON).success();
    assert_eq!(plan(&run)["removed"], serde_json::json!(["root", "acme/log", "acme/ui", "acme/icons"]));
}

#[test]
fn a_circle_with_an_edge_of_the_file_becomes_files() {
    let repo = workspace();
    repo.write(
        "filters.yaml",
        "workspaces: [npm]\nservices:\n  web: {path: apps/web}\n  ui: {path: libs/ui, depends_on: [web]}\n",
    );
    let first = repo.commit("first");
    repo.write("apps/web/x.js", "");
    let second = repo.commit("second");
    let run = push(&repo, "main", first, JSON).success().stderr("");
    let all = |path: &str| {
        let of = |service: &str, more: &str| format!("{service}: file {path}{more}");
        [of("web", ""), of("ui", ", dependency web"), of("acme/icons", "")]
    };
    assert_eq!(causes(&run), all("apps/web/x.js"));
    repo.write("libs/ui/x.js", "").commit("third");
    assert_eq!(causes(&push(&repo, "main", second, JSON).success().stderr("")), all("libs/ui/x.js"));
}

#[test]
fn a_package_that_loses_files_to_a_new_one_is_affected() {
    let repo = workspace();
    repo.write("package.json", r#"{"private": true, "workspaces": ["apps/**", "libs/**"]}"#);
    repo.write("apps/web/lib/x.js", "").commit("first");
    let added = |directory: &str| {
        repo.write(format!("{directory}/package.json"), r#"{"name": "added"}"#).commit(directory);
        causes(&repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success())
    };
    // A new directory takes nothing from the package above it.
    assert_eq!(added("apps/web/fresh"), ["added: file apps/web/fresh/package.json, new-service"]);
    assert!(added("apps/web/lib").contains(&"acme/web: definition".to_owned()));
}
