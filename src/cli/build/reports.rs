//! The reports that a run begins with, and those that it leaves.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Build, logs};
use crate::cli::env;
use crate::cli::failure::Failure;
use crate::cli::output::append;
use crate::cli::plan::Here;
use crate::cli::report::{bug, failure, read};
use crate::exec::Report;
use crate::exec::report::{Service, junit, markdown};

/// The reports of a run.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// The one of `--rerun`.
    pub(super) earlier: Option<Report>,
    /// How long builds took: by the runs whose logs are kept, and by reports that are named, the last one that knows.
    took: BTreeMap<String, Duration>,
    json: Option<PathBuf>,
    junit: Option<PathBuf>,
    /// Where the summary of the job is appended.
    summary: Option<PathBuf>,
}

impl Reports {
    /// Reads what is there, and makes sure that what is asked for can be written: hours later would be too late.
    pub(super) fn agree(args: &Build, here: &Here) -> Result<Self, Failure> {
        let earlier = args.rerun.as_deref().map(read).transpose()?;
        let json = args.shown.report.clone();
        // A report of another version, or something else, is overwritten without being of use.
        let report = |file: PathBuf| Report::read(&std::fs::read_to_string(file).ok()?).ok();
        let here: Vec<Report> = logs::reports(here.repository.git_dir()).into_iter().filter_map(report).collect();
        let last = json.clone().and_then(report);
        let known = here.iter().chain(&earlier).chain(&last).flat_map(|report| &report.services);
        let took = known.filter_map(|service| Some((service.service.clone(), took(service)?))).collect();
        let summary = env::read(env::STEP_SUMMARY).filter(|_| args.shown.ci).map(PathBuf::from);
        for file in json.iter().chain(&args.shown.junit) {
            can_be_written(file)?;
        }
        Ok(Self { earlier, took, json, junit: args.shown.junit.clone(), summary })
    }

    /// Returns how long a service's build took, where a report says so.
    pub(super) fn took(&self, service: &str) -> Option<Duration> {
        self.took.get(service).copied()
    }

    /// Writes the reports of a run, and one beside its logs.
    pub(super) fn write(&self, report: &Report, logs: &Path) -> Result<(), Failure> {
        let report = match &self.earlier {
            Some(earlier) => &report.clone().over(earlier.clone()),
            None => report,
        };
        let text = report.to_json().map_err(|error| bug(&error))?;
        // A build may have taken it away. Where it cannot be made again, writing says why.
        let _ = std::fs::create_dir_all(logs);
        for file in self.json.iter().chain([&logs.join(logs::REPORT)]) {
            write(file, &text)?;
        }
        if let Some(file) = &self.junit {
            write(file, &junit(report, failure).map_err(|error| bug(&error))?)?;
        }
        match &self.summary {
            Some(file) => append(file, &markdown(report, failure)),
            None => Ok(()),
        }
    }
}

fn took(service: &Service) -> Option<Duration> {
    let measured = service.outcome.is_success() && service.attempts > 0;
    Duration::try_from_secs_f64(service.seconds).ok().filter(|_| measured)
}

fn can_be_written(file: &Path) -> Result<(), Failure> {
    let problem =
        if file.is_dir() { Some(io::ErrorKind::IsADirectory.into()) } else { std::fs::metadata(directory(file)).err() };
    problem.map_or(Ok(()), |error| Err(Failure::file(&format!("cannot write {}", file.display()), &error)))
}

/// Writes a file whole, or not at all.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let written = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory(file))
        .and_then(|mut temporary| {
            temporary.write_all(text.as_bytes())?;
            temporary.persist(file).map(drop).map_err(|error| error.error)
        });
    written.map_err(|error| Failure::file(&format!("cannot write {}", file.display()), &error))
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
