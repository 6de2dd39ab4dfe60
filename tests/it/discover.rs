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
        .write("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {}}}"#)
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
38e3fdb and the work tree: since the merge base with main
environment local

SERVICE         VERSION            WHY
acme/ui-circle  library            libs/ui/icons/x.svg added, matches libs/ui/icons/**  libs/ui/icons/package.json:1:10
acme/ui         sha-38e3fdb-dirty  depends on acme/ui-circle
acme/web        sha-38e3fdb-dirty  depends on acme/ui, which depends on acme/ui-circle
acme/icons      sha-38e3fdb-dirty  libs/ui/icons/x.svg added, matches libs/ui/icons/**  libs/ui/icons/package.json:1:10
                                   depends on acme/ui-circle

3 of 6 services to rebuild, in 2 levels; 1 more is a library, which is no job.

"#]])
        .stderr(str![[r#"
note[derived]: services (5) and dependencies (3) are derived from package-lock.json (1), package.json (5), not read from filters.yaml

"#]]);
    repo.rebake(["why", "acme/log"]).success().stdout(str![[r#"
38e3fdb and the work tree: since the merge base with main

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
fn a_lockfile_affects_what_gets_something_else_by_it() {
    let repo = Repo::new();
    let lockfile = |lodash: &str| {
        let packages = [
            r#""": {"workspaces": ["*"]}"#.to_owned(),
            r#""web": {"dependencies": {"lodash": "*"}}, "node_modules/web": {"link": true, "resolved": "web"}"#
                .to_owned(),
            r#""api": {"dependencies": {"ms": "*"}}, "node_modules/api": {"link": true, "resolved": "api"}"#.to_owned(),
            format!(r#""node_modules/lodash": {{"version": "{lodash}"}}, "node_modules/ms": {{"version": "2.1.3"}}"#),
        ];
        format!(r#"{{"lockfileVersion": 3, "packages": {{{}}}}}"#, packages.join(", "))
    };
    repo.write("package.json", r#"{"workspaces": ["*"]}"#)
        .write("package-lock.json", lockfile("4.17.20"))
        .write("web/package.json", r#"{"name": "web", "dependencies": {"lodash": "*"}}"#)
        .write("api/package.json", r#"{"name": "api", "dependencies": {"ms": "*"}}"#)
        .write("image/Dockerfile", "FROM node\nCOPY . .\n")
        .write("compose.yaml", "services: {image: {build: {context: ., dockerfile: image/Dockerfile}}}\n")
        .commit("first");
    repo.write("package-lock.json", lockfile("4.17.21")).commit("second");
    let causes = causes(&repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success());
    // An image of the whole workspace gets all that the lockfile locks.
    assert_eq!(causes, ["image: file package-lock.json", "web: lockfile package-lock.json"]);
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
 = help: `rebake init --write` writes a filters.yaml of what these declare

"#]]);
    assert_eq!(causes(&push(&repo, "main", first, DISCOVER).success()), ["acme/web: file apps/web/x.js"]);
    for args in [&["build", "--push"][..], &["release"]] {
        let said = repo.rebake(args).said();
        assert!(said.contains("error[no-config]") && said.contains("--discover"), "{args:?}: {said}");
    }
    // A configuration that goes away is not replaced in silence.
    repo.write("filters.yaml", "services:\n  web: {path: apps/web}\n");
    let configured = repo.commit("third");
    repo.write("apps/web/y.js", "").commit("a change beside it");
    let run = push(&repo, "main", configured, DISCOVER).success();
    assert_eq!(causes(&run), ["acme/web: file apps/web/y.js"]);
    repo.remove("filters.yaml").remove("apps/web/y.js").commit("fourth");
    push(&repo, "main", configured, DISCOVER).failure(2).stderr(str![[r#"
note[derived]: services (5) and dependencies (3) are derived from package-lock.json (1), package.json (5), not read from filters.yaml
error[no-config]: base 4037e55 has a configuration, and head has none
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
        "acme/ui: file libs/ui/package.json, dependency-removed acme/ui-circle",
        "acme/web: dependency acme/ui",
        "acme/icons: definition, dependency-removed acme/ui-circle, dependency acme/ui",
    ];
    assert_eq!(causes(&push().success()), expected);
    // The manifests of head, the manifest that was another one at base, and the lockfile.
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
        "acme/ui-circle: file libs/ui/icons/x.svg",
        "acme/ui: dependency acme/ui-circle",
        "web: dependency acme/ui",
        "proxy: dependency web",
        "acme/icons: file libs/ui/icons/x.svg, dependency acme/ui-circle",
    ];
    assert_eq!(causes(&run), expected);
    let libraries = plan(&run);
    let libraries = libraries["services"].as_array().unwrap().iter().filter(|service| service["library"] == true);
    assert_eq!(libraries.count(), 3);
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
    assert_eq!(
        plan(&run)["removed"],
        serde_json::json!(["root", "acme/log", "acme/ui", "acme/icons", "acme/ui-circle"])
    );
}

#[test]
fn a_configuration_outside_of_the_repository_asks_for_them_too() {
    let repo = workspace();
    let first = repo.commit("first");
    repo.write("libs/ui/icons/x.svg", "");
    let second = repo.commit("second");
    repo.write("apps/web/package.json", r#"{"name": "@acme/web"}"#);
    let third = repo.commit("third");
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("filters.yaml");
    std::fs::write(&file, CONFIG).unwrap();
    let file = file.to_str().unwrap();
    let causes = |base: &str, head: &str| {
        causes(
            &repo.rebake(["plan", "-c", file, "--direct", "--base", base, "--head", head, "--format=json"]).success(),
        )
    };
    let [first, second, third] = [first, second, third].map(|commit| commit.to_string());
    assert_eq!(causes(&first, &second)[2..4], ["web: dependency acme/ui", "proxy: dependency web"]);
    let expected = ["web: file apps/web/package.json, dependency-removed acme/ui", "proxy: dependency web"];
    assert_eq!(causes(&second, &third), expected);
    let fingerprint = |at| repo.rebake(["fingerprint", "-c", file, "web", "--at", at]).success().text();
    assert_ne!(fingerprint(&first), fingerprint(&second));
    // `check` knows what the workspace declares: nothing is unlisted (R005).
    let found = repo.rebake(["check", "-c", file]).success().text();
    assert!(found.contains("[R006]") && !found.contains("[R005]"), "{found}");
}

#[test]
fn a_circle_may_have_an_edge_of_the_file() {
    let repo = workspace();
    repo.write(
        "filters.yaml",
        "workspaces: [npm]\nservices:\n  web: {path: apps/web}\n  ui: {path: libs/ui, depends_on: [web]}\n",
    );
    let first = repo.commit("first");
    repo.write("apps/web/x.js", "");
    let second = repo.commit("second");
    let run = push(&repo, "main", first, JSON).success().stderr("");
    let expected = [
        "web-circle: file apps/web/x.js",
        "web: file apps/web/x.js, dependency web-circle",
        "ui: dependency web",
        "acme/icons: dependency web-circle",
    ];
    assert_eq!(causes(&run), expected);
    repo.write("libs/ui/x.js", "").commit("third");
    let expected = [
        "web-circle: file libs/ui/x.js",
        "web: dependency web-circle",
        "ui: file libs/ui/x.js, dependency web-circle",
        "acme/icons: dependency web-circle",
    ];
    assert_eq!(causes(&push(&repo, "main", second, JSON).success().stderr("")), expected);
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

#[test]
fn a_library_that_has_another_name_here_loses_files_under_that_name() {
    let repo = workspace();
    repo.write("package.json", r#"{"private": true, "workspaces": ["apps/**", "libs/**"]}"#)
        .write("filters.yaml", "workspaces: [npm]\nservices:\n  acme/web: {path: tools}\n")
        .write("tools/x", "")
        .write("apps/web/lib/x.js", "")
        .commit("first");
    repo.write("apps/web/lib/package.json", r#"{"name": "added"}"#).commit("second");
    let causes = causes(&repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success());
    assert_eq!(causes, ["added: file apps/web/lib/package.json, new-service", "apps/web: definition"]);
}

#[test]
fn what_cannot_be_read_is_said_where_nothing_is_found() {
    let repo = Repo::new();
    repo.write("package.json", "").commit("first");
    repo.rebake(["plan"]).failure(2).stderr(str![[r#"
warning[unreadable-source]: `package.json` cannot be read, so nothing that it declares is known
 --> package.json:1:1
  |
1 |
  | ^ EOF while parsing a value at line 1 column 0
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
...
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
}

#[test]
fn what_was_discovered_and_has_no_files_is_a_warning() {
    let repo = workspace();
    let config = "workspaces: [npm]\ndefaults: {exclude: [libs/log/**]}\nservices:\n  web: {path: apps/web}\n";
    repo.write("filters.yaml", config).commit("first");
    repo.rebake(["plan"]).success().stderr(str![[r#"
warning[dead-filter]: the patterns of `acme/log` match no tracked file, so nothing can ever affect it
 --> libs/log/package.json:1:10
  |
1 | {"name": "@acme/log"}
  |          ^^^^^^^^^^^ matches nothing
  |
  = help: it was discovered: see what `exclude` takes away; with `--dead allow` this is not said

"#]]);
    repo.rebake(["plan", "--dead", "error"]).failure(2);
    repo.write("filters.yaml", format!("{config}  log: {{path: libs/log}}\n"));
    repo.rebake(["plan"]).failure(2);
}

#[test]
fn git_looks_at_the_work_tree_once() {
    let repo = workspace();
    repo.write("filters.yaml", CONFIG).commit("first");
    repo.write("libs/ui/x.js", "");
    let trace = repo.dir().join(".git/trace");
    repo.rebake(["plan", "--format", "names"]).env("GIT_TRACE2_EVENT", &trace).success().stdout("web\nproxy\n");
    let trace = std::fs::read_to_string(trace).unwrap();
    let is_status = |line: &&str| line.contains(r#""event":"start""#) && line.contains(r#""status","--porcelain"#);
    assert_eq!(trace.lines().filter(is_status).count(), 1);
}

#[test]
fn a_circle_is_released_by_its_packages() {
    let repo = workspace();
    repo.git(["config", "user.name", "x"]);
    repo.git(["config", "user.email", "x@example.invalid"]);
    repo.commit("feat: first");
    repo.rebake(["release", "--discover", "--yes"]).success();
    repo.write("libs/ui/icons/x.svg", "").commit("feat: second");
    repo.rebake(["release", "--discover"]).success().stdout(str![[r#"
SERVICE     CURRENT  NEXT   WHY
acme/ui     0.1.0    0.2.0  minor, by its commits
    minor    266fe17 feat: second
acme/web    0.1.0    0.1.1  built from acme/ui
acme/icons  0.1.0    0.2.0  minor, by its commits
    minor    266fe17 feat: second
root        0.1.0    -      no commit touches it since root@0.1.0
acme/log    0.1.0    -      no commit touches it since libs/log@0.1.0

3 tags to make, libs/ui@0.2.0, apps/web@0.1.1, libs/ui/icons@0.2.0: `--yes` makes them, `--push` sends them.

"#]]);
}

/// What affects a service of a circle affects the others, as an edge would have it: also its Dockerfile, what that copies
/// from elsewhere, its settings, and that it is asked for.
#[test]
fn a_circle_shares_what_affects_its_services() {
    let repo = Repo::new();
    let config = |value: &str| {
        format!(
            "workspaces: [npm]\nservices:\n  a: {{path: a, dockerfile: /docker/a.Dockerfile, context: /, \
             build_args: {{V: '{value}'}}}}\n  b: {{path: b}}\n  c: {{path: c}}\n"
        )
    };
    let package = |name: &str, needs: &str| format!("{{\"name\": \"{name}\", \"dependencies\": {{{needs}}}}}");
    repo.write("package.json", "{\"name\": \"root\", \"workspaces\": [\"a\", \"b\", \"c\"]}");
    repo.write("a/package.json", package("a", "\"b\": \"*\"")).write("b/package.json", package("b", "\"a\": \"*\""));
    repo.write("c/package.json", package("c", "")).write("filters.yaml", config("1"));
    repo.write("docker/a.Dockerfile", "FROM scratch\nCOPY shared /\n").write("shared/f", "1");
    repo.commit("first");
    let planned = |more: &[&str]| {
        let names = repo.rebake([&["plan", "--base", "HEAD", "--format", "names"], more].concat()).success().text();
        names.lines().collect::<Vec<_>>().join(" ")
    };
    let print = || repo.rebake(["fingerprint", "b"]).success().text();
    let before = print();
    assert_eq!(planned(&[]), "");
    assert_eq!(planned(&["--force", "a"]), "a b");
    for (path, text, back) in [
        ("docker/a.Dockerfile", "FROM scratch\nCOPY shared /x\n", "FROM scratch\nCOPY shared /\n"),
        ("shared/f", "2", "1"),
        ("filters.yaml", &config("2"), &config("1")),
    ] {
        repo.write(path, text);
        assert_eq!(planned(&[]), "a b", "{path}");
        repo.commit(path);
        assert_ne!(print(), before, "{path}");
        repo.write(path, back).commit("back");
    }
}
