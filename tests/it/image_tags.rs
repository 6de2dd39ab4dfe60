//! Which of the tags that rules give an image gets, by environment and among a service's releases.

use serde_json::Value;
use snapbox::str;

use crate::on_github;
use crate::repo::{Rebake, Repo};

/// Rules of every kind.
const RULES: &str = "\
services:
  api:
    path: api
    tag: 'v{{version}}'
    image: r.io/api
    tags:
      - type=semver,pattern={{version}}
      - type=semver,pattern={{major}}.{{minor}}
      - type=semver,pattern=v{{major}}
      - type=match,pattern=\\d+
      - stable
      - on-{{version}}
      - type=sha
";

fn with(config: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", config).write("api/a", "1").write("web/w", "1").commit("first");
    repo
}

/// The push of a tag.
fn push_tag(repo: &Repo, tag: &str, args: &[&str]) -> Rebake {
    let plan = repo.rebake([&["plan", "--format", "json"], args].concat());
    let plan = plan.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push");
    plan.env("GITHUB_SHA", repo.id("HEAD").to_string()).env("GITHUB_REF", format!("refs/tags/{tag}"))
}

/// The tags of a plan's first service without its image, and those that are left out.
fn tags(plan: &Value) -> [Vec<String>; 2] {
    let service = &plan["services"][0];
    let list = |list: &Value| -> Vec<String> {
        let tags = list.as_array().into_iter().flatten();
        tags.map(|tag| tag.as_str().unwrap().trim_start_matches("r.io/api:").to_owned()).collect()
    };
    [list(&service["tags"]), list(&service["left_out"])]
}

#[test]
fn shorter_tags_and_words_move_to_the_highest_release_that_they_cover() {
    let repo = with(RULES);
    let sha = format!("sha-{}", repo.id("HEAD").short(7));
    for tag in ["v1.0.8", "v1.0.9", "v1.1.0", "v2.0.0", "v2.0.1-rc.1"] {
        repo.tag(tag);
    }
    for (tag, expected, left) in [
        ("v1.0.8", "1.0.8 on-1.0.8", "1.0 v1 1 stable"),
        ("v1.0.9", "1.0.9 1.0 on-1.0.9", "v1 1 stable"),
        ("v1.1.0", "1.1.0 1.1 v1 1 on-1.1.0", "stable"),
        ("v2.0.0", "2.0.0 2.0 v2 2 stable on-2.0.0 latest", ""),
        ("v2.0.1-rc.1", "2.0.1-rc.1 on-2.0.1-rc.1", "2 stable"),
    ] {
        let plan = on_github::plan(&push_tag(&repo, tag, &[]).success().stderr(""));
        let [found, out] = tags(&plan);
        let found: Vec<String> = found.into_iter().filter(|tag| *tag != sha).collect();
        assert_eq!((found.join(" ").as_str(), out.join(" ").as_str()), (expected, left), "{tag}");
    }
}

#[test]
fn only_an_environment_for_releases_writes_the_tags_of_releases() {
    let repo = with(RULES);
    let before = repo.id("HEAD");
    repo.write("api/a", "2").commit("second");
    let [found, left] =
        tags(&on_github::plan(&on_github::push(&repo, "main", before, &["--format", "json"]).success()));
    let version = format!("0.0.0-0002-{}", repo.id("HEAD").short(7));
    let sha = format!("sha-{}", repo.id("HEAD").short(7));
    assert_eq!((found, left.len()), (vec!["stable".to_owned(), format!("on-{version}"), sha.clone()], 0));
    repo.tag("v1.0.2");
    let push = on_github::push(&repo, "main", before, &["--format", "json"]).success().stderr("");
    let [found, left] = tags(&on_github::plan(&push));
    let version = format!("1.0.2-0000-{}", repo.id("HEAD").short(7));
    assert_eq!(found, ["stable".to_owned(), format!("on-{version}"), sha]);
    assert_eq!(left, ["1.0.2", "1.0", "v1", "1", "latest"]);
    on_github::push(&repo, "main", before, &["--format", "names"]).success().stderr("");
    on_github::push(&repo, "main", before, &["--format", "matrix"]).success().stderr(str![[r#"
note[release-tags]: tags of releases are left out, since the environment staging is not for releases: 1.0.2 of `api`, 1.0 of `api`, v1 of `api` and 2 more
 |
 = help: an environment with `version: release` writes them

"#]]);
}

#[test]
fn a_value_that_is_the_bare_version_of_a_release_is_the_releases_own() {
    for (rule, is_left_out) in [
        ("'{{version}}'", true),
        ("'v{{version}}'", true),
        ("'type=raw,value={{version}},prefix=v'", true),
        ("'type=match,pattern=.*'", true),
        ("'staging-{{version}}'", false),
        ("'1.0.2'", false),
        ("'{{tag}}'", false),
    ] {
        let repo =
            with(&format!("services: {{api: {{path: api, style: describe, image: r.io/api, tags: [{rule}, x]}}}}\n"));
        let before = repo.id("HEAD");
        repo.write("api/a", "2").commit("second");
        repo.tag("api@1.0.2");
        let plan = on_github::plan(&on_github::push(&repo, "main", before, &["--format", "json"]).success());
        let [found, left] = tags(&plan);
        assert_eq!((left.is_empty(), found.len() == 2), (!is_left_out, !is_left_out), "{rule}: {found:?} {left:?}");
    }
}

#[test]
fn an_image_without_a_tag_gets_the_one_of_its_content() {
    let repo = with(
        "services: {api: {path: api, image: r.io/api, builder: docker, tags: ['type=semver,pattern={{version}}']}}\n",
    );
    repo.write("api/Dockerfile", "FROM scratch").commit("build");
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().stderr("");
    let plan = on_github::plan(&plan);
    let fingerprint = plan["services"][0]["fingerprint"].as_str().unwrap();
    assert_eq!(tags(&plan)[0], [fingerprint]);
    let commands = repo
        .rebake(["build", "--all", "--push", "--dry-run"])
        .success()
        .stderr(str![[r#"
note[no-tag]: no rule of `tags` gives `api` a tag here, so only the content tag is left
 |
 = help: for a tag of every build add `type=raw,value={{version}}` to `tags`

"#]])
        .text();
    assert_eq!(commands.matches("--tag").count(), 1, "{commands}");
}

#[test]
fn two_services_that_would_push_the_same_tag_are_an_error_with_both_places() {
    let repo = with("defaults: {image: r.io/api, run: 'true'}\nservices:\n  api: {path: api}\n  web: {path: web}\n");
    repo.rebake(["build", "--all", "--dry-run"]).failure(2).stdout("").stderr(str![[r#"
error[same-tag]: `api` and `web` both push `r.io/api`, tagged by the version alone
 --> filters.yaml:4:3
  |
3 |   api: {path: api}
  |   --- the other one
4 |   web: {path: web}
  |   ^^^ the one that is pushed last replaces the other
  |
  = help: put `{{name}}` into their `image`, or into each line of `tags`

"#]]);
    // What tells them apart is enough.
    for told in ["tags: '{{name}}-{{version}}'", "flavor: 'suffix=-{{name}}'"] {
        let config =
            format!("defaults: {{image: r.io/api, {told}}}\nservices:\n  api: {{path: api}}\n  web: {{path: web}}\n");
        repo.write("filters.yaml", config);
        repo.rebake(["plan", "--all"]).success();
    }
}

#[test]
fn an_attribute_that_a_type_does_not_have_is_a_warning() {
    let repo = with("services: {api: {path: api, image: r.io/api, tags: ['type=raw,value=latest,event=push']}}\n");
    let plan = repo.rebake(["plan", "--all", "--format", "matrix", "--fields", "tag"]).success();
    plan.stdout("{\"include\":[{\"tag\":\"latest\"}]}\n").stderr(str![[r#"
warning[ignored-attribute]: `type=raw` has no `event`
 --> filters.yaml:1:76
  |
1 | services: {api: {path: api, image: r.io/api, tags: ['type=raw,value=latest,event=push']}}
  |                                                                            ^^^^^^^^^^
  |
  = help: there are `value`, `type`, `enable`, `priority`, `prefix`, `suffix`

"#]]);
}

#[test]
fn only_the_build_of_a_service_without_a_name_fails() {
    let repo = with("defaults: {run: 'echo $REBAKE_VERSION'}\nservices:\n  api: {path: api}\n  web: {path: web}\n");
    repo.tag("api@1.2");
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().stderr(str![[r#"
warning[no-version]: `api` has no version, and cannot be built: the tag api@1.2 is nearer than any release of the service, and `scheme: semver` cannot read its version
 |
 = help: tag the release api@1.2.0, or set `scheme: calver` for the service, or delete api@1.2

"#]]);
    let plan = on_github::plan(&plan);
    assert_eq!(plan["services"][0]["version"], Value::Null);
    assert!(plan["services"][0]["unnamed"].as_str().unwrap().contains("api@1.2"), "{plan}");
    repo.rebake(["build", "--all", "--output", "failures"]).failure(1).stdout(str![[r#"
ff28681 and the work tree: everything was asked for
2 services to build, for the environment local

api failed: the tag api@1.2 is nearer than any release of the service, and `scheme: semver` cannot read its version; tag the release api@1.2.0, or set `scheme: calver` for the service, or delete api@1.2
web succeeded after 0.0s

api failed: the tag api@1.2 is nearer than any release of the service, and `scheme: semver` cannot read its version; tag the release api@1.2.0, or set `scheme: calver` for the service, or delete api@1.2

1 succeeded, 1 failed in [..]s

"#]]);
    repo.rebake(["plan", "--all", "--format", "names"]).success().stderr("").stdout("api\nweb\n");
}

#[test]
fn a_tag_that_no_registry_takes_is_the_trouble_of_its_service_alone() {
    let repo = with(
        "services:\n  api: {path: api, image: r.io/api, tags: '{{branch}}-x'}\n  web: {path: web, image: r.io/web}\n",
    );
    let plan = repo.rebake(["plan", "--all", "--format", "matrix", "--fields", "service,tag"]);
    plan.success()
        .stdout(str![[r#"
{"include":[{"service":"api","tag":""},{"service":"web","tag":"0.0.0-0001-ff8ea16"}]}

"#]])
        .stderr(str![[r#"
warning[image-tag]: `api` has no image tags, and cannot be built: the image tag `-x` is not valid: an image tag begins with a letter, a digit or `_`, not with '-'
 |
 = help: correct `tags` of the service in filters.yaml

"#]]);
}
