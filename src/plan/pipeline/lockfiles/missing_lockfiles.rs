use std::collections::BTreeSet;

use super::revision_files::{Revision, RevisionFiles};
use crate::analysis::base::Doubt;
use crate::config::Config;
use crate::inputs::git::{GitError, Repository};
use crate::model::name::{Escaped, RepoDir, ServiceId};
use crate::plan::pipeline::ConfigFile;

/// Returns the doubts about lockfiles that services name, but that do not exist.
///
/// # Errors
/// When the commit or one of its trees cannot be read.
pub(in crate::plan::pipeline) fn missing_lockfiles(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    revision: Revision,
) -> Result<Vec<Doubt>, GitError> {
    let named = |service: ServiceId| Some((service, config.services[service.0].closure()?.file.as_deref()?));
    let named: Vec<(ServiceId, &str)> = config.graph.services().filter_map(named).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let directories: BTreeSet<RepoDir> = named.iter().map(|(_, path)| RepoDir::of_file(path)).collect();
    let files = RevisionFiles::list(repository, &file.lockfiles, &directories, revision)?;
    let missing = named.into_iter().filter(|(_, path)| files.entry(path).is_none());
    let doubt = |(service, path): (ServiceId, &str)| {
        let message = format!(
            "`{}` is not there, so what `{}` gets by it is not known",
            Escaped::new(path),
            config.graph.name(service)
        );
        let help = Some("correct `lockfile` of the service".to_owned());
        Doubt { kind: "lockfile", message, help, cure: None }
    };
    Ok(missing.map(doubt).collect())
}
