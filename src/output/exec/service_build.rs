use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::CommandVariable;
use super::needed_services::{CommandArgument, Kept, NeededServices, in_json};
use crate::plan::PlannedService;

/// A planned service with everything that a run needs to build it.
#[derive(Debug, Clone)]
pub struct Build<'a> {
    /// The service as planned.
    pub service: &'a PlannedService,
    /// The work to do.
    pub work: Work,
    /// Where the digest of its image is found after the build.
    pub digest: DigestSource,
    /// Where its image is stored.
    pub kept: Kept,
    /// The names of the services of this run whose images it may use.
    pub takes: Vec<String>,
    /// Images of services that this run does not build; the build may use them.
    pub held: NeededServices,
    /// The directory that its commands run in, absolute.
    pub directory: PathBuf,
    /// Its directory for logs and results, absolute; it need not exist yet.
    pub scratch: PathBuf,
    /// Environment variables of its commands, in addition to our own. If several have the same name, the last one wins.
    pub environment: Vec<(String, String)>,
    /// How long one attempt may take; `None` for any time.
    pub timeout: Option<Duration>,
    /// How often a failed attempt is repeated.
    pub retries: u32,
    /// How many of the run's jobs it occupies, at least 1.
    pub weight: u32,
    /// Names of locks. Only one build at a time may hold each.
    pub locks: Vec<String>,
    /// How long it took last time, if that is known.
    pub expected: Option<Duration>,
}

/// The work of building a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Commands, one after the other. The first that fails ends the attempt.
    Steps(Vec<Step>),
    /// Nothing: the result exists.
    Exists {
        /// The digest of the image.
        digest: String,
        /// The tags of the image.
        tags: Vec<String>,
        /// Whether rebake has just added some of these tags.
        promoted: bool,
    },
    /// No work: a run of a later commit has built the service.
    Superseded {
        /// A text that names the commit of that run.
        by: String,
    },
    /// No work, and the build fails: the result cannot be named, for this reason.
    Unnamed(String),
}

/// Where the digest of a build's image is found after the build: in a file in [`Build::scratch`], or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestSource {
    /// In the file of `$REBAKE_OUTPUT`, if the build's commands write the digest there.
    Output,
    /// In the JSON of `docker buildx build --metadata-file`, after a push or an output to an OCI layout. (Otherwise
    /// docker's engine writes the id of the image there.)
    Metadata,
    /// In the file of `--digestfile`, after a push by buildah or podman.
    File,
    /// Nowhere: nothing is pushed, and an image has no digest before a push.
    Nowhere,
}

/// One command of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The program. It is searched for in `$PATH` unless it contains a `/`.
    pub program: String,
    /// Its arguments. No shell interprets them.
    pub arguments: Vec<CommandArgument>,
    /// Another program that `program` starts, as strace does. rebake checks that this other program exists, since
    /// `program` may not report that it is missing.
    pub starts: Option<String>,
}

impl Work {
    /// Returns the commands; empty if there is no work.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Steps(steps) => steps,
            Self::Exists { .. } | Self::Superseded { .. } | Self::Unnamed(_) => &[],
        }
    }
}

impl Step {
    /// Creates a command.
    pub fn new<I: IntoIterator<Item: Into<CommandArgument>>>(program: impl Into<String>, arguments: I) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect(), starts: None }
    }

    /// Returns the arguments with the images of services filled in.
    ///
    /// # Errors
    /// When the image of a service is missing. The error is the name of that service.
    pub(super) fn fill(&self, needs: &NeededServices) -> Result<Vec<String>, String> {
        self.arguments.iter().map(|argument| argument.fill(needs)).collect()
    }

    /// Returns the program and its arguments as they are shown before the builds. `<image of api>` replaces a missing
    /// image.
    #[must_use]
    pub fn preview(&self, needs: &NeededServices) -> Vec<String> {
        let arguments = self.arguments.iter().map(|argument| argument.preview(needs));
        std::iter::once(self.program.clone()).chain(arguments).collect()
    }
}

impl DigestSource {
    pub(super) const METADATA: &'static str = "metadata.json";
    pub(super) const FILE: &'static str = "digest";

    /// Returns the name of the file with the digest; `None` for [`DigestSource::Nowhere`].
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
    /// The name of the file in [`Build::scratch`] to which its commands write their results: `$REBAKE_OUTPUT`.
    pub const OUTPUT: &'static str = "output";

    /// Returns the images of the services that it may use. `images` are those of the services of this run.
    #[must_use]
    pub fn needs(&self, images: &NeededServices) -> NeededServices {
        let mut needs = self.held.clone();
        let taken = self.takes.iter().filter_map(|service| images.get_key_value(service));
        needs.extend(taken.map(|(service, image)| (service.clone(), image.clone())));
        needs
    }

    /// Returns the environment variables of its commands, by name, in addition to our own. `needs` are the images of the
    /// services that it may use.
    #[must_use]
    pub fn variables(&self, needs: &NeededServices) -> IndexMap<String, String> {
        let mut variables: IndexMap<String, String> = self.environment.iter().cloned().collect();
        variables.insert(CommandVariable::Needs.name().to_owned(), in_json(needs));
        variables
    }
}
