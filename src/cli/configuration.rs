//! What commands begin with: the configuration that is asked about, and the event that asked.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, RangeArgs};
use super::output::Output;
use super::{changed, env};
use crate::config::Config;
use crate::inputs::git::{Head, Repository, TokenVariable};
use crate::inputs::trigger::{Sign, Trigger};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped};
use crate::plan::pipeline::{ConfigFile, ConfigFileError};

/// Opens the repository that holds the directory that the command runs in.
pub(crate) fn repository(general: &GeneralArgs) -> Result<Repository, Failure> {
    let repository = Repository::discover(general.directory())?;
    let Some(name) = &general.token_env else { return Ok(repository) };
    let unset = || {
        Failure::new(Exit::Usage, "token", format!("the environment variable `{}` is not set", Escaped::new(name)))
            .help("`--token-env` takes the name of a variable that holds a token, not the token")
    };
    let variable = TokenVariable::new(name).filter(|_| env::read(name).is_some()).ok_or_else(unset)?;
    Ok(repository.with_token(&variable)?)
}

/// Finds filters.yaml: at the commit that is asked about. Where none is asked about, it is that of the work tree if its
/// changes count, and that of HEAD where they do not; a difference between the two is told.
pub(crate) fn find(
    general: &GeneralArgs,
    repository: &Repository,
    asked: Option<&CommitId>,
    trigger: &Trigger,
    output: &Output,
) -> Result<ConfigFile, Failure> {
    let named = general.config.clone().or_else(|| env::read(env::CONFIG).map(PathBuf::from));
    let find = |at: Option<&CommitId>| ConfigFile::find(repository, named.as_deref(), general.directory(), at);
    if asked.is_some() || trigger.is_attended() || trigger.rehearsal {
        return Ok(find(asked)?);
    }
    let Some(head) = repository.head()?.commit().copied() else { return Ok(find(None)?) };
    match find(Some(&head)) {
        // One that an earlier step wrote is nowhere else.
        Err(ConfigFileError::NotFound { .. }) => Ok(find(None)?),
        Err(error) => Err(error.into()),
        Ok(file) => {
            if file.in_work_tree(repository).is_ok_and(|other| other.is_some()) {
                let name = Escaped::new(&file.name).to_string();
                let message =
                    format!("{name} is read as it is at commit {}, and the work tree has another", head.short(7));
                let note = Diagnostic::new(Severity::Note, "config-of-commit", message);
                output.say(&[note.help("commit it; in CI the work tree does not count")]);
            }
            Ok(file)
        }
    }
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
pub(crate) fn trigger_of(range: &RangeArgs, repository: &Repository) -> Result<Trigger, Failure> {
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
