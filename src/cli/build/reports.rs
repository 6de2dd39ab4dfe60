//! The reports that a run reads, and the reports that it writes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::build_plan::given;
use super::{BuildArgs, Shown};
use crate::cli::ci::github_files;
use crate::cli::earlier_reports::{self, Durations};
use crate::cli::env;
use crate::cli::failure::Failure;
use crate::cli::log_directory;
use crate::cli::printing::{Output, unwritable};
use crate::cli::report::failure;
use crate::cli::saved_file;
use crate::inputs::file::{self, Writable};
use crate::model::name::BuildOutput;
use crate::output::emit;
use crate::output::exec::Report;
use crate::output::exec::report::{junit, markdown};
use crate::output::pages;
use crate::plan::pipeline::Workspace;

/// The reports of a run.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// The files to write at the end.
    #[expect(dead_code, reason = "it keeps readers waiting")]
    held: Vec<Writable>,
    /// The report of `--rerun`.
    pub(super) earlier: Option<Report>,
    /// How long builds took, according to the earlier runs of this clone, the report of `--rerun`, and the report that
    /// `--report` overwrites.
    took: Durations,
    json: Option<PathBuf>,
    junit: Option<PathBuf>,
    /// The file of the page for a browser.
    timings: Option<PathBuf>,
    /// The file that the summary of the job is appended to.
    summary: Option<PathBuf>,
    /// The file that the outputs of the step are appended to.
    outputs: Option<PathBuf>,
}

impl Reports {
    /// Reads earlier reports. Also checks, before anything is built, that the new reports can be written.
    pub(super) fn agree(args: &BuildArgs, workspace: &Workspace) -> Result<Self, Failure> {
        let earlier = args.rerun.as_deref().map(saved_file::report).transpose()?;
        args.rerun.iter().for_each(|file| given(file, workspace));
        let json = args.shown.report.clone();
        let workspace = earlier_reports::runs_of_clone(workspace.repository.git_dir());
        // A file that is not a readable report is not used here, and is overwritten later.
        let last = json.as_deref().and_then(earlier_reports::readable);
        let took = Durations::of(workspace.iter().chain(&earlier).chain(&last));
        let summary = env::read(env::Variable::StepSummary).filter(|_| args.shown.ci).map(PathBuf::from);
        let outputs = env::read(env::Variable::Output).filter(|_| args.shown.ci).map(PathBuf::from);
        let files = json.iter().chain(&args.shown.junit).chain(&args.shown.timings).chain(&summary).chain(&outputs);
        let held = files.map(|path| file::check(path).map_err(|error| unwritable(path, &error)));
        let held = held.collect::<Result<_, _>>()?;
        let Shown { junit, timings, .. } = &args.shown;
        Ok(Self { held, earlier, took, json, junit: junit.clone(), timings: timings.clone(), summary, outputs })
    }

    /// Returns the reports in which images of dependencies are searched for: that of `--rerun`, and those of `--needs`.
    pub(super) fn earlier_jobs(&self, args: &BuildArgs) -> Result<Vec<Report>, Failure> {
        let named = args.needs.iter().map(|file| saved_file::report(file));
        self.earlier.iter().map(|report| Ok(report.clone())).chain(named).collect()
    }

    /// Returns how long a service's build took, if a report has it.
    pub(super) fn took(&self, service: &str) -> Option<Duration> {
        self.took.took(service)
    }

    /// Writes the reports of a run, and a further report beside the logs of the run.
    pub(super) fn write(&self, report: &Report, logs: &Path, output: &Output) -> Result<(), Failure> {
        let report = output.masked(match &self.earlier {
            Some(earlier) => report.clone().over(earlier.clone()),
            None => report.clone(),
        });
        let text = report.to_json();
        // A build may have removed the directory. If it cannot be made again, writing the report fails with the reason.
        let _ = file::make_directory(logs);
        for file in self.json.iter().chain([&logs.join(log_directory::REPORT)]) {
            output.file(file, &text)?;
        }
        if let Some(file) = &self.junit {
            output.file(file, &junit(&report, failure))?;
        }
        if let Some(file) = &self.timings {
            output.file(file, &pages::timings(&report, failure))?;
        }
        if let Some(file) = &self.summary {
            output.append(file, &markdown(&report, failure))?;
        }
        match &self.outputs {
            Some(file) => github_files::set(file, &self.step(&report, logs), output),
            None => Ok(()),
        }
    }

    /// Returns the outputs of a GitHub step: the path of the report, and the image if there is exactly one, as in a job
    /// of a matrix.
    fn step(&self, report: &Report, logs: &Path) -> Vec<emit::Output> {
        let file = self.json.clone().unwrap_or_else(|| logs.join(log_directory::REPORT));
        let file = std::path::absolute(&file).unwrap_or(file).to_string_lossy().into_owned();
        let mut images = report.successful().filter(|service| service.image.is_some());
        let image = images.next().filter(|_| images.next().is_none());
        let of = |name: BuildOutput, value: Option<String>| value.map(|value| emit::Output::new(name, value));
        let digest = image.and_then(|service| service.digest.clone());
        let name = image.and_then(|service| service.image.clone());
        let outputs =
            [of(BuildOutput::Digest, digest), of(BuildOutput::Image, name), of(BuildOutput::Report, Some(file))];
        outputs.into_iter().flatten().collect()
    }
}
