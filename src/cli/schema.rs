//! `rebake schema`.

use super::args::{Schema, SchemaOf};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use crate::config;
use crate::plan::Plan;

pub(crate) fn run(args: &Schema, output: &Output) -> Result<Exit, Failure> {
    let schema = match args.what {
        SchemaOf::Config => config::schema(),
        SchemaOf::Plan => Plan::schema(),
        #[cfg(unix)]
        SchemaOf::Report => crate::output::exec::Report::schema(),
    };
    output.data(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
