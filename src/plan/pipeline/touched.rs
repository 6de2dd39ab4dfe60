//! The commits since a release that touch the files of services.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use crate::analysis::filter::{self, FilterId};
use crate::config::Config;
use crate::inputs::git::{Parents, Repository};
use crate::model::name::{CommitId, ServiceId};

/// Returns for each group of services the commits since its release (all there are without one) that touch any of
/// them, the newest first: those whose change against their first parent matches the filters of one of its services.
///
/// One walk for all groups, and one comparison of trees for each commit that is newer than some release.
pub(super) fn since(
    repository: &Repository,
    config: &Config,
    head: &CommitId,
    groups: &[Vec<ServiceId>],
    since: &[Option<CommitId>],
    parents: Parents,
) -> Result<Vec<Vec<CommitId>>, Error> {
    let mut groups_of: BTreeMap<FilterId, Vec<usize>> = BTreeMap::new();
    for (group, services) in groups.iter().enumerate() {
        for service in services {
            for filter in config.services[service.0].own_filters() {
                groups_of.entry(filter).or_default().push(group);
            }
        }
    }
    repository.commits_since(head, since, parents, |parent, commit| {
        let changes = repository.diff(parent, commit)?;
        let matches = changes.as_slice().iter().flat_map(|change| filter::matches_of(&config.filters, change));
        let matching: BTreeSet<FilterId> = matches.map(|(filter, _)| filter).collect();
        let mut touched: Vec<usize> =
            matching.iter().filter_map(|filter| groups_of.get(filter)).flatten().copied().collect();
        touched.sort_unstable();
        touched.dedup();
        Ok(touched)
    })
}
