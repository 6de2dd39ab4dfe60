use super::{at_tag, content_tag, repo, report};
use crate::registry_server::{Image, OCI};
use crate::repo::Repo;
use crate::small_registry::SmallRegistry;

const KEYS: &str = ", promote: always, run: 'exit 3', tags: ['type=raw,value={{version}}', 'type=raw,value=main']";

#[test]
fn a_job_promotes_what_a_plan_has_found() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, KEYS);
    let content = content_tag(&repo, &[]);
    let digest = registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    repo.tag("api@1.0.9");
    let outputs = repo.dir().join(".git/outputs");
    let plan = |name: &str| {
        let args = ["plan", "--ci", "--skip-existing", "--format=json"];
        let run = at_tag(&repo, "api@1.0.9", &args).env("GITHUB_OUTPUT", &outputs).success();
        std::fs::write(repo.dir().join(".git").join(name), &run.stdout).unwrap();
        let text = std::fs::read_to_string(&outputs).unwrap();
        std::fs::remove_file(&outputs).unwrap();
        let value = |name: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let at = lines.iter().position(|line| line.starts_with(&format!("{name}<<"))).unwrap();
            lines[at + 1].to_owned()
        };
        (value("any"), value("rebake_promote"))
    };
    assert_eq!(plan("plan.json"), ("false".to_owned(), "true".to_owned()));
    let promote = ["promote", "--plan=.git/plan.json", "--report=.git/report.json"];
    at_tag(&repo, "api@1.0.9", &promote).success();
    assert_eq!(
        (&report(&repo)[0]["outcome"], &report(&repo)[0]["digest"]),
        (&"promoted".into(), &digest.clone().into())
    );
    for tag in ["1.0.9", "main"] {
        assert_eq!(registry.at("acme/api", tag), Some(digest.clone()));
    }
    assert_eq!(plan("later.json"), ("false".to_owned(), "false".to_owned()));
    // What is gone since cannot be promoted, and is not built.
    for tag in ["1.0.9", &content] {
        registry.forget("acme/api", tag);
    }
    let run = at_tag(&repo, "api@1.0.9", &promote).failure(1);
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.contains("error[not-there]: `api` has no image that could be promoted"), "{said}");
    assert_eq!(report(&repo).len(), 0);
}

#[test]
fn what_is_to_be_built_is_left_to_builds() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, KEYS);
    repo.tag("api@1.0.9");
    at_tag(&repo, "api@1.0.9", &["promote", "--report=.git/report.json"]).success();
    assert_eq!(report(&repo).len(), 0);
    at_tag(&repo, "api@1.0.9", &["promote", "api"]).failure(1);
    assert_eq!(registry.tags("acme/api").len(), 0);
}

/// Where nobody can ask the registry, a release does not end well.
#[test]
fn a_registry_that_does_not_answer_is_no_success() {
    let repo = Repo::new();
    let run = "run: 'true'";
    repo.write("filters.yaml", format!("services:\n  api: {{ path: api, image: '127.0.0.1:1/acme/api', {run} }}\n"));
    repo.write("api/x", "").commit("first");
    repo.rebake(["promote", "--all", "--push", "--environment=staging"]).failure(3);
}
