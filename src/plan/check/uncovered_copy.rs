//! Files that a Dockerfile copies, but whose changes do not trigger a build of the image.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{Certainty, Ground};
use super::image_builds::ImageBuild;
use super::lone_manifest::LoneManifests;
use super::positions::Positions;
use super::proposed_patterns::{addition, of_files};
use super::{CheckRule, FilterSet, Finding};
use crate::analysis::filter::{Effect, Filter, Filters, Quantifier, members_of_listing};
use crate::inputs::source::docker::{ContextSource, ListedContexts};
use crate::model::diagnostic::{Severity, SourceFile, Span};
use crate::model::name::{Escaped, Listed, RepoDir, ServiceId};
use crate::model::tree::Listing;

/// Files that decide what package managers install.
pub(super) const LOCKFILES: [&str; 20] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    ".npmrc",
    ".yarnrc.yml",
    "Cargo.lock",
    "go.sum",
    "go.work",
    "go.work.sum",
    "uv.lock",
    "poetry.lock",
    "Pipfile.lock",
    "pdm.lock",
    "composer.lock",
    "Gemfile.lock",
    "mix.lock",
];

/// The names of manifests. A manifest is treated like a lockfile if there is one in the same directory.
pub(super) const MANIFESTS: [&str; 4] = ["package.json", "Cargo.toml", "go.mod", "pyproject.toml"];

/// Whether a path is that of a lockfile, or of a manifest beside a lockfile.
pub(super) fn is_lockfile(ground: &Ground<'_>, path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let beside = |name: &&str| {
        let path = if directory.is_empty() { (*name).to_owned() } else { format!("{directory}/{name}") };
        ground.tree.has(&path)
    };
    LOCKFILES.contains(&name) || MANIFESTS.contains(&name) && LOCKFILES.iter().any(beside)
}

/// The files that a Dockerfile copies, but that the patterns of a service do not cover, for all builds of the service
/// with this Dockerfile together.
#[derive(Default)]
struct Missed {
    files: BTreeSet<usize>,
    sources: BTreeSet<Span>,
    patterns: BTreeSet<String>,
    /// Whether the service is certainly responsible for at least one of these builds.
    is_sure: bool,
}

/// The subject of a finding: the rule, the set, the service in it, the path of the Dockerfile, and the breadth of the
/// sources.
type Subject<'a> = (CheckRule, usize, ServiceId, &'a str, Breadth);

/// The breadth of a source of a `COPY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    /// A file, a directory, or a pattern with wildcards.
    Named,
    /// The whole context, or a directory with several packages. Most of it matters only to other services.
    Wide,
}

pub(super) fn check(ground: &Ground<'_>, builds: &[ImageBuild<'_>]) -> Vec<Finding> {
    let unexcluded = unexcluded(ground);
    let mut missed: BTreeMap<Subject<'_>, (Missed, &SourceFile)> = BTreeMap::new();
    let manifests = LoneManifests::of(ground);
    let listing = ground.listing();
    let sources = ListedContexts::for_builds(builds.iter().map(|build| &build.context), |contexts, at| {
        sources(listing, contexts, &builds[at])
    });
    for (build, sources) in builds.iter().zip(sources) {
        let Some(sources) = sources else { continue };
        let lone = if is_known(build, &sources) {
            manifests.among(build, &sources.iter().flat_map(|(_, read)| read).copied().collect::<Vec<_>>())
        } else {
            BTreeSet::new()
        };
        for (source, read) in sources {
            let is_missed = |position: &usize| !build.cover.has(*position) && !lone.contains(position);
            let uncovered: Vec<usize> = read.iter().copied().filter(is_missed).collect();
            if uncovered.is_empty() {
                continue;
            }
            let is_excluded = |position: &usize| {
                let covers = |(set, service): &(usize, ServiceId)| unexcluded[*set].get(service.0);
                build.asked.iter().filter_map(covers).any(|cover| cover.has(*position))
            };
            let (excluded, others): (Vec<usize>, Vec<usize>) = uncovered.into_iter().partition(is_excluded);
            let breadth = if is_wide(ground, &build.context, source) { Breadth::Wide } else { Breadth::Named };
            // If only some files of a source are excluded, the user excludes them on purpose, except for files of
            // another package.
            let excluded = if excluded.len() == read.len() {
                excluded
            } else {
                let is_packages = |position: &usize| is_of_package(ground, &build.context, *position);
                excluded.into_iter().filter(is_packages).collect()
            };
            let is_file = ground.tree.has(&build.context.join(&source.path));
            let is_lockfile = is_file && is_lockfile(ground, &build.context.join(&source.path));
            let rule = if is_lockfile { CheckRule::UncoveredLockfile } else { CheckRule::UncoveredCopy };
            for (rule, files) in [(CheckRule::ExcludedCopy, excluded), (rule, others)] {
                if files.is_empty() {
                    continue;
                }
                let subject = (rule, build.set, build.service, build.file.name(), breadth);
                let (missed, _) = missed.entry(subject).or_insert_with(|| (Missed::default(), build.file));
                if breadth == Breadth::Named {
                    missed.patterns.extend(of_files(ground, &build.context, &source.path, &files));
                }
                missed.files.extend(files);
                missed.sources.insert(source.span);
                missed.is_sure |= build.certainty == Certainty::Sure;
            }
        }
    }
    missed.into_iter().map(|(subject, (missed, file))| finding(ground, subject, &missed, file)).collect()
}

/// The sources of a build, each with the positions of the files that it matches. Sources that are symbolic links, or
/// that are reached through a symbolic link, are left out.
type Sources<'b> = Vec<(&'b ContextSource, Vec<usize>)>;

/// Returns the sources of a build; `None` if its ignore file cannot be read.
fn sources<'a, 'b>(
    listing: &'a Listing,
    contexts: &mut ListedContexts<'a>,
    build: &'b ImageBuild<'_>,
) -> Option<Sources<'b>> {
    let ignore = build.ignore.as_ref()?;
    let context = contexts.of(listing, &build.context);
    let mut sources = Vec::new();
    for source in &build.reads.sources {
        if !context.leads_on(&source.path) {
            sources.push((source, context.sent(source, build.ignore_path.as_deref(), ignore)));
        }
    }
    Some(sources)
}

/// Whether all files that a build reads are known: `sources` are all of its sources.
fn is_known(build: &ImageBuild<'_>, sources: &[(&ContextSource, Vec<usize>)]) -> bool {
    build.reads.unresolved.is_empty() && sources.len() == build.reads.sources.len()
}

/// Whether a file belongs to a package in a subdirectory of a context.
fn is_of_package(ground: &Ground<'_>, context: &RepoDir, position: usize) -> bool {
    let above = RepoDir::of_file(&ground.path(position)).and_above();
    let mut within = above.take_while(|directory| directory != context);
    within.any(|directory| ground.found.service_in(&directory).is_some())
}

/// Whether a source is the whole context, or contains several packages. Most of such a source matters only to other
/// services.
fn is_wide(ground: &Ground<'_>, context: &RepoDir, source: &ContextSource) -> bool {
    let Ok(directory) = RepoDir::parse(&context.join(&source.path)) else { return true };
    source.path.is_empty() || ground.found.services_below(&directory).nth(1).is_some()
}

/// The greatest number of sources in a Dockerfile to which a finding points.
const MOST_PLACES: usize = 4;

fn finding(ground: &Ground<'_>, subject: Subject<'_>, missed: &Missed, file: &SourceFile) -> Finding {
    let (rule, set, service, _, breadth) = subject;
    let config = ground.config(set);
    let place = &config.services[service.0].name;
    let name = &place.value;
    let paths = shown_first(missed.files.iter().map(|position| ground.path(*position)).collect());
    let shown = paths.iter().map(|path| format!("`{}`", Escaped::new(path)));
    let listed = Listed::new(shown, 3).to_string();
    let is_excluded = rule == CheckRule::ExcludedCopy;
    let is_error = missed.is_sure && breadth == Breadth::Named && !is_excluded;
    let severity = ground.severity(set, service, if is_error { Severity::Error } else { Severity::Warning });
    let lacks = match (is_excluded, missed.files.len()) {
        (true, _) => format!("which `{name}` excludes"),
        (false, 1) => format!("which no pattern of `{name}` matches"),
        (false, _) => format!("none of which a pattern of `{name}` matches"),
    };
    let message = format!("the image of `{name}` is built from {listed}, {lacks}");
    let mut finding = Finding::new(rule, severity, message).of(name);
    finding =
        finding.label(&config.source, place.defined, if is_excluded { "excludes it" } else { "does not cover it" });
    for source in missed.sources.iter().take(MOST_PLACES) {
        finding = finding.label(file, *source, "is read");
    }
    if is_excluded {
        return finding.help("take it out of what is excluded, or out of the Dockerfile");
    }
    if breadth == Breadth::Wide {
        return finding.help(
            "what the image does not need can be left to `.dockerignore`; what it needs belongs into the patterns",
        );
    }
    let is_within = |pattern: &&String| {
        let holds = |other: &String| {
            other.strip_suffix("**").is_some_and(|start| pattern.starts_with(start) && other != *pattern)
        };
        missed.patterns.iter().any(holds)
    };
    let patterns: Vec<String> = missed.patterns.iter().filter(|pattern| !is_within(pattern)).cloned().collect();
    let written = patterns.iter().map(|pattern| format!("`{}`", Escaped::new(pattern)));
    let help = format!("add {} to `{name}`", Listed::new(written, 5));
    finding.help(help).fixed_by(addition(ground, set, service, patterns))
}

/// Returns paths in the order in which a message shows them: first the files that builds most probably use, then
/// documentation and licences. The order of the paths stays otherwise.
fn shown_first(paths: Vec<String>) -> Vec<String> {
    let (documents, mut others): (Vec<String>, Vec<String>) = paths.into_iter().partition(|path| is_document(path));
    others.extend(documents);
    others
}

/// Whether a path is that of documentation, a changelog or a licence.
fn is_document(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    directory.split('/').any(|part| part == "docs")
        || name.ends_with(".md")
        || ["license", "licence", "changelog"].iter().any(|begin| name.starts_with(begin))
}

/// Returns, for each set, the files that each of its services would cover if no pattern excluded any. The list is empty
/// for a set without exclusions.
pub(super) fn unexcluded(ground: &Ground<'_>) -> Vec<Vec<Positions>> {
    let listing = ground.listing();
    let of_set = |set: &FilterSet| {
        let config = &set.config;
        let own = || config.services.values().map(|service| config.filters.get(service.filter));
        if !own().any(excludes) {
            return Vec::new();
        }
        let filters = Filters::new(own().map(without_exclusions).collect());
        let found = members_of_listing(&filters, listing);
        let cover = |at| Positions::of(listing.len(), found.of(Filters::id(at)).iter().copied());
        (0..filters.len()).map(cover).collect()
    };
    ground.sets.iter().map(of_set).collect()
}

fn excludes(filter: &Filter) -> bool {
    match filter {
        Filter::Ordered(entries) => entries.iter().any(|entry| entry.effect != Effect::Include),
        Filter::PathsFilter { quantifier, rules } => {
            *quantifier != Quantifier::Some
                && rules.iter().flat_map(|rule| &rule.patterns).any(|pattern| pattern.value.is_negated())
        }
    }
}

fn without_exclusions(filter: &Filter) -> Filter {
    match filter {
        Filter::Ordered(entries) => {
            Filter::Ordered(entries.iter().filter(|entry| entry.effect == Effect::Include).cloned().collect())
        }
        Filter::PathsFilter { quantifier, rules } => {
            let mut rules = rules.clone();
            if *quantifier != Quantifier::Some {
                rules.retain(|rule| !rule.patterns.iter().any(|pattern| pattern.value.is_negated()));
            }
            Filter::PathsFilter { quantifier: *quantifier, rules }
        }
    }
}
