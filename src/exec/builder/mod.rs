//! From a recipe and a planned service to commands: one file a builder.

mod environment;
mod output;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use super::build::{Build, Step, Work};
use crate::name::{Escaped, RepoDir, RepoDirError};
use crate::plan::{Plan, Service};
use crate::recipe::{Builder, Recipe, Run};

pub(super) use output::Output;

/// Where builds take place.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The root of the work tree.
    pub root: &'a Path,
    /// The directory of this run's logs.
    pub logs: &'a Path,
    /// The builder of docker buildx that builds images, where somebody named one.
    pub buildx: Option<&'a str>,
}

/// Why a service cannot be built here.
#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
    /// Nothing says how it is built.
    #[error("nothing says how `{0}` is built: it has neither `run` nor `builder`")]
    NoRecipe(String),
    /// This version has no such builder.
    #[error("`{service}`: the builder `{builder}` is not available")]
    Unavailable {
        /// The service.
        service: String,
        /// The builder's word.
        builder: &'static str,
    },
    /// Its `run` is an empty list.
    #[error("`{0}`: `run` names no program")]
    EmptyCommand(String),
    /// Its path does not lie in the work tree.
    #[error("`{service}`: {reason}")]
    Path {
        /// The service.
        service: String,
        /// What is wrong with it.
        reason: RepoDirError,
    },
    /// Its directory is not there, or cannot be looked at.
    #[error("`{service}`: {}: {reason}", .directory.display())]
    Directory {
        /// The service.
        service: String,
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A symbolic link leads its directory out of the work tree.
    #[error("`{service}`: its directory leads out of the work tree, to {}", .target.display())]
    Outside {
        /// The service.
        service: String,
        /// Where it leads.
        target: PathBuf,
    },
}

/// Returns a service's build as its recipe says. The recipe comes from the configuration at hand, and the plan, which
/// may come from anywhere, gives data alone (spec section 12).
///
/// # Errors
/// When nothing says how it is built, or its directory is not a directory of the work tree.
pub fn prepare<'a>(
    plan: &'a Plan,
    service: &'a Service,
    recipe: &Recipe,
    place: Place,
) -> Result<Build<'a>, BuilderError> {
    let directory = directory(service, place.root)?;
    let step = match (&recipe.run, recipe.builder) {
        (Some(run), _) => run_step(service, run)?,
        (None, Some(Builder::Task)) => Step::new("task", ["build"]),
        (None, Some(builder)) => {
            let builder = match builder {
                Builder::Docker => "docker",
                Builder::Buildah => "buildah",
                Builder::Podman => "podman",
                Builder::Task => "task",
            };
            return Err(BuilderError::Unavailable { service: shown(service), builder });
        }
        (None, None) => return Err(BuilderError::NoRecipe(shown(service))),
    };
    let logs = std::path::absolute(place.logs).unwrap_or_else(|_| place.logs.to_owned());
    let scratch = logs.join(folder(plan, &service.service));
    let mut environment: Vec<(String, String)> =
        recipe.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    environment.extend(environment::contract(plan, service, &scratch));
    Ok(Build {
        service,
        work: Work::Steps(vec![step]),
        directory,
        scratch,
        environment,
        timeout: recipe.timeout,
        retries: recipe.retries,
        weight: recipe.weight,
        locks: Vec::new(),
        expected: None,
    })
}

fn run_step(service: &Service, run: &Run) -> Result<Step, BuilderError> {
    match run {
        Run::Argv(argv) => match argv.split_first() {
            Some((program, arguments)) => Ok(Step::new(program, arguments)),
            None => Err(BuilderError::EmptyCommand(shown(service))),
        },
        Run::Shell(text) => Ok(Step::new("sh", ["-euc", text])),
    }
}

/// Returns the service's directory, absolute and without symbolic links.
fn directory(service: &Service, root: &Path) -> Result<PathBuf, BuilderError> {
    let path = RepoDir::parse(service.path.as_deref().unwrap_or("."))
        .map_err(|reason| BuilderError::Path { service: shown(service), reason })?;
    let real = |directory: PathBuf| {
        directory.canonicalize().map_err(|reason| BuilderError::Directory {
            service: shown(service),
            directory: directory.clone(),
            reason,
        })
    };
    let root = real(root.to_owned())?;
    let target = real(root.join(path.as_str()))?;
    if target.starts_with(&root) { Ok(target) } else { Err(BuilderError::Outside { service: shown(service), target }) }
}

fn shown(service: &Service) -> String {
    Escaped::new(&service.service).to_string()
}

/// Returns a file name for a service: `a/b` is `a+b`, what a file name may not hold is in percents, and one that is
/// too long is cut and gets its place in the plan, so that no two services share one.
fn folder(plan: &Plan, name: &str) -> String {
    /// With what is added, well below the 255 bytes that file systems take.
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
