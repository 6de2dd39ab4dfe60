//! Builds that fail, are interrupted, or leave something running.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::{observe, observed, repo};
use crate::exec::state;
use crate::observe::paths;
use crate::repo::Repo;

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

/// The files in the git directory that only strace writes.
fn traces(repo: &Repo) -> Vec<String> {
    let (mut found, mut directories) = (Vec::new(), vec![repo.dir().join(".git/rebake")]);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let is_of_strace = entry.path().extension().is_some_and(|id| id.to_str().unwrap().parse::<u32>().is_ok());
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
    assert_ne!(traces(&repo), [""; 0]);
    let rebake = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(rebake, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), filters);
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
    assert_eq!(traces(&repo), [""; 0]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_a_build_leaves_running_keeps_nobody_waiting() {
    let repo = repo(
        "(setsid sh -c 'echo $$ >>../.git/pids; exec sleep 1000' >/dev/null 2>&1 &)\nwhile ! test -e ../.git/pids; do sleep 0.01; done",
        &[("api/main", "")],
    );
    observed(observe(&repo), 0);
    let pids = noted(&repo, 1, || false);
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
}
