//! Files of JSON that an earlier command has written: plans, reports, what was observed.

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

/// Why a text is none that an earlier command has written.
trait Refusal: Display {
    /// Returns where it is not, if that is known.
    fn place(&self) -> Option<LineColumn>;

    /// Returns what to do about it.
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

/// Reads what builds were seen to read.
pub(crate) fn observed(file: &Path) -> Result<Observed, Failure> {
    read(file, "observed", Observed::read)
}

fn read<T, E: Refusal>(file: &Path, code: &'static str, of: fn(&str) -> Result<T, E>) -> Result<T, Failure> {
    of(&changed::read_text(file)?).map_err(|refusal| {
        let message = format!("{}: {refusal}", place(file, refusal.place()));
        Failure::new(Exit::Usage, code, message).help(refusal.help())
    })
}

/// Returns what messages call a place in a file that a person named.
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
