//! From a repository, a configuration and a trigger to a [`Plan`]: the stages in order.

mod asked;
mod at_base;
mod built;
mod compared;
mod config_file;
mod dead;
mod declared;
mod environment;
mod error;
#[cfg(feature = "registry")]
mod existing;
mod links;
mod moved;
mod naming;
mod own_base;
mod push_rules;
mod release;
mod saved;
mod snapshot;
mod touched;
mod versions;

pub use asked::{UnknownService, services, with_dependencies};
pub use built::{Begun, Came, Newer, Outlook, Recorded, Recording, Rule, Standing, Written, has_built_refs};
pub use config_file::{ConfigFile, ConfigFileError, FoundBy, Place};
pub use dead::Dead;
pub use declared::{Followed, follow_links};
pub use error::Error;
#[cfg(feature = "registry")]
pub use existing::note_existing;
pub use push_rules::PushRules;
pub use release::release;
pub use saved::Held;
pub use snapshot::{Files, Moment, Snapshot};
pub use versions::{Versioned, VersionsRequest, versions};

use crate::analysis::affected::{Cause, Direct, spread};
use crate::analysis::base::{self, Chosen, Compare, Doubt, Since};
use crate::analysis::fingerprint::{Fingerprint, Fingerprints};
use crate::config::Config;
use crate::inputs::git::{self, FetchError, Lacking as _, Parents, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::change::{ChangeSet, HeadState};
use crate::model::choice::Choice;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, ServiceId};
use crate::naming::version::{Count, VersionStyle};
use crate::plan::{self, Assembly, Names, Plan, assemble};
use asked::Asked;
use compared::{Compared, Findings, Kept};
use dead::Trees;
use naming::{Named, Namer};
use own_base::{Grouped, OwnBase};

/// What a plan is asked for, besides the trigger.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What is compared.
    pub base: base::Request,
    /// Services that are affected whatever changed, by name or path.
    pub force: Vec<String>,
    /// The services that the plan is about, by name or path; all when empty.
    pub only: Vec<String>,
    /// The services that the plan is about with all that they depend on, by name or path; all when empty.
    pub services: Vec<String>,
    /// The environment, if it is chosen by name.
    pub environment: Option<String>,
    /// How results are named, or `None` if the answer contains no names; history is then not read.
    pub naming: Option<Naming>,
    /// What to do about a changed path that nothing matches.
    pub unmatched: Unmatched,
    /// What to do about a service whose patterns match no tracked file.
    pub dead: Dead,
    /// Whether pushing was asked for where it is off by itself.
    pub push: PushRequest,
    /// Whether fingerprints are taken.
    pub fingerprints: TakeFingerprints,
}

/// How results are named.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The style, if it is chosen on the command line.
    pub style: Option<VersionStyle>,
    /// What versions count, if it is chosen on the command line.
    pub count: Option<Count>,
    /// Which parents of a merge lead to releases.
    pub parents: Parents,
    /// How many digits of a commit's id a version has.
    pub abbrev: usize,
    /// The version of the one service that is asked for; an empty one is none.
    pub version: Option<String>,
    /// Whether a service whose files are modified in the work tree says so where that is not usual.
    pub dirty: Dirty,
}

/// Whether fingerprints are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TakeFingerprints {
    /// They are not: the answer has none.
    #[default]
    No,
    /// They are.
    Yes,
}

/// Whether a service whose files are modified in the work tree says so in its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dirty {
    /// It does in a local environment.
    #[default]
    Unsaid,
    /// Its version ends with `-dirty` everywhere, and is never pushed.
    Said,
}

/// Whether pushing was asked for, or is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushRequest {
    /// The environment and the trigger decide.
    #[default]
    AsConfigured,
    /// It was asked for (`--push`).
    Asked,
    /// It was ruled out (`--no-push`, or `ACT=true`: a rehearsal on a developer's machine).
    RuledOut,
}

/// What to do about a changed path that nothing matches (`--unmatched`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unmatched {
    /// It is listed in the plan.
    Ignore,
    /// It is also warned of.
    #[default]
    Warn,
    /// It is an error.
    Error,
    /// It affects every service.
    All,
}

impl Choice for Unmatched {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Ignore, "ignore", "List it in the plan"),
        (Self::Warn, "warn", "Warn"),
        (Self::Error, "error", "Fail"),
        (Self::All, "all", "Plan every service"),
    ];
}

/// A plan, with warnings and notes about it.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
    /// Notes that repeat in words what the plan contains.
    pub notes: Vec<Diagnostic>,
    /// What it took to make it.
    pub work: Work,
    /// The base that each service has for itself, by its id.
    pub bases: Vec<Option<plan::Base>>,
    /// What changed since any base, of which the plan has only what it needs.
    pub changes: ChangeSet,
}

/// What it took to make a plan, in numbers that depend on nothing but the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// How many pairs of trees were compared: one for each distinct base.
    pub tree_diffs: usize,
    /// How many configurations at bases were read.
    pub configs: usize,
    /// How many changes were kept at once, of all that were found since each base.
    pub kept: usize,
    /// How many directories were read for where the links of declared inputs lead.
    pub inputs: usize,
    /// How many directories were searched for links that lead out of services.
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
        Self { style: None, count: None, parents: Parents::All, abbrev: ABBREV, version: None, dirty: Dirty::Unsaid }
    }
}

/// Returns the name of the environment that fits the trigger, or the one that was chosen.
///
/// # Errors
/// When the one that was chosen is not there, none fits, or the default branch would decide and is not known.
pub fn environment<'a>(
    repository: &Repository,
    config: &'a Config,
    trigger: &Trigger,
    chosen: Option<&str>,
) -> Result<&'a str, Error> {
    let default_branch = || base::default_branch(repository, trigger, None);
    environment::choose(config, trigger, chosen, default_branch).map(|(name, _)| name)
}

/// Makes the plan. `step` is called with the name of each stage, for progress messages.
///
/// # Errors
/// When something that was named is not there, the repository cannot be read, or a version would be wrong.
pub fn plan(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    trigger: &Trigger,
    request: &Request,
    step: &mut dyn FnMut(&str),
) -> Result<Planned, Error> {
    let mut warnings = Vec::new();
    let mut asked = asked::read(config, trigger, request, &mut warnings)?;

    step("choosing the environment");
    let default_branch = || base::default_branch(repository, trigger, asked.base.default_branch.as_deref());
    let (environment, _) = environment::choose(config, trigger, request.environment.as_deref(), default_branch)?;
    let rules = PushRules::of(repository, file, config, trigger, request, environment)?;
    let config = rules.config();
    let environment = rules.environment.as_str();
    let settings = &config.environments[environment];

    step("choosing the base");
    let mut chosen = choose_base(repository, config, trigger, environment, &mut asked)?;
    asked.is_checked_out(repository, trigger, &chosen)?;
    warnings.append(&mut chosen.notes);

    let grouped = match asked.base.compare {
        Compare::Since(by) => Grouped::apart(repository, config, trigger, environment, by, &mut chosen)?,
        _ => Grouped::together(config, &chosen),
    };
    chosen.doubts.extend(rules.doubt.clone());

    step("following links");
    let (followed, inputs) = declared::for_plan(repository, config, &mut chosen, &mut warnings)?;
    let config = &*followed;

    step("reading changes");
    // Bases have most of their trees in common with each other.
    let keeping = (grouped.groups.len() > 1).then(|| repository.keeping());
    let mut differ = keeping.as_ref().unwrap_or(repository).differ();
    let mut reader = at_base::Reader::new(repository, file);
    let kept = Kept::of_groups(grouped.groups.len());
    let mut findings = Findings::none(config, file, &kept);
    for (position, group) in grouped.groups.into_iter().enumerate() {
        let mut compared = Compared::of(&mut differ, group, &mut chosen)?;
        chosen.doubts.extend(compared.read_config(&mut reader)?);
        findings.add(position, compared);
    }
    warnings.extend(reader.note());
    let configs = reader.count();
    let unmatched = findings.unmatched();
    let moved = moved::moved(config, &findings.changes, &unmatched);
    environment::say_unmatched(config.shape, &unmatched, request.unmatched, &moved, &mut warnings)?;

    step("looking for services without files");
    let dead = if asked.is_for_nothing(trigger) { Dead::Allow } else { request.dead };
    dead::say(config, dead, &Trees { repository, chosen: &chosen }, &moved, &mut warnings)?;

    step("finding causes");
    let direct = causes(&mut findings, &asked, grouped.standing.as_ref(), request.unmatched, config);
    let head = chosen.range.head.as_ref();
    let searched = links::say(repository, config, head, &findings.changes, &direct, &mut warnings);
    chosen.doubts.extend(undecided(&direct));

    step("spreading them to dependents");
    let affected = spread(direct, &config.graph);
    let is_asked = |service: &ServiceId| asked.only.as_ref().is_none_or(|only| only.contains(service));
    let due = config.graph.build_order().iter().copied().filter(|service| affected.contains(*service));
    let (planned, left_out): (Vec<ServiceId>, Vec<ServiceId>) = due.partition(is_asked);

    step("taking fingerprints");
    let Prints { found, doubt, directories } =
        fingerprints(repository, file, config, &chosen, &planned, request.fingerprints)?;
    // What git could not look at before is in doubt already.
    let in_doubt = chosen.doubts.iter().any(|doubt| doubt.kind == "work-tree");
    chosen.doubts.extend(doubt.filter(|_| !in_doubt));

    let mut named = match &request.naming {
        None => Named { names: images(config, &planned), ..Named::default() },
        Some(naming) => {
            step("naming results");
            let namer = Namer {
                repository,
                file,
                config,
                trigger,
                chosen: &chosen,
                place: environment,
                environment: settings,
                asked: &asked,
                naming,
            };
            repository.with_fetching(|| namer.names(&planned)).map_err(|error| unfetched(error, repository))?
        }
    };
    planned.iter().zip(&mut named.names).for_each(|(service, names)| names.pushable &= rules.push(*service));
    warnings.extend(rules.note(&planned));
    let Named { names, warnings: of_names, notes, walked } = named;
    warnings.extend(of_names);
    warnings.extend(repository.take_fetch_troubles().iter().map(not_fetched));

    let plan = assemble(&Assembly {
        config,
        trigger,
        environment,
        push: environment::push(settings, trigger, request.push, &chosen),
        chosen: &chosen,
        affected: &affected,
        planned: &planned,
        names,
        fingerprints: found,
        bases: grouped.bases.iter().map(|base| base.as_ref().map(OwnBase::published)).collect(),
        left_out,
        built: grouped.standing.as_ref().map(|standing| standing.services(config)),
        removed: findings.removed(),
        unmatched,
        named: findings.named(),
    });
    let bases = grouped.bases.iter().map(|base| base.as_ref().map(OwnBase::published)).collect();
    let Findings { tree_diffs, changes, .. } = findings;
    let work = Work { tree_diffs, configs, kept: kept.count(), inputs, searched, directories, walked };
    Ok(Planned { plan, warnings, notes, work, bases, changes })
}

/// Chooses the base. Where an environment has no built refs, services have no bases of their own since they were built.
fn choose_base(
    repository: &Repository,
    config: &Config,
    trigger: &Trigger,
    environment: &str,
    asked: &mut Asked,
) -> Result<Chosen, Error> {
    let has_bases = has_own_bases(&asked.base.compare, config, environment);
    if !has_bases {
        asked.base.compare = Compare::Auto;
    }
    let mut chosen = choose(repository, trigger, &asked.base)?;
    if !has_bases {
        chosen.source = format!("{} (`{environment}` does not push, so it has no built refs)", chosen.source);
    }
    Ok(chosen)
}

/// Returns the doubt about a pattern that takes too long to match, if there is one.
fn undecided(direct: &Direct) -> Option<Doubt> {
    let found = direct.gave_up()?;
    Some(Doubt::of_match(Escaped::new(found.pattern?.value.text()), &found.change.path))
}

/// Chooses what is compared; where it cannot, the error says too why nothing was fetched.
fn choose(repository: &Repository, trigger: &Trigger, request: &base::Request) -> Result<Chosen, Error> {
    base::choose(repository, trigger, request).map_err(|error| unfetched(error.into(), repository))
}

/// Returns the causes that services have of their own: by what changed, by what is asked for, and by what is not recorded.
fn causes<'a>(
    findings: &mut Findings<'a>,
    asked: &Asked,
    standing: Option<&Standing>,
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
    direct
}

/// Returns what is known of names without history: the images.
fn images(config: &Config, services: &[ServiceId]) -> Vec<Names> {
    let image = |service: &ServiceId| config.services[service.0].image.name.as_ref().map(ToString::to_string);
    services.iter().map(|service| Names { image: image(service), ..Names::default() }).collect()
}

/// Whether services have bases of their own, where that was asked for: built refs are where an environment has them.
fn has_own_bases(compare: &Compare, config: &Config, environment: &str) -> bool {
    !matches!(compare, Compare::Since(Since::Built)) || has_built_refs(config, environment)
}

/// Adds to an error that a fetch would have cured why nothing was fetched.
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

/// The fingerprints of services.
#[derive(Default)]
struct Prints {
    /// In the order of the services that were asked for; none where they could not be told, or nobody asked.
    found: Vec<Option<Fingerprint>>,
    /// That something in the work tree could not be read, if so.
    doubt: Option<Doubt>,
    /// How many directories were read for them.
    directories: usize,
}

/// Returns the fingerprints of services in their order. There are none without a commit, or if the clone lacks the trees,
/// which are not fetched for this.
fn fingerprints(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    chosen: &Chosen,
    services: &[ServiceId],
    asked: TakeFingerprints,
) -> Result<Prints, git::Error> {
    let head = chosen.range.head.filter(|_| !services.is_empty() && asked == TakeFingerprints::Yes);
    let Some(head) = head else { return Ok(Prints::default()) };
    let none = ChangeSet::default();
    let on_top = match chosen.range.head_state {
        HeadState::WorkTree => &chosen.on_top,
        HeadState::Commit => &none,
    };
    let moment = Moment { commit: &head, on_top, files: Files::InPart };
    let snapshot = match Snapshot::read(repository, file, config, services, moment) {
        Err(git::Error::MissingTree { .. }) => return Ok(Prints::default()),
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
