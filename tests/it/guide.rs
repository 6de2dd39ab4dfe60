//! The guide in `docs`: what it shows is what rebake takes.

use crate::repo::Repo;
use crate::source;

/// Returns the first block of YAML below a heading of the guide to building.
fn yaml(heading: &str) -> String {
    let guide = source::read("docs/build.md");
    let (_, below) = guide.split_once(&format!("# {heading}\n")).unwrap();
    let (_, block) = below.split_once("```yaml\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_services_of_the_guide_can_be_built() {
    let repo = Repo::new();
    repo.write("filters.yaml", yaml("Building images"));
    for file in ["services/api/Dockerfile", "services/migrator/docker/prod.Dockerfile", "services/report/Makefile"] {
        repo.write(file, "FROM scratch\n");
    }
    repo.commit("first");
    let script = repo.rebake(["build", "--all", "--push", "--builder", "farm", "--dry-run"]).success().text();
    let commands: Vec<&str> = script
        .lines()
        .filter(|line| ["docker ", "sh "].iter().any(|program| line.trim_start().starts_with(program)))
        .collect();
    let [migrator, api, report] = commands[..] else { panic!("{script}") };
    assert!(migrator.contains("docker buildx build --builder farm") && migrator.contains("--target prod"), "{script}");
    assert!(report.ends_with("sh -euc 'make image'"), "{script}");
    for words in [
        "--attest type=provenance,mode=max",
        "--cache-from type=registry,ref=ghcr.io/acme/api:buildcache",
        "--platform linux/amd64,linux/arm64",
        "--secret id=npm,env=NPM_TOKEN",
        "--push --metadata-file",
    ] {
        assert!(api.contains(words), "{words}: {script}");
    }
}

#[test]
fn the_order_of_the_guide_is_taken() {
    let repo = Repo::new();
    repo.write("filters.yaml", yaml("Build order")).write("engine/x", "").write("end-to-end/x", "").commit("first");
    let script = repo.rebake(["build", "--all", "--dry-run"]).success().text();
    assert!(script.contains("  cd ./engine &&\n  sh -euc make\n"), "{script}");
}
