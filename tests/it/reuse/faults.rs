use super::{at_tag, content_tag, repo, report, services};
use crate::registry_server::{Image, OCI};
use crate::repo::Repo;
use crate::small_registry::{Fault, SmallRegistry};

const KEYS: &str = ", promote: always, run: 'exit 3', tags: ['type=raw,value={{version}}', 'type=raw,value=main']";

/// A registry, and the repository of a release whose image it has, under its content tag.
struct Released {
    registry: SmallRegistry,
    repo: Repo,
    content: String,
}

impl Released {
    fn new() -> Self {
        let registry = SmallRegistry::start();
        let repo = repo(&registry, KEYS);
        let content = content_tag(&repo, &[]);
        repo.tag("api@1.0.9");
        Self { registry, repo, content }
    }

    /// Lets the registry have the image, and another one under a tag that moves; returns the image's digest.
    fn reset(&self) -> String {
        self.registry.clear();
        self.registry.push("acme/api", "main", &Image::of(OCI, "arm64"));
        self.registry.push("acme/api", &self.content, &Image::of(OCI, "amd64"))
    }
}

/// Each request fails once, in each way: what a run says is there is there.
#[test]
fn no_fault_of_a_registry_makes_a_run_claim_what_is_not_there() {
    let args = ["build", "--push", "--skip-existing", "--report=.git/report.json", "--registry-timeout=20"];
    let released = Released::new();
    released.reset();
    at_tag(&released.repo, "api@1.0.9", &args).success();
    let requests = released.registry.asked().len();
    assert!(requests >= 8, "{requests}");
    let (mut done, mut failed) = (0, 0);
    for (request, fault) in (0..requests).flat_map(|request| Fault::ALL.map(|fault| (request, fault))) {
        let digest = released.reset();
        released.registry.fail(request, fault);
        let code = at_tag(&released.repo, "api@1.0.9", &args).code();
        let service = &report(&released.repo)[0];
        let has = |tag: &str| released.registry.at("acme/api", tag).as_ref() == Some(&digest);
        let context = format!("request {request}, {fault:?}: {service}");
        match code {
            Some(0) => {
                done += 1;
                assert!(["promoted", "exists"].contains(&service["outcome"].as_str().unwrap()), "{context}");
                assert_eq!(service["digest"], digest, "{context}");
                assert!(has("1.0.9") && has("main"), "{context}");
                for tag in service["tags"].as_array().unwrap() {
                    assert!(has(tag.as_str().unwrap().rsplit_once(':').unwrap().1), "{context}");
                }
            }
            Some(1) => {
                failed += 1;
                assert_eq!(service["outcome"], "failed", "{context}");
                assert_eq!(service.get("digest"), None, "{context}");
            }
            code => panic!("{code:?}, {context}"),
        }
    }
    // What may pass by itself does.
    assert!(done > failed && failed > 0, "{done} {failed}");
}

#[test]
fn no_fault_of_a_registry_makes_a_plan_claim_what_is_not_there() {
    let args = ["plan", "--skip-existing", "--format=json"];
    let released = Released::new();
    released.reset();
    at_tag(&released.repo, "api@1.0.9", &args).success();
    let main = serde_json::json!(format!("{}/acme/api:main", released.registry.host()));
    let requests = 0..released.registry.asked().len();
    for (request, fault) in requests.flat_map(|request| Fault::ALL.map(|fault| (request, fault))) {
        let digest = released.reset();
        released.registry.push("acme/api", "1.0.9", &Image::of(OCI, "amd64"));
        released.registry.fail(request, fault);
        let planned = services(&at_tag(&released.repo, "api@1.0.9", &args).success());
        let exists = &planned[0]["exists"];
        if !exists.is_null() {
            assert_eq!(exists["digest"], digest);
            assert!(exists["lacks"].as_array().unwrap().contains(&main), "{request} {fault:?}: {exists}");
        }
    }
}
