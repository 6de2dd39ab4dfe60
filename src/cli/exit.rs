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

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Git => 3,
            Self::Limit => 4,
            Self::Bug => 70,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Makes every panic end the program with the exit code of a bug, whether or not the program was compiled to unwind.
/// The watchdog process kills running builds.
pub(crate) fn end_on_panic() {
    let message = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        message(panic);
        std::process::exit(Exit::Bug.code().into());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::env;
    use std::process::Command;

    /// The variable that is set in the process that panics.
    const PANICS: &str = "TEST_PANICS";

    #[test]
    fn a_panic_is_a_bug() {
        if env::read(PANICS).is_some() {
            end_on_panic();
            panic!("on purpose");
        }
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "cli::exit::tests::a_panic_is_a_bug", "--nocapture"]).env(PANICS, "1");
        let output = test.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(70) && said.contains("on purpose"), "{said}");
    }
}
