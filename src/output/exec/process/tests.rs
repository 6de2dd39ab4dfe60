use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::model::mask::Mask;

struct Started {
    process: Process,
    notices: Receiver<Notice>,
    log: Log,
    _dir: tempfile::TempDir,
}

fn start(script: &str) -> Started {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::create(dir.path().join("log"), Mask::default(), |_| {}).unwrap();
    let mut command = Command::new("sh");
    command.args(["-euc", script]);
    let (sender, notices) = channel();
    let process = Process::spawn(command, &log, move |notice| sender.send(notice).unwrap_or_default()).unwrap();
    Started { process, notices, log, _dir: dir }
}

impl Started {
    fn both(&self) -> Vec<Notice> {
        let mut notices: Vec<Notice> = (0..2).map(|_| self.notices.recv().unwrap()).collect();
        notices.sort_by_key(|notice| *notice == Notice::Closed);
        notices
    }

    fn logged(&self) -> Vec<u8> {
        fs::read(self.log.path()).unwrap()
    }
}

/// Whether a process ends within two seconds. Its files are closed before it is gone.
fn goes(pid: &str) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !is_alive(pid)
    })
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn output_and_errors_are_one_stream_of_raw_bytes_in_order() {
    let started = start(r"printf 'a\n'; printf 'b\377\n' >&2; printf '\033[31mc'; read -r x || printf ' no input'");
    assert_eq!(started.both(), [Notice::Exited, Notice::Closed]);
    assert_eq!(started.logged(), b"a\nb\xff\n\x1b[31mc no input");
    assert_eq!(started.log.length(), started.logged().len() as u64);
    assert!(started.process.finish().unwrap().success());
}

#[test]
fn a_process_may_close_its_output_and_go_on() {
    let started = start("exec >/dev/null 2>&1; sleep 0.2; exit 3");
    assert_eq!(started.notices.recv(), Ok(Notice::Closed));
    assert_eq!(started.notices.recv(), Ok(Notice::Exited));
    assert_eq!(started.process.finish().unwrap().code(), Some(3));
}

#[test]
fn nothing_of_the_group_is_left_when_the_leader_ends() {
    let started = start("trap '' TERM; sleep 1000 & echo $!");
    assert_eq!(started.notices.recv(), Ok(Notice::Exited));
    assert_eq!(started.notices.recv_timeout(Duration::from_millis(100)).ok(), None, "the child has the output open");
    let pid = String::from_utf8(started.logged()).unwrap();
    assert!(is_alive(&pid));
    let notices = started.notices;
    assert!(started.process.finish().unwrap().success());
    assert_eq!(notices.recv(), Ok(Notice::Closed));
    assert!(goes(&pid));
}

#[test]
fn a_process_that_is_let_go_of_is_killed() {
    let started = start("trap '' TERM INT HUP; echo $$; while :; do sleep 1; done");
    while started.logged().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = String::from_utf8(started.logged()).unwrap();
    started.process.signal(Signal::Terminate);
    assert!(is_alive(&pid));
    drop(started.process);
    assert!(goes(&pid));
}

#[test]
fn a_log_that_cannot_be_written_does_not_stop_the_build() {
    let full = Log::create("/dev/full".into(), Mask::default(), |_| {}).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "head -c 1000000 /dev/zero"]);
    let (sender, notices) = channel();
    let process = Process::spawn(command, &full, move |notice| sender.send(notice).unwrap_or_default()).unwrap();
    while notices.recv().unwrap() != Notice::Exited {}
    assert!(process.finish().unwrap().success());
    assert!(full.is_incomplete());
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::create(dir.path().join("log"), Mask::default(), |_| {}).unwrap();
    let error = Process::spawn(Command::new("/no/such/program"), &log, |_| {}).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn markers_are_nested_and_tell_builds_apart() {
    let run = Marker::of_run(Some("1-2.3"));
    assert!(run.as_str().starts_with("1-2.3/"), "{run:?}");
    let mut child = Command::new("sleep").arg("1000").env(Marker::VARIABLE, "1-2.3/4-5.6").spawn().unwrap();
    let pid = Pid::from_child(&child);
    // Until it has become `sleep`, the process has our environment.
    while !fs::read(format!("/proc/{pid}/cmdline")).unwrap().starts_with(b"sleep") {}
    let on = ["1-2.", "1-2.3", "1-2.3/4-5.", "1-2.3/4-5.6"].map(|marker| Marker::parse(marker).is_on(pid));
    let off = ["1-2.33", "1-", "1-2.3/4-5.66", "4-5.6"].map(|marker| Marker::parse(marker).is_on(pid));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((on, off), ([true; 4], [false; 4]));
}
