//! The file for `docker buildx bake`, read back and built by bake itself.

use std::process::Stdio;

use serde_json::{Value, json};

use super::capstone::capstone;
use super::docker::Daemon;
use super::odd::odd_for_docker;
use super::registry::Registry;
use super::text;
use crate::repo::Repo;

/// Writes the file that bake reads, and returns it as it reads it.
fn read_back(repo: &Repo, daemon: &Daemon, args: &[&str]) -> Value {
    let file = repo.rebake([&["plan", "--all", "--push", "--format", "bake"], args].concat()).success();
    std::fs::write(repo.dir().join(".git/bake.json"), &file.stdout).unwrap();
    serde_json::from_slice(&bake(repo, daemon, &["--print"])).unwrap()
}

/// Runs bake on the file, at the root of the work tree.
fn bake(repo: &Repo, daemon: &Daemon, args: &[&str]) -> Vec<u8> {
    let script = format!("exec docker buildx bake --file .git/bake.json {}", args.join(" "));
    let mut command = daemon.lend(repo.rebake(["plan"])).into_shell(&script);
    let output = command.env("MY_TOKEN", "x").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What bake reads of each service is what the plan says of it.
fn same_as_the_plan(repo: &Repo, read: &Value, args: &[&str]) {
    let plan = repo.rebake([&["plan", "--all", "--push", "--format", "json"], args].concat()).success().text();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let services = plan["services"].as_array().unwrap();
    let targets = read["group"]["default"]["targets"].as_array().unwrap();
    assert_eq!((targets.len(), read["target"].as_object().unwrap().len()), (services.len(), services.len()));
    for (service, name) in services.iter().zip(targets) {
        let target = &read["target"][text(name)];
        // A release is built by its content tag alone.
        let by_content_alone = service["pushes"] == "content";
        let mut tags = if by_content_alone { Vec::new() } else { service["tags"].as_array().unwrap().clone() };
        tags.push(json!(format!("{}:{}", text(&service["image"]), text(&service["content_tag"]))));
        assert_eq!((&target["tags"], &target["labels"]), (&json!(tags), &service["labels"]), "{name}");
        assert_eq!(target["output"], json!(["type=registry"]));
    }
}

#[test]
#[ignore = "needs dockerd, docker buildx and docker-registry: .ci/full runs it"]
fn bake_reads_what_was_written() {
    let registry = Registry::start();
    let daemon = Daemon::start();
    let repo = odd_for_docker(&registry);
    let released = ["--environment", "production"];
    let read = read_back(&repo, &daemon, &released);
    same_as_the_plan(&repo, &read, &released);
    let target = &read["target"]["Acme-odd-v2-x"];
    assert_eq!(target["args"]["ODD"], "--flag 'x' \"y\" $HOME Acme/odd@v2.x 1.0.0");
    assert_eq!((text(&target["target"]), text(&target["context"])), ("right", "."));
    assert!(repo.dir().join(text(&target["dockerfile"])).is_file(), "{target}");

    // And builds it: no odd name, path or value is anything else to it.
    bake(&repo, &daemon, &[]);
    let content_tag = text(&target["tags"][0]).rsplit(':').next().unwrap();
    let (manifest, _) = registry.manifest("acme/nested/odd", content_tag);
    assert_eq!(registry.config("acme/nested/odd", &manifest)["config"]["Labels"], target["labels"]);
    assert!(!repo.dir().join("pwned").exists());
}

#[test]
#[ignore = "needs dockerd, docker buildx and docker-registry: .ci/full runs it"]
fn bake_reads_any_number_of_services() {
    let daemon = Daemon::start();
    for count in [0, 1, 51, 256, 1000] {
        let repo = Repo::new();
        let names: Vec<String> = (0..count).map(|number| format!("service-{number}")).collect();
        let mut services = json!({"top": {"path": "top", "depends_on": names}});
        for name in &names {
            services[name] = json!({"path": name});
        }
        let config = json!({"defaults": {"image": "ghcr.io/acme/{{name}}"}, "services": services});
        repo.write("filters.yaml", config.to_string()).write("top/Dockerfile", "FROM scratch\n");
        for name in &names {
            repo.write(format!("{name}/Dockerfile"), "FROM scratch\n");
        }
        repo.commit("first");
        let read = read_back(&repo, &daemon, &[]);
        same_as_the_plan(&repo, &read, &[]);
        assert_eq!(read["group"]["default"]["targets"].as_array().unwrap().len(), count + 1);
        let contexts = read["target"]["top"]["contexts"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(contexts, count);
    }
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn bake_builds_the_capstone_in_order() {
    let registry = Registry::start();
    let daemon = Daemon::start_newer();
    let repo = capstone(&registry, "docker");
    // The image that it is made from is nowhere but in this build.
    let migrator = format!("{}/acme/migrator", registry.address);
    repo.write("services/go/api-golang/Dockerfile", format!("FROM {migrator}\nCOPY hello /hello\n")).commit("From it");
    let read = read_back(&repo, &daemon, &[]);
    same_as_the_plan(&repo, &read, &[]);
    assert_eq!(read["target"]["api-golang"]["contexts"][&migrator], "target:migrator");

    bake(&repo, &daemon, &[]);
    for (name, target) in read["target"].as_object().unwrap() {
        let tag = text(&target["tags"][0]).rsplit(':').next().unwrap();
        let (manifest, digest) = registry.manifest(&format!("acme/{name}"), tag);
        assert_eq!(registry.config(&format!("acme/{name}"), &manifest)["config"]["Labels"], target["labels"]);
        let content_tag = text(&target["tags"][1]).rsplit(':').next().unwrap();
        assert_eq!(registry.manifest(&format!("acme/{name}"), content_tag).1, digest);
    }
    // Nothing to rebuild is a file that bake takes.
    let file = repo.rebake(["plan", "--base", "HEAD", "--format", "bake"]).success();
    std::fs::write(repo.dir().join(".git/bake.json"), &file.stdout).unwrap();
    bake(&repo, &daemon, &["--print"]);
}
