//! The flags that a run hands on to the jobs of the pipeline that it writes: those by which `rebake build` and
//! `rebake promote` read the same configuration, remotes and registries, and push the same images. The saved plan has
//! the rest.

use std::path::Path;

use super::existing::{ExistingArgs, REGISTRY_TIMEOUT};
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FETCH_TIMEOUT, GeneralArgs, PlanningArgs};
use super::workspace;
use crate::analysis::filter::Quantifier;
use crate::inputs::git::Repository;
use crate::model::choice::Choice as _;
use crate::output::emit::JobFlags;
use crate::plan::pipeline::{ConfigFile, Workspace};

/// Returns the flags of this run that jobs need too. Jobs start at the root of a clone, so a configuration in the
/// repository is named from there. `workspace` is `None` if the run reads a saved plan.
///
/// # Errors
/// When the path of the configuration is not UTF-8, since pipelines are, or the variable of `--token-env` is not set.
pub(crate) fn flags(
    general: &GeneralArgs,
    planning: &PlanningArgs,
    existing: &ExistingArgs,
    workspace: Option<&Workspace>,
) -> Result<JobFlags, Failure> {
    let mut words = Vec::new();
    // A run outside of CI may derive services without the flag. A job, which runs in CI, may not.
    if general.discover || workspace.is_some_and(|workspace| workspace.file.is_derived()) {
        words.push("--discover".to_owned());
    } else if let Some(named) = workspace::named_config(general) {
        words.push(format!("--config={}", from_root(&named, general.directory(), workspace)?));
    }
    words.extend(workspace::token_flag(general)?);
    if planning.quantifier != Quantifier::default() {
        words.push(format!("--quantifier={}", planning.quantifier.word()));
    }
    words.extend(planning.range.default_branch.iter().map(|branch| format!("--default-branch={branch}")));
    if planning.push {
        words.push("--push".to_owned());
    }
    if planning.range.fetching.fetch_timeout != FETCH_TIMEOUT {
        words.push(format!("--fetch-timeout={}", planning.range.fetching.fetch_timeout));
    }
    if existing.registry_timeout != REGISTRY_TIMEOUT {
        words.push(format!("--registry-timeout={}", existing.registry_timeout));
    }
    Ok(JobFlags::new(words))
}

/// Returns the path of a configuration from the root of the repository, or its absolute path if it is elsewhere.
fn from_root(named: &Path, directory: &Path, workspace: Option<&Workspace>) -> Result<String, Failure> {
    let place = if let Some(workspace) = workspace {
        ConfigFile::place(&workspace.repository, named, directory)
    } else {
        Repository::discover(directory).ok().and_then(|repository| ConfigFile::place(&repository, named, directory))
    };
    let bytes = if let Some(place) = place {
        place.as_ref().to_vec()
    } else {
        let full = directory.join(named);
        // Links and `..` may lead elsewhere in a job.
        let direct = full.parent().and_then(|parent| Some(parent.canonicalize().ok()?.join(full.file_name()?)));
        let path = direct.map_or_else(|| std::path::absolute(&full), Ok);
        path.map_err(|error| Failure::file("--config", &error))?.into_os_string().into_encoded_bytes()
    };
    String::from_utf8(bytes).map_err(|_| {
        Failure::new(Exit::Usage, "format", "the path of the configuration is not UTF-8, so no job can name it")
            .help("rename the file or its directory")
    })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Command, CommandLine};

    fn of(flags: &str) -> JobFlags {
        let parsed = CommandLine::parse_from(["rebake", "plan"].into_iter().chain(flags.split_whitespace()));
        let Command::Plan(plan) = parsed.command else { panic!() };
        super::flags(&parsed.general, &plan.planning, &plan.existing, None).unwrap()
    }

    #[test]
    fn jobs_get_what_their_commands_take() {
        let all = "--config=/nowhere/f.yaml --token-env=PATH --quantifier=every --default-branch=trunk --push \
                   --fetch-timeout=7 --registry-timeout=8";
        for words in [all, "--discover --default-branch=trunk", ""] {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            let handed_on = of(&format!("--skip-existing {}", words.join(" ")));
            assert_eq!(handed_on, JobFlags::new(words.clone()));
            for command in ["build", "promote"] {
                let given = ["rebake".to_owned(), command.to_owned()].into_iter().chain(words.clone());
                CommandLine::try_parse_from(given).unwrap();
            }
        }
    }
}
