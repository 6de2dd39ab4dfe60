use std::process::Child;

use serde_json::Value;

use crate::registry_server::{Image, OCI};
use crate::repo::{Rebake, Repo};
use crate::small_registry::{Fault, Late, SmallRegistry};

/// `api` waits for the file `.git/go` of its clone where there is a `.git/wait`, and says that it has pushed what
/// `$DIGEST` says.
const RUN: &str = "run: 'touch ../.git/begun; while test -e ../.git/wait && ! test -e ../.git/go; do sleep 0.02; done; \
    echo \"$REBAKE_TAGS\" >../.git/tags; echo digest=$DIGEST >\"$REBAKE_OUTPUT\"'";

/// Two clones of a repository, and the registry that they push to.
pub(super) struct Two {
    pub(super) registry: SmallRegistry,
    pub(super) older: Repo,
    pub(super) newer: Repo,
}

impl Two {
    /// The second clone is a commit ahead.
    pub(super) fn new() -> Self {
        let registry = SmallRegistry::start();
        let origin = Repo::new();
        let image = format!("{}/acme/api", registry.host());
        origin.write(
            "filters.yaml",
            format!("services:\n  api: {{ path: api, image: '{image}', tags: ['type=raw,value=main'], promote: always, {RUN} }}\n"),
        );
        origin.write("api/x", "1").commit("first");
        let older = origin.clone_with([]);
        origin.write("api/x", "2").commit("second");
        let newer = origin.clone_with([]);
        Self { registry, older, newer }
    }

    pub(super) fn image(&self, architecture: &str) -> String {
        self.registry.push("acme/api", architecture, &Image::of(OCI, architecture))
    }

    /// Starts a run of the older commit, which puts its tag late, and lets the newer commit be built meanwhile. Returns the
    /// run, what lets it go on, and the newer image.
    fn overtaken(&self) -> (Child, Late, String) {
        let [old, new] = ["amd64", "arm64"].map(|architecture| self.image(architecture));
        let late = self.registry.put_late("main");
        let run = build(&self.older, &old).start();
        late.wait();
        build(&self.newer, &new).success();
        (run, late, new)
    }

    pub(super) fn main(&self) -> Option<String> {
        self.registry.at("acme/api", "main")
    }
}

pub(super) fn build(repo: &Repo, digest: &str) -> Rebake {
    let args = ["build", "--since=built", "--record", "--push", "--environment=staging", "--report=.git/report.json"];
    repo.rebake(args).env("DIGEST", digest)
}

pub(super) fn report(repo: &Repo) -> Value {
    super::report(repo)[0].clone()
}

fn wait_for_build(repo: &Repo) {
    while !repo.dir().join(".git/begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

fn begin(repo: &Repo, digest: &str) -> Child {
    repo.write(".git/wait", "");
    let run = build(repo, digest).start();
    wait_for_build(repo);
    run
}

#[test]
fn a_run_that_ends_late_puts_no_tag_over_that_of_a_newer_one() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    let mut late = begin(&two.older, &old);
    build(&two.newer, &new).success();
    assert_eq!(two.main(), Some(new.clone()));
    two.older.write(".git/go", "");
    assert!(late.wait().unwrap().success());
    assert_eq!(two.main(), Some(new));
    let service = report(&two.older);
    assert_eq!((&service["record"], &service["outcome"]), (&"superseded".into(), &"succeeded".into()), "{service}");
    let content = service["content_tag"].as_str().unwrap();
    assert_eq!(service["tags"], serde_json::json!([format!("{}/acme/api:{content}", two.registry.host())]));
    // A build gets the tag of its content alone.
    let told = std::fs::read_to_string(two.older.dir().join(".git/tags")).unwrap();
    assert_eq!(told.trim(), format!("{}/acme/api:{content}", two.registry.host()));
}

#[test]
fn a_tag_that_cannot_be_put_takes_the_built_ref_back() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    let built = || two.newer.git(["ls-remote", "origin", "refs/rebake/*"]);
    let is_due = || {
        let args = ["plan", "--since=built", "--environment=staging", "--format=names", "--fetch"];
        two.newer.rebake(args).success().text() == "api\n"
    };
    // Neither the first build nor a later one claims a tag that is not there.
    for (digest, repo) in [(&old, &two.older), (&new, &two.newer)] {
        let before = built();
        // The manifest is read, the tag is looked up; then it is put.
        two.registry.fail(2, Fault::Status(403));
        let code = build(repo, digest).code();
        let service = report(repo);
        assert_eq!((code, &service["record"]), (Some(1), &"taken-back".into()), "{service}");
        let of_built =
            |text: &str| text.lines().filter(|line| line.contains("/built/")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of_built(&built()), of_built(&before));
        assert!(built().contains("refs/rebake/begun/staging/api"), "{}", built());
        assert!(is_due());
        build(repo, digest).success();
        assert_eq!(two.main().as_ref(), Some(digest));
        assert!(!built().contains("/begun/"), "{}", built());
    }
}

#[test]
fn a_run_that_is_killed_before_it_puts_its_tags_leaves_the_service_due() {
    let two = Two::new();
    let digest = two.image("amd64");
    let refs = || two.older.git(["ls-remote", "origin", "refs/rebake/*"]);
    let late = two.registry.put_late("main");
    let mut run = build(&two.older, &digest).start();
    late.wait();
    run.kill().unwrap();
    run.wait().unwrap();
    drop(late);
    two.registry.forget("acme/api", "main");
    assert!(refs().contains("refs/rebake/built/staging/api"), "{}", refs());
    assert!(refs().contains("refs/rebake/begun/staging/api"), "{}", refs());
    build(&two.older, &digest).success();
    assert_eq!(two.main(), Some(digest));
    assert!(!refs().contains("/begun/"), "{}", refs());
}

#[test]
fn a_run_that_puts_its_tags_late_gives_them_to_the_newer_image() {
    let two = Two::new();
    let (mut run, late, new) = two.overtaken();
    let content = report(&two.newer)["content_tag"].as_str().unwrap().to_owned();
    two.registry.push("acme/api", &content, &Image::of(OCI, "arm64"));
    late.go_on();
    let is_success = run.wait().unwrap().success();
    let service = report(&two.older);
    assert!(is_success, "{service}");
    assert_eq!(two.main(), Some(new));
    assert_eq!((&service["record"], &service["outcome"]), (&"superseded".into(), &"succeeded".into()), "{service}");
    let content = service["content_tag"].as_str().unwrap();
    assert_eq!(service["tags"], serde_json::json!([format!("{}/acme/api:{content}", two.registry.host())]));
    assert!(!two.older.git(["ls-remote", "origin", "refs/rebake/*"]).contains("/begun/"));
}

#[test]
fn a_newer_image_that_cannot_get_its_tags_back_is_due() {
    let two = Two::new();
    let (mut run, late, new) = two.overtaken();
    late.go_on();
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert_eq!(report(&two.older)["outcome"], "failed");
    let args = ["plan", "--since=built", "--environment=staging", "--format=names", "--fetch"];
    assert_eq!(two.newer.rebake(args).success().text(), "api\n");
    build(&two.newer, &new).success();
    assert_eq!(two.main(), Some(new));
}
