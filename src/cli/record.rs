//! `rebake record`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::args::General;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{configuration, env};
use crate::diagnostic::Diagnostic;
use crate::git::{Moved, Repository};
use crate::name::{CommitId, Escaped};
use crate::pipeline::{self, ConfigFile};
use crate::record;

const EXAMPLES: &str = "\
Examples:
  rebake record api --push                 after the job that built api succeeded
  rebake record api --commit v1.2.0 --environment production
  rebake record --list                     what was built where";

/// Write down that services were built at a commit, for `plan --since built`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Record {
    /// Record these services (a name or a path)
    #[arg(value_name = "SERVICE", required_unless_present = "list")]
    services: Vec<String>,
    /// Record this commit instead of HEAD
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    commit: Option<String>,
    /// Record in this environment instead of the one that fits the event
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Send the record to the remote too
    #[arg(long)]
    push: bool,
    /// Send it to this remote
    #[arg(long, value_name = "REMOTE", default_value = "origin", requires = "push")]
    remote: String,
    /// List all records instead: environment, service and commit
    #[arg(long, conflicts_with_all = ["services", "commit", "push"])]
    list: bool,
}

pub(crate) fn run(general: &General, args: &Record, output: &Output) -> Result<Exit, Failure> {
    let repository = configuration::repository(general)?;
    if args.list {
        output.data(&list(&repository, args.environment.as_deref())?)?;
        return Ok(Exit::Done);
    }
    if args.remote.starts_with('-') {
        return Err(Failure::new(Exit::Usage, "remote", "a remote cannot begin with `-`"));
    }
    let commit = repository.resolve(args.commit.as_deref().unwrap_or("HEAD"))?;
    let named = general.config.clone().or_else(|| env::read(env::CONFIG).map(PathBuf::from));
    let file =
        ConfigFile::find(&repository, named.as_deref(), general.directory(), args.commit.as_ref().map(|_| &commit))?;
    let config = configuration::read(&file, output)?;
    let trigger = configuration::trigger()?;
    let environment = pipeline::environment(&config, &trigger, args.environment.as_deref())?;
    let services = pipeline::services(&config, &args.services).map_err(pipeline::Error::from)?;
    let refs: Vec<(String, CommitId)> = services
        .iter()
        .map(|service| (record::reference(environment, config.graph.name(*service).as_str()), commit))
        .collect();
    move_forward(&repository, &refs, output)?;
    if args.push {
        send(&repository, &args.remote, &refs, output)?;
    }
    Ok(Exit::Done)
}

/// Moves records here.
pub(crate) fn move_forward(
    repository: &Repository,
    refs: &[(String, CommitId)],
    output: &Output,
) -> Result<(), Failure> {
    for (reference, commit) in refs {
        say(reference, repository.move_forward(reference, commit)?, output);
    }
    Ok(())
}

/// Moves records of a remote.
pub(crate) fn send(
    repository: &Repository,
    remote: &str,
    refs: &[(String, CommitId)],
    output: &Output,
) -> Result<(), Failure> {
    let moved = repository.push_forward(remote, refs)?;
    refs.iter().zip(moved).for_each(|((reference, _), moved)| say(reference, moved, output));
    Ok(())
}

/// Says where a record was replaced: what it stood for is not in the history of what it stands for now.
fn say(reference: &str, moved: Moved, output: &Output) {
    if let Moved::Replaced(from) = moved {
        let message = format!(
            "the record {} stood at {}, which does not lead to this commit; it was moved all the same",
            Escaped::new(reference),
            from.short(7)
        );
        output.say(&[Diagnostic::warning("record-replaced", message)
            .help("a force-push rewrote history, or two branches share the environment")]);
    }
}

fn list(repository: &Repository, environment: Option<&str>) -> Result<String, Failure> {
    let mut text = String::new();
    for (reference, commit) in repository.refs_below(record::PREFIX)? {
        if let Some((of, service)) = record::parse(&reference)
            && environment.is_none_or(|environment| environment == of)
        {
            let _ = writeln!(text, "{}\t{}\t{commit}", Escaped::new(&of), Escaped::new(&service));
        }
    }
    Ok(text)
}
