//! Signals to the program, and what they leave of builds that obey, ignore, and fork twice: looked for in /proc.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::outcomes;
use crate::exec::state;
use crate::repo::Repo;

/// What a build has to end by itself in CI.
const GRACE: Duration = Duration::from_secs(5);

/// How much later nothing may be left.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// A build of three services whose processes have noted their ids, four in all, and one that waits for one of them.
struct Running {
    repo: Repo,
    child: Child,
    pids: Vec<String>,
}

fn start() -> Running {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        r#"
services:
  obeys: {path: obeys, run: 'echo $$ >../.git/pids/obeys; while ! test -e ../.git/go; do sleep 0.02; done'}
  ignores: {path: ignores, run: 'trap "" TERM INT HUP; echo $$ >../.git/pids/ignores; while ! test -e ../.git/go; do sleep 0.02; done'}
  forks:
    path: forks
    run: |
      (setsid sh -c 'trap "" TERM INT HUP; exec >/dev/null 2>&1; echo $$ >../.git/pids/forked; while ! test -e ../.git/go; do sleep 0.02; done' & :)
      echo $$ >../.git/pids/forks
      while ! test -e ../.git/go; do sleep 0.02; done
  last: {path: last, depends_on: [obeys], run: 'true'}
"#,
    );
    for service in ["obeys", "ignores", "forks", "last"] {
        repo.write(format!("{service}/x"), "");
    }
    repo.commit("first");
    fs::create_dir(repo.dir().join(".git/pids")).unwrap();
    let child = build(&repo).start();
    let pids = noted(&repo, 4);
    assert!(pids.iter().all(|pid| state(pid).is_some()));
    Running { repo, child, pids }
}

/// The ids that processes of builds have noted, once there are so many.
fn noted(repo: &Repo, count: usize) -> Vec<String> {
    loop {
        let files = fs::read_dir(repo.dir().join(".git/pids")).unwrap().map(|file| file.unwrap().path());
        let pids: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap().trim().to_owned()).collect();
        if pids.iter().filter(|pid| !pid.is_empty()).count() == count {
            return pids;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A build in CI, where the grace is short.
fn build(repo: &Repo) -> crate::repo::Rebake {
    repo.rebake(["build", "--all", "--jobs", "4", "--no-fetch", "--report", ".git/report.json"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "workflow_dispatch")
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_REF", "refs/heads/main")
}

/// A test that fails leaves no build behind: the watchdog sees to the rest.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Running {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, which must come in time, and returns how it ended and after how long.
    fn end(&mut self, within: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < within, "it goes on");
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = began.elapsed();
        self.is_gone(within.saturating_sub(took));
        (status, took)
    }

    /// Nothing is left: neither what noted its id, nor anything else that was told where to write its results.
    #[track_caller]
    fn is_gone(&self, within: Duration) {
        let deadline = Instant::now() + within;
        let mark = format!("REBAKE_OUTPUT={}", self.repo.dir().display());
        loop {
            let noted = self.pids.iter().filter(|pid| state(pid).is_some()).cloned();
            let left: Vec<String> = noted.chain(marked(&mark)).collect();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left: {left:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The processes whose environment has this mark.
fn marked(mark: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let processes = processes.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let is_marked = |pid: &String| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes()))
    };
    processes.filter(is_marked).collect()
}

const CANCELLED: [&str; 4] = ["obeys cancelled", "ignores cancelled", "forks cancelled", "last not-started"];

#[test]
fn what_does_not_obey_a_signal_is_killed_after_the_grace() {
    let ends = |signal: Signal, code: i32| {
        let mut running = start();
        running.signal(signal);
        let (status, took) = running.end(GRACE + AFTERWARDS);
        assert_eq!(status.code(), Some(code));
        assert!(took + Duration::from_secs(1) > GRACE, "it had its grace: {took:?}");
        assert_eq!(outcomes(&running.repo, ".git/report.json"), CANCELLED);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| ends(Signal::INT, 130));
        scope.spawn(|| ends(Signal::TERM, 143));
    });
}

#[test]
fn a_second_signal_kills_what_runs() {
    let mut running = start();
    running.signal(Signal::INT);
    // The first has been heard when what obeys is gone.
    let obeys = fs::read_to_string(running.repo.dir().join(".git/pids/obeys")).unwrap();
    while state(obeys.trim()).is_some() {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal(Signal::INT);
    let (status, took) = running.end(AFTERWARDS);
    assert_eq!(status.code(), Some(130));
    assert!(took < GRACE, "{took:?}");
    assert_eq!(outcomes(&running.repo, ".git/report.json"), CANCELLED);
}

#[test]
fn what_is_killed_leaves_nothing_and_does_not_confuse_the_next() {
    let mut running = start();
    running.signal(Signal::KILL);
    let (status, _) = running.end(AFTERWARDS);
    assert_eq!(status.signal(), Some(9));
    assert!(!running.repo.dir().join(".git/report.json").exists());
    running.repo.write(".git/go", "");
    build(&running.repo).success();
    let succeeded = CANCELLED.map(|line| format!("{} succeeded", line.split(' ').next().unwrap()));
    assert_eq!(outcomes(&running.repo, ".git/report.json"), succeeded);
    // Nothing but the report was left where reports are, and each run has its own logs.
    let names = fs::read_dir(running.repo.dir().join(".git/rebake/builds")).unwrap();
    assert_eq!(names.count(), 2);
}

#[test]
fn a_second_signal_waits_for_nothing_that_left_its_group() {
    let repo = Repo::new();
    let run = "echo $$ >../.git/pids/one; setsid sh -c 'echo $$ >../.git/pids/two; exec sleep 7777' & exec sleep 7778";
    repo.write("filters.yaml", format!("services: {{a: {{path: a, run: \"{run}\"}}}}\n"))
        .write("a/x", "")
        .commit("first");
    fs::create_dir(repo.dir().join(".git/pids")).unwrap();
    let child = repo.rebake(["build", "--all", "--output", "failures", "--report", ".git/report.json"]).start();
    let pids = noted(&repo, 2);
    let mut running = Running { repo, child, pids };
    running.signal(Signal::INT);
    let leader = fs::read_to_string(running.repo.dir().join(".git/pids/one")).unwrap();
    while state(leader.trim()).is_some() {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal(Signal::INT);
    let (status, took) = running.end(GRACE);
    assert_eq!(status.code(), Some(130));
    // The grace is 10 s here.
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(outcomes(&running.repo, ".git/report.json"), ["a cancelled"]);
}

#[test]
fn ctrl_backslash_ends_a_run_as_ctrl_c_does() {
    let mut running = start();
    running.signal(Signal::QUIT);
    let (status, _) = running.end(GRACE + AFTERWARDS);
    assert_eq!(status.code(), Some(131));
    assert_eq!(outcomes(&running.repo, ".git/report.json"), CANCELLED);
}

#[test]
fn builds_are_understood_where_children_are_ignored() {
    let repo = super::repo();
    let mut shell = repo.rebake(["build"]).into_shell("exec \"$@\"");
    // bash does not ignore this signal; perl does what agents do.
    shell.args(["-", "perl", "-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV", env!("CARGO_BIN_EXE_rebake")]);
    shell.args(["build", "--all", "--report", ".git/report.json"]);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(outcomes(&repo, ".git/report.json"), ["lib succeeded", "api succeeded", "docs succeeded"]);
}
