//! A run in a process of its own, which signals can be sent to and which may take all its children for its own: this
//! test binary, started again with the name of one ignored test.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rebake::output::exec::schedule::OnFailure;
use rebake::output::exec::{
    Backoff, Build, DigestSource, Kept, NeededServices, Report, RunEvent, Settings, Step, Work, run, watch,
};
use rebake::plan::PlannedService;
use serde::{Deserialize, Serialize};

use crate::repo::heedful;

/// What a session is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Scenario {
    pub(super) jobs: u32,
    pub(super) grace: Duration,
    pub(super) kill: bool,
    pub(super) builds: Vec<Script>,
    /// After how long a build is slow, and how often there is a sign of life.
    pub(super) often: Option<Duration>,
    /// The reader of events takes none before this file is there.
    pub(super) deaf_until: Option<String>,
    directory: PathBuf,
}

/// A build by a shell script.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Script {
    pub(super) service: String,
    pub(super) needs: Vec<String>,
    pub(super) text: String,
    /// What comes after it.
    pub(super) then: Vec<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
    pub(super) weight: u32,
    pub(super) exists: bool,
    /// It is said to push, and to leave the digest in a file `digest`.
    pub(super) pushes: bool,
}

/// A session that runs, and its directory, which its builds run in.
pub(super) struct Session {
    pub(super) child: Child,
    pub(super) directory: tempfile::TempDir,
}

impl Script {
    pub(super) fn new(service: &str, text: &str) -> Self {
        Self { service: service.to_owned(), text: text.to_owned(), ..Self::default() }
    }

    pub(super) fn needs(mut self, needs: &[&str]) -> Self {
        self.needs = needs.iter().map(|need| (*need).to_owned()).collect();
        self
    }
}

impl Scenario {
    pub(super) fn new(jobs: u32, builds: Vec<Script>) -> Self {
        let grace = Duration::from_millis(300);
        Self { jobs, grace, kill: false, builds, often: None, deaf_until: None, directory: PathBuf::new() }
    }

    pub(super) fn start(mut self) -> Session {
        let directory = tempfile::tempdir().unwrap();
        directory.path().clone_into(&mut self.directory);
        fs::create_dir(directory.path().join("pids")).unwrap();
        let mut command = itself("exec::session::session");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&serde_json::to_vec(&self).unwrap()).unwrap();
        Session { child, directory }
    }

    pub(super) fn finish(self) -> (Report, Session) {
        let mut session = self.start();
        let _ = session.wait();
        (session.report(), session)
    }
}

impl Session {
    pub(super) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn report(&self) -> Report {
        Report::read(&fs::read_to_string(self.path("report.json")).unwrap()).unwrap()
    }

    pub(super) fn events(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("events.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The processes that builds noted in `pids/`, once there are so many.
    pub(super) fn pids(&self, count: usize) -> Vec<String> {
        loop {
            let files = fs::read_dir(self.path("pids")).unwrap().map(|file| file.unwrap().path());
            let pids: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap().trim().to_owned()).collect();
            if pids.iter().filter(|pid| !pid.is_empty()).count() == count {
                return pids;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Returns the state of a process as the kernel has it, such as `S` or `T`; none when it is gone or a zombie.
pub(crate) fn state(pid: &str) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next().filter(|state| *state != 'Z')
}

/// This program, to run one of its ignored tests.
fn itself(test: &str) -> Command {
    let mut command = heedful(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command
}

#[test]
#[ignore = "started by other tests: a run that reads its scenario from standard input"]
fn session() {
    let scenario: Scenario = serde_json::from_reader(io::stdin()).unwrap();
    let directory = &scenario.directory;
    let services: Vec<PlannedService> = scenario.builds.iter().map(service).collect();
    let builds = services.iter().zip(&scenario.builds).map(|(service, script)| build(service, script, directory));
    let builds: Vec<Build> = builds.collect();
    let mut watchdog = vec![std::env::current_exe().unwrap().to_str().unwrap().to_owned()];
    watchdog.extend(["exec::session::watchdog", "--exact", "--ignored", "--nocapture"].map(str::to_owned));
    let settings = Settings {
        jobs: scenario.jobs,
        grace: scenario.grace,
        on_failure: if scenario.kill { OnFailure::Kill } else { OnFailure::Finish },
        backoff: Backoff { first: Duration::from_millis(10), longest: Duration::from_millis(20) },
        watchdog: Some(watchdog),
        slow: scenario.often,
        heartbeat: scenario.often,
        ..Settings::default()
    };
    let mut events = fs::File::create(directory.join("events.jsonl")).unwrap();
    let began = std::time::Instant::now();
    let ended = run(&builds, &settings, &mut |_, _| None, |event: &RunEvent| {
        while scenario.deaf_until.as_ref().is_some_and(|file| !directory.join(file).exists()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        events.write_all(format!("{}\n", serde_json::to_string(event).unwrap()).as_bytes()).unwrap();
    });
    let (ended, signals) = ended.unwrap();
    drop(signals);
    fs::write(directory.join("seconds"), began.elapsed().as_secs_f64().to_string()).unwrap();
    fs::write(directory.join("report.json"), ended.report.to_json()).unwrap();
    fs::write(directory.join("memory"), peak_memory().to_string()).unwrap();
    let failed = i32::from(!ended.report.is_success());
    std::process::exit(ended.interrupted.map_or(failed, |signal| 128 + signal.number()));
}

#[test]
#[ignore = "started by sessions"]
fn watchdog() {
    watch(io::stdin().lock()).unwrap();
}

/// The most memory that this process ever had, in kB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn service(script: &Script) -> PlannedService {
    let Script { service, needs, .. } = script;
    serde_json::from_value(serde_json::json!({
        "service": service, "causes": [], "needs": needs, "level": 0, "tags": [format!("{service}:1")], "labels": {},
        "platforms": [], "push": false, "matrix": {},
    }))
    .unwrap()
}

fn build<'a>(service: &'a PlannedService, script: &Script, directory: &Path) -> Build<'a> {
    let scratch = directory.join("logs").join(&script.service);
    let output = scratch.join(Build::OUTPUT).to_str().unwrap().to_owned();
    Build {
        kept: Kept::Nowhere,
        takes: service.needs.clone(),
        held: NeededServices::default(),
        service,
        work: if script.exists {
            Work::Exists { digest: "sha256:there".to_owned(), tags: service.tags.clone(), promoted: false }
        } else {
            let texts = std::iter::once(&script.text).chain(&script.then);
            Work::Steps(texts.map(|text| Step::new("sh", ["-euc", text])).collect())
        },
        digest: if script.pushes { DigestSource::File } else { DigestSource::Output },
        directory: directory.to_owned(),
        scratch,
        environment: vec![("REBAKE_OUTPUT".to_owned(), output)],
        timeout: script.timeout,
        retries: script.retries,
        weight: script.weight,
        locks: Vec::new(),
        expected: None,
    }
}
