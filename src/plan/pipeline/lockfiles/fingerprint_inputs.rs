use std::collections::BTreeMap;

use super::locked::{Locked, Means};
use super::revision_files::Revision;
use crate::analysis::closure::{ClosureDigest, Resolution, WithDevelopment};
use crate::analysis::fingerprint::{Defined, LockContent, LockInput, LockedName};
use crate::config::Config;
use crate::inputs::git::{GitError, Repository};
use crate::model::change::{Change, Status};
use crate::model::name::{RepoPath, ServiceId};
use crate::plan::pipeline::{ConfigFile, Files};

/// Returns the inputs from lockfiles for the fingerprints of services. If `files` is [`Files::All`], an input also
/// lists the packages by name.
///
/// # Errors
/// When the commit, one of its trees or a lockfile cannot be read.
pub(in crate::plan::pipeline) fn fingerprint_inputs(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    services: &[ServiceId],
    revision: Revision,
    files: Files,
) -> Result<BTreeMap<ServiceId, Vec<LockInput>>, GitError> {
    let locked = Locked::read(repository, &file.lockfiles, config, services, revision)?;
    let mut inputs = BTreeMap::new();
    for (service, listed) in &locked.0 {
        let Some(closure) = config.services[service.0].closure() else { continue };
        let mut of_service = Vec::new();
        for file in listed {
            let mut packages = Vec::new();
            let content = match &file.means {
                Means::Closure(found) => {
                    if files == Files::All {
                        packages = names(found.resolution.as_ref(), found.package, closure.with);
                    }
                    LockContent::Closure(found.digest(closure))
                }
                Means::Doubt(_) => LockContent::File(file.mode, file.id),
                Means::Plain => {
                    let change = Change::new(RepoPath::from_git(file.path.as_str()), Status::Modified);
                    if config.plain_match(*service, &change).is_none() {
                        continue;
                    }
                    LockContent::File(file.mode, file.id)
                }
            };
            let defined = if file.is_uncommitted { Defined::Uncommitted } else { Defined::Committed };
            let settings = file.means.settings().map(|settings| ClosureDigest::of_settings(settings));
            of_service.push(LockInput { path: file.path.clone(), content, settings, packages, defined });
        }
        inputs.insert(*service, of_service);
    }
    Ok(inputs)
}

/// Returns all packages that a package gets, directly and indirectly, in the order of names.
fn names(resolution: &Resolution, start: usize, with: WithDevelopment) -> Vec<LockedName> {
    let packages = resolution.lockfile().packages();
    let name = |package: usize| {
        let told = &packages[package];
        LockedName::new(told.called(), &told.version, &told.identity)
    };
    let mut names: Vec<LockedName> = resolution.reached(start, with).into_iter().map(name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
