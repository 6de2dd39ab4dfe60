//! `rebake build`, run as people run it.

mod derived;
mod files;
mod ground;
mod needs;
mod overhead;
mod refusals;
mod reports;
mod runs;
mod secrets;
mod signals;
mod terminal;

use serde_json::Value;

use crate::repo::Repo;

/// A repository of services that are built by commands: `api` needs `lib`, `docs` needs nothing.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "\
services:
  lib:  {path: lib, run: ['sh', '-eu', 'build.sh']}
  api:  {path: api, depends_on: [lib], run: 'echo building $REBAKE_SERVICE $REBAKE_VERSION; sh -eu build.sh'}
  docs: {path: docs, run: 'sh -eu build.sh'}
",
    );
    for service in ["lib", "api", "docs"] {
        repo.write(format!("{service}/build.sh"), "echo $REBAKE_SERVICE >>../.git/order\n");
    }
    repo.commit("first");
    repo
}

/// What became of the services, by a report: `api failed`.
fn outcomes(repo: &Repo, report: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repo.dir().join(report)).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let services = report["services"].as_array().unwrap().iter();
    services.map(|service| format!("{} {}", word(&service["service"]), word(&service["outcome"]))).collect()
}

/// The services that were built since this was asked last, in order.
fn built(repo: &Repo) -> String {
    let file = repo.dir().join(".git/order");
    let order = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    order.replace('\n', " ").trim().to_owned()
}
