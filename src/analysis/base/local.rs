//! The base outside of CI. The plan covers the commits that are not on the default branch, and the changes of the work
//! tree.

use super::choose::{Choice, unreachable};
use super::{Comparison, Doubt, Notes};
use crate::inputs::git;

/// Compares with the merge base of head and the default branch. If the merge base is head itself and the work tree is
/// clean, compares with the first parent of head.
pub(super) fn compare(choice: &mut Choice, default_branch: Option<&str>) -> Result<(Comparison, Notes), git::GitError> {
    let Some(head) = choice.tip.commit else {
        return choice.first_parent("");
    };
    let named = default_branch.map(|written| choice.repository.branch_name(written));
    let Some(default) = choice.repository.default_branch(named.as_deref()) else {
        let named = default_branch.map_or_else(
            || "there is no origin/HEAD, main or master to compare with".to_owned(),
            |name| format!("there is no branch `{name}`"),
        );
        let help = "name the branch that work starts from with `--default-branch NAME`, or a base with `--base REV`";
        return Ok(unreachable(Doubt::no_base(&named, help)));
    };
    let chosen = choice.merge_bases(&default.commit, &default.name.to_string())?;
    if chosen.0.bases == [Some(head)] && choice.tip.on_top.is_empty() {
        return choice.first_parent(&format!("the last commit, since nothing is ahead of {}", default.name));
    }
    Ok(chosen)
}
