use std::path::PathBuf;
use std::time::Duration;

use super::needed_services::{CommandArgument, Kept, NeededServices};
use crate::plan::PlannedService;

/// A planned service with everything that a run needs to build it.
#[derive(Debug, Clone)]
pub struct Build<'a> {
    /// The service as planned.
    pub service: &'a PlannedService,
    /// What is done.
    pub work: Work,
    /// Where the digest of its image is found, when all is done.
    pub digest: DigestSource,
    /// Where its image is then.
    pub kept: Kept,
    /// The services of this run whose images it may take, by name.
    pub takes: Vec<String>,
    /// What services that this run does not build have become, as far as it may take their images.
    pub held: NeededServices,
    /// The directory that its commands run in, absolute.
    pub directory: PathBuf,
    /// A directory of its own for logs and what its commands hand back, absolute; it need not be there yet.
    pub scratch: PathBuf,
    /// Variables that its commands get on top of our own environment. A later one of the same name wins.
    pub environment: Vec<(String, String)>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often a failed attempt is repeated.
    pub retries: u32,
    /// How many of the jobs it takes, at least 1.
    pub weight: u32,
    /// Names of which only one build at a time may hold each.
    pub locks: Vec<String>,
    /// How long it took last time, if that is known.
    pub expected: Option<Duration>,
}

/// The work of building a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Commands, one after the other; the first that fails ends the attempt.
    Steps(Vec<Step>),
    /// Nothing: the result is there, under the service's fingerprint.
    Exists {
        /// Its digest.
        digest: Option<String>,
    },
    /// Nothing: a run of a later commit has built it.
    Superseded {
        /// Which, in words.
        by: String,
    },
    /// Nothing: the result has no name to be built under, for this reason.
    Unnamed(String),
}

/// Where the digest of a build's image is found: a file in [`Build::scratch`], or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestSource {
    /// Where its commands write it, if they do: `$REBAKE_OUTPUT`.
    Output,
    /// In the JSON of `docker buildx build --metadata-file`, after a push. (Without one, docker's engine has the id
    /// of the image there.)
    Metadata,
    /// In the file of `--digestfile`, after a push by buildah or podman.
    File,
    /// Nothing is pushed, and a builder of images has no digest before.
    Nowhere,
}

/// One command of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The program, looked for in `$PATH` unless it holds a `/`.
    pub program: String,
    /// Its arguments; no shell reads them.
    pub arguments: Vec<CommandArgument>,
}

impl Work {
    /// Returns the commands.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Steps(steps) => steps,
            Self::Exists { .. } | Self::Superseded { .. } | Self::Unnamed(_) => &[],
        }
    }
}

impl Step {
    /// Returns a command.
    pub fn new<I: IntoIterator<Item: Into<CommandArgument>>>(program: impl Into<String>, arguments: I) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// Returns the arguments with what services have become.
    ///
    /// # Errors
    /// The service whose image is not there.
    pub(super) fn fill(&self, needs: &NeededServices) -> Result<Vec<String>, String> {
        self.arguments.iter().map(|argument| argument.fill(needs)).collect()
    }

    /// Returns the program and its arguments with what services will have become, for people to read.
    #[must_use]
    pub fn foretell(&self, needs: &NeededServices) -> Vec<String> {
        let arguments = self.arguments.iter().map(|argument| argument.foretell(needs));
        std::iter::once(self.program.clone()).chain(arguments).collect()
    }
}

impl DigestSource {
    pub(super) const METADATA: &'static str = "metadata.json";
    pub(super) const FILE: &'static str = "digest";

    /// Returns the name of the file.
    #[must_use]
    pub fn file(self) -> Option<&'static str> {
        match self {
            Self::Output => Some(Build::OUTPUT),
            Self::Metadata => Some(Self::METADATA),
            Self::File => Some(Self::FILE),
            Self::Nowhere => None,
        }
    }
}

impl Build<'_> {
    /// The file in [`Build::scratch`] that its commands write their results to: `$REBAKE_OUTPUT`.
    pub const OUTPUT: &'static str = "output";
}
