//! Finds the versions of services at a commit, without a plan.

use super::naming::{Found, Versions, ignored_tags, tag_hint};
use super::{ConfigFile, Dirty, Error, Naming, declared_paths, environment, resolved_request, unfetched};
use crate::analysis::base;
use crate::config::Config;
use crate::inputs::git::{self, Lacking as _, Repository};
use crate::inputs::trigger::{Kind, Trigger};
use crate::model::change::ChangeSet;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, ServiceId, TagName};
use crate::naming::image::ImageTag;
use crate::naming::version::Count;
use crate::plan;

/// A request for versions.
#[derive(Debug, Clone, Default)]
pub struct VersionsRequest {
    /// The services, by name or path; all if empty.
    pub services: Vec<String>,
    /// The commit; `None` for `HEAD`.
    pub at: Option<CommitId>,
    /// The name of the environment; `None` if the trigger decides.
    pub environment: Option<String>,
    /// How versions are made and written.
    pub naming: Naming,
}

/// The versions of services, with warnings about them.
#[derive(Debug)]
pub struct Versioned {
    /// The versions.
    pub versions: plan::Versions,
    /// The errors of services without a version.
    pub failed: Vec<Error>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Returns the versions of services, in the order of the request; if it names no services, those of all services, in
/// the order of filters.yaml.
///
/// The work tree's changes are considered only on top of `HEAD`, and only in an environment for local runs or if
/// [`Naming::dirty`] is [`Dirty::Everywhere`]. For a service without a version, the result has the reason.
///
/// # Errors
/// When a named service or environment does not exist, the repository cannot be read, or this clone lacks history that
/// a version needs.
pub fn versions(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    trigger: &Trigger,
    request: &VersionsRequest,
) -> Result<Versioned, Error> {
    let services: Vec<ServiceId> = match request.services.as_slice() {
        [] => config.graph.services().collect(),
        names => resolved_request::services(repository, config, names)?
            .into_iter()
            .collect::<indexmap::IndexSet<_>>()
            .into_iter()
            .collect(),
    };
    let default_branch = || base::default_branch(repository, trigger, None);
    let environment = match environment::choose(config, trigger, request.environment.as_deref(), default_branch) {
        Ok((_, environment)) => Some(environment),
        // If no environment fits this event, the default settings determine how versions are written.
        Err(Error::NoEnvironment { .. }) => None,
        Err(error) => return Err(error),
    };
    let head = match request.at {
        Some(commit) => commit,
        None => head(repository)?,
    };
    let says_dirty = request.naming.dirty == Dirty::Everywhere
        || environment.is_some_and(|environment| environment.on.contains(&Kind::Local));
    let on_top = if says_dirty && request.at.is_none() && repository.work_dir().is_some() {
        repository.work_tree()?.changes
    } else {
        ChangeSet::default()
    };
    let by_paths =
        |service: &ServiceId| request.naming.count.unwrap_or(config.services[service.0].count) == Count::Paths;
    let followed = if !on_top.is_empty() || services.iter().any(by_paths) {
        let follow = || declared_paths::follow_links(repository, config, &services, Some(&head), &on_top);
        Some(repository.with_fetching(follow).map_err(|error| unfetched(error.into(), repository))?)
    } else {
        None
    };
    let config = followed.as_ref().map_or(config, |followed| &followed.config);
    let pushed = trigger.tag().map(TagName::from_git).filter(|_| request.at.is_none());
    let versions = Versions {
        repository,
        file,
        config,
        environment,
        naming: &request.naming,
        head: &head,
        on_top: &on_top,
        pushed: pushed.as_ref(),
    };
    let name = || {
        let found = versions.find(&services)?;
        let (mut named, mut failed) = (Vec::with_capacity(services.len()), Vec::new());
        for (service, found) in services.iter().zip(&found.services) {
            let name = config.graph.name(*service);
            let version = versions.write(*service, found);
            let unnamed = version.as_ref().err().map(|error| format!("{error}; {}", error.help()));
            let version = match version.map_err(|error| Error::Version { service: name.clone(), error }) {
                Ok(version) => Some(version),
                Err(error) if error.missing().is_some() => return Err(error),
                Err(error) => {
                    failed.push(error);
                    None
                }
            };
            let described = plan::GitDescription::from(&found.described);
            let image = version.as_deref().and_then(|version| image(config, *service, version));
            named.push(plan::VersionOf { service: name.to_string(), version, unnamed, image, described });
        }
        let is_unreleased =
            |(_, found): &(&ServiceId, &Found)| found.described.tag.is_none() && found.described.unread.is_none();
        let unreleased = services.iter().zip(&found.services).filter(is_unreleased).map(|(service, _)| *service);
        let hint = tag_hint(config, &unreleased.collect::<Vec<_>>(), &found.tags);
        Ok((named, failed, ignored_tags(&found.ignored).into_iter().chain(hint).collect()))
    };
    let (services, failed, warnings) = repository.with_fetching(name).map_err(|error| unfetched(error, repository))?;
    Ok(Versioned { versions: plan::Versions { services }, failed, warnings })
}

/// Returns a service's image with a version as the tag; `None` if the service has no image. The tag has `_` in place of
/// each `+`, which is not allowed in tags.
fn image(config: &Config, service: ServiceId, version: &str) -> Option<String> {
    let name = config.services[service.0].image.name.as_ref()?;
    Some(name.reference(&ImageTag::parse(&version.replace('+', "_")).ok()?))
}

/// Returns the commit that is checked out.
///
/// # Errors
/// When there is no commit yet, or HEAD cannot be read.
pub(super) fn head(repository: &Repository) -> Result<CommitId, git::GitError> {
    match repository.head()? {
        git::Head::Unborn { branch } => Err(git::GitError::NoCommitYet { branch }),
        git::Head::Branch { commit, .. } | git::Head::Detached { commit } => Ok(commit),
    }
}
