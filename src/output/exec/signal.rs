use std::fmt;

/// A signal that a run receives and passes on to its builds, or sends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// SIGHUP: the terminal was closed.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\.
    Quit,
    /// SIGTERM: a request to end.
    Terminate,
    /// SIGTSTP: Ctrl-Z.
    Suspend,
    /// SIGCONT: continue.
    Continue,
    /// SIGKILL: cannot be caught.
    Kill,
}

impl Signal {
    /// Returns its name: `SIGINT`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
            Self::Suspend => "SIGTSTP",
            Self::Continue => "SIGCONT",
            Self::Kill => "SIGKILL",
        }
    }

    /// Returns its number on this platform. If the signal ends a program, a shell reports the exit code 128 plus this
    /// number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.raw().as_raw()
    }

    pub(super) fn raw(self) -> rustix::process::Signal {
        match self {
            Self::Hangup => rustix::process::Signal::HUP,
            Self::Interrupt => rustix::process::Signal::INT,
            Self::Quit => rustix::process::Signal::QUIT,
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Suspend => rustix::process::Signal::TSTP,
            Self::Continue => rustix::process::Signal::CONT,
            Self::Kill => rustix::process::Signal::KILL,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
