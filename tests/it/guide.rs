//! The guide in `docs`: what it shows is what rebake takes.

use crate::repo::Repo;
use crate::source;

/// Returns the first block of a language in a document.
fn block<'t>(text: &'t str, language: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_services_of_the_guide_can_be_built() {
    let repo = Repo::new();
    repo.write("filters.yaml", block(&source::read("docs/build.md"), "yaml"));
    for file in ["services/api/Dockerfile", "services/migrator/docker/prod.Dockerfile", "services/report/Makefile"] {
        repo.write(file, "FROM scratch\n");
    }
    repo.commit("first");
    let script = repo.rebake(["build", "--all", "--push", "--builder", "farm", "--dry-run"]).success().text();
    let commands: Vec<&str> = script.lines().filter(|line| line.starts_with('(')).collect();
    let [migrator, api, report] = commands[..] else { panic!("{script}") };
    assert!(migrator.contains("docker buildx build --builder farm") && migrator.contains("--target prod"), "{script}");
    assert!(report.ends_with("sh -euc 'make image')"), "{script}");
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
