//! `rebake schema`.

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use crate::config;
use crate::plan::Plan;

/// Print a JSON Schema of filters.yaml, of plans or of build reports, for editors and programs
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Document that the schema describes
    #[arg(value_name = "DOCUMENT", default_value = "config")]
    what: Document,
}

/// The documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// filters.yaml
    Config,
    /// The plan
    Plan,
    /// The report of `build --report`
    #[cfg(unix)]
    Report,
}

pub(crate) fn run(args: &SchemaArgs, output: &Output) -> Result<Exit, Failure> {
    let schema = match args.what {
        Document::Config => config::schema(),
        Document::Plan => Plan::schema(),
        #[cfg(unix)]
        Document::Report => crate::output::exec::Report::schema(),
    };
    output.data(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
