//! `rebake plan`.

use std::path::Path;

use super::args::{self, General};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::progress::Progress;
use super::{changed, configuration, env, format};
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

pub(crate) fn run(general: &General, args: &args::Plan, output: &Output) -> Result<Exit, Failure> {
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
    pub(crate) fn find(general: &General, args: &args::Planning, output: &Output) -> Result<Self, Failure> {
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

    /// Makes a plan, and prints warnings and notes about it.
    pub(crate) fn plan(&self, request: &Request, general: &General, output: &Output) -> Result<Plan, Failure> {
        let planned = self.planned(request, general, output)?;
        say(&planned, output);
        Ok(planned.plan)
    }

    fn planned(&self, request: &Request, general: &General, output: &Output) -> Result<Planned, Failure> {
        let Self { repository, file, config, trigger } = self;
        let progress = Progress::new(output, general.verbose);
        let planned = pipeline::plan(repository, file, config, trigger, request, &mut |step| progress.step(step))?;
        progress.finish();
        Ok(planned)
    }
}

/// Prints warnings and notes about a plan.
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

pub(crate) fn quantifier(name: args::Quantifier) -> Quantifier {
    match name {
        args::Quantifier::Some => Quantifier::Some,
        args::Quantifier::Every => Quantifier::Every,
        args::Quantifier::SomeWithExcludes => Quantifier::SomeWithExcludes,
    }
}

/// Reads what is to be compared.
pub(crate) fn compared(range: &args::Range, repository: &Repository) -> Result<base::Request, Failure> {
    let from = if range.direct { base::From::Base } else { base::From::MergeBase };
    let end = |revision| base::End { revision, from };
    let compare = match (&range.base, &range.changed) {
        (base, Some(file)) => {
            Compare::Given { changes: changed::read(file, repository.work_dir())?, base: base.clone().map(end) }
        }
        (Some(base), None) => Compare::Revision(end(base.clone())),
        (None, None) if range.all => Compare::Everything,
        (None, None) => match range.since {
            Some(args::Since::Release) => Compare::Since(Since::Release),
            Some(args::Since::Built) => Compare::Since(Since::Built),
            None => Compare::Auto,
        },
    };
    Ok(base::Request { head: range.head.clone(), compare, default_branch: range.default_branch.clone() })
}

/// Reads what is asked of a plan.
pub(crate) fn request(args: &args::Planning, here: &Here) -> Result<Request, Failure> {
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
            args::Dead::ByShape => Dead::ByShape,
            args::Dead::Error => Dead::Error,
            args::Dead::Warn => Dead::Warn,
            args::Dead::Allow => Dead::Allow,
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

impl args::Unmatched {
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
pub(crate) fn naming(args: &args::Naming) -> Naming {
    Naming {
        style: args.style,
        count: args.count.map(|count| match count {
            args::CountName::Commits => Count::Commits,
            args::CountName::Paths => Count::Paths,
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
