//! `rebake observe`.

mod other_names;
mod this_machine;
mod trace_file;
mod traced_builds;

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};

use super::checked_filters::{CheckedFilters, WhatToCheck};
use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::mending;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::model::name::{Escaped, ServiceId};
use crate::model::recipe::Builder;
use crate::output::emit;
use crate::plan::check::{self, CheckRule, Findings, ImageInputs, ReadCoverage};
use crate::plan::observed::{Observed, ObservedBy, ObservedService};
use crate::plan::pipeline::{self, Discovery, DiscoveryScope, Workspace};
use traced_builds::{TracedBuild, TracedRun};

const EXAMPLES: &str = "\
Examples:
  rebake observe api                          build api, and list the files that the build reads and that no pattern covers
  rebake observe api --fix                    and add patterns that cover them
  rebake observe api web --format json > observed.json
  rebake check --observed observed.json       after a change of the filters: check them against this result, without a build

rebake sees only what this one build reads. Observe a clean build, since an incremental build reads few files.
A service with a Dockerfile is not built: rebake computes the files that the Dockerfile copies.

Exit codes: 0 all is covered; 1 something is not covered, or a build failed; 2 wrong usage;
3 the repository cannot be read; 128 + N ended by signal N";

/// Build services under a tracer (Linux), and list the tracked files that the builds read and that no pattern covers
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ObserveArgs {
    /// Services to build and observe (names or paths)
    #[arg(value_name = "SERVICE", required = true)]
    services: Vec<String>,
    /// Add the missing patterns to filters.yaml. Nothing else in the file changes
    #[arg(long)]
    fix: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Environment to build for, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Text,
    /// One JSON object
    Json,
}

pub(crate) fn run(general: &GeneralArgs, args: &ObserveArgs, output: &Output) -> Result<Exit, Failure> {
    let workspace = workspace::open(general, None, None, WithoutConfig::Refuse, output)?;
    let mut services =
        pipeline::services(&workspace.repository, &workspace.config, &args.services).map_err(pipeline::Error::from)?;
    let mut named = BTreeSet::new();
    services.retain(|service| named.insert(*service));
    // The files are read before the builds, since a build may remove files.
    let before = Discovery::read(&workspace.repository, None, || DiscoveryScope::Everything)?;
    let images = if services.iter().any(|service| is_image(&workspace, *service)) {
        let what = WhatToCheck { files: &[], is_mended: true, observed: None, before: Some(&before) };
        check::image_inputs(&CheckedFilters::read(general, what)?.checked(None))
    } else {
        BTreeMap::new()
    };
    let name = |service: &ServiceId| workspace.config.graph.name(*service);
    for service in &services {
        buildable(&workspace, *service, images.contains_key(name(service)))?;
    }
    let is_run = |service: &&ServiceId| {
        let recipe = &workspace.config.services[service.0].recipe;
        !is_image(&workspace, **service) || recipe.before.is_some()
    };
    let run: Vec<String> = services.iter().filter(is_run).map(|service| name(service).to_string()).collect();
    // The first signal does not end this program until the report is printed.
    let traced_run = if run.is_empty() {
        TracedRun::default()
    } else {
        traced_builds::run(run, args.environment.as_deref(), &workspace, output)?
    };
    let observed = services.iter().map(|service| {
        let name = name(service).as_str();
        let traced = traced_run.builds.iter().find(|build| build.service == name);
        observed(name, traced, images.get(name).filter(|_| is_image(&workspace, *service)))
    });
    let commit = workspace.repository.head()?.commit().map(ToString::to_string);
    let observed = Observed::new(commit, observed.map(|service| with_masked_texts(service, output)).collect());
    // These paths are not masked, since filters and reports would be wrong without them.
    output.publish(observed.services.iter().flat_map(ObservedService::paths));
    let comparison = Comparison { general, observed: &observed, before: &before };
    // After an interrupt, the filters are not mended.
    let is_mended = args.fix && traced_run.interrupted().is_none();
    let Compared { coverage, is_covered, unmended } =
        if is_mended { comparison.mended(output)? } else { comparison.compared(&comparison.find()?)? };
    match args.format {
        Format::Text => output.people(&emit::observed_text(&observed, &coverage))?,
        Format::Json => output.data(&emit::observed_json(&observed, &coverage))?,
    }
    if let Some(failure) = unmended {
        return Err(failure);
    }
    let is_partial = observed.services.iter().any(|service| service.partial.is_some());
    Ok(match traced_run.interrupted() {
        Some(signal) => Exit::Signal(signal.number().try_into().unwrap_or(0)),
        None if is_partial || !is_covered => Exit::Found,
        None => Exit::Done,
    })
}

/// Whether a service is an image that a Dockerfile builds, as far as the configuration says.
fn is_image(workspace: &Workspace, service: ServiceId) -> bool {
    workspace.config.services[service.0].recipe.image_builder().is_some()
}

/// Returns an error if it is not known how a service is built.
fn buildable(workspace: &Workspace, service: ServiceId, has_dockerfile: bool) -> Result<(), Failure> {
    let (name, definition) = (workspace.config.graph.name(service), &workspace.config.services[service.0]);
    let shown = Escaped::new(name.as_str());
    let refuse = |message: String, help: &str| {
        let problem = Failure::new(Exit::Usage, "no-build", message).help(help);
        Err(problem)
    };
    if definition.recipe.builder == Some(Builder::Nothing) {
        return refuse(format!("`{shown}` is a library, and is never built"), "observe the services that depend on it");
    }
    if is_image(workspace, service) && !has_dockerfile {
        return refuse(
            format!("nobody knows how `{shown}` is built: it has neither a Dockerfile nor `run`"),
            "give it `run: COMMAND` in filters.yaml",
        );
    }
    Ok(())
}

/// Returns the inputs that were observed of a service, from its traced build and from its Dockerfile.
fn observed(name: &str, traced: Option<&TracedBuild>, image: Option<&ImageInputs>) -> ObservedService {
    let mut observed = ObservedService {
        service: name.to_owned(),
        means: if image.is_some() { ObservedBy::Computed } else { ObservedBy::Traced },
        partial: traced.and_then(|traced| traced.partial.clone()),
        unseen: Vec::new(),
        inputs: Vec::new(),
    };
    if let Some(traced) = traced {
        observed.unseen.extend(traced.unseen.iter().cloned());
        observed.inputs.extend(traced.inputs.iter().cloned());
    }
    if let Some(image) = image {
        observed.unseen.extend(image.unseen.iter().cloned());
        observed.inputs.extend(image.inputs.iter().cloned());
    }
    observed.inputs.sort_by(|a, b| a.path.cmp(&b.path));
    observed.inputs.dedup_by(|a, b| a.path == b.path);
    observed
}

/// Masks secrets in the commands and reasons of a service, but not in paths.
fn with_masked_texts(mut service: ObservedService, output: &Output) -> ObservedService {
    let inputs = service.inputs.iter_mut().map(|input| &mut input.by);
    for text in inputs.chain(&mut service.unseen).chain(&mut service.partial) {
        *text = output.mask().text(text).into_owned();
    }
    service
}

/// The result of comparing the observed reads with the filters.
struct Compared {
    coverage: Vec<ReadCoverage>,
    /// Whether there are no findings, except for findings that a comment ignores.
    is_covered: bool,
    /// Why the filters could not be mended.
    unmended: Option<Failure>,
}

/// The observed reads, and the files of the repository as they were before the builds. The filters are read from the
/// work tree.
#[derive(Clone, Copy)]
struct Comparison<'a> {
    general: &'a GeneralArgs,
    observed: &'a Observed,
    before: &'a Discovery,
}

impl Comparison<'_> {
    /// Reads the filters, and finds the reads that they do not cover.
    fn find(self) -> Result<(CheckedFilters, Findings), Failure> {
        let what =
            WhatToCheck { files: &[], is_mended: true, observed: Some(self.observed), before: Some(self.before) };
        let (filters, mut findings) = CheckedFilters::read_and(self.general, what, |filters| filters.findings(what))?;
        findings.all.retain(|finding| finding.rule == CheckRule::UncoveredRead);
        Ok((filters, findings))
    }

    fn compared(self, (filters, findings): &(CheckedFilters, Findings)) -> Result<Compared, Failure> {
        let coverage = check::coverage(&filters.checked(Some(self.observed)));
        // A configuration that a build has made unreadable covers nothing.
        if coverage.len() < self.observed.services.len() {
            return Err(Failure { exit: Exit::Usage, diagnostics: filters.unchecked.clone() });
        }
        Ok(Compared { coverage, is_covered: findings.all.is_empty(), unmended: None })
    }

    /// Mends the filters, and compares the observed reads with the mended filters.
    fn mended(self, output: &Output) -> Result<Compared, Failure> {
        let found = self.find()?;
        let before = self.compared(&found)?;
        match mending::until_mended(found, || self.find(), output).and_then(|found| self.compared(&found)) {
            Ok(mut after) => {
                for (after, before) in after.coverage.iter_mut().zip(before.coverage) {
                    after.added = before.proposed;
                    after.added.retain(|pattern| !after.proposed.contains(pattern));
                }
                Ok(after)
            }
            // The reads of the builds are still shown.
            Err(failure) => Ok(Compared { unmended: Some(failure), ..before }),
        }
    }
}
