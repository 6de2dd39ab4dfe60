//! `--skip-existing`: asks registries which images exist.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::env;
use super::flags::GeneralArgs;
use super::printing::Output;
use super::progress::Progress;
use crate::inputs::registry::Registries;
use crate::plan::Plan;
use crate::plan::pipeline;

/// The default of `--registry-timeout`, in seconds.
pub(crate) const REGISTRY_TIMEOUT: u32 = 60;

/// The flags about images that exist.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub(crate) struct ExistingArgs {
    /// If the registry already has an image with the content that a service has now, add the service's tags to that
    /// image instead of building the service. rebake finds the image by its content tag, which is computed from all
    /// inputs of the build
    #[arg(long)]
    skip_existing: bool,
    /// Time limit for all registry requests together
    #[arg(long, value_name = "SECONDS", default_value_t = REGISTRY_TIMEOUT)]
    pub(crate) registry_timeout: u32,
}

impl ExistingArgs {
    /// Returns the flags for a command that always asks registries.
    pub(crate) fn asking(registry_timeout: u32) -> Self {
        Self { skip_existing: true, registry_timeout }
    }

    /// Whether fingerprints are needed, because registries are asked for images by fingerprint.
    pub(crate) fn needs_fingerprints(&self) -> bool {
        self.skip_existing
    }

    /// With `--skip-existing`, adds the existing images to a plan, and warns of registries that did not answer. Returns
    /// whether every registry that was asked answered.
    pub(crate) fn note(&self, plan: &mut Plan, general: &GeneralArgs, output: &Output) -> bool {
        !self.skip_existing || self.ask(plan, general, output)
    }

    /// Adds the existing images to a plan, and warns of registries that did not answer. Returns whether all answered.
    pub(crate) fn ask(&self, plan: &mut Plan, general: &GeneralArgs, output: &Output) -> bool {
        let progress = Progress::new(output, general.verbose);
        progress.step("asking registries what exists");
        let warnings = pipeline::note_existing(plan, &self.registries());
        progress.finish();
        output.say(&warnings);
        warnings.is_empty()
    }

    /// Returns the registries that may be asked.
    pub(crate) fn registries(&self) -> Registries {
        Registries::new(&credentials(), Duration::from_secs(self.registry_timeout.into()))
    }
}

/// Returns the credential files: a named one, then the defaults of Podman and Docker.
fn credentials() -> Vec<PathBuf> {
    let named = env::read(env::Variable::RegistryAuthFile).map(PathBuf::from);
    let podman =
        env::read(env::Variable::RuntimeDir).map(|directory| Path::new(&directory).join("containers/auth.json"));
    let docker = env::read(env::Variable::DockerConfig)
        .map(PathBuf::from)
        .or_else(|| env::home().map(|home| home.join(".docker")));
    [named, podman, docker.map(|directory| directory.join("config.json"))].into_iter().flatten().collect()
}
