//! A stand-in for GitHub Actions, as far as our workflows need one: it runs a workflow's jobs in order, each step of
//! which is a script for bash, or one of the actions that check out, and keep and fetch artifacts.
//!
//! What is the runner's own: outputs that a secret masks are lost, empty ones too; artifacts lose their execute bits; an
//! empty matrix is an error; a job is skipped with what it needs unless its `if` says otherwise.

mod expression;
mod outputs;
mod step;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::repo::Repo;
pub(crate) use expression::evaluate;
pub(crate) use outputs::outputs;

/// A run of a workflow.
pub(crate) struct Runner<'a> {
    pub(crate) workflow: Value,
    /// The repository that is checked out.
    pub(crate) origin: &'a Repo,
    /// The context `github`: `event_name`, `ref`, `event` and what follows from them.
    pub(crate) github: Value,
    /// Texts that no output may hold.
    pub(crate) secrets: Vec<String>,
    /// A folder of programs that the machine has before all others.
    pub(crate) programs: Option<PathBuf>,
}

/// What became of a job; all that its steps said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) result: &'static str,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) log: String,
}

impl<'a> Runner<'a> {
    /// A run of a workflow's text for an event about a ref of the repository.
    pub(crate) fn new(workflow: &str, origin: &'a Repo, event_name: &str, reference: &str, event: &Value) -> Self {
        let sha = origin.id(reference).to_string();
        let ref_type = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        let github = json!({
            "event_name": event_name, "ref": reference, "ref_type": ref_type, "sha": sha, "event": event,
            "ref_name": reference.splitn(3, '/').nth(2), "actor": "ada", "token": "the token", "repository": "acme/shop",
        });
        Self { workflow: serde_yaml::from_str(workflow).unwrap(), origin, github, secrets: Vec::new(), programs: None }
    }

    /// Runs all jobs, in the order in which the workflow has them, which is that of their needs.
    pub(crate) fn run(&self) -> BTreeMap<String, Job> {
        let temp = tempfile::TempDir::new().unwrap();
        let artifacts = temp.path().join("artifacts");
        std::fs::create_dir(&artifacts).unwrap();
        let mut done: BTreeMap<String, Job> = BTreeMap::new();
        for name in jobs_in_order(&self.workflow["jobs"]) {
            let job = self.job(&self.workflow["jobs"][&name], &done, &artifacts);
            done.insert(name, job);
        }
        done
    }

    fn job(&self, job: &Value, done: &BTreeMap<String, Job>, artifacts: &Path) -> Job {
        let needed: Vec<(&String, &Job)> = done.iter().filter(|(name, _)| needs(job).contains(name)).collect();
        let needs: Map<String, Value> = needed
            .iter()
            .map(|(name, job)| ((*name).clone(), json!({"result": job.result, "outputs": job.outputs})))
            .collect();
        let mut contexts = Map::from_iter([
            ("github".to_owned(), self.github.clone()),
            ("needs".to_owned(), Value::Object(needs)),
            ("env".to_owned(), json!({})),
            ("status".to_owned(), json!(status(&needed.iter().map(|(_, job)| job.result).collect::<Vec<_>>()))),
        ]);
        let ended = |result, log: String| Job { result, outputs: BTreeMap::new(), log };
        if !expression::condition(&job["if"], &contexts).unwrap() {
            return ended("skipped", String::new());
        }
        let matrix = match &job["strategy"]["matrix"] {
            Value::Null => vec![json!({})],
            Value::String(text) => match evaluate(text, &contexts) {
                Err(error) => return ended("failure", error),
                Ok(matrix) => matrix["include"].as_array().cloned().unwrap_or_default(),
            },
            matrix => matrix["include"].as_array().unwrap().clone(),
        };
        if matrix.is_empty() {
            return ended("failure", "the matrix has no job".to_owned());
        }
        let mut all = ended("success", String::new());
        for (index, entry) in matrix.iter().enumerate() {
            contexts.insert("matrix".to_owned(), entry.clone());
            contexts.insert("strategy".to_owned(), json!({"job-index": index}));
            contexts.insert("status".to_owned(), json!("success"));
            let one = step::run_all(self, job, contexts.clone(), artifacts);
            all.log.push_str(&one.log);
            all.outputs.extend(one.outputs.into_iter().filter(|(_, value)| self.passes(value)));
            if one.result != "success" {
                all.result = one.result;
            }
        }
        all
    }

    /// Whether the runner hands an output on.
    fn passes(&self, value: &str) -> bool {
        !value.is_empty() && !self.secrets.iter().any(|secret| value.contains(secret))
    }
}

fn jobs_in_order(jobs: &Value) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    let jobs = jobs.as_object().unwrap();
    while order.len() < jobs.len() {
        let ready = jobs.iter().filter(|(_, job)| needs(job).iter().all(|need| order.contains(need)));
        let next: Vec<String> = ready.map(|(name, _)| name.clone()).filter(|name| !order.contains(name)).collect();
        assert!(!next.is_empty(), "the jobs need each other");
        order.extend(next);
    }
    order
}

fn needs(job: &Value) -> Vec<String> {
    match &job["needs"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().map(|need| need.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// What `success()` and `failure()` ask about.
fn status(results: &[&str]) -> &'static str {
    if results.contains(&"failure") {
        "failure"
    } else if results.contains(&"skipped") {
        "skipped"
    } else {
        "success"
    }
}
