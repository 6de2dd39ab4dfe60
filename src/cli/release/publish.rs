//! Makes the tags of planned releases, here and on the remote.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::ReleaseArgs;
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printing::Output;
use crate::inputs::git::{MOST_TAGS, MadeTag, NewTag, Repository, Signing, shown_remote};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, Listed, ServiceName, TagName};
use crate::naming::release::{PlannedRelease, ReleaseOutcome, ReleasePlan};

/// Makes the tags of planned releases that do not exist yet and, with `--push`, pushes them. Returns a text for people
/// that says which tags were made and pushed.
///
/// The remote is asked before any tag is made. If the remote refuses a group of tags, the tags that were just made and
/// are not pushed are deleted here. Then this clone and the remote agree, and the same command can be repeated.
pub(super) fn publish(
    repository: &Repository,
    plan: &ReleasePlan,
    args: &ReleaseArgs,
    output: &Output,
) -> Result<String, Failure> {
    let Some(head) = repository.head()?.commit().copied() else { return Ok(String::new()) };
    let remote = &args.remote.clone().unwrap_or_else(|| repository.remote());
    let there = if args.push { repository.remote_tags(remote)? } else { BTreeMap::new() };
    let due: Vec<NewTag> = plan.lines.iter().filter_map(|line| new_tag(line, head)).collect();
    let released = plan.lines.iter().filter_map(|line| match &line.outcome {
        ReleaseOutcome::Already { release } => Some(release.tag.clone()),
        ReleaseOutcome::Due { .. } | ReleaseOutcome::Idle(_) => None,
    });
    let released: Vec<TagName> = released.collect();
    for tag in due.iter().map(|tag| &tag.name).chain(&released) {
        is_free(tag, &there, head, remote)?;
    }
    // A tag that the remote has at this commit was made by another run. It is not made again, but has to be fetched.
    let (known, due): (Vec<NewTag>, Vec<NewTag>) = due.into_iter().partition(|tag| there.contains_key(&tag.name));
    let waiting: Vec<TagName> = released.into_iter().filter(|tag| !there.contains_key(tag)).collect();
    if !due.is_empty() && !args.allow_dirty {
        is_clean(repository)?;
    }
    let signing = if args.sign { Signing::Signed } else { Signing::Unsigned };
    let made = if due.is_empty() { Vec::new() } else { repository.create_tags(&due, signing)? };
    let mut done = vec![match made.len() {
        0 => "Nothing to release.".to_owned(),
        count => {
            format!("Made {} at {}: {}.", tags(count), head.short(7), super::listed(made.iter().map(|tag| &tag.name)))
        }
    }];
    if !known.is_empty() {
        let names: Vec<String> = known.iter().map(|tag| tag.name.to_string()).collect();
        done.push(format!(
            "{} already has {}: `git fetch {} --tags`.",
            shown_remote(remote),
            names.join(", "),
            shown_remote(remote)
        ));
    }
    if args.push {
        warn_of_token(repository, &made, output);
        done.extend(send(repository, remote, &made, &waiting)?);
    }
    Ok(done.join("\n"))
}

/// Pushes tags in groups. Tags that were made by earlier runs come first.
fn send(repository: &Repository, remote: &str, made: &[MadeTag], waiting: &[TagName]) -> Result<Vec<String>, Failure> {
    let all: Vec<TagName> = waiting.iter().chain(made.iter().map(|tag| &tag.name)).cloned().collect();
    let mut done = Vec::new();
    if all.len() > MOST_TAGS {
        done.push(format!(
            "GitHub raises no event for a push of more than three tags, so {} go in groups of three.",
            tags(all.len())
        ));
    }
    for (at, group) in all.chunks(MOST_TAGS).enumerate() {
        if let Err(error) = repository.push_tags(remote, group) {
            let sent = at * MOST_TAGS;
            let unsent: Vec<MadeTag> = made.iter().filter(|tag| !all[..sent].contains(&tag.name)).cloned().collect();
            let failure = Failure::from(error);
            return Err(match repository.delete_tags(&unsent) {
                Ok(()) => failure.help(format!(
                    "{} arrived before; {} that could not be pushed were deleted in this clone, so that both sides agree; \
                     run the same command again",
                    tags(sent),
                    tags(unsent.len())
                )),
                Err(error) => failure.help(format!("tags that were not pushed are still in this clone: {error}")),
            });
        }
        let names: Vec<String> = group.iter().map(ToString::to_string).collect();
        done.push(format!("Sent {} to {}.", names.join(", "), shown_remote(remote)));
    }
    Ok(done)
}

fn tags(count: usize) -> String {
    if count == 1 { "1 tag".to_owned() } else { format!("{count} tags") }
}

fn new_tag(line: &PlannedRelease, commit: CommitId) -> Option<NewTag> {
    let ReleaseOutcome::Due { version, tag, .. } = &line.outcome else { return None };
    let services: Vec<&str> = line.services.iter().map(ServiceName::as_str).collect();
    let mut message = format!("{} {version}\n", services.join(", "));
    let subjects = line.changes.iter().filter(|change| change.commit.parents < 2);
    for (at, change) in subjects.enumerate() {
        let subject = Escaped::new(change.commit.message.lines().next().unwrap_or_default()).to_string();
        let first = if at == 0 { "\n" } else { "" };
        let _ = writeln!(message, "{first}- {subject} ({})", change.commit.id.short(7));
    }
    Some(NewTag { name: tag.clone(), commit, message })
}

/// Returns an error if the remote has the tag at another commit: another run has made the release there.
fn is_free(tag: &TagName, there: &BTreeMap<TagName, CommitId>, head: CommitId, remote: &str) -> Result<(), Failure> {
    match there.get(tag) {
        Some(commit) if *commit != head => Err(Failure::new(
            Exit::Git,
            "tag-taken",
            format!("{} has the tag {tag} at commit {}, which is not this one", shown_remote(remote), commit.short(7)),
        )
        .help(format!("`git fetch {} --tags`, and see what was released", shown_remote(remote)))),
        Some(_) | None => Ok(()),
    }
}

fn is_clean(repository: &Repository) -> Result<(), Failure> {
    if repository.work_dir().is_none() {
        return Ok(());
    }
    let changes = repository.work_tree()?.changes;
    if changes.is_empty() {
        return Ok(());
    }
    let paths = Listed::new(changes.as_slice().iter().map(|change| &change.path), 1);
    let message = format!("the work tree has changes that the tags would not include: {paths}");
    Err(Failure::new(Exit::Git, "dirty", message).help("commit them, or tag HEAD as it is with `--allow-dirty`"))
}

/// Warns that a push with a workflow's own token starts no other workflow on GitHub.
fn warn_of_token(repository: &Repository, made: &[MadeTag], output: &Output) {
    let in_workflow = env::read(env::Variable::GithubActions).as_deref() == Some("true");
    let with_key = repository.remote_url().is_some_and(|url| url.starts_with("git@") || url.starts_with("ssh://"));
    if in_workflow && !with_key && !made.is_empty() {
        let message = "tags that are sent with a workflow's own GITHUB_TOKEN start no workflow";
        output.say(&[Diagnostic::warning("token", message).help(
            "give actions/checkout the `token` of a GitHub App or a `ssh-key`, or start the workflow that builds \
             releases with `gh workflow run`",
        )]);
    }
}
