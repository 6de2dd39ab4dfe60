//! The policies of a plan. A policy gives warnings about the plan, or makes it an error.

use super::config_file::at_usual_place;
use super::moved_directory::Moved;
use super::{Error, WorkspaceView};
use crate::analysis::base::Range;
use crate::config::Shape;
use crate::inputs::git;
use crate::model::change::Change;
use crate::model::choice::Choice;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Listed};

/// What to do when nothing matches a changed path (`--unmatched`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unmatched {
    /// The path is listed in the plan.
    Ignore,
    /// The path is listed in the plan, and a warning names it.
    #[default]
    Warn,
    /// The path is an error.
    Error,
    /// The path affects every service.
    All,
}

impl Choice for Unmatched {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Ignore, "ignore", "Only list the path in the plan"),
        (Self::Warn, "warn", "Warn"),
        (Self::Error, "error", "Fail"),
        (Self::All, "all", "Plan every service"),
    ];
}

/// Checks in CI that base has no configuration if head has none, so that a configuration is not dropped silently.
///
/// # Errors
/// When base has a configuration and head has none, or git fails.
pub(super) fn no_config_is_gone(workspace: &WorkspaceView, range: &Range) -> Result<(), Error> {
    let WorkspaceView { repository, file, trigger, .. } = *workspace;
    if !file.is_derived() || trigger.is_attended() {
        return Ok(());
    }
    let has_config = |commit: &CommitId| -> Result<bool, git::GitError> {
        Ok(repository.with_fetching(|| at_usual_place(repository, commit))?.is_some())
    };
    // With `--discover`, the configuration of head is left unread on purpose.
    if range.tip.commit.as_ref().map(has_config).transpose()? == Some(true) {
        return Ok(());
    }
    for base in range.comparison.bases.iter().flatten() {
        if repository.contains(base) && has_config(base)? {
            return Err(Error::ConfigGone { base: *base });
        }
    }
    Ok(())
}

/// The greatest number of paths that a warning names.
const NAMED: usize = 5;

/// Returns a warning about changed paths that no filter matches.
///
/// # Errors
/// When the policy refuses them.
pub(super) fn unmatched_paths(
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
