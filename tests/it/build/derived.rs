//! Builds without a filters.yaml: how is read from the repository's own files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use snapbox::str;

use super::outcomes;
use crate::on_github::{plan, pull_request};
use crate::repo::Repo;

const DOCKERFILE: &str = "FROM scratch\nCOPY . /\n";

/// Two images, one with a name, on a base image, beside two packages of npm.
fn mixed() -> Repo {
    let repo = Repo::new();
    let compose = "services:\n  api:\n    image: acme/api:dev\n    build: {context: ., dockerfile: api/Dockerfile, target: prod, args: {MODE: fast}}\n\
                   \x20 web: {build: ./web}\n  base: {image: 'acme/base:dev', build: base}\n  db: {image: postgres}\n";
    repo.write("compose.yaml", compose)
        .write("api/Dockerfile", "FROM acme/base:dev AS prod\nCOPY api ui /\n")
        .write("base/Dockerfile", DOCKERFILE)
        .write("web/Dockerfile", DOCKERFILE)
        .write("package.json", r#"{"private": true, "workspaces": ["ui", "web"]}"#)
        .write("ui/package.json", r#"{"name": "@acme/ui"}"#)
        .write("web/package.json", r#"{"name": "@acme/web", "dependencies": {"@acme/ui": "*"}}"#)
        .commit("first");
    repo
}

/// Packages of npm alone.
fn packages() -> Repo {
    let repo = Repo::new();
    repo.write("package.json", r#"{"private": true, "workspaces": ["*"]}"#)
        .write("ui/package.json", r#"{"name": "ui"}"#)
        .write("web/package.json", r#"{"name": "web", "dependencies": {"ui": "*"}}"#)
        .commit("first");
    repo
}

/// Returns the services of a dry run, each with the command of docker after it, without labels.
fn commands(repo: &Repo, args: &[&str]) -> Vec<String> {
    let script = repo.rebake([&["build", "--dry-run"], args].concat()).success().text();
    let root = repo.dir().canonicalize().unwrap();
    let lines = script.lines().filter(|line| line.starts_with('#') || line.contains("docker buildx"));
    let without_labels = |line: &str| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        while let Some(at) = words.iter().position(|word| *word == "--label") {
            words.drain(at..at + 2);
        }
        words.join(" ").replace(root.to_str().unwrap(), "ROOT")
    };
    lines.map(without_labels).collect()
}

/// Puts a stand-in for docker into a directory of its own, and returns `$PATH` with it. The stand-in writes its words to
/// `docker.log`.
fn path_with_docker(repo: &Repo) -> String {
    let bin = repo.dir().with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let stub = "#!/bin/sh\n\
        case \"$*\" in\n\
          'buildx inspect'*) echo 'Driver: docker'; exit;;\n\
          *--help) echo '--file --target --build-arg --build-context --label --tag'; exit;;\n\
        esac\n\
        echo \"$*\" >>\"$0.log\"\n";
    fs::write(bin.join("docker"), stub).unwrap();
    fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the installed git has to be found")]
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", bin.display())
}

const MIXED: [&str; 6] = [
    "# base",
    "docker buildx build --file ROOT/base/Dockerfile --tag acme/base:0.0.0-0001-6cc9aae ROOT/base",
    "# api, after base",
    "docker buildx build --file ROOT/api/Dockerfile --target prod --build-arg MODE=fast \
     --build-context acme/base:dev=docker-image://acme/base:0.0.0-0001-6cc9aae \
     --build-context acme/base=docker-image://acme/base:0.0.0-0001-6cc9aae \
     --build-context acme/base:0.0.0-0001-6cc9aae=docker-image://acme/base:0.0.0-0001-6cc9aae \
     --tag acme/api:0.0.0-0001-6cc9aae ROOT",
    "# web",
    "docker buildx build --file ROOT/web/Dockerfile --tag localhost/web:0.0.0-0001-6cc9aae ROOT/web",
];

#[test]
fn what_has_a_dockerfile_is_built_as_it_is_declared() {
    let repo = mixed();
    assert_eq!(commands(&repo, &["--all"]), MIXED);
    let run = repo.rebake(["build", "--all", "--dry-run"]).success();
    run.stderr(str![[r#"
note[derived]: services (5) and dependencies (2) are derived from Dockerfile (1), compose.yaml (1), package.json (3), not read from filters.yaml
note[not-built]: rebake builds only services with a Dockerfile and a context in the work tree, and not `root`, `acme/ui`
 |
 = help: `rebake init --write` writes a filters.yaml, where `run` gives a service a command

"#]]);
    let images = repo.rebake(["version", "--format", "image"]).success();
    images.stdout(str![[r#"
acme/api:0.0.0-0001-6cc9aae
acme/base:0.0.0-0001-6cc9aae
localhost/web:0.0.0-0001-6cc9aae

"#]]);
    let bake: serde_json::Value =
        serde_json::from_str(&repo.rebake(["plan", "--all", "--format", "bake"]).success().text()).unwrap();
    let target = &bake["target"]["api"];
    assert_eq!(
        (&target["context"], &target["dockerfile"], &target["target"]),
        (&".".into(), &"api/Dockerfile".into(), &"prod".into())
    );
    assert_eq!(target["args"], serde_json::json!({"MODE": "fast"}));
    assert_eq!(bake["group"]["default"]["targets"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_of_init_builds_the_same() {
    let repo = mixed();
    let before = commands(&repo, &["--all"]);
    repo.rebake(["init", "--write"]).success();
    repo.rebake(["init", "--write"]).success();
    repo.rebake(["init", "--check"]).success().stderr("");
    let version = |lines: Vec<String>| lines.into_iter().map(|line| line.replace("-dirty", "")).collect::<Vec<_>>();
    assert_eq!(version(commands(&repo, &["--all", "--unmatched", "ignore"])), before);
    let written = fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    assert!(written.contains("    image: acme/api # compose.yaml:"), "{written}");
    assert!(written.contains("  image: \"localhost/{{name}}\"\n"), "{written}");
}

#[test]
fn a_package_passes_its_changes_on_and_is_not_built() {
    let repo = mixed();
    repo.write("ui/x.js", "");
    let path = path_with_docker(&repo);
    let run = repo.rebake(["build", "--report", ".git/report.json"]).env("PATH", &path).success();
    assert!(run.text().contains("3 services to build"), "{}", run.text());
    run.stderr(str![[r#"
note[derived]: services (5) and dependencies (2) are derived from Dockerfile (1), compose.yaml (1), package.json (3), not read from filters.yaml
note[not-built]: rebake builds only services with a Dockerfile and a context in the work tree, and not `acme/ui`
 |
 = help: `rebake init --write` writes a filters.yaml, where `run` gives a service a command

"#]]);
    // The base image that has not changed is built too: no registry is asked for it.
    assert_eq!(outcomes(&repo, ".git/report.json"), ["base succeeded", "api succeeded", "web succeeded"]);
    let words = fs::read_to_string(repo.dir().with_file_name("bin").join("docker.log")).unwrap();
    assert_eq!(words.lines().count(), 3, "{words}");
    let services = repo.rebake(["plan", "--format", "names"]).success().text();
    assert_eq!(services, "api\nacme/ui\nweb\n");
    // A job of a saved plan leaves it out too.
    let saved = repo.rebake(["plan", "--format", "json"]).success().text();
    repo.write(".git/plan.json", saved);
    let job = repo.rebake(["build", "--plan", ".git/plan.json", "--only", "acme/ui"]).env("PATH", &path).success();
    assert!(job.text().contains("Nothing to build."), "{}", job.text());
}

#[test]
fn packages_alone_build_nothing() {
    let repo = packages();
    repo.rebake(["build", "--all"])
        .success()
        .stdout(str![[r#"
cb93517 and the work tree: everything was asked for
Nothing to build.

"#]])
        .stderr(str![[r#"
note[derived]: services (3) and dependencies (1) are derived from package.json (3), not read from filters.yaml
warning[nothing-built]: no service here has a Dockerfile or a command, so rebake builds nothing
 |
 = help: `rebake init --write` writes a filters.yaml, where `run` gives a service a command

"#]]);
    repo.rebake(["build", "web", "--force", "web"]).success();
    // A filters.yaml is to say how a service is built.
    repo.write("filters.yaml", "services: {web: {path: web}}\n");
    repo.rebake(["build", "--all", "--unmatched", "ignore"]).failure(2);
}

#[test]
fn an_image_without_a_registry_is_not_pushed() {
    let repo = mixed();
    let push = |args: &[&str]| repo.rebake([&["build", "--push", "--discover", "--all", "--dry-run"], args].concat());
    push(&["--only", "web"]).failure(2).stdout("").stderr(str![[r#"
note[derived]: services (5) and dependencies (2) are derived from Dockerfile (1), compose.yaml (1), package.json (3), not read from filters.yaml
error[builder]: `web` would be pushed as `localhost/web`, which is a name for this machine only
 --> compose.yaml:5:16
  |
5 |   web: {build: ./web}
  |                ^^^^^
  |
  = help: name it in its registry, such as `image: "ghcr.io/acme/{{name}}"` in filters.yaml, which `rebake init --write` begins; or leave it on this machine: `--no-push`

"#]]);
    push(&["--only", "base"]).success();
    // Docker Hub lets nobody push an official image.
    repo.write("filters.yaml", "services: {web: {path: web, image: web}}\n").commit("second");
    let said = repo.rebake(["build", "--push", "--all", "--dry-run", "--unmatched", "ignore"]).said();
    assert!(said.contains("`web` would be pushed as `web`"), "{said}");
}

#[test]
fn no_registry_is_asked_for_an_image_of_this_machine() {
    let repo = Repo::new();
    let config = "services:\n  base: {path: base, image: localhost/base}\n  api: {path: api, image: localhost/api, depends_on: [base]}\n";
    repo.write("filters.yaml", config)
        .write("base/Dockerfile", DOCKERFILE)
        .write("api/Dockerfile", "FROM localhost/base\nCOPY . /\n")
        .commit("first");
    repo.write("api/x", "");
    // A registry that does not answer would be a warning.
    repo.rebake(["build", "--dry-run"]).success().stderr("");
    assert_eq!(commands(&repo, &[]).len(), 4);
}

#[test]
fn a_pull_request_names_no_image_that_is_pushed() {
    let repo = mixed();
    let base = repo.id("HEAD");
    let compose = fs::read_to_string(repo.dir().join("compose.yaml")).unwrap();
    repo.write("compose.yaml", compose.replace("acme/api", "mallory/api")).commit("second");
    let run = pull_request(&repo, &base, &["--format", "json", "--discover", "--push"]).success();
    let plan = plan(&run);
    let services = plan["services"].as_array().unwrap();
    assert!(services.iter().any(|service| service["image"] == "mallory/api"), "{plan}");
    assert!(services.iter().all(|service| service["push"] == false), "{plan}");
}

#[test]
fn a_build_says_what_it_leaves_out() {
    let repo = Repo::new();
    let compose = "services:\n  api: {build: {context: api, args: {COMMIT: $COMMIT}}}\n  worker: {build: {context: api, args: {COMMIT: $COMMIT}}}\n\
                   \x20 debug: {build: {context: api, target: debug}}\n  text: {build: {context: text, dockerfile_inline: FROM scratch}}\n";
    repo.write("compose.yaml", compose)
        .write("api/Dockerfile", "FROM scratch AS debug\nFROM scratch\nCOPY . /\n")
        .write("text/x", "")
        .commit("first");
    repo.rebake(["build", "--all", "--dry-run"]).success().stderr(str![[r#"
note[derived]: services (2) and dependencies (0) are derived from compose.yaml (1), not read from filters.yaml
note[not-built]: rebake builds only services with a Dockerfile and a context in the work tree, and not `text`
 |
 = help: `rebake init --write` writes a filters.yaml, where `run` gives a service a command
warning[incomplete-build]: the builds leave out some of what the repository's files declare for them
 |
 = help: `api`: build_args: COMMIT is known only when it is built (compose.yaml:2:26)
 = help: `api`: also built: debug, target debug (compose.yaml:4:28)

"#]]);
}

#[test]
fn a_build_that_lacks_its_context_or_has_an_unusual_path_stops_no_other() {
    let repo = Repo::new();
    let workflow = "on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        \
                    with: {context: made, file: st/Dockerfile, tags: acme/st}\n";
    repo.write(".github/workflows/b.yml", workflow);
    for directory in ["a:b", "ok", "st"] {
        repo.write(format!("{directory}/Dockerfile"), "FROM scratch\n");
    }
    repo.commit("first");
    let run = repo.rebake(["build", "--all", "--dry-run"]).success();
    assert!(run.text().starts_with("# ok\n") && !run.text().contains("\n# "), "{}", run.text());
    run.stderr(str![[r#"
note[derived]: services (3) and dependencies (0) are derived from Dockerfile (2), b.yml (1), not read from filters.yaml
note[not-built]: rebake builds only services with a Dockerfile and a context in the work tree, and not `a-b`, `made`
 |
 = help: `rebake init --write` writes a filters.yaml, where `run` gives a service a command

"#]]);
}
