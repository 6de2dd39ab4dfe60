//! Packages and images of the repository that a service is built from, but that its filters do not cover.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::ground::{Certainty, Ground};
use super::proposed_patterns::{addition, below};
use super::uncovered_copy::is_lockfile;
use super::{CheckRule, Finding};
use crate::analysis::discover::{Area, DiscoveredEdge, TakenFor};
use crate::config::Shape;
use crate::inputs::source::{DeclaredAt, is_filter_file, is_workflow_file};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, Listed, ServiceName};

/// The purpose of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Building,
    Developing,
}

pub(super) fn packages(ground: &Ground<'_>) -> Vec<Finding> {
    check(ground, CheckRule::UnlistedPackage)
}

pub(super) fn images(ground: &Ground<'_>) -> Vec<Finding> {
    check(ground, CheckRule::UnlistedImage)
}

/// Returns, for each discovered service, its edges to the services that it is built from, without edges that filters
/// declare.
pub(super) fn edges<'a>(ground: &Ground<'a>) -> Vec<Vec<&'a DiscoveredEdge>> {
    let mut edges: Vec<Vec<&DiscoveredEdge>> = vec![Vec::new(); ground.found.services.len()];
    for edge in &ground.found.edges {
        // A dependency that filters declare is no reason for a finding about filters.
        let file = edge.at.file.name();
        if !is_filter_file(file) && !is_workflow_file(file) {
            edges[edge.from].push(edge);
        }
    }
    edges
}

/// Returns discovered services with all services that they are built from. Dependencies that are only for development
/// do not count.
pub(super) fn built_from(edges: &[Vec<&DiscoveredEdge>], services: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut next: Vec<usize> = services.iter().copied().collect();
    let mut found = services;
    while let Some(from) = next.pop() {
        for edge in edges[from].iter().filter(|edge| purpose(&edge.at) == Purpose::Building) {
            if found.insert(edge.to) {
                next.push(edge.to);
            }
        }
    }
    found
}

fn check(ground: &Ground<'_>, rule: CheckRule) -> Vec<Finding> {
    let edges = edges(ground);
    let mut found = Vec::new();
    for (set, service, home, certainty) in ground.owned().into_iter().filter(|(_, _, home, _)| !edges[*home].is_empty())
    {
        let config = ground.config(set);
        let cover = ground.cover(std::iter::once((set, service)).chain(ground.together(set, service)));
        let mut missed = BTreeSet::new();
        for (target, way) in reached(&edges, home) {
            let directory = &ground.found.services[target].directory;
            let files = ground.below(directory);
            if directory.is_root() || files.is_empty() || files.clone().any(|position| cover.has(position)) {
                continue;
            }
            missed.insert(target);
            // If `depends_on` lists a service, the services that this service is built from need not be listed.
            let is_brought = way[..way.len() - 1].iter().any(|edge| missed.contains(&edge.to));
            if rule_of(&way[way.len() - 1].at) != rule || config.shape == Shape::Structured && is_brought {
                continue;
            }
            let name = &config.services[service.0].name;
            let via = match &way[..way.len() - 1] {
                [] => String::new(),
                before => format!(
                    ", through `{}`",
                    Escaped::new(ground.found.services[before[before.len() - 1].to].directory.as_str())
                ),
            };
            let says = if config.shape == Shape::Structured {
                "neither `depends_on` nor its patterns say so"
            } else {
                "none of its patterns matches that"
            };
            let shown = Escaped::new(directory.as_str()).to_string();
            let message = format!("`{}` is built from `{shown}`{via}, and {says}", name.value);
            let is_sure = certainty == Certainty::Sure && way.iter().all(|edge| purpose(&edge.at) == Purpose::Building);
            let severity = if is_sure { Severity::Error } else { Severity::Warning };
            let severity = ground.severity(set, service, severity);
            let last = &way[way.len() - 1].at;
            let pattern = below(directory);
            let help = match ground.service_at(set, target) {
                Some(other) => format!("add `{}` to `depends_on` of `{}`", config.graph.name(other), name.value),
                None => format!("add `{}` to `{}`", Escaped::new(&pattern), name.value),
            };
            let finding = Finding::new(rule, severity, message).of(&name.value).label(
                &config.source,
                name.defined,
                "does not cover it",
            );
            let finding = finding.label(&last.file, last.span, "says so");
            found.push(finding.help(help).fixed_by(addition(ground, set, service, vec![pattern])));
        }
    }
    found
}

/// Returns the discovered services from which a discovered service is built, each with the edges on the way to it. The
/// development dependencies of a dependency are not followed.
fn reached<'e, 'f>(edges: &'e [Vec<&'f DiscoveredEdge>], home: usize) -> Vec<(usize, Vec<&'f DiscoveredEdge>)> {
    let mut seen = BTreeSet::from([home]);
    let mut before: BTreeMap<usize, &'f DiscoveredEdge> = BTreeMap::new();
    let mut next = VecDeque::from([home]);
    let mut order = Vec::new();
    while let Some(from) = next.pop_front() {
        for edge in &edges[from] {
            if (from == home || purpose(&edge.at) == Purpose::Building) && seen.insert(edge.to) {
                before.insert(edge.to, edge);
                order.push(edge.to);
                next.push_back(edge.to);
            }
        }
    }
    let way = |target: usize| {
        let mut way = Vec::new();
        let mut at = target;
        while let Some(edge) = before.get(&at).filter(|_| way.len() <= before.len()) {
            way.push(*edge);
            at = edge.from;
        }
        way.reverse();
        way
    };
    order.into_iter().map(|target| (target, way(target))).collect()
}

/// Returns the rule about a dependency that the filters do not cover. It follows from the file that declares the
/// dependency.
fn rule_of(at: &DeclaredAt) -> CheckRule {
    let name = at.file.name().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_dockerfile = name.contains("dockerfile") || name.contains("containerfile");
    if is_dockerfile { CheckRule::UnlistedImage } else { CheckRule::UnlistedPackage }
}

/// Returns the purpose of a dependency. It follows from the key or the table of the manifest that contains the
/// dependency.
fn purpose(at: &DeclaredAt) -> Purpose {
    let before = at.file.text().get(..at.span.start).unwrap_or_default();
    let (keys, marks): (&[&str], [&str; 2]) = if at.file.name().ends_with(".json") {
        (
            &["\"dependencies\"", "\"devDependencies\"", "\"peerDependencies\"", "\"optionalDependencies\""],
            ["dev", "peer"],
        )
    } else if at.file.name().ends_with(".toml") {
        (&["\n["], ["dev", "group"])
    } else {
        return Purpose::Building;
    };
    let last = keys.iter().filter_map(|key| before.rfind(key)).max();
    let heading = last.and_then(|at| before[at..].trim_start().lines().next()).unwrap_or_default();
    let heading = heading.split(':').next().unwrap_or_default();
    if marks.iter().any(|mark| heading.contains(mark)) { Purpose::Developing } else { Purpose::Building }
}

/// Returns findings about services that do not cover the lockfile or the root manifest of their workspace. Services
/// with such a finding in `copied` are left out.
pub(super) fn lockfiles(ground: &Ground<'_>, copied: &[Finding]) -> Vec<Finding> {
    let said = copied.iter().filter(|finding| finding.rule == CheckRule::UncoveredLockfile);
    let file = |finding: &Finding| finding.problem.labels.first().map(|label| label.file.name().to_owned());
    let said: BTreeSet<(Option<String>, &ServiceName)> =
        said.filter_map(|finding| Some((file(finding), finding.service.as_ref()?))).collect();
    let mut found = Vec::new();
    for (set, service, home, _) in ground.owned() {
        let config = ground.config(set);
        if said.contains(&(Some(config.source.name().to_owned()), config.graph.name(service))) {
            continue;
        }
        let shared = ground.found.services[home].takes.iter().filter(|taken| taken.why == TakenFor::Workspace);
        let files =
            shared.filter_map(|taken| if let Area::File(path) = &taken.area { Some(path.as_str()) } else { None });
        let files: Vec<&str> = files.filter(|path| is_lockfile(ground, path)).collect();
        if files.is_empty() {
            continue;
        }
        let cover = ground.cover(std::iter::once((set, service)).chain(ground.together(set, service)));
        let is_missed = |path: &&str| {
            let position = ground.listing().position(path.as_bytes());
            position.is_some_and(|position| !cover.has(position))
        };
        let missed: BTreeSet<&str> = files.into_iter().filter(is_missed).collect();
        if missed.is_empty() {
            continue;
        }
        let name = &config.services[service.0].name;
        let shown: Vec<String> = missed.iter().map(|path| format!("`{}`", Escaped::new(path))).collect();
        let shown = Listed::new(&shown, 5).to_string();
        let message = format!(
            "what `{}` gets from its workspace is decided by {shown}, which none of its patterns matches",
            name.value
        );
        let finding = Finding::new(CheckRule::UncoveredLockfile, Severity::Warning, message).of(&name.value);
        let finding = finding.label(&config.source, name.defined, "does not cover it");
        let patterns = missed.iter().map(|path| (*path).to_owned()).collect();
        let fix = addition(ground, set, service, patterns);
        found.push(finding.help(format!("add {shown} to `{}`", name.value)).fixed_by(fix));
    }
    found
}
