//! `rebake graph`.

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::model::safe_json;
use crate::output::emit;
use crate::plan::graph::ServiceGraph;

const EXAMPLES: &str = "\
Examples:
  rebake graph                    each dependency, and what declares it
  rebake graph api                with all that api is built from, and for
  rebake graph --format dot | dot -Tsvg > graph.svg
  rebake graph --discover         as the repository's own files say it

Exit codes: 0 answered; 2 unknown service or wrong usage; 3 the repository cannot be read; \
4 too large for Mermaid";

/// Show which service is built from which, and what declares that
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// Show only these services, what they are built from, and what is built from them (names or paths)
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Commit whose configuration is read, instead of the work tree
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
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
}

pub(crate) fn run(general: &GeneralArgs, args: &GraphArgs, output: &Output) -> Result<Exit, Failure> {
    let workspace = workspace::open(general, args.at.as_deref(), None, WithoutConfig::Derive, output)?;
    let named = workspace.services(&args.services)?;
    let graph = ServiceGraph::of(&workspace.config, &named);
    match args.format {
        Format::Text => output.people(&emit::graph_text(&graph, output.palette())),
        Format::Dot => output.data(&emit::dot(&graph)),
        Format::Mermaid => output.data(&emit::mermaid_graph(&graph)?),
        Format::Json => output.data(&safe_json::document(&graph)),
    }?;
    Ok(Exit::Done)
}
