use std::collections::BTreeSet;

use super::{content_tag, services};
use crate::repo::Repo;

/// The content tags of a service with these keys: in staging, in production, and at a later commit of another service.
fn tags(keys: &str) -> [String; 3] {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        format!("services:\n  api: {{ path: api, image: r.io/api{keys} }}\n  x: {{ path: x }}\n"),
    );
    repo.write("api/Dockerfile", "FROM scratch\n").write("x/x", "1").commit("first");
    repo.tag("api@1.0.0");
    let tag = |environment: &str| content_tag(&repo, &["--only=api", "--environment", environment, "--dead=allow"]);
    let (staging, production) = (tag("staging"), tag("production"));
    repo.write("x/x", "2").commit("second");
    [staging, production, tag("staging")]
}

#[test]
fn an_image_is_bound_to_what_its_build_sees() {
    // Whether the tag differs in another environment and version, and at another commit and version.
    for (keys, differs) in [
        ("", [false, false]),
        (", build_args: {A: '{{name}} {{path}}'}", [false, false]),
        (", build_args: {A: '{{version}}'}", [true, true]),
        (", build_args: {A: '{{commit}}'}", [false, true]),
        (", build_args: {A: '{{environment}}'}", [true, false]),
        (", contexts: {a: 'docker-image://a:{{version}}'}", [true, true]),
        (", labels: {a: '{{name}}'}", [false, false]),
        (", labels: {a: '{{version}}'}", [true, true]),
        (", labels: {a: '{{sha}}'}", [false, true]),
        (", tags: ['type=raw,value={{version}}-x', 'type=sha']", [false, false]),
        (", flavor: ['prefix={{sha}}-']", [false, false]),
        (", context: /, filters: ['api/**']", [true, true]),
        (", context: /, promote: always, filters: ['api/**']", [false, false]),
        (", before: 'true'", [true, true]),
        (", run: 'true'", [true, true]),
        (", builder: task", [true, true]),
        (", run: 'true', promote: always", [false, false]),
        (", run: 'true', promote: never", [true, true]),
    ] {
        let [staging, production, later] = tags(keys);
        assert_eq!([staging != production, staging != later], differs, "{keys}: {staging} {production} {later}");
        let print = |tag: &str| tag[..30].to_owned();
        assert_eq!((print(&staging), print(&staging)), (print(&production), print(&later)), "{keys}");
    }
}

/// A registry holds images under these names: another text for the same content needs another scheme.
#[test]
fn content_tags_stay_what_they_are() {
    let repo = Repo::new();
    let service = |name: &str, keys: &str| {
        format!("  {name}: {{path: {name}, image: r.io/{name}, filters: [{name}/**, '*.yaml']{keys}}}\n")
    };
    let version = ", labels: {v: '{{version}}'}";
    let services = [
        service("plain", ""),
        service("bound", version),
        service("locked", ", lockfile: auto"),
        service("both", &format!(", lockfile: auto{version}")),
    ];
    let lockfile = "lockfileVersion: '9.0'\nimporters:\n  locked:\n    dependencies:\n      x: {specifier: '1', version: 1.0.0}\n  both: {}\nsnapshots:\n  x@1.0.0: {}\n";
    repo.write("filters.yaml", format!("services:\n{}", services.concat())).write("pnpm-lock.yaml", lockfile);
    for name in ["plain", "bound", "locked", "both"] {
        repo.write(format!("{name}/Dockerfile"), "FROM scratch\n").write(format!("{name}/package.json"), "{}");
    }
    repo.commit("first");
    for name in ["plain", "bound", "locked", "both"] {
        repo.tag(&format!("{name}@1.0.0"));
    }
    let tags = ["plain", "bound", "locked", "both"].map(|name| content_tag(&repo, &["--only", name]));
    let expected = [
        "fp2-h32mo6yjz6bimii3usb4ppsy7v",
        "fp2-2dungzlhjzsw2edbk3j5yyeuqu-lwzgcl67mupwf",
        "fp2-x7fxfkzrv7wk7bz2oo4a546x6l",
        "fp2-kqdnw4qenpuucdnkygnyn2ppas-lwzgcl67mupwf",
    ];
    assert_eq!(tags, expected);
}

#[test]
fn gits_own_directory_binds_unless_it_is_left_out() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, context: /, filters: ['api/**'], image: r.io/api}}\n");
    repo.write("api/Dockerfile", "FROM scratch\n").commit("first");
    assert_eq!(content_tag(&repo, &[]).len(), 44);
    repo.write(".dockerignore", "node_modules\n.git\n").commit("second");
    assert_eq!(content_tag(&repo, &[]).len(), 30);
    // One that is beside the Dockerfile is read instead.
    repo.write("api/Dockerfile.dockerignore", "node_modules\n").commit("third");
    assert_eq!(content_tag(&repo, &[]).len(), 44);
}

#[test]
fn what_a_base_is_bound_to_binds_what_is_built_from_it() {
    let repo = Repo::new();
    let services_of = |base: &str| {
        format!(
            "services:\n  base: {{ path: base, image: r.io/base{base} }}\n  lib: {{ path: lib, builder: none, depends_on: [base] }}\n  \
             api: {{ path: api, image: r.io/api, depends_on: [lib] }}\n"
        )
    };
    repo.write("base/Dockerfile", "").write("lib/x", "").write("api/Dockerfile", "");
    let plan = |base: &str, args: &[&str]| {
        repo.write("filters.yaml", services_of(base)).commit("change");
        let args = [&["plan", "--all", "--head=HEAD", "--format=json"], args].concat();
        services(&repo.rebake(args).success()).last().unwrap().clone()
    };
    let length = |service: &serde_json::Value| service["content_tag"].as_str().unwrap().len();
    assert_eq!(length(&plan("", &[])), 30);
    let bound = plan(", build_args: {A: '{{environment}}'}", &[]);
    assert_eq!((length(&bound), &bound["rebuild"]), (44, &serde_json::Value::Null));
    let other = plan(", build_args: {A: '{{environment}}'}", &["--environment=staging"]);
    assert_ne!(bound["content_tag"], other["content_tag"]);
    // The version of a base that is not planned is not known, so that nothing that exists is taken.
    let doubtful = plan(", build_args: {A: '{{version}}'}", &["--only=api"]);
    assert_eq!((length(&doubtful), &doubtful["rebuild"]), (44, &true.into()));
    assert_eq!(plan(", build_args: {A: '{{version}}'}", &[])["rebuild"], serde_json::Value::Null);
}

#[test]
fn only_builds_of_commits_that_are_published_write_content_tags() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services: {api: {path: api, image: r.io/api, tags: [main]}}\nenvironments:\n  staging: {on: push, branches: [main, 'release/*']}\n  \
         preview: {on: [pull_request, push], push: false}\n  local: {on: local, push: false}\n",
    );
    repo.write("api/x", "").commit("first");
    let pushes = |rebake: crate::repo::Rebake| {
        services(&rebake.success())[0].get("pushes").map(|pushes| pushes.as_str().unwrap().to_owned())
    };
    let here = || repo.rebake(["plan", "--all", "--head=HEAD", "--push", "--format=json"]);
    assert_eq!(pushes(here()), None);
    repo.git(["checkout", "-qb", "feature"]);
    repo.write("api/x", "2").commit("second");
    assert_eq!(pushes(here()).as_deref(), Some("tags"));
    repo.git(["branch", "release/1"]);
    assert_eq!(pushes(here()), None);
    repo.git(["branch", "-D", "release/1"]);
    repo.tag("api@1.0.0");
    assert_eq!(pushes(here()), None);
    let event = |name: &str, reference: &str| {
        here()
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", name)
            .env("GITHUB_REF", reference)
            .env("GITHUB_SHA", repo.id("HEAD").to_string())
    };
    assert_eq!(pushes(event("pull_request", "refs/pull/7/merge")).as_deref(), Some("tags"));
    repo.git(["tag", "-d", "api@1.0.0"]);
    assert_eq!(pushes(event("push", "refs/heads/release/2")), None);
    let tags: BTreeSet<Option<String>> =
        ["refs/heads/feature", "refs/heads/x"].map(|name| pushes(event("push", name))).into();
    assert_eq!(tags, BTreeSet::from([Some("tags".to_owned())]));
}
