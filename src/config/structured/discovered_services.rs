//! Adds the services that other files of the repository declare to the services of filters.yaml.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::build_files::{below_directory, entry, literal};
use super::checked_name;
use super::circles::{self, Edge};
use crate::analysis::discover::{Area, Discovered, DiscoveredService, Taken, TakenFor};
use crate::analysis::filter::{Effect, FilterEntry};
use crate::config::ServiceOrigin;
use crate::config::discovered_builds::{DiscoveredBuild, discovered_builds};
use crate::config::problems::Problems;
use crate::config::raw::{self, Patterns};
use crate::config::read::{Field, List, Map, Named, Text};
use crate::inputs::lockfile::LockfileFormat;
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::{RepoDir, TagName, is_own_output, slug};
use crate::model::recipe::{Builder, Recipe};
use crate::model::template::Template;
use crate::naming::version::TagFormat;

/// The services that were added to a file.
#[derive(Default)]
pub(super) struct Added {
    /// Further inputs of services, by service name.
    pub(super) besides: BTreeMap<String, Vec<FilterEntry>>,
    /// The names of the added services, each with its origin.
    pub(super) origins: BTreeMap<String, ServiceOrigin>,
    /// For each service in a circle, by its name, the name of the circle's library.
    pub(super) circles: BTreeMap<String, String>,
    /// The names of each discovered service in the configuration, in the order of discovery.
    called: Vec<Names>,
}

impl Added {
    /// Returns the name under which a discovered service was added; `None` if the file already has services for it.
    pub(super) fn added_as(&self, position: usize) -> Option<&str> {
        if let Names::Own(name) = self.called.get(position)? { Some(name) } else { None }
    }
}

/// Adds the discovered packages and dependencies to a file. A package becomes a service of its own if its directory is
/// not the `path` of any service in the file. If the file has services, the added services are libraries.
pub(super) fn add(file: &mut raw::File, found: &Discovered, problems: &mut Problems<'_>) -> Added {
    let mut added = Added::default();
    if found.services.is_empty() {
        return added;
    }
    if matches!(file.services, Field::Absent | Field::Empty) {
        file.services = Field::Given(Box::new(Located::new(raw::Services::default(), Span::default())));
    }
    let usual = file.defaults.value().map(|defaults| defaults.depends_on.clone()).unwrap_or_default();
    let has_image = file.defaults.value().is_some_and(|defaults| !matches!(defaults.image, Field::Absent));
    let usual_image = if has_image { UsualImage::OfDefaults } else { UsualImage::Discovered };
    let Field::Given(services) = &mut file.services else { return added };
    let services = &mut services.value.0;
    let builder = if services.is_empty() { None } else { Some(Builder::Nothing) };
    let mut slugs: BTreeSet<String> = services.keys().map(|name| slug(name)).collect();
    let names = names(services, found, &mut slugs);
    // A file that has services says itself what is built.
    let mut builds = if services.is_empty() { discovered_builds(found) } else { Vec::new() };
    builds.resize_with(names.len(), || None);
    for ((service, names), build) in found.services.iter().zip(&names).zip(&builds) {
        match names {
            Names::OfFile(names) => {
                let is_beside = |taken: &&Taken| matches!(taken.why, TakenFor::Manifest | TakenFor::Lockfile);
                let besides = service.takes.iter().filter(is_beside);
                let entries = entries(besides, problems);
                for name in names.iter().filter(|_| !entries.is_empty()) {
                    added.besides.insert(name.clone(), entries.clone());
                }
            }
            Names::Own(name) => {
                let mut package = package(service, builder, problems);
                if let Some(build) = build {
                    add_build(&mut package.value.value, build, usual_image, problems);
                }
                services.insert(name.clone(), package);
                added.origins.insert(name.clone(), ServiceOrigin::Discovered);
            }
        }
    }
    let edges = edges(services, found, &names, problems);
    let circles = circles::of(services, &edges);
    let mut depends_on: BTreeMap<usize, Vec<Located<Text>>> = BTreeMap::new();
    for (edge, _) in edges.iter().zip(&circles.closes).filter(|(edge, closes)| edge.is_discovered && !**closes) {
        let name = &services.keys()[edge.to];
        depends_on.entry(edge.from).or_default().push(Located::new(Text(name.clone()), edge.at));
    }
    for circle in circles.list {
        let name = circles::circle_name(&services.keys()[circle.members[0]], &mut slugs);
        let library = circles::library(services, &circle, &added, problems);
        for (member, at) in circle.members.into_iter().zip(circle.inward) {
            depends_on.entry(member).or_default().push(Located::new(Text(name.clone()), at));
            added.circles.insert(services.keys()[member].clone(), name.clone());
        }
        services.insert(name.clone(), library);
        added.origins.insert(name, ServiceOrigin::Circle);
    }
    for (service, dependencies) in depends_on {
        depend(&mut services[service].value.value, dependencies, &usual);
    }
    Added { called: names, ..added }
}

/// The names of a discovered service in the configuration.
enum Names {
    /// The names of the services of the file whose `path` is the directory of the discovered service.
    OfFile(Vec<String>),
    /// The name of the service that was added for the discovered service.
    Own(String),
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::OfFile(names) => names,
            Self::Own(name) => std::slice::from_ref(name),
        }
    }
}

/// The services of a file as they are written, by name.
pub(super) type Written = indexmap::IndexMap<String, Named<Box<raw::Service>>>;

fn names(services: &Written, found: &Discovered, slugs: &mut BTreeSet<String>) -> Vec<Names> {
    let mut by_path: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, service) in services {
        if let Some(path) = service.value.value.path.value() {
            by_path.entry(path.0.as_str()).or_default().push(name.clone());
        }
    }
    let mut name = |service: &DiscoveredService| {
        if let Some(names) = by_path.get(service.directory.as_str()) {
            return Names::OfFile(names.clone());
        }
        let candidates = [service.name.as_str().to_owned(), service.directory.as_str().to_owned()];
        Names::Own(free_name(candidates, slugs))
    };
    found.services.iter().map(&mut name).collect()
}

/// Returns the first of these names that is valid and not yet used, or else the first name with a number, such as
/// `api-2`. Adds its slug to `slugs`.
pub(super) fn free_name<const N: usize>(candidates: [String; N], slugs: &mut BTreeSet<String>) -> String {
    let first = candidates[0].clone();
    let numbered = (2..).map(|number| format!("{first}-{number}"));
    let mut is_free =
        |name: &String| checked_name(name).is_some() && !is_own_output(&slug(name)) && slugs.insert(slug(name));
    candidates.into_iter().chain(numbered).find(&mut is_free).unwrap_or_default()
}

/// Returns the service that is added for a discovered package.
fn package(
    service: &DiscoveredService,
    builder: Option<Builder>,
    problems: &mut Problems<'_>,
) -> Named<Box<raw::Service>> {
    let at = span(&service.at, problems);
    // If filters.yaml has services, its patterns decide how the files of a workspace, such as lockfiles, affect
    // services.
    let takes = |taken: &&Taken| builder.is_none() || taken.why != TakenFor::Workspace;
    let patterns = Patterns(entries(service.takes.iter().filter(takes), problems));
    let package = raw::Service {
        path: given(raw::Directory(service.directory.clone()), at),
        filters: given(patterns, at),
        tag: tag(&service.directory, at),
        builder: builder.map_or(Field::Absent, |builder| given(raw::Choice(builder), at)),
        lockfile: if builder.is_none() { given(raw::LockfileKey::Auto, at) } else { Field::Absent },
        ..raw::Service::default()
    };
    Named { name: Located::new((), at), value: Located::new(Box::new(package), at) }
}

/// Where the name of a discovered image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UsualImage {
    /// The `defaults` of the file have an `image`.
    OfDefaults,
    /// The files that declare the builds, or the name of the service.
    Discovered,
}

/// Adds the keys that say how a discovered service is built.
fn add_build(package: &mut raw::Service, build: &DiscoveredBuild, image: UsualImage, problems: &Problems<'_>) {
    let at = span(&build.at, problems);
    let path = |path: &Option<String>| path.clone().map_or(Field::Absent, |path| given(raw::BuildPath(path), at));
    if image == UsualImage::Discovered {
        package.image = Template::parse(build.image(), raw::ImageName::offers)
            .map_or(Field::Absent, |image| given(raw::ImageName(Some(image)), at));
    }
    package.context = path(&build.context);
    package.dockerfile = path(&build.dockerfile);
    package.target = build.target.clone().map_or(Field::Absent, |target| given(Text(target), at));
    let arguments = build.build_args.iter().filter_map(|(name, value)| {
        let value = Template::parse(value, Recipe::offers).ok()?;
        Some((name, raw::ArgumentTemplate(value)))
    });
    if let Some(arguments) = map(arguments, at) {
        package.build_args = given(raw::BuildArguments(arguments), at);
    }
    let contexts = build.contexts.iter().filter_map(|(name, value)| Some((name, raw::Context::parse(value)?)));
    if let Some(contexts) = map(contexts, at) {
        package.contexts = given(raw::Contexts(contexts), at);
    }
}

/// Returns a mapping with these values; `None` if there are none.
fn map<'n, T>(values: impl Iterator<Item = (&'n String, T)>, at: Span) -> Option<Map<T>> {
    let named = |value| Named { name: Located::new((), at), value: Located::new(value, at) };
    let values: IndexMap<String, Named<T>> = values.map(|(name, value)| (name.clone(), named(value))).collect();
    (!values.is_empty()).then_some(Map(values))
}

/// Returns a tag format with the service's name if git refuses the directory in a tag. Otherwise the key is absent, so
/// the default format applies.
fn tag(directory: &RepoDir, at: Span) -> Field<List<raw::TagTemplate>> {
    let by_name = TagFormat::parse(TagFormat::BY_NAME).ok().filter(|_| TagName::parse(directory.as_str()).is_err());
    by_name.map_or(Field::Absent, |format| given(List(vec![Located::new(raw::TagTemplate(format), at)]), at))
}

/// Returns the edges between services, both from the file and from discovery.
fn edges(services: &Written, found: &Discovered, names: &[Names], problems: &Problems<'_>) -> Vec<Edge> {
    let position = |name: &str| services.get_index_of(name);
    let mut edges: Vec<Edge> = Vec::new();
    for (from, service) in services.values().enumerate() {
        let listed = super::dependencies::listed(&service.value.value);
        let to = |to: &Located<Text>| {
            position(&to.value.0).map(|position| Edge { from, to: position, at: to.defined, is_discovered: false })
        };
        edges.extend(listed.iter().filter_map(to));
    }
    let positions = |service: usize| names[service].all().iter().filter_map(|name| position(name));
    for edge in &found.edges {
        let at = span(&edge.at, problems);
        for from in positions(edge.from) {
            edges.extend(positions(edge.to).map(|to| Edge { from, to, at, is_discovered: true }));
        }
    }
    edges
}

/// Adds dependencies to a service's `depends_on`, except for those that it lists already.
fn depend(service: &mut raw::Service, dependencies: Vec<Located<Text>>, usual: &Field<List<Text>>) {
    if matches!(service.depends_on, Field::Absent) {
        service.depends_on = usual.clone();
    }
    if matches!(service.depends_on, Field::Absent | Field::Empty) {
        let at = dependencies.first().map_or_else(Span::default, |first| first.defined);
        service.depends_on = given(List(Vec::new()), at);
    }
    if let Field::Given(list) = &mut service.depends_on {
        let mut known: BTreeSet<String> = list.value.0.iter().map(|known| known.value.0.clone()).collect();
        let new = dependencies.into_iter().filter(|dependency| known.insert(dependency.value.0.clone()));
        list.value.0.extend(new);
    }
}

fn entries<'t>(taken: impl Iterator<Item = &'t Taken>, problems: &mut Problems<'_>) -> Vec<FilterEntry> {
    let made = taken.filter_map(|taken| {
        let at = Located::new((), span(&taken.at, problems));
        let (pattern, effect) = match &taken.area {
            Area::Below(directory) => (below_directory(directory), Effect::Include),
            Area::Directly(directory) => (directly_in(directory), Effect::Include),
            Area::File(path) if taken.why == TakenFor::Workspace => (shared_file(path), Effect::Include),
            Area::File(path) => (literal(path), Effect::Include),
            Area::Ceded(directory) => (below_directory(directory), Effect::Cede),
        };
        entry(&at, &pattern, problems).map(|entry| FilterEntry { effect, ..entry })
    });
    made.collect()
}

/// Returns a pattern for a file that all packages of a workspace share. The pattern for a lockfile has a wildcard,
/// since `lockfile: auto` excludes lockfiles from wildcards only. So a package that the lockfile lists is affected by
/// changes of its entries in the lockfile. Any other package is affected through the pattern, by every change of the
/// lockfile.
pub(in crate::config) fn shared_file(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    if LockfileFormat::of(name.as_bytes()).is_none() {
        return literal(path);
    }
    let directory = literal(&path[..path.len() - name.len()]);
    format!("{directory}*{name}")
}

/// Returns a pattern of the files directly in a directory.
pub(in crate::config) fn directly_in(directory: &RepoDir) -> String {
    if directory.is_root() { "*".to_owned() } else { format!("{}/*", literal(directory.as_str())) }
}

fn span(at: &DeclaredAt, problems: &Problems<'_>) -> Span {
    problems.file().span_behind(&at.file, at.span)
}

pub(super) fn given<T>(value: T, at: Span) -> Field<T> {
    Field::Given(Box::new(Located::new(value, at)))
}
