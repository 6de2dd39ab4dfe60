use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    Base, CauseKind, Degradation, GitDescription, Plan, PlannedCause, PlannedPackage, PlannedRange, PlannedService,
    PlannedTrigger, Pushes, Reason, SCHEMA,
};
use crate::analysis::affected::{self, Affected, Degraded, LockfileChange, NoRecord};
use crate::analysis::base;
use crate::analysis::closure::PackageChange;
use crate::analysis::filter::Match;
use crate::analysis::fingerprint::Fingerprint;
use crate::config::{self, Config};
use crate::inputs::trigger;
use crate::model::change::{Change, HeadState, Status};
use crate::model::name::{CommitId, ServiceId, ServiceName, quoted};
use crate::naming::image::ImageTag;
use crate::naming::version;

/// The results of all stages, from which a plan is assembled.
pub struct Assembly<'a> {
    /// The configuration at head.
    pub config: &'a Config,
    /// The event.
    pub trigger: &'a trigger::Trigger,
    /// The environment's name.
    pub environment: &'a str,
    /// Whether results may be pushed.
    pub push: bool,
    /// Which image references builds push.
    pub pushes: Pushes,
    /// The commits that were compared.
    pub range: &'a base::Range,
    /// The facts that are not known, because of which the plan has more services than necessary.
    pub doubts: &'a [base::Doubt],
    /// Which services are affected, and why.
    pub affected: &'a Affected<'a>,
    /// The services of the plan, in build order.
    pub planned: &'a [Found],
    /// The affected services that were not requested, in build order.
    pub left_out: Vec<ServiceId>,
    /// The built refs and marks of services; `None` if they were not read.
    pub standing: Option<StandingRefs>,
    /// The services that the configuration at base has and the configuration at head does not have.
    pub removed: Vec<ServiceName>,
    /// The changes that no filter matches.
    pub unmatched: Vec<&'a Change>,
    /// The changes that each named filter matches, by the name of the filter.
    pub named: IndexMap<&'a str, Vec<&'a Change>>,
}

/// The built refs of an environment and the marks of builds, as they are when the plan is made.
#[derive(Debug, Default)]
pub struct StandingRefs {
    /// The commits to which the services' built refs point.
    pub built: BTreeMap<ServiceId, CommitId>,
    /// The objects to which the marks of services point whose builds have begun and were not recorded.
    pub begun: BTreeMap<ServiceId, CommitId>,
}

/// The results of the stages for one service of the plan.
#[derive(Debug)]
pub struct Found {
    /// The service.
    pub id: ServiceId,
    /// The names of its result.
    pub names: Names,
    /// Its fingerprint, or `None` if it is not known or was not requested.
    pub fingerprint: Option<Fingerprint>,
    /// Its content tag, by which an image of the same content is found again; `None` if the service has none.
    pub content_tag: Option<ImageTag>,
    /// Whether it is built even if an image of the same content exists.
    pub rebuild: bool,
    /// The service's own base, which replaces the base of the plan; `None` if the service has no base of its own.
    pub base: Option<Base>,
}

/// The names of a service's result.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The version; `None` if it is not known.
    pub version: Option<String>,
    /// The reason why the result has no version or no image tags, so that the service cannot be built; `None` if there
    /// is no such reason.
    pub unnamed: Option<String>,
    /// The `git describe` of the service; `None` if it was not requested or is not known.
    pub described: Option<version::Described>,
    /// The image, without a tag.
    pub image: Option<String>,
    /// Image references with a tag, such as `ghcr.io/acme/api:1.0`; tags without a name if the service has no image.
    pub tags: Vec<String>,
    /// Those of `tags` that name a release. They never move to another image.
    pub fixed: Vec<String>,
    /// Those of `tags` that name a commit. The first image of the commit gets them and keeps them.
    pub once: Vec<String>,
    /// Image tags that the service's rules give, but that the image does not get.
    pub left_out: Vec<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Whether the result may be pushed at all. It may not if `--dirty` marks its version as dirty, or if the
    /// configuration at the base of a pull request does not push the service.
    pub pushable: bool,
}

/// Assembles the plan from the results of all stages.
#[must_use]
pub fn assemble(found: &Assembly) -> Plan {
    let config = found.config;
    let places = places(found);
    let name = |service: &ServiceId| config.graph.name(*service).as_str().to_owned();
    let levels = config.graph.levels(|service| places[service.0].is_some());
    let service = |Found { id: service, names, fingerprint, content_tag, rebuild, base }: &Found| {
        let definition = &config.services[service.0];
        let mut needs = config.graph.dependencies(*service);
        needs.retain(|need| places[need.0].is_some());
        needs.sort_by_key(|need| places[need.0]);
        let planned = PlannedService {
            service: definition.name.value.as_str().to_owned(),
            path: definition.path.as_ref().map(ToString::to_string),
            library: definition.is_library(),
            causes: found.affected.causes(*service).iter().map(|cause| published(cause, config)).collect(),
            base: base.clone(),
            needs: needs.iter().map(|need| config.graph.name(*need).as_str().to_owned()).collect(),
            level: levels[service.0].unwrap_or_default(),
            version: names.version.clone(),
            unnamed: names.unnamed.clone(),
            described: names.described.as_ref().map(GitDescription::from),
            fingerprint: fingerprint.as_ref().map(ToString::to_string),
            content_tag: content_tag.as_ref().map(ToString::to_string),
            promote: definition.promote,
            rebuild: *rebuild,
            seconds: None,
            exists: None,
            image: names.image.clone(),
            tags: names.tags.clone(),
            fixed: names.fixed.clone(),
            once: names.once.clone(),
            pushes: if content_tag.is_some() { found.pushes } else { Pushes::All },
            left_out: names.left_out.clone(),
            labels: names.labels.clone(),
            platforms: definition.platforms.clone(),
            push: found.push && names.pushable && !definition.is_library(),
            matrix: definition.matrix.clone(),
            time_limit: definition.recipe.time_limit().map(|limit| limit.as_secs()),
            ci: definition.ci.clone(),
        };
        with_a_tag(planned)
    };
    let services: Vec<PlannedService> = found.planned.iter().map(service).collect();
    Plan {
        schema: SCHEMA,
        rebake: env!("CARGO_PKG_VERSION").to_owned(),
        shape: config.shape,
        trigger: PlannedTrigger { kind: found.trigger.kind, reference: found.trigger.reference.clone() },
        environment: found.environment.to_owned(),
        range: range(found.range),
        degraded: found.doubts.iter().map(doubt).collect(),
        promote: None,
        any: services.iter().any(|service| !service.library),
        services,
        unaffected: config
            .graph
            .services()
            .filter(|service| places[service.0].is_none())
            .map(|service| config.graph.name(service).as_str().to_owned())
            .collect(),
        left_out: found.left_out.iter().map(name).collect(),
        built: found.standing.as_ref().map(|standing| of_needed(&standing.built, found)),
        begun: found.standing.as_ref().map(|standing| of_needed(&standing.begun, found)).unwrap_or_default(),
        estimate: None,
        removed: found.removed.iter().map(|service| service.as_str().to_owned()).collect(),
        unmatched: found.unmatched.iter().map(|change| path(change)).collect(),
        filters: found
            .named
            .iter()
            .map(|(name, changes)| ((*name).to_owned(), changes.iter().map(|change| path(change)).collect()))
            .collect(),
    }
}

/// Returns those of `refs` that are of planned services and of services that these are built from, by service.
fn of_needed(refs: &BTreeMap<ServiceId, CommitId>, found: &Assembly) -> BTreeMap<String, String> {
    let graph = &found.config.graph;
    let planned: Vec<ServiceId> = found.planned.iter().map(|found| found.id).collect();
    let counts = graph.with_dependencies(&planned);
    let counted = refs.iter().filter(|(service, _)| counts[service.0]);
    counted.map(|(service, commit)| (graph.name(*service).as_str().to_owned(), commit.to_string())).collect()
}

/// Adds the content tag to an image without tags, so that the image can be pushed and found. If the event may not write
/// content tags, an image without any other tag to push is not pushed.
fn with_a_tag(mut service: PlannedService) -> PlannedService {
    let is_named = service.version.is_some() && service.unnamed.is_none();
    if service.pushes == Pushes::Tags {
        service.push &= !is_named || service.image.is_none() || !service.built_tags().is_empty();
    } else if service.tags.is_empty() && is_named {
        service.tags.extend(service.content_reference().map(|reference| reference.to_string()));
    }
    service
}

/// Returns, for each service of the configuration, its position in the plan; `None` if the plan does not contain the
/// service.
fn places(found: &Assembly) -> Vec<Option<usize>> {
    let mut places = vec![None; found.config.services.len()];
    for (place, service) in found.planned.iter().enumerate() {
        places[service.id.0] = Some(place);
    }
    places
}

fn range(range: &base::Range) -> PlannedRange {
    PlannedRange {
        base: range.comparison.base().map(|base| base.to_string()),
        head: range.tip.commit.map(|head| head.to_string()),
        source: range.comparison.source.clone(),
        worktree: range.tip.state == HeadState::WorkTree,
    }
}

fn doubt(doubt: &base::Doubt) -> Degradation {
    Degradation { kind: doubt.kind.to_owned(), message: doubt.message.clone(), help: doubt.help.clone() }
}

impl From<&version::Described> for GitDescription {
    fn from(described: &version::Described) -> Self {
        Self {
            tag: described.tag.as_ref().map(|tag| quoted(tag.as_bytes()).into_owned()),
            distance: described.distance,
            commit: described.commit.to_string(),
        }
    }
}

fn path(change: &Change) -> String {
    quoted(change.path.as_bytes()).into_owned()
}

/// Returns a cause in its published form.
#[must_use]
pub fn published(cause: &affected::Cause, config: &Config) -> PlannedCause {
    let name = |service: &ServiceId| config.graph.name(*service).as_str().to_owned();
    match cause {
        affected::Cause::File(found) => of_match(CauseKind::File, found, config),
        affected::Cause::Input(found) => PlannedCause { pattern: None, ..of_match(CauseKind::File, found, config) },
        affected::Cause::Global(found) => of_match(CauseKind::Global, found, config),
        affected::Cause::Lockfile(change) => of_lockfile(change),
        affected::Cause::Dependency(chain) => PlannedCause {
            via: chain.first().map(name),
            chain: chain.iter().map(name).collect(),
            ..PlannedCause::of_kind(CauseKind::Dependency)
        },
        affected::Cause::DependencyRemoved(gone) => {
            PlannedCause { via: Some(gone.as_str().to_owned()), ..PlannedCause::of_kind(CauseKind::DependencyRemoved) }
        }
        affected::Cause::Definition(keys) => {
            PlannedCause { keys: keys.clone(), ..PlannedCause::of_kind(CauseKind::Definition) }
        }
        affected::Cause::Unmatched(change) => PlannedCause {
            path: Some(path(change)),
            status: status(change.status).map(str::to_owned),
            ..PlannedCause::of_kind(CauseKind::Unmatched)
        },
        affected::Cause::NewService => PlannedCause::of_kind(CauseKind::NewService),
        affected::Cause::Forced => PlannedCause::of_kind(CauseKind::Forced),
        affected::Cause::NoRecord(nothing) => {
            let reason = match nothing {
                NoRecord::NeverReleased => Reason::NeverReleased,
                NoRecord::NeverBuilt => Reason::NeverBuilt,
                NoRecord::NeverPublished => Reason::NeverPublished,
                NoRecord::NoBase => Reason::NoBase,
            };
            PlannedCause { reason: Some(reason), ..PlannedCause::of_kind(CauseKind::NoRecord) }
        }
        affected::Cause::Unrecorded => PlannedCause::of_kind(CauseKind::Unrecorded),
        affected::Cause::BaseUnreachable => PlannedCause::of_kind(CauseKind::BaseUnreachable),
        affected::Cause::Degraded(unknown) => {
            let (reason, cause) = match unknown {
                Degraded::UnknownRange => (Reason::UnknownRange, PlannedCause::of_kind(CauseKind::Degraded)),
                Degraded::ConfigAtBase => (Reason::ConfigAtBase, PlannedCause::of_kind(CauseKind::Degraded)),
                Degraded::WorkTree(found) => (Reason::WorkTree, of_match(CauseKind::Degraded, found, config)),
                Degraded::Pattern(found) => (Reason::Pattern, of_match(CauseKind::Degraded, found, config)),
            };
            PlannedCause { reason: Some(reason), ..cause }
        }
    }
}

fn of_lockfile(change: &LockfileChange) -> PlannedCause {
    let versions = |versions: &[String]| (!versions.is_empty()).then(|| versions.join(", "));
    let package = |change: &PackageChange| PlannedPackage {
        name: change.name.clone(),
        from: versions(&change.from),
        to: versions(&change.to),
        via: change.via.clone(),
    };
    PlannedCause {
        path: Some(quoted(change.file.as_bytes()).into_owned()),
        packages: change.packages.iter().map(package).collect(),
        more: (change.more > 0).then_some(change.more),
        keys: change.settings.clone(),
        whole: change.whole.clone(),
        ..PlannedCause::of_kind(CauseKind::Lockfile)
    }
}

fn of_match(kind: CauseKind, found: &Match, config: &config::Config) -> PlannedCause {
    PlannedCause {
        path: Some(path(found.change)),
        status: status(found.change.status).map(str::to_owned),
        pattern: found.pattern.map(|pattern| pattern.value.text().to_owned()),
        at: found.pattern.map(|pattern| config.source.at(pattern.defined)),
        ..PlannedCause::of_kind(kind)
    }
}

/// Returns the published word for the status of a path, if the status is known.
fn status(status: Status) -> Option<&'static str> {
    match status {
        Status::Added => Some("added"),
        Status::Modified => Some("modified"),
        Status::Deleted => Some("deleted"),
        Status::TypeChanged => Some("type-changed"),
        Status::Unread => None,
    }
}
