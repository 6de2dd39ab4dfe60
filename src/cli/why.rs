//! `rebake why`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, RangeArgs, choice};
use super::printing::Output;
use super::published_bases::with_published;
use super::workspace::{self, WithoutConfig};
use super::{plan, saved_file};
use crate::analysis::filter::Quantifier;
use crate::inputs::git::Repository;
use crate::model::change::{ChangeSet, Extent};
use crate::model::name::Escaped;
use crate::model::safe_json;
use crate::output::emit;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{self, Dead, Request, Unmatched};
use crate::plan::why::{ServiceExplanation, WhyReport, misses, reach};

const USAGE: &str = "\
rebake why [OPTIONS] <SERVICE>
       rebake why [OPTIONS] --file <PATH>";

const EXAMPLES: &str = "\
Examples:
  rebake why api                           why api is affected, or which changes came nearest to affecting it
  rebake why api --base v1.2.0             since the merge base with v1.2.0
  rebake why --file services/go/go.mod     the services that a change of this path affects
  rebake why api --plan plan.json          from a saved plan

Exit codes: 0 answered, whatever the answer; 2 unknown service or wrong usage; 3 the repository cannot be read";

/// Explain why a service is affected or not, or which services a path affects
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct WhyArgs {
    /// Service, by name or path
    #[arg(value_name = "SERVICE", required_unless_present = "file", conflicts_with = "file")]
    service: Option<String>,
    /// Path from the root of the repository, or, if it begins with ./, from the current directory, or an absolute path.
    /// The file need not exist
    #[arg(long, value_name = "PATH", conflicts_with_all = ["plan", "base", "head", "all", "changed", "force", "only"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    range: RangeArgs,
    /// How the rules of a paths-filter file combine (the action's predicate-quantifier)
    #[arg(long, value_name = "QUANTIFIER", default_value = "some", value_parser = choice::<Quantifier>())]
    quantifier: Quantifier,
    /// What to do when no filter matches a changed path
    #[arg(long, value_name = "POLICY", default_value = "ignore", value_parser = choice::<Unmatched>())]
    unmatched: Unmatched,
    /// Read this saved plan (`plan --format json`) instead of making a plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "all", "changed", "force", "only"])]
    plan: Option<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Text,
    /// JSON
    Json,
}

pub(crate) fn run(general: &GeneralArgs, args: &WhyArgs, output: &Output) -> Result<Exit, Failure> {
    match (&args.plan, &args.service, &args.file) {
        (Some(file), Some(service), _) => write(args.format, &of_plan(general, file, service)?, emit::why, output),
        (None, Some(service), _) => write(args.format, &of_service(general, args, service, output)?, emit::why, output),
        (_, None, Some(path)) => {
            let workspace =
                workspace::open_range(general, &args.range, args.quantifier, WithoutConfig::Derive, output)?;
            let Workspace { repository, config, .. } = workspace;
            let path = repository.path_named(path).ok_or_else(|| {
                let shown = Escaped::new(path.as_os_str().as_encoded_bytes());
                Failure::new(Exit::Usage, "path", format!("`{shown}` leads out of the repository"))
                    .help("write the path from the root of the repository")
            })?;
            let head = repository.head()?.commit().copied();
            let (all, none) = (config.graph.services().collect::<Vec<_>>(), ChangeSet::default());
            let config = pipeline::follow_links(&repository, &config, &all, head.as_ref(), &none)?.config;
            // A path in a submodule is no path of this repository. A change of the submodule counts instead.
            let submodule = head.map(|head| repository.submodule_at(&head, &path)).transpose()?.flatten();
            let answer = match submodule {
                Some(submodule) => reach(&config, &submodule, Extent::Below),
                None => reach(&config, &path, Extent::Path),
            };
            write(args.format, &answer, emit::reach, output)
        }
        (_, None, None) => Err(Failure::new(Exit::Usage, "usage", "name a service, or a path with `--file`")),
    }?;
    Ok(Exit::Done)
}

fn of_plan(general: &GeneralArgs, file: &Path, service: &str) -> Result<WhyReport, Failure> {
    let plan = saved_file::plan(file)?;
    let mut told: Vec<ServiceExplanation> = ServiceExplanation::of_plan(&plan, service).into_iter().collect();
    if told.is_empty() {
        // A saved plan can be read without a repository. Then a path counts from the root of the plan's repository.
        let repository = Repository::discover(general.directory()).ok();
        let path =
            repository.map_or_else(|| service.to_owned(), |repository| pipeline::path_named(&repository, service));
        let named = plan.services.iter().filter(|planned| planned.path.as_deref() == Some(&path));
        told = named.filter_map(|planned| ServiceExplanation::of_plan(&plan, &planned.service)).collect();
    }
    if told.is_empty() {
        let known = plan.services.iter().map(|known| &known.service).chain(&plan.unaffected);
        return Err(pipeline::Error::from(pipeline::UnknownService::new(service, known.cloned().collect(), &[])).into());
    }
    Ok(WhyReport { range: plan.range, services: told })
}

fn of_service(general: &GeneralArgs, args: &WhyArgs, service: &str, output: &Output) -> Result<WhyReport, Failure> {
    let workspace = workspace::open_range(general, &args.range, args.quantifier, WithoutConfig::Derive, output)?;
    let asked = workspace.services(&[service.to_owned()])?;
    let request = Request {
        base: plan::compared(&args.range, &workspace.repository)?,
        force: args.range.force.clone(),
        only: args.range.only.clone(),
        // The answer needs no versions.
        naming: None,
        unmatched: args.unmatched,
        dead: Dead::Warn,
        dead_among: asked.iter().map(|service| workspace.config.graph.name(*service).as_str().to_owned()).collect(),
        ..Request::default()
    };
    let request = with_published(request, &args.range, &workspace)?;
    let planned = workspace::plan(&workspace, &request, general, output)?;
    let config = &workspace.config;
    let told = asked.into_iter().filter_map(|service| {
        let told = ServiceExplanation::of_plan(&planned.plan, config.graph.name(service).as_str())?;
        let base = planned.bases[service.0].clone();
        // If the service has a base of its own, none of its files changed since that base. Changes since the bases of
        // other services are no near misses.
        let is_near = !told.affected && base.is_none();
        let misses = if is_near { misses(config, service, &planned.changes) } else { Vec::new() };
        Some(ServiceExplanation { base, misses, ..told })
    });
    Ok(WhyReport { services: told.collect(), range: planned.plan.range.clone() })
}

fn write<T: Serialize>(
    format: Format,
    answer: &T,
    text: impl Fn(&T, emit::Palette) -> String,
    output: &Output,
) -> Result<(), Failure> {
    match format {
        Format::Text => output.people(&text(answer, output.palette())),
        Format::Json => output.data(&safe_json::document(answer)),
    }
}
