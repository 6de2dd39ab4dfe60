use super::{at_tag, content_tag, repo, report};
use crate::registry_server::{Image, OCI};
use crate::repo::Repo;
use crate::small_registry::SmallRegistry;

const BUILD: [&str; 3] = ["build", "--push", "--report=.git/report.json"];

/// A service that a command builds: it says the digest of what the registry has for it.
fn keys(digest: &str) -> String {
    format!(
        ", run: 'echo \"$REBAKE_TAGS\" >.git/tags; echo digest={digest} >\"$REBAKE_OUTPUT\"', \
         tags: ['type=semver,pattern={{{{version}}}}', 'type=semver,pattern={{{{major}}}}', 'type=raw,value=stable']"
    )
}

/// A registry that has what `api` will be built to, and the repository, with a release.
fn released(tag: &str) -> (SmallRegistry, Repo, String) {
    let registry = SmallRegistry::start();
    let digest = registry.push("acme/api", "built", &Image::of(OCI, "amd64"));
    let repo = repo(&registry, &keys(&digest).replace(".git/tags", "../.git/tags"));
    repo.tag(tag);
    (registry, repo, digest)
}

fn said(run: &crate::repo::Run) -> String {
    String::from_utf8(run.stderr.clone()).unwrap()
}

#[test]
fn a_release_is_built_by_its_content_and_gets_its_tags_afterwards() {
    let (registry, repo, digest) = released("api@1.0.9");
    at_tag(&repo, "api@1.0.9", &BUILD).success();
    let service = &report(&repo)[0];
    assert_eq!(service["outcome"], "succeeded");
    let content = service["content_tag"].as_str().unwrap();
    let told = std::fs::read_to_string(repo.dir().join(".git/tags")).unwrap();
    assert_eq!(told.trim(), format!("{}/acme/api:{content}", registry.host()));
    for tag in ["1.0.9", "1", "stable", "latest"] {
        assert_eq!(registry.at("acme/api", tag).as_ref(), Some(&digest), "{tag}");
        let tag = serde_json::json!(format!("{}/acme/api:{tag}", registry.host()));
        assert!(service["tags"].as_array().unwrap().contains(&tag), "{service}");
    }
}

#[test]
fn an_older_release_in_a_shallow_clone_leaves_latest_to_the_newer_one() {
    let (_, repo, _) = released("api@1.1.0");
    repo.write("api/x", "2").commit("second");
    repo.tag("api@1.0.9");
    let clone = repo.clone_with(["--depth=1", "--branch=api@1.0.9"]);
    let tags = |args: &[&str]| {
        let services = super::services(&at_tag(&clone, "api@1.0.9", args).success());
        services[0]["tags"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let has_latest = |tags: &[String]| tags.iter().any(|tag| tag.ends_with(":latest\""));
    // Nothing in the clone says that there is a newer release.
    assert!(has_latest(&tags(&["plan", "--format=json", "--no-fetch"])));
    assert!(!has_latest(&tags(&["plan", "--format=json", "--fetch"])));
}

#[test]
fn a_release_never_moves() {
    let (registry, repo, _) = released("api@1.0.9");
    let other = registry.push("acme/api", "1.0.9", &Image::of(OCI, "arm64"));
    let run = at_tag(&repo, "api@1.0.9", &BUILD).failure(1);
    assert_eq!(registry.tags("acme/api"), ["1.0.9", "built"]);
    assert_eq!(registry.at("acme/api", "1.0.9"), Some(other));
    assert!(!repo.dir().join(".git/tags").exists(), "it is not built");
    let service = &report(&repo)[0];
    assert_eq!(service["outcome"], "failed");
    let message = service["message"].as_str().unwrap();
    assert!(message.contains("never moves: make a new version with `rebake release`"), "{message}\n{}", said(&run));
}

#[test]
fn a_release_that_is_there_is_not_built_again() {
    let (registry, repo, digest) = released("api@1.0.9");
    at_tag(&repo, "api@1.0.9", &BUILD).success();
    // Pushed by its content, as a builder does.
    let content = report(&repo)[0]["content_tag"].as_str().unwrap().to_owned();
    registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    std::fs::remove_file(repo.dir().join(".git/tags")).unwrap();
    registry.forget("acme/api", "stable");
    at_tag(&repo, "api@1.0.9", &BUILD).success();
    assert!(!repo.dir().join(".git/tags").exists(), "it is not built");
    assert_eq!(
        (&report(&repo)[0]["outcome"], &report(&repo)[0]["digest"]),
        (&"promoted".into(), &digest.clone().into())
    );
    assert_eq!(registry.at("acme/api", "stable"), Some(digest));
    // Who insists is told to make another version.
    let run = at_tag(&repo, "api@1.0.9", &[&BUILD[..], &["--force=api"]].concat()).failure(1);
    assert!(
        report(&repo)[0]["message"].as_str().unwrap().contains("`--force` builds no release again"),
        "{}",
        said(&run)
    );
}

#[test]
fn labels_tell_a_release_where_its_content_tag_is_gone() {
    let (registry, repo, _) = released("api@1.0.9");
    let mut image = Image::of(OCI, "amd64");
    let labels = serde_json::json!({"rebake.service": "api", "rebake.commit": repo.id("HEAD").to_string()});
    image.label(&labels);
    let digest = registry.push("acme/api", "1.0.9", &image);
    at_tag(&repo, "api@1.0.9", &BUILD).success();
    assert_eq!((&report(&repo)[0]["outcome"], &report(&repo)[0]["digest"]), (&"promoted".into(), &digest.into()));
    image.label(&serde_json::json!({"rebake.service": "api", "rebake.commit": "0".repeat(40)}));
    registry.push("acme/api", "1.0.9", &image);
    at_tag(&repo, "api@1.0.9", &BUILD).failure(1);
}

#[test]
fn a_command_that_does_not_say_what_it_pushed_is_told_how() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, ", run: 'true'");
    repo.tag("api@1.0.9");
    let run = at_tag(&repo, "api@1.0.9", &BUILD).failure(1);
    assert!(
        said(&run).contains("writes `digest=sha256:…` into the file $REBAKE_OUTPUT, or pushes $REBAKE_CONTENT_TAG")
    );
    assert_eq!(report(&repo)[0]["outcome"], "failed");
    // One that pushes its content tag has said it.
    let content = content_tag(&repo, &["--environment=production"]);
    let digest = registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    at_tag(&repo, "api@1.0.9", &BUILD).success();
    assert_eq!(registry.at("acme/api", "1.0.9"), Some(digest));
}
