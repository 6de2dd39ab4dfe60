//! Completion candidates for values, from this repository. If the repository cannot be read, there are none.

use std::path::Path;

use clap::builder::StyledStr;
use clap_complete::CompletionCandidate;

use crate::cli::env;
use crate::config::{Config, Service};
use crate::inputs::git::Repository;
use crate::model::name::{Escaped, ServiceName};
use crate::plan::pipeline::ConfigFile;

/// The prefixes of the refs that are proposed as revisions, in the order of the candidates.
const REVISIONS: [&str; 3] = ["refs/heads/", "refs/tags/", "refs/remotes/"];

/// Returns the services, with their descriptions or their directories.
pub(super) fn services() -> Vec<CompletionCandidate> {
    let Some(config) = config() else { return Vec::new() };
    let candidate = |(name, service): (&ServiceName, &Service)| {
        let path = service.path.as_ref().map(ToString::to_string);
        let help = service.description.clone().or(path).map(|help| StyledStr::from(Escaped::new(&help).to_string()));
        CompletionCandidate::new(name.as_str()).help(help)
    };
    config.services.iter().map(candidate).collect()
}

/// Returns the environments.
pub(super) fn environments() -> Vec<CompletionCandidate> {
    config().map_or_else(Vec::new, |config| config.environments.keys().map(CompletionCandidate::new).collect())
}

/// Returns branches, tags and branches of remotes.
pub(super) fn revisions() -> Vec<CompletionCandidate> {
    let Ok(repository) = Repository::discover(Path::new(".")) else { return Vec::new() };
    let below = |prefix: &&str| repository.refs_below(prefix).unwrap_or_default();
    let refs = REVISIONS.iter().map(|prefix| (prefix, below(prefix)));
    let short = refs
        .flat_map(|(prefix, refs)| refs.into_keys().filter_map(|name| name.strip_prefix(*prefix).map(str::to_owned)));
    std::iter::once("HEAD".to_owned()).chain(short).map(CompletionCandidate::new).collect()
}

/// Returns the configuration of the work tree.
fn config() -> Option<Config> {
    let directory = Path::new(".");
    let repository = Repository::discover(directory).ok()?;
    let named = env::read(env::Variable::Config).map(std::path::PathBuf::from);
    let file = ConfigFile::find(&repository, named.as_deref(), directory, None).ok()?;
    let (_, checked) = file.check(&repository, None).ok()?;
    checked.ok().map(|(config, _)| config)
}
