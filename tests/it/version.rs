//! `rebake version`: what services are called, whole outputs.

use snapbox::str;

use crate::repo::Repo;

const CONFIG: &str = "\
services:
  api: {path: services/api}
  web: {path: web, style: next}
  docs: {path: docs, tag: 'docs-v{{version}}'}
";

/// `api` at 1.0.9 and two commits behind it, one of which touches it; `web` released at HEAD; `docs` never.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("services/api/a", "1").write("web/w", "1").write("docs/d", "1");
    repo.commit("Begin");
    repo.annotated_tag("services/api@1.0.9");
    repo.write("services/api/a", "2").commit("fix: a");
    repo.write("web/w", "2").commit("feat: w");
    repo.tag("web@0.2.0");
    repo
}

#[test]
fn every_format() {
    let repo = repo();
    repo.rebake(["version"]).success().stderr("").stdout(str![[r#"
SERVICE  VERSION             RELEASE
api      1.0.9-0002-73feb32  2 commits since services/api@1.0.9
web      0.2.0               web@0.2.0
docs     0.0.0-0003-73feb32  none in 3 commits

"#]]);
    repo.rebake(["version", "api", "web", "--format", "json"]).success().stdout(str![[r#"
{
  "services": [
    {
      "service": "api",
      "version": "1.0.9-0002-73feb32",
      "described": {
        "tag": "services/api@1.0.9",
        "distance": 2,
        "commit": "73feb3207c1ba25cfeadf39fa7da62057d10a03f"
      }
    },
    {
      "service": "web",
      "version": "0.2.0",
      "described": {
        "tag": "web@0.2.0",
        "distance": 0,
        "commit": "73feb3207c1ba25cfeadf39fa7da62057d10a03f"
      }
    }
  ]
}

"#]]);
    repo.rebake(["version", "--format", "env"]).success().stdout(str![[r#"
API_VERSION=1.0.9-0002-73feb32
WEB_VERSION=0.2.0
DOCS_VERSION=0.0.0-0003-73feb32

"#]]);
    repo.rebake(["version", "--format", "plain", "services/api"]).success().stdout(str![[r#"
1.0.9-0002-73feb32

"#]]);
    repo.rebake(["version", "web", "docs", "--format", "plain"]).success().stdout(str![[r#"
0.2.0
0.0.0-0003-73feb32

"#]]);
}

#[test]
fn the_number_counts_commits_or_those_that_touch_the_service() {
    let repo = repo();
    let plain = |args: &[&str]| repo.rebake([&["version", "--format", "plain"], args].concat()).success();
    plain(&["--count", "paths", "--style", "describe"]).stdout(str![[r#"
1.0.9-1-g73feb32
0.2.0
0.0.0-1-g73feb32

"#]]);
    plain(&["--count", "commits", "--style", "describe"]).stdout(str![[r#"
1.0.9-2-g73feb32
0.2.0
0.0.0-3-g73feb32

"#]]);
    plain(&["--count", "paths", "--at", "HEAD~1", "web"]).stdout(str![[r#"
0.0.1-dev.1.g5447838

"#]]);
    repo.write("filters.yaml", CONFIG.replace("api}", "api, count: paths}").replace("web,", "web, count: paths,"));
    repo.commit("Count by paths");
    // Nothing touched `web` since its release: that is still not the release itself.
    plain(&[]).stdout(str![[r#"
1.0.9-0001-3caf741
0.2.1-dev.0.g3caf741
0.0.0-0004-3caf741

"#]]);
    repo.rebake(["plan", "--all", "--format", "matrix", "--fields", "service,version"]).success().stdout(str![[r#"
{"include":[{"service":"api","version":"1.0.9-0001-3caf741"},{"service":"web","version":"0.2.1-dev.0.g3caf741"},{"service":"docs","version":"0.0.0-0004-3caf741"}]}

"#]]);
}

/// The definition, checked with git: first-parent changes of all commits that the release does not lead to.
#[test]
fn a_merge_counts_for_what_it_brings_in() {
    let repo = repo();
    repo.branch("side").checkout("side").write("services/api/b", "1").commit("feat: b");
    repo.write("web/x", "1").commit("feat: x");
    repo.checkout("main").write("docs/e", "1").commit("docs: e");
    repo.merge(["side"]);
    let since = repo.git(["rev-list", "services/api@1.0.9..HEAD"]);
    let first_parent = |commit: &&str| [format!("{commit}^1"), (*commit).to_owned()];
    let diff = |[before, after]: [String; 2]| repo.git(["diff-tree", &before, &after, "--", "services/api"]);
    assert_eq!(since.lines().count(), 6);
    assert_eq!(since.lines().filter(|commit| !diff(first_parent(commit)).is_empty()).count(), 3);
    let plain = |args: &[&str]| repo.rebake([&["version", "api", "--format", "plain"], args].concat()).success();
    plain(&["--count", "paths"]).stdout(str![[r#"
1.0.9-0003-f6cdeb9

"#]]);
    plain(&["--count", "paths", "--first-parent"]).stdout(str![[r#"
1.0.9-0002-f6cdeb9

"#]]);
    plain(&["--first-parent"]).stdout(str![[r#"
1.0.9-0004-f6cdeb9

"#]]);
}

#[test]
fn revision_style_and_digits_are_chosen() {
    let repo = repo();
    let plain = |args: &[&str]| repo.rebake([&["version", "--format", "plain"], args].concat());
    plain(&["api", "--at", "HEAD~2"]).success().stdout(str![[r#"
1.0.9

"#]]);
    plain(&["--style", "sha", "--abbrev", "12", "api"]).success().stdout(str![[r#"
sha-73feb3207c1b

"#]]);
    plain(&["--style", "release", "web"]).success().stdout(str![[r#"
0.2.0

"#]]);
    plain(&["--style", "release", "api"]).failure(2).stdout("").stderr(str![[r#"
error[version]: the version of `api` cannot be told: commit 73feb32 carries no release tag of the service: it is 2 commits behind 1.0.9
 |
 = help: check out the tag, make a release with `rebake release`, or use another `--style`

"#]]);
    plain(&["apj"]).failure(2).stdout("").stderr(str![[r#"
error[unknown-service]: there is no service `apj`
 |
 = help: did you mean `api`?

"#]]);
    plain(&["--at", "nowhere"]).failure(3).stdout("").stderr(str![[r#"
error[git]: there is no branch, tag or commit `nowhere`
 |
 = help: fetch it (`git fetch origin NAME`), or see `git branch --all` and `git tag` for what there is

"#]]);
}

#[test]
fn the_environment_has_a_say_in_the_style() {
    let repo = repo();
    let environments = "environments:\n  production: {on: tag, version: release}\n  other: {on: push, version: sha}\n";
    repo.write("filters.yaml", [CONFIG, environments].concat());
    let plain = |args: &[&str]| repo.rebake([&["version", "--format", "plain"], args].concat());
    plain(&["--environment", "other"]).success().stdout(str![[r#"
sha-73feb32
0.2.0
sha-73feb32

"#]]);
    // None of them is for somebody at a keyboard.
    plain(&["api"]).success().stdout(str![[r#"
1.0.9-0002-73feb32

"#]]);
    plain(&["--environment", "prod"]).failure(2).stderr(str![[r#"
error[unknown-environment]: there is no environment `prod`
 |
 = help: the environments are `production`, `other`

"#]]);
}

#[test]
fn dirty_is_said_of_the_service_whose_files_are() {
    let repo = repo();
    repo.write("services/api/new", "");
    let plain = |args: &[&str]| repo.rebake([&["version", "--format", "plain"], args].concat()).success();
    plain(&[]).stdout(str![[r#"
1.0.9-0002-73feb32
0.2.0
0.0.0-0003-73feb32

"#]]);
    plain(&["--dirty"]).stdout(str![[r#"
1.0.9-0002-73feb32-dirty
0.2.0
0.0.0-0003-73feb32

"#]]);
    plain(&["--dirty", "--at", "HEAD"]).stdout(str![[r#"
1.0.9-0002-73feb32
0.2.0
0.0.0-0003-73feb32

"#]]);
}

#[test]
fn two_services_cannot_be_one_variable() {
    let repo = Repo::new();
    repo.write("filters.yaml", "a.b: a/**\na-b: b/**\n").commit("Begin");
    repo.rebake(["version", "--format", "env"]).failure(2).stdout("").stderr(str![[r#"
error[format]: `a.b` and `a-b` would both be the variable A_B_VERSION
 |
 = help: ask for one of them, or for `--format json`

"#]]);
    repo.rebake(["version", "--format", "env", "a.b"]).success().stdout(str![[r#"
A_B_VERSION=0.0.0-0001-b39800d

"#]]);
}

#[test]
fn a_shallow_clone_never_lies() {
    let shallow = repo().clone_shallow(1);
    shallow.rebake(["version", "api"]).failure(3).stdout("").stderr(str![[r#"
error[version]: the version of `api` cannot be told: this clone is too shallow to count the commits from the last release to 73feb32
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere; or use `--style sha`

"#]]);
    shallow.rebake(["version", "api", "--style", "sha", "--format", "plain"]).success().stdout(str![[r#"
sha-73feb32

"#]]);
    shallow.rebake(["version", "api", "--count", "paths"]).failure(3).stdout("");
}

#[test]
fn a_shallow_clone_is_deepened_until_the_version_is_certain() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api}}\n").write("api/a", "1").commit("first");
    repo.tag("api@1.0.0");
    for commit in ["second", "third", "fourth"] {
        repo.write("api/a", commit).commit(commit);
    }
    let clone = repo.clone_shallow(1);
    clone.rebake(["version", "--format", "plain"]).failure(3).stdout("");
    clone
        .rebake(["version", "--format", "plain", "--fetch", "--style", "describe"])
        .success()
        .stdout(format!("1.0.0-3-g{}\n", repo.id("HEAD").short(7)));
}
