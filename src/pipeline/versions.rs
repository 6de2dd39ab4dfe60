//! What services are called at a commit, without a plan.

use std::time::Duration;

use super::naming::Versions;
use super::{Dirty, Error, Naming, asked, environment, unfetched};
use crate::base;
use crate::change::ChangeSet;
use crate::config::Config;
use crate::git::{self, Fetch, Repository};
use crate::name::{CommitId, ServiceId};
use crate::plan;
use crate::trigger::Trigger;

/// What is asked of versions.
#[derive(Debug, Clone, Default)]
pub struct VersionsRequest {
    /// The services, by name or path; all when empty.
    pub services: Vec<String>,
    /// The commit; `HEAD` when absent.
    pub at: Option<CommitId>,
    /// The environment, where somebody chose it.
    pub environment: Option<String>,
    /// How they are written.
    pub naming: Naming,
    /// How long what the clone lacks may be fetched; not at all when absent.
    pub fetch: Option<Duration>,
}

/// Returns what services are called, in the order of the question, else of the file.
///
/// The work tree is looked at only where [`Naming::dirty`] asks for it, and then on top of `HEAD` alone.
///
/// # Errors
/// When something that was named is not there, the repository cannot be read, or a version would be wrong.
pub fn versions(
    repository: &Repository,
    config: &Config,
    trigger: &Trigger,
    request: &VersionsRequest,
) -> Result<plan::Versions, Error> {
    let services: Vec<ServiceId> = match request.services.as_slice() {
        [] => config.graph.services().collect(),
        names => asked::services(config, names)?.into_iter().collect::<indexmap::IndexSet<_>>().into_iter().collect(),
    };
    let mut fetch = Fetch::new(repository, request.fetch);
    let default_branch = || base::default_branch(repository, trigger, None, &mut fetch);
    let style = match environment::choose(config, trigger, request.environment.as_deref(), default_branch) {
        Ok((_, environment)) => environment.version,
        // Where no environment is for this event, none has a say in how versions are written.
        Err(Error::NoEnvironment { .. }) => None,
        Err(error) => return Err(error),
    };
    let head = match request.at {
        Some(commit) => commit,
        None => head(repository)?,
    };
    let on_top = match request.naming.dirty {
        Dirty::Said if request.at.is_none() && repository.work_dir().is_some() => repository.work_tree()?.changes,
        Dirty::Said | Dirty::Unsaid => ChangeSet::default(),
    };
    let versions = Versions { repository, config, style, naming: &request.naming, head: &head, on_top: &on_top };
    let name = || {
        let found = versions.find(&services)?;
        let named = services.iter().zip(&found).map(|(service, found)| {
            Ok(plan::VersionOf {
                service: config.graph.name(*service).to_string(),
                version: versions.write(*service, found)?,
                described: plan::Described::from(&found.described),
            })
        });
        named.collect::<Result<_, Error>>()
    };
    let services = fetch.until(name).map_err(|error| unfetched(error, &fetch))?;
    Ok(plan::Versions { services })
}

/// Returns the commit that is checked out.
pub(super) fn head(repository: &Repository) -> Result<CommitId, git::Error> {
    match repository.head()? {
        git::Head::Unborn { branch } => Err(git::Error::NoCommitYet { branch }),
        git::Head::Branch { commit, .. } | git::Head::Detached { commit } => Ok(commit),
    }
}
