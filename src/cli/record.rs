//! `rebake record`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs};
use super::output::Output;
use super::workspace;
use super::{changed, recorded};
use crate::inputs::git::Repository;
use crate::model::name::{Escaped, ServiceId};
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{
    self, Begun, Came, PushRequest, PushRules, Recording, Request, Rule, Standing, not_fetched,
};
use crate::{model::record, plan};

const EXAMPLES: &str = "\
Examples:
  rebake record api --push                 after the job that built api succeeded
  rebake record api --push --plan plan.json
  rebake record api --commit v1.2.0 --environment production
  rebake record --list                     the commit at which each service was last built";

/// Record that services were built at a commit, for `plan --since built`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecordArgs {
    /// Services to record, by name or path
    #[arg(value_name = "SERVICE", required_unless_present = "list")]
    services: Vec<String>,
    /// Take commit and environment from this plan, and move built refs only from where the plan saw them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["commit", "environment"])]
    plan: Option<PathBuf>,
    /// Commit to record, instead of HEAD
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    commit: Option<String>,
    /// Environment to record, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// Allow moving built refs back, or to a commit that does not descend from the recorded one
    #[arg(long)]
    allow_older: bool,
    /// Push the record to the remote
    #[arg(long)]
    push: bool,
    /// Remote to push to
    #[arg(long, value_name = "REMOTE", default_value = "origin", requires = "push")]
    remote: String,
    /// List all records: environment, service and commit
    #[arg(long, conflicts_with_all = ["services", "plan", "commit", "push", "allow_older"])]
    list: bool,
    #[command(flatten)]
    fetching: FetchingArgs,
}

pub(crate) fn run(general: &GeneralArgs, args: &RecordArgs, output: &Output) -> Result<Exit, Failure> {
    if args.list {
        let repository = workspace::repository(general)?;
        output.data(&list(&repository, args.environment.as_deref())?)?;
        return Ok(Exit::Done);
    }
    is_remote(&args.remote)?;
    let plan =
        args.plan.as_deref().map(|file| Ok::<_, Failure>(plan::read(&changed::read_text(file)?)?)).transpose()?;
    let at = plan.as_ref().and_then(|plan| plan.range.head.as_deref()).or(args.commit.as_deref());
    let workspace = workspace::open(general, at, Some(&args.fetching), output)?;
    let services = workspace.services(&args.services)?;
    let Workspace { repository, file, config, .. } = &workspace;
    let commit = repository.resolve(at.unwrap_or("HEAD"))?;
    let environment = plan.as_ref().map(|plan| plan.environment.as_str()).or(args.environment.as_deref());
    let environment = pipeline::environment(&workspace.sources(), environment)?;
    // In a pull request anybody may have written the environments of head.
    let asked = Request { push: PushRequest::Asked, environment: args.environment.clone(), ..Request::default() };
    let rules = PushRules::of(&workspace.sources(), &asked, environment)?;
    if !rules.has_built_refs(environment) {
        output.say(&[recorded::without(environment)]);
        return Ok(Exit::Done);
    }
    let (libraries, built): (BTreeSet<ServiceId>, BTreeSet<ServiceId>) = services
        .into_iter()
        .filter(|service| rules.push(*service))
        .partition(|service| config.services[service.0].is_library());
    output.say(&libraries.iter().map(|library| recorded::library(config.graph.name(*library))).collect::<Vec<_>>());
    let recording = Recording {
        repository,
        file,
        config,
        environment,
        commit,
        plan: plan.as_ref(),
        remote: args.push.then_some(args.remote.as_str()),
        rule: match &plan {
            _ if args.allow_older => Rule::Anywhere,
            Some(plan) if plan.built.is_some() => Rule::Seen,
            Some(_) | None => Rule::Forward,
        },
    };
    // Where the remote cannot be reached, the end says so.
    let here = Standing::here(repository, environment)?;
    let before = recording.standing().unwrap_or_else(|_| here.clone());
    let came = Came { built, ..Came::default() };
    let written = recording.end(&Begun::elsewhere(before, here), &came)?;
    output.say(&recorded::diagnostics(&written, &recording));
    output.say(&repository.take_fetch_troubles().iter().map(not_fetched).collect::<Vec<_>>());
    Ok(if recorded::is_refused(&written) { Exit::Git } else { Exit::Done })
}

/// Refuses what git would take for an option.
pub(crate) fn is_remote(remote: &str) -> Result<(), Failure> {
    if remote.starts_with('-') {
        return Err(Failure::new(Exit::Usage, "remote", "a remote cannot begin with `-`"));
    }
    Ok(())
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
