//! What commands begin with: the configuration that is asked about, and the event that asked.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::args::{General, Range};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{changed, env};
use crate::config::Config;
use crate::git::{Head, Repository, TokenVariable};
use crate::name::Escaped;
use crate::pipeline::ConfigFile;
use crate::trigger::{Sign, Trigger};

/// Opens the repository that holds the directory that the command runs in.
pub(crate) fn repository(general: &General) -> Result<Repository, Failure> {
    let repository = Repository::discover(general.directory())?;
    let Some(name) = &general.token_env else { return Ok(repository) };
    let unset = || {
        Failure::new(Exit::Usage, "token", format!("the environment variable `{}` is not set", Escaped::new(name)))
            .help("`--token-env` takes the name of a variable that holds a token, not the token")
    };
    let variable = TokenVariable::new(name).filter(|_| env::read(name).is_some()).ok_or_else(unset)?;
    Ok(repository.with_token(&variable)?)
}

/// Finds filters.yaml: of the work tree, or of the tree that is asked about.
pub(crate) fn find(
    general: &General,
    repository: &Repository,
    from: &Path,
    revision: Option<&str>,
) -> Result<ConfigFile, Failure> {
    let named = general.config.clone().or_else(|| env::read(env::CONFIG).map(PathBuf::from));
    let asked = revision.map(|revision| repository.resolve(revision)).transpose()?;
    let at = asked.filter(|commit| !repository.head().is_ok_and(|head| head.commit() == Some(commit)));
    Ok(ConfigFile::find(repository, named.as_deref(), from, at.as_ref())?)
}

/// Reads what it says, and says what is wrong with it.
pub(crate) fn read(file: &ConfigFile, output: &Output) -> Result<Config, Failure> {
    let (config, diagnostics) = file.parse();
    match config {
        None => Err(Failure { exit: Exit::Usage, diagnostics }),
        Some(config) => {
            output.say(&diagnostics);
            Ok(config)
        }
    }
}

/// Reads the event that a plan is made for. Where nobody is at a terminal, `HEAD` is no branch and no range is asked for, it
/// is one of CI too: some engines set no variable.
pub(crate) fn trigger_of(range: &Range, repository: &Repository) -> Result<Trigger, Failure> {
    let trigger = trigger()?;
    let is_unattended = trigger.is_attended()
        && !range.is_given()
        && !(io::stdin().is_terminal() || io::stderr().is_terminal())
        && matches!(repository.head(), Ok(Head::Detached { .. }));
    Ok(if is_unattended { Trigger { ci: Some(Sign::Unattended), ..trigger } } else { trigger })
}

/// Reads the CI engine's event; outside of CI there is none.
pub(crate) fn trigger() -> Result<Trigger, Failure> {
    let event = env::read(env::EVENT_PATH).map(|path| changed::read_text(Path::new(&path))).transpose()?;
    Ok(Trigger::read(env::read, event.as_deref())?)
}
