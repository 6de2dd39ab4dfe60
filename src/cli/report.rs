//! `rebake report`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use super::saved_file;
use crate::model::name::Escaped;
use crate::output::exec;
use crate::output::exec::display::{OutputStyle, last_lines};
use crate::output::exec::report::{ServiceReport, checksums, deploy_matrix, images, junit, markdown};
use crate::output::pages;

const EXAMPLES: &str = "\
Examples:
  rebake report report.json --format images    for a deployment: image, digest, version and tags
  rebake report jobs/*.json > report.json      one report of all jobs of a matrix
  rebake report report.json --format checksums > checksums.txt    for actions/attest: subject-checksums
  rebake report report.json --format markdown >>$GITHUB_STEP_SUMMARY";

/// How many lines of a failed build's log are shown.
const LINES: usize = 50;

/// Merge build reports, and print the result in the chosen format
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Reports to read. If a service is in several reports, the last of them on the command line counts
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: Format,
    /// Allow reports of different commits or environments
    #[arg(long)]
    allow_mixed: bool,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// JSON, as `build --report` writes it
    Json,
    /// Image, digest, version and tags of each built service, as JSON
    Images,
    /// Digest and image of each built service, in the format of sha256sum, for `actions/attest`
    Checksums,
    /// A job matrix with an entry for each built image: service, image, digest, version, environment
    Matrix,
    /// A job summary in Markdown
    Markdown,
    /// JUnit XML
    Junit,
    /// A page for a browser: when each build ran, what it waited for, and why it failed
    Html,
}

pub(crate) fn run(args: &ReportArgs, output: &Output) -> Result<Exit, Failure> {
    let mut report = exec::Report::default();
    for file in &args.reports {
        let next = saved_file::report(file)?;
        if !args.allow_mixed {
            alike(&report, &next, file)?;
        }
        report = next.over(report);
    }
    output.publish(report.names());
    let report = output.masked(report);
    let text = match args.format {
        Format::Json => report.to_json(),
        Format::Images => images(&report),
        Format::Checksums => checksums(&report),
        Format::Matrix => deploy_matrix(&report),
        Format::Markdown => markdown(&report, failure),
        Format::Junit => junit(&report, failure),
        Format::Html => pages::timings(&report, failure),
    };
    output.data(&text)?;
    Ok(Exit::Done)
}

/// Returns an error if a report is of another commit or environment than the reports before it, since the merged report
/// can name only one commit and one environment.
fn alike(before: &exec::Report, next: &exec::Report, file: &Path) -> Result<(), Failure> {
    let Some((what, one, other)) = before.head.difference(&next.head) else { return Ok(()) };
    let (one, other) = (Escaped::new(&one).to_string(), Escaped::new(&other).to_string());
    let message = format!(
        "the reports are of two {what}s: {one}, and {other} in {}",
        Escaped::new(file.as_os_str().as_encoded_bytes())
    );
    Err(Failure::new(Exit::Usage, "mixed-reports", message)
        .help("leave out the reports of another run, or accept them with `--allow-mixed`"))
}

/// Returns the end of a failed build's log, if the log still exists.
pub(crate) fn failure(service: &ServiceReport) -> Option<String> {
    let log = service.log.as_ref().filter(|_| service.outcome.is_failure())?;
    last_lines(log, LINES, OutputStyle::default()).ok().map(|lines| lines.join("\n"))
}
