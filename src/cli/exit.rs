//! Every exit code, and what ends with it (spec section 17).

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done; also when nothing is affected.
    Done = 0,
    /// The answer is no, or yes to `--exit-code`: something is affected, nothing matched, a check found errors.
    Found = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The repository, the base or a shallow history stands in the way.
    Git = 3,
    /// The target engine would refuse the result.
    Limit = 4,
    /// A bug of ours.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
