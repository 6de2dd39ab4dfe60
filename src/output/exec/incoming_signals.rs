use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};

use super::signal::Signal;

/// The signals that this process receives. Dropping the value restores their usual effect.
#[derive(Debug)]
pub struct Incoming {
    handle: Handle,
    /// The first termination signal that this process received.
    first: Arc<OnceLock<Signal>>,
    /// Whether the next termination signal kills this process.
    deadly: Arc<AtomicBool>,
    /// Whether the next termination signal sets `deadly`.
    over: Arc<AtomicBool>,
}

impl Incoming {
    /// Calls `tell` with each signal. The signal then has no other effect. Signals that were ignored when the program
    /// began (`nohup`, a shell's `&`) stay ignored.
    ///
    /// # Errors
    /// When the system refuses a signal handler or a thread.
    pub(super) fn listen(tell: impl Fn(Signal) + Send + 'static) -> io::Result<Self> {
        let ignored = ignored();
        let heard = |signal: &i32| !ignored.contains(signal);
        let deadly = Arc::new(AtomicBool::new(false));
        // With a handler for SIGXFSZ, a log that reaches the limit of `ulimit -f` causes an error of writing, and does
        // not end the run.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(heard) {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&deadly))?;
        }
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT].into_iter().filter(heard))?;
        let handle = signals.handle();
        let first = Arc::new(OnceLock::new());
        let is_first = Arc::clone(&first);
        let over = Arc::new(AtomicBool::new(false));
        let (is_over, becomes_deadly) = (Arc::clone(&over), Arc::clone(&deadly));
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if is_over.load(Ordering::SeqCst) && ![SIGTSTP, SIGCONT].contains(&signal) {
                    becomes_deadly.store(true, Ordering::SeqCst);
                }
                let signal = match signal {
                    SIGHUP => Signal::Hangup,
                    SIGINT => Signal::Interrupt,
                    SIGQUIT => Signal::Quit,
                    SIGTSTP => Signal::Suspend,
                    SIGCONT => Signal::Continue,
                    _ => Signal::Terminate,
                };
                if !matches!(signal, Signal::Suspend | Signal::Continue) {
                    let _ = is_first.set(signal);
                }
                tell(signal);
            }
        })?;
        Ok(Self { handle, first, deadly, over })
    }

    /// Returns the first termination signal that this process received; `None` if it received none.
    #[must_use]
    pub fn received(&self) -> Option<Signal> {
        self.first.get().copied()
    }

    /// Makes the second termination signal from now on kill this process at once. A run calls this when all builds have
    /// ended, and only the report is left to write.
    pub(super) fn obey_the_second(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Makes the next termination signal kill this process at once.
    pub(super) fn obey(&self) {
        self.deadly.store(true, Ordering::SeqCst);
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.obey();
        self.handle.close();
    }
}

/// Sets a handler for SIGCHLD, so that the exit codes of children are kept. Some agents start programs with SIGCHLD
/// ignored, and the system then discards exit codes.
///
/// # Errors
/// When the system refuses the handler.
pub fn keep_children() -> io::Result<()> {
    // The handler does nothing, but the signal is no longer ignored. Programs that we start inherit neither the handler
    // nor an ignored signal.
    signal_hook::flag::register(SIGCHLD, Arc::new(AtomicBool::new(false))).map(drop)
}

/// Returns the signals that are ignored; empty if the system does not list them.
fn ignored() -> BTreeSet<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    (1..=64).filter(|signal| mask.unwrap_or_default() >> (signal - 1) & 1 == 1).collect()
}
