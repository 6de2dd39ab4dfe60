//! Checks what builders need and the repository does not contain: the builder itself, and secrets.

use super::Build;
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::output::exec::builder::{ProbeError, probe};
use crate::plan::pipeline::Workspace;

/// Refuses builds whose builder is missing or too old, or whose secrets are missing. All problems are reported before
/// the first build.
pub(super) fn check(jobs: &[Build], workspace: &Workspace) -> Result<(), Failure> {
    let builders = probe(jobs).into_iter().map(|error: ProbeError| {
        let help = error.help();
        Diagnostic::error("builder", error.to_string()).help(help)
    });
    let diagnostics: Vec<Diagnostic> = builders.chain(jobs.iter().flat_map(|job| missing(job, workspace))).collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Usage, diagnostics }) }
}

/// Returns the missing secrets of a build. An empty secret counts as present: CI engines set secrets that a run may not
/// read to the empty text.
fn missing(job: &Build, workspace: &Workspace) -> Vec<Diagnostic> {
    let Some(configured) = workspace.config.services.get(job.service.service.as_str()) else { return Vec::new() };
    let recipe = &configured.recipe;
    if job.work.steps().is_empty() || recipe.run.is_some() {
        return Vec::new();
    }
    let service = Escaped::new(&job.service.service).to_string();
    let mut missing = Vec::new();
    for secret in &recipe.secrets {
        let word = |key: &str| secret.split(',').find_map(|word| word.strip_prefix(key));
        let id = Escaped::new(word("id=").unwrap_or_default()).to_string();
        if let Some(name) = word("env=")
            && !env::is_set(name)
            && !recipe.env.contains_key(name)
        {
            let message =
                format!("`{service}`: the secret `{id}` is in the variable {}, which is not set", Escaped::new(name));
            missing.push(Diagnostic::error("secret", message).help("set it; an empty one is taken as it is"));
        }
        if let Some(file) = word("src=").or(word("source="))
            && !job.directory.join(file).exists()
        {
            let message =
                format!("`{service}`: the secret `{id}` is in the file {}, which is not there", Escaped::new(file));
            missing.push(Diagnostic::error("secret", message).help("`src` is relative to the service's directory"));
        }
    }
    missing
}
