//! Names, paths and values that a shell, a terminal or a builder could take for something else; secrets; and images
//! for several platforms.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::registry::Registry;
use super::{Engine, hello, report, text};
use crate::repo::{Rebake, Repo};

const PATH: &str = "services/it's \"odd\", $(touch pwned) `id`";

/// The secret of the test.
const SECRET: &str = "hunter2-and-a-half";

/// Values that come out as they went in.
const VALUES: [(&str, &str); 6] = [
    ("lines", "one\ntwo\n\tthree=3"),
    ("quotes", "it's \"quoted\", a=b, c\\d"),
    ("shell", "$(touch pwned) `touch pwned` ${HOME} ; touch pwned #"),
    ("engine", "::error::x ##[error]y ##vso[z]"),
    ("turned", "\u{202e}txet\u{1b}[2J"),
    ("flag", "--push=false"),
];

/// One service, built from the root of the repository by a Dockerfile elsewhere, with all that can be said of it.
fn odd(registry: &Registry, builder: &str, last: &str) -> Repo {
    let repo = Repo::new();
    let mut service = json!({
        "path": PATH,
        "filters": ["**"],
        "image": format!("{}/acme/nested/odd", registry.address),
        "tag": "odd@{{version}}",
        "dockerfile": "docker files/My Dockerfile",
        "context": "/",
        "target": "right",
        "builder": builder,
        "build_args": {"ODD": "--flag 'x' \"y\" $HOME {{name}} {{version}}"},
        "secrets": ["id=token,env=MY_TOKEN"],
        "labels": {},
    });
    for (key, value) in VALUES {
        service["labels"][key] = value.into();
    }
    let config = json!({"services": {"Acme/odd@v2.x": service}});
    let dockerfile = format!(
        "FROM scratch AS right\nCOPY hello /hello\nARG ODD\nENV ODD=\"$ODD\"\n{last}\nFROM scratch AS wrong\nCOPY gone /\n"
    );
    repo.write("filters.yaml", config.to_string()).write(format!("{PATH}/docker files/My Dockerfile"), dockerfile);
    repo.write("hello", hello(repo.dir().parent().unwrap())).chmod_x("hello").commit("All that is odd");
    repo.annotated_tag("odd@1.0.0");
    repo
}

/// Builds it, by rebake and by what `--dry-run` prints, and holds the image against what was said.
pub(super) fn comes_out_as_it_went_in(registry: &Registry, repo: &Repo, lend: impl Fn(Rebake) -> Rebake) -> Value {
    let rebake = |args: &[&str]| lend(repo.rebake(args)).env("MY_TOKEN", SECRET);
    let released = ["--environment", "production"];
    rebake(&[&["build", "--all", "--push", "--report", ".git/report.json"], &released[..]].concat()).success();
    let service = &report(repo, ".git/report.json")[0];
    assert_eq!((text(&service["service"]), text(&service["outcome"])), ("Acme/odd@v2.x", "succeeded"));
    let (manifest, digest) = registry.manifest("acme/nested/odd", text(&service["digest"]));
    assert_eq!(registry.manifest("acme/nested/odd", "1.0.0").1, digest);
    let config = registry.config("acme/nested/odd", &manifest);
    for (key, value) in VALUES {
        assert_eq!(text(&config["config"]["Labels"][key]), value);
    }
    assert!(
        config["config"]["Env"].as_array().unwrap().contains(&json!("ODD=--flag 'x' \"y\" $HOME Acme/odd@v2.x 1.0.0"))
    );

    let before = registry.tags("acme/nested/odd");
    repo.commit("Another version");
    let script = rebake(&["build", "--all", "--push", "--dry-run"]).success().text();
    assert!(!script.contains(SECRET) && !script.contains('\u{1b}') && !script.contains('\u{202e}'), "{script}");
    assert_eq!(registry.tags("acme/nested/odd"), before, "a dry run pushes nothing");
    let mut bash = rebake(&[]).into_shell(&script);
    let output = bash.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    let after = registry.tags("acme/nested/odd");
    assert!(after.iter().any(|tag| tag.starts_with("1.0.0-0001-")), "{after:?}");

    let found =
        Command::new("grep").args(["--recursive", "--text", "--quiet", SECRET]).arg(repo.dir()).status().unwrap();
    assert_eq!(found.code(), Some(1), "the secret is in no log and no report");
    assert!(!repo.dir().join("pwned").exists() && !repo.dir().join(PATH).join("pwned").exists());
    manifest
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn odd_values_and_secrets_with_buildah() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    let repo = odd(&registry, "buildah", "RUN --mount=type=secret,id=token [\"/hello\"]");
    let manifest = comes_out_as_it_went_in(&registry, &repo, |rebake| engine.lend(rebake));
    // What the build did with its secret is its own affair: here it has handed it on.
    let layer =
        registry.blob("acme/nested/odd", text(&manifest["layers"].as_array().unwrap().last().unwrap()["digest"]));
    std::fs::write(engine.path("layer"), layer).unwrap();
    let told = Command::new("tar").arg("-xzOf").arg(engine.path("layer")).arg("told").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stdout), SECRET);
}

#[test]
#[ignore = "needs buildah and docker-registry: .ci/full runs it"]
fn of_an_image_that_could_not_be_pushed_nothing_is_kept() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    let repo = Repo::new();
    let service = json!({"path": "api", "image": "127.0.0.1:1/acme/api", "builder": "buildah"});
    repo.write("filters.yaml", json!({"services": {"api": service}}).to_string());
    repo.write("api/Dockerfile", "FROM scratch\nCOPY hello /hello\n").write("api/hello", "x").commit("Nobody listens");
    engine.lend(repo.rebake(["build", "--all", "--push", "--report", ".git/report.json"])).failure(1);
    assert_eq!(report(&repo, ".git/report.json")[0]["outcome"], "failed");
    let scratch = repo.dir().join(".git/rebake/builds/1/api");
    let log = std::fs::read_to_string(scratch.join("attempt-1.log")).unwrap();
    assert!(log.contains("COMMIT 127.0.0.1:1/acme/api"), "the image was made: {log}");
    assert!(!scratch.join("store").exists());
}

pub(super) fn odd_for_docker(registry: &Registry) -> Repo {
    odd(registry, "docker", "")
}

#[test]
#[ignore = "needs podman and docker-registry: .ci/full runs it"]
fn several_platforms_with_podman() {
    let registry = Registry::start();
    let engine = Engine::new(&registry);
    let repo = Repo::new();
    let service = json!({
        "path": "api", "image": format!("{}/acme/api", registry.address), "builder": "podman",
        "platforms": ["linux/amd64", "linux/arm64"], "tags": ["type=raw,value={{version}}", "type=raw,value=latest"],
    });
    repo.write("filters.yaml", json!({"services": {"api": service}}).to_string());
    repo.write("api/Containerfile", "FROM scratch\nCOPY hello /hello\nENTRYPOINT [\"/hello\"]\n")
        .write("api/hello", "x");
    repo.commit("For two kinds of machine");
    // The second time, there is a list of that name.
    for _ in 0..2 {
        engine.lend(repo.rebake(["build", "--all", "--push", "--report", ".git/report.json"])).success();
        let service = &report(&repo, ".git/report.json")[0];
        let (list, digest) = registry.manifest("acme/api", text(&service["digest"]));
        let platform = |entry: &Value| text(&entry["platform"]["architecture"]).to_owned();
        let mut platforms: Vec<String> = list["manifests"].as_array().unwrap().iter().map(platform).collect();
        platforms.sort();
        assert_eq!(platforms, ["amd64", "arm64"], "{list}");
        for tag in registry.tags("acme/api") {
            assert_eq!(registry.manifest("acme/api", &tag).1, digest, "{tag}");
        }
        assert_eq!(registry.tags("acme/api").len(), 3, "the version, latest, and the fingerprint");
    }
}
