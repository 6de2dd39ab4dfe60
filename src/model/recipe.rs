//! How one service is built. This is read from the configuration that is checked out, never from a plan file.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::template::Template;

/// How one service is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipe {
    /// The builder; `None` if `run` names the command, or if the builder follows from the files of the service.
    pub builder: Option<Builder>,
    /// The command that builds the service in place of a builder.
    pub run: Option<Run>,
    /// The Dockerfile, from the root of the repository.
    pub dockerfile: Option<String>,
    /// The build context, from the root of the repository (`.` is the root itself); the service's path when absent.
    pub context: Option<String>,
    /// The stage of the Dockerfile that is built.
    pub target: Option<String>,
    /// Build arguments. [`Recipe::offers`] says which placeholders they may contain. They end up in the image's
    /// history, so they must not hold secrets.
    pub build_args: IndexMap<String, Template>,
    /// Named contexts, which the Dockerfile may name like stages. Each is the image of a dependency (`{{needs.base}}`),
    /// an address (`docker-image://node:20`), or a directory of the repository (`/libs/common`).
    pub contexts: IndexMap<String, Template>,
    /// The command that runs before the builder.
    pub before: Option<Run>,
    /// Further arguments for the builder.
    pub flags: Vec<String>,
    /// Secrets, each `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`.
    pub secrets: Vec<String>,
    /// The sources from which the builder reads cached layers, in the builder's own syntax.
    pub cache_from: Vec<String>,
    /// The destinations to which the builder writes cached layers, in the builder's own syntax.
    pub cache_to: Vec<String>,
    /// The attestations of the image, in BuildKit's syntax: `type=provenance,mode=max`, `type=sbom`.
    pub attest: Vec<String>,
    /// Variables for the command.
    pub env: IndexMap<String, String>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often a failed attempt is repeated.
    pub retries: u32,
    /// The number of parallel jobs (`--jobs`) that the build takes up, at least 1.
    pub weight: u32,
    /// Names of locks. Only one build at a time may hold a lock.
    pub locks: Vec<String>,
}

impl Recipe {
    /// Returns the time that the build may take with all attempts; `None` if there is no `timeout`.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        self.timeout.map(|timeout| timeout.saturating_mul(self.retries.saturating_add(1)))
    }

    /// The placeholders that a build argument may contain, as in `{{version}}`, besides those for images of
    /// dependencies.
    pub const VALUES: &'static [&'static str] = &["name", "path", "version", "commit", "environment"];

    /// The prefix of placeholders for images of dependencies: `{{needs.base}}` is the image of `base`.
    pub const NEEDS: &'static str = "needs.";

    /// Whether a build argument may contain a placeholder of this name.
    #[must_use]
    pub fn offers(name: &str) -> bool {
        Self::VALUES.contains(&name) || name.starts_with(Self::NEEDS)
    }

    /// Returns the services whose images the recipe names.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let values = self.build_args.values().chain(self.contexts.values());
        values.flat_map(Template::names).filter_map(|name| name.strip_prefix(Self::NEEDS))
    }

    /// Returns the variables that hold secrets: `NAME` of `id=x,env=NAME`.
    pub fn secret_variables(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().flat_map(|secret| secret.split(',')).filter_map(|word| word.strip_prefix("env="))
    }

    /// Returns the builder that builds the service's image from a Dockerfile, `docker` by default. Returns `None` if a
    /// command or a task builds the service, or if the service is a library.
    #[must_use]
    pub fn image_builder(&self) -> Option<Builder> {
        match (&self.run, self.builder.unwrap_or(Builder::Docker)) {
            (None, builder @ (Builder::Docker | Builder::Buildah | Builder::Podman)) => Some(builder),
            (Some(_), _) | (None, Builder::Task | Builder::Nothing) => None,
        }
    }
}

/// The builder of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Builder {
    /// `docker buildx build`.
    Docker,
    /// `buildah build`.
    Buildah,
    /// `podman build`.
    Podman,
    /// `task build`, in the service's path.
    Task,
    /// Nothing: the service is a library, which passes changes on to its dependents and is never a job.
    #[serde(rename = "none")]
    Nothing,
}

impl Builder {
    /// Returns the file names that the builder looks for when no Dockerfile is named, the preferred one first.
    #[must_use]
    pub const fn dockerfiles(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &["Dockerfile"],
            Self::Buildah | Self::Podman => &["Containerfile", "Dockerfile"],
            Self::Task | Self::Nothing => &[],
        }
    }

    /// Returns the names of the builder's ignore files. An ignore file lies in the context under such a name, or beside
    /// the Dockerfile, with the name appended to the Dockerfile's name: `api.Dockerfile.dockerignore`.
    #[must_use]
    pub const fn ignore_files(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &[".dockerignore"],
            Self::Buildah | Self::Podman => &[".containerignore", ".dockerignore"],
            Self::Task | Self::Nothing => &[],
        }
    }
}

/// Whether an existing image of the same content is used in place of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Promote {
    /// Yes, if it was built with the same version, commit and environment, as far as its build can see them.
    #[default]
    Auto,
    /// Yes, whatever version, commit and environment it was built with.
    Always,
    /// No.
    Never,
}

impl Promote {
    /// Whether this is the default.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// A command, as the keys `run` and `before` give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// A list: the program and its arguments, no shell.
    Argv(Vec<String>),
    /// A string: a script that `sh -euc` runs.
    Shell(String),
}

/// Reads a span of time in hours, minutes and seconds, such as `1h30m`: each unit at most once, the greatest first.
/// `None` for any other text, and for a span of zero.
#[must_use]
pub fn time_limit(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text, 0_u64);
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((count, behind)) = rest.split_once(unit) {
            let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            let count: u32 = count.parse().ok().filter(|_| digits)?;
            seconds += u64::from(count) * length;
            rest = behind;
        }
    }
    (rest.is_empty() && seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_has_its_time() {
        let limit = |minutes: Option<u64>, retries| {
            let timeout = minutes.map(|minutes| Duration::from_secs(60 * minutes));
            Recipe { timeout, retries, ..Recipe::default() }.time_limit().map(|limit| limit.as_secs() / 60)
        };
        assert_eq!(limit(Some(5), 0), Some(5));
        assert_eq!(limit(Some(5), 2), Some(15));
        assert_eq!(limit(None, 2), None);
        let longest = Recipe { timeout: Some(Duration::MAX), retries: u32::MAX, ..Recipe::default() };
        assert_eq!(longest.time_limit(), Some(Duration::MAX));
    }

    #[test]
    fn spans_of_time_have_units() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2h", 7200), ("1h5s", 3605)] {
            assert_eq!(time_limit(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0s", "10", "m", "5m1h", "1h1h", "-1s", "+1s", "1.5h", "1 m", "99999999999s"] {
            assert_eq!(time_limit(text), None, "{text}");
        }
    }
}
