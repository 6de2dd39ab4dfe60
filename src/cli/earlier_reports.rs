//! Reports of earlier runs, and how long builds took in them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::log_directory;
use crate::inputs::file;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, Report};

/// How long each service's build took, according to the last report with that service.
#[derive(Debug, Default)]
pub(crate) struct Durations(BTreeMap<String, Duration>);

impl Durations {
    /// Returns the durations in reports. Later reports take precedence, and only builds that succeeded count.
    pub(crate) fn of<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let services = reports.into_iter().flat_map(|report| &report.services);
        Self(services.filter_map(|service| Some((service.service.clone(), took(service)?))).collect())
    }

    /// Returns how long a service's build took, if a report has it.
    pub(crate) fn took(&self, service: &str) -> Option<Duration> {
        self.0.get(service).copied()
    }
}

/// Returns the reports of the runs of this clone, the oldest first.
pub(crate) fn runs_of_clone(git_dir: &Path) -> Vec<Report> {
    log_directory::reports(git_dir).into_iter().filter_map(|path| readable(&path)).collect()
}

/// Reads a report; `None` if the file cannot be read, or is no report that this version of rebake reads.
pub(crate) fn readable(path: &Path) -> Option<Report> {
    Report::read(&io::read_to_string(file::open(path).ok()?).ok()?).ok()
}

fn took(service: &ServiceReport) -> Option<Duration> {
    let measured = service.outcome == Outcome::Succeeded && service.attempts > 0;
    Duration::try_from_secs_f64(service.seconds).ok().filter(|_| measured)
}
