//! Runs the git program, which rebake uses for example for operations with a network, a hook or a key.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::Repository;
use crate::model::name::Escaped;

/// Why the git program failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// Git cannot be started.
    #[error("the git program cannot be started: {0}")]
    Start(std::io::Error),
    /// Git did not finish within this time limit, and was killed.
    #[error("git did not finish within {} seconds", .0.as_secs())]
    TimeLimit(Duration),
    /// Git failed, with this message.
    #[error("{0}")]
    Refused(Refusal),
}

/// The message of a git command that failed. `Display` writes all lines of the message, escaped for a terminal. If
/// there are no lines, it writes the exit code.
#[derive(Debug)]
pub struct Refusal {
    status: ExitStatus,
    lines: Vec<String>,
}

/// The time limit of a command for which no other limit is set. Networks can hang, but a push to a server with hooks
/// may take minutes.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The first pause between two checks whether a command has ended. The checks begin when the command has closed its
/// output.
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// The longest pause between two checks whether a command has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// How many bytes of git's messages are kept at most: enough for a line about each of many thousand files.
const MAX_MESSAGES: u64 = 16 << 20;

/// A git command that is not running yet. Git does not prompt for a password.
pub(super) struct Git {
    command: Command,
    limit: Duration,
    group: Group,
}

/// The process group of a command. It determines which processes are killed at the time limit, and whether they can use
/// the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    /// The group of this program: Ctrl-C reaches git, and ssh may ask for the passphrase of a key. Only git itself is
    /// killed at the time limit.
    Ours,
    /// A new group: none of its processes can prompt, and all of them are killed at the time limit.
    Own,
}

pub(super) fn git<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Git {
    let mut command = Command::new("git");
    command.args(args).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    Git { command, limit: TIME_LIMIT, group: Group::Ours }
}

/// Returns the directory of git's internal programs, as `git --exec-path` does; `None` if git is not installed.
#[must_use]
pub fn git_programs() -> Option<&'static Path> {
    gix::path::env::core_dir()
}

impl Repository {
    /// Returns a git command for this repository.
    pub(super) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Git {
        git_in(self.root(), &self.git_options, args)
    }

    /// Returns the options of git commands that read files of the work tree. With these options, git reads a file
    /// unfiltered if its filter fails, even if the configuration requires the filter. Git then reports the file as
    /// changed. File system monitors are not used.
    pub(super) fn work_tree_options(&self) -> Vec<String> {
        let mut options = self.git_options.clone();
        options.extend(["-c", "core.fsmonitor=false"].map(str::to_owned));
        let config = self.gix.config_snapshot();
        for section in config.plumbing().sections_by_name("filter").into_iter().flatten() {
            // A key with `=` cannot be given with `-c`, whose value begins after the first `=`.
            let name = section.header().subsection_name().filter(|name| !name.contains(&b'='));
            options
                .extend(name.into_iter().flat_map(|name| ["-c".to_owned(), format!("filter.{name}.required=false")]));
        }
        options
    }
}

/// Returns a git command that runs in a directory.
pub(super) fn git_in<S: AsRef<OsStr>>(dir: &Path, options: &[String], args: impl IntoIterator<Item = S>) -> Git {
    git(["-C"]).arg(dir).args(options).args(args)
}

impl Git {
    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(super) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets a time limit, and prevents git and its children from prompting.
    pub(super) fn within(mut self, limit: Duration) -> Self {
        (self.limit, self.group) = (limit, Group::Own);
        self
    }

    /// Removes the time limit. Prevents git from taking optional locks, such as the lock of the index, and from
    /// fetching missing objects.
    pub(super) fn read_only(mut self) -> Self {
        self.limit = Duration::MAX;
        self.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1")
    }

    /// Runs the command with an input, and returns its standard output. Fails if the command fails.
    pub(super) fn run(self, input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let ended = self.run_to_end(input)?;
        ended.refusal.map_or(Ok(ended.output), |refusal| Err(ProgramError::Refused(refusal)))
    }

    /// Runs the command with an input, and returns its result even if the command fails.
    pub(super) fn run_to_end(mut self, input: &[u8]) -> Result<Ended, ProgramError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.group.set(&mut self.command);
        let started = Instant::now();
        let mut child = self.command.spawn().map_err(ProgramError::Start)?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_vec();
            // A command that does not read all of its input closes the pipe early. Its exit code shows whether that is
            // an error.
            thread::spawn(move || stdin.write_all(&input));
        }
        let output = read(child.stdout.take(), u64::MAX);
        let messages = read(child.stderr.take(), MAX_MESSAGES);
        // A process that git started may keep the pipes open, so this waits for their end only until the time limit.
        let rest = |pipe: &Receiver<Vec<u8>>| pipe.recv_timeout(self.limit.saturating_sub(started.elapsed()));
        let (Ok(output), Ok(messages)) = (rest(&output), rest(&messages)) else {
            self.group.kill(&mut child);
            return Err(ProgramError::TimeLimit(self.limit));
        };
        let mut pause = FIRST_PAUSE;
        let status = loop {
            match child.try_wait().map_err(ProgramError::Start)? {
                Some(status) => break status,
                None if started.elapsed() > self.limit => {
                    self.group.kill(&mut child);
                    return Err(ProgramError::TimeLimit(self.limit));
                }
                None => thread::sleep(pause),
            }
            pause = PAUSE.min(pause * 2);
        };
        let refusal = (!status.success()).then(|| Refusal::new(status, &messages));
        Ok(Ended { output, messages, refusal })
    }
}

/// The result of a git command.
pub(super) struct Ended {
    pub(super) output: Vec<u8>,
    /// The messages on standard error.
    pub(super) messages: Vec<u8>,
    /// The message of the failure; `None` if the command succeeded.
    pub(super) refusal: Option<Refusal>,
}

/// Reads a pipe to its end in a thread, and sends at most the first `most` bytes to the receiver. A failure to read the
/// pipe is not reported, since the exit code of the command shows whether it succeeded.
fn read(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(most).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        // After the time limit, nobody receives the bytes.
        let _ = sender.send(bytes);
    });
    receiver
}

impl Refusal {
    fn new(status: ExitStatus, messages: &[u8]) -> Self {
        let messages = String::from_utf8_lossy(messages);
        let lines = messages.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Self { status, lines }
    }

    /// Returns the reason in one line, as git wrote it: the rest of the line that begins with `fatal:`, else the last
    /// line; `None` if git wrote nothing.
    pub(super) fn reason(&self) -> Option<&str> {
        let fatal = self.lines.iter().find_map(|line| line.strip_prefix("fatal: "));
        fatal.or_else(|| self.lines.last().map(String::as_str))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.lines.is_empty() {
            return write!(f, "git ended with {}", self.status);
        }
        for (at, line) in self.lines.iter().enumerate() {
            write!(f, "{}{}", if at > 0 { "; " } else { "" }, Escaped::new(line))?;
        }
        Ok(())
    }
}

impl Group {
    #[cfg(unix)]
    fn set(self, command: &mut Command) {
        if self == Self::Own {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
    }

    #[cfg(not(unix))]
    fn set(self, _: &mut Command) {}

    /// Kills git, or, for [`Group::Own`], all processes of git's group. Then waits for git to end. Errors are ignored,
    /// since they mean that the processes have already ended.
    fn kill(self, child: &mut Child) {
        #[cfg(unix)]
        if self == Self::Own {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn refusal(messages: &str) -> Refusal {
        Refusal::new(ExitStatus::from_raw(1 << 8), messages.as_bytes())
    }

    #[test]
    fn the_reason_is_what_git_calls_fatal() {
        let messages = refusal("warning: x\nfatal: no such remote\nand more\n");
        assert_eq!(messages.reason(), Some("no such remote"));
        assert_eq!(messages.to_string(), "warning: x; fatal: no such remote; and more");
        assert_eq!(refusal("error: a\nerror: b\n\n").reason(), Some("error: b"));
    }

    #[test]
    fn git_that_says_nothing_has_no_reason_but_an_exit_code() {
        assert_eq!(refusal("\n").reason(), None);
        assert_eq!(refusal("").to_string(), "git ended with exit status: 1");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_git_started_does_not_outlive_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        // The alias of git starts a process that inherits the alias's pipes and outlives the alias.
        let alias = format!("alias.hang=!sleep 60 & echo $! >{}", pid.display());
        let ended = git(["-c", &alias, "hang"]).within(Duration::from_millis(500)).run(b"");
        assert!(matches!(ended, Err(ProgramError::TimeLimit(_))), "{ended:?}");
        let pid = std::fs::read_to_string(pid).unwrap();
        let lives = || std::fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| !line.is_empty());
        let patience = Instant::now();
        while lives() {
            assert!(patience.elapsed() < Duration::from_secs(30), "process {pid} is still there");
            thread::sleep(PAUSE);
        }
    }
}
