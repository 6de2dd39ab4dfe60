use std::collections::BTreeSet;

use super::{Recording, RefState};
use crate::analysis::affected::spread;
use crate::analysis::base::Tip;
use crate::inputs::git;
use crate::model::change::{ChangeSet, HeadState};
use crate::model::name::ServiceId;
use crate::plan::pipeline::base_config;
use crate::plan::pipeline::base_groups::Grouped;
use crate::plan::pipeline::group_changes::{self, GroupChanges};

/// Returns which of these services are due at the commit of a recording: services that have a mark or have changed
/// since their last recorded build, and services for which it is not known whether they have changed.
pub(super) fn due(
    recording: &Recording,
    services: &BTreeSet<ServiceId>,
    standing: &RefState,
) -> Result<BTreeSet<ServiceId>, git::GitError> {
    let Recording { repository, file, config, commit, .. } = recording;
    let tip = Tip { commit: Some(*commit), state: HeadState::Commit, on_top: ChangeSet::default() };
    let is_begun = |service: &ServiceId| standing.begun(config.graph.name(*service)).is_some();
    let mut due: BTreeSet<ServiceId> = services.iter().copied().filter(is_begun).collect();
    // Anything unknown makes a service due, so the doubts themselves are not needed.
    let (grouped, _) = Grouped::built(repository, config, standing.clone());
    let mut differ = repository.differ();
    let mut reader = base_config::Reader::new(repository, file);
    for mut group in grouped.groups {
        group.services.retain(|service| services.contains(service));
        if group.services.is_empty() {
            continue;
        }
        let (compared, _) = GroupChanges::of(&mut differ, &mut reader, config, &tip, group)?;
        let matches = compared.matches(config);
        let affected = spread(group_changes::of_group(config, &compared, compared.changes(), &matches), &config.graph);
        due.extend(compared.services().iter().copied().filter(|service| affected.contains(*service)));
    }
    Ok(due)
}
