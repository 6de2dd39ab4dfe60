//! Images that exist: when they are taken for a service's, which tags they get, and what is said where a registry fails.

mod bindings;
mod faults;
mod overlaps;
mod promote;
mod promotion;
mod published;
mod record_job;
mod releases;
mod sequences;

use std::fs;

use serde_json::Value;

use crate::repo::{Rebake, Repo, Run};
use crate::small_registry::SmallRegistry;

/// A repository whose one service `api` has its image at a registry, with more keys of its own.
fn repo(registry: &SmallRegistry, keys: &str) -> Repo {
    let repo = Repo::new();
    let image = format!("{}/acme/api", registry.host());
    repo.write("filters.yaml", format!("services:\n  api: {{ path: api, image: '{image}'{keys} }}\n"));
    repo.write("api/x", "1").commit("first");
    repo
}

/// Runs rebake at a release tag of `api`, as GitHub does.
fn at_tag(repo: &Repo, tag: &str, args: &[&str]) -> Rebake {
    let commit = repo.id("HEAD").to_string();
    repo.rebake(args)
        .env("CI", "true")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_REF", format!("refs/tags/{tag}"))
        .env("GITHUB_REF_TYPE", "tag")
        .env("GITHUB_SHA", commit)
}

fn services(run: &Run) -> Vec<Value> {
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    plan["services"].as_array().unwrap().clone()
}

/// The services of the report that a run has left.
fn report(repo: &Repo) -> Vec<Value> {
    let text = fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["services"].as_array().unwrap().clone()
}

/// The tag by which the image of a service of a plan is found again.
fn content_tag(repo: &Repo, args: &[&str]) -> String {
    let planned = services(&repo.rebake([&["plan", "--all", "--head=HEAD", "--format=json"], args].concat()).success());
    planned[0]["content_tag"].as_str().unwrap().to_owned()
}
