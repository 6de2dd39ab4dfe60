//! What a service is built from besides what its patterns name: its Dockerfile, the ignore files, a wide context.

use serde_json::Value;
use snapbox::str;

use crate::repo::Repo;

/// A repository with this service, its Dockerfiles and ignore files of all kinds.
fn repo(service: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", format!("services:\n  api: {{ {service}, image: x.io/api }}\n"));
    for file in FILES {
        repo.write(file, "1");
    }
    repo.commit("first");
    repo
}

const FILES: [&str; 14] = [
    ".dockerignore",
    "Dockerfile",
    "docker/.dockerignore",
    "docker/api.Dockerfile",
    "docker/api.Dockerfile.containerignore",
    "docker/api.Dockerfile.dockerignore",
    "docker/lib/x",
    "services/api/.containerignore",
    "services/api/.dockerignore",
    "services/api/Containerfile",
    "services/api/Dockerfile",
    "services/api/Dockerfile.dockerignore",
    "services/api/docker/Dockerfile",
    "services/api/src/x",
];

/// The files whose change affects the service, which are those that its fingerprint is made of.
fn inputs(service: &str) -> Vec<String> {
    let repo = repo(service);
    let explained = repo.rebake(["fingerprint", "--explain"]).success().text();
    let files = explained.lines().filter_map(|line| line.strip_prefix("  file 100644 "));
    let files: Vec<String> = files.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    let plan = repo.rebake(["plan", "--changed", "-", "--format", "json"]).stdin(FILES.join("\n")).success();
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let causes = plan["services"][0]["causes"].as_array().unwrap();
    let mut paths: Vec<&str> = causes.iter().map(|cause| cause["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, files, "{service}");
    files
}

#[test]
fn the_dockerfile_and_its_ignore_files_are_inputs_whatever_the_patterns_say() {
    let source = "filters: [\"services/api/src/**\"]";
    let usual = [
        "services/api/.dockerignore",
        "services/api/Dockerfile",
        "services/api/Dockerfile.dockerignore",
        "services/api/src/x",
    ];
    assert_eq!(inputs(&format!("path: services/api, {source}")), usual);
    assert_eq!(inputs(&format!("path: services/api, {source}, builder: docker")), usual);
    let elsewhere = [
        "docker/api.Dockerfile",
        "docker/api.Dockerfile.dockerignore",
        "services/api/.dockerignore",
        "services/api/src/x",
    ];
    for dockerfile in ["../../docker/api.Dockerfile", "/docker/api.Dockerfile", "/docker/./x/../api.Dockerfile"] {
        assert_eq!(inputs(&format!("path: services/api, {source}, dockerfile: {dockerfile}")), elsewhere);
    }
    let of_buildah = [
        "docker/api.Dockerfile",
        "docker/api.Dockerfile.containerignore",
        "docker/api.Dockerfile.dockerignore",
        "services/api/.containerignore",
        "services/api/.dockerignore",
        "services/api/src/x",
    ];
    for builder in ["buildah", "podman"] {
        let service = format!("path: services/api, {source}, builder: {builder}");
        assert_eq!(inputs(&format!("{service}, dockerfile: /docker/api.Dockerfile")), of_buildah);
        let both = ["services/api/Containerfile", "services/api/Dockerfile"];
        assert!(both.iter().all(|file| inputs(&service).iter().any(|input| input == file)));
    }
    let context = inputs(&format!("path: services/api, {source}, context: ../../docker"));
    assert_eq!(context[0], "docker/.dockerignore");
    assert!(context.iter().all(|file| file != "services/api/.dockerignore"));
}

#[test]
fn without_a_path_the_dockerfile_is_an_input_where_a_builder_or_the_key_says_so() {
    let source = "filters: [\"services/api/src/**\"]";
    assert_eq!(inputs(source), ["services/api/src/x"]);
    let root = [".dockerignore", "Dockerfile", "services/api/src/x"];
    assert_eq!(inputs(&format!("{source}, builder: docker")), root);
    let said = [".dockerignore", "docker/api.Dockerfile", "docker/api.Dockerfile.dockerignore", "services/api/src/x"];
    assert_eq!(inputs(&format!("{source}, dockerfile: docker/api.Dockerfile")), said);
}

#[test]
fn what_no_image_is_built_from_is_no_input() {
    for built in ["run: make", "builder: task"] {
        let service = format!("path: services/api, filters: [\"services/api/src/**\"], {built}");
        assert_eq!(inputs(&service), ["services/api/src/x"]);
    }
}

#[test]
fn a_context_beyond_the_path_is_taken_whole_unless_there_are_filters() {
    let all: Vec<&str> = FILES.into_iter().filter(|file| file.starts_with("docker/")).collect();
    let found = inputs("path: services/api/src, dockerfile: /docker/api.Dockerfile, context: /docker");
    assert_eq!(found, [&all[..], &["services/api/src/x"]].concat());
    let repo = repo("path: services/api, context: /");
    repo.rebake(["plan", "--all", "--format", "names"]).success().stdout("api\n").stderr(str![[r#"
warning[wide-context]: the build context leads outside of `path`, and it is not known what the Dockerfile copies from there, so a change of any file in it (`**`) affects the service
 --> filters.yaml:2:39
  |
2 |   api: { path: services/api, context: /, image: x.io/api }
  |                                       ^ holds more than the service's own files
  |
 ::: services/api/Dockerfile:1:1
  |
1 | 1
  | - this is not an instruction of a Dockerfile
  |
  = help: give the service `filters`: `services/api/**`, and a pattern for each file or directory that its Dockerfile copies

"#]]);
    // One that holds the same files as the path says nothing new.
    for context in [".", "src", "/services/api", "../api/src"] {
        let repo = self::repo(&format!("path: services/api, context: {context}"));
        repo.rebake(["plan", "--all", "--format", "names"]).success().stderr("");
    }
}

#[test]
fn a_key_that_makes_a_file_an_input_is_named_with_its_place() {
    let repo = repo("path: services/api, dockerfile: /docker/api.Dockerfile");
    repo.write("docker/api.Dockerfile", "2").write("services/api/.dockerignore", "2").commit("second");
    repo.rebake(["why", "api", "--base", "HEAD~1"]).success().stdout(str![[r#"
[..]: since the merge base with HEAD~1

api is affected:
  services/api/.dockerignore modified, matches services/api/**  filters.yaml:2:16
  docker/api.Dockerfile modified, which its image is built from  filters.yaml:2:42

"#]]);
    let json = repo.rebake(["why", "--file", "docker/api.Dockerfile", "--format", "json"]).success();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let cause = serde_json::json!({"kind": "file", "path": "docker/api.Dockerfile", "at": "filters.yaml:2:42"});
    assert_eq!(json["services"][0]["causes"][0], cause);
    // A version says of a Dockerfile that is not committed that the tree is dirty.
    repo.write("docker/api.Dockerfile", "3");
    let version = repo.rebake(["version", "api", "--dirty"]).success().text();
    assert!(version.contains("-dirty"), "{version}");
}

#[test]
fn nothing_that_is_named_lies_outside_of_the_repository() {
    let repo = repo("path: services/api, dockerfile: ../../../Dockerfile, context: /..");
    repo.rebake(["plan", "--all"]).failure(2).stdout("").stderr(str![[r#"
error[bad-path]: the path leads out of the repository
 --> filters.yaml:2:42
  |
2 |   api: { path: services/api, dockerfile: ../../../Dockerfile, context: /.., image: x.io/api }
  |                                          ^^^^^^^^^^^^^^^^^^^ write it relative to `path`, or with a leading `/` relative to the root of the repository

error[bad-path]: the path leads out of the repository
 --> filters.yaml:2:72
  |
2 |   api: { path: services/api, dockerfile: ../../../Dockerfile, context: /.., image: x.io/api }
  |                                                                        ^^^ write it relative to `path`, or with a leading `/` relative to the root of the repository

"#]]);
}

/// What a plan since the commit before names as causes of `api`, after a change of this file.
fn causes_of(repo: &Repo, file: &str) -> Vec<String> {
    repo.write(file, format!("{file} changed")).commit("change");
    let plan = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json", "--unmatched", "ignore"]).success();
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let causes = plan["services"].as_array().unwrap().iter().filter(|service| service["service"] == "api");
    let causes = causes.flat_map(|service| service["causes"].as_array().unwrap());
    causes.map(|cause| cause["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_link_brings_in_what_it_leads_to() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "defaults: {image: 'x.io/{{name}}'}\nservices:\n  api:\n    path: services/api\n    \
         filters: [services/api/src/**]\n    dockerfile: Dockerfile\n    contexts: {lib: lib}\n  \
         web: {path: web, dockerfile: ../docker/web.Dockerfile}\n  \
         linked: {path: linked}\n",
    );
    repo.write("shared/Dockerfile", "1")
        .write("shared/ignore", "1")
        .write("shared/lib/x", "1")
        .write("shared/other", "1");
    repo.write("services/api/src/x", "1").write("web/x", "1").write("real/docker/web.Dockerfile", "1");
    repo.write("linked-real/sub/x", "1");
    repo.symlink("../../shared/Dockerfile", "services/api/Dockerfile");
    repo.symlink("../../shared/ignore", "services/api/.dockerignore");
    repo.symlink("../../hop/lib", "services/api/lib");
    repo.symlink("shared", "hop").symlink("real/docker", "docker").symlink("linked-real", "linked");
    repo.commit("first");
    for file in ["shared/Dockerfile", "shared/ignore", "shared/lib/x", "shared/lib/new"] {
        assert_eq!(causes_of(&repo, file), [file]);
    }
    assert!(causes_of(&repo, "shared/other").is_empty());
    let planned = |file: &str| {
        repo.write(file, format!("{file} changed")).commit("change");
        repo.rebake(["plan", "--base", "HEAD~1", "--format", "names", "--unmatched", "ignore"]).success().text()
    };
    assert_eq!(planned("real/docker/web.Dockerfile"), "web\n");
    assert_eq!(planned("linked-real/sub/x"), "linked\n");
    // Fingerprints and versions are made of it too.
    let print = || repo.rebake(["fingerprint", "api"]).success().text();
    let before = print();
    repo.write("shared/Dockerfile", "2");
    assert!(repo.rebake(["version", "api", "--dirty"]).success().text().contains("-dirty"));
    repo.commit("change");
    assert_ne!(print(), before);
    let reached = repo.rebake(["why", "--file", "shared/Dockerfile"]).success().text();
    assert!(reached.contains("api"), "{reached}");
    // A link of the way, and a link's target, that are gone.
    repo.git(["rm", "-q", "docker"]);
    repo.commit("remove the link");
    let gone = repo.rebake(["plan", "--base", "HEAD~1", "--format", "names", "--unmatched", "ignore"]).success();
    assert_eq!(gone.text(), "web\n");
    repo.git(["rm", "-q", "shared/Dockerfile"]);
    repo.commit("remove the target");
    let gone = repo.rebake(["plan", "--base", "HEAD~1", "--format", "names", "--unmatched", "ignore"]).success();
    assert_eq!(gone.text(), "api\n");
    // One that leads elsewhere in the work tree brings in both.
    repo.write("other/Dockerfile", "1").commit("another");
    std::fs::remove_file(repo.dir().join("services/api/Dockerfile")).unwrap();
    repo.symlink("../../other/Dockerfile", "services/api/Dockerfile").write("other/Dockerfile", "2");
    let why = repo.rebake(["why", "api", "--base", "HEAD"]).success().text();
    assert!(why.contains("other/Dockerfile modified, which its image is built from"), "{why}");
}

#[test]
fn links_that_lead_astray_and_what_is_not_there_are_told() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "defaults: {image: 'x.io/{{name}}'}\nservices:\n  \
         out: {path: out, dockerfile: Dockerfile}\n  \
         loop: {path: loop, dockerfile: Dockerfile}\n  \
         none: {path: none, filters: [none/**], dockerfile: docker/Dockerfile, context: ctx, contexts: {lib: ../lib}}\n  \
         made: {path: made, dockerfile: Dockerfile, before: make}\n  \
         run: {path: run, dockerfile: Dockerfile, run: make}\n  \
         usual: {path: usual}\n",
    );
    for service in ["out", "loop", "none", "made", "run", "usual"] {
        repo.write(format!("{service}/x"), "1");
    }
    repo.symlink("../../Dockerfile", "out/Dockerfile").symlink("Dockerfile", "loop/Dockerfile").commit("first");
    repo.rebake(["plan", "--all", "--format", "names"]).success().stderr(str![[r#"
warning[unread-key]: `run` builds this service, so nothing reads its `dockerfile`
 --> filters.yaml:7:32
  |
7 |   run: {path: run, dockerfile: Dockerfile, run: make}
  |                                ^^^^^^^^^^       ---- its command
  |
  = help: leave `dockerfile` out, or `run`: then a builder of images reads it
warning[stray-link]: out/Dockerfile leads outside of the repository, through symbolic links; so `out` is not affected by changes there
 --> filters.yaml:3:32
  |
3 |   out: {path: out, dockerfile: Dockerfile}
  |                                ^^^^^^^^^^
  |
  = help: let the link lead to a file of the repository

warning[stray-link]: loop/Dockerfile leads through too many symbolic links, or in a circle; so `loop` is not affected by changes there
 --> filters.yaml:4:34
  |
4 |   loop: {path: loop, dockerfile: Dockerfile}
  |                                  ^^^^^^^^^^
  |
  = help: let the link lead to a file of the repository

warning[missing-input]: `none` is built from none/docker/Dockerfile, and there is no such file
 --> filters.yaml:5:54
  |
5 |   none: {path: none, filters: [none/**], dockerfile: docker/Dockerfile, context: ctx, contexts: {lib: ../lib}}
  |                                                      ^^^^^^^^^^^^^^^^^ dockerfile
  |
  = help: write it relative to `path`, or with a leading `/` relative to the root of the repository

warning[missing-input]: `none` is built from none/ctx, and there is no such directory
 --> filters.yaml:5:82
  |
5 |   none: {path: none, filters: [none/**], dockerfile: docker/Dockerfile, context: ctx, contexts: {lib: ../lib}}
  |                                                                                  ^^^ context
  |
  = help: write it relative to `path`, or with a leading `/` relative to the root of the repository

warning[missing-input]: `none` is built from lib, and there is no such directory
 --> filters.yaml:5:103
  |
5 |   none: {path: none, filters: [none/**], dockerfile: docker/Dockerfile, context: ctx, contexts: {lib: ../lib}}
  |                                                                                                       ^^^^^^ contexts
  |
  = help: write it relative to `path`, or with a leading `/` relative to the root of the repository

"#]]);
    // What the work tree has is there.
    repo.write("none/docker/Dockerfile", "").write("none/ctx/x", "").write("lib/x", "");
    let told = repo.rebake(["plan", "--all", "--format", "names", "--unmatched", "ignore"]).success().stderr;
    assert!(!String::from_utf8_lossy(&told).contains("missing-input"));
}
