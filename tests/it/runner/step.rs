//! The steps of a job.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::expression::{self, shown};
use super::{Job, Runner, evaluate, outputs};
use crate::repo::Repo;

/// A machine that does one job.
struct Machine<'a> {
    runner: &'a Runner<'a>,
    artifacts: &'a Path,
    home: tempfile::TempDir,
    /// What is checked out, once it is.
    clone: Option<Repo>,
    log: String,
}

/// Runs the steps of a job; without outputs that it does not declare.
pub(super) fn run_all(runner: &Runner, job: &Value, mut contexts: Map<String, Value>, artifacts: &Path) -> Job {
    let mut machine = Machine::new(runner, artifacts);
    contexts.insert("runner".to_owned(), json!({"temp": machine.temp()}));
    contexts.insert("steps".to_owned(), json!({}));
    let mut result = "success";
    for step in job["steps"].as_array().unwrap() {
        contexts.insert("status".to_owned(), json!(result));
        if !expression::condition(&step["if"], &contexts).unwrap() {
            continue;
        }
        let done = match step["uses"].as_str() {
            Some(action) => {
                machine.action(action.split('@').next().unwrap(), &step["with"], &contexts).map(|()| BTreeMap::new())
            }
            None => machine.script(job, step, &contexts),
        };
        match done {
            Ok(outputs) => {
                if let Some(id) = step["id"].as_str() {
                    contexts["steps"][id] = json!({"outputs": outputs});
                }
            }
            Err(said) => {
                machine.log.push_str(&said);
                result = "failure";
            }
        }
    }
    let declared = job["outputs"].as_object().into_iter().flatten();
    let value = |text: &Value| shown(&evaluate(text.as_str().unwrap(), &contexts).unwrap());
    let outputs = declared.map(|(name, text)| (name.clone(), value(text))).collect();
    Job { result, outputs, log: machine.log }
}

impl<'a> Machine<'a> {
    fn new(runner: &'a Runner<'a>, artifacts: &'a Path) -> Self {
        let home = tempfile::TempDir::new().unwrap();
        let machine = Self { runner, artifacts, home, clone: None, log: String::new() };
        for dir in ["temp", "tools", "workspace"] {
            fs::create_dir(machine.home.path().join(dir)).unwrap();
        }
        // The registry has one program: `cargo install --locked rebake@… --root DIR`.
        let cargo = format!("#!/bin/sh -eu\ninstall -D '{}' \"$5/bin/rebake\"\n", env!("CARGO_BIN_EXE_rebake"));
        let path = machine.home.path().join("tools/cargo");
        fs::write(&path, cargo).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    fn temp(&self) -> PathBuf {
        self.home.path().join("temp")
    }

    fn workspace(&self) -> PathBuf {
        self.clone.as_ref().map_or_else(|| self.home.path().join("workspace"), |clone| clone.dir().to_owned())
    }

    fn action(&mut self, action: &str, with: &Value, contexts: &Map<String, Value>) -> Result<(), String> {
        let with = |name: &str| evaluate(&shown(&with[name]), contexts).map(|value| shown(&value));
        match action {
            "actions/checkout" => {
                let name = self.runner.github["ref_name"].as_str().unwrap();
                let depth = if with("fetch-depth")? == "0" { "--filter=blob:none" } else { "--depth=1" };
                let clone = self.runner.origin.clone_with([depth, "--branch", name]);
                clone.git(["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
                self.clone = Some(clone);
            }
            "actions/upload-artifact" => {
                for path in with("path")?.lines() {
                    let from = self.workspace().join(path);
                    let inside = if Path::new(path).is_absolute() {
                        from.file_name().unwrap().as_ref()
                    } else {
                        Path::new(path)
                    };
                    let to = self.artifacts.join(with("name")?).join(inside);
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    let content = fs::read(&from).map_err(|error| format!("{}: {error}\n", from.display()))?;
                    fs::write(to, content).unwrap();
                }
            }
            "actions/download-artifact" => {
                let to = self.workspace().join(with("path")?);
                let copied = Command::new("cp")
                    .args(["-r", "--"])
                    .arg(self.artifacts.join(with("name")?).join("."))
                    .arg(to)
                    .status();
                assert!(copied.unwrap().success());
            }
            // These prepare what no command of ours asks for here.
            "docker/setup-buildx-action" | "docker/login-action" | "crazy-max/ghaction-github-runtime" => {}
            other => panic!("the stand-in has no {other}"),
        }
        Ok(())
    }

    /// Runs a script as the runner does, and returns the step's outputs.
    fn script(
        &mut self,
        job: &Value,
        step: &Value,
        contexts: &Map<String, Value>,
    ) -> Result<BTreeMap<String, String>, String> {
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "an expression in a script: {script}");
        let mut command = self.bash(script, step["shell"].as_str().or(job["defaults"]["run"]["shell"].as_str()));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, shown(&evaluate(value.as_str().unwrap(), contexts)?));
        }
        let file = self.home.path().join("output");
        fs::write(&file, "").unwrap();
        let ended = command.env("GITHUB_OUTPUT", &file).output().unwrap();
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        self.log.push_str(&said);
        if ended.status.success() { outputs(&fs::read_to_string(file).unwrap()) } else { Err(String::new()) }
    }

    fn bash(&self, script: &str, shell: Option<&str>) -> Command {
        let runner = self.runner;
        let event = self.home.path().join("event.json");
        fs::write(&event, runner.github["event"].to_string()).unwrap();
        let file = self.home.path().join("script.sh");
        fs::write(&file, script).unwrap();
        let mut command = runner.origin.program("bash");
        match shell {
            None => command.arg("-e"),
            Some("bash") => command.args(["--noprofile", "--norc", "-eo", "pipefail"]),
            Some(other) => panic!("the stand-in has no shell {other}"),
        };
        let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value)).flatten();
        let path = [self.home.path().join("tools").as_os_str(), path.unwrap()].join(OsStr::new(":"));
        let github = |name: &str| runner.github[name].as_str().unwrap().to_owned();
        command
            .arg(file)
            .current_dir(self.workspace())
            .stdin(Stdio::null())
            .env("PATH", path)
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", github("event_name"))
            .env("GITHUB_EVENT_PATH", event)
            .env("GITHUB_REF", github("ref"))
            .env("GITHUB_REF_NAME", github("ref_name"))
            .env("GITHUB_SHA", github("sha"))
            .env("GITHUB_STEP_SUMMARY", self.home.path().join("summary"))
            .env("GITHUB_WORKSPACE", self.workspace())
            .env("RUNNER_TEMP", self.temp());
        command
    }
}
