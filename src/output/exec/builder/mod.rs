//! Turns a recipe and a planned service into commands, with one file for each builder.

mod bake;
mod bake_flags;
mod buildah;
mod cache;
mod contexts;
mod docker;
mod driver;
mod build_variables;
mod error;
mod image_build;
mod build_result;
mod podman;
mod probe;
mod build_locations;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;

use super::CommandVariable;
use super::needed_services::{Kept, NeededServices};
use super::report::Report;
use super::service_build::{Build, DigestSource, Step, Work};
use crate::model::name::Escaped;
use crate::model::recipe::{Builder, Recipe, Run};
use crate::plan::{Plan, PlannedService};
use build_locations::Locations;
use image_build::Image;

pub use bake::{BakeError, bake};
pub(super) use build_result::{Output, OutputError};
pub use contexts::{Dependency, Supply, Ties};
pub use driver::Driver;
pub use error::BuilderError;
pub use probe::{ProbeError, probe};

/// The values that all builds of a run share: directories, the builder of docker buildx, and the time of the commit.
#[derive(Debug, Clone, Copy)]
pub struct BuildPlace<'a> {
    /// The root of the work tree.
    pub root: &'a Path,
    /// The directory of this run's logs.
    pub logs: &'a Path,
    /// The builder of docker buildx to use, if one is named.
    pub buildx: Option<&'a str>,
    /// The driver of that builder.
    pub driver: Driver,
    /// The time of the commit that is built, in seconds since 1970. Files in images, and the images, get this time.
    pub epoch: Option<i64>,
}

/// Returns the build of a service: its commands, which come from the recipe, and all that the commands need. The recipe
/// comes from the checked-out filters.yaml. The plan may come from anywhere, so no command comes from it; it only
/// supplies data.
///
/// # Errors
/// When neither a builder nor files determine how to build the service, its directory is not in the work tree, or its
/// builder does not support a setting.
pub fn prepare<'a>(
    plan: &'a Plan,
    service: &'a PlannedService,
    recipe: &Recipe,
    ties: Ties,
    place: BuildPlace,
) -> Result<Build<'a>, BuilderError> {
    let source = Locations::of(service, place.root)?;
    let logs = std::path::absolute(place.logs).unwrap_or_else(|_| place.logs.to_owned());
    let scratch = logs.join(folder(plan, &service.service));
    let image = |builder| Image::new(plan, service, recipe, ties, &source, builder, place.epoch);
    let usual = || source.has_dockerfile(service, recipe).then_some(Builder::Docker);
    let elsewhere = if service.image.is_some() { Kept::Elsewhere } else { Kept::Nowhere };
    let (mut steps, digest, kept) = match (&recipe.run, recipe.builder.or_else(usual)) {
        _ if service.unnamed.is_some() => (Vec::new(), DigestSource::Nowhere, Kept::Nowhere),
        (Some(run), _) => (vec![run_step(service, run)?], DigestSource::Output, elsewhere),
        (None, Some(Builder::Task)) => {
            let words = std::iter::once("build").chain(recipe.flags.iter().map(String::as_str));
            (vec![Step::new("task", words)], DigestSource::Output, elsewhere)
        }
        (None, Some(Builder::Docker)) => docker::build(&image(docker::DOCKER)?, &scratch, place)?,
        (None, Some(Builder::Buildah)) => buildah::build(&image(buildah::BUILDAH)?, &scratch)?,
        (None, Some(Builder::Podman)) => podman::build(&image(podman::PODMAN)?, &scratch)?,
        (None, Some(Builder::Nothing) | None) => return Err(BuilderError::NoRecipe(shown(service))),
    };
    if let Some(before) = &recipe.before {
        steps.insert(0, run_step(service, before)?);
    }
    let mut takes = service.needs.clone();
    let mut held = NeededServices::default();
    for dependency in ties.dependencies {
        match &dependency.supply {
            Supply::Existing(image) => {
                held.insert(dependency.service.to_owned(), image.clone());
            }
            Supply::Run { .. } if takes.iter().all(|taken| taken != dependency.service) => {
                takes.push(dependency.service.to_owned());
            }
            Supply::Run { .. } => {}
        }
    }
    let epoch = place.epoch.map(|epoch| (CommandVariable::SourceDateEpoch.name().to_owned(), epoch.to_string()));
    let mut environment: Vec<(String, String)> = epoch.into_iter().collect();
    environment.extend(recipe.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    environment.extend(build_variables::contract(plan, service, &scratch));
    Ok(Build {
        service,
        work: service.unnamed.clone().map_or(Work::Steps(steps), Work::Unnamed),
        digest,
        kept,
        takes,
        held,
        directory: source.directory,
        scratch,
        environment,
        timeout: recipe.timeout,
        retries: recipe.retries,
        weight: recipe.weight,
        locks: recipe.locks.clone(),
        expected: None,
    })
}

/// Removes the stores that buildah made for single builds. Call this function when the run is over.
pub fn tidy(builds: &[Build], report: &Report) {
    builds.iter().zip(&report.services).for_each(|(build, service)| buildah::tidy(build, service.outcome));
}

fn run_step(service: &PlannedService, run: &Run) -> Result<Step, BuilderError> {
    match run {
        Run::Argv(argv) => match argv.split_first() {
            Some((program, arguments)) => Ok(Step::new(program, arguments)),
            None => Err(BuilderError::EmptyCommand(shown(service))),
        },
        Run::Shell(text) => Ok(Step::new("sh", ["-euc", text])),
    }
}

fn shown(service: &PlannedService) -> String {
    Escaped::new(&service.service).to_string()
}

/// Returns the name of a service's directory below the logs. `a/b` becomes `a+b`; other special characters become `%`
/// and two hexadecimal digits. A long name is cut, and the position of the service in the plan is appended, so that all
/// names differ.
fn folder(plan: &Plan, name: &str) -> String {
    /// The longest name. It leaves room for endings within the 255 bytes that file systems allow.
    const LONGEST: usize = 150;
    let mut out = String::new();
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'/' => out.push('+'),
            b'.' if index == 0 => out.push_str("%2e"),
            b'.' | b'_' | b'-' | b'@' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02x}");
            }
        }
    }
    if out.len() > LONGEST || out.is_empty() {
        out.truncate(LONGEST);
        let at = plan.services.iter().position(|service| service.service == name);
        let _ = write!(out, "~{}", at.unwrap_or(plan.services.len()));
    }
    out
}
