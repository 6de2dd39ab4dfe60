//! A release is the image that staging runs, byte for byte; what is published says of which commit it was built, and
//! every image is found for a deployment.

use std::process::Command;

use serde_json::{Value, json};

use super::docker::Daemon;
use super::registry::Registry;
use super::tokens::LOGIN;
use super::{Engine, report, text};
use crate::repo::{Rebake, Repo};

const REPORT: &str = ".git/report.json";

/// Runs rebake as GitHub does for a push of the commit that is checked out.
fn pushed(repo: &Repo, reference: &str, args: &[&str]) -> Rebake {
    let commit = repo.id("HEAD").to_string();
    repo.rebake(args)
        .env("CI", "true")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_REF", format!("refs/{reference}"))
        .env("GITHUB_REF_NAME", reference.split_once('/').unwrap().1)
        .env("GITHUB_SHA", commit)
}

/// Builds for staging, releases the same commit, and asks what is there. `open` has the content of the registry, and lets
/// everyone read it.
fn released(
    registry: &Registry,
    open: &Registry,
    builder: &str,
    platforms: &[&str],
    lend: impl Fn(Rebake) -> Rebake,
) -> Repo {
    let origin = Repo::new();
    let service = json!({
        "path": "api", "image": format!("{}/acme/api", registry.address), "builder": builder, "platforms": platforms,
        "tags": ["type=raw,value={{version}}", "type=ref,event=branch"],
    });
    let environments = json!({
        "production": {"on": "tag", "version": "release"}, "staging": {"on": "push", "branches": ["main"]},
    });
    let filters = json!({"environments": environments, "services": {"api": service}});
    origin.write("filters.yaml", filters.to_string());
    origin.write("api/Dockerfile", "FROM scratch\nCOPY x /x\n").write("api/x", "x").commit("first");
    let repo = origin.clone_with([]);
    // `buildah manifest push` reads the user's own settings alone.
    let insecure = format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", registry.address);
    let settings = repo.dir().with_file_name(".config").join("containers");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("registries.conf"), insecure).unwrap();
    let build = ["build", "--skip-existing", "--record", "--report", REPORT];
    lend(pushed(&repo, "heads/main", &[&build[..], &["--since=built"]].concat())).success();
    let staging = report(&repo, REPORT)[0].clone();
    assert_eq!(staging["outcome"], "succeeded", "{staging}");
    assert_eq!(open.manifest("acme/api", "main").1, text(&staging["digest"]));

    repo.tag("api@1.0.9");
    lend(pushed(&repo, "tags/api@1.0.9", &build)).success();
    let release = report(&repo, REPORT)[0].clone();
    assert_eq!((&release["outcome"], &release["digest"]), (&"promoted".into(), &staging["digest"]), "{release}");
    let (manifest, digest) = open.manifest("acme/api", "1.0.9");
    assert_eq!(digest, text(&staging["digest"]));
    let images = manifest["manifests"]
        .as_array()
        .map_or(0, |images| images.iter().filter(|image| image["platform"]["os"] == "linux").count());
    assert_eq!(images, platforms.len());

    let listed = lend(pushed(&repo, "heads/main", &["images", "--format=json"])).success();
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&listed[0]["digest"], &listed[0]["found"]), (&staging["digest"], &"built".into()), "{listed:?}");
    let due = || lend(pushed(&repo, "heads/main", &["plan", "--since=published", "--format=names"])).success().text();
    assert_eq!(due(), "");
    repo.write("api/x", "y").commit("second");
    repo.write("README.md", "").commit("third");
    assert_eq!(due(), "api\n");
    repo
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn a_release_is_what_staging_runs_by_buildah() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    released(&registry, &registry, "buildah", &[], |rebake| engine.lend(rebake));
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn a_release_of_two_platforms_is_what_staging_runs() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    released(&registry, &registry, "buildah", &["linux/amd64", "linux/arm64"], |rebake| engine.lend(rebake));
}

/// Returns the digest behind a tag, as skopeo reads it.
fn inspected(engine: &Engine, registry: &Registry, tag: &str) -> String {
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["inspect", "--tls-verify=false", "--format={{.Digest}}", "--authfile"]).arg(engine.path("auth.json"));
    let output = skopeo.arg(format!("docker://{}/acme/api:{tag}", registry.address)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
#[ignore = "needs buildah, skopeo and docker-registry: .ci/full runs it"]
fn a_release_is_what_staging_runs_where_a_registry_asks_for_tokens() {
    for platforms in [&[][..], &["linux/amd64", "linux/arm64"]] {
        let open = Registry::start();
        let (registry, tokens) = open.with_tokens();
        let engine = Engine::new(&registry);
        engine.log_in(&registry, LOGIN);
        let repo = released(&registry, &open, "buildah", platforms, |rebake| engine.lend(rebake));
        let digests = ["main", "1.0.9"].map(|tag| inspected(&engine, &registry, tag));
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[1], text(&report(&repo, REPORT)[0]["digest"]));
        let scopes = tokens.scopes();
        assert!(scopes.iter().all(|scope| scope.starts_with("repository:acme/api:")), "{scopes:?}");
        // Nobody gets in without one.
        engine.log_in(&registry, "ci:wrong");
        let asked = pushed(&repo, "heads/main", &["plan", "--all", "--skip-existing", "--format=names"]);
        let refused = engine.lend(asked).success();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("HTTP 401"));
    }
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn a_release_is_what_staging_runs_by_docker() {
    let registry = Registry::start();
    let daemon = Daemon::start_newer();
    released(&registry, &registry, "docker", &[], |rebake| daemon.lend(rebake));
}
