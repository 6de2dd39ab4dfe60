//! Drafts a filters.yaml from the services that were discovered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::discovered_builds::{DiscoveredBuild, DiscoveredImage, LOCAL_IMAGE, discovered_builds};
use super::lasting_areas::{Contexts, lasting};
use super::structured::{below_directory, circle_name, directly_in, literal, shared_file};
use crate::analysis::discover::{
    Area, Discovered, DiscoveredEdge, DiscoveredFilter, DiscoveredService, Taken, TakenFor,
};
use crate::analysis::filter::Effect;
use crate::glob::Pattern;
use crate::inputs::source::{BuildContext, DeclaredAt, DockerfileOf};
use crate::model::name::{TagName, is_own_output, slug};
use crate::naming::version::TagFormat;

const HEAD: &str = "\
# What is built in this repository, and what affects it. `rebake init` has read it from the files that the comments name;
# `rebake init --check` tells when these declare more.
";

/// Returns the text of a filters.yaml with everything that was discovered. The uncertain parts are comments.
#[must_use]
pub fn draft(found: &Discovered) -> String {
    let draft = Draft::of(found);
    let mut text = HEAD.to_owned();
    draft.write_filters(&mut text);
    draft.write_defaults(&mut text);
    text.push_str("\nservices:\n");
    for position in 0..found.services.len() {
        draft.write_service(&mut text, position);
    }
    for circle in &draft.circles {
        draft.write_circle(&mut text, circle);
    }
    text
}

struct Draft<'f> {
    found: &'f Discovered,
    /// The filters found in the repository that have the same meaning in filters.yaml, by the slugs of their names.
    kept: BTreeMap<String, &'f DiscoveredFilter>,
    /// Lists of patterns that several services share, each with the name of the new filter for it.
    shared: BTreeMap<Vec<String>, String>,
    /// How each service is built; `None` if no Dockerfile of it is known.
    builds: Vec<Option<DiscoveredBuild>>,
    /// The edges from each service to the services that it is built from.
    edges: Vec<Vec<&'f DiscoveredEdge>>,
    circles: Vec<Circle<'f>>,
    /// For each service, the position in `circles` of its circle; `None` if it is in no circle.
    circle_of: Vec<Option<usize>>,
}

/// Services that are built from each other, and the name of the library that is added for them.
struct Circle<'f> {
    name: String,
    members: &'f [usize],
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
        let shared = lists.zip(free).collect();
        let mut edges = vec![Vec::new(); found.services.len()];
        for edge in &found.edges {
            edges[edge.from].push(edge);
        }
        let mut slugs: BTreeSet<String> = found.services.iter().map(|service| slug(service.name.as_str())).collect();
        let mut circle_of = vec![None; found.services.len()];
        let circles = found.circles.iter().enumerate().map(|(number, members)| {
            for member in members {
                circle_of[*member] = Some(number);
            }
            Circle { name: circle_name(found.services[members[0]].name.as_str(), &mut slugs), members }
        });
        let circles = circles.collect();
        Self { found, kept, shared, builds: discovered_builds(found), edges, circles, circle_of }
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
        let mut shared: Vec<_> = self.shared.iter().collect();
        shared.sort_by_key(|(_, name)| (name.len(), *name));
        for (patterns, name) in shared {
            line(text, 1, &format!("{name}: &{name} # what a workspace has in common"));
            for pattern in patterns {
                line(text, 2, &format!("- {}", scalar(pattern)));
            }
        }
    }

    fn write_defaults(&self, text: &mut String) {
        let has_lockfile = self.found.services.iter().any(locks);
        let is_local = |build: &DiscoveredBuild| build.image == DiscoveredImage::Local;
        let has_local_image = self.builds.iter().flatten().any(is_local);
        if has_lockfile || has_local_image {
            text.push_str("\ndefaults:\n");
        }
        if has_local_image {
            line(text, 1, "# on this machine only; to push images, name their registry, such as ghcr.io/acme/{{name}}");
            line(text, 1, &format!("image: {}", scalar(LOCAL_IMAGE)));
        }
        if has_lockfile {
            line(text, 1, "lockfile: auto # a lockfile affects a service by what its package gets");
        }
    }

    /// Returns the reason why rebake does not build a service.
    fn why_unbuilt(&self, position: usize) -> String {
        match self.found.builds.iter().find(|(of, _)| *of == position) {
            Some((_, build)) => format!("its Dockerfile is a text within {}", build.at),
            None => "no Dockerfile is known".to_owned(),
        }
    }

    fn write_service(&self, text: &mut String, position: usize) {
        let service = &self.found.services[position];
        line(text, 1, &format!("{}: # {}", scalar(service.name.as_str()), service.at));
        line(text, 2, &format!("path: {}", scalar(service.directory.as_str())));
        match &self.builds[position] {
            Some(build) => write_build(text, build),
            None => line(text, 2, &format!("builder: none # {}", self.why_unbuilt(position))),
        }
        if TagName::parse(service.directory.as_str()).is_err() && !service.directory.is_root() {
            line(text, 2, &format!("tag: {} # git refuses the directory in a tag", scalar(TagFormat::BY_NAME)));
        }
        self.write_patterns(text, position);
        let circle = self.circle_of[position];
        let outward = self.edges[position].iter().filter(|edge| circle.is_none() || self.circle_of[edge.to] != circle);
        let mut needs: Vec<String> = outward.map(|edge| self.dependency(edge.to, &edge.at)).collect();
        needs.extend(circle.map(|circle| scalar(&self.circles[circle].name)));
        write_list(text, "depends_on", &needs);
    }

    /// Writes the library of a circle, on which all services of the circle depend.
    fn write_circle(&self, text: &mut String, Circle { name, members }: &Circle<'_>) {
        line(text, 1, &format!("{}: # services that are built from each other", scalar(name)));
        line(text, 2, "builder: none");
        let takes = lasting(&self.found.taken_in_circle(members), &self.contexts(members));
        let patterns: Vec<String> = takes.iter().map(|taken| scalar(&pattern(taken))).collect();
        let circle = self.circle_of[members[0]];
        let outward = members.iter().flat_map(|member| &self.edges[*member]);
        let mut needs: BTreeMap<usize, &DeclaredAt> = BTreeMap::new();
        for edge in outward.filter(|edge| self.circle_of[edge.to] != circle) {
            needs.entry(edge.to).or_insert(&edge.at);
        }
        let needs: Vec<String> = needs.into_iter().map(|(to, at)| self.dependency(to, at)).collect();
        write_list(text, "filters", &patterns);
        write_list(text, "depends_on", &needs);
    }

    fn dependency(&self, to: usize, at: &DeclaredAt) -> String {
        format!("{} # {at}", scalar(self.found.services[to].name.as_str()))
    }

    /// Returns the contexts in which the Dockerfiles of services are built.
    fn contexts(&self, services: &[usize]) -> Contexts<'f> {
        let mut contexts = Contexts::new();
        for (_, build) in self.found.builds.iter().filter(|(service, _)| services.contains(service)) {
            if let (DockerfileOf::File(path), BuildContext::Directory(context)) = (&build.dockerfile, &build.context) {
                contexts.entry(path).or_default().push(context);
            }
        }
        contexts
    }

    fn write_patterns(&self, text: &mut String, position: usize) {
        let service = &self.found.services[position];
        let last = service.directory.as_str().rsplit('/').next().unwrap_or_default();
        let kept = [service.name.as_str(), last].into_iter().find_map(|name| self.kept.get(&slug(name)));
        let known: BTreeSet<&str> =
            kept.iter().flat_map(|kept| &kept.filter.patterns).map(|pattern| pattern.text.as_str()).collect();
        let of_workspace = of_workspace(service);
        let shared = self.shared.get(&of_workspace);
        let is_own = |taken: &Taken| taken.area == Area::Below(service.directory.clone());
        let mut own: Vec<(String, &DeclaredAt)> = Vec::new();
        let areas: Vec<&Taken> =
            service.takes.iter().filter(|taken| shared.is_none() || taken.why != TakenFor::Workspace).collect();
        let areas = lasting(&areas, &self.contexts(&[position]));
        let is_usual = kept.is_none() && shared.is_none() && areas.len() == 1 && areas.iter().all(is_own);
        if is_usual {
            return;
        }
        for taken in &areas {
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
        if let Some(name) = shared {
            line(text, 3, &format!("- *{name}"));
        }
    }
}

/// Writes the keys of a service that say how it is built. What they leave out becomes a comment.
fn write_build(text: &mut String, build: &DiscoveredBuild) {
    match &build.image {
        DiscoveredImage::Declared(name) => {
            line(text, 2, &format!("image: {} # {}", scalar(name.as_str()), build.at));
        }
        DiscoveredImage::Local => {}
        DiscoveredImage::LocalAs(name) => line(text, 2, &format!("image: {}", scalar(name))),
    }
    if let Some(context) = &build.context {
        line(text, 2, &format!("context: {} # {}", scalar(context), build.at));
    }
    if let Some(dockerfile) = &build.dockerfile {
        line(text, 2, &format!("dockerfile: {}", scalar(dockerfile)));
    }
    if let Some(target) = &build.target {
        line(text, 2, &format!("target: {}", scalar(target)));
    }
    for (key, values) in [("build_args", &build.build_args), ("contexts", &build.contexts)] {
        if !values.is_empty() {
            line(text, 2, &format!("{key}:"));
        }
        for (name, value) in values {
            line(text, 3, &format!("{}: {}", scalar(name), scalar(value)));
        }
    }
    for comment in build.left_out.iter().chain(&build.repeated) {
        line(text, 2, &format!("# {comment}"));
    }
}

/// Returns the reason why an existing filter may have another meaning in filters.yaml; `None` if it has the same
/// meaning.
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

/// Returns the patterns of the files that a service shares with its workspace.
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

/// Writes a key of a service with the items of its list, or nothing if the list is empty.
fn write_list(text: &mut String, key: &str, items: &[String]) {
    if !items.is_empty() {
        line(text, 2, &format!("{key}:"));
    }
    for item in items {
        line(text, 3, &format!("- {item}"));
    }
}

fn line(text: &mut String, depth: usize, written: &str) {
    // A comment may name a path with a line break. Scalars have none.
    let _ = writeln!(text, "{}{}", "  ".repeat(depth), written.replace(['\n', '\r'], "?"));
}

/// Returns the name of the YAML anchor for a filter.
fn anchor(name: &str) -> String {
    slug(name)
}

/// Returns a text as a YAML scalar, in quotes if it needs them.
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
    use crate::config::{Options, lacking, parse};
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
        ("web/c d/package.json", r#"{"name": "c"}"#),
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
  # on this machine only; to push images, name their registry, such as ghcr.io/acme/{{name}}
  image: "localhost/{{name}}"
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
            "    path: \"web/c d\"\n    builder: none # no Dockerfile is known\n    tag: \"{{name}}@{{version}}\" # git refuses the directory in a tag\n",
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
        assert_eq!(config.services.len(), 6);
    }

    #[test]
    fn a_path_with_a_line_break_stays_in_its_comment() {
        let text = draft(&found(&[("a\nb: {x/Dockerfile", "FROM alpine")]));
        assert!(text.contains("  a-b---x: # a?b: {x/Dockerfile:1:1\n    path: \"a\\nb: {x\"\n"), "{text}");
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
