//! `rebake why`: whole answers.

use rebake::model::name::CommitId;
use serde_json::Value;
use snapbox::str;

use crate::repo::Repo;

const CONFIG: &str = "\
global: [rust-toolchain.toml]
unowned: [docs/**]
services:
  base: { path: services/base }
  api:
    filters: [\"services/api/**\", \"!**/*.md\", \"services/api/KEEP.md\"]
    depends_on: [base]
  web: { path: services/web, depends_on: [api], global: false }
";

/// A repository with a first commit, and the range from there.
fn repo() -> (Repo, CommitId) {
    let repo = Repo::new();
    let base = repo.write("filters.yaml", CONFIG).write("services/base/a", "").commit("first");
    (repo, base)
}

#[test]
fn each_cause_with_its_pattern_and_place_and_where_a_chain_begins() {
    let (repo, base) = repo();
    repo.write("services/base/a", "1").write("services/web/new", "").write("rust-toolchain.toml", "").commit("second");
    let base = base.to_string();
    repo.rebake(["why", "web", "--base", &base])
        .success()
        .stdout(str![[r#"
0b5efd3..7698525 and the work tree: since the merge base with 0b5efd37d528429de46fdd1ed1d01799f83c49a5

web is affected:
  services/web/new added, matches services/web/**  filters.yaml:8:16
  depends on api
  api, where the chain begins:
    global: rust-toolchain.toml added  filters.yaml:1:10
    depends on base

"#]])
        .stderr("");
    repo.rebake(["why", "services/base", "--base", &base]).success().stdout(str![[r#"
0b5efd3..7698525 and the work tree: since the merge base with 0b5efd37d528429de46fdd1ed1d01799f83c49a5

base is affected:
  services/base/a modified, matches services/base/**  filters.yaml:4:17
  global: rust-toolchain.toml added  filters.yaml:1:10

"#]]);
}

#[test]
fn what_came_nearest_is_told_of_a_service_that_is_not_affected() {
    let (repo, base) = repo();
    repo.write("services/api/README.md", "").write("other/a", "").commit("second");
    repo.rebake(["why", "api", "--base", &base.to_string()]).success().stdout(str![[r#"
0b5efd3..45c4a26 and the work tree: since the merge base with 0b5efd37d528429de46fdd1ed1d01799f83c49a5

api is not affected. What came nearest:
  services/api/README.md: matched by services/api/** (filters.yaml:6:15), then excluded by !**/*.md (filters.yaml:6:34)

"#]]);
    repo.rebake(["why", "web", "--base", &base.to_string()]).success().stdout(str![[r#"
0b5efd3..45c4a26 and the work tree: since the merge base with 0b5efd37d528429de46fdd1ed1d01799f83c49a5

web is not affected, and nothing that changed is near its patterns.

"#]]);
    repo.write("services/Web/a", "").write("services/web2/a", "").commit("third");
    repo.rebake(["why", "web", "--base", "HEAD~1"]).success().stdout(str![[r#"
45c4a26..56d7a9e and the work tree: since the merge base with HEAD~1

web is not affected. What came nearest:
  services/Web/a: begins with services/Web/, as services/web/** (filters.yaml:8:16) does
  services/web2/a: begins with services/web, as services/web/** (filters.yaml:8:16) does

"#]]);
    repo.write("docs/a", "").commit("fourth");
    repo.rebake(["why", "web", "--base", "HEAD~1"]).success().stdout(str![[r#"
56d7a9e..2ce037d and the work tree: since the merge base with HEAD~1

web is not affected, and nothing that changed is near its patterns.

"#]]);
}

#[test]
fn the_last_pattern_that_takes_back_and_the_nearest_path_are_told_first() {
    let repo = Repo::new();
    let config = "unowned: ['**']\nservices:\n  api: { path: services/api, filters: ['services/api/**', '!**/*.md', '!services/api/docs/**'] }\n  src: { path: services/src }\n";
    repo.write("filters.yaml", config).write("services/src/a", "").write("services/api/a", "").commit("first");
    repo.write("services/api/docs/a.md", "").commit("second");
    repo.rebake(["why", "api", "--base", "HEAD~1"]).success().stdout(str![[r#"
9c25fcb..98ba302 and the work tree: since the merge base with HEAD~1

api is not affected. What came nearest:
  services/api/docs/a.md: matched by services/api/** (filters.yaml:3:40), then excluded by !services/api/docs/** (filters.yaml:3:71)

"#]]);
    repo.write("services/sr", "").write("services/srcs", "").commit("third");
    repo.rebake(["why", "src", "--base", "HEAD~1"]).success().stdout(str![[r#"
98ba302..70f586d and the work tree: since the merge base with HEAD~1

src is not affected. What came nearest:
  services/srcs: begins with services/src, as services/src/** (filters.yaml:4:16) does
  services/sr: begins with services/sr, as services/src/** (filters.yaml:4:16) does

"#]]);
}

#[test]
fn a_flat_file_has_misses_of_its_own() {
    let repo = Repo::new();
    repo.write("filters.yaml", "src:\n  - added: src/**\ncode:\n  - src/**\n  - '!**/*.md'\n").commit("first");
    repo.write("src/a.md", "").commit("second");
    repo.write("src/a.md", "1").commit("third");
    repo.rebake(["why", "src", "--base", "HEAD~1"]).success().stdout(str![[r"
30ebf18..e426b62 and the work tree: since the merge base with HEAD~1

src is not affected. What came nearest:
  src/a.md: matched by src/** (filters.yaml:2:12), which looks at another status

"]]);
    repo.rebake(["why", "code", "--base", "HEAD~1", "--quantifier", "every"]).success().stdout(str![[r"
30ebf18..e426b62 and the work tree: since the merge base with HEAD~1

code is not affected. What came nearest:
  src/a.md: matched by src/** (filters.yaml:4:5), but not by !**/*.md (filters.yaml:5:5), and every rule must

"]]);
    repo.rebake(["why", "code", "--base", "HEAD~1", "--quantifier", "some-with-excludes"]).success().stdout(str![[r"
30ebf18..e426b62 and the work tree: since the merge base with HEAD~1

code is not affected. What came nearest:
  src/a.md: matched by src/** (filters.yaml:4:5), then excluded by !**/*.md (filters.yaml:5:5)

"]]);
}

#[test]
fn a_path_reaches_services_whether_it_is_there_or_not() {
    let (repo, _) = repo();
    repo.rebake(["why", "--file", "services/base/nothing/here"]).success().stdout(str![[r#"
services/base/nothing/here reaches:
  base:
    services/base/nothing/here matches services/base/**  filters.yaml:4:17
  api:
    depends on base
  web:
    depends on api, which depends on base

"#]]);
    repo.rebake(["why", "--file", "./nothing"]).dir("services/base").success().stdout(str![[r#"
services/base/nothing reaches:
  base:
    services/base/nothing matches services/base/**  filters.yaml:4:17
  api:
    depends on base
  web:
    depends on api, which depends on base

"#]]);
    repo.rebake(["why", "--file", "rust-toolchain.toml"]).success().stdout(str![[r"
rust-toolchain.toml reaches:
  base:
    global: rust-toolchain.toml  filters.yaml:1:10
  api:
    global: rust-toolchain.toml  filters.yaml:1:10
    depends on base
  web:
    depends on api

"]]);
    repo.rebake(["why", "--file", "docs/a"]).success().stdout(str![[r#"
docs/a reaches no service, and need not: `unowned` has docs/** (filters.yaml:2:11).

"#]]);
    repo.rebake(["why", "--file", "a\u{1b}[31m\n"]).success().stdout(str![[r"
a/x1b[31m/n reaches no service.

"]]);
    repo.write("filters.yaml", "new:\n  - added|deleted: src/**\n");
    repo.rebake(["why", "--file", "src/a"]).success().stdout(str![[r#"
src/a reaches:
  new when added or deleted:
    src/a matches src/**  filters.yaml:2:20

"#]]);
}

#[test]
fn services_with_equal_causes_share_a_heading() {
    let repo = Repo::new();
    let config = "\
global: [go.mod]
services:
  lib: { path: lib }
  api: { path: api, depends_on: [lib] }
  docs: { path: docs }
  web: { path: web, depends_on: [lib] }
";
    repo.write("filters.yaml", config).commit("1");
    repo.rebake(["why", "--file", "go.mod"]).success().stdout(str![[r#"
go.mod reaches:
  lib, docs:
    global: go.mod  filters.yaml:1:10
  api, web:
    global: go.mod  filters.yaml:1:10
    depends on lib

"#]]);
    let json = repo.rebake(["why", "--file", "go.mod", "--format", "json"]).success().text();
    assert_eq!(json.matches(r#""service": "#).count(), 4, "{json}");
}

#[test]
fn a_path_that_a_pattern_takes_back_is_not_unmatched_and_is_explained() {
    let repo = Repo::new();
    let config = "\
services:
  api: { path: api, exclude: ['**/*.md'] }
  web: { filters: ['web/**', '!web/docs/**'] }
  all: { filters: ['{api,web}/**/*.txt'] }
";
    let base =
        repo.write("filters.yaml", config).write("api/a", "").write("web/a", "").write("web/a.txt", "").commit("1");
    repo.write("api/README.md", "").write("web/docs/x", "").commit("2");
    let plan = ["plan", "--base", &base.to_string()];
    let quiet = repo.rebake([&plan[..], &["--unmatched", "error", "--format", "json"]].concat()).success().stderr("");
    let quiet: Value = serde_json::from_slice(&quiet.stdout).unwrap();
    assert_eq!((&quiet["unmatched"], &quiet["services"]), (&serde_json::json!([]), &serde_json::json!([])));
    repo.rebake(["why", "--file", "api/README.md"]).success().stderr("").stdout(str![[r#"
api/README.md reaches no service.
It does not reach:
  api: matched by api/** (filters.yaml:2:16), then excluded by **/*.md of `exclude` (filters.yaml:2:31)

"#]]);
    repo.rebake(["why", "--file", "web/docs/x.txt"]).success().stderr("").stdout(str![[r#"
web/docs/x.txt reaches:
  all:
    web/docs/x.txt matches {api,web}/**/*.txt  filters.yaml:4:20
It does not reach:
  web: matched by web/** (filters.yaml:3:20), then excluded by !web/docs/** (filters.yaml:3:30)

"#]]);
    repo.rebake(["why", "api", "--base", "HEAD~1"]).success().stderr("").stdout(str![[r#"
1b9ca7a..2871a39 and the work tree: since the merge base with HEAD~1

api is not affected. What came nearest:
  api/README.md: matched by api/** (filters.yaml:2:16), then excluded by **/*.md of `exclude` (filters.yaml:2:31)

"#]]);
    let json = repo.rebake(["why", "--file", "api/README.md", "--format", "json"]).success();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let expected = serde_json::json!([{
        "service": "api", "how": "exclude",
        "by": {"pattern": "api/**", "at": "filters.yaml:2:16"},
        "back": {"pattern": "**/*.md", "at": "filters.yaml:2:31"},
    }]);
    assert_eq!(json["taken_back"], expected);
    // What no service's patterns are about is still told, with what to do.
    repo.write("README.md", "").commit("3");
    repo.rebake(plan).success().stderr(str![[r#"
warning[unmatched]: 1 changed path matches no filter: README.md
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
}

#[test]
fn programs_read_json() {
    let (repo, base) = repo();
    repo.write("services/api/README.md", "").write("services/web/new", "").commit("second");
    let json = |args: &[&str]| -> Value {
        let run = repo.rebake([&["why", "--format", "json"], args].concat()).success();
        serde_json::from_slice(&run.stdout).unwrap()
    };
    let base = base.to_string();
    let web = json(&["web", "--base", &base]);
    assert_eq!(web["range"]["base"], base);
    assert_eq!(web["services"][0]["affected"], true);
    assert_eq!(web["services"][0]["causes"][0]["pattern"], "services/web/**");
    let api = json(&["api", "--base", &base]);
    let expected = serde_json::json!({"service": "api", "affected": false, "causes": [], "misses": [{
        "kind": "taken-back", "path": "services/api/README.md",
        "by": {"pattern": "services/api/**", "at": "filters.yaml:6:15"},
        "back": {"pattern": "**/*.md", "at": "filters.yaml:6:34"},
        "how": "negated",
    }]});
    assert_eq!(api["services"][0], expected);
    let reached = json(&["--file", "services/base/a"]);
    let names: Vec<&str> =
        reached["services"].as_array().unwrap().iter().map(|s| s["service"].as_str().unwrap()).collect();
    assert_eq!(names, ["base", "api", "web"]);
    assert_eq!(reached["services"][2]["causes"][0]["chain"], serde_json::json!(["api", "base"]));
}

#[test]
fn a_saved_plan_answers_too() {
    let (repo, base) = repo();
    repo.write("services/base/a", "1").commit("second");
    let plan = repo.rebake(["plan", "--base", &base.to_string(), "--dead", "allow", "--format", "json"]).success();
    repo.write("plan.json", &plan.stdout);
    repo.rebake(["why", "web", "--plan", "plan.json"]).success().stdout(str![[r#"
0b5efd3..84fd89f and the work tree: since the merge base with 0b5efd37d528429de46fdd1ed1d01799f83c49a5

web is affected:
  depends on api, which depends on base
  base, where the chain begins:
    services/base/a modified, matches services/base/**  filters.yaml:4:17

"#]]);
    repo.rebake(["why", "wed", "--plan", "plan.json"]).failure(2).stderr(str![[r"
error[unknown-service]: there is no service `wed`
 |
 = help: did you mean `web`?

"]]);
}

#[test]
fn a_service_that_is_not_there_is_a_mistake() {
    let (repo, _) = repo();
    repo.rebake(["why", "apy"]).failure(2).stdout("").stderr(str![[r"
error[unknown-service]: there is no service `apy`
 |
 = help: did you mean `api`?

"]]);
    repo.rebake(["why"]).failure(2);
    repo.rebake(["why", "api", "--file", "x"]).failure(2);
}
