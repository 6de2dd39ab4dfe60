//! strace, which traces builds: whether it works on this machine, and how the steps of a build run under it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::needed_services::{CommandArgument, NeededServices};
use super::service_build::Step;
use crate::inputs::trace::{TraceEvent, TracedCall, TracerSpeed, strace_options, strace_trial_options};
use crate::model::name::Escaped;

const STRACE: &str = "strace";

/// A tracer that works on this machine.
#[derive(Debug, Clone, Copy)]
pub struct Tracer {
    fastest: TracerSpeed,
}

/// Why builds cannot be traced on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracerError {
    /// The system is not Linux.
    #[error("rebake observes builds only on Linux, with strace")]
    OtherSystem,
    /// strace is not installed.
    #[error("strace, which traces builds, is not installed")]
    Missing,
    /// strace cannot be started.
    #[error("strace, which traces builds, cannot be run: {0}")]
    Broken(io::Error),
    /// strace is not allowed to trace, or is too old.
    #[error("strace traces nothing here: {0}")]
    Refused(String),
}

impl TracerError {
    /// Returns what the user can do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::OtherSystem => {
                "observe in a container or a virtual machine, and hand the JSON to `rebake check --observed`"
            }
            Self::Missing | Self::Broken(_) => {
                "install the package `strace`: `apt-get install strace`, `dnf install strace`, `apk add strace`"
            }
            Self::Refused(_) => {
                "it has to be of version 5.6 or later; a container needs `--cap-add SYS_PTRACE`, and the sysctl \
                 kernel.yama.ptrace_scope must not be 3"
            }
        }
    }
}

impl Tracer {
    /// Returns the tracer, after a trial in which it traces itself.
    ///
    /// # Errors
    /// When the system is not Linux, or strace is missing, cannot be started or traces nothing.
    pub fn find() -> Result<Self, TracerError> {
        if !cfg!(target_os = "linux") {
            return Err(TracerError::OtherSystem);
        }
        match try_out(TracerSpeed::Filtered) {
            Ok(()) => Ok(Self { fastest: TracerSpeed::Filtered }),
            Err(TracerError::Refused(_)) => try_out(TracerSpeed::Plain).map(|()| Self { fastest: TracerSpeed::Plain }),
            Err(error) => Err(error),
        }
    }

    /// Returns a step of a build, changed so that it runs under the tracer. The tracer appends to `file`. A command
    /// with the word `sudo` is traced without a filter, since the filter prevents `setuid` programs from getting
    /// rights.
    #[must_use]
    pub fn trace(self, step: Step, file: &Path) -> Step {
        let is_sudo = |text: &String| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "sudo");
        let has_sudo = step.preview(&NeededServices::default()).iter().any(is_sudo);
        let speed = if has_sudo { TracerSpeed::Plain } else { self.fastest };
        let options = strace_options(file, speed).into_iter().map(CommandArgument::from);
        let program = std::iter::once(CommandArgument::from(step.program.clone()));
        let traced = Step::new(STRACE, options.chain(program).chain(step.arguments));
        Step { starts: Some(step.program), ..traced }
    }
}

/// Runs the tracer on itself with the options for builds, and checks that the trace contains the start of a program.
fn try_out(speed: TracerSpeed) -> Result<(), TracerError> {
    let mut command = Command::new(STRACE);
    command.args(strace_trial_options(speed)).args([STRACE, "-V"]);
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => TracerError::Missing,
        _ => TracerError::Broken(error),
    })?;
    let mut events = output.stderr.split(|byte| *byte == b'\n').filter_map(TracedCall::read).map(|call| call.event);
    // Without permission to trace, strace still runs the program, so the exit code is not enough.
    if output.status.success() && events.any(|event| matches!(event, TraceEvent::Executed { .. })) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it gives no reason");
    Err(TracerError::Refused(Escaped::new(first).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_need_rights_are_traced_without_a_filter() {
        let traced = |program: &str, text: &str| {
            let step = Tracer { fastest: TracerSpeed::Filtered }.trace(Step::new(program, [text]), Path::new("/t"));
            step.preview(&NeededServices::default())
        };
        let filtered = |words: &[String]| words.iter().any(|word| word == "--seccomp-bpf");
        let plain = traced("make", "all");
        assert_eq!(
            (plain[0].as_str(), &plain[plain.len() - 3..]),
            ("strace", &["--", "make", "all"].map(str::to_owned)[..])
        );
        assert!(filtered(&plain) && filtered(&traced("sh", "cat sudoers")));
        assert!(!filtered(&traced("sh", "x; sudo make")) && !filtered(&traced("/usr/bin/sudo", "x")));
    }
}
