//! Every exit code, and when the program ends with it.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success; also when nothing is affected.
    Done,
    /// A build or a job failed, nothing matched, or `--exit-code` is given and something is affected.
    Found,
    /// The command line or the configuration is wrong.
    Usage,
    /// Something is wrong with the repository or the base, or history is missing in a shallow clone.
    Git,
    /// The result exceeds a limit of the CI engine.
    Limit,
    /// A bug in rebake.
    Bug,
    /// A signal ended the run: 128 and its number.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Git => 3,
            Exit::Limit => 4,
            Exit::Bug => 70,
            Exit::Signal(number) => 128 + number,
        })
    }
}
