//! Plans releases: reads the tags and commits from which `naming::release` makes the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, resolved_request, service_commits, versions};
use crate::config::Config;
use crate::inputs::git::{self, Parents, Repository, Tag};
use crate::model::name::{CommitId, ServiceId, ServiceName, TagName};
use crate::naming::release::{self, Line, ReleasePlan, ReleasePosition, ReleaseRequest, Scope, TaggedRelease};
use crate::naming::version::{Commit, Parsed, TagPattern};

/// Plans releases at `HEAD`. `services` has the names or paths of the services to release; if it is empty, all services
/// are planned.
///
/// It takes two walks of history for any number of services.
///
/// # Errors
/// When a named service does not exist or is a library, the clone is shallow, the repository cannot be read, or there
/// is no next release.
pub fn release(
    repository: &Repository,
    config: &Config,
    services: &[String],
    request: &ReleaseRequest,
) -> Result<ReleasePlan, Error> {
    let head = versions::head(repository)?;
    if repository.is_shallow() {
        return Err(git::GitError::ShallowHistory {
            question: "which releases head leads to".to_owned(),
            behind: vec![head],
        }
        .into());
    }
    let named = resolved_request::services(repository, config, services)?;
    if let Some(library) = named.iter().find(|service| config.services[service.0].is_library()) {
        let graph = &config.graph;
        let instead = stand_on(config, *library).into_iter().map(|service| graph.name(service).clone()).collect();
        return Err(Error::Library { name: graph.name(*library).clone(), instead });
    }
    let tags = repository.tags()?;
    let groups = groups(config);
    let lines = lines(repository, config, &groups, &named, &tags, &head)?;
    let since: Vec<Option<CommitId>> =
        lines.iter().map(|line| Some(line.since(request.pre.as_deref())?.commit)).collect();
    let mut own_files = service_commits::own_files(config);
    // A commit that touches a library touches the services that are built from it too.
    let touches = |step: &service_commits::Step<'_>| {
        let mut services = own_files(step)?;
        let touched: Vec<ServiceId> = services.iter().copied().collect();
        let libraries = touched.into_iter().filter(|service| config.services[service.0].is_library());
        libraries.for_each(|library| services.extend(stand_on(config, library)));
        Ok(services)
    };
    let touching = service_commits::since(repository, &head, &groups, &since, Parents::All, touches)?;
    let mut read: BTreeMap<CommitId, Commit> = BTreeMap::new();
    for commit in touching.iter().flatten() {
        if !read.contains_key(commit) {
            read.insert(*commit, repository.commit_message(commit)?);
        }
    }
    let commits = touching.iter().map(|commits| commits.iter().map(|commit| read[commit].clone()).collect()).collect();
    let existing: Vec<TagName> = tags.into_iter().map(|tag| tag.name).collect();
    Ok(release::plan(&lines, commits, &existing, request)?)
}

/// Returns the groups of services that are released together, since they have the same format of release tags. The
/// groups of dependencies come first. Libraries are left out, since they have no releases.
fn groups(config: &Config) -> Vec<Vec<ServiceId>> {
    let mut groups: indexmap::IndexMap<&TagPattern, Vec<ServiceId>> = indexmap::IndexMap::new();
    for service in config.graph.build_order().iter().filter(|service| !config.services[service.0].is_library()) {
        if let Some(written) = config.services[service.0].tag.first() {
            groups.entry(written).or_default().push(*service);
        }
    }
    groups.into_values().collect()
}

/// Returns the dependencies of a service. In place of a library among them, which has no releases, the library's own
/// dependencies are returned.
fn released(config: &Config, service: ServiceId) -> BTreeSet<ServiceId> {
    beyond_libraries(config, service, |service| config.graph.dependencies(service))
}

/// Returns the dependents of a service. In place of a library among them, the library's own dependents are returned.
fn stand_on(config: &Config, service: ServiceId) -> BTreeSet<ServiceId> {
    beyond_libraries(config, service, |service| config.graph.dependents(service))
}

/// Returns the neighbours of a service. In place of a library among them, the library's own neighbours are returned.
fn beyond_libraries(
    config: &Config,
    service: ServiceId,
    neighbours: impl Fn(ServiceId) -> Vec<ServiceId>,
) -> BTreeSet<ServiceId> {
    let (mut left, mut seen) = (neighbours(service), BTreeSet::new());
    while let Some(next) = left.pop() {
        if seen.insert(next) && config.services[next.0].is_library() {
            left.extend(neighbours(next));
        }
    }
    seen.retain(|service| !config.services[service.0].is_library());
    seen
}

fn lines(
    repository: &Repository,
    config: &Config,
    groups: &[Vec<ServiceId>],
    named: &[ServiceId],
    tags: &[Tag],
    head: &CommitId,
) -> Result<Vec<Line>, Error> {
    let mut group_of: BTreeMap<ServiceId, usize> = BTreeMap::new();
    for (group, services) in groups.iter().enumerate() {
        group_of.extend(services.iter().map(|service| (*service, group)));
    }
    let releases: Vec<_> = tags
        .iter()
        .filter_map(|tag| match config.release_tags().parse(&tag.name) {
            Parsed::Release { services, version } => Some((tag, services, version)),
            Parsed::Malformed { .. } | Parsed::Other { .. } | Parsed::Unknown { .. } => None,
        })
        .collect();
    let wanted: BTreeSet<CommitId> = releases.iter().map(|(tag, ..)| tag.object()).collect();
    let reachable = repository.reachable(head, wanted)?;
    let line = |services: &Vec<ServiceId>| {
        let dependencies = services.iter().flat_map(|service| released(config, *service));
        let depends_on: BTreeSet<usize> = dependencies.filter_map(|service| group_of.get(&service).copied()).collect();
        Line {
            services: services.iter().map(|service| config.graph.name(*service).clone()).collect(),
            pattern: config.services[services[0].0].tag[0].clone(),
            releases: Vec::new(),
            depends_on: depends_on.into_iter().collect(),
            scope: match named {
                [] => Scope::Everyone,
                named if services.iter().any(|service| named.contains(service)) => Scope::Named,
                _ => Scope::Outside,
            },
        }
    };
    let mut lines: Vec<Line> = groups.iter().map(line).collect();
    for (tag, services, version) in releases {
        let commit = tag.object();
        let reach = match reachable.contains(&commit) {
            true if commit == *head => ReleasePosition::Head,
            true => ReleasePosition::Behind,
            false => ReleasePosition::Elsewhere,
        };
        let group = |service: &ServiceName| config.graph.id(service.as_str()).and_then(|id| group_of.get(&id).copied());
        for group in services.iter().filter_map(group).collect::<BTreeSet<usize>>() {
            lines[group].releases.push(TaggedRelease {
                tag: tag.name.clone(),
                version: version.clone(),
                commit,
                reach,
            });
        }
    }
    Ok(lines)
}
