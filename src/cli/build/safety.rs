//! Refuses two things unless a flag allows them: pushing from a work tree with changes, and building untrusted code
//! where secrets are available.

use std::collections::BTreeSet;

use super::BuildArgs;
use crate::analysis::filter::{FilterId, matches_of};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::inputs::trigger::Origin;
use crate::model::change::Change;
use crate::model::name::Listed;
use crate::plan::pipeline::Workspace;
use crate::plan::{Plan, PlannedService};

/// How many paths a message names.
const NAMED: usize = 5;

/// Returns an error if a build needs a flag that was not given.
pub(super) fn check(plan: &Plan, args: &BuildArgs, workspace: &Workspace) -> Result<(), Failure> {
    let pushed: Vec<&PlannedService> =
        plan.services.iter().filter(|service| service.push || args.records.record).collect();
    if !args.allowed.allow_untrusted && !plan.services.is_empty() {
        trusted(args.planning.push || !pushed.is_empty(), workspace)?;
    }
    if !args.allowed.allow_dirty && !pushed.is_empty() {
        clean(&pushed, args, workspace)?;
    }
    Ok(())
}

fn trusted(pushes: bool, workspace: &Workspace) -> Result<(), Failure> {
    let message = match workspace.trigger.origin {
        Origin::Own => return Ok(()),
        Origin::Fork if !pushes => return Ok(()),
        Origin::Fork => "nothing is pushed for a pull request from a fork: its code is not trusted",
        Origin::Privileged => {
            "nothing is built for this event: the run can read the repository's secrets, and the code is not trusted"
        }
    };
    Err(Failure::new(Exit::Usage, "untrusted", message)
        .help("if you trust what is checked out, give `--allow-untrusted`"))
}

/// Returns an error if the work tree has changes. An untracked file that no pushed service is built from, such as a
/// saved plan, does not count.
fn clean(pushed: &[&PlannedService], args: &BuildArgs, workspace: &Workspace) -> Result<(), Failure> {
    let changes = workspace.repository.work_tree()?.changes;
    let config = &workspace.config;
    let pushed = pushed.iter().filter_map(|service| config.graph.id(&service.service));
    let filters: BTreeSet<FilterId> = pushed.flat_map(|service| config.filters_of(service)).collect();
    let is_dirt = |change: &&Change| {
        change.is_of_tracked() || matches_of(&config.filters, change).iter().any(|(filter, _)| filters.contains(filter))
    };
    let mut dirt: Vec<String> =
        changes.as_slice().iter().filter(is_dirt).map(|change| change.path.to_string()).collect();
    if dirt.is_empty() && workspace.file.is_uncommitted(&changes) {
        dirt.push(workspace.file.name.clone());
    }
    if dirt.is_empty() {
        return Ok(());
    }
    let paths = Listed::new(&dirt, NAMED);
    let what = if args.records.record { "recorded" } else { "pushed" };
    let message = format!("the work tree has changes that no commit holds, so nothing is {what}: {paths}");
    Err(Failure::new(Exit::Usage, "dirty", message).help("commit or remove them, or allow them with `--allow-dirty`"))
}
