//! Services that the repository's own files declare, added to those of filters.yaml.

use std::collections::{BTreeMap, BTreeSet};

use super::build_files::{below_directory, entry, literal};
use super::checked_name;
use crate::analysis::discover::{Area, Discovered, DiscoveredService, Taken, TakenFor};
use crate::analysis::filter::{Effect, FilterEntry};
use crate::analysis::graph::knots;
use crate::config::problems::Problems;
use crate::config::raw::{self, Patterns};
use crate::config::read::{Field, List, Named, Text};
use crate::inputs::lockfile::LockfileFormat;
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::{RepoDir, TagName, is_own_output, slug};
use crate::model::recipe::Builder;
use crate::naming::version::TagFormat;

/// What services are built from besides their patterns, by their names.
pub(super) type Besides = BTreeMap<String, Vec<FilterEntry>>;

/// Adds what was discovered: edges to the services of the file, and the packages that no service of the file has for its
/// `path`. In a file that has services these packages are libraries.
pub(super) fn add(file: &mut raw::File, found: &Discovered, problems: &mut Problems<'_>) -> Besides {
    if found.services.is_empty() {
        return Besides::new();
    }
    if matches!(file.services, Field::Absent | Field::Empty) {
        file.services = Field::Given(Box::new(Located::new(raw::Services::default(), Span::default())));
    }
    let usual = file.defaults.value().map(|defaults| defaults.depends_on.clone()).unwrap_or_default();
    let Field::Given(services) = &mut file.services else { return Besides::new() };
    let services = &mut services.value.0;
    let builder = if services.is_empty() { None } else { Some(Builder::Nothing) };
    let names = names(services, found);
    let mut besides = Besides::new();
    for (service, names) in found.services.iter().zip(&names) {
        match names {
            Names::OfFile(names) => {
                let taken = service.takes.iter();
                let taken = taken.filter(|taken| matches!(taken.why, TakenFor::Circle | TakenFor::Manifest));
                let entries = entries(taken, problems);
                for name in names.iter().filter(|_| !entries.is_empty()) {
                    besides.insert(name.clone(), entries.clone());
                }
            }
            Names::Own(name) => {
                let package = package(service, builder, problems);
                services.insert(name.clone(), package);
            }
        }
    }
    let edges = edges(services, found, &names, problems);
    for (from, to, at) in edges.kept {
        let Some(service) = services.get_mut(&from) else { continue };
        depend(&mut service.value.value, Located::new(Text(to), at), &usual);
    }
    for (service, entries) in edges.circles {
        besides.entry(service).or_default().extend(entries);
    }
    besides
}

/// What a discovered service is called here.
enum Names {
    /// It is what these services of the file build.
    OfFile(Vec<String>),
    /// It is a service of its own.
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
type Written = indexmap::IndexMap<String, Named<Box<raw::Service>>>;

fn names(services: &Written, found: &Discovered) -> Vec<Names> {
    let mut by_path: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, service) in services {
        if let Some(path) = service.value.value.path.value() {
            by_path.entry(path.0.as_str()).or_default().push(name.clone());
        }
    }
    let mut slugs: BTreeSet<String> = services.keys().map(|name| slug(name)).collect();
    let name = |service: &DiscoveredService| {
        if let Some(names) = by_path.get(service.directory.as_str()) {
            return Names::OfFile(names.clone());
        }
        let own = service.name.as_str();
        let candidates = [own.to_owned(), service.directory.as_str().to_owned()];
        let numbered = (2..).map(|number| format!("{own}-{number}"));
        let is_free =
            |name: &String| checked_name(name).is_some() && !is_own_output(&slug(name)) && slugs.insert(slug(name));
        Names::Own(candidates.into_iter().chain(numbered).find(is_free).unwrap_or_else(|| own.to_owned()))
    };
    found.services.iter().map(name).collect()
}

/// Returns the service of a package.
fn package(
    service: &DiscoveredService,
    builder: Option<Builder>,
    problems: &mut Problems<'_>,
) -> Named<Box<raw::Service>> {
    let at = span(&service.at, problems);
    // In a file with services its patterns say what lockfiles mean.
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

/// Returns the format of release tags by name for a directory that git refuses in one; else there is the usual format.
fn tag(directory: &RepoDir, at: Span) -> Field<List<raw::TagTemplate>> {
    let by_name = TagFormat::parse(TagFormat::BY_NAME).ok().filter(|_| TagName::parse(directory.as_str()).is_err());
    by_name.map_or(Field::Absent, |format| given(List(vec![Located::new(raw::TagTemplate(format), at)]), at))
}

/// Edges between services, and what stands for those that would close a circle.
struct Edges {
    kept: Vec<(String, String, Span)>,
    circles: Vec<(String, Vec<FilterEntry>)>,
}

/// Returns the edges between services by their names.
///
/// The services of a circle are built from what any of them is built from. The edges that were discovered within it fall
/// away: each service takes the files of all. Where the circle is one of packages alone, they do so already.
fn edges(services: &Written, found: &Discovered, names: &[Names], problems: &mut Problems<'_>) -> Edges {
    let mut discovered: Vec<(String, String, Span)> = Vec::new();
    for edge in &found.edges {
        let at = span(&edge.at, problems);
        for from in names[edge.from].all() {
            discovered.extend(names[edge.to].all().iter().map(|to| (from.clone(), to.clone(), at)));
        }
    }
    let written: Vec<(String, String, Span)> = services
        .iter()
        .flat_map(|(from, service)| {
            let listed = super::dependencies::listed(&service.value.value);
            listed.iter().map(|to| (from.clone(), to.value.0.clone(), to.defined))
        })
        .collect();
    let position = |name: &str| services.get_index_of(name);
    let ids = |(from, to, _): &(String, String, Span)| Some((position(from)?, position(to)?));
    let all: Vec<(usize, usize)> = written.iter().chain(&discovered).filter_map(ids).collect();
    let (mut kept, mut circles) = (discovered, Vec::new());
    for knot in knots(services.len(), all) {
        let is_in = |name: &str| position(name).is_some_and(|position| knot.binary_search(&position).is_ok());
        let is_within = |(from, to, _): &(String, String, Span)| is_in(from) && is_in(to);
        let is_outward = |(from, to, _): &&(String, String, Span)| is_in(from) && !is_in(to);
        let before = kept.len();
        kept.retain(|edge| !is_within(edge));
        if kept.len() == before {
            // The file alone has it, and is told so.
            continue;
        }
        let outward: Vec<_> = written.iter().chain(&kept).filter(is_outward).cloned().collect();
        for member in &knot {
            let from = &services.keys()[*member];
            kept.extend(outward.iter().map(|(_, to, at)| (from.clone(), to.clone(), *at)));
        }
        if written.iter().any(is_within) {
            let files: Vec<FilterEntry> =
                knot.iter().flat_map(|member| files(&services[*member].value.value, problems)).collect();
            circles.extend(knot.iter().map(|member| (services.keys()[*member].clone(), files.clone())));
        }
    }
    Edges { kept, circles }
}

/// Returns what a service takes, without what it leaves out.
fn files(service: &raw::Service, problems: &mut Problems<'_>) -> Vec<FilterEntry> {
    match (service.filters.value(), service.path.given()) {
        (Some(patterns), _) => patterns.0.iter().filter(|entry| entry.effect == Effect::Include).cloned().collect(),
        (None, Some(path)) => entry(path, &below_directory(&path.value.0), problems).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

/// Adds a dependency, if it is not listed yet.
fn depend(service: &mut raw::Service, dependency: Located<Text>, usual: &Field<List<Text>>) {
    if matches!(service.depends_on, Field::Absent) {
        service.depends_on = usual.clone();
    }
    if matches!(service.depends_on, Field::Absent | Field::Empty) {
        service.depends_on = given(List::default(), dependency.defined);
    }
    if let Field::Given(list) = &mut service.depends_on
        && list.value.0.iter().all(|known| known.value != dependency.value)
    {
        list.value.0.push(dependency);
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

/// A pattern of a file that a workspace has in common. A lockfile is matched by a wildcard, so that `lockfile: auto` says what
/// it means to packages that it names, and the pattern what it means to others.
pub(in crate::config) fn shared_file(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    if LockfileFormat::of(name.as_bytes()).is_none() {
        return literal(path);
    }
    let directory = literal(&path[..path.len() - name.len()]);
    format!("{directory}*{name}")
}

/// A pattern of the files in a directory alone.
pub(in crate::config) fn directly_in(directory: &RepoDir) -> String {
    if directory.is_root() { "*".to_owned() } else { format!("{}/*", literal(directory.as_str())) }
}

fn span(at: &DeclaredAt, problems: &Problems<'_>) -> Span {
    problems.file().span_behind(&at.file, at.span)
}

fn given<T>(value: T, at: Span) -> Field<T> {
    Field::Given(Box::new(Located::new(value, at)))
}
