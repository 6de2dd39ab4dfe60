//! Symbolic links of services whose targets the services' patterns do not match, so that a change of a target does not
//! affect the services with the link.
//!
//! A plan only looks for links in places that changed, and in the files of services that are new or have other
//! patterns. So the plan of the commit that adds a link warns of it, and so does a later plan when a file beside the
//! link changes, or below a directory beside it. Finding every link of a repository would take longer than the rest of
//! a plan: no tree tells which of its subtrees contain links, so all of them would be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::analysis::affected::{Cause, Direct};
use crate::analysis::filter::{FilterId, Filters, matches_of};
use crate::config::{Config, DeclaredKind, Global, Shape};
use crate::glob::{Pattern, Verdict};
use crate::inputs::git::Repository;
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{CommitId, RepoPath, ServiceId};
use crate::model::tree::{Mode, ObjectId, Outline, Region};

/// A symbolic link of a service whose target the service's filters do not match. `Display` is a part of a sentence.
struct Leading<'a> {
    link: RepoPath,
    service: ServiceId,
    to: &'a Target,
    /// The first changed path at its target.
    changed: Option<&'a RepoPath>,
    config: &'a Config,
}

/// A symbolic link among a service's files.
struct Held {
    link: RepoPath,
    service: ServiceId,
    /// The path to which its text leads.
    place: RepoPath,
}

/// What a commit has at the target of a link.
struct Target {
    path: RepoPath,
    extent: Extent,
    watched: Watched,
}

/// The services whose filters match a target.
enum Watched {
    /// It belongs to no service, according to `unowned`.
    Unowned,
    /// These services, by their own filters or through what they are built from.
    By(BTreeSet<ServiceId>),
}

/// The services' filters, for questions about many paths.
struct Holders<'a> {
    config: &'a Config,
    of: BTreeMap<FilterId, ServiceId>,
    /// The directories that patterns begin with.
    begins: BTreeSet<(&'a [u8], FilterId)>,
}

/// A name of a file that no pattern contains.
const ANY: &[u8] = b"\x01";

/// How many links a warning names.
const NAMED: usize = 5;

/// Returns a warning of such links, first those with a changed target, and how many directories were read for it.
/// Missing objects are not fetched for a warning.
pub(super) fn say(
    repository: &Repository,
    config: &Config,
    head: Option<&CommitId>,
    changes: &ChangeSet,
    direct: &Direct,
) -> (Option<Diagnostic>, usize) {
    let nothing = (None, 0);
    let Some(head) = head.filter(|_| !changes.is_empty()) else { return nothing };
    let Ok(tree) = repository.tree_of(head) else { return nothing };
    let Ok(survey) = repository.survey(&tree, &Outline::listed(region(config, changes, direct))) else {
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

/// Returns the region to search: the directories on the way to changed paths, and the files of services with other
/// patterns.
fn region(config: &Config, changes: &ChangeSet, direct: &Direct) -> Region {
    let paths = changes.as_slice().iter().map(|change| change.path.as_bytes());
    let services = config.graph.services().filter(|service| direct.of(*service).iter().any(is_of_other_patterns));
    let filters = services.flat_map(|service| config.services[service.0].own_filters());
    let directories = filters.flat_map(|filter| config.filters.get(filter).directories()).map(str::as_bytes);
    Region::below(paths.chain(directories).chain(linked_paths(config)))
}

/// Returns the paths of services that lead through links, if `filters` decide which of their files count.
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

/// Returns the warning of such links, if there are any.
fn warning(
    config: &Config,
    changes: &ChangeSet,
    links: Vec<Held>,
    targets: &BTreeMap<RepoPath, Option<Target>>,
) -> Option<Diagnostic> {
    let mut leading: Vec<Leading> = links
        .into_iter()
        .filter_map(|Held { link, service, place }| {
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
        "1 symbolic link leads to what the patterns of its service do not match".to_owned()
    } else {
        format!("{} symbolic links lead to what the patterns of their services do not match", leading.len())
    };
    let advice = match (config.shape, patterns(&leading).as_slice()) {
        (Shape::Flat, [one]) => format!("add {one} to the filter"),
        (Shape::Flat, all) => format!("add to the filters of these links where they lead: {}", all.join(", ")),
        (Shape::Structured, [one]) => format!(
            "add {one} to the service's `filters`, or add the service that owns it to `depends_on`; if it affects nothing, \
             add it to `unowned`"
        ),
        (Shape::Structured, all) => format!(
            "add to each service's `filters` where its links lead ({}), or add the service that owns that to `depends_on`; \
             if it affects nothing, add it to `unowned`",
            all.join(", ")
        ),
    };
    Some(Diagnostic::warning("link-outside", format!("{counted}: {}{more}", named.join("; "))).help(advice))
}

/// Returns patterns for the targets of the named links, each once.
fn patterns(leading: &[Leading]) -> Vec<String> {
    let mut patterns = Vec::new();
    for pattern in leading.iter().take(NAMED).map(|leading| leading.to.pattern()) {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
}

/// Returns the links that belong to services, each with the path to which it leads, and what a commit has there.
fn of_services(
    repository: &Repository,
    config: &Config,
    head: &CommitId,
    all: impl Iterator<Item = (RepoPath, ObjectId)>,
) -> (Vec<Held>, BTreeMap<RepoPath, Option<Target>>) {
    let holders = Holders::of(config);
    let (mut links, mut targets) = (Vec::new(), BTreeMap::new());
    for (link, id) in all {
        let services = holders.holding(&link);
        if services.is_empty() {
            continue;
        }
        let Ok(text) = repository.link_text(head, &link, id) else { continue };
        let Some(place) = named_by(&link, &text) else { continue };
        targets.entry(place.clone()).or_insert_with(|| {
            let (path, extent) = repository.leads_to(head, &place).ok().flatten()?;
            Some(Target { watched: holders.watched(&path, extent), path, extent })
        });
        let of = |service| Held { link: link.clone(), service, place: place.clone() };
        links.extend(services.into_iter().map(of));
    }
    (links, targets)
}

impl<'a> Holders<'a> {
    fn of(config: &'a Config) -> Self {
        let own = |service: ServiceId| config.services[service.0].own_filters().map(move |filter| (filter, service));
        let of: BTreeMap<FilterId, ServiceId> = config.graph.services().flat_map(own).collect();
        let directories = |filter: &FilterId| {
            let filter = *filter;
            config.filters.get(filter).directories().map(move |directory| (directory.as_bytes(), filter))
        };
        // One file that an image is built from, behind a link, is not all that the link's service means.
        let written = config.graph.services().map(|service| config.services[service.0].filter);
        let begins = written.collect::<BTreeSet<_>>().iter().flat_map(directories).collect();
        Self { config, of, begins }
    }

    /// Returns the services whose own patterns match a link, or name a path through it.
    fn holding(&self, link: &RepoPath) -> BTreeSet<ServiceId> {
        let matching = self.filters_of(link.clone()).into_iter();
        let first = Filters::id(0);
        let at = self.begins.range((link.as_bytes(), first)..).take_while(|(begin, _)| *begin == link.as_bytes());
        let start = [link.as_bytes(), b"/"].concat();
        let below = self.begins.range((start.as_slice(), first)..);
        let below = below.take_while(|(begin, _)| begin.starts_with(&start));
        let leading = at.chain(below).map(|(_, filter)| *filter);
        matching.chain(leading).filter_map(|filter| self.of.get(&filter)).copied().collect()
    }

    /// Returns the filters that match a path.
    fn filters_of(&self, path: RepoPath) -> BTreeSet<FilterId> {
        let change = Change::new(path, Status::Modified);
        matches_of(&self.config.filters, &change).into_iter().map(|(filter, _)| filter).collect()
    }

    /// Returns the services whose filters match a target, or something below it.
    fn watched(&self, path: &RepoPath, extent: Extent) -> Watched {
        let matching = self.filters_of(path.clone());
        if matching.contains(&self.config.unowned) {
            return Watched::Unowned;
        }
        let holder = |filter: &FilterId| self.of.get(filter).copied();
        let mut by: BTreeSet<ServiceId> = matching.iter().filter_map(holder).collect();
        if extent == Extent::Below {
            // What an image is built from names the directory of a file too: it covers one only with all that is in it.
            let directory: &[&[u8]] = if path.as_bytes().is_empty() { &[] } else { &[path.as_bytes(), b"/"] };
            let any_in_it = self.filters_of(RepoPath::from_git([&directory.concat(), ANY].concat()));
            by.retain(|service| {
                let service = &self.config.services[service.0];
                matching.contains(&service.filter) || service.inputs.is_some_and(|inputs| any_in_it.contains(&inputs))
            });
            by.extend(self.leading_below(path).iter().map(|filter| self.of[filter]));
        }
        if matching.contains(&self.config.global) {
            let heeds = |service: &ServiceId| self.config.services[service.0].global == Global::TakesPart;
            by.extend(self.config.graph.services().filter(heeds));
        }
        self.config.graph.add_dependents(&mut by);
        Watched::By(by)
    }

    /// Returns the filters that match something below a directory with a pattern that begins there, or in a directory
    /// above it. A pattern that begins at the root, such as `**/*.md`, does not count.
    fn leading_below(&self, path: &RepoPath) -> Vec<FilterId> {
        let path = path.as_bytes();
        let first = Filters::id(0);
        let leads =
            |pattern: &Pattern| !pattern.directory().is_empty() && pattern.matches_or_leads_below(path) != Verdict::No;
        let mut leading = Vec::new();
        for directory in ancestors(path) {
            let begin = self.begins.range((directory, first)..).take_while(|(begin, _)| *begin == directory);
            let leads_below =
                |filter: &FilterId| self.config.filters.get(*filter).including().any(|at| leads(&at.value));
            leading.extend(begin.map(|(_, filter)| *filter).filter(leads_below));
        }
        let start = [path, b"/"].concat();
        let below = self.begins.range((start.as_slice(), first)..);
        leading.extend(below.take_while(|(begin, _)| begin.starts_with(&start)).map(|(_, filter)| *filter));
        leading
    }
}

/// Returns a path and the directories that contain it, without the root.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| &path[..at]).chain((!path.is_empty()).then_some(path))
}

/// Returns the path to which the text of a link leads, without looking at the tree; `None` where it lies outside of the
/// repository.
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

impl Target {
    /// Whether a change of the target affects a service, or need not affect any.
    fn is_watched(&self, service: ServiceId) -> bool {
        match &self.watched {
            Watched::Unowned => true,
            Watched::By(services) => services.contains(&service),
        }
    }

    /// Returns the first changed path at the target.
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

    /// Returns a pattern that would match the target, for an advice.
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
