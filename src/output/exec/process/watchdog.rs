//! The watchdog: a separate process that waits for the end of a run, and kills the run's builds if the run itself was
//! killed.

use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::Pid;

use super::stray::Marker;

/// The first characters of the lines to the watchdog: one adds a process group, the other removes it.
const GUARD: char = '+';
const FORGET: char = '-';

/// The running watchdog. It is killed when the value is dropped, at the end of a run.
#[derive(Debug)]
pub(in crate::output::exec) struct Watchdog(Child);

impl Watchdog {
    /// Starts the watchdog: a program that calls [`watch`] with its standard input. `run` is the marker of this run.
    pub(in crate::output::exec) fn start(argv: &[String], run: &Marker) -> io::Result<Self> {
        let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        // The watchdog has a group of its own, so that signals from the terminal reach the run and not the watchdog.
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut dog = Self(command.spawn()?);
        if let Some(input) = &mut dog.0.stdin {
            writeln!(input, "{}", run.as_str())?;
        }
        Ok(dog)
    }

    pub(in crate::output::exec) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Adds a process group to those that the watchdog kills. A process of the group may lack the marker, for example
    /// after `env -i`.
    pub(in crate::output::exec) fn guard(&self, group: Pid) {
        self.tell(&format!("{GUARD}{group}"));
    }

    /// Removes a process group from those that the watchdog kills. Call this before the group's leader is reaped, since
    /// the group's id may be reused afterwards.
    pub(in crate::output::exec) fn forget(&self, group: Pid) {
        self.tell(&format!("{FORGET}{group}"));
    }

    fn tell(&self, word: &str) {
        if let Some(mut input) = self.0.stdin.as_ref() {
            // If the watchdog has ended, nothing cleans up in case the run is killed too.
            let _ = writeln!(input, "{word}");
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the run that started this process has ended, and kills the processes that the run left behind. A hidden
/// command of rebake calls this function with its standard input.
///
/// A run that ends normally kills this process first. Processes of a run that was killed are recognised by their group,
/// or by the marker in their environment. A process with neither is not found.
///
/// # Errors
/// When the input does not begin with the run's marker.
pub fn watch(mut input: impl BufRead) -> io::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Some(run) = line.strip_suffix('\n').filter(|run| run.ends_with('.')) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no marker of a run on standard input"));
    };
    // There are no more groups than jobs, so a list is fast enough.
    let mut groups: Vec<Pid> = Vec::new();
    // The run's end of the pipe closes when the run ends, even if the run is killed.
    for word in input.lines() {
        let word = word?;
        let group = |word: &str| Pid::from_raw(word.parse().ok()?);
        if let Some(group) = word.strip_prefix(GUARD).and_then(group) {
            groups.push(group);
        } else if let Some(group) = word.strip_prefix(FORGET).and_then(group) {
            groups.retain(|guarded| *guarded != group);
        }
    }
    sweep(&Marker::parse(run), &groups);
    Ok(())
}

/// Kills all processes that have the run's marker or are in one of these groups. Repeats this until it finds none,
/// since killed processes may have started others.
#[cfg(target_os = "linux")]
fn sweep(run: &Marker, groups: &[Pid]) {
    use std::path::Path;
    use std::time::Duration;

    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::stray::{group, processes};
    use crate::output::exec::signal::Signal;

    /// The most repetitions, which take two seconds.
    const LOOKS: usize = 200;

    for _ in 0..LOOKS {
        let mut found = false;
        for pid in processes(Path::new("/proc")) {
            // The handle is opened before the marker is read, so it cannot refer to a later process with the same id.
            let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
            let is_guarded = || group(pid).is_some_and(|group| groups.contains(&group));
            if (run.is_on(pid) || is_guarded()) && pidfd_send_signal(handle, Signal::Kill.raw()).is_ok() {
                found = true;
            }
        }
        if !found {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(not(target_os = "linux"))]
fn sweep(_run: &Marker, _groups: &[Pid]) {}
