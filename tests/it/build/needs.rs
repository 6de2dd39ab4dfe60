//! What a build is told of the services that it is built from, and where that is found.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{built, outcomes};
use crate::http_server::{StandIn, answer};
use crate::registry_server::{Image, OCI, digest};
use crate::repo::Repo;

/// What `base` says that its image is.
const MADE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000007";

/// `base` is an image, `api` is built from it and keeps what it is told.
fn repo(host: &str) -> Repo {
    let repo = Repo::new();
    let base = "echo $REBAKE_SERVICE $REBAKE_PUSH $REBAKE_TAGS >>../.git/order; echo digest=MADE >$REBAKE_OUTPUT";
    let api = "echo $REBAKE_SERVICE >>../.git/order; printf %s \"$REBAKE_NEEDS\" >../.git/needs";
    let config = json!({
        "defaults": {"image": format!("{host}/acme/{{{{name}}}}")},
        "services": {
            "base": {"path": "base", "run": base.replace("MADE", MADE)},
            "api": {"path": "api", "depends_on": ["base"], "run": api},
        },
    });
    repo.write("filters.yaml", config.to_string()).write("base/x", "").write("api/x", "").commit("first");
    repo
}

/// What `api` was told.
fn told(repo: &Repo) -> Value {
    serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/needs")).unwrap()).unwrap()
}

#[test]
fn a_run_is_told_what_its_dependencies_have_become() {
    let repo = repo("registry.test");
    let plan: Value =
        serde_json::from_str(&repo.rebake(["plan", "--all", "--format", "json"]).success().text()).unwrap();
    let (image, version) = ("registry.test/acme/base", &plan["services"][0]["version"]);
    let tag = format!("{image}:{}", version.as_str().unwrap());
    repo.rebake(["build", "--all", "--push"]).success();
    let pushed = json!({"base": {
        "image": image, "ref": format!("{image}@{MADE}"), "digest": MADE, "version": version, "tags": [tag],
    }});
    assert_eq!(told(&repo), pushed);
    // No registry has it: it is called by its tag.
    repo.rebake(["build", "--all"]).success();
    assert_eq!(told(&repo), json!({"base": {"image": image, "ref": tag, "version": version, "tags": [tag]}}));
}

#[test]
fn a_dry_run_names_the_image_of_a_dependency_by_its_tag() {
    let repo = Repo::new();
    let config = json!({
        "defaults": {"image": "registry.test/acme/{{name}}", "builder": "buildah", "tags": ["type=raw,value=edge"]},
        "services": {
            "base": {"path": "base"},
            "api": {
                "path": "api", "depends_on": ["base"],
                "build_args": {"BASE": "{{needs.base}}"}, "contexts": {"base": "{{needs.base}}"},
            },
        },
    });
    repo.write("filters.yaml", config.to_string()).write("base/Dockerfile", "").write("api/Dockerfile", "");
    repo.commit("first");
    let image = "registry.test/acme/base";
    for (flags, kind) in [(&[][..], "container-image"), (&["--push"], "docker-image")] {
        let told = repo.rebake(["build", "--all", "--dry-run"].iter().chain(flags)).success().text();
        let named = format!("--build-arg BASE={image}:edge --build-context base={kind}://{image}:edge ");
        assert!(told.contains(&named), "{told}");
    }
    // Where the tag that moves is added after the record, the build pushes the content tag alone.
    let told = repo.rebake(["build", "--all", "--dry-run", "--push", "--record"]).success().text();
    let named = format!("--build-arg BASE={image}:fp2-");
    assert!(told.contains(&named) && !told.contains(&format!("BASE={image}:edge")), "{told}");
}

#[test]
fn a_dependency_of_another_job_is_found_in_its_report_then_in_the_registry() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let there = digest(&manifest);
    let registry = StandIn::serve(move |_| {
        let head = format!("Content-Type: {OCI}\r\nDocker-Content-Digest: {}\r\n", digest(&manifest));
        answer(200, &head, &manifest)
    });
    let repo = repo(&registry.host);
    repo.rebake(["build", "--all", "--only", "base", "--push", "--report", ".git/base.json"]).success();
    assert!(built(&repo).starts_with("base true "));
    repo.rebake(["build", "--all", "--only", "api", "--push", "--needs", ".git/base.json"]).success().stderr("");
    assert_eq!((built(&repo), &told(&repo)["base"]["digest"]), ("api".to_owned(), &json!(MADE)));
    assert!(registry.asked().is_empty(), "the report says it");
    repo.rebake(["build", "--all", "--only", "api", "--push"]).success().stderr("");
    assert_eq!((built(&repo), &told(&repo)["base"]["digest"]), ("api".to_owned(), &json!(there)));

    // A report of another content says nothing of this one.
    repo.write("base/x", "other").commit("second");
    repo.rebake(["build", "--all", "--only", "api", "--push", "--needs", ".git/base.json"]).success();
    assert_eq!((built(&repo), &told(&repo)["base"]["digest"]), ("api".to_owned(), &json!(there)));
}

#[test]
fn a_dependency_that_is_nowhere_is_built_first_called_by_its_content_and_not_recorded() {
    let registry = StandIn::serve(|_| answer(404, "", r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#));
    let repo = repo(&registry.host);
    let report = ".git/report.json";
    repo.rebake(["build", "--all", "--only", "api", "--push", "--report", report]).success();
    is_called_by_content(&built(&repo), &registry.host);
    assert_eq!(outcomes(&repo, report), ["base succeeded", "api succeeded"]);
    let tags = &told(&repo)["base"]["tags"];
    assert!(tags[0].as_str().unwrap().starts_with(&format!("{}/acme/base:fp", registry.host)), "{tags}");
    repo.rebake(["build", "--all", "--only", "api", "--record"]).success();
    assert_eq!(built(&repo), "base false api");
    assert_eq!(repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake/built"]), "refs/rebake/built/local/api");

    // The report of an image that was not pushed is none that another machine could take.
    repo.rebake(["build", "--all", "--only", "base", "--report", ".git/base.json"]).success();
    built(&repo);
    repo.rebake(["build", "--all", "--only", "api", "--needs", ".git/base.json"]).success();
    assert_eq!(built(&repo), "base false api");
}

#[test]
fn a_registry_that_cannot_be_asked_is_warned_of_and_the_dependency_is_built() {
    let registry = StandIn::serve(|_| answer(500, "", ""));
    let repo = repo(&registry.host);
    let run = repo.rebake(["build", "--all", "--only", "api", "--push"]).success();
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.contains("the registry cannot say whether it has the image of `base`"), "{said}");
    is_called_by_content(&built(&repo), &registry.host);
}

/// What is built for others alone has no tag of the plan's.
#[track_caller]
fn is_called_by_content(built: &str, host: &str) {
    let words: Vec<&str> = built.split(' ').collect();
    let ["base", "true", tag, "api"] = words[..] else { panic!("{built}") };
    assert!(tag.starts_with(&format!("{host}/acme/base:fp")), "{built}");
}

/// `docker` is a stub here: it says that its builder runs in a container, keeps the words of each build, and says a digest.
/// The daemons that `.ci/full` starts have the engine's own builder alone.
#[test]
fn a_builder_in_a_container_takes_what_is_not_pushed_from_a_layout() {
    let repo = Repo::new();
    repo.write("filters.yaml", "defaults: {image: 'ghcr.io/acme/{{name}}'}\nservices: {base: {path: base}, api: {path: api, depends_on: [base]}}\n");
    repo.write("base/Dockerfile", "FROM scratch\n").write("api/Dockerfile", "FROM ghcr.io/acme/base\n").commit("first");
    let bin = repo.dir().with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let stub = "#!/bin/sh\n\
        case \"$*\" in\n\
          'buildx inspect'*) echo 'Driver: docker-container'; exit;;\n\
          *--help) echo '--file --build-context --metadata-file'; exit;;\n\
        esac\n\
        (IFS='|'; echo \"$*\") >>\"$0.log\"\n\
        while [ $# -gt 0 ]; do\n\
          if [ \"$1\" = --metadata-file ]; then echo '{\"containerimage.digest\": \"MADE\"}' >\"$2\"; fi\n\
          shift\n\
        done\n";
    fs::write(bin.join("docker"), stub.replace("MADE", MADE)).unwrap();
    fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the installed git has to be found")]
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    repo.rebake(["build", "--all", "--logs", ".git/logs"]).env("PATH", path).success();
    let words = fs::read_to_string(bin.join("docker.log")).unwrap();
    let root = repo.dir().canonicalize().unwrap();
    let words = words.replace(root.to_str().unwrap(), "ROOT");
    let lines: Vec<&str> = words.lines().collect();
    let layout = "ROOT/.git/logs/base/image";
    assert!(lines[0].contains(&format!("|--output|type=oci,tar=false,dest={layout}|--metadata-file|")), "{}", lines[0]);
    let context = format!("|--build-context|ghcr.io/acme/base=oci-layout://{layout}@{MADE}|");
    assert!(lines[1].contains(&context), "{}", lines[1]);
    assert!(!words.contains("--push"), "{words}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_rerun_builds_an_unpushed_dependency_again_under_its_tags() {
    let repo = repo("registry.test");
    let fails = "test -e ../.git/go";
    let config = fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    let api = config["services"]["api"]["run"].as_str().unwrap();
    config["services"]["api"]["run"] = json!(format!("{fails}; {api}"));
    repo.write("filters.yaml", config.to_string()).commit("second");
    let report = ["--report", ".git/report.json"];
    let tags = || {
        let report: Value =
            serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/report.json")).unwrap()).unwrap();
        report["services"][0]["tags"].clone()
    };
    repo.rebake(["build", "--all"].iter().chain(&report)).failure(1);
    let first = (built(&repo), tags());
    assert!(first.0.starts_with("base false registry.test/acme/base:"), "{}", first.0);
    repo.write(".git/go", "");
    let rerun = ["build", "--rerun", ".git/report.json"];
    let told = repo.rebake(rerun.iter().chain(&report)).success().text();
    assert!(told.contains("2 services to build") && told.contains("2 succeeded"), "{told}");
    assert_eq!((built(&repo), tags()), (format!("{} api", first.0), first.1));
}
