//! Reads JSON files that an earlier command has written: plans, reports, and lists of the files that observed builds
//! read.

use std::fmt::Display;
use std::path::Path;

use super::changed;
use super::exit::Exit;
use super::failure::Failure;
use crate::model::diagnostic::LineColumn;
use crate::model::name::Escaped;
#[cfg(unix)]
use crate::output::exec::Report;
#[cfg(unix)]
use crate::output::exec::report::ReportError;
use crate::plan::observed::{Observed, ObservedError};
use crate::plan::{self, Plan, PlanError};

/// Why a text cannot be read as the output of an earlier command.
trait Refusal: Display {
    /// Returns the place of the error, if it is known.
    fn place(&self) -> Option<LineColumn>;

    /// Returns advice on how to avoid the error.
    fn help(&self) -> &'static str;
}

/// Reads a saved plan.
pub(crate) fn plan(file: &Path) -> Result<Plan, Failure> {
    read(file, "plan", plan::read)
}

/// Reads a saved report.
#[cfg(unix)]
pub(crate) fn report(file: &Path) -> Result<Report, Failure> {
    read(file, "report", Report::read)
}

/// Reads the saved output of `rebake observe`: the files that builds were observed to read.
pub(crate) fn observed(file: &Path) -> Result<Observed, Failure> {
    read(file, "observed", Observed::read)
}

fn read<T, E: Refusal>(file: &Path, code: &'static str, of: fn(&str) -> Result<T, E>) -> Result<T, Failure> {
    of(&changed::read_text(file)?).map_err(|refusal| {
        let message = format!("{}: {refusal}", place(file, refusal.place()));
        Failure::new(Exit::Usage, code, message).help(refusal.help())
    })
}

/// Returns a place in a file that the command line names, as messages show it: `plan.json:3:14`.
pub(crate) fn place(file: &Path, place: Option<LineColumn>) -> String {
    let name = if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        Escaped::new(file.as_os_str().as_encoded_bytes()).to_string()
    };
    match place {
        Some(LineColumn { line, column }) => format!("{name}:{line}:{column}"),
        None => name,
    }
}

impl Refusal for PlanError {
    fn place(&self) -> Option<LineColumn> {
        self.place()
    }

    fn help(&self) -> &'static str {
        self.help()
    }
}

#[cfg(unix)]
impl Refusal for ReportError {
    fn place(&self) -> Option<LineColumn> {
        self.place()
    }

    fn help(&self) -> &'static str {
        self.help()
    }
}

impl Refusal for ObservedError {
    fn place(&self) -> Option<LineColumn> {
        self.place()
    }

    fn help(&self) -> &'static str {
        self.help()
    }
}
