//! Builds that fail, are interrupted, or leave something running.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{observe, observed, repo};
use crate::exec::state;
use crate::observe::paths;
use crate::repo::{Repo, heedful};

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_build_that_fails_is_seen_in_part() {
    let repo = repo("cat ../shared/a\necho no >&2\nexit 3", &[("api/main", ""), ("shared/a", "text of a\n")]);
    let run = observe(&repo).failure(1);
    let json: Value = serde_json::from_str(&run.text()).unwrap();
    assert_eq!(json["services"][0]["partial"], "its build failed (exit 3)");
    assert_eq!(paths(&json["services"][0]["uncovered"]), ["shared/a"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("api | text of a") && said.contains("api | no"), "{said}");
    assert_eq!(traces(&repo), [""; 0]);
    let said = repo.rebake(["observe", "api"]).failure(1).text();
    assert!(said.contains("this is only a part of what it reads: its build failed (exit 3)"), "{said}");
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_program_that_is_missing_is_named() {
    let repo = repo("", &[("api/main", "")]);
    repo.write("filters.yaml", "services: {api: {path: api, run: [./gone, x]}}\n");
    let run = repo.rebake(["observe", "api"]).failure(1);
    let said = [run.text(), String::from_utf8(run.stderr).unwrap()].concat();
    let why = "./gone could not be started: No such file or directory (os error 2)";
    assert!(said.contains(&format!("this is only a part of what it reads: its build failed ({why})\n")), "{said}");
    assert!(said.contains(&format!("api | rebake: {why}")) && !said.contains("strace"), "{said}");
}

/// The processes that a build has noted, once there are so many. None come after it has ended.
fn noted(repo: &Repo, count: usize, mut is_running: impl FnMut() -> bool) -> Vec<String> {
    loop {
        let goes_on = is_running();
        let text = fs::read_to_string(repo.dir().join(".git/pids")).unwrap_or_default();
        let pids: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if pids.len() == count && text.ends_with('\n') {
            return pids;
        }
        assert!(goes_on, "{text}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The files in the git directory that strace writes.
fn traces(repo: &Repo) -> Vec<String> {
    let (mut found, mut directories) = (Vec::new(), vec![repo.dir().join(".git/rebake")]);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let is_of_strace = entry.file_name().to_str().unwrap().starts_with("trace");
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
            } else if is_of_strace {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_build_that_is_interrupted_leaves_nothing_behind() {
    let repo = repo(
        "cat ../shared/a\n(setsid sh -c 'trap \"\" TERM INT HUP; echo $$ >>../.git/pids; exec sleep 1000' &)\n\
         sleep 1000 & echo $! >>../.git/pids\necho $$ >>../.git/pids\nwait",
        &[("api/main", ""), ("shared/a", "")],
    );
    let filters = fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    let mut child = repo.rebake(["observe", "api", "--fix"]).start();
    let pids = noted(&repo, 3, || child.try_wait().unwrap().is_none());
    let rebake = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(rebake, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), filters);
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
    assert_eq!(traces(&repo), [""; 0]);
}

/// The command for a shell.
const OBSERVE: &str = concat!(env!("CARGO_BIN_EXE_rebake"), " observe api --format json");

/// What is said of a build whose processes go on after its end.
const LEFT: &str = "its build left processes behind, which were killed";

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_is_killed_after_a_build_would_read_more() {
    let repo = repo("(sleep 1000; cat ../shared/a) &\ncat main", &[("api/main", ""), ("shared/a", "")]);
    let run = repo.rebake(["observe", "api"]).failure(1);
    assert!(run.text().contains(&format!("this is only a part of what it reads: {LEFT}")), "{}", run.text());
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_build_cannot_remove_what_strace_writes() {
    let files = [("api/main", ""), ("shared/a", ""), ("shared/b", ""), ("shared/c", ""), ("shared/d", "")];
    let repo = repo(
        "cat ../shared/a; rm -r ../.git/rebake; /usr/bin/python3 -c 'import subprocess; subprocess.run([\"cat\", \"../shared/b\"])'; cat ../shared/c",
        &files,
    );
    let seen = observed(observe(&repo), 1);
    assert_eq!(paths(&seen["uncovered"]), ["shared/a", "shared/b", "shared/c"], "{seen:#}");
    assert_eq!(seen.get("partial"), None);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn builds_may_have_more_processes_than_strace_has_descriptors() {
    let run = "for i in $(seq 100); do sleep 1 & done; wait\ncat ../shared/a";
    let repo = repo(run, &[("api/main", ""), ("shared/a", "")]);
    let output = observe(&repo).into_shell(&format!("ulimit -n 64; exec {OBSERVE}")).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(paths(&json["services"][0]["uncovered"]), ["shared/a"]);
    assert_eq!(json["services"][0].get("partial"), None);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn an_interrupt_after_the_build_does_not_hide_the_report() {
    let repo = repo("for i in 1 2 3 4; do cat ../shared/* ../shared/*; done\n: >../.git/done", &[("api/main", "")]);
    for number in 0..1500 {
        repo.write(format!("shared/{number}"), "");
    }
    repo.commit("many");
    let filters = fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    let mut shell = heedful("bash");
    let command = observe(&repo).into_shell("");
    shell.args(["-c", &format!("exec {OBSERVE} --fix")]).current_dir(repo.dir()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !repo.dir().join(".git/done").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), filters);
    assert_eq!(traces(&repo), [""; 0]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_a_build_leaves_running_keeps_nobody_waiting() {
    let repo = repo(
        "(setsid sh -c 'echo $$ >>../.git/pids; exec sleep 1000' >/dev/null 2>&1 &)\nwhile ! test -e ../.git/pids; do sleep 0.01; done",
        &[("api/main", "")],
    );
    assert_eq!(observed(observe(&repo), 1)["partial"], LEFT);
    let pids = noted(&repo, 1, || false);
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_tracer_within_a_build_is_named() {
    let repo = repo("strace -o out true", &[("api/main", "")]);
    let partial = &observed(observe(&repo), 1)["partial"];
    assert_eq!(*partial, "its build failed (exit 1); strace cannot trace a program that is traced already");
}
