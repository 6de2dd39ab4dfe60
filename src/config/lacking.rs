//! Finds discovered services and dependencies that are missing from a configuration.

use std::collections::BTreeMap;

use super::structured::below_directory;
use super::{Config, Service};
use crate::analysis::discover::{Discovered, DiscoveredEdge, DiscoveredService};
use crate::analysis::filter::{Effect, Filter};
use crate::glob::is_at_or_below;
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{RepoDir, ServiceId};

/// Returns an error for each discovered service or dependency that is missing from a configuration, at the place that
/// declares it.
///
/// A discovered service is present if a configured service has its directory as `path`, or has a pattern that matches
/// the whole directory. It is left out on purpose if `unowned` has such a pattern. A dependency is present if the
/// dependent's `depends_on` names it, directly or through other services, or if the dependent or one of its configured
/// dependencies has a pattern that matches the dependency's whole directory.
#[must_use]
pub fn lacking(config: &Config, found: &Discovered) -> Vec<Diagnostic> {
    let services = ByDirectory::of(config);
    let mut lacking = Vec::new();
    let lacks = |message: String, at: &DeclaredAt| {
        Diagnostic::error("lacking", message).label(&at.file, at.span, "declared here")
    };
    let unowned = config.filters.get(config.unowned);
    let is_unowned = |directory: &RepoDir| {
        let path = directory.git_path();
        let mut whole = unowned.including().filter_map(|pattern| pattern.value.whole_directory());
        let mut excluded = excluded_directories(unowned);
        whole.any(|whole| is_at_or_below(path, whole))
            && !excluded.any(|other| is_at_or_below(path, other) || is_at_or_below(other, path))
    };
    for DiscoveredService { directory, at, .. } in &found.services {
        let is_there = !services.in_directory(directory).is_empty() || services.takers(directory).next().is_some();
        if !is_there && !is_unowned(directory) {
            let message = format!("no service has `{directory}`");
            let help = format!("write a service for it, or `unowned: [{}]`", below_directory(directory));
            lacking.push(lacks(message, at).help(help));
        }
    }
    for edges in found.edges.chunk_by(|a, b| a.from == b.from) {
        for service in services.in_directory(&found.services[edges[0].from].directory) {
            let direct = config.graph.dependencies(*service);
            let directory = |edge: &DiscoveredEdge| &found.services[edge.to].directory;
            let is_listed = |edge: &&DiscoveredEdge| {
                services
                    .in_directory(directory(edge))
                    .iter()
                    .any(|target| target == service || direct.binary_search(target).is_ok())
            };
            let mut others = edges.iter().filter(|edge| !is_listed(edge)).peekable();
            if others.peek().is_none() {
                continue;
            }
            let needed = config.graph.with_dependencies(&[*service]);
            for edge in others {
                let to = directory(edge);
                let mut covering = services.in_directory(to).iter().copied().chain(services.takers(to));
                if !covering.any(|other| needed[other.0]) {
                    let name = config.graph.name(*service);
                    let message =
                        format!("`{name}` is built from `{to}`, and neither its `depends_on` nor its patterns say so");
                    lacking.push(lacks(message, &edge.at));
                }
            }
        }
    }
    lacking
}

/// Returns the directories of the patterns with which a filter takes back what other patterns match.
fn excluded_directories(filter: &Filter) -> impl Iterator<Item = &str> {
    let entries = if let Filter::Ordered(entries) = filter { entries.as_slice() } else { &[] };
    entries.iter().filter(|entry| entry.effect == Effect::Exclude).map(|entry| entry.pattern.value.directory())
}

/// The services of a configuration, by directory.
struct ByDirectory {
    /// The services by their `path`.
    paths: BTreeMap<RepoDir, Vec<ServiceId>>,
    /// The services by directory, for each directory that one of their patterns matches completely.
    takers: BTreeMap<RepoDir, Vec<ServiceId>>,
}

impl ByDirectory {
    fn of(config: &Config) -> Self {
        let mut all = Self { paths: BTreeMap::new(), takers: BTreeMap::new() };
        for (id, Service { path, filter, .. }) in config.graph.services().zip(config.services.values()) {
            if let Some(path) = path {
                all.paths.entry(path.clone()).or_default().push(id);
            }
            let patterns = config.filters.get(*filter).including();
            for whole in patterns.filter_map(|pattern| pattern.value.whole_directory()) {
                let whole = if whole.is_empty() { Some(RepoDir::root()) } else { RepoDir::parse(whole).ok() };
                let Some(whole) = whole else { continue };
                all.takers.entry(whole).or_default().push(id);
            }
        }
        all
    }

    fn in_directory(&self, directory: &RepoDir) -> &[ServiceId] {
        self.paths.get(directory).map_or(&[], Vec::as_slice)
    }

    /// Returns the services with a pattern that matches a whole directory. A service may occur several times.
    fn takers(&self, directory: &RepoDir) -> impl Iterator<Item = ServiceId> {
        directory.and_above().filter_map(|above| self.takers.get(&above)).flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::discover::discover;
    use crate::config::{Options, draft, parse};
    use crate::inputs::source::{Ecosystem, SourceTree};
    use crate::model::diagnostic::SourceFile;

    /// Returns the messages for services and dependencies that the files declare and that the configuration lacks.
    fn told(text: &str, files: &[(&str, &str)]) -> Vec<String> {
        let found = discover(&SourceTree::of_texts(files), &Ecosystem::ALL);
        let source = SourceFile::new("filters.yaml", text);
        let (config, _) = parse(&source, Options::default(), &Discovered::default()).unwrap();
        lacking(&config, &found).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn what_a_file_lacks_is_told() {
        let files = [
            ("svc/api/Dockerfile", "FROM alpine"),
            ("svc/migrator/Dockerfile", "FROM alpine"),
            (".github/filters.yaml", "api: [svc/api/**, svc/migrator/**]"),
            ("package.json", r#"{"workspaces": ["web/*"]}"#),
            ("web/a/package.json", r#"{"name": "a", "dependencies": {"b": "*"}}"#),
            ("web/b/package.json", r#"{"name": "b"}"#),
        ];
        let text = "services:\n  a: {path: web/a}\n  api: {path: svc/api, depends_on: [m]}\n  m: {path: svc/migrator}\n  root: {path: ., filters: [package.json]}\n";
        assert_eq!(
            told(text, &files),
            [
                "no service has `web/b`",
                "`a` is built from `web/b`, and neither its `depends_on` nor its patterns say so",
            ]
        );
        let unowned = format!("unowned: [web/b/**]\n{text}");
        assert_eq!(told(&unowned, &files)[..1], told(text, &files)[1..]);
        let but = format!("unowned: ['**', '!web/b/**']\n{text}");
        assert_eq!(told(&but, &files), told(text, &files));
    }

    #[test]
    fn what_takes_a_directory_may_stand_between() {
        let files = [
            ("package.json", r#"{"workspaces": ["*"]}"#),
            ("a/package.json", r#"{"name": "a", "dependencies": {"b": "*"}}"#),
            ("b/package.json", r#"{"name": "b", "devDependencies": {"a": "*"}}"#),
        ];
        let text = draft(&discover(&SourceTree::of_texts(&files), &Ecosystem::ALL));
        assert_eq!(told(&text, &files), [""; 0]);
        let lost = text.replace("      - b/**\n", "");
        assert_ne!(lost, text);
        assert_eq!(
            told(&lost, &files),
            ["`a` is built from `b`, and neither its `depends_on` nor its patterns say so"]
        );
    }
}
