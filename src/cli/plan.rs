//! `rebake plan`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::changed;
use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, NamingArgs, PlanningArgs, RangeArgs};
use super::format::{self, FormatArgs};
use super::handed_on;
use super::printing::Output;
use super::published_bases::with_published;
use super::saved_file;
use super::workspace::{self, WithoutConfig};
use crate::analysis::base::{self, Compare};
use crate::inputs::git::{Parents, Repository};
use crate::model::diagnostic::Diagnostic;
use crate::output::emit::JobFlags;
use crate::plan;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{Dirty, Naming, Planned, PublishedImages, PushRequest, Request, TakeFingerprints};

const EXAMPLES: &str = "\
Examples:
  rebake plan                              what the changes since the default branch affect, uncommitted changes included
  rebake plan api                          of api and its dependencies, those that are affected
  rebake plan --base v1.2.0                since the merge base with v1.2.0
  rebake plan --base HEAD~3 --direct       changes since HEAD~3 itself
  git diff --name-status -z main | rebake plan --changed -
  rebake plan --format json > plan.json    save a plan; `rebake plan --plan plan.json` reads it
  rebake plan --ci                         in a workflow: outputs and summary for this CI engine

In a CI run that was started by hand, rebake reads the services and the version from the inputs `service`, `services` and `version` of the run.
If the CI engine has no inputs, rebake reads the variables REBAKE_INPUT_SERVICE, REBAKE_INPUT_SERVICES and REBAKE_INPUT_VERSION.
An empty --base, --head, --since or --environment counts as not given. In CI, rebake fetches a branch that --base names.";

/// Show what must be rebuilt, why, under which version, and in what order
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArgs {
    /// Plan these services (names or paths) and their dependencies, but only those that are affected. To plan a service
    /// that is not affected, name it in --force too
    #[arg(value_name = "SERVICE", conflicts_with_all = ["only", "plan"])]
    services: Vec<String>,
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,
    /// Read this saved plan (`plan --format json`) instead of making a plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "all", "changed", "since", "force", "only"], help_heading = "Plan")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Exit with 1 if any service is affected
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    /// Exit with 3 if the plan is degraded: wider than necessary because something is unknown
    #[arg(long, help_heading = "Output")]
    strict: bool,
}

pub(crate) fn run(general: &GeneralArgs, args: &PlanArgs, output: &Output) -> Result<Exit, Failure> {
    let open = || {
        workspace::open_range(general, &args.planning.range, args.planning.quantifier, WithoutConfig::Derive, output)
    };
    let (mut plan, workspace) = if let Some(file) = &args.plan {
        let plan = saved_file::plan(file)?;
        output.publish(plan.names());
        (plan, None)
    } else {
        let workspace = open()?;
        let asked = Request { services: args.services.clone(), ..request(&args.planning, &workspace)? };
        let asked = with_published(asked, &args.planning.range, &workspace)?;
        let fingerprints = if args.format.has_fingerprints() || args.existing.needs_fingerprints() {
            TakeFingerprints::Yes
        } else {
            TakeFingerprints::No
        };
        let asked = Request {
            naming: asked.naming.filter(|_| args.format.has_names() || args.existing.needs_fingerprints()),
            fingerprints,
            ..asked
        };
        let mut planned = workspace::quiet_plan(&workspace, &asked, general, output)?;
        if args.format.is_the_plan() {
            planned.notes.clear();
        }
        say(&planned, output);
        (planned.plan, Some(workspace))
    };
    args.existing.note(&mut plan, general, output);
    #[cfg(unix)]
    args.format.note_times(&mut plan, workspace.as_ref())?;
    let flags = if args.format.has_jobs() {
        handed_on::flags(general, &args.planning, &args.existing, workspace.as_ref())?
    } else {
        JobFlags::default()
    };
    let plan = output.masked(plan);
    let root = match &workspace {
        Some(workspace) => workspace.repository.work_dir().map(Path::to_owned),
        // A saved plan can be written without a repository.
        None => workspace::repository(general).ok().and_then(|repository| Some(repository.work_dir()?.to_owned())),
    };
    format::write(&plan, &args.format, flags, root.as_deref(), || workspace.map_or_else(open, Ok), output)?;
    Ok(if args.strict && !plan.degraded.is_empty() {
        Exit::Git
    } else if args.exit_code && plan.any {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// Prints warnings and notes about a plan.
pub(crate) fn say(planned: &Planned, output: &Output) {
    output.say(&planned.plan.degraded.iter().map(doubt).collect::<Vec<_>>());
    output.say(&planned.warnings);
    output.say(&planned.notes);
}

fn doubt(doubt: &plan::Degradation) -> Diagnostic {
    // All doubts of a plan share one diagnostic code; the plan's JSON has the kind of each doubt.
    let warning = Diagnostic::warning("degraded", doubt.message.clone());
    doubt.help.iter().fold(warning, Diagnostic::help)
}

/// Returns the comparison that the flags request.
pub(crate) fn compared(range: &RangeArgs, repository: &Repository) -> Result<base::RangeRequest, Failure> {
    let from = if range.direct { base::From::Base } else { base::From::MergeBase };
    let end = |revision| base::End { revision, from };
    let compare = match (&range.base, &range.changed) {
        (base, Some(file)) => {
            Compare::Given { changes: changed::read(file, repository.work_dir())?, base: base.clone().map(end) }
        }
        (Some(base), None) => Compare::Revision(end(base.clone())),
        (None, None) if range.all => Compare::Everything,
        (None, None) => range.since.map_or(Compare::Auto, Compare::Since),
    };
    Ok(base::RangeRequest { head: range.head.clone(), compare, default_branch: range.default_branch.clone() })
}

/// Returns the request for a plan that the flags describe.
pub(crate) fn request(args: &PlanningArgs, workspace: &Workspace) -> Result<Request, Failure> {
    let trigger = &workspace.trigger;
    let range = &args.range;
    Ok(Request {
        base: compared(range, &workspace.repository)?,
        force: range.force.clone(),
        named: Vec::new(),
        only: range.only.clone(),
        services: Vec::new(),
        environment: args.environment.clone(),
        remote: None,
        published: PublishedImages::default(),
        naming: Some(Naming { version: args.version.clone(), ..naming(&args.naming) }),
        unmatched: args.unmatched,
        dead: args.dead,
        dead_among: Vec::new(),
        push: match (args.push, trigger.rehearsal) {
            (true, _) => PushRequest::Asked,
            (false, true) => PushRequest::RuledOut,
            (false, false) => PushRequest::AsConfigured,
        },
        fingerprints: TakeFingerprints::Yes,
    })
}

/// Returns how versions are written, according to the flags.
pub(crate) fn naming(args: &NamingArgs) -> Naming {
    Naming {
        style: args.style,
        count: args.count,
        parents: if args.first_parent { Parents::First } else { Parents::All },
        abbrev: usize::from(args.abbrev),
        dirty: if args.dirty { Dirty::Everywhere } else { Dirty::Local },
        version: None,
    }
}
