//! What cleans up when the run itself is killed and cannot: a process of its own that waits for the run to end.

use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::Pid;

use super::stray::Marker;

/// The process that waits. Dropped when the run ends as it should, and then does nothing.
#[derive(Debug)]
pub(in crate::exec) struct Watchdog(Child);

impl Watchdog {
    /// Starts a program that calls [`watch`] with its standard input.
    pub(in crate::exec) fn start(argv: &[String], run: &Marker) -> io::Result<Self> {
        let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        // A group of its own: what reaches the run by a terminal must not reach it.
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut dog = Self(command.spawn()?);
        if let Some(input) = &mut dog.0.stdin {
            writeln!(input, "{}", run.as_str())?;
        }
        Ok(dog)
    }

    pub(in crate::exec) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the run that started this process is gone, and kills what is left of its builds. What a hidden verb of
/// the command line calls with its standard input; returns when the work is done.
///
/// A run that ends as it should kills this process first.
///
/// # Errors
/// When the input does not begin with the run's marker.
pub fn watch(mut input: impl BufRead) -> io::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Some(run) = line.strip_suffix('\n').filter(|run| run.ends_with('.')) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no marker of a run on standard input"));
    };
    // The other end closes when the run ends, however it ends.
    io::copy(&mut input, &mut io::sink())?;
    sweep(&Marker::parse(run));
    Ok(())
}

/// Kills all processes that bear a marker, and looks again until there are none: they may have had children meanwhile.
#[cfg(target_os = "linux")]
fn sweep(run: &Marker) {
    use std::path::Path;
    use std::time::Duration;

    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::stray::processes;
    use crate::exec::signal::Signal;

    /// How often it looks: for two seconds at most.
    const LOOKS: usize = 200;

    for _ in 0..LOOKS {
        let mut found = false;
        for pid in processes(Path::new("/proc")) {
            // In this order: what the handle stands for is what the marker was read from, or is gone.
            let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
            if run.is_on(pid) && pidfd_send_signal(handle, Signal::Kill.raw()).is_ok() {
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
fn sweep(_run: &Marker) {}
