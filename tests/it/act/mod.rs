//! The workflows of `examples/workflows`, run by act, which people use to try theirs at home. act, the action of this
//! repository and the workflows are real. The actions of others are stand-ins, and so is `cargo`, which has the program
//! built already.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::on_github::ZERO;
use crate::plan::capstone;
use crate::repo::Repo;
use crate::source;
use crate::workflows::{built, shop};

/// What stands in for the actions of others: a composite action, which puts artifacts into a folder and takes them out.
const KEEP: &str = r#"
name: stand-in
description: keeps an artifact in a folder
inputs: {name: {required: true}, path: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}"}
      run: |
        mkdir -p "$ARTIFACTS/$NAME"
        mapfile -t files < <(printf %s "$FILES" | sed '/^$/d')
        cd "$(dirname "${files[-1]}")" # the shallowest of them stands last in these workflows
        for file in "${files[@]}"; do
          cp --parents "$(realpath --relative-to=. "$file")" "$ARTIFACTS/$NAME"
        done
"#;
const TAKE: &str = r#"
name: stand-in
description: takes artifacts out of a folder
inputs: {name: {required: false}, path: {default: .}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", INTO: "${{ inputs.path }}"}
      run: cp -r "$ARTIFACTS/$NAME/." "$INTO"
"#;
const NOTHING: &str = r#"
name: stand-in
description: prepares what no build here needs
runs: {using: composite, steps: [{shell: bash, run: "true"}]}
"#;

/// A machine with act on it, and a repository of services that are built by scripts.
struct Act {
    repo: Repo,
    home: PathBuf,
}

impl Act {
    fn new() -> Self {
        Self::of(shop())
    }

    fn of(repo: Repo) -> Self {
        let home = repo.dir().parent().unwrap().join("act");
        let act = Self { repo, home };
        for (action, text) in [("keep", KEEP), ("take", TAKE), ("nothing", NOTHING)] {
            act.write(&format!("{action}/action.yml"), text);
        }
        let is_action = |file: &String| file == "action.yml" || file.starts_with(".github/action/");
        for file in source::tracked().into_iter().filter(is_action) {
            act.write(&format!("rebake/{file}"), &source::read(&file));
        }
        act.write("rebake/.github/action/release.json", r#"{"version": "0.0.0", "sha256": {}}"#);
        let cargo = "#!/bin/sh -eu\n[ \"$1 $4\" = 'build --target-dir' ]\ninstall -D 'REBAKE' \"$5/release/rebake\"\n";
        act.write("tools/cargo", &cargo.replace("REBAKE", env!("CARGO_BIN_EXE_rebake")));
        fs::set_permissions(act.home.join("tools/cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        act
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a workflow of `examples/workflows` for an event.
    fn run(&self, workflow: &str, event_name: &str, event: &Value) -> Output {
        self.write("event.json", &event.to_string());
        let workflow = format!("examples/workflows/{workflow}");
        self.run_file(&workflow, event_name, &self.home.join("event.json"))
    }

    /// Runs a workflow of this project for the event in a file.
    fn run_file(&self, workflow: &str, event_name: &str, event: &Path) -> Output {
        let artifacts = self.home.join("artifacts");
        let _ = fs::remove_dir_all(&artifacts);
        let mut act = self.repo.program("act");
        let path = act.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value)).flatten().unwrap();
        let path = format!("{}:{}", self.home.join("tools").display(), path.to_str().unwrap());
        act.env("PATH", path)
            .env("HOME", &self.home)
            .arg(event_name)
            .arg("--eventpath")
            .arg(event)
            .arg("--workflows")
            .arg(Path::new(source::ROOT).join(workflow))
            .args(["--platform=ubuntu-24.04=-self-hosted", "--platform=ubuntu-latest=-self-hosted"])
            .args(["--no-cache-server", "--pull=false"])
            .arg(format!("--env=ARTIFACTS={}", artifacts.display()))
            .arg(format!("--env=BUILT={}", self.repo.dir().parent().unwrap().join("built").display()));
        for action in uses(workflow) {
            let stand_in = match action.split('@').next().unwrap() {
                "actions/checkout" => continue, // act has its own
                "actions/upload-artifact" => "keep",
                "actions/download-artifact" => "take",
                "OWNER/rebake" => "rebake",
                _ => "nothing",
            };
            act.arg(format!("--local-repository={action}={}", self.home.join(stand_in).display()));
        }
        act.output().unwrap()
    }
}

/// The actions of a workflow, each with its commit.
fn uses(workflow: &str) -> Vec<String> {
    let text = source::read(workflow);
    let lines = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    lines.map(|action| action.split(" #").next().unwrap().to_owned()).collect()
}

#[track_caller]
fn succeeds(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Job succeeded"), "{said}");
}

fn version(repo: &Repo, service: &str, rest: &str) -> String {
    format!("{service} 1.0.9-0001-{} {rest}", &repo.id("HEAD").to_string()[..7])
}

#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_workflow_of_a_push() {
    let act = Act::new();
    let before = act.repo.id("HEAD");
    act.repo.write("services/other/migrator/main", "2").commit("second");
    let repository = json!({"default_branch": "main"});
    let event = json!({"ref": "refs/heads/main", "before": before.to_string(), "repository": repository});
    succeeds(&act.run("build-push.yaml", "push", &event));
    let names = ["api-golang", "api-node", "client-react", "load-generator", "migrator"];
    // Nothing was recorded yet, and act pushes nothing.
    assert_eq!(built(&act.repo), names.map(|name| version(&act.repo, name, "staging false")).into());
}

#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_workflow_of_a_release_tag() {
    let act = Act::new();
    let event = json!({"ref": "refs/tags/services/node/api-node@1.0.9", "before": ZERO});
    succeeds(&act.run("build-push.yaml", "push", &event));
    assert_eq!(built(&act.repo), ["api-node 1.0.9 production false".to_owned()].into());
}

#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_workflow_of_a_run_by_hand() {
    let act = Act::new();
    act.repo.write("services/node/api-node/main", "2").commit("second");
    let inputs = json!({"service": "services/other/migrator", "version": "7.7.7"});
    let event = json!({"ref": "refs/heads/main", "inputs": inputs, "repository": {"default_branch": "main"}});
    succeeds(&act.run("build-push.yaml", "workflow_dispatch", &event));
    assert_eq!(built(&act.repo), ["migrator 7.7.7 development false".to_owned()].into());
}

#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_workflow_of_a_pull_request() {
    let act = Act::new();
    let base = act.repo.id("main").to_string();
    act.repo.branch("topic").checkout("topic").write("services/other/migrator/main", "2").commit("topic");
    let head = json!({"ref": "topic", "sha": act.repo.id("topic").to_string()});
    let request = json!({"number": 7, "base": {"ref": "main", "sha": base}, "head": head});
    let event = json!({"pull_request": request, "repository": {"default_branch": "main"}});
    succeeds(&act.run("pull-request.yaml", "pull_request", &event));
    let names = ["migrator", "api-golang"];
    assert_eq!(built(&act.repo), names.map(|name| version(&act.repo, name, "preview false")).into());
}

/// The kit of the capstone: each task of its Taskfile runs act with an event file, and the workflow builds what that event
/// is about.
#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_kit_of_the_capstone() {
    const FOLDER: &str = "examples/capstone/.github/workflows/build-push";
    let kit: Value = serde_yaml::from_str(&source::read(&format!("{FOLDER}/Taskfile.yaml"))).unwrap();
    let tasks = kit["tasks"].as_object().unwrap().iter().filter(|(_, task)| task["internal"] != true);
    let mut seen = Vec::new();
    for (name, task) in tasks {
        let vars = &task["cmds"][0]["vars"];
        let act = Act::of(capstone());
        match name.as_str() {
            "tag" => _ = act.repo.checkout("services/go/api-golang@1.0.9"),
            "pull-request" => {
                _ = act.repo.branch("topic").checkout("topic").write("services/node/api-node/x", "").commit("x");
            }
            _ => {}
        }
        let event =
            act.repo.dir().join(FOLDER.trim_start_matches("examples/capstone/")).join(vars["FILE"].as_str().unwrap());
        let output = act.run_file(&format!("{FOLDER}.yaml"), vars["EVENT"].as_str().unwrap(), &event);
        succeeds(&output);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let built = ["api-node", "api-golang", "client-react", "load-generator", "migrator"];
        let built = built.into_iter().filter(|service| said.contains(&format!("/{service} ")));
        seen.push(format!("{name}: {}", built.collect::<Vec<_>>().join(" ")));
    }
    assert_eq!(
        seen,
        [
            "dispatch: api-node",
            "pull-request: api-node",
            "push: api-node api-golang client-react load-generator migrator",
            "tag: api-golang",
        ]
    );
}

/// The first workflow that the documents show, as it is printed, and the action of a release: its program lies in the tool
/// cache, so that nothing is compiled and nothing downloaded.
#[test]
#[ignore = "runs act: .ci/run runs it"]
fn act_runs_the_first_workflow_of_the_documents() {
    let page = source::read("docs/github-actions.md");
    let (_, below) = page.split_once("```yaml\n").unwrap();
    let act = Act::new();
    act.write("first.yaml", below.split_once("```").unwrap().0);
    let folder = "rebake-x86_64-unknown-linux-gnu-v1.2.3";
    let cache = act.home.join(".cache/act/tool_cache/rebake/1.2.3");
    fs::create_dir_all(cache.join(folder)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rebake"), cache.join(folder).join("rebake")).unwrap();
    let archive = cache.join(format!("{folder}.tgz"));
    let mut tar = std::process::Command::new("tar");
    tar.args(["--dereference", "--use-compress-program=gzip -1", "-cf"]).arg(&archive).arg(folder).current_dir(&cache);
    assert!(tar.status().unwrap().success());
    let sum = std::process::Command::new("sha256sum").arg(&archive).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let target = if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };
    let release = json!({"version": "1.2.3", "sha256": {target: &sum[..64]}});
    act.write("rebake/.github/action/release.json", &release.to_string());
    act.write("tools/cargo", "#!/bin/sh\nexit 1\n");

    let make = "all:\n\techo $(notdir $(CURDIR)) $$REBAKE_VERSION >> $$BUILT\n";
    for service in ["services/other/migrator", "services/go/api-golang"] {
        act.repo.write(format!("{service}/Makefile"), make);
    }
    let before = act.repo.commit("make").to_string();
    act.repo.write("services/other/migrator/main", "2").commit("second");
    let repository = json!({"default_branch": "main"});
    let event = json!({"ref": "refs/heads/main", "before": before, "repository": repository});
    act.write("event.json", &event.to_string());
    let workflow = act.home.join("first.yaml");
    let output = act.run_file(workflow.to_str().unwrap(), "push", &act.home.join("event.json"));
    succeeds(&output);
    let id = &act.repo.id("HEAD").to_string()[..7];
    assert_eq!(built(&act.repo), ["api-golang", "migrator"].map(|name| format!("{name} 1.0.9-0002-{id}")).into());
}
