//! A filters.yaml of what was discovered, as a careful person would write it; and what one that exists lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::structured::{below_directory, directly_in, literal, shared_file};
use super::{Config, Service};
use crate::analysis::discover::{Area, Discovered, DiscoveredFilter, DiscoveredService, Taken, TakenFor};
use crate::analysis::filter::Effect;
use crate::glob::Pattern;
use crate::inputs::source::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{RepoDir, is_own_output, slug};

const HEAD: &str = "\
# What is built in this repository, and what affects it. `rebake init` has read it from the files that the comments name;
# `rebake init --check` tells when these declare more.
";

/// Returns the text of a filters.yaml that has all that was discovered. What is not sure is a comment.
#[must_use]
pub fn draft(found: &Discovered) -> String {
    let draft = Draft::of(found);
    let mut text = HEAD.to_owned();
    draft.write_filters(&mut text);
    if found.services.iter().any(locks) {
        text.push_str("\ndefaults:\n  lockfile: auto # a lockfile affects a service by what its package gets\n");
    }
    text.push_str("\nservices:\n");
    for position in 0..found.services.len() {
        draft.write_service(&mut text, position);
    }
    text
}

/// Returns what a configuration lacks of what was discovered: an error each, at the place that declares it.
///
/// A service is there when a service has its directory for its `path`, or takes it with its patterns. A dependency is there
/// when it is listed, directly or not, or when the patterns of the dependent take its directory.
#[must_use]
pub fn lacking(config: &Config, found: &Discovered) -> Vec<Diagnostic> {
    let mut lacking = Vec::new();
    let mut add = |message: String, at: &DeclaredAt| {
        lacking.push(Diagnostic::error("lacking", message).label(&at.file, at.span, "declared here"));
    };
    let of = |directory: &RepoDir| -> Vec<&Service> {
        config.services.values().filter(|service| service.path.as_ref() == Some(directory)).collect()
    };
    for DiscoveredService { directory, at, .. } in &found.services {
        if of(directory).is_empty() && !config.services.values().any(|service| takes(config, service, directory)) {
            add(format!("`{directory}` is built, and no service has it"), at);
        }
    }
    for edge in &found.edges {
        let [from, to] = [edge.from, edge.to].map(|position| &found.services[position].directory);
        let targets = of(to);
        for service in of(from) {
            let name = &service.name.value;
            let Some(id) = config.graph.id(name.as_str()) else { continue };
            let needed = config.graph.with_dependencies(&[id]);
            let is_needed =
                |target: &&Service| config.graph.id(target.name.value.as_str()).is_some_and(|target| needed[target.0]);
            if !targets.iter().any(is_needed) && !takes(config, service, to) {
                add(
                    format!("`{name}` is built from `{to}`, and neither its `depends_on` nor its patterns say so"),
                    &edge.at,
                );
            }
        }
    }
    lacking
}

/// Whether the patterns of a service take all of a directory.
fn takes(config: &Config, service: &Service, directory: &RepoDir) -> bool {
    config.filters.get(service.filter).including().any(|pattern| holds(&pattern.value, directory))
}

/// Whether a pattern takes all of a directory.
fn holds(pattern: &Pattern, directory: &RepoDir) -> bool {
    let whole = pattern
        .whole_directory()
        .and_then(|whole| if whole.is_empty() { Some(RepoDir::root()) } else { RepoDir::parse(whole).ok() });
    whole.is_some_and(|whole| whole.holds(directory))
}

struct Draft<'f> {
    found: &'f Discovered,
    /// The filters that the repository has already and that mean the same here, by the slugs of their names.
    kept: BTreeMap<String, &'f DiscoveredFilter>,
    /// Lists of patterns that several services have in common, with their names.
    shared: Vec<(Vec<String>, String)>,
}

impl<'f> Draft<'f> {
    fn of(found: &'f Discovered) -> Self {
        let sure = found.filters.iter().filter(|found| doubt(found).is_none());
        let kept: BTreeMap<String, _> = sure.map(|found| (slug(&found.filter.name), found)).collect();
        let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for service in &found.services {
            let list = of_workspace(service);
            if !list.is_empty() {
                *counts.entry(list).or_default() += 1;
            }
        }
        let names = std::iter::once("workspace".to_owned()).chain((2..).map(|number| format!("workspace-{number}")));
        let free = names.filter(|name| !kept.contains_key(name));
        let lists = counts.into_iter().filter(|(_, count)| *count > 1).map(|(list, _)| list);
        Self { found, shared: lists.zip(free).collect(), kept }
    }

    fn write_filters(&self, text: &mut String) {
        if self.found.filters.is_empty() && self.shared.is_empty() {
            return;
        }
        text.push_str("\nfilters:\n");
        let mut file = None;
        for found in &self.found.filters {
            if file != Some(found.at.file.name()) {
                line(text, 1, &format!("# {}", found.at.file.name()));
                file = Some(found.at.file.name());
            }
            let why_not = doubt(found);
            let mut lines = String::new();
            let name = scalar(&found.filter.name);
            let _ = writeln!(lines, "{name}: &{}", anchor(&found.filter.name));
            for pattern in &found.filter.patterns {
                let written = scalar(&pattern.text);
                let written = pattern
                    .statuses
                    .as_ref()
                    .map_or(written.clone(), |statuses| format!("{}: {written}", scalar(statuses)));
                let _ = writeln!(lines, "  - {written}");
            }
            if let Some(why) = why_not {
                line(text, 1, &format!("# {why}:"));
            }
            for written in lines.lines() {
                line(text, 1, &if why_not.is_some() { format!("# {written}") } else { written.to_owned() });
            }
        }
        for (patterns, name) in &self.shared {
            line(text, 1, &format!("{name}: &{name} # what a workspace has in common"));
            for pattern in patterns {
                line(text, 2, &format!("- {}", scalar(pattern)));
            }
        }
    }

    fn write_service(&self, text: &mut String, position: usize) {
        let service = &self.found.services[position];
        line(text, 1, &format!("{}: # {}", scalar(service.name.as_str()), service.at));
        line(text, 2, &format!("path: {}", scalar(service.directory.as_str())));
        let builds = self.found.builds.iter().filter(|(of, _)| *of == position).map(|(_, build)| build);
        for (number, build) in builds.clone().enumerate() {
            match number {
                0 => write_build(text, &service.directory, build),
                _ => line(text, 2, &format!("# also built: {} ({})", build.name, build.at)),
            }
        }
        if builds.count() == 0 {
            line(text, 2, "builder: none # no Dockerfile is known");
        }
        self.write_patterns(text, service);
        if !service.depends_on.is_empty() {
            line(text, 2, "depends_on:");
            for (to, at) in &service.depends_on {
                line(text, 3, &format!("- {} # {at}", scalar(self.found.services[*to].name.as_str())));
            }
        }
    }

    fn write_patterns(&self, text: &mut String, service: &DiscoveredService) {
        let last = service.directory.as_str().rsplit('/').next().unwrap_or_default();
        let kept = [service.name.as_str(), last].into_iter().find_map(|name| self.kept.get(&slug(name)));
        let known: BTreeSet<&str> =
            kept.iter().flat_map(|kept| &kept.filter.patterns).map(|pattern| pattern.text.as_str()).collect();
        let of_workspace = of_workspace(service);
        let shared = self.shared.iter().find(|(list, _)| *list == of_workspace);
        let is_own = |taken: &&Taken| taken.area == Area::Below(service.directory.clone());
        let mut own: Vec<(String, &DeclaredAt)> = Vec::new();
        let areas: Vec<&Taken> =
            service.takes.iter().filter(|taken| shared.is_none() || taken.why != TakenFor::Workspace).collect();
        let is_usual = kept.is_none() && shared.is_none() && areas.len() == 1 && areas.iter().all(is_own);
        if is_usual {
            return;
        }
        for taken in areas {
            let pattern = pattern(taken);
            if !known.contains(pattern.as_str()) {
                own.push((pattern, &taken.at));
            }
        }
        line(text, 2, "filters:");
        if let Some(kept) = kept {
            line(text, 3, &format!("- *{}", anchor(&kept.filter.name)));
        }
        for (pattern, at) in own {
            let is_directory = pattern == below_directory(&service.directory);
            let comment = if is_directory { String::new() } else { format!(" # {at}") };
            line(text, 3, &format!("- {}{comment}", scalar(&pattern)));
        }
        if let Some((_, name)) = shared {
            line(text, 3, &format!("- *{name}"));
        }
    }
}

/// Writes how an image is built, where it is not built in the usual way.
fn write_build(text: &mut String, directory: &RepoDir, build: &DeclaredBuild) {
    match &build.context {
        BuildContext::Directory(context) if context == directory => {}
        BuildContext::Directory(context) if context.is_root() => line(text, 2, &format!("context: / # {}", build.at)),
        BuildContext::Directory(context) => {
            line(text, 2, &format!("context: {} # {}", scalar(&format!("/{context}")), build.at));
        }
        BuildContext::Elsewhere | BuildContext::Unknown(_) => {}
    }
    match &build.dockerfile {
        DockerfileOf::File(path) if *path == directory.join("Dockerfile") => {}
        DockerfileOf::File(path) => line(text, 2, &format!("dockerfile: {}", scalar(&format!("/{path}")))),
        DockerfileOf::Inline(_) => line(text, 2, &format!("# its Dockerfile is within {}", build.at)),
        DockerfileOf::Unknown(_) => {}
    }
    match &build.target {
        BuildTarget::Last => {}
        BuildTarget::Stage(name) => line(text, 2, &format!("target: {}", scalar(name))),
        BuildTarget::Unknown => line(text, 2, "# target: known only when it is built"),
    }
}

/// Returns why a filter may not mean the same in this shape of the file; none where it does.
fn doubt(found: &DiscoveredFilter) -> Option<&'static str> {
    let patterns = &found.filter.patterns;
    if is_own_output(&slug(&found.filter.name)) || slug(&found.filter.name).is_empty() {
        Some("rebake has an output of this name")
    } else if patterns.is_empty() {
        Some("it has no pattern")
    } else if patterns.iter().any(|pattern| pattern.text.starts_with('!')) {
        Some("`!` means something else here: it takes back what earlier patterns match")
    } else if patterns
        .iter()
        .any(|pattern| Effect::of(&pattern.text).is_none() || Pattern::parse(&pattern.text).is_err())
    {
        Some("one of its patterns cannot be read")
    } else {
        None
    }
}

/// Returns the patterns of what a service shares with its workspace.
fn of_workspace(service: &DiscoveredService) -> Vec<String> {
    let shared = service.takes.iter().filter(|taken| taken.why == TakenFor::Workspace);
    shared.map(pattern).collect()
}

/// Whether a service shares a lockfile with its workspace.
fn locks(service: &DiscoveredService) -> bool {
    let mut shared = service.takes.iter().filter(|taken| taken.why == TakenFor::Workspace);
    shared.any(|taken| matches!(&taken.area, Area::File(path) if shared_file(path) != literal(path)))
}

fn pattern(taken: &Taken) -> String {
    match &taken.area {
        Area::Below(directory) => below_directory(directory),
        Area::Directly(directory) => directly_in(directory),
        Area::File(path) if taken.why == TakenFor::Workspace => shared_file(path),
        Area::File(path) => literal(path),
        Area::Ceded(directory) => format!("!{}", below_directory(directory)),
    }
}

fn line(text: &mut String, depth: usize, written: &str) {
    let _ = writeln!(text, "{}{written}", "  ".repeat(depth));
}

/// Returns the name of an anchor.
fn anchor(name: &str) -> String {
    slug(name)
}

/// Writes a text as YAML, with quotes where it needs them.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/@-*+()|".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/' | '_')) && text != ".";
    let is_word =
        !matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off");
    let is_number = text.parse::<f64>().is_ok();
    if text.chars().all(is_plain) && begins && is_word && !is_number {
        text.to_owned()
    } else {
        serde_json::Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::discover::discover;
    use crate::config::{Options, parse};
    use crate::inputs::source::{Ecosystem, SourceTree};
    use crate::model::diagnostic::SourceFile;

    fn found(files: &[(&str, &str)]) -> Discovered {
        discover(&SourceTree::of_texts(files), &Ecosystem::ALL)
    }

    const FILES: &[(&str, &str)] = &[
        (
            ".github/utils/file-filters.yaml",
            "api: &api\n  - svc/api/**\n  - svc/migrator/**\n  - 'a: b'\nmigrator: *api\nnot: ['!x']\nany: [y]\n",
        ),
        ("svc/api/Dockerfile", "FROM alpine"),
        ("svc/migrator/Dockerfile", "FROM alpine"),
        ("package.json", r#"{"workspaces": ["web/*"]}"#),
        ("package-lock.json", "{}"),
        ("web/a/package.json", r#"{"name": "@x/a", "dependencies": {"b": "*"}}"#),
        ("web/b/package.json", r#"{"name": "b"}"#),
    ];

    const DRAFT: &str = r#"
filters:
  # .github/utils/file-filters.yaml
  api: &api
    - svc/api/**
    - svc/migrator/**
    - "a: b"
  migrator: &migrator
    - svc/api/**
    - svc/migrator/**
    - "a: b"
  # `!` means something else here: it takes back what earlier patterns match:
  # not: &not
  #   - "!x"
  # rebake has an output of this name:
  # any: &any
  #   - y
  workspace: &workspace # what a workspace has in common
    - "*package-lock.json"
    - package.json

defaults:
  lockfile: auto # a lockfile affects a service by what its package gets

services:
"#;

    #[test]
    fn a_draft_keeps_filters_and_says_each_source() {
        let text = draft(&found(FILES));
        let rest = text.strip_prefix(HEAD).unwrap();
        let services = rest.strip_prefix(DRAFT).unwrap_or_else(|| panic!("{rest}"));
        for part in [
            "  api: # svc/api/Dockerfile:1:1\n    path: svc/api\n    filters:\n      - *api\n    depends_on:\n      - migrator # .github/utils/file-filters.yaml:3:5\n",
            "    path: web/a\n    builder: none # no Dockerfile is known\n    filters:\n      - web/a/**\n      - *workspace\n    depends_on:\n      - b # web/a/package.json:1:",
        ] {
            assert!(services.contains(part), "{services}");
        }
    }

    #[test]
    fn a_draft_parses_and_lacks_nothing() {
        let found = found(FILES);
        let text = draft(&found);
        let source = SourceFile::new("filters.yaml", text);
        let (config, problems) = parse(&source, Options::default(), &Discovered::default()).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(lacking(&config, &found).len(), 0);
        assert_eq!(config.services.len(), 5);
    }

    #[test]
    fn what_a_file_lacks_is_told() {
        let text = "services:\n  a: {path: web/a}\n  api: {path: svc/api, depends_on: [m]}\n  m: {path: svc/migrator}\n  root: {path: ., filters: [package.json]}\n";
        let (config, _) =
            parse(&SourceFile::new("filters.yaml", text), Options::default(), &Discovered::default()).unwrap();
        let lacking = lacking(&config, &found(FILES));
        let lacking: Vec<&str> = lacking.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            lacking,
            [
                "`web/b` is built, and no service has it",
                "`a` is built from `web/b`, and neither its `depends_on` nor its patterns say so",
            ]
        );
    }

    #[test]
    fn scalars_are_quoted_where_they_must_be() {
        for (text, written) in [
            ("a/b-c.d/**", "a/b-c.d/**"),
            ("**/*.md", "\"**/*.md\""),
            (".", "\".\""),
            ("!a", "\"!a\""),
            ("true", "\"true\""),
            ("a: b", "\"a: b\""),
            ("1.20", "\"1.20\""),
            ("a#b \"c\"", "\"a#b \\\"c\\\"\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }
}
