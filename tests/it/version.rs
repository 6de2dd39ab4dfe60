//! `rebake version`: what services are called, whole outputs.

use snapbox::str;

use crate::plan::capstone;
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

/// Images with the version as the tag: of all services that have one, or of those that are named.
#[test]
fn images_have_the_version_as_their_tag() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  api: {path: api, image: 'ghcr.io/acme/{{name}}'}\n  web: {path: web, image: acme/web}\n  lib: {path: lib}\n",
    );
    repo.write("api/a", "").write("web/w", "").write("lib/l", "").commit("first");
    repo.tag("api@1.0.9+b5");
    repo.rebake(["version", "--format", "image", "--style", "describe"]).success().stderr("").stdout(str![[r#"
ghcr.io/acme/api:1.0.9_b5
acme/web:0.0.0-1-g6ca6d7d

"#]]);
    repo.rebake(["version", "web", "--format", "image"]).success().stderr("").stdout(str![[r#"
acme/web:0.0.0-0001-6ca6d7d

"#]]);
    repo.rebake(["version", "lib", "--format", "image"]).failure(2).stdout("").stderr(str![[r#"
error[no-image]: `lib` has no image
 |
 = help: set `image` in filters.yaml

"#]]);
}

/// The tasks of the capstone, run in the folder of a service at its release.
#[test]
fn the_tasks_of_the_capstone_say_what_a_service_is_called() {
    const FILE: &str = "examples/capstone/.github/utils/Taskfile.yaml";
    let tasks: serde_json::Value = serde_yaml::from_str(&crate::source::read(FILE)).unwrap();
    let repo = capstone();
    repo.checkout("services/go/api-golang@1.0.9");
    let short = &repo.id("HEAD").to_string()[..7];
    let said = |task: &str| {
        let command = tasks["tasks"][task]["cmds"][0].as_str().unwrap();
        let args = command.strip_prefix("rebake ").unwrap().split(' ');
        let folder = repo.dir().join("services/go/api-golang");
        repo.rebake(["-C", folder.to_str().unwrap()].into_iter().chain(args)).success().text().trim().to_owned()
    };
    assert_eq!(said("generate-version"), "1.0.9");
    assert_eq!(said("generate-version-extended"), format!("1.0.9-0000-{short}"));
    assert_eq!(said("generate-version-tag"), "ghcr.io/acme/api-golang:1.0.9");
    assert_eq!(said("generate-version-tag-extended"), format!("ghcr.io/acme/api-golang:1.0.9-0000-{short}"));
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
1.0.9-1-g5447838
0.2.0
0.0.0-1-g118b0de

"#]]);
    plain(&["--count", "commits", "--style", "describe"]).stdout(str![[r#"
1.0.9-2-g73feb32
0.2.0
0.0.0-3-g73feb32

"#]]);
    plain(&["--count", "paths", "--at", "HEAD~1", "web"]).stdout(str![[r#"
0.0.1-dev.1.g118b0de

"#]]);
    repo.write("filters.yaml", CONFIG.replace("api}", "api, count: paths}").replace("web,", "web, count: paths,"));
    repo.commit("Count by paths");
    // The commit defines both otherwise.
    plain(&[]).stdout(str![[r#"
1.0.9-0002-3caf741
0.2.1-dev.1.g3caf741
0.0.0-0004-3caf741

"#]]);
    repo.rebake(["plan", "--all", "--format", "matrix", "--fields", "service,version"]).success().stdout(str![[r#"
{"include":[{"service":"api","version":"1.0.9-0002-3caf741"},{"service":"web","version":"0.2.1-dev.1.g3caf741"},{"service":"docs","version":"0.0.0-0004-3caf741"}]}

"#]]);
}

/// What makes another image makes another version: the service's own files, what it is built from, `global`, and its
/// definition; another service's definition does not.
#[test]
fn a_count_by_paths_counts_all_that_makes_another_image() {
    let repo = Repo::new();
    let config = |arg: &str, other: &str, lib: &str| {
        format!(
            "global: [toolchain]\ndefaults: {{count: paths}}\nservices:\n  \
             app: {{path: app, depends_on: [lib, image], env: {{A: '{arg}'}}}}\n  \
             lib: {{path: lib, builder: none, depends_on: [deep]}}\n  deep: {{path: deep, builder: none{lib}}}\n  \
             image: {{path: image}}\n  other: {{path: other, env: {{A: '{other}'}}}}\n"
        )
    };
    let files = ["app/x", "lib/x", "deep/x", "image/x", "other/x", "toolchain"];
    for file in files {
        repo.write(file, "0");
    }
    repo.write("filters.yaml", config("0", "0", "")).commit("feat: all");
    for tag in ["app@1.0.0", "image@1.0.0", "other@1.0.0"] {
        repo.tag(tag);
    }
    let counts = |flags: &[&str]| -> String {
        let names = ["version", "app", "image", "other", "--style", "describe", "--format", "plain"];
        let text = repo.rebake(names.iter().chain(flags)).success().text();
        let count = |line: &str| line.split('-').nth(1).unwrap_or("0").to_owned();
        text.lines().map(count).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(counts(&[]), "0 0 0");
    for (file, content, expected) in [
        ("app/x", "1".to_owned(), "1 0 0"),
        ("lib/x", "1".to_owned(), "2 0 0"),
        ("deep/x", "1".to_owned(), "3 0 0"),
        ("image/x", "1".to_owned(), "4 1 0"),
        ("other/x", "1".to_owned(), "4 1 1"),
        ("toolchain", "1".to_owned(), "5 2 2"),
        ("filters.yaml", config("0", "1", ""), "5 2 3"),
        ("filters.yaml", config("1", "1", ""), "6 2 3"),
        ("filters.yaml", config("1", "1", ", global: false"), "7 2 3"),
        ("filters.yaml", config("1", "1", ", global: false") + "# a comment\n", "7 2 3"),
        ("README.md", "1".to_owned(), "7 2 3"),
    ] {
        repo.write(file, content).commit("fix: it");
        assert_eq!(counts(&[]), expected, "{file}");
    }
    // The work tree by the same rule.
    let dirty = |expected: [bool; 3]| {
        let names = ["version", "app", "image", "other", "--dirty", "--format", "plain"];
        let text = repo.rebake(names).success().text();
        let found: Vec<bool> = text.lines().map(|line| line.ends_with("-dirty")).collect();
        assert_eq!(found, expected, "{text}");
        repo.git(["checkout", "-q", "."]);
    };
    dirty([false; 3]);
    repo.write("deep/x", "2");
    dirty([true, false, false]);
    repo.write("image/x", "2");
    dirty([true, true, false]);
    repo.write("toolchain", "2");
    dirty([true; 3]);
    repo.write("filters.yaml", config("1", "2", ", global: false"));
    dirty([false, false, true]);
    repo.write("filters.yaml", config("1", "1", ""));
    dirty([true, false, false]);
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

/// Two contents have two versions: what a merge threw away is in no image.
#[test]
fn what_a_merge_leaves_out_does_not_count() {
    let repo = repo();
    repo.tag("services/api@2.0.0").branch("side").checkout("side");
    repo.write("services/api/b", "1").commit("feat: b");
    let version = |at: &str| {
        let args = ["version", "api", "--count", "paths", "--format", "plain", "--at", at];
        repo.rebake(args).success().text().trim_end().to_owned()
    };
    repo.checkout("main").write("docs/e", "1").commit("docs: e");
    let before = version("HEAD");
    repo.git(["merge", "--quiet", "--strategy=ours", "--no-edit", "side"]);
    assert_eq!(repo.git(["rev-list", "--count", "services/api@2.0.0..HEAD", "--", "services/api"]), "0");
    assert_eq!(version("HEAD"), before);
    assert_ne!(version("HEAD"), version("side"));
    // A branch that was behind brings nothing of the service, and its version stays.
    repo.branch("behind").write("services/api/c", "1").commit("feat: c");
    let ahead = version("HEAD");
    repo.checkout("behind").write("docs/f", "1").commit("docs: f");
    repo.checkout("main").merge(["behind"]);
    assert_eq!(version("HEAD"), ahead);
}

#[test]
fn revision_style_and_digits_are_chosen() {
    let repo = repo();
    let plain = |args: &[&str]| repo.rebake([&["version", "--format", "plain"], args].concat());
    plain(&["api", "--at", "HEAD~2"]).success().stdout(str![[r#"
1.0.9-0000-118b0de

"#]]);
    plain(&["--style", "sha", "--abbrev", "12", "api"]).success().stdout(str![[r#"
sha-73feb3207c1b

"#]]);
    plain(&["--style", "release", "web"]).success().stdout(str![[r#"
0.2.0

"#]]);
    plain(&["--style", "release", "api"]).failure(2).stdout("").stderr(str![[r#"
error[version]: the version of `api` cannot be determined: commit 73feb32 carries no release tag of the service: it is 2 commits after 1.0.9
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
 = help: if the remote has it, fetch it: `git fetch origin nowhere`; `git branch --all` and `git tag` list what this clone has

"#]]);
}

#[test]
fn a_commit_without_filters_yaml_has_no_versions_unless_services_can_be_derived() {
    let repo = Repo::new();
    repo.write("api/x", "").commit("before");
    repo.tag("before").write("api/Dockerfile", "FROM scratch\nCOPY x /\n").commit("declared");
    repo.tag("declared").write("filters.yaml", "services: {api: {path: api}}\n").commit("after");
    repo.rebake(["version", "--at", "before"]).failure(2).stdout("").stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github, at commit cba02b3
 |
 = help: that commit does not have it: name a file for all commits with `-c FILE`
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
    repo.rebake(["version", "--at", "declared"]).success().stdout(str![[r#"
SERVICE  VERSION             RELEASE
api      0.0.0-0002-d69a607  none in 2 commits

"#]]);
    let in_ci = repo.rebake(["version", "--at", "declared"]).env("CI", "true");
    in_ci.failure(2).stdout("").stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github, at commit d69a607
 |
 = help: that commit does not have it: name a file for all commits with `-c FILE`
 = help: `--discover` derives services from the repository's own files, such as package.json
 = help: `rebake init --write` writes a filters.yaml of what these declare

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
1.0.9-0002-73feb32-dirty
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
 = help: name only one of them, or use `--format json`

"#]]);
    repo.rebake(["version", "--format", "env", "a.b"]).success().stdout(str![[r#"
A_B_VERSION=0.0.0-0001-b39800d

"#]]);
}

#[test]
fn a_shallow_clone_never_lies() {
    let shallow = repo().clone_shallow(1);
    shallow.rebake(["version", "api"]).failure(3).stdout("").stderr(str![[r#"
error[version]: the version of `api` cannot be determined: this clone is too shallow to count the commits from the last release to 73feb32
 |
 = help: `--fetch` fetches it; or fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere; or take the style `sha`

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

/// Which of several tags on one commit counts: a pre-release and its release, and two releases.
#[test]
fn of_tags_on_one_commit_the_pushed_one_counts_else_the_highest_stable_one() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, tag: 'v{{version}}'}}\n")
        .write("api/a", "1")
        .commit("first");
    for tag in ["v1.0.1", "v1.0.2", "v1.0.3-rc.1", "v1.0.10-rc.2"] {
        repo.tag(tag);
    }
    let version = |args: &[&str]| repo.rebake([&["version", "--format", "plain", "--style", "release"], args].concat());
    version(&[]).success().stdout("1.0.2\n");
    for tag in ["v1.0.1", "v1.0.3-rc.1", "v1.0.2"] {
        let pushed = version(&[]).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push");
        pushed.env("GITHUB_REF", format!("refs/tags/{tag}")).success().stdout(format!("{}\n", &tag[1..]));
    }
    repo.git(["tag", "-d", "v1.0.1"]);
    repo.git(["tag", "-d", "v1.0.2"]);
    version(&[]).success().stdout("1.0.10-rc.2\n");
}

#[test]
fn a_service_whose_nearest_tag_is_almost_a_release_has_no_version_and_stops_no_other() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services: {api: {path: api}, web: {path: web, tag: ['web@{{version}}', 'w-{{version}}']}}\n",
    );
    repo.write("api/a", "1").write("web/w", "1").commit("first");
    repo.tag("api@1.2.0");
    repo.tag("web@24.04.1");
    repo.write("api/a", "2").write("web/w", "2").commit("second");
    repo.tag("api@1.3");
    repo.tag("api@latest");
    repo.tag("w-1.0.0");
    repo.tag("w-1.0");
    repo.write("api/a", "3").commit("third");
    repo.rebake(["version"])
        .failure(2)
        .stdout(str![[r#"
SERVICE  VERSION             RELEASE
api      none                2 commits since api@1.2.0
web      1.0.0-0001-b9fc090  1 commit since w-1.0.0

"#]])
        .stderr(str![[r#"
warning[ignored-tags]: 1 tag names no version, so it is no release: api@latest
 |
 = help: a release tag has a version such as 1.0.9 at `{{version}}`
error[version]: the version of `api` cannot be determined: the tag api@1.3 is nearer than any release of the service, and `scheme: semver` cannot read its version
 |
 = help: tag the release api@1.3.0, or set `scheme: calver` for the service, or delete api@1.3

"#]]);
    repo.rebake(["version", "--format", "env"]).failure(2).stdout(str![[r#"
WEB_VERSION=1.0.0-0001-b9fc090

"#]]);
    repo.rebake(["version", "api", "--format", "plain"]).failure(2).stdout("");
    // What names the commit alone needs no release.
    repo.rebake(["version", "api", "--style", "sha", "--format", "plain"]).success().stdout("sha-b9fc090\n");
    let plan = ["plan", "--all", "--style", "sha", "--format", "json"];
    let run = repo.rebake(plan).success();
    assert!(run.text().contains(r#""version": "sha-b9fc090""#), "{}", run.text());
    assert!(!run.text().contains("unnamed") && run.text().contains(r#""any": true"#), "{}", run.text());
    // On the same commit, or behind the release, such a tag does not matter.
    repo.tag("api@1.3.0");
    repo.rebake(["version", "api", "--format", "plain"]).success().stdout(str![[r#"
1.3.0-0000-b9fc090

"#]]);
    repo.git(["tag", "-d", "api@1.3.0"]);
    repo.git(["tag", "api@1.3.0", "HEAD~1"]);
    repo.rebake(["version", "api", "--format", "plain"]).success().stdout(str![[r#"
1.3.0-0001-b9fc090

"#]]);
}

#[test]
fn calendar_versions_are_read_where_that_is_the_scheme() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "defaults: {scheme: calver}\nservices: {api: {path: api}, web: {path: web, scheme: semver}}\n",
    );
    repo.write("api/a", "1").write("web/w", "1").commit("first");
    for tag in ["api@24.04.1", "api@24.4.02", "api@24.10", "web@1.0.0"] {
        repo.tag(tag);
    }
    repo.write("api/a", "2").commit("second");
    repo.rebake(["version"]).success().stderr("").stdout(str![[r#"
SERVICE  VERSION             RELEASE
api      24.10-0001-5d8f6be  1 commit since api@24.10
web      1.0.0-0001-5d8f6be  1 commit since web@1.0.0

"#]]);
    repo.tag("api@24.11.0-rc.1");
    repo.rebake(["version", "api"]).failure(2).stderr(str![[r#"
error[version]: the version of `api` cannot be determined: the tag api@24.11.0-rc.1 is nearer than any release of the service, and `scheme: calver` cannot read its version
 |
 = help: set `scheme: semver` for the service, or delete api@24.11.0-rc.1

"#]]);
}

#[test]
fn build_metadata_stays_in_versions() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, image: r.io/api}}\n").write("api/a", "1").commit("first");
    repo.tag("api@1.0.0+build.5");
    let plan = |args: &[&str]| {
        let args = [&["plan", "--all", "--format", "matrix", "--fields", "version,tags"], args].concat();
        repo.rebake(args).success()
    };
    plan(&[]).stdout(str![[r#"
{"include":[{"tags":"r.io/api:1.0.0-0000-79b4640_build.5","version":"1.0.0-0000-79b4640+build.5"}]}

"#]]);
    plan(&["--environment", "production"]).stdout(str![[r#"
{"include":[{"tags":"r.io/api:1.0.0_build.5","version":"1.0.0+build.5"}]}

"#]]);
}

#[test]
fn formats_that_print_no_version_and_no_fingerprint_read_nothing_for_them() {
    use rebake::inputs::trigger::Trigger;
    use rebake::plan::pipeline::{self, ConfigFile, Naming, Request, TakeFingerprints, WorkspaceView};
    let repo = repo();
    let repository = repo.open();
    let file = ConfigFile::find(&repository, None, repo.dir(), None).unwrap();
    let (file, checked) = file.check(&repository, None).unwrap();
    let config = checked.unwrap().0;
    let work = |naming: Option<Naming>, fingerprints: TakeFingerprints| {
        let base = rebake::analysis::base::RangeRequest {
            compare: rebake::analysis::base::Compare::Everything,
            ..Default::default()
        };
        let request = Request { base, naming, fingerprints, ..Request::default() };
        let planned = pipeline::plan(
            &WorkspaceView { repository: &repository, file: &file, config: &config, trigger: &Trigger::local() },
            &request,
            &mut |_| {},
        )
        .unwrap();
        (planned.work.walked, planned.work.directories)
    };
    assert_eq!(work(None, TakeFingerprints::No), (0, 0));
    assert_eq!(work(Some(Naming::default()), TakeFingerprints::No), (3, 0));
    assert_eq!(work(None, TakeFingerprints::Yes), (0, 2));
    // With a tag that can give no version, and in a clone without history, they say what they say.
    for format in ["names", "paths"] {
        let shallow = repo.clone_shallow(1);
        shallow.rebake(["plan", "--all", "--format", format, "--style", "extended"]).success().stderr("");
    }
    let args = ["plan", "--all", "--format", "json", "--style", "extended"];
    repo.clone_shallow(1).rebake(args).failure(3).stdout("");
}

#[test]
fn a_version_by_hand_is_one_of_the_scheme_and_holds_everywhere() {
    let repo = Repo::new();
    let service =
        "{path: api, image: r.io/api, tags: ['type=semver,pattern={{version}}', 'raw-{{version}}'], run: 'true'}";
    repo.write("filters.yaml", format!("services: {{api: {service}}}\n")).write("api/a", "1").commit("first");
    let plan = |args: &[&str]| {
        let args =
            [&["plan", "--force", "api", "--only", "api", "--format", "matrix", "--fields", "version,tags"], args];
        repo.rebake(args.concat())
    };
    for version in ["1\n2", "1\u{1b}[31m", "$(id)", "1.0.0\"x", "v1.0.0", "1.0", " 1.0.0"] {
        plan(&["--version", version]).failure(2).stdout("");
        let by_hand = plan(&[]).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "workflow_dispatch");
        let by_hand = by_hand.env("GITHUB_REF", "refs/heads/main").env("GITHUB_SHA", repo.id("HEAD").to_string());
        by_hand.env("REBAKE_INPUT_VERSION", version).failure(2).stdout("");
    }
    plan(&["--version", "v1.0.0"]).failure(2).stderr(str![[r#"
error[version]: `v1.0.0` is not a version of `api`, whose scheme is semver
 |
 = help: write a version of semver, such as 1.2.3

"#]]);
    plan(&["--version", "9.9.9+b.1"]).success().stdout(str![[r#"
{"include":[{"tags":"r.io/api:9.9.9_b.1/nr.io/api:raw-9.9.9_b.1","version":"9.9.9+b.1"}]}

"#]]);
    // An empty one is none.
    plan(&["--version", ""]).success().stdout(str![[r#"
{"include":[{"tags":"r.io/api:raw-0.0.0-0001-6e9e84b","version":"0.0.0-0001-6e9e84b"}]}

"#]]);
    // What is released stays the release's.
    repo.tag("api@9.9.9");
    plan(&["--version", "9.9.9"]).success().stdout(str![[r#"
{"include":[{"tags":"r.io/api:raw-9.9.9","version":"9.9.9"}]}

"#]]);
}

#[test]
fn a_service_is_known_by_the_directory_at_hand() {
    let repo = repo();
    repo.rebake(["version", ".", "--format", "plain"]).dir("services/api").success().stdout(str![[r#"
1.0.9-0002-73feb32

"#]]);
    repo.rebake(["version", "../../web", "--format", "plain"]).dir("services/api").success().stdout(str![[r#"
0.2.0

"#]]);
    repo.rebake(["version", "./docs", "--format", "plain"]).success().stdout(str![[r#"
0.0.0-0003-73feb32

"#]]);
    repo.rebake(["version", "."]).failure(2).stdout("");
}

#[test]
fn tags_in_another_format_are_hinted_at() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: {path: services/api}\n  web: {path: services/web}\n");
    repo.write("services/api/a", "").write("services/web/a", "").commit("first");
    repo.tag("api-v1.2.0").tag("web-v1.0.0").tag("nightly");
    repo.rebake(["version"]).success().stderr(str![[r#"
warning[tag-format]: tags look like releases of services that have none, since the `tag` of these services is another: api-v1.2.0 for `api`, web-v1.0.0 for `web`
 |
 = help: if they are, write `tag: "{{name}}-v{{version}}"` in filters.yaml, in the service or in `defaults`

"#]]);
    // One that is a release needs no hint, wherever it stands.
    repo.tag("services/api@1.0.0");
    repo.rebake(["version", "api"]).success().stderr("");
    repo.rebake(["version", "web", "--quiet"]).success().stderr("");
}
