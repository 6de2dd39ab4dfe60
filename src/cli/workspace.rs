//! The workspace of a command: the repository, its configuration, and the event.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs, RangeArgs};
use super::printing::Output;
use super::progress::Progress;
use super::{changed, env};
use crate::analysis::filter::Quantifier;
use crate::config::{self, CheckedConfig, Config};
use crate::inputs::git::{Head, Lacking, Repository, TokenVariable};
use crate::inputs::trigger::{CiSign, Trigger};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::model::name::{CommitId, Escaped, ServiceName};
use crate::model::recipe::Recipe;
use crate::plan::pipeline::{self, ConfigFile, ConfigFileError, Planned, Request, Workspace};

/// What a command does in a repository without a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutConfig {
    /// The command ends with an error.
    Refuse,
    /// Outside of CI, the command derives a configuration from the repository's own files. In CI, it ends with an
    /// error.
    Derive,
}

/// Which configuration is read, and how.
struct Asked<'a> {
    /// The revision. If it is `None`, the configuration is read from the work tree or, in CI, from HEAD.
    at: Option<&'a str>,
    /// How long all fetches may take together; `None` if nothing is fetched.
    limit: Option<Duration>,
    options: config::Options,
    without: WithoutConfig,
}

/// Opens the repository around the current directory, with its configuration at a revision. Without a revision, the
/// configuration is read from the work tree or, in CI, from HEAD. Without `fetching`, nothing is fetched.
pub(crate) fn open(
    general: &GeneralArgs,
    at: Option<&str>,
    fetching: Option<&FetchingArgs>,
    without: WithoutConfig,
    output: &Output,
) -> Result<Workspace, Failure> {
    let (repository, trigger) = (repository(general)?, trigger()?);
    let limit = fetching.and_then(|fetching| fetching.limit(&trigger));
    read(general, repository, trigger, &Asked { at, limit, options: config::Options::default(), without }, output)
}

/// Opens the repository for a plan. If `--head` is given, the configuration is read from that commit.
pub(crate) fn open_range(
    general: &GeneralArgs,
    range: &RangeArgs,
    quantifier: Quantifier,
    without: WithoutConfig,
    output: &Output,
) -> Result<Workspace, Failure> {
    let repository = repository(general)?;
    let trigger = trigger_of(range, &repository)?;
    let options = config::Options { quantifier };
    let limit = range.fetching.limit(&trigger);
    read(general, repository, trigger, &Asked { at: range.head.as_deref(), limit, options, without }, output)
}

/// Opens the repository of a workspace at another commit, with the configuration of that commit; `None` if the
/// configuration cannot be read. The workspace has no event.
#[cfg(unix)]
pub(crate) fn at_commit(general: &GeneralArgs, workspace: &Workspace, commit: &CommitId) -> Option<Workspace> {
    let repository = repository(general).ok()?;
    let named = named_config(general);
    let file = ConfigFile::find(&repository, named.as_deref(), general.directory(), Some(commit)).ok()?;
    let file = ConfigFile { options: workspace.file.options, ..file };
    let (file, checked) = file.check(&repository, Some(commit)).ok()?;
    let (config, _) = checked.ok()?;
    let (config, _) = pipeline::with_copied(&repository, config, Some(commit)).ok()?;
    let trigger = Trigger { default_branch: workspace.trigger.default_branch.clone(), ..Trigger::local() };
    Some(Workspace { repository, file, config, trigger })
}

/// Returns the path of the configuration that the command line or the environment names.
pub(crate) fn named_config(general: &GeneralArgs) -> Option<PathBuf> {
    general.config.clone().or_else(|| env::read(env::Variable::Config).map(PathBuf::from))
}

fn read(
    general: &GeneralArgs,
    repository: Repository,
    trigger: Trigger,
    asked: &Asked,
    output: &Output,
) -> Result<Workspace, Failure> {
    if let Some(limit) = asked.limit {
        repository.allow_fetching(limit);
    }
    let at = asked.at.map(|revision| repository.with_fetching(|| repository.resolve(revision))).transpose();
    let at = at.map_err(|error| unfetched(error, &repository))?;
    let counts_work_tree = trigger.is_attended() || trigger.rehearsal;
    let content = if counts_work_tree { at } else { at.or(repository.head()?.commit().copied()) };
    let found = if general.discover {
        derived(&repository, content.as_ref(), output)?.ok_or_else(nothing_to_derive)?
    } else {
        match find(general, &repository, at.as_ref(), &trigger, output)? {
            Ok(file) => file,
            Err(not_found) => {
                let may_derive = asked.without == WithoutConfig::Derive && trigger.is_attended();
                let derived = if may_derive { derived(&repository, content.as_ref(), output)? } else { None };
                let advise = |failure: Failure| {
                    if may_derive { failure.help(NOTHING_DECLARED) } else { failure.help(DISCOVER).help(INIT) }
                };
                derived.ok_or_else(|| advise(not_found.into()))?
            }
        }
    };
    let file = ConfigFile { options: asked.options, ..found };
    let checked = file.check(&repository, content.as_ref());
    let (file, checked) = checked.map_err(|error| unfetched(error, &repository))?;
    let config = checked_config(checked, output)?;
    let copied = pipeline::with_copied(&repository, config, content.as_ref());
    let (config, warnings) = copied.map_err(|error| unfetched(error, &repository))?;
    output.say(&warnings);
    let services = config.services.keys().map(ServiceName::as_str);
    output.publish(services.chain(config.environments.keys().map(String::as_str)));
    let recipes = config.services.iter().map(|(_, service)| &service.recipe);
    recipes.flat_map(Recipe::secret_variables).filter_map(env::read_named).for_each(|secret| output.hide(&secret));
    Ok(Workspace { repository, file, config, trigger })
}

/// Returns the root of the work tree, where builds take place.
pub(crate) fn work_dir(workspace: &Workspace) -> Result<&Path, Failure> {
    workspace.repository.work_dir().ok_or_else(|| {
        Failure::new(Exit::Git, "bare", "the repository has no work tree to build in").help("build in a clone of it")
    })
}

/// Makes a plan, and prints its warnings.
pub(crate) fn plan(
    workspace: &Workspace,
    request: &Request,
    general: &GeneralArgs,
    output: &Output,
) -> Result<Planned, Failure> {
    let planned = quiet_plan(workspace, request, general, output)?;
    super::plan::say(&planned, output);
    Ok(planned)
}

/// Makes a plan. The caller prints its warnings.
pub(crate) fn quiet_plan(
    workspace: &Workspace,
    request: &Request,
    general: &GeneralArgs,
    output: &Output,
) -> Result<Planned, Failure> {
    let progress = Progress::new(output, general.verbose);
    let planned = pipeline::plan(&workspace.view(), request, &mut |step| progress.step(step))?;
    progress.finish();
    Ok(planned)
}

/// Opens the repository around the directory that the command runs in.
pub(crate) fn repository(general: &GeneralArgs) -> Result<Repository, Failure> {
    let repository = Repository::discover(general.directory())?;
    Ok(match token_variable(general)? {
        Some(variable) => repository.with_token(&variable)?,
        None => repository,
    })
}

/// Returns the environment variable that `--token-env` names.
///
/// # Errors
/// When the variable is not set. The error does not repeat the name, since it may be a token.
fn token_variable(general: &GeneralArgs) -> Result<Option<TokenVariable>, Failure> {
    let Some(name) = &general.token_env else { return Ok(None) };
    let unset = || {
        Failure::new(Exit::Usage, "token", "the environment variable that `--token-env` names is not set")
            .help("`--token-env` takes the name of a variable that holds a token, not the token")
    };
    TokenVariable::new(name).filter(|_| env::read_named(name).is_some()).map(Some).ok_or_else(unset)
}

/// Returns the flag by which a job gets the token from the same environment variable.
///
/// # Errors
/// When the variable is not set.
pub(crate) fn token_flag(general: &GeneralArgs) -> Result<Option<String>, Failure> {
    token_variable(general)?;
    Ok(general.token_env.as_ref().map(|name| format!("--token-env={name}")))
}

const DISCOVER: &str = "`--discover` derives services from the repository's own files, such as package.json";

const INIT: &str = "`rebake init --write` writes a filters.yaml of what these declare";

const NOTHING_DECLARED: &str = "no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either";

/// Returns the configuration that is derived from the repository's own files, and prints which files these are; `None`
/// if they declare no service.
fn derived(repository: &Repository, at: Option<&CommitId>, output: &Output) -> Result<Option<ConfigFile>, Failure> {
    let file = ConfigFile::derived(repository, at).map_err(|error| unfetched(error, repository))?;
    let found = file.discovery.found();
    output.say(&found.problems);
    if found.services.is_empty() {
        return Ok(None);
    }
    let sources = file.discovery.sources().into_iter().map(|(name, count)| format!("{} ({count})", Escaped::new(name)));
    let (services, edges) = (found.services.len(), found.edges.len());
    let message = format!(
        "services ({services}) and dependencies ({edges}) are derived from {}, not read from filters.yaml",
        sources.collect::<Vec<_>>().join(", ")
    );
    output.say(&[Diagnostic::new(Severity::Note, "derived", message)]);
    Ok(Some(file))
}

fn nothing_to_derive() -> Failure {
    Failure::new(Exit::Usage, "no-config", "no file of the repository declares a service that `--discover` could find")
        .help("write a filters.yaml; `rebake schema` prints what it may hold")
}

/// Finds filters.yaml at the requested commit. If no commit is requested, finds the file in the work tree if changes of
/// the work tree count, and otherwise at HEAD. If the file at HEAD differs from the file in the work tree, a note says
/// so. The inner result is an error if there is no file.
fn find(
    general: &GeneralArgs,
    repository: &Repository,
    asked: Option<&CommitId>,
    trigger: &Trigger,
    output: &Output,
) -> Result<Result<ConfigFile, ConfigFileError>, Failure> {
    let named = named_config(general);
    let find = |at: Option<&CommitId>| {
        repository.with_fetching(|| ConfigFile::find(repository, named.as_deref(), general.directory(), at))
    };
    let or_none = |found: Result<ConfigFile, ConfigFileError>| match found {
        Err(error @ ConfigFileError::NotFound { .. }) => Ok(Err(error)),
        found => found.map(Ok).map_err(|error| unfetched(error, repository)),
    };
    if asked.is_some() || trigger.is_attended() || trigger.rehearsal {
        return or_none(find(asked));
    }
    let Some(head) = repository.head()?.commit().copied() else {
        return or_none(find(None));
    };
    match find(Some(&head)) {
        // A file that an earlier step wrote is only in the work tree.
        Err(ConfigFileError::NotFound { .. }) => or_none(find(None)),
        Err(error) => Err(unfetched(error, repository)),
        Ok(file) => {
            if file.in_work_tree(repository).is_ok_and(|other| other.is_some()) {
                let name = Escaped::new(&file.name).to_string();
                let message =
                    format!("{name} is read from commit {}, and that of the work tree differs", head.short(7));
                let note = Diagnostic::new(Severity::Note, "config-of-commit", message);
                output.say(&[note.help("commit it; in CI the work tree does not count")]);
            }
            Ok(Ok(file))
        }
    }
}

/// Adds to an error the reason why nothing was fetched, if fetching could have avoided the error.
fn unfetched<E: Lacking + Into<Failure>>(error: E, repository: &Repository) -> Failure {
    let trouble = repository.last_fetch_trouble().filter(|_| error.missing().is_some());
    trouble.into_iter().fold(error.into(), |failure, trouble| failure.help(format!("{trouble}; {}", trouble.help())))
}

/// Returns a configuration without errors, and prints the warnings about it.
fn checked_config(checked: CheckedConfig, output: &Output) -> Result<Config, Failure> {
    let (config, warnings) = checked.map_err(|Diagnostics(diagnostics)| Failure { exit: Exit::Usage, diagnostics })?;
    output.say(&warnings);
    Ok(config)
}

/// Reads the event that a plan is made for. If there is no terminal, `HEAD` is detached, and the flags name no range,
/// the run counts as one in CI, because some engines set no variable.
fn trigger_of(range: &RangeArgs, repository: &Repository) -> Result<Trigger, Failure> {
    let trigger = trigger()?;
    let is_unattended = trigger.is_attended()
        && !range.is_given()
        && !(io::stdin().is_terminal() || io::stderr().is_terminal())
        && matches!(repository.head(), Ok(Head::Detached { .. }));
    Ok(if is_unattended { Trigger { ci: Some(CiSign::Unattended), ..trigger } } else { trigger })
}

/// Reads the event of the CI engine. Outside of CI, returns a local event.
pub(crate) fn trigger() -> Result<Trigger, Failure> {
    let event = env::read(env::Variable::EventPath).map(|path| changed::read_text(Path::new(&path))).transpose()?;
    Ok(Trigger::read(env::read_named, event.as_deref())?)
}
