//! Patterns for the files that Dockerfiles copy from contexts outside of the services' own directories.

use std::collections::BTreeMap;

use super::structured::{below, below_directory, literal};
use super::{Config, Service};
use crate::analysis::filter::{Effect, Filter, FilterEntry, Filters, Statuses};
use crate::config::{Declared, DeclaredKind};
use crate::glob::Pattern;
use crate::model::diagnostic::Located;
use crate::model::name::{RepoDir, RepoPath, ServiceId};

/// The files that the Dockerfile of a service copies from a context outside of the service's path.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The service.
    pub service: ServiceId,
    /// Patterns that match the copied files; `None` if the Dockerfile copies the whole context.
    pub patterns: Option<Vec<String>>,
    /// The copied paths that contain no wildcards. Symbolic links in them are followed.
    pub paths: Vec<RepoPath>,
}

impl Config {
    /// Returns the configuration in which each service has more inputs: the files that its Dockerfile copies. Files
    /// that match a service's `exclude` are not added.
    #[must_use]
    pub fn with_copied(mut self, copied: Vec<Copied>) -> Self {
        let filters = (0..self.filters.len()).map(|at| self.filters.get(Filters::id(at)).clone());
        let mut filters: Vec<Filter> = filters.collect();
        let circles = self.circles().into_iter();
        let libraries: BTreeMap<ServiceId, ServiceId> =
            circles.flat_map(|(library, members)| members.into_iter().map(move |member| (member, library))).collect();
        for Copied { service: id, patterns, paths } in copied {
            let service = &mut self.services[id.0];
            let Some(context) = service.wide_context.clone() else { continue };
            let whole = patterns.is_none().then(|| RepoPath::from_git(context.value.as_str()));
            let is_root = context.value.is_root();
            let declared = paths.into_iter().chain(whole.filter(|_| !is_root)).map(|path| Declared {
                path: context.as_ref().map(|_| path),
                what: DeclaredKind::Directory,
                key: None,
            });
            service.declared.extend(declared);
            let texts = patterns.unwrap_or_else(|| vec![below_directory(&context.value)]);
            let mut entries: Vec<FilterEntry> = texts.iter().filter_map(|text| included(text, &context)).collect();
            // The exclusions come after the patterns that they restrict, and before the other inputs, which they do not
            // restrict.
            let own = filters[service.filter.position()].clone();
            if let Filter::Ordered(own) = own {
                entries.extend(own.into_iter().filter(|entry| entry.effect == Effect::ExcludeWildcards));
            }
            let of_circle =
                service.circle.map(|_| entries.iter().filter(|entry| is_included(entry)).cloned().collect());
            add_inputs(&mut filters, service, entries);
            let library = libraries.get(&id);
            if let Some((library, entries)) = library.zip(of_circle) {
                add_inputs(&mut filters, &mut self.services[library.0], entries);
            }
        }
        self.filters = Filters::new(filters);
        self
    }
}

/// Adds entries to the filter of a service's inputs, before the entries that it has. Creates the filter if the service
/// has none.
pub(super) fn add_inputs(filters: &mut Vec<Filter>, service: &mut Service, entries: Vec<FilterEntry>) {
    match service.inputs.map(|inputs| &mut filters[inputs.position()]) {
        _ if entries.is_empty() => {}
        Some(Filter::Ordered(inputs)) => _ = inputs.splice(0..0, entries),
        Some(Filter::PathsFilter { .. }) => {}
        None => {
            service.inputs = Some(Filters::id(filters.len()));
            filters.push(Filter::Ordered(entries));
        }
    }
}

/// Returns the including entries of an ordered filter, without its exclusions.
pub(super) fn including(filter: &Filter) -> Vec<FilterEntry> {
    match filter {
        Filter::Ordered(entries) => entries.iter().filter(|entry| is_included(entry)).cloned().collect(),
        Filter::PathsFilter { .. } => Vec::new(),
    }
}

fn is_included(entry: &FilterEntry) -> bool {
    entry.effect == Effect::Include
}

fn included(text: &str, at: &Located<RepoDir>) -> Option<FilterEntry> {
    // Each text was made of a path, or of wildcards that patterns have too, so it can be parsed.
    let pattern = at.as_ref().map(|_| ());
    let pattern = Pattern::parse(text).ok().map(|value| pattern.map(|()| value))?;
    Some(FilterEntry { effect: Effect::Include, statuses: Statuses::ANY, pattern })
}

/// Returns two patterns for a source that a Dockerfile copies from a context: one for the source with everything below
/// it, and one for the source itself. `None` if the source is empty, which means the whole context, or if its wildcards
/// have another meaning in patterns.
#[must_use]
pub fn copied_patterns(context: &RepoDir, source: &str) -> Option<[String; 2]> {
    if source.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    if !context.is_root() {
        parts.push(literal(context.as_str()));
    }
    for part in source.split('/') {
        parts.push(if part == "**" { part.to_owned() } else { translated(part)? });
    }
    let pattern = parts.join("/");
    let patterns = [below(&pattern), pattern];
    patterns.iter().all(|pattern| Pattern::parse(pattern).is_ok()).then_some(patterns)
}

/// Translates one path segment of a source into a segment of a pattern. `None` if its wildcards have another meaning in
/// patterns.
fn translated(part: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut characters = part.chars();
    while let Some(c) = characters.next() {
        match c {
            '*' if pattern.ends_with('*') => return None,
            '*' | '?' => pattern.push(c),
            '[' => pattern.push_str(&class(&mut characters)?),
            '\\' => pattern.push_str(&literal(characters.next()?.encode_utf8(&mut [0; 4]))),
            c => pattern.push_str(&literal(c.encode_utf8(&mut [0; 4]))),
        }
    }
    Some(pattern)
}

/// Reads a class of characters, such as `[a-z]`, after its `[`, and returns it with both brackets. `None` if it
/// contains anything but ASCII letters, digits, `_`, `.` and ranges. A negated class is refused too, since it may match
/// a `/` in Docker, but never in a pattern.
fn class(characters: &mut std::str::Chars) -> Option<String> {
    let (inside, rest) = characters.as_str().split_once(']')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if inside.is_empty() || inside.starts_with('-') || inside.ends_with('-') || !inside.chars().all(is_plain) {
        return None;
    }
    *characters = rest.chars();
    Some(format!("[{inside}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_become_patterns() {
        for (context, source, pattern) in [
            (".", "a", Some("a")),
            (".", "!a/b", Some(r"\!a/b")),
            ("app/[id]", "src/*.ts", Some(r"app/\[id\]/src/*.ts")),
            ("x", "d/**/f", Some("x/d/**/f")),
            ("x", "[a-c]?", Some("x/[a-c]?")),
            ("x", r"\*(1)", Some(r"x/\*\(1\)")),
            ("x", "", None),
            ("x", "**.md", None),
            ("x", "a**", None),
            ("x", "[!a]", None),
            ("x", "[^a]", None),
        ] {
            let made = copied_patterns(&RepoDir::parse(context).unwrap(), source);
            assert_eq!(made.as_ref().map(|[_, pattern]| &**pattern), pattern, "{source}");
            for text in made.iter().flatten() {
                Pattern::parse(text).unwrap();
            }
        }
    }
}
