//! The engines' own judges of what rebake writes for them: their schemas (check-jsonschema), zizmor, yamllint and
//! gitlab-ci-local. Documents for any number of services pass, or are refused before anything is written.

mod gitlab;
mod written;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::engines::{Services, asking, fan_in, independent, saved, write};

/// YAML, without a word on how it looks: rebake's is JSON.
const YAMLLINT: &str = "{rules: {key-duplicates: enable, key-ordering: disable, octal-values: enable}}";

/// Plans of so many services: what a person has, what engines take, and what they do not.
fn plans() -> Vec<(&'static str, Services)> {
    vec![
        ("none", independent(0)),
        ("one", independent(1)),
        (
            "three with an edge",
            vec![("a".to_owned(), vec![]), ("b@x/c.d_e".to_owned(), vec![0]), ("c".to_owned(), vec![])],
        ),
        ("one that needs 51", fan_in(51)),
        ("256", independent(256)),
        ("257", independent(257)),
        ("1000", independent(1000)),
    ]
}

/// Flags that jobs get too.
const FLAGS: &[&str] = &["--config=ci/it's <<f>>.yaml", "--token-env=TOKEN", "--push"];

/// Writes the documents of all plans in a format, and returns those that are not refused; `refused` are those that are.
fn documents(format: &str, refused: &[&str]) -> Vec<(&'static str, String)> {
    let mut documents = Vec::new();
    for (name, services) in plans() {
        let code = if refused.contains(&name) { 4 } else { 0 };
        let text = write(&asking(&saved(&services)), format, FLAGS, code).text();
        if code == 0 {
            documents.push((name, text));
        }
    }
    documents
}

/// A directory with documents as files, which the validators read.
struct Files {
    directory: tempfile::TempDir,
    files: Vec<PathBuf>,
}

impl Files {
    fn of(documents: impl IntoIterator<Item = (impl AsRef<str>, String)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |(name, text): (_, String)| {
            let name: &str = AsRef::as_ref(&name);
            let path = directory.path().join(format!("{}.yml", name.replace(' ', "-")));
            std::fs::write(&path, text).unwrap();
            path
        };
        let files = documents.into_iter().map(file).collect();
        Self { directory, files }
    }

    /// Holds all of them against a schema that check-jsonschema brings along, and against yamllint.
    fn pass(&self, schema: &str) {
        assert!(!self.files.is_empty());
        check(schema, &self.files);
        run("yamllint", Command::new("yamllint").args(["--strict", "-d", YAMLLINT]).args(&self.files));
    }
}

fn check(schema: &str, files: &[PathBuf]) {
    let mut command = Command::new("check-jsonschema");
    // A pattern of one of the schemas is none of ECMAScript with Unicode.
    let schema_of = format!("vendor.{schema}");
    run(schema, command.args(["--regex-variant", "nonunicode", "--builtin-schema", &schema_of]).args(files));
}

/// Runs a validator, which must have nothing to say against it.
#[track_caller]
fn run(what: &str, command: &mut Command) -> String {
    let output =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{what}: {error}: .ci/full installs it"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {said}");
    said
}

#[test]
#[ignore = "needs check-jsonschema and yamllint: .ci/full runs it"]
fn a_validator_can_refuse() {
    let judges = |schema: &str, document: &Value| {
        let files = Files::of([("one", document.to_string())]);
        let schema = format!("vendor.{schema}");
        let mut command = Command::new("check-jsonschema");
        command.args(["--regex-variant", "nonunicode", "--builtin-schema", &schema]).args(&files.files);
        command.output().unwrap().status.success()
    };
    // Of each pair the schema takes the first, and refuses the second, which has another value in one place.
    let circleci = |steps: Value| json!({"version": 2.1, "jobs": {"x": {"docker": [{"image": "a"}], "steps": steps}}});
    let github = |run: Value| json!({"on": "push", "jobs": {"x": {"runs-on": "a", "steps": [{"run": run}]}}});
    let bitbucket = |script: Value| json!({"pipelines": {"default": [{"step": {"script": script}}]}});
    for (schema, good, bad) in [
        ("gitlab-ci", json!({"x": {"script": ["a"]}}), json!({"x": {"script": 1}})),
        ("buildkite", json!({"steps": [{"command": "a"}]}), json!({"steps": [{"command": 1}]})),
        ("circle-ci", circleci(json!(["checkout"])), circleci(json!("checkout"))),
        ("azure-pipelines", json!({"steps": [{"script": "a"}]}), json!({"steps": [{"script": ["a"]}]})),
        ("github-workflows", github(json!("b")), github(json!(1))),
        ("bitbucket-pipelines", bitbucket(json!(["a"])), bitbucket(json!(1))),
    ] {
        assert_eq!([judges(schema, &good), judges(schema, &bad)], [true, false], "{schema}");
    }
    let files = Files::of([("twice", "{\"a\": 1, \"a\": 2}\n".to_owned())]);
    let yamllint = Command::new("yamllint").args(["--strict", "-d", YAMLLINT]).args(&files.files).output().unwrap();
    assert!(!yamllint.status.success());
}

#[test]
#[ignore = "needs check-jsonschema and yamllint: .ci/full runs it"]
fn buildkite_takes_its_steps() {
    Files::of(documents("buildkite", &["1000"])).pass("buildkite");
}

#[test]
#[ignore = "needs check-jsonschema and yamllint: .ci/full runs it"]
fn circleci_takes_its_configuration() {
    Files::of(documents("circleci", &[])).pass("circle-ci");
}

#[test]
#[ignore = "needs check-jsonschema and yamllint: .ci/full runs it"]
fn bitbucket_takes_its_pipeline() {
    Files::of(documents("bitbucket", &["256", "257", "1000"])).pass("bitbucket-pipelines");
}

/// A workflow in which each level is a job over the matrix that the outputs have for it.
fn workflow(outputs: &str) -> Value {
    let outputs: std::collections::BTreeMap<&str, &str> =
        outputs.lines().filter_map(|line| line.split_once('=')).collect();
    let mut jobs = json!({"plan": {
        "name": "plan", "runs-on": "ubuntu-24.04", "timeout-minutes": 10, "permissions": {},
        "steps": [{"name": "Plan", "run": "exec rebake plan --ci"}],
    }});
    let mut before = "plan".to_owned();
    for level in 0..outputs["levels"].parse().unwrap() {
        assert_eq!(outputs[format!("any_{level}").as_str()], "true");
        let matrix: Value = serde_json::from_str(outputs[format!("matrix_{level}").as_str()]).unwrap();
        let count = matrix["include"].as_array().unwrap().len();
        assert!((1..=256).contains(&count), "{count}");
        let job = format!("build-{level}");
        jobs[&job] = json!({
            "name": "build ${{ matrix.service }}", "needs": before, "runs-on": "ubuntu-24.04", "timeout-minutes": 60,
            "permissions": {}, "strategy": {"fail-fast": false, "matrix": matrix},
            "steps": [{
                "name": "Build", "env": {"REBAKE_ONLY": "${{ matrix.service }}"},
                "run": "exec rebake build --plan .rebake/plan.json --only \"$REBAKE_ONLY\"",
            }],
        });
        before = job;
    }
    json!({
        "name": "build", "on": {"push": {"branches": ["main"]}}, "permissions": {},
        "concurrency": {"group": "${{ github.ref }}", "cancel-in-progress": false}, "jobs": jobs,
    })
}

#[test]
#[ignore = "needs check-jsonschema, yamllint and zizmor: .ci/full runs it"]
fn github_takes_its_matrices() {
    let documents = documents("github", &["257", "1000"]);
    let workflows = documents.iter().map(|(name, outputs)| (name, workflow(outputs).to_string() + "\n"));
    let files = Files::of(workflows);
    files.pass("github-workflows");
    zizmor(&files.files);
}

/// zizmor finds nothing in these workflows and actions, without asking anybody.
fn zizmor(files: &[PathBuf]) {
    let said =
        run("zizmor", Command::new("zizmor").args(["--offline", "--no-progress", "--persona", "regular"]).args(files));
    assert!(said.contains("No findings to report"), "{said}");
}

#[test]
#[ignore = "needs check-jsonschema and yamllint: .ci/full runs it"]
fn azure_takes_its_matrices() {
    let pipeline = |text: String| {
        let mut jobs = Vec::new();
        for line in text.lines() {
            let (command, value) =
                line.strip_prefix("##vso[task.setvariable variable=").unwrap().split_once(']').unwrap();
            let name = command.strip_suffix(";isOutput=true").unwrap();
            if let Some(level) = name.strip_prefix("matrix_") {
                let value = value.replace("%AZP25", "%");
                let matrix: Value = serde_json::from_str(&value).unwrap();
                jobs.push(
                    json!({"job": format!("build_{level}"), "strategy": {"matrix": matrix}, "steps": [{"bash": "x"}]}),
                );
            }
        }
        jobs.push(json!({"job": "ok", "steps": [{"bash": "x"}]}));
        json!({"jobs": jobs}).to_string() + "\n"
    };
    Files::of(documents("azure", &[]).into_iter().map(|(name, text)| (name, pipeline(text)))).pass("azure-pipelines");
}

#[test]
#[ignore = "needs hera, a model of Argo's own types: .ci/full runs it"]
fn argo_takes_its_workflow() {
    let files = Files::of(documents("argo", &[]).into_iter().filter(|(name, text)| {
        assert_eq!(text.is_empty(), *name == "none");
        !text.is_empty()
    }));
    argo(&files);
    let odd = Files::of([("odd", json!({"kind": "Workflow", "spec": {"templats": []}}).to_string())]);
    assert!(!Command::new("python3").arg(ARGO).args(&odd.files).output().unwrap().status.success());
}

/// Reads Argo's objects by hera's models of them.
const ARGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/argo.py");

fn argo(files: &Files) {
    run("argo", Command::new("python3").arg(ARGO).args(&files.files));
}

/// All files below a directory of the project that end so.
fn below(directory: &str, ends: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|file| ends.iter().any(|end| file.to_str().unwrap().ends_with(end))).collect()
}
