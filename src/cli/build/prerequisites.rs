//! Checks the prerequisites of builds that the repository does not contain: builders and secrets.

use super::Build;
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, located};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::output::exec::builder::{ProbeError, probe};
use crate::plan::pipeline::Workspace;

/// Returns an error with all problems if the builder of a build is missing or too old, or a secret of a build is
/// missing.
pub(crate) fn check(jobs: &[Build], workspace: &Workspace) -> Result<(), Failure> {
    let config = &workspace.config;
    let builders = probe(jobs).into_iter().map(|(service, error): (&str, ProbeError)| {
        let problem = located(Diagnostic::error("builder", error.to_string()), config, service, ("builder", ""));
        problem.help(error.help())
    });
    let diagnostics: Vec<Diagnostic> = builders.chain(jobs.iter().flat_map(|job| missing(job, workspace))).collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Usage, diagnostics }) }
}

/// Returns the missing secrets of a build. An empty secret counts as present: if a run may not read a secret, CI
/// engines set the secret to the empty text.
fn missing(job: &Build, workspace: &Workspace) -> Vec<Diagnostic> {
    let (config, name) = (&workspace.config, job.service.service.as_str());
    let Some(recipe) = config.services.get(name).map(|service| &service.recipe) else { return Vec::new() };
    if job.work.steps().is_empty() || recipe.run.is_some() {
        return Vec::new();
    }
    let service = Escaped::new(name).to_string();
    let mut missing = Vec::new();
    for secret in &recipe.secrets {
        let word = |key: &str| secret.split(',').find_map(|word| word.strip_prefix(key));
        let id = Escaped::new(word("id=").unwrap_or_default()).to_string();
        if let Some(variable) = word("env=")
            && !env::is_set(variable)
            && !recipe.env.contains_key(variable)
        {
            let variable = Escaped::new(variable);
            let message = format!("`{service}`: the secret `{id}` is in the variable {variable}, which is not set");
            let problem = located(Diagnostic::error("secret", message), config, name, ("secrets", secret));
            missing.push(problem.help("set it; an empty one is taken as it is"));
        }
        if let Some(file) = word("src=").or(word("source="))
            && !job.directory.join(file).exists()
        {
            let message =
                format!("`{service}`: the secret `{id}` is in the file {}, which is not there", Escaped::new(file));
            let problem = located(Diagnostic::error("secret", message), config, name, ("secrets", secret));
            missing.push(problem.help("`src` is relative to the service's directory"));
        }
    }
    missing
}
