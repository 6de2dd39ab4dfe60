//! The warning about symbolic links whose targets the filters of their services do not match.

use std::collections::BTreeMap;
use std::fmt;

use super::watchers::Watched;
use crate::config::{Config, Shape};
use crate::model::change::{ChangeSet, Extent};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{RepoPath, ServiceId};

/// The greatest number of links that a warning names.
const NAMED: usize = 5;

/// A symbolic link among a service's files.
pub(super) struct ServiceLink {
    pub(super) link: RepoPath,
    pub(super) service: ServiceId,
    /// The path that the link names as its target, resolved from the link's directory.
    pub(super) place: RepoPath,
}

/// The target of a link in a commit, after all links on the way.
pub(super) struct Target {
    pub(super) path: RepoPath,
    pub(super) extent: Extent,
    pub(super) watched: Watched,
}

/// A symbolic link of a service whose target the service's filters do not match. `Display` is a part of a sentence.
struct Leading<'a> {
    link: RepoPath,
    service: ServiceId,
    to: &'a Target,
    /// The first changed path at or below the target.
    changed: Option<&'a RepoPath>,
    config: &'a Config,
}

/// Returns the warning about the links whose targets the filters of their services do not match, if there are any.
pub(super) fn warning(
    config: &Config,
    changes: &ChangeSet,
    links: Vec<ServiceLink>,
    targets: &BTreeMap<RepoPath, Option<Target>>,
) -> Option<Diagnostic> {
    let mut leading: Vec<Leading> = links
        .into_iter()
        .filter_map(|ServiceLink { link, service, place }| {
            let to = targets.get(&place)?.as_ref().filter(|to| !to.is_watched(service))?;
            Some(Leading { link, service, to, changed: to.changed(changes), config })
        })
        .collect();
    leading.sort_by_key(|leading| leading.changed.is_none());
    if leading.is_empty() {
        return None;
    }
    let named: Vec<String> = leading.iter().take(NAMED).map(ToString::to_string).collect();
    let more = leading.len() - named.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let counted = if leading.len() == 1 {
        "1 symbolic link leads to files that the patterns of its service do not match".to_owned()
    } else {
        format!("{} symbolic links lead to files that the patterns of their services do not match", leading.len())
    };
    let advice = match (config.shape, patterns(&leading).as_slice()) {
        (Shape::Flat, [one]) => format!("add {one} to the filter"),
        (Shape::Flat, all) => format!("add the targets of these links to the filters: {}", all.join(", ")),
        (Shape::Structured, [one]) => format!(
            "add {one} to the service's `filters`, or add the service that owns it to `depends_on`; if it affects nothing, \
             add it to `unowned`"
        ),
        (Shape::Structured, all) => format!(
            "add the targets of a service's links ({}) to its `filters`, or add the service that owns them to `depends_on`; \
             if they affect nothing, add them to `unowned`",
            all.join(", ")
        ),
    };
    Some(Diagnostic::warning("link-outside", format!("{counted}: {}{more}", named.join("; "))).help(advice))
}

/// Returns patterns that match the targets of the links that the warning names, each once.
fn patterns(leading: &[Leading]) -> Vec<String> {
    let mut patterns = Vec::new();
    for pattern in leading.iter().take(NAMED).map(|leading| leading.to.pattern()) {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
}

impl Target {
    /// Whether a change of the target affects a service, or need not affect any service.
    fn is_watched(&self, service: ServiceId) -> bool {
        match &self.watched {
            Watched::Unowned => true,
            Watched::By(services) => services.contains(&service),
        }
    }

    /// Returns the first changed path at or below the target.
    fn changed<'a>(&self, changes: &'a ChangeSet) -> Option<&'a RepoPath> {
        let changes = changes.as_slice();
        let start = match self.extent {
            Extent::Path => self.path.as_bytes().to_vec(),
            Extent::Below if self.path.as_bytes().is_empty() => Vec::new(),
            Extent::Below => [self.path.as_bytes(), b"/"].concat(),
        };
        let first = changes.get(changes.partition_point(|change| change.path.as_bytes() < start.as_slice()))?;
        let is_there = match self.extent {
            Extent::Path => first.path == self.path,
            Extent::Below => first.path.as_bytes().starts_with(&start),
        };
        is_there.then_some(&first.path)
    }

    /// Returns a pattern that would match the target, for a suggestion.
    fn pattern(&self) -> String {
        match self.extent {
            Extent::Path => format!("`{}`", self.path),
            Extent::Below if self.path.as_bytes().is_empty() => "`**`".to_owned(),
            Extent::Below => format!("`{}/**`", self.path),
        }
    }
}

impl fmt::Display for Leading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of `{}` leads to ", self.link, self.config.graph.name(self.service))?;
        match self.to.path.as_bytes() {
            b"" => f.write_str("the root of the repository")?,
            _ => write!(f, "{}", self.to.path)?,
        }
        match self.changed {
            Some(path) if *path == self.to.path => f.write_str(", which changed"),
            Some(path) => write!(f, ", where {path} changed"),
            None => Ok(()),
        }
    }
}
