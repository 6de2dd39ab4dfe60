//! The workflows of `examples/workflows`, run by a stand-in for the runner, with builds that need no container engine.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt as _;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::on_github::ZERO;
use crate::registry_server::{Image, OCI};
use crate::repo::Repo;
use crate::runner::{Job, Runner, evaluate};
use crate::small_registry::SmallRegistry;
use crate::source;

const BUILD_PUSH: &str = include_str!("../../examples/workflows/build-push.yaml");
const DEPLOYMENT: &str = include_str!("../../examples/workflows/deployment.yaml");
const PULL_REQUEST: &str = include_str!("../../examples/workflows/pull-request.yaml");
const FILTERS: &str = include_str!("../../examples/workflows/filters.yaml");

const PATHS: [&str; 5] = [
    "services/node/api-node",
    "services/go/api-golang",
    "services/react/client-react",
    "services/python/load-generator",
    "services/other/migrator",
];

/// Pushes the image of `$REBAKE_SERVICE` by its content tag, as a builder does.
const PUSH: &str = r#"
[ "$REBAKE_PUSH" = true ] && [ -n "$REBAKE_CONTENT_TAG" ] || exit 0
exec 3<>/dev/tcp/HOST
manifest='MANIFEST'
printf 'PUT /v2/acme/%s/manifests/%s HTTP/1.1\r\nContent-Type: TYPE\r\nContent-Length: %d\r\n\r\n%s' \
  "$REBAKE_SERVICE" "${REBAKE_CONTENT_TAG##*:}" "${#manifest}" "$manifest" >&3
read -r _ <&3
"#;

/// The repository of the examples, each service released, whose builds write down what they are told.
pub(crate) fn shop() -> Repo {
    shop_with("").0
}

/// The same with more keys for all services, and the registry that has what they make.
fn shop_with(keys: &str) -> (Repo, SmallRegistry) {
    let registry = SmallRegistry::start();
    let filters = FILTERS.replace("ghcr.io/acme", &format!("{}/acme", registry.host()));
    let made = Image::of(OCI, "amd64");
    let digests = PATHS.map(|path| registry.push(&format!("acme/{}", path.rsplit_once('/').unwrap().1), "made", &made));
    let build = format!(
        r#"run: 'test ! -e broken; bash ../../../push; echo "$REBAKE_SERVICE $REBAKE_VERSION $REBAKE_ENVIRONMENT $REBAKE_PUSH" >> "${{BUILT:-$HOME/built}}"; echo digest={} > "$REBAKE_OUTPUT"'"#,
        digests[0]
    );
    let (before, behind) = filters.split_once("  builder: docker\n").unwrap();
    let behind = behind.split_once("\nservices:").unwrap().1;
    let repo = Repo::new();
    repo.write("filters.yaml", format!("{before}  {build}\n{keys}\nservices:{behind}"));
    let push = PUSH.replace("HOST", &registry.host().replace(':', "/"));
    repo.write("push", push.replace("MANIFEST", &made.manifest.1).replace("TYPE", OCI));
    for path in PATHS {
        repo.write(format!("{path}/main"), "1");
    }
    repo.commit("first");
    for path in PATHS {
        repo.annotated_tag(&format!("{path}@1.0.9"));
    }
    (repo, registry)
}

/// What the builds wrote down since this was asked last.
pub(crate) fn built(repo: &Repo) -> BTreeSet<String> {
    let file = repo.dir().parent().unwrap().join("built");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(file, "").unwrap();
    text.lines().map(str::to_owned).collect()
}

fn results(jobs: &BTreeMap<String, Job>) -> Vec<(&str, &str)> {
    jobs.iter().map(|(name, job)| (name.as_str(), job.result)).collect()
}

fn push<'a>(repo: &'a Repo, reference: &str) -> Runner<'a> {
    let event = json!({"before": ZERO, "repository": {"default_branch": "main"}});
    Runner::new(BUILD_PUSH, repo, "push", reference, &event)
}

#[track_caller]
fn succeeds(runner: &Runner) {
    let jobs = runner.run();
    let mut expected = ["build", "done", "images", "plan", "promote", "record"].map(|name| (name, "success"));
    expected[4].1 = "skipped";
    assert_eq!(results(&jobs), expected, "{}", jobs.values().map(|job| job.log.as_str()).collect::<String>());
}

fn lines<const N: usize>(lines: [String; N]) -> BTreeSet<String> {
    lines.into()
}

#[test]
fn a_push_to_main_builds_for_staging_what_is_due() {
    let repo = shop();
    let id = |repo: &Repo| repo.id("HEAD").to_string()[..7].to_owned();
    succeeds(&push(&repo, "refs/heads/main"));
    let names = ["api-node", "api-golang", "client-react", "load-generator", "migrator"];
    assert_eq!(built(&repo), names.map(|name| format!("{name} 1.0.9-0000-{} staging true", id(&repo))).into());

    repo.write("services/node/api-node/main", "2").write("README.md", "").commit("second");
    succeeds(&push(&repo, "refs/heads/main"));
    assert_eq!(built(&repo), lines([format!("api-node 1.0.9-0001-{} staging true", id(&repo))]));

    // A build that fails stays due, though the next push is about something else.
    repo.write("services/node/api-node/main", "3").write("services/node/api-node/broken", "").commit("third");
    let jobs = push(&repo, "refs/heads/main").run();
    assert_eq!((jobs["build"].result, jobs["done"].result), ("failure", "failure"), "{jobs:?}");
    assert!(jobs["done"].log.contains("the job `build` ended with `failure`"), "{}", jobs["done"].log);
    repo.remove("services/node/api-node/broken").write("services/python/load-generator/main", "2").commit("fourth");
    succeeds(&push(&repo, "refs/heads/main"));
    assert_eq!(
        built(&repo),
        lines([
            format!("api-node 1.0.9-0003-{} staging true", id(&repo)),
            format!("load-generator 1.0.9-0003-{} staging true", id(&repo)),
        ])
    );

    repo.write("README.md", "more").commit("fifth");
    let jobs = push(&repo, "refs/heads/main").run();
    let mut expected = ["build", "done", "images", "plan", "promote", "record"].map(|name| (name, "skipped"));
    (expected[1].1, expected[3].1) = ("success", "success");
    assert_eq!(results(&jobs), expected, "{jobs:?}");
}

#[test]
fn a_release_tag_builds_its_service_for_production() {
    let repo = shop();
    succeeds(&push(&repo, "refs/tags/services/node/api-node@1.0.9"));
    assert_eq!(built(&repo), lines(["api-node 1.0.9 production true".to_owned()]));
    let built = repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake"]);
    assert_eq!(built, "refs/rebake/built/production/api-node");
}

#[test]
fn a_release_tag_promotes_what_staging_has_built() {
    let (repo, registry) = shop_with("  promote: always\n");
    succeeds(&push(&repo, "refs/heads/main"));
    built(&repo);
    let jobs = push(&repo, "refs/tags/services/node/api-node@1.0.9").run();
    let mut expected = ["build", "done", "images", "plan", "promote", "record"].map(|name| (name, "success"));
    expected[0].1 = "skipped";
    assert_eq!(results(&jobs), expected, "{jobs:?}");
    assert!(built(&repo).is_empty());
    assert_eq!(registry.at("acme/api-node", "1.0.9"), registry.at("acme/api-node", "made"));
    let recorded = repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake/built/production"]);
    assert_eq!(recorded, "refs/rebake/built/production/api-node");
    // A release whose tag cannot be put does not end well.
    registry.push("acme/migrator", "1.0.9", &Image::of(OCI, "arm64"));
    let jobs = push(&repo, "refs/tags/services/other/migrator@1.0.9").run();
    assert_eq!((jobs["promote"].result, jobs["done"].result), ("failure", "failure"), "{jobs:?}");
}

#[test]
fn a_deployment_has_the_images_of_all_services() {
    let (repo, registry) = shop_with("");
    succeeds(&push(&repo, "refs/heads/main"));
    repo.write("services/node/api-node/main", "2").commit("second");
    succeeds(&push(&repo, "refs/heads/main"));
    let programs = repo.dir().with_file_name("programs");
    std::fs::create_dir(&programs).unwrap();
    let gh = programs.join("gh");
    std::fs::write(&gh, "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$HOME/asked\"; cp images.json \"$HOME\"\n").unwrap();
    std::fs::set_permissions(&gh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let head = repo.id("HEAD").to_string();
    let event = |conclusion: &str| {
        json!({
            "repository": {"default_branch": "main", "full_name": "acme/shop"},
            "workflow_run": {
                "event": "push", "head_sha": head, "head_branch": "main", "conclusion": conclusion,
                "head_repository": {"full_name": "acme/shop"},
            },
        })
    };
    let mut runner = Runner::new(DEPLOYMENT, &repo, "workflow_run", "refs/heads/main", &event("success"));
    runner.programs = Some(programs);
    let jobs = runner.run();
    assert_eq!(results(&jobs), [("staging", "success")], "{jobs:?}");
    let home = repo.dir().parent().unwrap();
    let asked = std::fs::read_to_string(home.join("asked")).unwrap();
    for word in ["api", "repos/acme/shop/deployments", &format!("ref={head}"), "payload=@images.json"] {
        assert!(asked.lines().any(|line| line == word), "{word}: {asked}");
    }
    let images: Vec<Value> = serde_json::from_slice(&std::fs::read(home.join("images.json")).unwrap()).unwrap();
    let named: BTreeSet<&str> = images.iter().map(|image| image["service"].as_str().unwrap()).collect();
    assert_eq!(named, PATHS.map(|path| path.rsplit_once('/').unwrap().1).into());
    let made = registry.at("acme/api-node", "made").unwrap();
    assert!(images.iter().all(|image| image["digest"] == made.as_str() && image["found"] == "built"), "{images:?}");
    let runner = Runner::new(DEPLOYMENT, &repo, "workflow_run", "refs/heads/main", &event("failure"));
    assert_eq!(results(&runner.run()), [("staging", "skipped")]);
}

#[test]
fn a_run_by_hand_builds_what_it_names_for_development() {
    let repo = shop();
    repo.write("services/node/api-node/main", "2").commit("second");
    let event = json!({"inputs": {"service": "services/other/migrator", "version": "7.7.7"}});
    succeeds(&Runner::new(BUILD_PUSH, &repo, "workflow_dispatch", "refs/heads/main", &event));
    assert_eq!(built(&repo), lines(["migrator 7.7.7 development true".to_owned()]));
}

#[test]
fn a_pull_request_builds_and_pushes_nothing() {
    let repo = shop();
    repo.branch("topic").checkout("topic").write("services/other/migrator/main", "2").commit("topic");
    let event = json!({"pull_request": {"base": {"ref": "main", "sha": repo.id("main").to_string()}}});
    let runner = Runner::new(PULL_REQUEST, &repo, "pull_request", "refs/heads/topic", &event);
    let jobs = runner.run();
    assert_eq!(results(&jobs), ["build", "done", "plan"].map(|name| (name, "success")), "{jobs:?}");
    let id = &repo.id("topic").to_string()[..7];
    let version = format!("1.0.9-0001-{id} preview false");
    assert_eq!(built(&repo), lines([format!("migrator {version}"), format!("api-golang {version}")]));
    assert_eq!(repo.git(["for-each-ref", "refs/rebake"]), "");
}

#[test]
fn a_secret_that_masks_an_output_fails() {
    let repo = shop();
    let mut runner = push(&repo, "refs/tags/services/go/api-golang@1.0.9");
    runner.secrets.push("api-golang".to_owned());
    let jobs = runner.run();
    assert!(!jobs["plan"].outputs.contains_key("matrix") && jobs["plan"].result == "success", "{jobs:?}");
    assert_eq!((jobs["build"].result, jobs["done"].result), ("failure", "failure"), "{jobs:?}");
    assert!(jobs["done"].log.contains("the output `matrix` of the job `plan` is missing"), "{}", jobs["done"].log);
    assert!(built(&repo).is_empty());
}

/// A push to a branch alone may be taken over, and by a newer one alone: a run by hand would not come again by itself.
#[test]
fn nothing_but_a_newer_push_cancels_a_run() {
    let workflow: Value = serde_yaml::from_str(BUILD_PUSH).unwrap();
    let of = |key: &str, event: &str, reference: &str, run: u32| {
        let ref_type = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        let github = json!({"event_name": event, "ref": reference, "ref_type": ref_type, "run_id": run.to_string()});
        evaluate(workflow["concurrency"][key].as_str().unwrap(), &Map::from_iter([("github".to_owned(), github)]))
    };
    let group = |event: &str, reference: &str, run| of("group", event, reference, run).unwrap();
    let (main, tag) = ("refs/heads/main", "refs/tags/services/go/api-golang@1.0.9");
    assert_eq!(group("push", main, 1), group("push", main, 2));
    assert_ne!(group("push", main, 1), group("workflow_dispatch", main, 2));
    assert_ne!(group("workflow_dispatch", main, 1), group("workflow_dispatch", main, 2));
    assert_ne!(group("push", main, 1), group("push", tag, 2));
    assert_eq!(of("cancel-in-progress", "push", main, 1), Ok(json!(true)));
    assert_eq!(of("cancel-in-progress", "push", tag, 1), Ok(json!(false)));
}

/// The scripts of all steps below a value of a pipeline.
fn scripts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| scripts(value, found)),
        Value::Object(values) => {
            for (key, value) in values {
                match value.as_str() {
                    Some(script) if ["run", "bash", "command"].contains(&key.as_str()) => found.push(script.to_owned()),
                    _ => scripts(value, found),
                }
            }
        }
        _ => {}
    }
}

/// What an engine cancels is the process that it started: where that is a shell, rebake would not hear of it.
#[test]
fn every_rebake_that_we_show_takes_the_place_of_its_shell() {
    let mut shown: Vec<String> =
        ["build-push.yaml", "deployment.yaml", "pull-request.yaml", "release.yaml", "circleci.yml"]
            .map(|file| source::read(&format!("examples/workflows/{file}")))
            .into();
    for page in source::tracked().iter().filter(|file| file.starts_with("docs/") && file.ends_with(".md")) {
        let text = source::read(page);
        let blocks = text.split("```yaml\n").skip(1).map(|block| block.split_once("```").unwrap().0.to_owned());
        // What is taken in from a file is among the files above.
        shown.extend(blocks.filter(|block| !block.starts_with("{{#include")));
    }
    let mut found = Vec::new();
    for text in &shown {
        scripts(&serde_yaml::from_str(text).unwrap(), &mut found);
    }
    found.retain(|script| script.contains("rebake"));
    for script in &found {
        let last = script.trim().replace("\\\n", "");
        let last = last.lines().last().unwrap();
        assert!(last.starts_with("exec ") && last.contains("rebake"), "{script}");
    }
    assert!(found.len() >= 9, "{found:#?}");
}

/// Only `--since built` keeps these examples from planning everything on each push.
#[test]
fn where_no_commit_before_a_push_is_named_the_examples_build_what_changed() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {a: {path: a, run: 'true'}, b: {path: b, run: 'true'}}\n");
    repo.write("a/x", "").write("b/x", "").commit("first");
    repo.rebake(["record", "a", "b", "--environment", "staging"]).success();
    let head = repo.write("a/x", "1").commit("second").to_string();
    for (file, variables) in [
        (
            "examples/workflows/buildkite.yml",
            &[("BUILDKITE", "true"), ("BUILDKITE_BRANCH", "main"), ("BUILDKITE_COMMIT", head.as_str())][..],
        ),
        (
            "docs/engine/azure.md",
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "IndividualCI"),
                ("BUILD_SOURCEBRANCH", "refs/heads/main"),
                ("BUILD_SOURCEVERSION", &head),
            ],
        ),
        (
            "examples/workflows/bitbucket-pipelines.yml",
            &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_BRANCH", "main"), ("BITBUCKET_COMMIT", &head)],
        ),
        (
            "examples/workflows/cloudbuild.yaml",
            &[("BUILDER_OUTPUT", "/builder/outputs"), ("BRANCH_NAME", "main"), ("COMMIT_SHA", &head)],
        ),
    ] {
        let text = source::read(file);
        let mut lines = text.lines().map(|line| line.split_once(" #").map_or(line, |(command, _)| command));
        let command =
            lines.find(|line| ["rebake plan", "rebake build", "args: [build"].iter().any(|it| line.contains(it)));
        let words = command.unwrap().split([' ', ',', '[', ']']).filter(|word| !word.is_empty());
        let since: Vec<&str> = words.skip_while(|word| *word != "--since").take(2).collect();
        let planned = |range: &[&str]| {
            let plan = repo.rebake([&["plan", "--default-branch", "main", "--format", "names"], range].concat());
            variables.iter().fold(plan, |run, (name, value)| run.env(name, value)).success().text()
        };
        assert_eq!(planned(&since), "a\n", "{file}: {since:?}");
        assert_eq!(planned(&[]), "a\nb\n", "{file}");
    }
}

/// The scripts of our workflows that build.
fn building_scripts() -> Vec<String> {
    let mut scripts = Vec::new();
    for workflow in [BUILD_PUSH, PULL_REQUEST] {
        let workflow: Value = serde_yaml::from_str(workflow).unwrap();
        for job in workflow["jobs"].as_object().unwrap().values() {
            let steps = job["steps"].as_array().unwrap().iter();
            scripts.extend(
                steps
                    .filter_map(|step| step["run"].as_str())
                    .filter(|run| run.contains("build --plan"))
                    .map(str::to_owned),
            );
        }
    }
    assert_eq!(scripts.len(), 2);
    scripts
}

/// GitHub cancels a step by SIGINT to the process that it started, SIGTERM 7.5 s later, and SIGKILL for the tree 2.5 s
/// later. The process is bash, which hands nothing on: rebake must stand in its place.
#[test]
fn a_cancelled_step_leaves_no_build_and_a_report() {
    for script in building_scripts() {
        for build in ["sleep 987", "trap : INT TERM; while :; do sleep 987; done"] {
            let repo = Repo::new();
            let filters = format!("services:\n  api: {{path: api, run: \"touch $HOME/running; {build}\"}}\n");
            repo.write("filters.yaml", filters).write("api/a", "").commit("first");
            let home = repo.dir().parent().unwrap().to_owned();
            let plan = repo.rebake(["plan", "--all", "--environment", "preview", "--format", "json"]).success().text();
            std::fs::write(home.join("plan.json"), plan).unwrap();
            std::fs::create_dir(home.join("bin")).unwrap();
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rebake"), home.join("bin/rebake")).unwrap();
            std::fs::write(home.join("script.sh"), &script).unwrap();
            let mut step = repo
                .program("bash")
                .args(["-e"])
                .arg(home.join("script.sh"))
                .env("RUNNER_TEMP", &home)
                .env("SERVICES", "api")
                .env("CI", "true")
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_EVENT_NAME", "push")
                .env("GITHUB_STEP_SUMMARY", home.join("summary"))
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .process_group(0)
                .spawn()
                .unwrap();
            wait_for(&|| home.join("running").exists());

            let asked = Instant::now();
            signal("INT", step.id());
            let mut terminated = false;
            let ended = loop {
                if let Some(ended) = step.try_wait().unwrap() {
                    break ended;
                }
                if asked.elapsed() > Duration::from_millis(7_500) && !terminated {
                    signal("TERM", step.id());
                    terminated = true;
                }
                assert!(asked.elapsed() < Duration::from_secs(10), "the runner would have killed it: {script}");
                std::thread::sleep(Duration::from_millis(20));
            };
            assert!(!terminated, "SIGINT did not reach rebake: {script}");
            assert_eq!(ended.code(), Some(130), "{script}");
            assert!(!is_running("sleep\0987"), "a build is left: {script}");
            if script.contains("--report") {
                let report: Value = serde_json::from_slice(&std::fs::read(home.join("report.json")).unwrap()).unwrap();
                assert_eq!(report["services"][0]["outcome"], "cancelled", "{report}");
            }
            let summary = std::fs::read_to_string(home.join("summary")).unwrap();
            assert!(summary.contains("cancelled"), "{summary}");
        }
    }
}

fn wait_for(condition: &dyn Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, process: u32) {
    let kill = std::process::Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Whether any process on this machine has such a command line.
fn is_running(command: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    processes
        .filter_map(|process| std::fs::read(process.join("cmdline")).ok())
        .any(|line| line.starts_with(command.as_bytes()))
}
