//! Every exit code, and when the program ends with it.

use std::process::ExitCode;

/// Declares [`Exit`]. Each variant has its exit code, and a doc comment that is also its line in the reference. So the
/// program cannot end with a code that the reference lacks.
macro_rules! exits {
    ($($(#[doc = $meaning:literal])+ $variant:ident $(($number:ident: $type:ty))? = $code:expr,)+) => {
        /// How the program ends.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Exit {
            $($(#[doc = $meaning])+ $variant $(($type))?,)+
        }

        impl Exit {
            /// Each exit code, and its line of the reference, in Markdown. Blanks at the beginning of a line have no
            /// meaning.
            pub const CODES: &'static [(&'static str, &'static str)] =
                &[$((stringify!($code), concat!($($meaning),+))),+];

            fn code(self) -> u8 {
                match self {
                    $(Self::$variant $(($number))? => $code,)+
                }
            }
        }
    };
}

exits! {
    /// Done, also when nothing is affected.
    Done = 0,
    /// The answer is no: `build` did not build a service, `plan --exit-code` finds something affected, `check` finds an
    /// error, `init --check` finds that filters.yaml lacks something, `promote` finds that an image is missing or puts a
    /// tag in vain, `glob` finds no match, `release --parse` reads no release tag, `verdict` finds a job not as the plan
    /// asked, `images` finds no image of a service, `observe` sees a build read what nothing covers, or not to its end.
    Found = 1,
    /// The command line, the configuration or a file is wrong, or the run may not go on: a builder, strace or a secret
    /// is missing, the event is not trusted, a saved plan or report is of another commit, the version is released
    /// already, a report cannot be written, `build --push` or `--record` would include uncommitted changes.
    Usage = 2,
    /// The repository, the base or the remote cannot be used, or history is missing in a shallow clone; `images` lacks
    /// an image, and a registry did not answer; `promote` got no answer from a registry; also `release --yes` with
    /// uncommitted changes.
    Git = 3,
    /// An engine would refuse its pipeline: more than 256 jobs on GitHub, or too large. `--format matrix` has no limit.
    Limit = 4,
    /// A bug; please report it.
    Bug = 70,
    /// A signal ended a build; `number` is that of the signal.
    Signal(number: u8) = 128 + number,
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
        if env::read_named(PANICS).is_some() {
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
