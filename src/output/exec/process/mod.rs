//! One command of a build: a process with a process group of its own, which writes to a log. At the end, all processes
//! of the group are killed.
//!
//! A build never waits until the rest of the program reads its output: a thread copies the output to a file.
//! Signals never reach an unrelated process: the system does not reuse the id of a group before its leader is reaped,
//! and only [`Process::finish`], which consumes the value, reaps the leader.

mod log;
mod stray;
#[cfg(test)]
mod tests;
mod watchdog;

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, kill_process_group, waitid};

pub use watchdog::watch;

pub(super) use log::Log;
pub(super) use stray::{Marker, Strays, Whose};
pub(super) use watchdog::Watchdog;

use super::signal::Signal;

/// The stack size of the threads that read and wait.
const STACK: usize = 128 * 1024;

/// A running process and the group that it leads.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    reaped: bool,
}

/// A notice from one of the two threads of a process. Each notice is sent once, and either may be the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The leader has exited; it is not reaped yet.
    Exited,
    /// All writers of the output have closed it, and the log has the whole output.
    Closed,
}

impl Process {
    /// Starts a command as the leader of a new group, without input. Its output and errors go to the log as one stream,
    /// so that their order is kept.
    ///
    /// # Errors
    /// When the program does not exist or may not be run, or when the system has no process or pipe left.
    pub(super) fn spawn(
        mut command: Command,
        log: &Log,
        notify: impl Fn(Notice) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let (output, input) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).process_group(0);
        let process = Self { child: command.spawn()?, reaped: false };
        // The command holds our ends of the pipe, which would otherwise never close.
        drop(command);
        let (log, closed) = (log.clone(), notify.clone());
        let read = move || {
            log.copy(output);
            closed(Notice::Closed);
        };
        let leader = process.pid();
        let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let wait = move || {
            while matches!(waitid(WaitId::Pid(leader), exited), Err(Errno::INTR)) {}
            notify(Notice::Exited);
        };
        thread::Builder::new().name("output".to_owned()).stack_size(STACK).spawn(read)?;
        thread::Builder::new().name("exit".to_owned()).stack_size(STACK).spawn(wait)?;
        Ok(process)
    }

    /// Returns the id of the leader, which is also the id of the group.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal to the whole group. After a signal to end, a suspended group is continued, so that it can handle
    /// the signal.
    pub(super) fn signal(&self, signal: Signal) {
        // The only possible error is that all members have ended or belong to another user.
        let _ = kill_process_group(self.pid(), signal.raw());
        if matches!(signal, Signal::Hangup | Signal::Interrupt | Signal::Quit | Signal::Terminate) {
            let _ = kill_process_group(self.pid(), Signal::Continue.raw());
        }
    }

    /// Kills the processes of the group that still run, and returns how the leader ended.
    ///
    /// This waits until the leader has ended. Call it after [`Notice::Exited`], or to kill the leader too.
    pub(super) fn finish(mut self) -> io::Result<ExitStatus> {
        self.reap()
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::Kill);
        self.reaped = true;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.reap();
        }
    }
}
