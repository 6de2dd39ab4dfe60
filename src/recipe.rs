//! How one service is built here: read from the local configuration alone, never from a plan file.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one service is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipe {
    /// What builds it; none where `run` says it, or where it follows from the files that are there.
    pub builder: Option<Builder>,
    /// The command that builds it.
    pub run: Option<Run>,
    /// The Dockerfile, relative to the service's path.
    pub dockerfile: Option<String>,
    /// The build context, relative to the root of the repository; the service's path when absent.
    pub context: Option<String>,
    /// The stage of the Dockerfile that is built.
    pub target: Option<String>,
    /// Build arguments. Never a secret: they end in the image's history.
    pub build_args: IndexMap<String, String>,
    /// Secrets, each `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`.
    pub secrets: Vec<String>,
    /// Where layers are read from, in the builder's own words.
    pub cache_from: Vec<String>,
    /// Where layers are written to, in the builder's own words.
    pub cache_to: Vec<String>,
    /// Variables that the command gets.
    pub env: IndexMap<String, String>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often a failed attempt is repeated.
    pub retries: u32,
    /// How many of the `--jobs` it takes, at least 1.
    pub weight: u32,
}

/// What builds a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Builder {
    /// `docker buildx build`.
    Docker,
    /// `buildah build`.
    Buildah,
    /// `podman build`.
    Podman,
    /// `task build`, in the service's path.
    Task,
}

/// The command of a `run:` builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// A list: the program and its arguments, no shell.
    Argv(Vec<String>),
    /// A string: the text of `sh -euc`.
    Shell(String),
}
