//! Finds symbolic links among the files of services whose targets the services' patterns do not match. A change of such
//! a target does not affect the services with the link.
//!
//! A plan looks for links only in the directories of changed paths, and among the files of services that are new or
//! have other patterns than at base. So the plan of the commit that adds a link warns about it. A later plan warns
//! about it when a file changes beside the link, or below a directory beside it. Finding every link of a repository
//! would take longer than the rest of a plan: no tree records which of its subtrees contain links, so all subtrees
//! would have to be read.

mod link_warning;
mod watchers;

use std::collections::BTreeMap;

use self::link_warning::{ServiceLink, Target, warning};
use self::watchers::{Watchers, ancestors};
use crate::analysis::affected::{Cause, Direct};
use crate::config::{Config, DeclaredKind};
use crate::glob::{Pattern, Verdict};
use crate::inputs::git::Repository;
use crate::model::change::ChangeSet;
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{CommitId, RepoPath, ServiceId};
use crate::model::tree::{Mode, ObjectId, Outline, Region};

/// Returns the warning about links whose targets their services' patterns do not match, if there are any, and the
/// number of directories that were read. Links are searched in the `region` of the tree. The warning names links with a
/// changed target first. Objects that this clone lacks are not fetched for a warning.
pub(super) fn say(
    repository: &Repository,
    config: &Config,
    head: Option<&CommitId>,
    changes: &ChangeSet,
    region: Region,
) -> (Option<Diagnostic>, usize) {
    let nothing = (None, 0);
    let Some(head) = head.filter(|_| !changes.is_empty()) else { return nothing };
    let Ok(tree) = repository.tree_of(head) else { return nothing };
    let Ok(survey) = repository.survey(&tree, &Outline::listed(region)) else {
        return nothing;
    };
    let links = survey.entries.iter().filter(|entry| entry.mode == Mode::SymbolicLink);
    let mut links = links.map(|entry| (RepoPath::from_git(entry.path), entry.id)).peekable();
    if links.peek().is_none() {
        return (None, survey.read);
    }
    let (links, targets) = of_services(repository, config, head, links);
    (warning(config, changes, links, &targets), survey.read)
}

/// Returns the region of the tree to search for links: the directories that contain changed paths, the files of
/// services with other patterns than at base, and paths of services that lead through links.
pub(super) fn region(config: &Config, changes: &ChangeSet, direct: &Direct) -> Region {
    let paths = changes.as_slice().iter().map(|change| change.path.as_bytes());
    let services = config.graph.services().filter(|service| direct.of(*service).iter().any(is_of_other_patterns));
    let filters = services.flat_map(|service| config.services[service.0].own_filters());
    let directories = filters.flat_map(|filter| config.filters.get(filter).directories()).map(str::as_bytes);
    Region::below(paths.chain(directories).chain(linked_paths(config)))
}

/// Returns the `path` of each service whose `path` leads through a link and whose `filters` decide which files in it
/// count.
fn linked_paths(config: &Config) -> impl Iterator<Item = &[u8]> {
    let of = |service: ServiceId| {
        let service = &config.services[service.0];
        let inputs = service.inputs.map(|inputs| config.filters.get(inputs));
        let listed = service.declared.iter().filter(|declared| declared.what == DeclaredKind::Listed);
        let paths = listed.map(|declared| declared.path.value.as_bytes());
        paths.filter(move |path| {
            let is_link = |above| move |at: &Located<Pattern>| at.value.matches(above) != Verdict::No;
            inputs.is_some_and(|inputs| ancestors(path).any(|above| inputs.including().any(is_link(above))))
        })
    };
    config.graph.services().flat_map(of)
}

/// Whether a cause means that a service has other patterns than at base.
fn is_of_other_patterns(cause: &Cause) -> bool {
    match cause {
        Cause::NewService => true,
        Cause::Definition(keys) => keys.iter().any(|key| matches!(key.as_str(), "exclude" | "filters" | "path")),
        _ => false,
    }
}

/// Returns the links among the files of services, and the targets of these links in a commit. The key of a target is
/// the path that the text of a link names. A target is `None` if there is nothing at this path.
fn of_services(
    repository: &Repository,
    config: &Config,
    head: &CommitId,
    all: impl Iterator<Item = (RepoPath, ObjectId)>,
) -> (Vec<ServiceLink>, BTreeMap<RepoPath, Option<Target>>) {
    let watchers = Watchers::of(config);
    let (mut links, mut targets) = (Vec::new(), BTreeMap::new());
    for (link, id) in all {
        let services = watchers.holding(&link);
        if services.is_empty() {
            continue;
        }
        let Ok(text) = repository.link_text(head, &link, id) else { continue };
        let Some(place) = named_by(&link, &text) else { continue };
        targets.entry(place.clone()).or_insert_with(|| {
            let (path, extent) = repository.leads_to(head, &place).ok().flatten()?;
            Some(Target { watched: watchers.watched(&path, extent), path, extent })
        });
        let of = |service| ServiceLink { link: link.clone(), service, place: place.clone() };
        links.extend(services.into_iter().map(of));
    }
    (links, targets)
}

/// Returns the path in the repository that the text of a link names, relative to the directory of the link. `None` if
/// the path is outside of the repository. The path need not exist.
fn named_by(link: &RepoPath, text: &[u8]) -> Option<RepoPath> {
    if text.starts_with(b"/") {
        return None;
    }
    let mut parts: Vec<&[u8]> = link.as_bytes().split(|byte| *byte == b'/').collect();
    parts.pop();
    for part in text.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(RepoPath::from_git(parts.join(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_link_leads_from_its_directory() {
        for (link, text, expected) in [
            ("api/shared", "../shared", Some("shared")),
            ("api/shared", "../shared/", Some("shared")),
            ("api/shared", "lib/./x", Some("api/lib/x")),
            ("api/root", "..", Some("")),
            ("link", "a//b", Some("a/b")),
            ("api/outside", "../../x", None),
            ("link", "/etc/hosts", None),
        ] {
            let place = named_by(&RepoPath::from_git(link), text.as_bytes());
            assert_eq!(place.map(|place| place.to_string()), expected.map(str::to_owned), "{link} -> {text}");
        }
    }
}
