//! What `rebake plan --ci` leaves for engines that read files and their logs.

use std::collections::BTreeMap;

use rebake::inputs::trigger::Engine;
use serde_json::Value;
use snapbox::str;

use crate::repo::{Rebake, Repo};

/// Names of files, of which each is an attack on somebody who reads the log or a file.
const HOSTILE: [&str; 10] = [
    "$(touch pwned)",
    "a\nREBAKE_ANY=false",
    "##vso[task.setvariable variable=any;isOutput=true]false",
    "##[add-mask]x",
    "::set-output name=any::false",
    "<< pipeline.id >>",
    "${{ github.token }}",
    "x\r",
    "{{workflow.name}}",
    "\u{202e}gpj.exe",
];

fn repository(environment: &str) -> Repo {
    let repo = Repo::new();
    let filters = format!(
        "services:\n  api: {{path: api}}\n  web: {{path: web}}\nenvironments:\n  {environment}: {{on: [push, manual]}}\n  local: {{on: local}}\n"
    );
    repo.write("filters.yaml", filters).write("web/a", "").commit("first");
    for name in HOSTILE {
        repo.write(format!("api/{name}"), "");
    }
    repo.commit("second");
    repo
}

/// The variables by which an engine says that `main` was pushed to.
fn on(run: Rebake, engine: Engine, repo: &Repo) -> Rebake {
    let (head, before) = (repo.id("HEAD").to_string(), repo.id("HEAD~1").to_string());
    let run = run.env(engine.sign(), "true");
    match engine {
        Engine::GitLab => run
            .env("CI_COMMIT_SHA", head)
            .env("CI_COMMIT_BEFORE_SHA", before)
            .env("CI_COMMIT_BRANCH", "main")
            .env("CI_PIPELINE_SOURCE", "push"),
        Engine::Buildkite => run
            .env("BUILDKITE_COMMIT", head)
            .env("BUILDKITE_BRANCH", "main")
            .env("BUILDKITE_SOURCE", "webhook")
            .env("BUILDKITE_PULL_REQUEST", "false"),
        Engine::CircleCi => run
            .env("CIRCLE_SHA1", head)
            .env("CIRCLE_BRANCH", "main")
            .env("PIPELINE_GIT_BASE_REVISION", before)
            .env("PIPELINE_GIT_BRANCH_IS_DEFAULT", "1"),
        Engine::Azure => run
            .env("BUILD_SOURCEVERSION", head)
            .env("BUILD_SOURCEBRANCH", "refs/heads/main")
            .env("BUILD_REASON", "IndividualCI"),
        Engine::Bitbucket => run.env("BITBUCKET_COMMIT", head).env("BITBUCKET_BRANCH", "main"),
        Engine::Jenkins => {
            run.env("GIT_COMMIT", head).env("BRANCH_NAME", "main").env("GIT_PREVIOUS_SUCCESSFUL_COMMIT", before)
        }
        other => unreachable!("{other} has outputs"),
    }
}

fn files(repo: &Repo) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(repo.dir().join(".rebake")).unwrap().map(Result::unwrap);
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), std::fs::read_to_string(entry.path()).unwrap())).collect()
}

const ENGINES: [Engine; 6] =
    [Engine::GitLab, Engine::Buildkite, Engine::CircleCi, Engine::Azure, Engine::Bitbucket, Engine::Jenkins];

#[test]
fn every_engine_has_the_plan_and_its_variables() {
    for engine in ENGINES {
        let repo = repository("staging");
        let args = ["plan", "--ci", "--base", "HEAD~1", "--format", "json"];
        let run = on(repo.rebake(args), engine, &repo).success();
        let files = files(&repo);
        assert_eq!(files["plan.env"], "REBAKE_ANY=true\nREBAKE_COUNT=1\nREBAKE_ENVIRONMENT=staging\n", "{engine}");
        assert_eq!(repo.git(["status", "--porcelain"]), "", "{engine}");

        let plan = rebake::plan::read(&files["plan.json"]).unwrap();
        let paths: Vec<&str> = plan.services[0].causes.iter().filter_map(|cause| cause.path.as_deref()).collect();
        for name in HOSTILE {
            assert!(paths.contains(&format!("api/{name}").as_str()), "{engine}: {name} in {paths:?}");
        }
        let text = run.text();
        let (commands, printed) = text.split_at(text.find("{\n").unwrap());
        assert_eq!(printed, files["plan.json"]);
        assert!(!printed.contains("##[") && !printed.contains("##vso["), "{engine}: {printed}");
        assert_eq!(commands.is_empty(), engine != Engine::Azure, "{engine}: {commands}");
    }
}

#[test]
fn azure_reads_its_variables_from_the_log() {
    let repo = repository("staging");
    on(repo.rebake(["plan", "--ci", "--base", "HEAD~1"]), Engine::Azure, &repo).success().stdout(str![[r###"
##vso[task.setvariable variable=any;isOutput=true]true
##vso[task.setvariable variable=count;isOutput=true]1
##vso[task.setvariable variable=environment;isOutput=true]staging
##vso[task.setvariable variable=services;isOutput=true]["api"]
##vso[task.setvariable variable=levels;isOutput=true]1
##vso[task.setvariable variable=any_0;isOutput=true]true
##vso[task.setvariable variable=matrix_0;isOutput=true]{"build_api":{"REBAKE_ONLY":"api"}}
fdeb494..4a5aa0d: since the merge base with HEAD~1
environment staging

SERVICE  VERSION             WHY
api      0.0.0-0002-4a5aa0d  api/# #[add-mask]x added, matches api/**  filters.yaml:2:15
                             api/# #vso[task.setvariable variable=any;isOutput=true]false added, matches api/**  filters.yaml:2:15
                             api/$(touch pwned) added, matches api/**  filters.yaml:2:15
                             and 7 more

1 of 2 services to rebuild.

"###]]);
}

#[test]
fn buildkite_is_told_how_steps_are_uploaded() {
    let repo = repository("staging");
    let run = |args: &[&str]| on(repo.rebake([&["plan", "--ci", "--all"], args].concat()), Engine::Buildkite, &repo);
    run(&[]).success().stderr(str![[r#"
note[upload]: the steps are in .rebake/pipeline.yml
 |
 = help: the jobs read the plan from an artifact: `buildkite-agent artifact upload ".rebake/*"`
 = help: `buildkite-agent pipeline upload --no-interpolation .rebake/pipeline.yml`: without that flag the agent fills in variables too early

"#]]);
    run(&["--quiet"]).success().stderr("");
    // Jobs find an artifact by the path that the agent got.
    let said = run(&[]).dir("web").success();
    let root = repo.dir().canonicalize().unwrap();
    let said = String::from_utf8(said.stderr.clone()).unwrap();
    let expected = format!("`cd {} && buildkite-agent artifact upload \".rebake/*\"`", root.display());
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn circleci_reads_parameters() {
    let repo = repository("staging");
    on(repo.rebake(["plan", "--ci", "--base", "HEAD~1"]), Engine::CircleCi, &repo).success();
    assert_eq!(
        files(&repo)["parameters.json"],
        "{\"rebake-any\":true,\"rebake-count\":1,\"rebake-environment\":\"staging\"}\n"
    );
}

#[test]
fn a_shell_reads_the_variables() {
    let repo = repository("pre-prod/eu_1.2@x");
    on(repo.rebake(["plan", "--ci", "--base", "HEAD~1", "--ci-dir", "out/ci"]), Engine::Jenkins, &repo).success();
    let script = ". out/ci/plan.env && printf %s \"$REBAKE_ENVIRONMENT\"";
    let output = std::process::Command::new("sh").args(["-euc", script]).current_dir(repo.dir()).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "pre-prod/eu_1.2@x");
}

/// filters.yaml cannot have such a name; a plan that comes from elsewhere can.
#[test]
fn an_environment_that_a_shell_would_obey_is_refused_before_anything_is_written() {
    let repo = repository("staging");
    let saved = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).env("GITLAB_CI", "").success().text();
    for engine in ENGINES {
        for name in ["$(touch pwned)", "a\\nREBAKE_ANY=false"] {
            let plan = saved.replace("\"environment\": \"local\"", &format!("\"environment\": \"{name}\""));
            assert_ne!(plan, saved);
            let run = on(repo.rebake(["plan", "--ci", "--plan", "-"]), engine, &repo).stdin(plan).failure(2);
            let said = String::from_utf8(run.stderr.clone()).unwrap();
            assert!(said.contains(&format!("the environment {name} cannot be")), "{engine}: {said}");
            assert!(!repo.dir().join(".rebake").exists() && run.stdout.is_empty(), "{engine}");
        }
    }
}

/// The jobs of CircleCI share no file with the job that plans: the configuration carries the plan, names and all.
#[test]
fn a_job_of_circleci_builds_what_was_planned() {
    let repo = Repo::new();
    let run = r#"printf %s "$REBAKE_VERSION" > "$HOME/built""#;
    repo.write("filters.yaml", format!("services:\n  api: {{path: api, run: '{run}'}}\n")).commit("first");
    repo.write("api/it's", "").commit("second");
    for flags in [["--style", "sha"], ["--version", "9.9.9"], ["--abbrev", "12"], ["--count", "paths"]] {
        let plan = ["plan", "--ci", "--base", "HEAD~1"];
        on(repo.rebake([&plan[..], &flags].concat()), Engine::CircleCi, &repo).success();
        let planned: Value = serde_json::from_str(&files(&repo)["plan.json"]).unwrap();
        let pipeline: Value = serde_json::from_str(&files(&repo)["pipeline.yml"]).unwrap();
        std::fs::remove_dir_all(repo.dir().join(".rebake")).unwrap();

        let command = |steps: &Value, number: usize| steps[number]["run"]["command"].as_str().unwrap().to_owned();
        let read_plan = command(&pipeline["commands"]["rebake-plan"]["steps"], 0);
        let command = read_plan + "\n" + &command(&pipeline["jobs"]["rebake-build"]["steps"], 3);
        let command = command.replace("exec rebake", concat!("exec ", env!("CARGO_BIN_EXE_rebake")));
        let job = on(repo.rebake([""; 0]), Engine::CircleCi, &repo).env("REBAKE_ONLY", "api");
        let job = job.env("CIRCLE_WORKFLOW_JOB_ID", "1").into_shell(&command);
        let built = { job }.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let built = std::fs::read_to_string(repo.dir().parent().unwrap().join("built")).unwrap();
        assert_eq!(built, planned["services"][0]["version"].as_str().unwrap(), "{flags:?}");
    }
}

#[test]
fn no_link_of_the_repository_is_followed() {
    let precious = |repo: &Repo| repo.dir().join("precious");
    for (target, link) in
        [("../precious", ".rebake/plan.json"), ("../precious", ".rebake/.gitignore"), ("elsewhere", ".rebake")]
    {
        let repo = repository("staging");
        repo.write("precious", "precious").write("elsewhere/x", "").symlink(target, link).git(["add", "--force", "."]);
        repo.commit("link");
        for engine in ENGINES {
            let run = on(repo.rebake(["plan", "--ci", "--all"]), engine, &repo).failure(2);
            let said = String::from_utf8(run.stderr.clone()).unwrap();
            assert!(said.contains("is a symbolic link in a repository, which is not followed"), "{engine}: {said}");
            assert_eq!(std::fs::read_to_string(precious(&repo)).unwrap(), "precious");
            assert_eq!(std::fs::read_dir(repo.dir().join("elsewhere")).unwrap().count(), 1);
        }
    }
}

/// The scripts of the jobs of a pipeline, each with the variables that the engine sets.
fn scripts(engine: Engine, repo: &Repo) -> Vec<String> {
    let file = if engine == Engine::Jenkins { "pipeline.json" } else { "pipeline.yml" };
    let pipeline: Value = serde_json::from_str(&files(repo)[file]).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let script = |only: &str, id: &str, command: &Value| {
        format!("REBAKE_ONLY={only} {id}={only}\nexport REBAKE_ONLY\n{}", text(command))
    };
    let list = |value: &Value| value.as_array().unwrap().clone();
    let scripts: Vec<String> = match engine {
        Engine::GitLab => {
            let jobs = pipeline.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("build "));
            let mut jobs: Vec<&Value> = jobs.map(|(_, job)| job).collect();
            jobs.sort_by_key(|job| list(&job["needs"]).len());
            jobs.iter()
                .map(|job| script(&text(&job["variables"]["REBAKE_ONLY"]), "CI_JOB_ID", &job["script"][0]))
                .collect()
        }
        Engine::Buildkite => list(&pipeline["steps"])
            .iter()
            .map(|step| script(&text(&step["env"]["REBAKE_ONLY"]), "BUILDKITE_JOB_ID", &step["command"][1]))
            .collect(),
        Engine::Jenkins => list(&pipeline["levels"])
            .iter()
            .flat_map(list)
            .map(|job| script(&text(&job["only"]), "REBAKE_JOB", &pipeline["build"]))
            .collect(),
        Engine::Bitbucket => list(&pipeline["pipelines"]["default"])
            .iter()
            .map(|step| list(&step["step"]["script"]).iter().map(text).collect::<Vec<_>>().join("\n"))
            .collect(),
        other => panic!("{other}"),
    };
    let program = concat!(env!("CARGO_BIN_EXE_rebake"), " build");
    scripts.iter().map(|script| script.replace("rebake build", program)).collect()
}

/// The engines whose jobs find the files of the run that plans.
const WITH_FILES: [Engine; 4] = [Engine::GitLab, Engine::Buildkite, Engine::Jenkins, Engine::Bitbucket];

#[track_caller]
fn run_jobs(engine: Engine, repo: &Repo, scripts: &[String]) {
    for script in scripts {
        let output = on(repo.rebake([""; 0]), engine, repo).into_shell(script).output().unwrap();
        assert!(output.status.success(), "{engine}: {script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Each job of a pipeline leaves its reports where the engine keeps them, and `rebake report` reads them together.
#[test]
fn jobs_leave_their_reports() {
    for engine in WITH_FILES {
        let repo = Repo::new();
        let run = "run: 'echo built $REBAKE_SERVICE'";
        repo.write("filters.yaml", format!("services:\n  lib: {{path: lib, {run}}}\n  api: {{path: api, depends_on: [lib], {run}, timeout: 5m, retries: 1}}\nenvironments:\n  staging: {{on: push}}\n"));
        repo.write("lib/x", "").commit("first");
        repo.write("api/x", "").commit("second");
        on(repo.rebake(["plan", "--ci", "--all"]), engine, &repo).success();
        run_jobs(engine, &repo, &scripts(engine, &repo));
        let reports: Vec<String> = std::fs::read_dir(repo.dir().join(".rebake"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("report-"))
            .map(|name| format!(".rebake/{name}"))
            .collect();
        assert_eq!(reports.len(), 2, "{engine}");
        let mut args = vec!["report".to_owned()];
        args.extend(reports);
        let said = repo.rebake(args).success().text();
        assert_eq!(said.matches(r#""outcome": "succeeded""#).count(), 2, "{engine}: {said}");
    }
}

/// Jobs run at the root of the repository, wherever the plan is made.
#[test]
fn the_folder_is_at_the_root_of_the_repository() {
    let repo = repository("staging");
    on(repo.rebake(["plan", "--ci"]).dir("web"), Engine::GitLab, &repo).success();
    assert!(repo.dir().join(".rebake/pipeline.yml").exists());
    assert!(!repo.dir().join("web/.rebake").exists());
}

/// Nothing but the flags says where the configuration is, how it is read, and that a service is pushed.
#[test]
fn jobs_are_told_what_the_plan_was_told() {
    for engine in WITH_FILES {
        let repo = Repo::new();
        let run = r#"run: 'echo "$REBAKE_SERVICE $REBAKE_PUSH" >> "$HOME/built"'"#;
        repo.write(
            "ci/it's f.yaml",
            format!("services:\n  api: {{path: api, {run}}}\nenvironments:\n  staging: {{on: push, push: false}}\n"),
        );
        repo.write("api/x", "").commit("first");
        repo.write("api/x", "1").commit("second");
        let plan = ["-C", "api", "plan", "--ci", "--all", "--push", "-c", "../ci/it's f.yaml", "--ci-dir", ".rebake"];
        on(repo.rebake(plan), engine, &repo).success();
        if !repo.dir().join(".rebake").exists() {
            std::fs::rename(repo.dir().join("api/.rebake"), repo.dir().join(".rebake")).unwrap();
        }
        run_jobs(engine, &repo, &scripts(engine, &repo));
        let built = std::fs::read_to_string(repo.dir().parent().unwrap().join("built")).unwrap();
        assert_eq!(built, "api true\n", "{engine}");
    }
}

/// Jobs derive the services that the plan derived. No file names their images, so these cannot be pushed.
#[test]
fn jobs_discover_what_the_plan_discovered() {
    for engine in WITH_FILES {
        let repo = Repo::new();
        repo.write("api/Dockerfile", "FROM scratch\nCOPY x /\n").write("api/x", "").commit("first");
        repo.write("api/x", "1").commit("second");
        on(repo.rebake(["plan", "--ci", "--all", "--discover", "--default-branch=main"]), engine, &repo).success();
        let scripts = scripts(engine, &repo);
        let output = on(repo.rebake([""; 0]), engine, &repo).into_shell(scripts.last().unwrap()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("error[builder]: `api` would be pushed as `localhost/api`"), "{engine}: {said}");
    }
}
