//! The workflows that people write: this project's own, and those that it shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Files, argo, below, check, run, zizmor};
use crate::source;

fn named(directory: &str, names: &[&str]) -> Vec<PathBuf> {
    let files = names.iter().map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(directory).join(name));
    files.inspect(|file| assert!(file.is_file(), "{}", file.display())).collect()
}

const SHOWN: &str = "examples/workflows";

#[test]
#[ignore = "needs check-jsonschema, yamllint and zizmor: .ci/full runs it"]
fn workflows_for_github_pass() {
    let mut files = below(".github/workflows", &[".yml", ".yaml"]);
    files.extend(named(SHOWN, &["build-push.yaml", "deployment.yaml", "pull-request.yaml", "release.yaml"]));
    files.extend(below("examples/capstone/.github/workflows", &[".yaml"]));
    check("github-workflows", &files);
    zizmor(&files);
}

#[test]
#[ignore = "needs check-jsonschema and zizmor: .ci/full runs it"]
fn the_action_passes() {
    let files = named(".", &["action.yml"]);
    check("github-actions", &files);
    zizmor(&files);
}

/// The first block of YAML on the page of each engine.
#[test]
#[ignore = "needs check-jsonschema, yamllint, zizmor and hera: .ci/full runs it"]
fn worked_examples_pass() {
    let example = |engine: &str| {
        let text = source::read(&format!("docs/engine/{engine}.md"));
        let (_, block) = text.split_once("```yaml\n").unwrap();
        Files::of([(engine, block.split_once("```").unwrap().0.to_owned())])
    };
    let github = example("github");
    check("github-workflows", &github.files);
    zizmor(&github.files);
    check("azure-pipelines", &example("azure").files);
    argo(&example("argo"));
}

#[test]
#[ignore = "needs check-jsonschema: .ci/full runs it"]
fn taskfiles_pass() {
    let is_task = |file: &String| file.ends_with("Taskfile.yaml") || file.ends_with("services/image.yaml");
    let files: Vec<PathBuf> =
        source::tracked().into_iter().filter(is_task).map(|file| Path::new(source::ROOT).join(file)).collect();
    assert!(files.len() >= 8, "{files:?}");
    check("taskfile", &files);
}

#[test]
#[ignore = "needs check-jsonschema: .ci/full runs it"]
fn pipelines_for_other_engines_pass() {
    check("gitlab-ci", &named(SHOWN, &["gitlab-ci.yml", "gitlab-build.yml"]));
    check("buildkite", &named(SHOWN, &["buildkite.yml"]));
    check("circle-ci", &named(SHOWN, &["circleci.yml"]));
    check("bitbucket-pipelines", &named(SHOWN, &["bitbucket-pipelines.yml"]));
    check("cloudbuild", &named(SHOWN, &["cloudbuild.yaml"]));
}

/// All that is YAML is well-formed, and says nothing twice.
#[test]
#[ignore = "needs yamllint: .ci/full runs it"]
fn yaml_is_yaml() {
    let mut files = below(".github/workflows", &[".yml", ".yaml"]);
    files.extend(below(SHOWN, &[".yml", ".yaml"]));
    let rules = "{extends: relaxed, rules: {line-length: disable}}";
    run("yamllint", Command::new("yamllint").args(["--strict", "-d", rules]).args(files));
}
