use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;
use snapbox::str;

use super::{built, outcomes, repo};
use crate::repo::Repo;

#[test]
fn services_are_built_in_order() {
    let repo = repo();
    repo.rebake(["build", "--jobs", "1"]).success().stderr("").stdout(str![[r#"
4fb3180 and the work tree: the last commit, since nothing is ahead of main
3 services to build, for the environment local

== lib succeeded after [..]s
== api succeeded after [..]s
building api 0.0.0-0001-4fb3180
== docs succeeded after [..]s

3 succeeded in [..]s

"#]]);
    assert_eq!(built(&repo), "lib api docs");
}

#[test]
fn with_nothing_affected_there_is_nothing_to_do() {
    let repo = repo();
    repo.write("README.md", "").commit("second");
    let report = ["build", "--report", ".git/report.json", "--unmatched", "ignore"];
    repo.rebake(report).success().stderr("").stdout(str![[r#"
4fb3180..10dd08d and the work tree: the last commit, since nothing is ahead of main
Nothing to build.

"#]]);
    assert_eq!(outcomes(&repo, ".git/report.json"), Vec::<String>::new());
}

#[test]
fn a_failure_blocks_what_needs_it_and_is_what_a_rerun_builds() {
    let repo = repo();
    repo.write("lib/build.sh", "echo one; echo two >&2; exit 3").commit("broken");
    let report = ["--report", ".git/report.json", "--junit", ".git/junit.xml", "--unmatched", "ignore"];
    let build = ["build", "--all", "--jobs", "1"].iter().chain(&report);
    repo.rebake(build).failure(1).stderr("").stdout(str![[r#"
c08aef7 and the work tree: everything was asked for
3 services to build, for the environment local

== lib failed (exit 3) after [..]s
one
two
api blocked by lib
== docs succeeded after [..]s

lib failed (exit 3) after [..]s
  blocked: api
  log: [ROOT]/.git/rebake/builds/1/lib/attempt-1.log

1 succeeded, 1 failed, 1 blocked in [..]s

"#]]);
    assert_eq!(built(&repo), "docs");
    assert_eq!(outcomes(&repo, ".git/report.json"), ["lib failed", "api blocked", "docs succeeded"]);
    let junit = std::fs::read_to_string(repo.dir().join(".git/junit.xml")).unwrap();
    assert!(junit.contains("tests=\"3\"") && junit.contains("one\ntwo"), "{junit}");

    repo.write("lib/build.sh", "echo lib >>../.git/order");
    let rerun = ["build", "--rerun", ".git/report.json"];
    repo.rebake(rerun.iter().chain(&report)).success();
    assert_eq!(built(&repo), "lib api");
    assert_eq!(outcomes(&repo, ".git/report.json"), ["lib succeeded", "api succeeded", "docs succeeded"]);
    repo.rebake(rerun).success().stdout(str![[r#"
c08aef7 and the work tree: what did not succeed, according to the report
Nothing to build.

"#]]);
    assert_eq!(built(&repo), "");
}

/// A shell would read the `***` as a pattern.
#[test]
fn a_dry_run_with_a_masked_secret_runs_nothing() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {db: {path: db, run: [rm, -rf, postgres]}}\n")
        .write("db/kept", "")
        .commit("first");
    let text = repo.rebake(["build", "--all", "--dry-run"]).env("DB_PASSWORD", "postgres").success().text();
    assert!(text.contains("rm -rf ***"), "{text}");
    let ran = Command::new("sh").arg("-c").arg(&text).current_dir(repo.dir()).output().unwrap();
    assert!(!ran.status.success() && repo.dir().join("db/kept").exists());
    assert_eq!(
        String::from_utf8(ran.stderr).unwrap(),
        "rebake: secrets are masked in these commands, so none is run\n"
    );
}

#[test]
fn a_dry_run_prints_what_would_be_run() {
    let repo = repo();
    repo.rebake(["build", "--all", "--dry-run"]).success().stderr("").stdout(str![[r##"
# lib
(
  mkdir -p [ROOT]/.git/rebake/builds/0/lib && rm -f [ROOT]/.git/rebake/builds/0/lib/output &&
  export SOURCE_DATE_EPOCH=981173108 &&
  export REBAKE_SERVICE=lib &&
  export REBAKE_PATH=lib &&
  export REBAKE_VERSION=0.0.0-0001-4fb3180 &&
  export REBAKE_IMAGE='' &&
  export REBAKE_TAGS=0.0.0-0001-4fb3180 &&
  export REBAKE_CONTENT_TAG='' &&
  export REBAKE_LABELS='org.opencontainers.image.created=2001-02-03T04:05:08Z
org.opencontainers.image.revision=4fb3180ef45c66a86de2895c135a9c07acc8bdca
org.opencontainers.image.title=lib
org.opencontainers.image.version=0.0.0-0001-4fb3180' &&
  export REBAKE_PLATFORMS='' &&
  export REBAKE_ENVIRONMENT=local &&
  export REBAKE_PUSH=false &&
  export REBAKE_COMMIT=4fb3180ef45c66a86de2895c135a9c07acc8bdca &&
  export REBAKE_BASE='' &&
  export REBAKE_FINGERPRINT=fp2-hopg2iwdqpz77nqdtbtdugtbl2 &&
  export REBAKE_OUTPUT=[ROOT]/.git/rebake/builds/0/lib/output &&
  export REBAKE_NEEDS='{}' &&
  cd ./lib &&
  sh -eu build.sh
) </dev/null
# api, after lib
(
  mkdir -p [ROOT]/.git/rebake/builds/0/api && rm -f [ROOT]/.git/rebake/builds/0/api/output &&
  export SOURCE_DATE_EPOCH=981173108 &&
  export REBAKE_SERVICE=api &&
  export REBAKE_PATH=api &&
  export REBAKE_VERSION=0.0.0-0001-4fb3180 &&
  export REBAKE_IMAGE='' &&
  export REBAKE_TAGS=0.0.0-0001-4fb3180 &&
  export REBAKE_CONTENT_TAG='' &&
  export REBAKE_LABELS='org.opencontainers.image.created=2001-02-03T04:05:08Z
org.opencontainers.image.revision=4fb3180ef45c66a86de2895c135a9c07acc8bdca
org.opencontainers.image.title=api
org.opencontainers.image.version=0.0.0-0001-4fb3180' &&
  export REBAKE_PLATFORMS='' &&
  export REBAKE_ENVIRONMENT=local &&
  export REBAKE_PUSH=false &&
  export REBAKE_COMMIT=4fb3180ef45c66a86de2895c135a9c07acc8bdca &&
  export REBAKE_BASE='' &&
  export REBAKE_FINGERPRINT=fp2-a6su36yczscwpggg4rxqghiv4f &&
  export REBAKE_OUTPUT=[ROOT]/.git/rebake/builds/0/api/output &&
  export REBAKE_NEEDS='{"lib":{"version":"0.0.0-0001-4fb3180","tags":["0.0.0-0001-4fb3180"]}}' &&
  cd ./api &&
  sh -euc 'echo building $REBAKE_SERVICE $REBAKE_VERSION; sh -eu build.sh'
) </dev/null
# docs
(
  mkdir -p [ROOT]/.git/rebake/builds/0/docs && rm -f [ROOT]/.git/rebake/builds/0/docs/output &&
  export SOURCE_DATE_EPOCH=981173108 &&
  export REBAKE_SERVICE=docs &&
  export REBAKE_PATH=docs &&
  export REBAKE_VERSION=0.0.0-0001-4fb3180 &&
  export REBAKE_IMAGE='' &&
  export REBAKE_TAGS=0.0.0-0001-4fb3180 &&
  export REBAKE_CONTENT_TAG='' &&
  export REBAKE_LABELS='org.opencontainers.image.created=2001-02-03T04:05:08Z
org.opencontainers.image.revision=4fb3180ef45c66a86de2895c135a9c07acc8bdca
org.opencontainers.image.title=docs
org.opencontainers.image.version=0.0.0-0001-4fb3180' &&
  export REBAKE_PLATFORMS='' &&
  export REBAKE_ENVIRONMENT=local &&
  export REBAKE_PUSH=false &&
  export REBAKE_COMMIT=4fb3180ef45c66a86de2895c135a9c07acc8bdca &&
  export REBAKE_BASE='' &&
  export REBAKE_FINGERPRINT=fp2-osxntpysuux2fqjrl74bwqtyh2 &&
  export REBAKE_OUTPUT=[ROOT]/.git/rebake/builds/0/docs/output &&
  export REBAKE_NEEDS='{}' &&
  cd ./docs &&
  sh -euc 'sh -eu build.sh'
) </dev/null

"##]]);
    assert_eq!(built(&repo), "");
    assert!(!repo.dir().join(".git/rebake").exists());
}

/// Puts a program beside a repository, and returns a search path that begins with it.
fn path_with(repo: &Repo, program: &str, script: &str) -> String {
    let bin = repo.dir().with_file_name("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join(program), format!("#!/bin/sh\nset -eu\n{script}\n")).unwrap();
    std::fs::set_permissions(bin.join(program), std::fs::Permissions::from_mode(0o755)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the installed git has to be found")]
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", bin.display())
}

/// The variables that only a run of rebake gives: they mark its processes, and share its jobs.
const OF_A_RUN: [&str; 4] = ["REBAKE_BUILD_ID", "CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];

/// What each command of `services` saw: its directory, its words and its variables, apart from those of a run and of
/// the shell. Afterwards it is forgotten.
fn seen(repo: &Repo, services: &[&str]) -> Vec<String> {
    let own = |variable: &&str| {
        let name = variable.split('=').next().unwrap();
        !OF_A_RUN.contains(&name) && !["_", "OLDPWD", "SHLVL"].contains(&name)
    };
    let seen = |service: &&str| {
        let file = repo.dir().join(".git/seen").join(service);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        let mut all: Vec<&str> = text.split('\0').filter(own).collect();
        all.sort_unstable();
        all.join("\n")
    };
    services.iter().map(seen).collect()
}

#[test]
fn a_shell_gives_the_commands_of_a_dry_run_what_a_build_gives_them() {
    let repo = Repo::new();
    // Before it writes its digest, the file for the digest is not there.
    let see = "pwd; pwd -P; printf '%s\\0' \"$@\"; cat; test ! -e \"$REBAKE_OUTPUT\"; env -0";
    let see = format!("{{ {see}; }} >>\"$SEEN/$REBAKE_SERVICE\"");
    let digest = format!("digest=sha256:{:064}", 7);
    let config = json!({
        "defaults": {
            "image": "r.invalid/acme/{{name}}",
            "labels": {"note": "it's $HOME"},
            "tags": ["type=raw,value={{version}}", "type=raw,value=edge"],
        },
        "services": {
            "base": {"path": "base", "run": format!("\n{see}\n\necho {digest} >\"$REBAKE_OUTPUT\"\n")},
            "odd": {
                "path": "-odd dir", "tag": "odd@{{version}}", "depends_on": ["base"],
                "run": ["sh", "-euc", see, "sh", "it's", "$(id)", "a\nb", ""],
                "env": {"ODD": "two\n  'lines' $HOME", "SOURCE_DATE_EPOCH": "1", "CDPATH": ".."},
            },
            "tasked": {"path": "tasked", "depends_on": ["odd", "base"], "builder": "task", "before": see},
            "all": {"path": ".", "image": false, "run": see},
        },
    });
    repo.write("filters.yaml", config.to_string()).write("base/x", "").write("-odd dir/x", "").write("tasked/x", "");
    repo.commit("first");
    let path = path_with(&repo, "task", &see);
    std::fs::create_dir_all(repo.dir().join(".git/seen")).unwrap();
    let rebake = |args: &[&str]| {
        let run =
            repo.rebake(args).env("PATH", &path).env("SEEN", repo.dir().canonicalize().unwrap().join(".git/seen"));
        run.env("REBAKE_IMAGE", "of an outer run").env("CDPATH", "..")
    };
    let services = ["base", "odd", "tasked", "all"];

    // The directory for results is named, since each run has its own.
    let (build, logs) = (["build", "--all", "--jobs", "1"], ["--logs", ".git/logs"]);
    rebake(&[&build[..], &logs].concat()).success();
    let given = seen(&repo, &services);
    assert!(given[0].contains("\nREBAKE_TAGS=") && given[1].contains("\nREBAKE_NEEDS={\"base\":{"), "{given:?}");
    let script = rebake(&[&build[..], &logs, &["--dry-run"]].concat()).success().text();
    let printed = |shell: &str, script: &str| {
        repo.write(".git/script", script);
        let output = rebake(&[]).into_shell(&format!("exec {shell} -e <.git/script")).output().unwrap();
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
        seen(&repo, &services)
    };
    for shell in ["sh", "bash"] {
        assert_eq!(printed(shell, &script), given, "{shell}: {script}");
    }

    // Without `--logs`, the directory is made, and a run does not take it for its own.
    let script = rebake(&[&build[..], &["--dry-run"]].concat()).success().text();
    let own = printed("sh", &script).concat();
    assert_eq!(own.matches("/.git/rebake/builds/0/base/output").count(), 1, "{own}");
    rebake(&build).success();
    assert!(repo.dir().join(".git/rebake/builds/1/base/output").exists());
}

#[test]
fn a_shell_takes_a_dry_run_for_what_is_run() {
    let words = r#"["sh", "-c", "printf '<%s>' \"$@\" $PWD", "-", "it's", "$(id)", "a\nb", ""]"#;
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        format!("services: {{odd: {{path: '-P', tag: 'odd@{{{{version}}}}', run: {words}}}}}\n"),
    );
    repo.write("-P/x", "").commit("first");
    let script = repo.rebake(["build", "--all", "--dry-run"]).success().text();
    let shell = |shell: &str| {
        let output = Command::new(shell).args(["-c", &script]).current_dir(repo.dir()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = format!("<it's><$(id)><a\nb><><{}>", repo.dir().canonicalize().unwrap().join("-P").display());
    assert_eq!((shell("sh"), shell("bash")), (expected.clone(), expected), "{script}");
}

#[test]
fn a_command_before_the_builder_makes_what_the_image_is_built_from() {
    let repo = Repo::new();
    let before = "test ! -e made || exit 3; pwd >made";
    let config = json!({"services": {"api": {"path": "api", "image": "r.invalid/api", "before": before}}});
    repo.write("filters.yaml", config.to_string()).write("api/Dockerfile", "FROM scratch\nCOPY made .\n");
    repo.commit("first");
    let docker =
        "case \"$*\" in *--help) echo '--file --build-context --metadata-file'; exit;; esac; cp made ../.git/image";
    let path = path_with(&repo, "docker", docker);
    let report = ["build", "--all", "--report", ".git/report.json"];
    repo.rebake(report).env("PATH", &path).success();
    let image = std::fs::read_to_string(repo.dir().join(".git/image")).unwrap();
    assert_eq!(image, format!("{}\n", repo.dir().canonicalize().unwrap().join("api").display()));
    // It fails now, and no image is built.
    std::fs::remove_file(repo.dir().join(".git/image")).unwrap();
    repo.rebake(report).env("PATH", &path).failure(1);
    assert_eq!(outcomes(&repo, ".git/report.json"), ["api failed"]);
    assert!(!repo.dir().join(".git/image").exists());
}

#[test]
fn there_are_as_many_jobs_as_a_jobserver_can_have() {
    let repo = commands(&[("a", "true")]);
    repo.rebake(["build", "--all", "--jobs", "4096"]).success();
    repo.rebake(["build", "--all", "--jobs", "4097"]).failure(2);
}

#[test]
fn a_saved_plan_is_built_as_it_is() {
    let repo = repo();
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write("plan.json", plan);
    repo.rebake(["build", "--plan", "plan.json", "--only", "lib,docs", "--jobs", "1"]).success();
    assert_eq!(built(&repo), "lib docs");
    repo.rebake(["build", "--plan", "plan.json", "--only", "dosc"]).failure(2);
}

#[test]
fn every_event_is_a_line_of_json() {
    let repo = repo();
    let run = repo.rebake(["build", "--only", "api", "--output", "json"]).success();
    let text = run.text();
    let events: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["begun", "started", "output", "finished", "ended"]);
    assert_eq!(events[2]["line"], format!("building api 0.0.0-0001-{}", &repo.id("HEAD").to_string()[..7]));
}

#[test]
fn what_was_built_is_recorded_and_sent_where_images_are_pushed() {
    let origin = Repo::init(["--bare"]);
    let repo = repo();
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.write("docs/build.sh", "exit 1").commit("broken");
    repo.rebake(["build", "--all", "--record"]).failure(1);
    let head = repo.id("HEAD").to_string();
    let list = repo.rebake(["record", "--list"]).success().text();
    assert_eq!(list, format!("local\tapi\t{head}\nlocal\tlib\t{head}\n"));
    assert_eq!(origin.git(["for-each-ref"]), "");
    repo.rebake(["build", "--only", "lib", "--all", "--record", "--push"]).success();
    assert_eq!(origin.git(["for-each-ref", "--format=%(refname)"]), "refs/rebake/built/local/lib");
    // What was not built stays due.
    let due = repo.rebake(["plan", "--since", "built", "--format", "names"]).success().text();
    assert_eq!(due, "docs\n");
}

#[test]
fn logs_are_kept_for_each_run() {
    let repo = repo();
    let log = |run: u32| repo.dir().join(format!(".git/rebake/builds/{run}/api/attempt-1.log"));
    repo.rebake(["build"]).success();
    repo.rebake(["build"]).success();
    let text = std::fs::read_to_string(log(2)).unwrap();
    assert_eq!(text, std::fs::read_to_string(log(1)).unwrap());
    assert!(text.starts_with("building api"), "{text}");
    repo.rebake(["build", "--logs", ".git/elsewhere"]).success();
    assert!(repo.dir().join(".git/elsewhere/api/attempt-1.log").exists());
    assert!(!log(3).exists());
}

#[test]
fn a_build_that_takes_the_logs_away_ends_no_run() {
    let repo = commands(&[("a", "rm -r ../.git/rebake"), ("b", "true")]);
    repo.rebake(["build", "--all", "--jobs", "1", "--junit", ".git/junit.xml", "--record"]).success();
    assert!(repo.dir().join(".git/junit.xml").exists());
    assert_eq!(repo.rebake(["plan", "--since", "built", "--format", "names"]).success().text(), "");
}

/// Services that need nothing of each other, by their commands.
fn commands(commands: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    let services = commands.iter().map(|(name, command)| format!("  {name}: {{path: {name}, run: '{command}'}}\n"));
    repo.write("filters.yaml", format!("services:\n{}", services.collect::<String>()));
    for (name, _) in commands {
        repo.write(format!("{name}/x"), "");
    }
    repo.commit("first");
    repo
}

#[test]
fn a_failure_may_end_more_than_what_needs_it() {
    let repo = commands(&[("bad", "exit 1"), ("good", "true")]);
    let build = |flags: &[&str]| {
        let report = ["build", "--all", "--report", ".git/report.json"];
        repo.rebake([&report, flags].concat()).failure(1);
        outcomes(&repo, ".git/report.json")
    };
    assert_eq!(build(&["--jobs", "1"]), ["bad failed", "good succeeded"]);
    assert_eq!(build(&["--jobs", "1", "--on-failure", "stop"]), ["bad failed", "good not-started"]);
    let wait = "while ! test -e ../.git/runs; do sleep 0.01; done; exit 1";
    let repo = commands(&[("bad", wait), ("good", "touch ../.git/runs; sleep 1000")]);
    let kill = ["build", "--all", "--jobs", "2", "--on-failure", "kill", "--report", ".git/report.json"];
    repo.rebake(kill).failure(1);
    assert_eq!(outcomes(&repo, ".git/report.json"), ["bad failed", "good cancelled"]);
}

#[test]
fn attempts_are_as_many_and_as_long_as_flags_say() {
    let repo =
        commands(&[("flaky", "echo x >>../.git/tries; test $(wc -l <../.git/tries) = 2"), ("slow", "sleep 1000")]);
    let flags = ["--only", "flaky", "--retries", "1"];
    repo.rebake([&["build", "--all"], &flags[..]].concat()).success();
    let flags = ["--only", "slow", "--timeout", "1s", "--report", ".git/report.json"];
    repo.rebake([&["build", "--all"], &flags[..]].concat()).failure(1);
    assert_eq!(outcomes(&repo, ".git/report.json"), ["slow timed-out"]);
    repo.rebake(["build", "--all", "--timeout", "1"]).failure(2);
}

#[test]
fn what_took_longest_last_time_begins_first() {
    let note = "echo $REBAKE_SERVICE >>../.git/order";
    let repo = commands(&[("short", note), ("long", note)]);
    repo.rebake(["build", "--all", "--jobs", "1", "--report", ".git/report.json"]).success();
    assert_eq!(built(&repo), "short long");
    let report = std::fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["services"][1]["seconds"] = 100.into();
    repo.write(".git/report.json", report.to_string());
    repo.rebake(["build", "--all", "--jobs", "1", "--report", ".git/report.json"]).success();
    assert_eq!(built(&repo), "long short");
}

#[test]
fn what_took_longest_here_begins_first() {
    let repo = commands(&[("short", "echo short >>../.git/order"), ("long", "echo long >>../.git/order; sleep 0.3")]);
    let build = |flags: &[&str]| {
        repo.rebake([&["build", "--all", "--jobs", "1"], flags].concat()).success();
        built(&repo)
    };
    assert_eq!(build(&[]), "short long");
    // Of a run that built one alone, the other is not forgotten.
    assert_eq!(build(&["--only", "short"]), "short");
    assert_eq!(build(&[]), "long short");
}

#[test]
fn one_lock_is_held_by_one_build() {
    let alone = "mkdir ../.git/database; echo $REBAKE_SERVICE >>../.git/order; sleep 0.1; rmdir ../.git/database";
    let service = |name: &str| format!("  {name}: {{path: {name}, run: '{alone}', locks: [database]}}\n");
    let repo = commands(&[("api", "true"), ("web", "true"), ("job", "true")]);
    repo.write("filters.yaml", format!("services:\n{}", ["api", "web", "job"].map(service).concat()));
    repo.rebake(["build", "--all", "--jobs", "3"]).success();
    assert_eq!(built(&repo), "api web job");
}

#[test]
fn a_reader_that_has_gone_away_ends_no_build() {
    let repo = repo();
    let build = format!("{} build --all --report .git/report.json", env!("CARGO_BIN_EXE_rebake"));
    let status = repo.rebake(["build"]).into_shell(&format!("set -o pipefail; {build} | true")).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(outcomes(&repo, ".git/report.json").len(), 3);
    assert_eq!(built(&repo).len(), "lib api docs".len());
    // An output that takes nothing, not even the first line, is told of before anything is built.
    let status = repo.rebake(["build"]).into_shell(&format!("{build} >/dev/full 2>/dev/null")).status().unwrap();
    assert_eq!(status.code(), Some(2));
    assert_eq!(built(&repo), "");
}

#[test]
fn a_service_at_the_root_is_built_by_every_builder_and_from_a_saved_plan() {
    for (path, how) in [
        (".", "run: 'true'"),
        ("./", "run: 'true'"),
        (".", "builder: docker"),
        (".", "builder: buildah"),
        (".", "builder: podman"),
    ] {
        let repo = Repo::new();
        repo.write("Dockerfile", "FROM scratch\n");
        repo.write("filters.yaml", format!("services:\n  app: {{path: {path}, image: r.invalid/app, {how}}}\n"));
        repo.commit("first");
        let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
        repo.write(".git/plan.json", plan);
        repo.rebake(["build", "--plan", ".git/plan.json", "--dry-run"]).success().stderr("");
        let commands = repo.rebake(["build", "--all", "--dry-run"]).success().stderr("").text();
        assert!(commands.contains("\n  cd ./ &&\n"), "{commands}");
        if how.starts_with("run") {
            repo.rebake(["build", "--all"]).success().stderr("");
            repo.rebake(["plan", "--plan", ".git/plan.json", "--format", "paths"]).success().stdout(".\n");
        } else {
            repo.rebake(["plan", "--all", "--format", "bake"]).success().stderr("");
        }
    }
}

#[test]
fn what_is_blocked_is_told_as_soon_as_that_is_known() {
    let repo = commands(&[("bad", "exit 1"), ("slow", "until test -e ../.git/go; do sleep 0.05; done")]);
    let filters = String::from_utf8(std::fs::read(repo.dir().join("filters.yaml")).unwrap()).unwrap();
    repo.write("filters.yaml", filters + "  after: {path: bad, depends_on: [bad], run: 'true'}\n  then: {path: bad, depends_on: [after], run: 'true'}\n");
    repo.commit("more");
    let run = repo.rebake(["build", "--all", "--jobs", "2", "--output", "json", "--unmatched", "ignore"]);
    // The slow one ends when the blocked ones were told.
    let script = format!(
        "{} build --all --jobs 2 --output json --unmatched ignore | while read -r line; do printf '%s\\n' \"$line\"; case $line in *'\"service\":\"then\"'*) touch .git/go;; esac; done",
        env!("CARGO_BIN_EXE_rebake")
    );
    let output = run.into_shell(&format!("timeout 60 bash -c '{}'", script.replace('\'', "'\\''"))).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let finished: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("\"event\":\"finished\""))
        .filter_map(|line| line.split("\"service\":\"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(finished, ["bad", "after", "then", "slow"], "{text}");
}

#[test]
fn a_later_success_is_called_flaky() {
    let repo = commands(&[("flaky", "test -e ../.git/again || { touch ../.git/again; exit 9; }"), ("fine", "true")]);
    let args = ["build", "--all", "--retries", "1", "--report", ".git/report.json", "--junit", ".git/junit.xml"];
    let text = repo.rebake(args).success().text();
    assert!(text.contains("\n2 succeeded (1 flaky) in "), "{text}");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(repo.dir().join(".git/report.json")).unwrap()).unwrap();
    let earlier = &report["services"][0]["earlier"];
    assert_eq!((&earlier[0]["exit"], &earlier[0]["outcome"]), (&9.into(), &"failed".into()), "{report}");
    let junit = std::fs::read_to_string(repo.dir().join(".git/junit.xml")).unwrap();
    assert!(junit.contains("<flakyFailure message=\"exit 9\" type=\"failed\">"), "{junit}");
}

#[test]
fn builds_wait_for_descriptors_instead_of_failing() {
    let services: Vec<String> = (0..30).map(|at| format!("s{at}")).collect();
    let services: Vec<(&str, &str)> = services.iter().map(|name| (name.as_str(), "sleep 2")).collect();
    let repo = commands(&services);
    let script = format!("ulimit -n 48; {} build --all --jobs 30 --output failures", env!("CARGO_BIN_EXE_rebake"));
    let output = repo.rebake(["build"]).into_shell(&script).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n30 succeeded in ") && text.contains("\nslowest: s"), "{text}");
}

#[test]
fn a_log_at_its_limit_ends_no_run() {
    let repo = commands(&[("loud", "head -c 3000000 /dev/zero"), ("next", "true")]);
    // In blocks of 1 KiB.
    let script = format!(
        "ulimit -f 1000; {} build --all --output failures --report .git/report.json",
        env!("CARGO_BIN_EXE_rebake")
    );
    let output = repo.rebake(["build"]).into_shell(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let report = std::fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    assert!(report.contains("its log is incomplete"), "{report}");
}

#[test]
fn services_that_are_named_are_built_with_what_they_need_that_is_due() {
    let repo = repo();
    let build = |args: &[&str]| {
        repo.rebake([&["build", "--jobs", "1"], args].concat()).success();
        built(&repo)
    };
    assert_eq!(build(&["api"]), "lib api");
    assert_eq!(build(&["docs"]), "docs");
    repo.rebake(["plan", "--all", "--format", "json"]).success();
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write(".git/plan.json", plan);
    assert_eq!(build(&["--plan", ".git/plan.json", "api"]), "lib api");
    repo.write("api/more", "x").commit("second");
    assert_eq!(build(&["api"]), "api", "what it needs is not due");
    assert_eq!(build(&["docs"]), "", "nor is this");
    repo.rebake(["plan", "--all", "api", "--format", "names"]).success().stdout("lib\napi\n");
    repo.rebake(["build", "wbe"]).failure(2);
    repo.rebake(["build", "api", "--only", "lib"]).failure(2);
}

#[test]
fn an_affected_dependency_that_is_left_out_is_named() {
    let repo = repo();
    repo.rebake(["build", "--only", "api"]).success().stderr(str![[r#"
note[left-out]: the dependency `lib` is affected, but not asked for, so it is left out
 |
 = help: without `--only`, `rebake build api` builds `api` and its affected dependencies

"#]]);
    assert_eq!(built(&repo), "api");
    // Nothing depends on `docs`, and a job of a saved plan builds `lib`.
    repo.rebake(["build", "--only", "api,lib"]).success().stderr("");
    repo.rebake(["build", "--only", "docs"]).success().stderr("");
    let plan = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write(".git/plan.json", plan);
    repo.rebake(["build", "--plan", ".git/plan.json", "--only", "api"]).success().stderr("");
    repo.write("api/more", "x").commit("second");
    repo.rebake(["build", "--only", "api"]).success().stderr("");
}
