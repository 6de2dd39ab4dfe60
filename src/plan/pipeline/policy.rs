//! The policies of a plan: warnings and refusals beside the plan itself.

use super::config_file::at_usual_place;
use super::dead::{self, Dead, Trees};
use super::moved_directory::{Moved, moved};
use super::{Error, WorkspaceView, unmatched_links};
use crate::analysis::affected::Direct;
use crate::analysis::base::Range;
use crate::config::Shape;
use crate::model::change::{Change, ChangeSet};
use crate::model::choice::Choice;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Listed;

/// What to do when nothing matches a changed path (`--unmatched`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unmatched {
    /// It is listed in the plan.
    Ignore,
    /// It is listed, with a warning.
    #[default]
    Warn,
    /// It is an error.
    Error,
    /// It affects every service.
    All,
}

impl Choice for Unmatched {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Ignore, "ignore", "List it in the plan"),
        (Self::Warn, "warn", "Warn"),
        (Self::Error, "error", "Fail"),
        (Self::All, "all", "Plan every service"),
    ];
}

/// The results of the analysis that policies need.
pub(super) struct Analysed<'a> {
    /// What was compared.
    pub(super) range: &'a Range,
    /// What changed.
    pub(super) changes: &'a ChangeSet,
    /// The changes that no filter matches.
    pub(super) unmatched: &'a [&'a Change],
    /// The causes that services have of their own.
    pub(super) direct: &'a Direct<'a>,
}

/// Checks that base has no configuration, if head's is derived. So CI does not silently drop a configuration.
///
/// # Errors
/// When base has one.
pub(super) fn no_config_is_gone(workspace: &WorkspaceView, range: &Range) -> Result<(), Error> {
    let WorkspaceView { repository, file, trigger, .. } = *workspace;
    if !file.is_derived() || trigger.is_attended() {
        return Ok(());
    }
    for base in range.comparison.bases.iter().flatten() {
        if repository.contains(base) && repository.with_fetching(|| at_usual_place(repository, base))?.is_some() {
            return Err(Error::ConfigGone { base: *base });
        }
    }
    Ok(())
}

/// Checks changed paths that nothing matches, services without files, and links that lead out of their service. Returns
/// warnings, and how many directories were searched for links.
///
/// # Errors
/// When a policy refuses one of these.
pub(super) fn check(
    workspace: &WorkspaceView,
    found: &Analysed,
    unmatched: Unmatched,
    dead: Dead,
) -> Result<(Vec<Diagnostic>, usize), Error> {
    let WorkspaceView { repository, config, .. } = *workspace;
    let Analysed { range, changes, direct, .. } = *found;
    let moved = moved(config, changes, found.unmatched);
    let mut warnings: Vec<Diagnostic> = Vec::new();
    warnings.extend(unmatched_paths(config.shape, found.unmatched, unmatched, &moved)?);
    warnings.extend(dead::say(config, dead, &Trees { repository, range }, &moved)?);
    let (leading, searched) = unmatched_links::say(repository, config, range.tip.commit.as_ref(), changes, direct);
    warnings.extend(leading);
    Ok((warnings, searched))
}

/// How many paths a warning names.
const NAMED: usize = 5;

/// Warns of changed paths that nothing matches, or refuses them.
fn unmatched_paths(
    shape: Shape,
    unmatched: &[&Change],
    policy: Unmatched,
    moved: &[Moved],
) -> Result<Option<Diagnostic>, Error> {
    if unmatched.is_empty() || policy == Unmatched::Ignore {
        return Ok(None);
    }
    let named = Listed::new(unmatched.iter().map(|change| &change.path), NAMED);
    let paths = if unmatched.len() == 1 { "changed path matches" } else { "changed paths match" };
    let message = format!("{} {paths} no filter: {named}", unmatched.len());
    let advice = match shape {
        Shape::Flat => "add a filter that matches them, or ignore such paths with `--unmatched ignore`",
        Shape::Structured => "add them to a service's `filters`, or to `unowned` if they belong to no service",
    };
    match policy {
        Unmatched::Error => {
            Err(Error::Unmatched { message, moved: moved.iter().map(ToString::to_string).collect(), advice })
        }
        Unmatched::Ignore | Unmatched::Warn | Unmatched::All => {
            let warning = Diagnostic::warning("unmatched", message);
            let hints = moved.iter().map(ToString::to_string).chain([advice.to_owned()]);
            Ok(Some(hints.fold(warning, Diagnostic::help)))
        }
    }
}
