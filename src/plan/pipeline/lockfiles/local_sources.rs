use std::borrow::Cow;
use std::collections::BTreeSet;

use super::locked::{Closure, Locked, Means};
use super::revision_files::Revision;
use crate::analysis::closure::WithDevelopment;
use crate::config::{Config, Input};
use crate::inputs::git::{GitError, Repository};
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, RepoDir, RepoPath, ServiceId};
use crate::plan::pipeline::ConfigFile;

/// Returns the configuration in which the local sources of services' packages are inputs of the services too. Local
/// sources are directories and archives of this repository that a lockfile names. The lockfiles are those of a commit
/// with the work tree's changes on top.
///
/// # Errors
/// When the commit, one of its trees or a lockfile cannot be read.
pub fn with_local_sources<'c>(
    repository: &Repository,
    file: &ConfigFile,
    config: Cow<'c, Config>,
    services: &[ServiceId],
    commit: Option<&CommitId>,
    on_top: &ChangeSet,
) -> Result<Cow<'c, Config>, GitError> {
    let Some(commit) = commit.filter(|_| config.services.values().any(|service| service.closure().is_some())) else {
        return Ok(config);
    };
    let wanted = config.graph.with_dependencies(services);
    let wanted: Vec<ServiceId> = config.graph.services().filter(|service| wanted[service.0]).collect();
    let locked = Locked::read(repository, &file.lockfiles, &config, &wanted, Revision { commit, on_top })?;
    let mut more = Vec::new();
    for (service, files) in &locked.0 {
        let definition = &config.services[service.0];
        let Some(closure) = definition.closure() else { continue };
        let mut paths = BTreeSet::new();
        for file in files {
            if let Means::Closure(found) = &file.means {
                let directory = RepoDir::of_file(&file.path);
                let local = local(found, closure.with);
                // Sources outside of the repository are left out.
                paths.extend(local.into_iter().filter_map(|path| directory.resolve(path).ok()));
            }
        }
        for path in &paths {
            let place = definition.place("lockfile", "");
            let at = if path.is_root() { RepoPath::from_git("") } else { RepoPath::from_git(path.as_str()) };
            more.push((*service, place.as_ref().map(|()| Input::At(at.clone()))));
            more.push((*service, place.map(|()| Input::Below(at))));
        }
    }
    Ok(if more.is_empty() { config } else { Cow::Owned(config.with_inputs(more)) })
}

/// Returns the local sources of the packages that a package gets, directly and indirectly.
fn local(closure: &Closure, with: WithDevelopment) -> Vec<&str> {
    let lockfile = closure.resolution.lockfile();
    if !lockfile.has_local_sources() {
        return Vec::new();
    }
    let packages = lockfile.packages();
    let reached = closure.resolution.reached(closure.package, with).into_iter();
    reached.filter_map(|package| packages[package].local.as_deref()).collect()
}
