//! `rebake plan`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{self, GeneralArgs, NamingArgs, PlanningArgs, RangeArgs};
use super::format::{self, FormatArgs};
use super::output::Output;
use super::progress::Progress;
use super::{changed, configuration, env};
use crate::analysis::base::{self, Compare, Since};
use crate::analysis::filter::Quantifier;
use crate::config::{self, Config};
use crate::inputs::git::{Contents, Parents, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, RepoDir};
use crate::model::recipe::Recipe;
use crate::naming::version::Count;
use crate::plan::pipeline::{self, ConfigFile, Dead, Dirty, Naming, Planned, PushRequest, Request, Unmatched};
use crate::plan::{self, Plan, Service};

const EXAMPLES: &str = "\
Examples:
  rebake plan                              what would rebuild, from the default branch and the work tree
  rebake plan api                          of these, only api and what it needs
  rebake plan --base v1.2.0                since the merge base with v1.2.0
  rebake plan --base HEAD~3 --direct       against the tree of HEAD~3 as it is
  git diff --name-status -z main | rebake plan --changed -
  rebake plan --format json > plan.json    save it; rebake plan --plan plan.json reads it again
  rebake plan --ci                         in a workflow: outputs and summary for the engine at hand

Runs by hand on engines without inputs read REBAKE_INPUT_SERVICE, REBAKE_INPUT_SERVICES and REBAKE_INPUT_VERSION.
An empty --base, --head, --since, --environment or the like counts as not given. In CI a branch that --base names is fetched first.";

/// Tell what must be rebuilt, why, what it is called, and in what order
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArgs {
    /// Plan these services alone, and what they need (names or paths)
    #[arg(value_name = "SERVICE", conflicts_with_all = ["only", "plan"])]
    services: Vec<String>,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Read a saved plan instead of making one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "all", "changed", "since", "force", "only"], help_heading = "Plan")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    existing: ExistingArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// End with 1 when something is affected
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    /// End with 3 where doubt widened the plan
    #[arg(long, help_heading = "Output")]
    strict: bool,
}

pub(crate) fn run(general: &GeneralArgs, args: &PlanArgs, output: &Output) -> Result<Exit, Failure> {
    let find = || Here::find(general, &args.planning, output);
    let (mut plan, here) = if let Some(file) = &args.plan {
        (plan::read(&changed::read_text(file)?)?, None)
    } else {
        let here = find()?;
        let asked = Request {
            services: args.services.clone(),
            contents: args.existing.contents(args.format.contents()),
            ..request(&args.planning, &here)?
        };
        let asked = Request { naming: asked.naming.filter(|_| args.format.says_names()), ..asked };
        let mut planned = here.planned(&asked, general, output)?;
        if args.format.is_the_plan() {
            planned.notes.clear();
        }
        say(&planned, output);
        (planned.plan, Some(here))
    };
    args.existing.note(&mut plan, general, output);
    let plan = output.masked(plan);
    format::write(&plan, &args.format, || here.map_or_else(find, Ok), output)?;
    Ok(if args.strict && !plan.degraded.is_empty() {
        Exit::Git
    } else if args.exit_code && plan.any {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// The repository, configuration and trigger of this run.
pub(crate) struct Here {
    pub(crate) repository: Repository,
    pub(crate) file: ConfigFile,
    pub(crate) config: Config,
    pub(crate) trigger: Trigger,
}

impl Here {
    pub(crate) fn find(general: &GeneralArgs, args: &PlanningArgs, output: &Output) -> Result<Self, Failure> {
        let repository = configuration::repository(general)?;
        let head = args.range.head.as_deref().map(|revision| repository.resolve(revision)).transpose()?;
        let trigger = configuration::trigger_of(&args.range, &repository)?;
        let file = configuration::find(general, &repository, head.as_ref(), &trigger, output)?;
        let file = ConfigFile { options: config::Options { quantifier: quantifier(args.quantifier) }, ..file };
        let config = configuration::read(&file, output)?;
        let recipes = config.services.iter().map(|(_, service)| &service.recipe);
        recipes.flat_map(Recipe::secret_variables).filter_map(env::read).for_each(|secret| output.hide(&secret));
        Ok(Self { repository, file, config, trigger })
    }

    /// Returns the recipe of a planned service, from the configuration at hand.
    pub(crate) fn recipe(&self, service: &Service) -> Result<&Recipe, Diagnostic> {
        let name = Escaped::new(&service.service);
        let Some(configured) = self.config.services.get(service.service.as_str()) else {
            return Err(Diagnostic::error(
                "unknown-service",
                format!("the plan has a service `{name}` that filters.yaml has not"),
            )
            .help("plan anew"));
        };
        if service.path.as_deref() != configured.path.as_ref().map(RepoDir::as_str) {
            return Err(Diagnostic::error(
                "other-path",
                format!("the plan has another path for `{name}` than filters.yaml"),
            )
            .help("plan anew"));
        }
        Ok(&configured.recipe)
    }

    /// Returns the root of the work tree, where builds take place.
    pub(crate) fn work_dir(&self) -> Result<&Path, Failure> {
        self.repository.work_dir().ok_or_else(|| {
            Failure::new(Exit::Git, "bare", "the repository has no work tree to build in")
                .help("build in a clone of it")
        })
    }

    /// Makes a plan, and says what is to be said beside it.
    pub(crate) fn plan(&self, request: &Request, general: &GeneralArgs, output: &Output) -> Result<Plan, Failure> {
        let planned = self.planned(request, general, output)?;
        say(&planned, output);
        Ok(planned.plan)
    }

    fn planned(&self, request: &Request, general: &GeneralArgs, output: &Output) -> Result<Planned, Failure> {
        let Self { repository, file, config, trigger } = self;
        let progress = Progress::new(output, general.verbose);
        let planned = pipeline::plan(repository, file, config, trigger, request, &mut |step| progress.step(step))?;
        progress.finish();
        Ok(planned)
    }
}

/// Says what is to be said beside a plan.
pub(crate) fn say(planned: &Planned, output: &Output) {
    output.say(&planned.plan.degraded.iter().map(doubt).collect::<Vec<_>>());
    output.say(&planned.warnings);
    output.say(&planned.notes);
}

fn doubt(doubt: &plan::Doubt) -> Diagnostic {
    // The stable words of doubts are few; a diagnostic's code is one for all of them.
    let warning = Diagnostic::warning("degraded", doubt.message.clone());
    doubt.help.iter().fold(warning, Diagnostic::help)
}

pub(crate) fn quantifier(name: flags::Quantifier) -> Quantifier {
    match name {
        flags::Quantifier::Some => Quantifier::Some,
        flags::Quantifier::Every => Quantifier::Every,
        flags::Quantifier::SomeWithExcludes => Quantifier::SomeWithExcludes,
    }
}

/// Reads what is to be compared.
pub(crate) fn compared(range: &RangeArgs, repository: &Repository) -> Result<base::Request, Failure> {
    let from = if range.direct { base::From::Base } else { base::From::MergeBase };
    let end = |revision| base::End { revision, from };
    let compare = match (&range.base, &range.changed) {
        (base, Some(file)) => {
            Compare::Given { changes: changed::read(file, repository.work_dir())?, base: base.clone().map(end) }
        }
        (Some(base), None) => Compare::Revision(end(base.clone())),
        (None, None) if range.all => Compare::Everything,
        (None, None) => match range.since {
            Some(flags::Since::Release) => Compare::Since(Since::Release),
            Some(flags::Since::Built) => Compare::Since(Since::Built),
            None => Compare::Auto,
        },
    };
    Ok(base::Request { head: range.head.clone(), compare, default_branch: range.default_branch.clone() })
}

/// Reads what is asked of a plan.
pub(crate) fn request(args: &PlanningArgs, here: &Here) -> Result<Request, Failure> {
    let trigger = &here.trigger;
    let range = &args.range;
    Ok(Request {
        base: compared(range, &here.repository)?,
        force: range.force.clone(),
        only: range.only.clone(),
        services: Vec::new(),
        environment: args.environment.clone(),
        naming: Some(Naming { version: args.version.clone(), ..naming(&args.naming) }),
        unmatched: args.unmatched.policy(),
        dead: match args.dead {
            flags::Dead::ByShape => Dead::ByShape,
            flags::Dead::Error => Dead::Error,
            flags::Dead::Warn => Dead::Warn,
            flags::Dead::Allow => Dead::Allow,
        },
        push: match (args.push, trigger.rehearsal) {
            (true, _) => PushRequest::Asked,
            (false, true) => PushRequest::RuledOut,
            (false, false) => PushRequest::AsConfigured,
        },
        fetch: range.fetching.limit(trigger),
        contents: Contents::Read,
    })
}

impl flags::Unmatched {
    /// Returns what is asked of a plan.
    pub(crate) fn policy(self) -> Unmatched {
        match self {
            Self::Ignore => Unmatched::Ignore,
            Self::Warn => Unmatched::Warn,
            Self::Error => Unmatched::Error,
            Self::All => Unmatched::All,
        }
    }
}

/// Reads how results are called.
pub(crate) fn naming(args: &NamingArgs) -> Naming {
    Naming {
        style: args.style,
        count: args.count.map(|count| match count {
            flags::CountName::Commits => Count::Commits,
            flags::CountName::Paths => Count::Paths,
        }),
        parents: if args.first_parent { Parents::First } else { Parents::All },
        abbrev: usize::from(args.abbrev),
        dirty: if args.dirty { Dirty::Said } else { Dirty::Unsaid },
        version: None,
    }
}

pub(crate) fn bug(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Bug, "bug", format!("the result cannot be written as JSON: {error}"))
        .help("this is a bug of rebake; please report it with the filters.yaml at hand")
}
