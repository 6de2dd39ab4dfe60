//! The same commit gives the same image: by buildah in any checkout, by docker in one.

use serde_json::json;

use super::docker::Daemon;
use super::registry::Registry;
use super::{Engine, report, text};
use crate::repo::{Rebake, Repo};

const REPORT: &str = ".git/report.json";

fn service(registry: &Registry, builder: &str, dockerfile: &str) -> Repo {
    let repo = Repo::new();
    let service = json!({"path": "api", "image": format!("{}/acme/api", registry.address), "builder": builder});
    repo.write("filters.yaml", json!({"services": {"api": service}}).to_string());
    repo.write("api/Dockerfile", dockerfile).write("api/lib/x", "x").commit("first");
    repo
}

/// Builds all and pushes it, and returns the digest.
fn digest(repo: &Repo, lend: impl Fn(Rebake) -> Rebake) -> String {
    lend(repo.rebake(["build", "--all", "--push", "--report", REPORT])).success();
    text(&report(repo, REPORT)[0]["digest"]).to_owned()
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn two_checkouts_give_the_same_image_by_buildah() {
    let registry = Registry::start();
    let repo = service(&registry, "buildah", "FROM scratch\nCOPY . /app/\n");
    let build = |repo: &Repo| {
        let engine = Engine::new(&registry);
        digest(repo, |rebake| engine.lend(rebake))
    };
    let first = build(&repo);
    // Its files are of another second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(build(&repo.clone_with([])), first);
}

/// A folder that `COPY` makes has the time of the build, so that there is none here.
#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn one_checkout_gives_the_same_image_by_docker() {
    let registry = Registry::start();
    let repo = service(&registry, "docker", "FROM scratch\nCOPY lib/x /x\n");
    let build = || {
        let daemon = Daemon::start_newer();
        digest(&repo, |rebake| daemon.lend(rebake))
    };
    assert_eq!(build(), build());
}
