//! Files that builds read, compared with the patterns that cover them.

use super::ground::Ground;
use super::positions::Positions;
use super::proposed_patterns::addition_or_list;
use super::read_patterns::ReadFiles;
use super::uncovered_copy::unexcluded;
use super::unread_files::{self, UnreadFiles};
use super::written_patterns::alone;
use super::{CheckRule, Finding, Fix, mended};
use crate::analysis::filter::{Effect, Filter, Filters, members_of_listing};
use crate::config::{LockedClosure, LockfileUse, Service};
use crate::inputs::lockfile::{LOCKFILE_NAMES, SettingsFile};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, Listed, RepoDir, ServiceId, ServiceName};
use crate::model::tree::Listing;
use crate::plan::observed::{Observed, ObservedInput, ObservedService};

/// The observed reads of a build, compared with the patterns that cover them.
#[derive(Debug, Clone)]
pub struct ReadCoverage {
    /// The service.
    pub service: ServiceName,
    /// The files that the build read and that nothing covers.
    pub uncovered: Vec<ObservedInput>,
    /// The files that the build read and that the service's patterns exclude.
    pub excluded: Vec<ObservedInput>,
    /// The patterns that are proposed for the uncovered files.
    pub proposed: Vec<String>,
    /// The patterns that were added to the service after the comparison.
    pub added: Vec<String>,
    /// Whether the proposed patterns can be added to the service's own list of patterns.
    pub is_mendable: bool,
    /// The covered files that the build did not read.
    pub unread: UnreadFiles,
}

/// An observed service, and the files that its build read, compared with its patterns.
struct Compared<'o> {
    set: usize,
    service: ServiceId,
    observed: &'o ObservedService,
    /// The files that were read and that nothing covers, by position.
    uncovered: Vec<(usize, &'o ObservedInput)>,
    /// The files that were read and that patterns exclude, by position.
    excluded: Vec<(usize, &'o ObservedInput)>,
    proposed: Vec<String>,
    read: Positions,
}

/// Returns the reads of observed services, compared with the patterns that cover them.
pub(super) fn coverage(ground: &Ground<'_>, observed: &Observed) -> Vec<ReadCoverage> {
    let inputs = |list: &[(usize, &ObservedInput)]| list.iter().map(|(_, input)| (*input).clone()).collect();
    let compared = compare(ground, observed).into_iter();
    compared
        .map(|compared| ReadCoverage {
            service: ground.config(compared.set).graph.name(compared.service).clone(),
            uncovered: inputs(&compared.uncovered),
            excluded: inputs(&compared.excluded),
            // An interrupted build could have read more files, so none counts as unread.
            unread: match &compared.observed.partial {
                Some(_) => UnreadFiles::default(),
                None => unread_files::of(ground, compared.set, compared.service, &compared.read),
            },
            added: Vec::new(),
            is_mendable: fix(ground, &compared).is_some(),
            proposed: compared.proposed,
        })
        .collect()
}

/// Returns findings about observed files that nothing covers, and about observed files that patterns exclude.
pub(super) fn check(ground: &Ground<'_>, observed: &Observed) -> Vec<Finding> {
    let mut found = Vec::new();
    for compared in compare(ground, observed) {
        let rules = [(CheckRule::UncoveredRead, &compared.uncovered), (CheckRule::ExcludedCopy, &compared.excluded)];
        let with_files = rules.into_iter().filter(|(_, files)| !files.is_empty());
        found.extend(with_files.map(|(rule, files)| finding(ground, &compared, rule, files)));
    }
    found
}

fn finding(
    ground: &Ground<'_>,
    compared: &Compared<'_>,
    rule: CheckRule,
    files: &[(usize, &ObservedInput)],
) -> Finding {
    let config = ground.config(compared.set);
    let place = &config.services[compared.service.0].name;
    let name = &place.value;
    let shown = files.iter().map(|(_, input)| format!("`{}`", Escaped::new(&input.path)));
    let shown = Listed::new(shown, 3);
    let is_excluded = rule == CheckRule::ExcludedCopy;
    let (severity, lacks, label) = match (is_excluded, files.len()) {
        (true, _) => (Severity::Warning, format!("which `{name}` excludes"), "excludes it"),
        (false, 1) => (Severity::Error, format!("which no pattern of `{name}` matches"), "does not cover it"),
        (false, _) => (Severity::Error, format!("none of which a pattern of `{name}` matches"), "does not cover it"),
    };
    let severity = ground.severity(compared.set, compared.service, severity);
    let mut finding = Finding::new(rule, severity, format!("the build of `{name}` read {shown}, {lacks}")).of(name);
    finding = finding.label(&config.source, place.defined, label);
    let mut by: Vec<&str> = files.iter().map(|(_, input)| input.by.as_str()).collect();
    by.dedup();
    finding =
        finding.help(format!("read by {}", Listed::new(by.iter().map(|by| format!("`{}`", Escaped::new(by))), 3)));
    if is_excluded {
        return finding.help("take it out of what is excluded, or keep the build from reading it");
    }
    let written = compared.proposed.iter().map(|pattern| format!("`{}`", Escaped::new(pattern)));
    finding = finding.help(format!("add {} to `{name}`", Listed::new(written, 5)));
    if is_about_locked(ground, compared) {
        finding = finding.help("or write `lockfile: auto`: then what the package gets counts, and not these files");
    }
    let owners = owners(ground, compared);
    if !owners.is_empty() {
        let shown = Listed::new(owners.iter().map(|owner| format!("`{owner}`")), 3);
        finding = finding.help(format!("or add {shown} to its `depends_on`, if it is built from that"));
    }
    let fix = fix(ground, compared);
    if fix.is_none() {
        finding = finding.help(format!("`--fix` does not: the patterns of `{name}` are no list that it alone has"));
    }
    finding.fixed_by(fix)
}

fn fix(ground: &Ground<'_>, compared: &Compared<'_>) -> Option<Fix> {
    let fix = addition_or_list(ground, compared.set, compared.service, compared.proposed.clone())?;
    // If the list is written in an unusual way, `mended` cannot change it, so there is no fix.
    let text = ground.config(compared.set).source.text();
    (mended(text, [&fix]) != text).then_some(fix)
}

/// Whether an uncovered file would need no pattern if the service compared the packages of its lockfiles.
fn is_about_locked(ground: &Ground<'_>, compared: &Compared<'_>) -> bool {
    let definition = &ground.config(compared.set).services[compared.service.0];
    let with = Service { lockfile: LockfileUse::Closure(LockedClosure::default()), ..definition.clone() };
    definition.lockfile == LockfileUse::Whole && {
        let manifests = LockedManifests::of(ground, &with);
        compared.uncovered.iter().any(|(_, input)| manifests.hold(&input.path))
    }
}

/// Returns the services whose directories contain uncovered files. Services that are built from the observed service
/// are left out.
fn owners<'g>(ground: &Ground<'g>, compared: &Compared<'_>) -> Vec<&'g ServiceName> {
    let config = ground.config(compared.set);
    let holds = |id: &ServiceId| {
        let path = config.services[id.0].path.as_ref().filter(|path| !path.is_root());
        let range = path.map(|path| ground.below(path)).unwrap_or_default();
        *id != compared.service && compared.uncovered.iter().any(|(position, _)| range.contains(position))
    };
    let needs_it = |id: &ServiceId| config.graph.with_dependencies(&[*id])[compared.service.0];
    config.graph.services().filter(holds).filter(|id| !needs_it(id)).map(|id| config.graph.name(id)).collect()
}

fn compare<'o>(ground: &Ground<'_>, observed: &'o Observed) -> Vec<Compared<'o>> {
    let unexcluded = unexcluded(ground);
    let odd = odd_paths(ground.listing());
    let position = |input: &'o ObservedInput| {
        let named = odd.iter().find(|(_, path)| *path == input.path).map(|(position, _)| *position);
        Some((ground.listing().position(input.path.as_bytes()).or(named)?, input))
    };
    let mut found = Vec::new();
    for observed in &observed.services {
        let mut sets = 0..ground.sets.len();
        let id = sets.find_map(|set| Some((set, ground.config(set).graph.id(&observed.service)?)));
        let Some((set, service)) = id else { continue };
        let config = ground.config(set);
        let cover = ground.cover([(set, service)].into_iter().chain(ground.together(set, service)));
        let definition = &config.services[service.0];
        // Files that no longer exist are left out.
        let mut files: Vec<(usize, &ObservedInput)> = observed.inputs.iter().filter_map(position).collect();
        files.sort_unstable_by_key(|(position, _)| *position);
        files.dedup_by_key(|(position, _)| *position);
        let read = Positions::of(ground.listing().len(), files.iter().map(|(position, _)| *position));
        let manifests = LockedManifests::of(ground, definition);
        let is_open =
            |(position, input): &(usize, &ObservedInput)| !cover.has(*position) && !manifests.hold(&input.path);
        let open: Vec<(usize, &ObservedInput)> = files.into_iter().filter(is_open).collect();
        let needed = config.graph.with_dependencies(&[service]);
        let is_excluded = |(position, _): &(usize, &ObservedInput)| {
            let of =
                |id: &ServiceId| needed[id.0] && unexcluded[set].get(id.0).is_some_and(|files| files.has(*position));
            config.graph.services().any(|id| of(&id))
        };
        let (excluded, uncovered): (Vec<_>, Vec<_>) = open.into_iter().partition(is_excluded);
        let others = config.graph.services().filter(|id| *id != service);
        let others: Vec<RepoDir> = others.filter_map(|id| config.services[id.0].path.clone()).collect();
        let missed: Vec<usize> = uncovered.iter().map(|(position, _)| *position).collect();
        let withheld = withheld(ground, config.filters.get(definition.filter));
        let proposed =
            ReadFiles { ground, missed: &missed, cover: &cover, excluded: &withheld, others: &others }.patterns();
        found.push(Compared { set, service, observed, uncovered, excluded, proposed, read });
    }
    found
}

/// Returns the files that the `exclude` of a service matches. No pattern with a wildcard covers them.
fn withheld(ground: &Ground<'_>, filter: &Filter) -> Positions {
    let Filter::Ordered(entries) = filter else { return Positions::default() };
    let patterns = entries.iter().filter(|entry| entry.effect == Effect::ExcludeWildcards);
    let filters = alone(patterns.map(|entry| entry.pattern.value.clone()));
    let listing = ground.listing();
    let found = members_of_listing(&filters, listing);
    let all = (0..filters.len()).flat_map(|at| found.of(Filters::id(at)).iter().copied());
    Positions::of(listing.len(), all)
}

/// Returns the positions of the files whose paths are not UTF-8, each with the path as the JSON document has it.
fn odd_paths(listing: &Listing) -> Vec<(usize, String)> {
    let odd = listing.iter().enumerate().filter(|(_, entry)| std::str::from_utf8(entry.path).is_err());
    odd.map(|(position, entry)| (position, String::from_utf8_lossy(entry.path).into_owned())).collect()
}

/// The lockfiles, settings files and manifests of a service that need no pattern, since only the packages in them that
/// the service gets matter.
struct LockedManifests<'a> {
    service: &'a Service,
    /// The directories with lockfiles of the service.
    directories: Vec<RepoDir>,
}

impl<'a> LockedManifests<'a> {
    /// The file names of the manifests of packages.
    const NAMES: [&'static str; 3] = ["Cargo.toml", "package.json", "pyproject.toml"];

    fn of(ground: &Ground<'_>, service: &'a Service) -> Self {
        let has_one = |directory: &RepoDir| service.lockfile_names().any(|name| ground.tree.has(&directory.join(name)));
        let directories = service.lockfile_directories().into_iter().filter(has_one).collect();
        Self { service, directories }
    }

    /// Whether a file needs no pattern: only the packages in it that the service gets matter, or it is a lockfile and
    /// the service exempts lockfiles.
    fn hold(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        if self.service.lockfile == LockfileUse::Unchecked {
            return LOCKFILE_NAMES.iter().any(|(lockfile, _)| *lockfile == name);
        }
        let is_manifest = Self::NAMES.contains(&name);
        let settings = SettingsFile::at(path);
        let is_setting =
            |directory: &RepoDir| settings.as_ref().is_some_and(|(file, beside)| file.may_matter(beside, directory));
        self.service.may_lock(path)
            || self
                .directories
                .iter()
                .any(|directory| is_setting(directory) || is_manifest && directory.holds_file(path))
    }
}
