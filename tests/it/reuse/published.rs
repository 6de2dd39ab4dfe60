use serde_json::{Value, json};

use super::services;
use crate::registry_server::{Image, OCI, OCI_INDEX};
use crate::repo::{Rebake, Repo};
use crate::small_registry::{Fault, SmallRegistry};

/// Two services with images and one without, on main.
fn shop(registry: &SmallRegistry) -> Repo {
    let repo = Repo::new();
    let filters = format!(
        "defaults: {{ image: '{}/acme/{{{{name}}}}', tags: ['type=raw,value={{{{version}}}}', 'type=ref,event=branch'] }}\n\
         services:\n  api: {{ path: api }}\n  web: {{ path: web }}\n  docs: {{ path: docs, image: false, tags: [] }}\n",
        registry.host()
    );
    repo.write("filters.yaml", filters);
    for service in ["api", "web", "docs"] {
        repo.write(format!("{service}/x"), "1");
    }
    repo.commit("first");
    repo
}

/// A plan of a push to a branch, as GitHub starts it, that counts since published images.
fn plan(repo: &Repo, branch: &str, args: &[&str]) -> Rebake {
    let event = repo.dir().join(".git/event.json");
    let before = repo.id("HEAD~1").to_string();
    std::fs::write(&event, json!({"before": before, "repository": {"default_branch": "main"}}).to_string()).unwrap();
    let commit = repo.id("HEAD").to_string();
    repo.rebake([&["plan", "--since=published", "--format=json", "--no-fetch"], args].concat())
        .env("CI", "true")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_REF", format!("refs/heads/{branch}"))
        .env("GITHUB_REF_NAME", branch)
        .env("GITHUB_REF_TYPE", "branch")
        .env("GITHUB_SHA", commit)
}

/// The services of a plan, each with its first cause and the reason of it.
fn due(run: &crate::repo::Run) -> Vec<String> {
    let due = |service: &Value| {
        let cause = &service["causes"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text(&service["service"]), text(&cause["kind"]), text(&cause["reason"])).trim().to_owned()
    };
    services(run).iter().map(due).collect()
}

fn labelled(service: &str, commit: &str) -> Image {
    let mut image = Image::of(OCI, "amd64");
    image.label(&json!({"rebake.service": service, "rebake.commit": commit}));
    image
}

#[test]
fn what_a_cancelled_run_left_behind_is_due() {
    let registry = SmallRegistry::start();
    let repo = shop(&registry);
    let first = repo.id("HEAD").to_string();
    for service in ["api", "web"] {
        registry.push(&format!("acme/{service}"), "main", &labelled(service, &first));
    }
    // The run of this push is cancelled.
    repo.write("api/x", "2").commit("second");
    repo.write("web/x", "2").commit("third");
    let refs = repo.git(["for-each-ref"]);
    let run = plan(&repo, "main", &[]).success();
    assert_eq!(due(&run), ["api file", "web file"]);
    let base = &services(&run)[0]["base"];
    assert_eq!(base["commit"], first.as_str());
    assert_eq!(base["source"], format!("its image {}/acme/api:main", registry.host()));
    // Nothing is written.
    assert!(registry.asked().iter().all(|request| ["GET", "HEAD"].contains(&request.method.as_str())));
    assert_eq!(repo.git(["for-each-ref"]), refs);
    // What is published is not due.
    let head = repo.id("HEAD").to_string();
    registry.push("acme/api", "main", &labelled("api", &head));
    assert_eq!(due(&plan(&repo, "main", &[]).success()), ["web file"]);
    // Of what has no image nothing is published.
    repo.write("docs/x", "2").commit("fourth");
    let run = plan(&repo, "main", &[]).success();
    assert_eq!(due(&run), ["web file"]);
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.contains("warning[no-image]: services without an image publish nothing"), "{said}");
}

#[test]
fn an_image_that_does_not_say_what_it_was_built_of_is_no_record() {
    let registry = SmallRegistry::start();
    let repo = shop(&registry);
    let first = repo.id("HEAD").to_string();
    repo.write("README.md", "").commit("second");
    registry.push("acme/api", "main", &labelled("api", &first));
    let web = |image: &Image| {
        registry.push("acme/web", "main", image);
        due(&plan(&repo, "main", &[]).success())
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(web(&labelled("web", &first)), none);
    // Labels of the image that it is built from.
    assert_eq!(web(&labelled("api", &first)), ["web no-record never-published"]);
    assert_eq!(web(&labelled("web", "main")), ["web no-record never-published"]);
    assert_eq!(web(&Image::of(OCI, "amd64")), ["web no-record never-published"]);
    // Images for two platforms, of which the one is older.
    let labels = |commit: &str| json!({"rebake.service": "web", "rebake.commit": commit});
    let second = repo.id("HEAD").to_string();
    let of = |commits: [&str; 2]| {
        Image::labelled_index(OCI_INDEX, &[("amd64", labels(commits[0])), ("arm64", labels(commits[1]))])
    };
    assert_eq!(web(&of([&first, &first])), none);
    assert_eq!(web(&of([&first, &second])), ["web no-record never-published"]);
    registry.forget("acme/web", "main");
    assert_eq!(due(&plan(&repo, "main", &[]).success()), ["web no-record never-published"]);
}

#[test]
fn what_a_registry_does_not_tell_is_due_and_said() {
    let registry = SmallRegistry::start();
    let repo = shop(&registry);
    let first = repo.id("HEAD").to_string();
    repo.write("README.md", "").commit("second");
    for service in ["api", "web"] {
        registry.push(&format!("acme/{service}"), "main", &labelled(service, &first));
    }
    registry.fail(0, Fault::Status(500));
    let run = plan(&repo, "main", &[]).success();
    let value: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(due(&run).len(), 1, "{value}");
    assert!(due(&run)[0].ends_with("base-unreachable"), "{value}");
    assert!(value["degraded"][0]["message"].as_str().unwrap().contains("it answered with HTTP 500"), "{value}");
    // So is an image of a commit that nobody has.
    registry.push("acme/api", "main", &labelled("api", &"7".repeat(40)));
    assert_eq!(due(&plan(&repo, "main", &[]).success()), ["api base-unreachable"]);
    plan(&repo, "main", &["--strict"]).failure(3);
}

#[test]
fn the_tag_has_to_be_clear() {
    let registry = SmallRegistry::start();
    let repo = shop(&registry);
    let first = repo.id("HEAD").to_string();
    let filters = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    repo.write("filters.yaml", filters.replace("'type=ref,event=branch'", "'type=ref,event=branch', stable"))
        .commit("two");
    let said = |run: crate::repo::Run| String::from_utf8(run.stderr.clone()).unwrap();
    let several = said(plan(&repo, "main", &[]).failure(2));
    assert!(several.contains("the images of `api` have several tags that are the same for all commits, `main`, `stable`, and so it is with 1 more services"), "{several}");
    repo.write("filters.yaml", filters.replace(", 'type=ref,event=branch'", "")).commit("none");
    let none = said(plan(&repo, "main", &[]).failure(2));
    assert!(none.contains("the images of `api` have no tag that is the same for all commits"), "{none}");
    for service in ["api", "web"] {
        registry.push(&format!("acme/{service}"), "edge", &labelled(service, &first));
    }
    plan(&repo, "main", &["--published-tag=edge"]).success();
    // A release names its service, so nothing is asked.
    repo.tag("api@1.0.9");
    super::at_tag(&repo, "api@1.0.9", &["plan", "--since=published", "--no-fetch"]).success();
}

#[test]
fn where_nothing_is_pushed_the_event_says_what_is_compared() {
    let registry = SmallRegistry::start();
    let repo = shop(&registry);
    repo.branch("topic").checkout("topic").write("api/x", "2").commit("second");
    let run = plan(&repo, "topic", &["--default-branch=main"]).success();
    assert_eq!(due(&run), ["api file"]);
    let value: Value = serde_json::from_slice(&run.stdout).unwrap();
    let source = value["range"]["source"].as_str().unwrap();
    assert!(source.ends_with("(`preview` does not push, so nothing is published)"), "{source}");
    assert!(registry.asked().is_empty());
}
