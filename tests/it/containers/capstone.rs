//! The capstone example through a day: all is built and pushed, one build breaks, the rest is built when it is mended,
//! and then nothing is left to do.

use std::path::Path;

use serde_json::Value;

use super::registry::Registry;
use super::{Engine, hello, outcomes, report, text};
use crate::repo::{Rebake, Repo};

/// Its services, in build order, and the versions of their releases.
const SERVICES: [(&str, &str, &str); 5] = [
    ("api-node", "services/node/api-node", "2.1.0"),
    ("client-react", "services/react/client-react", "3.0.0"),
    ("load-generator", "services/python/load-generator", "0.4.2"),
    ("migrator", "services/other/migrator", "1.2.0"),
    ("api-golang", "services/go/api-golang", "1.0.9"),
];

/// In the place of each service's own Dockerfile, whose base image cannot be had here.
const DOCKERFILE: &str = "\
FROM scratch
COPY hello /hello
ARG VERSION=dev
ENV VERSION=$VERSION
ENTRYPOINT [\"/hello\"]
";

/// The example, released, with a commit on top; its images are in this registry, made by this builder.
pub(super) fn capstone(registry: &Registry, builder: &str) -> Repo {
    let repo = Repo::new();
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/capstone")), repo.dir());
    let config = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    let defaults = format!("defaults:\n  builder: {builder}\n");
    let changed = config.replace("defaults:\n", &defaults).replace("ghcr.io", &registry.address);
    repo.write("filters.yaml", changed);
    let hello = hello(repo.dir().parent().unwrap());
    for (_, path, _) in SERVICES {
        repo.write(format!("{path}/Dockerfile"), DOCKERFILE).write(format!("{path}/hello"), &hello);
        repo.chmod_x(format!("{path}/hello"));
    }
    repo.commit("Five services");
    for (_, path, version) in SERVICES {
        repo.annotated_tag(&format!("{path}@{version}"));
    }
    repo.write("services/image.yaml", "# a change that all services are built from\n");
    repo.commit("Change how images are built");
    repo
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() { copy(&entry, &target) } else { std::fs::copy(entry, target).map(drop).unwrap() }
    }
}

/// Builds at most two services at once and pushes them; the report is `report.json` in the git directory.
fn build(repo: &Repo, more: &[&str]) -> Rebake {
    let args = ["build", "--push", "--jobs", "2", "--output", "json", "--report", REPORT];
    repo.rebake([&args, more].concat())
}

const REPORT: &str = ".git/report.json";

/// The day, with a builder that has what it needs from `lend`.
pub(super) fn day(registry: &Registry, builder: &str, lend: impl Fn(Rebake) -> Rebake) -> Repo {
    let repo = capstone(registry, builder);
    let names = SERVICES.map(|(service, ..)| service);

    let events = lend(build(&repo, &["--base", "HEAD~1"])).success().text();
    assert_eq!(outcomes(&report(&repo, REPORT)), names.map(|name| format!("{name} succeeded")));
    in_order(&events);
    let first: Vec<String> = report(&repo, REPORT).iter().map(|service| pushed(registry, &repo, service)).collect();

    // One breaks, and what needs it is not built; all others are, and are in the registry.
    repo.write("services/image.yaml", "# another change\n");
    repo.write("services/other/migrator/Dockerfile", format!("{DOCKERFILE}COPY gone /gone\n")).commit("Break it");
    lend(build(&repo, &["--base", "HEAD~1"])).failure(1);
    let broken = report(&repo, REPORT);
    let expected = ["succeeded", "succeeded", "succeeded", "failed", "blocked"];
    assert_eq!(outcomes(&broken), names.iter().zip(expected).map(|(n, o)| format!("{n} {o}")).collect::<Vec<_>>());
    assert_eq!((&broken[4]["blocked_by"], &broken[4]["attempts"]), (&"migrator".into(), &0.into()));
    for (service, before) in broken[..3].iter().zip(&first) {
        assert_ne!(&pushed(registry, &repo, service), before, "the version in it is another");
    }
    for failed in &broken[3..] {
        let tag = text(&failed["tags"][0]).rsplit_once(':').unwrap().1;
        let tags = registry.tags(&format!("acme/{}", text(&failed["service"])));
        assert!(!tags.is_empty() && !tags.iter().any(|there| there == tag), "{tag}: {tags:?}");
    }

    // Mended, what did not succeed is built, and nothing else.
    repo.write("services/other/migrator/Dockerfile", DOCKERFILE).commit("Mend it");
    let events = lend(build(&repo, &["--rerun", REPORT, "--allow-mixed"])).success().text();
    assert_eq!(started(&events), ["migrator", "api-golang"]);
    assert_eq!(outcomes(&report(&repo, REPORT)), names.map(|name| format!("{name} succeeded")));
    for service in &report(&repo, REPORT)[3..] {
        pushed(registry, &repo, service);
    }

    // An image that has its version in it is built for the new version; what is of this version is not built again.
    let events = lend(build(&repo, &["--all", "--skip-existing"])).success().text();
    let mut again = started(&events);
    again.sort();
    assert_eq!(again, ["api-node", "client-react", "load-generator"]);
    // Of all that, nothing has to be built again.
    let events = lend(build(&repo, &["--all", "--skip-existing"])).success().text();
    assert!(started(&events).is_empty(), "{events}");
    let there = report(&repo, REPORT);
    assert_eq!(outcomes(&there), names.map(|name| format!("{name} exists")));
    for service in &there {
        registry.manifest(&format!("acme/{}", text(&service["service"])), text(&service["digest"]));
    }
    repo
}

/// Holds what the registry has against the report's word, and returns the digest.
fn pushed(registry: &Registry, repo: &Repo, service: &Value) -> String {
    let (name, version) = (text(&service["service"]), text(&service["version"]));
    let (_, _, release) = SERVICES.iter().find(|(it, ..)| *it == name).unwrap();
    assert!(version.starts_with(&format!("{release}-000")), "{name} {version}");
    let repository = format!("acme/{name}");
    assert_eq!(text(&service["image"]), format!("{}/{repository}", registry.address));
    let (manifest, digest) = registry.manifest(&repository, text(&service["digest"]));
    let tags: Vec<&str> = service["tags"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(tags, [format!("{}/{repository}:{version}", registry.address)]);
    let fingerprint = repo.rebake(["fingerprint", name]).success().text();
    let fingerprint = fingerprint.split_whitespace().find(|word| word.starts_with("fp2-")).unwrap();
    assert_eq!(registry.manifest(&repository, version).1, digest, "{name} {version}");
    // The content tag has a suffix for the version, which the build sees.
    let mut content_tags = registry.tags(&repository).into_iter().filter(|tag| tag.starts_with(fingerprint));
    assert!(content_tags.any(|tag| registry.manifest(&repository, &tag).1 == digest), "{name}");
    let config = registry.config(&repository, &manifest);
    let labels = &config["config"]["Labels"];
    assert_eq!(text(&labels["org.opencontainers.image.version"]), version);
    assert_eq!(text(&labels["org.opencontainers.image.revision"]), repo.id("HEAD").to_string());
    assert_eq!(text(&labels["org.opencontainers.image.title"]), name);
    let environment: Vec<&str> = config["config"]["Env"].as_array().unwrap().iter().map(text).collect();
    assert!(environment.contains(&format!("VERSION={version}").as_str()), "{environment:?}");
    digest
}

fn started(events: &str) -> Vec<String> {
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == "started").map(|event| text(&event["service"]).to_owned()).collect()
}

/// At most two at once, two at some time, and nothing before what it needs.
fn in_order(events: &str) {
    let (mut running, mut most, mut done) = (0, 0, Vec::new());
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match text(&event["event"]) {
            "started" => {
                running += 1;
                assert!(event["service"] != "api-golang" || done.contains(&"migrator".to_owned()), "{events}");
            }
            "finished" => {
                running -= 1;
                done.push(text(&event["service"]).to_owned());
            }
            _ => {}
        }
        most = most.max(running);
    }
    assert_eq!((most, done.len()), (2, 5), "{events}");
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn a_day_with_buildah() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    let day = day(&registry, "buildah", |rebake| engine.lend(rebake));
    assert!(!engine.path("root").exists(), "no image goes through the user's own store");
    assert!(!day.dir().join(".git/rebake/builds/1/migrator/store").exists(), "nor is kept elsewhere");
}
