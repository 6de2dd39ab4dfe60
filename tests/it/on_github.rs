//! Runs of rebake as a step of a workflow on GitHub: the variables and the event file that say what happened.

use std::fmt::Display;

use rebake::model::name::CommitId;
use serde_json::{Value, json};

use crate::repo::{Rebake, Repo, Run};

/// The id of zeros, which stands for "there was nothing before".
pub(crate) const ZERO: &str = "0000000000000000000000000000000000000000";

/// A push to a branch, which was at `before`.
pub(crate) fn push(repo: &Repo, branch: &str, before: impl Display, args: &[&str]) -> Rebake {
    let said = json!({"before": before.to_string(), "repository": {"default_branch": "main"}});
    event(repo, args, "push", &said).env("GITHUB_REF", format!("refs/heads/{branch}"))
}

/// A push to a pull request into `main`; `base` is the tip that `main` had when it was last pushed to.
pub(crate) fn pull_request(repo: &Repo, base: &CommitId, args: &[&str]) -> Rebake {
    let said = json!({
        "pull_request": {"base": {"ref": "main", "sha": base.to_string()}, "head": {"ref": "topic"}},
        "repository": {"default_branch": "main"}
    });
    event(repo, args, "pull_request", &said).env("GITHUB_REF", "refs/pull/7/merge").env("GITHUB_BASE_REF", "main")
}

/// A group of a merge queue, which is put upon `base`.
pub(crate) fn merge_group(repo: &Repo, base: &CommitId, args: &[&str]) -> Rebake {
    let said = json!({
        "action": "checks_requested",
        "merge_group": {"base_ref": "refs/heads/main", "base_sha": base.to_string()},
        "repository": {"default_branch": "main"}
    });
    event(repo, args, "merge_group", &said).env("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-7")
}

/// Any event; the caller names its ref.
pub(crate) fn event(repo: &Repo, args: &[&str], name: &str, event: &Value) -> Rebake {
    let file = repo.dir().with_extension("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    repo.rebake([&["plan"], args].concat())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_EVENT_PATH", file)
}

/// A plan as `--format json` prints it.
pub(crate) fn plan(run: &Run) -> Value {
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The services of a plan, with the kinds and paths of their causes: `api: file api/main.go`.
pub(crate) fn causes(run: &Run) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cause = |cause: &Value| {
        let what = [text(&cause["kind"]), text(&cause["path"]), text(&cause["via"])];
        what.iter().filter(|what| !what.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    };
    let service = |service: &Value| {
        let causes: Vec<String> = service["causes"].as_array().unwrap().iter().map(cause).collect();
        format!("{}: {}", text(&service["service"]), causes.join(", "))
    };
    plan(run)["services"].as_array().unwrap().iter().map(service).collect()
}

/// The kinds of doubt of a plan.
pub(crate) fn doubts(run: &Run) -> Vec<String> {
    plan(run)["degraded"].as_array().unwrap().iter().map(|doubt| doubt["kind"].as_str().unwrap().to_owned()).collect()
}
