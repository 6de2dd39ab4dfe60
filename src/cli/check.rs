//! `rebake check`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::checked_filters::{CheckedFilters, WhatToCheck};
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, RangeArgs};
use super::mending;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use super::{plan, saved_file, snippet};
use crate::analysis::filter::Quantifier;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::Escaped;
use crate::output::emit::findings as emit;
use crate::plan::check::{Finding, Findings};
use crate::plan::observed::{Observed, ObservedService};
use crate::plan::pipeline::{Dead, Request, Unmatched};

const EXAMPLES: &str = "\
Examples:
  rebake check                           filters.yaml, and the filters of all workflows
  rebake check .github/workflows/ci.yml  the filters of one workflow
  rebake check --fix                     add and correct patterns where that resolves a finding
  rebake check --affected --base main    only services affected by the changes since main
  rebake check --observed observed.json  also check the files that `rebake observe` listed
  rebake check --format sarif > x.sarif  for code scanning";

/// Find what is wrong or missing in filters.yaml, or in workflows with a paths-filter step
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Filter files and workflow files [default: filters.yaml, and the filters of all workflows]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Correct patterns in the files and add missing ones, then print the remaining findings. Nothing else in the files
    /// changes
    #[arg(long, conflicts_with = "affected")]
    fix: bool,
    /// Also check that patterns cover every file that builds were observed to read. FILE has the output of `rebake
    /// observe --format json` (repeatable, or comma-separated)
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    observed: Vec<PathBuf>,
    /// Print only findings about affected services: those that `rebake plan` lists with the same flags
    #[arg(long, conflicts_with = "files")]
    affected: bool,
    #[command(flatten)]
    range: RangeArgs,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Text,
    /// One JSON object
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(crate) fn run(general: &GeneralArgs, args: &CheckArgs, output: &Output) -> Result<Exit, Failure> {
    if !args.affected && args.range.is_given() {
        return Err(Failure::new(Exit::Usage, "usage", "what is compared matters only with `--affected`"));
    }
    let (observed, mut unchecked) = observed(args, output)?;
    let what = WhatToCheck { files: &args.files, is_mended: args.fix, observed: observed.as_ref(), before: None };
    let find = || CheckedFilters::read_and(general, what, |filters| filters.findings(what));
    let affected = args.affected.then(|| affected(general, args, output)).transpose()?;
    if affected.as_ref().is_some_and(BTreeSet::is_empty) {
        return nothing_affected(args.format, output);
    }
    let mut found = find()?;
    if args.fix {
        found = mending::until_mended(found, find, output)?;
    }
    let (filters, mut findings) = found;
    if let Some(affected) = affected {
        let is_about =
            |finding: &Finding| finding.service.as_ref().is_some_and(|name| affected.contains(name.as_str()));
        findings.all.retain(is_about);
    }
    for name in observed.iter().flat_map(|observed| filters.unknown(observed)) {
        let message = format!("`{}` was observed, and no filters have it", Escaped::new(name));
        unchecked.push(Diagnostic::warning("observed", message).help("observe its service by its name of today"));
    }
    findings.unchecked.splice(..0, unchecked);
    output.say(&findings.unchecked);
    // If filters could not be read, an empty list of findings does not mean that nothing is wrong.
    let is_read = !findings.unchecked.iter().any(Diagnostic::is_error);
    if is_read || !findings.all.is_empty() || args.format != Format::Text {
        write(args.format, &findings, output)?;
    }
    if !is_read {
        return Ok(Exit::Usage);
    }
    let has_errors = findings.all.iter().any(|finding| finding.problem.is_error());
    Ok(if has_errors { Exit::Found } else { Exit::Done })
}

/// Says that nothing was checked, since no service is affected. Without this message, an empty result would look like a
/// check without findings.
fn nothing_affected(format: Format, output: &Output) -> Result<Exit, Failure> {
    let message = "no service is affected, so nothing was checked";
    if format == Format::Text {
        output.people(&format!("{message}\n"))?;
    } else {
        output.say(&[Diagnostic::new(Severity::Note, "nothing-affected", message)]);
        write(format, &Findings::default(), output)?;
    }
    Ok(Exit::Done)
}

/// Reads the reports of observed builds, and merges them into one; `None` if the command line names none. Also returns
/// warnings about reports that are empty or have only a part of what a build reads.
fn observed(args: &CheckArgs, output: &Output) -> Result<(Option<Observed>, Vec<Diagnostic>), Failure> {
    let mut all: Option<Observed> = None;
    let mut unchecked = Vec::new();
    for file in &args.observed {
        let shown = Escaped::new(&*file.to_string_lossy()).to_string();
        let read = saved_file::observed(file)?;
        let partial = read.services.iter().filter_map(|service| Some((service, service.partial.as_ref()?)));
        unchecked.extend(partial.map(|(service, why)| {
            let message = format!(
                "{shown} has only a part of what `{}` reads: {}",
                Escaped::new(&service.service),
                Escaped::new(why)
            );
            Diagnostic::warning("partial", message).help("observe it again")
        }));
        if read.services.is_empty() {
            let message = format!("{shown} has no service: nothing of it is checked");
            unchecked.push(Diagnostic::warning("observed", message).help("name services: `rebake observe SERVICE`"));
        }
        output.publish(read.services.iter().flat_map(ObservedService::paths));
        match &mut all {
            Some(all) => all.services.extend(read.services),
            None => all = Some(read),
        }
    }
    Ok((all, unchecked))
}

/// Returns the names of the services that the changes affect.
fn affected(general: &GeneralArgs, args: &CheckArgs, output: &Output) -> Result<BTreeSet<String>, Failure> {
    let workspace = workspace::open_range(general, &args.range, Quantifier::default(), WithoutConfig::Refuse, output)?;
    let request = Request {
        base: plan::compared(&args.range, &workspace.repository)?,
        force: args.range.force.clone(),
        only: args.range.only.clone(),
        naming: None,
        unmatched: Unmatched::Ignore,
        dead: Dead::Allow,
        ..Request::default()
    };
    let planned = workspace::quiet_plan(&workspace, &request, general, output)?;
    Ok(planned.plan.services.into_iter().map(|service| service.service).collect())
}

fn write(format: Format, findings: &Findings, output: &Output) -> Result<(), Failure> {
    match format {
        Format::Text => {
            let problems: Vec<Diagnostic> = findings.all.iter().map(|finding| finding.problem.clone()).collect();
            let mut text = snippet::render(&problems, snippet::Color::Always);
            if !text.is_empty() {
                text.push('\n');
            }
            output.people(&(text + &emit::summary(findings)))
        }
        Format::Json => output.data(&emit::findings(findings)),
        Format::Github => output.data(&emit::annotations(findings)),
        Format::Sarif => output.data(&emit::sarif(findings)),
    }
}
