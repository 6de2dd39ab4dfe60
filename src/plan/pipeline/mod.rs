//! Makes a [`Plan`] from a repository, a configuration and a trigger, stage by stage.

mod resolved_request;
mod base_config;
mod built;
mod group_changes;
mod config_file;
mod content_tags;
mod dead;
mod declared_paths;
mod discovery;
mod environment;
mod error;
mod lockfiles;
#[cfg(feature = "registry")]
mod existing;
mod lasting_tag;
mod unmatched_links;
mod moved_directory;
mod naming;
mod base_groups;
mod policy;
mod published_images;
mod push_rules;
mod release;
mod saved_names;
mod saved_plan;
mod snapshot;
mod service_commits;
mod versions;
mod wide_contexts;
mod workspace;

pub use built::{
    Begun, EndedBuilds, LOCAL, Left, Newer, Outlook, Recorded, Recording, RefState, Rule, Written, has_built_refs,
};
pub use config_file::{ConfigFile, ConfigFileError, FoundBy, Place};
pub use dead::Dead;
pub use declared_paths::{Followed, follow_links};
pub use discovery::{Discovery, DiscoveryScope};
pub use error::Error;
#[cfg(feature = "registry")]
pub use existing::note_existing;
pub use lasting_tag::lasting_tags;
pub use lockfiles::{LockfileCache, LockfileCoverage, lockfile_coverage, with_local_sources};
pub use policy::Unmatched;
pub use published_images::{PublishedImage, PublishedImages};
pub use push_rules::{PushRequest, PushRules};
pub use release::release;
pub use resolved_request::{UnknownService, path_named, services, with_dependencies};
pub use saved_plan::SavedPlanContext;
pub use snapshot::{Files, Moment, Snapshot};
pub use versions::{Versioned, VersionsRequest, versions};
pub use wide_contexts::with_copied;
pub use workspace::{OpenError, Workspace};

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::analysis::affected::{Cause, Direct, spread};
use crate::analysis::base::{self, Compare, Doubt, Notes, Range, Since, Tip};
use crate::analysis::fingerprint::{Fingerprint, Fingerprints};
use crate::config::Config;
use crate::inputs::git::{self, FetchError, Lacking as _, Parents, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::change::ChangeSet;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, ServiceId};
use crate::naming::version::{Count, VersionStyle};
use crate::plan::{self, Assembly, Found, Names, Plan, StandingRefs, assemble};
use base_groups::{Grouped, OwnBase};
use content_tags::Reuse;
use dead::Trees;
use group_changes::{Findings, Kept};
use lockfiles::{Revision, missing_lockfiles, read_ahead};
use naming::{Named, Namer};
use resolved_request::ResolvedRequest;

/// What is requested of a plan, besides the trigger.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What to compare.
    pub base: base::RangeRequest,
    /// Services, by name or path, to build even if nothing changed and registries have their images.
    pub force: Vec<String>,
    /// Services, by name or path, that are affected even if nothing changed.
    pub named: Vec<String>,
    /// The services to plan, by name or path, if they are affected; all if empty.
    pub only: Vec<String>,
    /// The services to plan together with all services that they depend on, by name or path, if they are affected; all
    /// if empty.
    pub services: Vec<String>,
    /// The name of the environment; `None` if the trigger decides.
    pub environment: Option<String>,
    /// The remote that has the built refs; `None` if it is the remote from which commits are fetched.
    pub remote: Option<String>,
    /// The published images of services; needed only if services are compared with the commits of these images.
    pub published: PublishedImages,
    /// How results are named; `None` if the plan needs no versions and tags, so that history need not be read.
    pub naming: Option<Naming>,
    /// What to do about a changed path that nothing matches.
    pub unmatched: Unmatched,
    /// What to do about a service whose patterns match no tracked file.
    pub dead: Dead,
    /// The names of the services to which `dead` applies; all if empty.
    pub dead_among: Vec<String>,
    /// Whether the command line requires or forbids a push.
    pub push: PushRequest,
    /// Whether the plan has fingerprints.
    pub fingerprints: TakeFingerprints,
}

/// How results are named.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The style of versions; `None` if the configuration decides.
    pub style: Option<VersionStyle>,
    /// What the number in versions counts; `None` if the configuration decides.
    pub count: Option<Count>,
    /// Which parents of a merge commit are followed to find releases.
    pub parents: Parents,
    /// How many digits of a commit's id a version has.
    pub abbrev: usize,
    /// The version to give to the only planned service; `None` or empty if none is given.
    pub version: Option<String>,
    /// When modified files in the work tree mark versions as dirty.
    pub dirty: Dirty,
}

/// Whether a plan has fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TakeFingerprints {
    /// It has none.
    #[default]
    No,
    /// It has a fingerprint for each service whose content is known.
    Yes,
}

/// When modified files in the work tree mark versions as dirty, as in `1.0.9-dirty`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dirty {
    /// In plans that include the work tree's changes; without a plan, for versions in an environment for local runs.
    #[default]
    Local,
    /// Always. An image whose version is marked like this is never pushed.
    Everywhere,
}

/// A plan, with warnings and notes about it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Warnings about the plan.
    pub warnings: Vec<Diagnostic>,
    /// Notes about the names in the plan.
    pub notes: Vec<Diagnostic>,
    /// How much work it took to make the plan.
    pub work: WorkDone,
    /// For each service, by its id, its own base, which replaces the base of the plan; `None` if the service has no
    /// base of its own.
    pub bases: Vec<Option<plan::Base>>,
    /// The changes since any of the bases.
    pub changes: ChangeSet,
}

/// How much work it took to make a plan, in numbers that depend only on the repository and the request, and not on
/// time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkDone {
    /// How many pairs of trees were compared: one for each distinct base.
    pub tree_diffs: usize,
    /// How many configurations at bases were read.
    pub configs: usize,
    /// How many of the changes since the bases were kept, for all bases together.
    pub kept: usize,
    /// How many directories were read to follow the links on declared paths.
    pub inputs: usize,
    /// How many directories were searched for links whose targets no filter of their service matches.
    pub searched: usize,
    /// How many directories were read for fingerprints.
    pub directories: usize,
    /// How many commits of history were walked for versions.
    pub walked: u32,
}

/// The default number of digits of a commit's id in a version.
pub const ABBREV: usize = 7;

impl Default for Naming {
    fn default() -> Self {
        Self { style: None, count: None, parents: Parents::All, abbrev: ABBREV, version: None, dirty: Dirty::Local }
    }
}

/// References to the parts of a [`Workspace`].
#[derive(Clone, Copy)]
pub struct WorkspaceView<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The file that the configuration comes from.
    pub file: &'a ConfigFile,
    /// The configuration.
    pub config: &'a Config,
    /// The event.
    pub trigger: &'a Trigger,
}

/// Returns the name of the chosen environment; if none is chosen, the first one that fits the trigger.
///
/// # Errors
/// When the chosen environment does not exist, when none fits, or when the default branch decides and is not known.
pub fn environment<'a>(workspace: &WorkspaceView<'a>, chosen: Option<&str>) -> Result<&'a str, Error> {
    let WorkspaceView { repository, config, trigger, .. } = *workspace;
    let default_branch = || base::default_branch(repository, trigger, None);
    environment::choose(config, trigger, chosen, default_branch).map(|(name, _)| name)
}

/// Makes the plan. `step` is called with the name of each stage, for progress messages.
///
/// # Errors
/// When a named service or environment does not exist, no environment fits the event, the repository cannot be read, a
/// policy refuses the plan, two services give an image the same tag, or history that a version needs is missing in this
/// clone.
pub fn plan(workspace: &WorkspaceView, request: &Request, step: &mut dyn FnMut(&str)) -> Result<Planned, Error> {
    let WorkspaceView { repository, file, trigger, .. } = *workspace;
    let mut notes = Notes::default();
    let (mut asked, warnings) = resolved_request::read(workspace, request)?;
    notes.warnings.extend(warnings);

    step("choosing the environment");
    let default_branch = || base::default_branch(repository, trigger, asked.base.default_branch.as_deref());
    let (environment, _) =
        environment::choose(workspace.config, trigger, request.environment.as_deref(), default_branch)?;
    let rules = PushRules::of(workspace, request, environment)?;
    let environment = rules.environment.as_str();
    let settings = &rules.config().environments[environment];

    step("choosing the base");
    let range = notes.keep(choose_base(repository, rules.config(), trigger, environment, &mut asked)?);
    asked.is_checked_out(repository, trigger, &range.tip)?;
    policy::no_config_is_gone(workspace, &range)?;
    let grouped = match asked.base.compare {
        Compare::Since(by) => {
            let view = WorkspaceView { config: rules.config(), ..*workspace };
            notes.keep(Grouped::apart(&view, environment, request, by, &range.tip)?)
        }
        _ => Grouped::together(rules.config(), range.comparison.clone()),
    };
    let standing = standing(repository, rules.config(), trigger, environment, (request, &asked), &grouped)?;
    notes.doubts.extend(rules.doubt.clone());

    step("following links");
    let (followed, inputs) = notes.keep(followed(repository, file, rules.config(), &range.tip, &grouped.compared())?);
    let config = &*followed;
    let workspace = &WorkspaceView { config, ..*workspace };

    step("reading changes");
    let kept = Kept::of_groups(grouped.groups.len());
    let (mut findings, configs) = notes.keep(Findings::read(workspace, &range.tip, grouped.groups, &kept)?);
    let unmatched = findings.unmatched();

    step("finding causes");
    let direct = causes(&mut findings, &asked, grouped.standing.as_ref(), request.unmatched, config);
    notes.doubts.extend(undecided(&direct));

    let moved = moved_directory::moved(config, &findings.changes, &unmatched);
    notes.warnings.extend(policy::unmatched_paths(config.shape, &unmatched, request.unmatched, &moved)?);
    let searched = unmatched_links::region(config, &findings.changes, &direct);

    step("spreading causes to dependents");
    let affected = spread(direct, &config.graph);
    notes.warnings.extend(resolved_request::not_affected(workspace, request, &affected)?);
    let is_asked = |service: &ServiceId| asked.only.as_ref().is_none_or(|only| only.contains(service));
    let due = config.graph.build_order().iter().copied().filter(|service| affected.contains(*service));
    let (planned, left_out): (Vec<ServiceId>, Vec<ServiceId>) = due.partition(is_asked);

    step("reading files and naming results");
    let name = || match &request.naming {
        None => Ok(Named { names: images(config, &planned), ..Named::default() }),
        Some(naming) => {
            let tip = &range.tip;
            let namer = Namer { workspace, tip, place: environment, environment: settings, asked: &asked, naming };
            repository.with_fetching(|| namer.names(&planned)).map_err(|error| unfetched(error, repository))
        }
    };
    let handle = repository.handles();
    let read = || {
        let (repository, head) = (&handle(), range.tip.commit.as_ref());
        let dead = if asked.is_for_nothing(trigger) { Dead::Allow } else { request.dead };
        let dead = dead::say(config, (dead, &request.dead_among), &Trees { repository, range: &range }, &moved);
        let links = unmatched_links::say(repository, config, head, &findings.changes, searched);
        (dead, links, fingerprints(repository, file, config, &range.tip, &planned, request.fingerprints))
    };
    let ((dead, (links, searched), prints), named) = beside(read, name);
    notes.warnings.extend(dead?.into_iter().chain(links));
    let (Prints { found: fingerprints, doubt, directories }, named) = (prints?, named?);
    // There may be a doubt already about files of the work tree that git could not read.
    let in_doubt = notes.doubts.iter().any(|doubt| doubt.kind == "work-tree");
    notes.doubts.extend(doubt.filter(|_| !in_doubt));
    notes.warnings.extend(rules.note(&planned));
    notes.warnings.extend(named.warnings);
    notes.warnings.extend(repository.take_fetch_troubles().iter().map(not_fetched));

    let at = content_tags::Built { asked: &asked, environment, settings, tip: &range.tip, push: request.push };
    let content = content_tags::of(workspace, &at, &planned, &named.names, &fingerprints);
    notes.warnings.extend(content.note);

    let bases = published(&grouped.bases);
    let fingerprints = fingerprints.into_iter().chain(std::iter::repeat(None));
    let found = planned.iter().zip(named.names).zip(fingerprints).zip(content.reuse);
    let found = found.map(|(((id, mut names), fingerprint), Reuse { content_tag, rebuild })| {
        names.pushable &= rules.push(*id);
        Found { id: *id, names, fingerprint, content_tag, rebuild, base: bases[id.0].clone() }
    });
    let plan = assemble(&Assembly {
        config,
        trigger,
        environment,
        push: content.push,
        pushes: content.pushes,
        range: &range,
        doubts: &notes.doubts,
        affected: &affected,
        planned: &found.collect::<Vec<_>>(),
        left_out,
        standing,
        removed: findings.removed(),
        unmatched,
        named: findings.named(),
    });
    let Findings { tree_diffs, changes, .. } = findings;
    let work =
        WorkDone { tree_diffs, configs, kept: kept.count(), inputs, searched, directories, walked: named.walked };
    Ok(Planned { plan, warnings: notes.warnings, notes: named.notes, work, bases, changes })
}

/// Returns the bases of single services as they are written in the plan.
fn published(bases: &[Option<OwnBase>]) -> Vec<Option<plan::Base>> {
    bases.iter().map(|base| base.as_ref().map(OwnBase::published)).collect()
}

/// Chooses the commits to compare. In an environment that does not push, services have no bases of their own, so
/// `--since built` and `--since published` are ignored.
fn choose_base(
    repository: &Repository,
    config: &Config,
    trigger: &Trigger,
    environment: &str,
    asked: &mut ResolvedRequest,
) -> Result<(Range, Notes), Error> {
    let lacks = lacks_own_bases(&asked.base.compare, config, environment);
    if lacks.is_some() {
        asked.base.compare = Compare::Auto;
    }
    let chosen = base::choose(repository, trigger, &asked.base);
    let (mut range, notes) = chosen.map_err(|error| unfetched(error.into(), repository))?;
    if let Some(lacks) = lacks {
        let source = &mut range.comparison.source;
        *source = format!("{source} (`{environment}` does not push, so {lacks})");
    }
    Ok((range, notes))
}

/// Returns the built refs and marks from which records of this plan's builds move the refs; `None` if builds are not
/// recorded. If the event replaces `--since built`, as a release tag does, they are read for this alone.
fn standing(
    repository: &Repository,
    config: &Config,
    trigger: &Trigger,
    environment: &str,
    (request, asked): (&Request, &ResolvedRequest),
    grouped: &Grouped,
) -> Result<Option<StandingRefs>, Error> {
    let is_replaced = matches!(request.base.compare, Compare::Since(Since::Built))
        && !matches!(asked.base.compare, Compare::Since(_))
        && has_built_refs(config, environment)
        && !asked.is_for_nothing(trigger);
    let read = if is_replaced { base_groups::beside_event(repository, environment, request)? } else { None };
    Ok(grouped.standing.as_ref().or(read.as_ref()).map(|standing| standing.of_services(config)))
}

/// Returns the doubt about a pattern that took too long to match, if there is one.
fn undecided(direct: &Direct) -> Option<Doubt> {
    let found = direct.gave_up()?;
    Some(Doubt::of_match(Escaped::new(found.pattern?.value.text()), &found.change.path))
}

/// Returns the causes that services have of their own: changes, requests, and builds that were not recorded.
fn causes<'a>(
    findings: &mut Findings<'a>,
    asked: &ResolvedRequest,
    standing: Option<&RefState>,
    unmatched: Unmatched,
    config: &Config,
) -> Direct<'a> {
    let mut direct = findings.direct();
    for service in &asked.forced {
        direct.add(*service, Cause::Forced);
    }
    if unmatched == Unmatched::All {
        findings.beside_unmatched.iter().for_each(|(service, change)| direct.add(*service, Cause::Unmatched(change)));
    }
    for service in standing.iter().flat_map(|standing| standing.unrecorded(config)) {
        direct.add(service, Cause::Unrecorded);
    }
    for (library, members) in config.circles() {
        direct.add_circle(library, &members);
    }
    direct
}

/// Follows the links on declared paths, and adds the local sources that lockfiles name. Missing objects are fetched. If
/// a lockfile still cannot be read, its local sources are not added; any change of the lockfile affects its services
/// then. The lockfiles at bases are read too, at the same time.
fn followed<'c>(
    repository: &Repository,
    file: &ConfigFile,
    config: &'c Config,
    tip: &Tip,
    bases: &BTreeSet<CommitId>,
) -> Result<((Cow<'c, Config>, usize), Notes), git::GitError> {
    let ((config, read), mut notes) = declared_paths::for_plan(repository, config, tip)?;
    if config.services.values().all(|service| service.closure().is_none()) {
        return Ok(((config, read), notes));
    }
    let (all, on_top): (Vec<ServiceId>, _) = (config.graph.services().collect(), tip.work_tree());
    let local = || with_local_sources(repository, file, config.clone(), &all, tip.commit.as_ref(), &on_top);
    read_ahead(repository, file, &config, tip, bases);
    let config = match repository.with_fetching(local) {
        Err(git::GitError::MissingTree { .. } | git::GitError::MissingBlob { .. }) => config,
        local => local?,
    };
    if let Some(commit) = &tip.commit {
        let missing = || missing_lockfiles(repository, file, &config, Revision { commit, on_top: &on_top });
        match repository.with_fetching(missing) {
            Err(git::GitError::MissingTree { .. }) => {}
            missing => notes.doubts.extend(missing?),
        }
    }
    Ok(((config, read), notes))
}

/// Returns the names of services that do not depend on history: only the names of their images.
fn images(config: &Config, services: &[ServiceId]) -> Vec<Names> {
    let image = |service: &ServiceId| config.services[service.0].image.name.as_ref().map(ToString::to_string);
    services.iter().map(|service| Names { image: image(service), ..Names::default() }).collect()
}

/// Returns why services have no bases of their own although `--since` requests such bases; `None` if the services have
/// such bases, or if `--since` requests none. Only environments that push and the environment `local` have records of
/// builds.
fn lacks_own_bases(compare: &Compare, config: &Config, environment: &str) -> Option<&'static str> {
    let lacks = match compare {
        Compare::Since(Since::Built) => "it has no built refs",
        Compare::Since(Since::Published) => "nothing is published",
        _ => return None,
    };
    (!has_built_refs(config, environment)).then_some(lacks)
}

/// Adds the reason why a fetch failed to an error that the fetch would have avoided.
fn unfetched(error: Error, repository: &Repository) -> Error {
    match repository.last_fetch_trouble() {
        Some(trouble) if error.missing().is_some() => Error::Unfetched { error: Box::new(error), trouble },
        _ => error,
    }
}

/// Returns the warning that something could not be fetched.
#[must_use]
pub fn not_fetched(trouble: &FetchError) -> Diagnostic {
    Diagnostic::warning("not-fetched", trouble.to_string()).help(trouble.help())
}

/// Runs `other` in another thread while `own` runs in this thread, and returns both results.
fn beside<A: Send, B>(other: impl FnOnce() -> A + Send, own: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let own = own();
        (ended(other), own)
    })
}

/// Waits for the end of a thread, and returns its result. A panic of the thread goes on in this one.
fn ended<T>(thread: std::thread::ScopedJoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The fingerprints of services.
#[derive(Default)]
struct Prints {
    /// The fingerprints, in the order of the given services; empty if they are not known or not needed.
    found: Vec<Option<Fingerprint>>,
    /// The doubt about files of the work tree that could not be read, if there are any.
    doubt: Option<Doubt>,
    /// How many directories were read for the fingerprints.
    directories: usize,
}

/// Returns the fingerprints of services, in the same order. There are none without a commit, without a request, or if
/// this clone lacks a tree or a file. Missing objects are not fetched for fingerprints.
fn fingerprints(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    tip: &Tip,
    services: &[ServiceId],
    asked: TakeFingerprints,
) -> Result<Prints, git::GitError> {
    let head = tip.commit.filter(|_| !services.is_empty() && asked == TakeFingerprints::Yes);
    let Some(head) = head else { return Ok(Prints::default()) };
    let on_top = tip.work_tree();
    let moment = Moment { commit: &head, on_top: &on_top, files: Files::InPart };
    let snapshot = match Snapshot::read(repository, file, config, services, moment) {
        Err(git::GitError::MissingTree { .. } | git::GitError::MissingBlob { .. }) => return Ok(Prints::default()),
        snapshot => snapshot?,
    };
    let content = snapshot.content(config);
    let found = Fingerprints::of(&content, services);
    Ok(Prints {
        found: services.iter().map(|service| found.get(*service).cloned()).collect(),
        doubt: Doubt::of_work_tree(snapshot.unsure()),
        directories: snapshot.directories_read(),
    })
}
