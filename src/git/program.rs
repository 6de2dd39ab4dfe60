//! The git program, for what a network, a hook or a key has a part in.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Repository;
use crate::name::Escaped;

/// Why the git program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be started.
    #[error("the git program cannot be started: {0}")]
    Start(std::io::Error),
    /// It took too long.
    #[error("git did not finish within {} seconds", .0.as_secs())]
    TimeLimit(Duration),
    /// It said no. Its last words, safe to print.
    #[error("{0}")]
    Said(String),
}

/// How long a command may take. Networks hang; a push to a server with hooks may take minutes.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// How often a command is asked whether it has finished.
const PAUSE: Duration = Duration::from_millis(10);

/// A git command that is about to be run. It asks nobody for a password.
pub(super) struct Git(Command);

pub(super) fn git<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Git {
    let mut command = Command::new("git");
    command.args(args).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    Git(command)
}

impl Repository {
    /// Returns a git command that is about to be run in this repository.
    pub(super) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Git {
        git(["-C"]).arg(self.work_dir().unwrap_or_else(|| self.git_dir())).args(args)
    }
}

impl Git {
    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub(super) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it on some input, and returns its output.
    pub(super) fn run(mut self, input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().map_err(ProgramError::Start)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let started = Instant::now();
        std::thread::scope(|scope| {
            // Whoever does not read all of its input closes the pipe early; its exit code says whether that is right.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            let output = scope.spawn(move || read(stdout));
            let errors = scope.spawn(move || read(stderr));
            let status = loop {
                match child.try_wait().map_err(ProgramError::Start)? {
                    Some(status) => break status,
                    None if started.elapsed() > TIME_LIMIT => {
                        // One that has just ended cannot be killed, which is as well.
                        let _ = child.kill();
                        let _ = child.wait();
                        return Err(ProgramError::TimeLimit(TIME_LIMIT));
                    }
                    None => std::thread::sleep(PAUSE),
                }
            };
            let [output, errors] = [output, errors].map(|read| read.join().unwrap_or_default());
            if status.success() {
                return Ok(output);
            }
            let said = String::from_utf8_lossy(&errors);
            let lines: Vec<String> = said
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| Escaped::new(line.trim()).to_string())
                .collect();
            Err(ProgramError::Said(if lines.is_empty() {
                format!("git ended with {status}")
            } else {
                lines.join("; ")
            }))
        })
    }
}

fn read(pipe: Option<impl std::io::Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What a broken pipe held back is not missed: the exit code decides.
    let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
    bytes
}
