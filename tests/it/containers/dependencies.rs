//! A dependent stands on exactly what its dependency has become: by each builder, pushed and not, whatever older images
//! have the same names in the registry.

use std::process::Stdio;

use serde_json::{Value, json};

use super::docker::Daemon;
use super::registry::Registry;
use super::{Engine, outcomes, report, text};
use crate::repo::{Rebake, Repo};

const REPORT: &str = ".git/report.json";

/// What each dependent's Dockerfile says, where `BASE` is the image of `base`; its name, and whether it means what `base`
/// has become last.
const DEPENDENTS: [(&str, &str, bool); 10] = [
    ("plain", "FROM BASE\nCOPY g /g\n", true),
    ("latest", "FROM BASE:latest AS build\nCOPY g /g\nFROM build\nCOPY g /h\n", true),
    ("main", "FROM BASE:main\nCOPY g /g\n", true),
    ("edge", "FROM --platform=linux/amd64 BASE:edge\nCOPY g /g\n", true),
    ("branch", "FROM BASE:any-branch\nCOPY g /g\n", true),
    ("argument", "ARG TAG=main\nFROM BASE:${TAG}\nCOPY g /g\n", true),
    ("given", "ARG FROM_HERE\nFROM $FROM_HERE\nCOPY g /g\n", true),
    ("needs", "ARG NEEDED\nFROM ${NEEDED}\nCOPY g /g\n", true),
    ("context", "FROM upstream\nCOPY g /g\n", true),
    ("pin", "FROM BASE:1.0.0\nCOPY g /g\n", false),
];

/// `base`, released as 1.0.0 and in the registry under the names that people give to what moves; then changed. Its
/// dependents are each built from it in another way, and `chain` from one of those.
fn changed_base(registry: &Registry, builder: &str, lend: impl Fn(Rebake) -> Rebake) -> Repo {
    let repo = Repo::new();
    let base = format!("{}/acme/base", registry.address);
    let mut services = json!({
        "base": {"path": "base", "tags": [
            "type=raw,value={{version}}", "type=edge", "type=ref,event=branch",
            "type=raw,value=main,enable={{is_default_branch}}",
        ]},
        "chain": {"path": "chain", "depends_on": ["plain"]},
    });
    for (name, dockerfile, _) in DEPENDENTS {
        services[name] = json!({"path": name, "depends_on": ["base"]});
        repo.write(format!("{name}/Dockerfile"), dockerfile.replace("BASE", &base)).write(format!("{name}/g"), name);
    }
    services["given"]["build_args"] = json!({"FROM_HERE": format!("{base}:main")});
    services["needs"]["build_args"] = json!({"NEEDED": "{{needs.base}}"});
    services["context"]["contexts"] = json!({"upstream": "needs.base"});
    repo.write("chain/Dockerfile", format!("FROM {}/acme/plain:latest\nCOPY g /i\n", registry.address));
    repo.write("chain/g", "chain");
    let image = format!("{}/acme/{{{{name}}}}", registry.address);
    repo.write(
        "filters.yaml",
        json!({"defaults": {"builder": builder, "image": image}, "services": services}).to_string(),
    );
    repo.write("base/Dockerfile", "FROM scratch\nCOPY f /f\nENV BASE=old\n").write("base/f", "f").commit("first");
    repo.annotated_tag("base@1.0.0");
    lend(repo.rebake(["build", "--all", "--only", "base", "--push", "--environment", "production"])).success();
    for tag in ["latest", "main", "edge", "any-branch"] {
        registry.tag("acme/base", "1.0.0", tag);
    }
    repo.write("base/Dockerfile", "FROM scratch\nCOPY f /f\nENV BASE=new\n").commit("Change the base");
    repo
}

/// Asserts on which base each dependent stands, by the environment of its image.
fn stand_on_the_new_base(services: &[Value], environment: impl Fn(&Value) -> String) {
    let expected: Vec<String> =
        services.iter().map(|service| format!("{} succeeded", text(&service["service"]))).collect();
    assert_eq!(outcomes(services), expected);
    assert_eq!(services.len(), DEPENDENTS.len() + 2);
    for service in services {
        let name = text(&service["service"]);
        let is_new = DEPENDENTS.iter().find(|(dependent, ..)| *dependent == name).is_none_or(|(.., is_new)| *is_new);
        let environment = environment(service);
        assert!(environment.contains(if is_new { "BASE=new" } else { "BASE=old" }), "{name}: {environment}");
    }
}

/// As they are in the registry.
fn pushed(registry: &Registry, builder: &str, lend: impl Fn(Rebake) -> Rebake) {
    let repo = changed_base(registry, builder, &lend);
    lend(repo.rebake(["build", "--base", "HEAD~1", "--push", "--report", REPORT])).success();
    stand_on_the_new_base(&report(&repo, REPORT), |service| {
        let repository = format!("acme/{}", text(&service["service"]));
        let (manifest, _) = registry.manifest(&repository, text(&service["digest"]));
        registry.config(&repository, &manifest)["config"]["Env"].to_string()
    });
}

/// As they are where the builder leaves them; `inspect` is the command that shows an image.
fn not_pushed(registry: &Registry, builder: &str, inspect: &str, lend: impl Fn(Rebake) -> Rebake) {
    let repo = changed_base(registry, builder, &lend);
    lend(repo.rebake(["build", "--base", "HEAD~1", "--report", REPORT])).success();
    stand_on_the_new_base(&report(&repo, REPORT), |service| {
        let script = format!("exec {inspect} {}", text(&service["tags"][0]));
        let mut command = lend(repo.rebake(["plan"])).into_shell(&script);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn dependents_of_buildah_stand_on_the_new_base() {
    for is_pushed in [true, false] {
        let registry = Registry::start();
        let engine = Engine::new(&registry);
        let lend = |rebake: Rebake| engine.lend(rebake);
        if is_pushed {
            pushed(&registry, "buildah", lend);
        } else {
            not_pushed(&registry, "buildah", "buildah inspect --type image", lend);
        }
    }
}

#[test]
#[ignore = "needs podman and docker-registry: .ci/full runs it"]
fn dependents_of_podman_stand_on_the_new_base() {
    for is_pushed in [true, false] {
        let registry = Registry::start();
        let engine = Engine::new(&registry);
        let lend = |rebake: Rebake| engine.lend(rebake);
        if is_pushed {
            pushed(&registry, "podman", lend);
        } else {
            not_pushed(&registry, "podman", "podman image inspect", lend);
        }
    }
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn dependents_of_docker_stand_on_the_new_base() {
    let daemon = Daemon::start_newer();
    for is_pushed in [true, false] {
        let registry = Registry::start();
        let lend = |rebake: Rebake| daemon.lend(rebake);
        if is_pushed {
            pushed(&registry, "docker", lend);
        } else {
            not_pushed(&registry, "docker", "docker image inspect", lend);
        }
    }
}

/// Builds these services alone, with a store of the job's own, and returns its report.
fn job(repo: &Repo, registry: &Registry, args: &[&str]) -> Vec<Value> {
    let engine = Engine::new(registry);
    engine.lend(repo.rebake([&["build", "--push", "--report", REPORT], args].concat())).success();
    report(repo, REPORT)
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn a_job_finds_what_its_dependency_has_become_in_another() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    let repo = changed_base(&registry, "buildah", |rebake| engine.lend(rebake));
    let stands_on = |service: &Value| {
        let repository = format!("acme/{}", text(&service["service"]));
        let (manifest, _) = registry.manifest(&repository, text(&service["digest"]));
        registry.config(&repository, &manifest)["config"]["Env"].to_string()
    };
    let plan = repo.rebake(["plan", "--base", "HEAD~1", "--push", "--format", "json"]).success().text();
    repo.write(".git/plan.json", plan);
    let base = job(&repo, &registry, &["--plan", ".git/plan.json", "--only", "base"]);
    assert_eq!(outcomes(&base), ["base succeeded"]);
    std::fs::copy(repo.dir().join(REPORT), repo.dir().join(".git/base.json")).unwrap();
    let tags = registry.tags("acme/base");

    // By the report, and by the registry: the base is not built again.
    for more in [&["--needs", ".git/base.json"][..], &[]] {
        let services =
            job(&repo, &registry, &[&["--plan", ".git/plan.json", "--only", "plain,argument"], more].concat());
        assert_eq!(outcomes(&services), ["argument succeeded", "plain succeeded"]);
        for service in &services {
            assert!(stands_on(service).contains("BASE=new"), "{service}");
        }
    }
    assert_eq!(registry.tags("acme/base"), tags);

    // In neither: it is built first, and called by its content alone.
    repo.write("base/Dockerfile", "FROM scratch\nCOPY f /f\nENV BASE=newer\n").commit("Change it again");
    let services = job(&repo, &registry, &["--base", "HEAD~1", "--only", "plain", "--needs", ".git/base.json"]);
    assert_eq!(outcomes(&services), ["base succeeded", "plain succeeded"]);
    assert!(stands_on(&services[1]).contains("BASE=newer"), "{services:?}");
    let added: Vec<String> = registry.tags("acme/base").into_iter().filter(|tag| !tags.contains(tag)).collect();
    assert!(added.len() == 1 && added[0].starts_with("fp"), "{added:?}");
    // A service that changes alone finds the base that an earlier run has built.
    repo.write("pin/g", "other").write("plain/g", "other").commit("Change dependents");
    let services = job(&repo, &registry, &["--base", "HEAD~1", "plain"]);
    assert_eq!(outcomes(&services), ["plain succeeded"]);
    assert!(stands_on(&services[0]).contains("BASE=newer"), "{services:?}");
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn a_job_of_docker_stands_on_what_another_has_pushed() {
    let registry = Registry::start();
    let (first, second) = (Daemon::start_newer(), Daemon::start_newer());
    let repo = changed_base(&registry, "docker", |rebake| first.lend(rebake));
    let build = |daemon: &Daemon, more: &[&str]| {
        let args = ["build", "--base", "HEAD~1", "--push", "--report", REPORT];
        daemon.lend(repo.rebake([&args, more].concat())).success();
        report(&repo, REPORT)
    };
    let base = build(&first, &["--only", "base"]);
    assert_eq!(outcomes(&base), ["base succeeded"]);
    std::fs::copy(repo.dir().join(REPORT), repo.dir().join(".git/base.json")).unwrap();
    let (base, _) = registry.manifest("acme/base", text(&base[0]["digest"]));
    let layers = base["layers"].as_array().unwrap();
    for more in [&["--needs", ".git/base.json"][..], &[]] {
        let services = build(&second, &[&["--only", "plain,needs"], more].concat());
        assert_eq!(outcomes(&services), ["needs succeeded", "plain succeeded"]);
        for service in &services {
            let repository = format!("acme/{}", text(&service["service"]));
            let (manifest, _) = registry.manifest(&repository, text(&service["digest"]));
            assert!(manifest["layers"].as_array().unwrap().starts_with(layers), "{manifest}");
            let environment = registry.config(&repository, &manifest)["config"]["Env"].to_string();
            assert!(environment.contains("BASE=new"), "{environment}");
        }
    }
}
