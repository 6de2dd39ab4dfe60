//! `rebake graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::printing::Output;
use super::saved_file;
use super::workspace::{self, WithoutConfig};
use crate::analysis::base::RangeRequest;
use crate::model::safe_json;
use crate::output::{emit, pages};
use crate::plan::Plan;
use crate::plan::graph::ServiceGraph;
use crate::plan::pipeline::{Naming, Request, Workspace};

const EXAMPLES: &str = "\
Examples:
  rebake graph                    each dependency, and what declares it
  rebake graph api                api, its dependencies and its dependents
  rebake graph --format dot | dot -Tsvg > graph.svg
  rebake graph --discover         the dependencies that the repository's own files declare
  rebake graph --format html > graph.html      a page for a browser: what would be rebuilt, and why
  rebake plan --base v1.2.0 --format json | rebake graph --format html --plan - > graph.html

Exit codes: 0 answered; 2 unknown service or wrong usage; 3 the repository cannot be read; \
4 too large for Mermaid";

/// Show the dependencies between services, and what declares each dependency
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// Show only these services (names or paths), their dependencies and their dependents
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Read the configuration of this commit instead of the work tree
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    at: Option<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// With --format html: show what is affected in this saved plan (`plan --format json`). Without this flag, the page
    /// shows what is affected by the changes since the default branch
    #[arg(long, value_name = "FILE", conflicts_with = "at")]
    plan: Option<PathBuf>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Text,
    /// The language of Graphviz
    Dot,
    /// Mermaid, which GitHub draws
    Mermaid,
    /// JSON
    Json,
    /// A page for a browser: the graph, what is affected, and why
    Html,
}

/// Returns the saved plan, or else a new plan for the changes since the default branch.
fn plan(general: &GeneralArgs, args: &GraphArgs, workspace: &Workspace, output: &Output) -> Result<Plan, Failure> {
    if let Some(file) = &args.plan {
        let plan = saved_file::plan(file)?;
        output.publish(plan.names());
        return Ok(plan);
    }
    let base = RangeRequest { head: args.at.clone(), ..RangeRequest::default() };
    let asked = Request { base, naming: Some(Naming::default()), ..Request::default() };
    Ok(workspace::plan(workspace, &asked, general, output)?.plan)
}

/// Returns the name of the repository's directory.
fn name(workspace: &Workspace) -> String {
    let repository = &workspace.repository;
    let directory = repository.work_dir().unwrap_or(repository.git_dir());
    directory.file_name().map_or_else(|| "repository".to_owned(), |name| name.to_string_lossy().into_owned())
}

pub(crate) fn run(general: &GeneralArgs, args: &GraphArgs, output: &Output) -> Result<Exit, Failure> {
    let workspace = workspace::open(general, args.at.as_deref(), None, WithoutConfig::Derive, output)?;
    if args.plan.is_some() && args.format != Format::Html {
        let message = "`--plan` is about the page of `--format html`, and this format shows no plan";
        return Err(Failure::new(Exit::Usage, "plan", message).help("add `--format html`"));
    }
    let named = workspace.services(&args.services)?;
    let graph = ServiceGraph::of(&workspace.config, &named);
    match args.format {
        Format::Text => output.people(&emit::graph_text(&graph, output.palette())),
        Format::Dot => output.data(&emit::dot(&graph)),
        Format::Mermaid => output.data(&emit::mermaid_graph(&graph)?),
        Format::Json => output.data(&safe_json::document(&graph)),
        Format::Html => {
            let plan = output.masked(plan(general, args, &workspace, output)?);
            output.data(&pages::graph(&plan, &graph, &name(&workspace)))
        }
    }?;
    Ok(Exit::Done)
}
