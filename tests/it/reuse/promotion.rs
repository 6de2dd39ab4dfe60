use super::{at_tag, content_tag, repo, report, services};
use crate::registry_server::{DOCKER, DOCKER_LIST, Image, OCI, OCI_INDEX};
use crate::small_registry::SmallRegistry;

const REUSABLE: &str = ", promote: always, run: 'exit 3', tags: ['type=raw,value={{version}}', 'type=raw,value=main']";
const BUILD: [&str; 4] = ["build", "--push", "--skip-existing", "--report=.git/report.json"];

#[test]
fn a_release_is_what_staging_has_built_byte_for_byte() {
    for image in [
        Image::of(OCI, "amd64"),
        Image::of(DOCKER, "amd64"),
        Image::index(OCI_INDEX, &["amd64", "arm64"]),
        Image::index(DOCKER_LIST, &["amd64", "arm64"]),
    ] {
        let registry = SmallRegistry::start();
        let repo = repo(&registry, REUSABLE);
        let content = content_tag(&repo, &[]);
        let digest = registry.push("acme/api", &content, &image);
        repo.tag("api@1.0.9");
        at_tag(&repo, "api@1.0.9", &BUILD).success();
        let service = &report(&repo)[0];
        assert_eq!((&service["outcome"], &service["digest"]), (&"promoted".into(), &digest.clone().into()));
        let tags: Vec<String> =
            ["1.0.9", "main", &content].iter().map(|tag| format!("{}/acme/api:{tag}", registry.host())).collect();
        assert_eq!(service["tags"], serde_json::json!(tags));
        for tag in ["1.0.9", "main"] {
            assert_eq!(registry.at("acme/api", tag), Some(digest.clone()), "{tag}");
        }
        let put = registry.asked().into_iter().filter(|request| request.method == "PUT").collect::<Vec<_>>();
        assert_eq!(put.len(), 2);
        assert!(put.iter().all(|put| put.header("content-type") == Some(image.manifest.0)));
        // Once more: there is nothing to do.
        at_tag(&repo, "api@1.0.9", &BUILD).success();
        assert_eq!((&report(&repo)[0]["outcome"], &report(&repo)[0]["tags"]), (&"exists".into(), &service["tags"]));
        assert_eq!(registry.asked().iter().filter(|request| request.method == "PUT").count(), 2);
    }
}

#[test]
fn a_plan_says_which_tags_an_image_lacks() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, REUSABLE);
    let content = content_tag(&repo, &[]);
    let digest = registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    registry.push("acme/api", "main", &Image::of(OCI, "arm64"));
    repo.tag("api@1.0.9");
    let planned = services(&at_tag(&repo, "api@1.0.9", &["plan", "--skip-existing", "--format=json"]).success());
    let tag = |tag: &str| format!("{}/acme/api:{tag}", registry.host());
    let exists =
        serde_json::json!({"reference": tag(&content), "digest": digest, "lacks": [tag("1.0.9"), tag("main")]});
    assert_eq!(planned[0]["exists"], exists);
    assert!(registry.asked().iter().all(|request| request.method == "HEAD"));
}

#[test]
fn what_is_not_pushed_gets_no_tags() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, REUSABLE);
    let content = content_tag(&repo, &[]);
    registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    repo.rebake(["build", "--all", "--skip-existing", "--report=.git/report.json"]).success();
    assert_eq!(report(&repo)[0]["outcome"], "exists");
    assert_eq!(registry.tags("acme/api"), [content]);
}

#[test]
fn who_insists_gets_a_build() {
    let registry = SmallRegistry::start();
    let repo = repo(&registry, REUSABLE);
    let content = content_tag(&repo, &[]);
    registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    let args = ["build", "--skip-existing", "--report=.git/report.json"];
    repo.rebake([&args[..], &["--force=api"]].concat()).failure(1);
    assert_eq!(report(&repo)[0]["outcome"], "failed");
    repo.write(
        "filters.yaml",
        std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap().replace("always", "never"),
    );
    repo.commit("never");
    registry.push("acme/api", &content_tag(&repo, &[]), &Image::of(OCI, "amd64"));
    repo.rebake([&args[..], &["--all"]].concat()).failure(1);
    assert_eq!(report(&repo)[0]["outcome"], "failed");
}

#[test]
fn a_commit_has_its_first_image() {
    let registry = SmallRegistry::start();
    let repo =
        repo(&registry, ", promote: always, run: 'echo $REBAKE_TAGS', tags: ['type=sha', 'type=raw,value=main']");
    let sha = format!("sha-{}", repo.id("HEAD").short(7));
    let first = registry.push("acme/api", &sha, &Image::of(OCI, "amd64"));
    let run = repo.rebake(["build", "--all", "--push", "--report=.git/report.json"]).success();
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(
        said.contains(&format!(
            "note[tag-stays]: these tags of commits stay on the images that have them: `{}/acme/api:{sha}`",
            registry.host()
        )),
        "{said}"
    );
    assert_eq!(report(&repo)[0]["tags"], serde_json::json!([format!("{}/acme/api:main", registry.host())]));
    assert_eq!(registry.at("acme/api", &sha), Some(first));
}

#[test]
fn a_registry_that_wants_tokens_is_asked_for_one_that_writes() {
    let registry = SmallRegistry::guarded();
    let repo = repo(&registry, REUSABLE);
    let digest = registry.push("acme/api", &content_tag(&repo, &[]), &Image::of(OCI, "amd64"));
    repo.tag("api@1.0.9");
    let docker = repo.dir().with_file_name("docker");
    std::fs::create_dir_all(&docker).unwrap();
    // Without credentials it may read, and no tag is claimed.
    let run = at_tag(&repo, "api@1.0.9", &BUILD).env("DOCKER_CONFIG", &docker).failure(1);
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(report(&repo)[0]["message"].as_str().unwrap().contains("it denies access (HTTP 401)"), "{said}");
    assert_eq!(registry.at("acme/api", "1.0.9"), None);
    let auths = serde_json::json!({"auths": {registry.host(): {"auth": "Y2k6czNjcmV0"}}});
    std::fs::write(docker.join("config.json"), auths.to_string()).unwrap();
    at_tag(&repo, "api@1.0.9", &BUILD).env("DOCKER_CONFIG", &docker).success();
    assert_eq!(report(&repo)[0]["outcome"], "promoted");
    assert_eq!(registry.at("acme/api", "1.0.9"), Some(digest));
}
