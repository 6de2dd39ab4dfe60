//! From a repository, a configuration and a trigger to a [`Plan`]: the stages in order, to be read aloud.

mod asked;
mod at_base;
mod config_file;
mod environment;
mod error;
mod naming;
mod release;
mod touched;
mod versions;

pub use asked::UnknownService;
pub use config_file::{ConfigFile, ConfigFileError};
pub use error::Error;
pub use release::release;
pub use versions::{VersionsRequest, versions};

use crate::affected::{Cause, Direct, Watch, spread};
use crate::base::{self, Chosen, Everyone};
use crate::change::ChangeSet;
use crate::config::{Config, Global};
use crate::diagnostic::Diagnostic;
use crate::filter::{self, Matches};
use crate::git::{self, Parents, Repository};
use crate::name::ServiceId;
use crate::plan::{Assembly, Plan, assemble};
use crate::trigger::Trigger;
use crate::version::{Count, Style};
use at_base::AtBase;
use naming::Namer;

/// What is asked of a plan, besides the trigger.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What is compared.
    pub base: base::Request,
    /// Services that are affected whatever changed, by name or path.
    pub force: Vec<String>,
    /// The services that the plan is about, by name or path; all when empty.
    pub only: Vec<String>,
    /// The environment, where somebody chose it.
    pub environment: Option<String>,
    /// How results are called.
    pub naming: Naming,
    /// What a changed path that nothing matches comes to.
    pub unmatched: Unmatched,
    /// Whether pushing was asked for where it is off by itself.
    pub push: PushRequest,
}

/// How results are called.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The style, where somebody chose it.
    pub style: Option<Style>,
    /// What versions count, where somebody chose it.
    pub count: Option<Count>,
    /// Which parents of a merge lead to releases.
    pub parents: Parents,
    /// How many digits of a commit's id a version has.
    pub abbrev: usize,
    /// The version of the one service that is asked for.
    pub version: Option<String>,
    /// Whether a service whose files are modified in the work tree says so.
    pub dirty: Dirty,
}

/// Whether a service whose files are modified in the work tree says so in its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dirty {
    /// It does not.
    #[default]
    Unsaid,
    /// Its version ends with `-dirty`.
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
    /// It was ruled out (`--no-push`, or `ACT=true`: a rehearsal on somebody's machine).
    RuledOut,
}

/// What a changed path that nothing matches comes to (`--unmatched`).
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

/// A plan, and what there is to say beside it.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// How many digits of a commit's id a version has, unless somebody says otherwise (spec section 7).
pub const ABBREV: usize = 7;

impl Default for Naming {
    fn default() -> Self {
        Self { style: None, count: None, parents: Parents::All, abbrev: ABBREV, version: None, dirty: Dirty::Unsaid }
    }
}

/// Makes the plan. `step` is told what comes next, for those who wait.
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
    let asked = asked::read(config, trigger, request, &mut warnings)?;
    let (environment, settings) = environment::choose(config, trigger, request.environment.as_deref())?;

    step("choosing the base");
    let mut chosen = base::choose(repository, trigger, &asked.base)?;

    step("reading changes");
    let changes = changes(repository, &chosen)?;

    step("matching filters");
    let matches = filter::matches(&config.filters, &changes);
    let unmatched = unmatched(&matches, file);
    environment::say_unmatched(&unmatched, request.unmatched, &mut warnings)?;

    step("comparing the configuration with base");
    let at_base = at_base::read(repository, file, &chosen)?;
    chosen.doubts.extend(at_base.iter().filter_map(AtBase::doubt));

    step("finding causes");
    let mut direct = direct(config, &chosen, &matches, &at_base);
    for service in &asked.forced {
        direct.add(*service, Cause::Forced);
    }
    if request.unmatched == Unmatched::All && !unmatched.is_empty() {
        config.graph.services().for_each(|service| direct.add(service, Cause::Forced));
    }

    step("spreading them to dependents");
    let affected = spread(direct, &config.graph);
    let planned: Vec<ServiceId> = config
        .graph
        .build_order()
        .iter()
        .copied()
        .filter(|service| affected.contains(*service) && asked.only.as_ref().is_none_or(|only| only.contains(service)))
        .collect();

    step("naming results");
    let namer = Namer {
        repository,
        config,
        trigger,
        chosen: &chosen,
        environment: settings,
        asked: &asked,
        naming: &request.naming,
    };
    let results = namer.names(&planned)?;

    let plan = assemble(&Assembly {
        config,
        trigger,
        environment,
        push: environment::push(settings, trigger, request.push, &chosen),
        chosen: &chosen,
        affected: &affected,
        planned: &planned,
        names: results,
        removed: at_base::removed(config, &at_base),
        unmatched,
        matches: &matches,
    });
    Ok(Planned { plan, warnings })
}

/// Returns what changed between the chosen trees, with what stands on top.
fn changes(repository: &Repository, chosen: &Chosen) -> Result<ChangeSet, git::Error> {
    let Some(head) = &chosen.range.head else { return Ok(chosen.on_top.clone()) };
    let between = chosen
        .bases
        .iter()
        .map(|base| repository.diff(base.as_ref(), head))
        .reduce(|a, b| Ok(a?.or(b?)))
        .unwrap_or_else(|| Ok(ChangeSet::default()))?;
    Ok(between.then(chosen.on_top.clone()))
}

/// Returns the changed paths that nothing matches. The configuration itself is no such path: it is compared service by
/// service.
fn unmatched<'a>(matches: &Matches<'a>, file: &ConfigFile) -> Vec<&'a crate::change::Change> {
    let own = file.in_repository.as_ref();
    matches.unmatched.iter().copied().filter(|change| Some(&change.path) != own).collect()
}

/// Returns the causes that each service has of its own.
fn direct<'a>(config: &Config, chosen: &Chosen, matches: &Matches<'a>, at_base: &[AtBase]) -> Direct<'a> {
    let mut direct = Direct::none(config.services.len());
    for (service, (_, definition)) in config.graph.services().zip(&config.services) {
        let global = (definition.global == Global::TakesPart).then_some(config.global);
        direct.add_matches(service, Watch { own: definition.filter, global }, matches);
        for at_base in at_base {
            match at_base {
                AtBase::Unchanged => {}
                AtBase::Read(base) => direct.add_differences(service, &config.graph, &config.definitions, base),
                AtBase::Unreadable(_) => direct.add(service, Cause::Definition),
            }
        }
        match chosen.everyone {
            None => {}
            Some(Everyone::Forced) => direct.add(service, Cause::Forced),
            Some(Everyone::NoRecord) => direct.add(service, Cause::NoRecord),
            Some(Everyone::BaseUnreachable) => direct.add(service, Cause::BaseUnreachable),
        }
    }
    direct
}
