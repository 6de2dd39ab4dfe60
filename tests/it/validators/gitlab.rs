//! gitlab-ci-local, which reads pipelines as GitLab does, and runs their jobs here.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{Files, documents};
use crate::plan::capstone;
use crate::repo::Repo;

fn gitlab_ci_local() -> Command {
    #[expect(clippy::disallowed_methods, reason = ".ci/full says where it has installed it")]
    let oracle = std::env::var_os("REBAKE_ORACLE").expect(".ci/full installs gitlab-ci-local");
    Command::new(PathBuf::from(oracle).join("node_modules/.bin/gitlab-ci-local"))
}

#[test]
#[ignore = "needs check-jsonschema, yamllint and gitlab-ci-local: .ci/full runs it"]
fn gitlab_takes_its_pipeline() {
    let files = Files::of(documents("gitlab", &["one that needs 51"]));
    files.pass("gitlab-ci");
    let directory = files.directory.path();
    // It wants to stand in a repository.
    for args in [&["init", "--quiet"][..], &["remote", "add", "origin", "https://gitlab.com/acme/shop.git"]] {
        assert!(Command::new("git").args(args).current_dir(directory).status().unwrap().success());
    }
    for (file, count) in files.files.iter().zip([1, 1, 3, 256, 257, 1000]) {
        let file = file.file_name().unwrap();
        // Into a file: into a pipe, it ends before it has written all.
        let list = directory.join("list");
        let mut command = gitlab_ci_local();
        command.args(["--list-json", "--file"]).arg(file).current_dir(directory).env("HOME", directory);
        let output = command.stdin(Stdio::null()).stdout(File::create(&list).unwrap()).output().unwrap();
        assert!(output.status.success(), "{}: {}", file.display(), said(&output));
        let jobs: Value = serde_json::from_str(&std::fs::read_to_string(list).unwrap()).unwrap();
        assert_eq!(jobs.as_array().unwrap().len(), count, "{}", file.display());
    }
}

/// Where the configuration is: jobs know it from the plan's flags alone.
const CONFIG: &str = "ci/its filters.yaml";

/// The capstone with builds that need nothing and write down when they ran; each waits a little, so that one that does
/// not wait for another one is seen.
fn repository(migrator: &str) -> Repo {
    let repo = capstone();
    let mut config = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    let run = |script: &str| {
        format!("run: 'echo begin $REBAKE_SERVICE >> $LEDGER; sleep 1; {script}; echo end $REBAKE_SERVICE >> $LEDGER'")
    };
    for service in ["api-node", "api-golang", "client-react", "load-generator", "migrator"] {
        let script = if service == "migrator" { migrator } else { "true" };
        config = config.replace(&format!("\n  {service}:\n"), &format!("\n  {service}:\n    {}\n", run(script)));
    }
    repo.write(CONFIG, config).remove("filters.yaml").commit("Builds that say when they run");
    repo.git(["remote", "add", "origin", "https://gitlab.com/acme/shop.git"]);
    repo
}

/// Plans everything as the parent's job does, and runs the child pipeline; returns how it ended, and the ledger.
fn run(repo: &Repo) -> (Output, Vec<String>) {
    let plan = |args: &[&str]| repo.rebake([&["plan", "--all", "-c", CONFIG], args].concat()).success().text();
    std::fs::create_dir_all(repo.dir().join(".rebake")).unwrap();
    std::fs::write(repo.dir().join(".rebake/.gitignore"), "*\n").unwrap();
    std::fs::write(repo.dir().join(".rebake/plan.json"), plan(&["--format", "json"])).unwrap();
    std::fs::write(repo.dir().join(".rebake/pipeline.yml"), plan(&["--format", "gitlab"])).unwrap();
    let ledger = repo.dir().with_extension("ledger");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_rebake")).parent().unwrap();
    #[expect(clippy::disallowed_methods, reason = "jobs find rebake where the test has it")]
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = gitlab_ci_local()
        .args(["--force-shell-executor", "--shell-isolation=false", "--file", ".rebake/pipeline.yml"])
        .current_dir(repo.dir())
        .env("HOME", repo.dir().parent().unwrap())
        .env("PATH", path)
        .env("LEDGER", &ledger)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let ledger = std::fs::read_to_string(ledger).unwrap_or_default();
    (output, ledger.lines().map(str::to_owned).collect())
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[ignore = "needs gitlab-ci-local: .ci/full runs it"]
fn the_child_pipeline_of_the_capstone_builds_in_order() {
    let (output, ledger) = run(&repository("true"));
    assert!(output.status.success(), "{}", said(&output));
    let at = |what: &str| {
        ledger.iter().position(|line| line == what).unwrap_or_else(|| panic!("{what}: {ledger:?}\n{}", said(&output)))
    };
    assert_eq!(ledger.len(), 10, "{ledger:?}");
    assert!(at("end migrator") < at("begin api-golang"), "{ledger:?}");
    assert!(at("begin client-react") < at("end migrator"), "what needs nothing does not wait: {ledger:?}");
}

#[test]
#[ignore = "needs gitlab-ci-local: .ci/full runs it"]
fn a_failed_job_of_the_child_pipeline_blocks_what_needs_it_alone() {
    let (output, ledger) = run(&repository("exit 1"));
    assert!(!output.status.success(), "{}", said(&output));
    assert!(
        ledger.contains(&"begin migrator".to_owned()) && !ledger.contains(&"begin api-golang".to_owned()),
        "{ledger:?}\n{}",
        said(&output)
    );
    for service in ["api-node", "client-react", "load-generator"] {
        assert!(ledger.contains(&format!("end {service}")), "{ledger:?}");
    }
}
