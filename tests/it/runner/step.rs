//! The steps of a job.

use std::collections::BTreeMap;
use std::fs;
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
    /// Folders that later steps look for programs in.
    path: Vec<PathBuf>,
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
            Some(action) => machine.action(action.split('@').next().unwrap(), &step["with"], &contexts),
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
        let path = runner.programs.clone().into_iter().collect();
        let machine = Self { runner, artifacts, home, clone: None, path, log: String::new() };
        for dir in ["temp", "workspace"] {
            fs::create_dir(machine.home.path().join(dir)).unwrap();
        }
        machine
    }

    fn temp(&self) -> PathBuf {
        self.home.path().join("temp")
    }

    fn workspace(&self) -> PathBuf {
        self.clone.as_ref().map_or_else(|| self.home.path().join("workspace"), |clone| clone.dir().to_owned())
    }

    /// Does what an action does, and returns the step's outputs.
    fn action(
        &mut self,
        action: &str,
        with: &Value,
        contexts: &Map<String, Value>,
    ) -> Result<BTreeMap<String, String>, String> {
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
                let files: Vec<PathBuf> = with("path")?.lines().map(|path| self.workspace().join(path)).collect();
                // Below the folder that holds all of them.
                let folder =
                    files[0].ancestors().skip(1).find(|folder| files.iter().all(|file| file.starts_with(folder)));
                for from in &files {
                    let to = self.artifacts.join(with("name")?).join(from.strip_prefix(folder.unwrap()).unwrap());
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    let content = fs::read(from).map_err(|error| format!("{}: {error}\n", from.display()))?;
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
            "OWNER/rebake" => return self.rebake(&with),
            other => panic!("the stand-in has no {other}"),
        }
        Ok(BTreeMap::new())
    }

    /// Does what the action of this repository does where it has no filters of its own.
    fn rebake(&mut self, with: &dyn Fn(&str) -> Result<String, String>) -> Result<BTreeMap<String, String>, String> {
        let (program, plan) = (self.temp().join("rebake/bin/rebake"), self.temp().join("rebake/plan.json"));
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        // A program that this process has just written cannot be started while another thread starts a process.
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rebake"), &program).unwrap();
        self.path.push(program.parent().unwrap().to_owned());
        if with("setup-only")? == "true" {
            return Ok(BTreeMap::new());
        }
        let mut script = "exec rebake plan --ci --format json".to_owned();
        for name in ["since", "pack"] {
            let value = with(name)?;
            script.extend((!value.is_empty()).then(|| format!(" --{name}={value}")));
        }
        script.push_str(if with("skip-existing")? == "true" { " --skip-existing" } else { "" });
        let command = self.bash(&script.replace("rebake", &format!("'{}'", program.display())), None);
        let mut outputs = self.step(command, Some(&plan))?;
        outputs.insert("program".to_owned(), program.to_str().unwrap().to_owned());
        outputs.insert("plan".to_owned(), plan.to_str().unwrap().to_owned());
        Ok(outputs)
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
        self.step(command, None)
    }

    /// Runs a command as a step; what it prints goes into the log, or into a file.
    fn step(&mut self, mut command: Command, into: Option<&Path>) -> Result<BTreeMap<String, String>, String> {
        let file = self.home.path().join("output");
        fs::write(&file, "").unwrap();
        let mut ended = command.env("GITHUB_OUTPUT", &file).output().unwrap();
        if let Some(into) = into {
            fs::write(into, std::mem::take(&mut ended.stdout)).unwrap();
        }
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
        let github = |name: &str| runner.github[name].as_str().unwrap().to_owned();
        command
            .arg(file)
            .current_dir(self.workspace())
            .stdin(Stdio::null())
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", github("event_name"))
            .env("GITHUB_EVENT_PATH", event)
            .env("GITHUB_REPOSITORY", github("repository"))
            .env("GITHUB_REF", github("ref"))
            .env("GITHUB_REF_NAME", github("ref_name"))
            .env("GITHUB_SHA", github("sha"))
            .env("GITHUB_STEP_SUMMARY", self.home.path().join("summary"))
            .env("GITHUB_WORKSPACE", self.workspace())
            .env("RUNNER_TEMP", self.temp());
        if !self.path.is_empty() {
            let usual = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
            let usual = usual.unwrap_or_default().to_owned();
            let path = self.path.iter().cloned().chain(std::env::split_paths(&usual));
            command.env("PATH", std::env::join_paths(path).unwrap());
        }
        command
    }
}
