use rayon::prelude::*;

use super::filters::{Hits, Owner};
use super::{CHUNK, Filter, FilterId, Filters};
use crate::model::change::{Extent, Status};

/// The paths that each filter can match, as positions in the list that [`members()`] was given.
#[derive(Debug, Clone)]
pub struct Members(Vec<Vec<usize>>);

impl Members {
    /// Returns the positions of a filter's paths, ascending.
    #[must_use]
    pub fn of(&self, filter: FilterId) -> &[usize] {
        &self.0[filter.position()]
    }
}

/// Returns, for each filter, the positions of the paths that it can match. A filter can match a path if it matches a
/// change of the path with at least one status.
///
/// Each status is tried, so that every change that matches is of one of these paths. Ignoring status words instead
/// could lose a path: `{deleted: "!src/**"}` excludes only deletions, so other changes of `src` still match. A match in
/// doubt counts.
pub fn members<'p>(filters: &Filters, count: usize, path: impl Fn(usize) -> (&'p [u8], Extent) + Sync) -> Members {
    let of_chunk = |number: usize| {
        let (mut hits, mut found) = (Hits::of(filters), Vec::new());
        for position in number * CHUNK..count.min((number + 1) * CHUNK) {
            found.extend(of_path(filters, path(position), &mut hits).map(|filter| (position, filter)));
        }
        found
    };
    let found: Vec<Vec<(usize, FilterId)>> = if count <= CHUNK {
        vec![of_chunk(0)]
    } else {
        (0..count.div_ceil(CHUNK)).into_par_iter().map(of_chunk).collect()
    };
    let mut members = vec![Vec::new(); filters.len()];
    for (position, filter) in found.into_iter().flatten() {
        members[filter.position()].push(position);
    }
    Members(members)
}

fn of_path<'a>(
    filters: &'a Filters,
    (path, extent): (&[u8], Extent),
    hits: &'a mut Hits<'_>,
) -> impl Iterator<Item = FilterId> {
    hits.find(path, extent);
    let by_pattern = hits.by_filter().filter_map(|hits| {
        let id = hits[0].0.filter;
        filters.get(id).takes(hits).then_some(id)
    });
    filters.always().iter().copied().chain(by_pattern)
}

impl Filter {
    /// Whether the filter matches a change with some status, if these patterns match its path.
    fn takes(&self, hits: &[(Owner, bool)]) -> bool {
        [Status::Modified, Status::Added, Status::Deleted].iter().any(|status| self.decide(*status, hits).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Effect, FilterEntry, Statuses, matches};
    use super::*;
    use crate::glob::Pattern;
    use crate::model::change::{Change, ChangeSet};
    use crate::model::diagnostic::{Located, Span};
    use crate::model::name::RepoPath;
    use proptest::prelude::*;

    fn entry(text: &str, statuses: Statuses, effect: Effect) -> FilterEntry {
        FilterEntry { effect, statuses, pattern: Located::new(Pattern::parse(text).unwrap(), Span::default()) }
    }

    #[test]
    fn an_exclusion_of_one_status_takes_no_path_away() {
        let deleted = Statuses::word("deleted").unwrap();
        let list = vec![entry("src/**", Statuses::ANY, Effect::Include), entry("src/gen/**", deleted, Effect::Exclude)];
        let whole =
            vec![entry("src/**", deleted, Effect::Include), entry("src/gen/**", Statuses::ANY, Effect::Exclude)];
        let filters = Filters::new(vec![Filter::Ordered(list), Filter::Ordered(whole)]);
        let members = members(&filters, 3, |at| (["a", "src/gen/x", "src/y"][at].as_bytes(), Extent::Path));
        assert_eq!(members.of(Filters::id(0)), [1, 2]);
        assert_eq!(members.of(Filters::id(1)), [2]);
    }

    proptest! {
        #[test]
        fn a_path_belongs_exactly_where_some_change_of_it_matches(
            entries in proptest::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 1..5),
            count in 1..400_usize,
        ) {
            let words = [Statuses::ANY, Statuses::word("added").unwrap(), Statuses::word("deleted").unwrap(), Statuses::NONE];
            let patterns = ["**", "a/**", "a/1*", "*/2?"];
            let effect = |exclude| if exclude { Effect::Exclude } else { Effect::Include };
            let list = entries.iter().map(|(text, word, exclude)| entry(patterns[*text], words[*word], effect(*exclude)));
            let filters = Filters::new(vec![Filter::Ordered(list.collect())]);
            let paths: Vec<RepoPath> = (0..count).map(|n| RepoPath::from_git(format!("{}/{n}", ["a", "b"][n % 2]))).collect();
            let some_change = |path: &RepoPath| [Status::Added, Status::Modified, Status::Deleted].into_iter().any(|status| {
                let change = ChangeSet::new(vec![Change::new(path.clone(), status)]);
                !matches(&filters, &change).of(Filters::id(0)).is_empty()
            });
            let expected: Vec<usize> = (0..count).filter(|at| some_change(&paths[*at])).collect();
            let members = members(&filters, paths.len(), |at| (paths[at].as_bytes(), Extent::Path));
            prop_assert_eq!(members.of(Filters::id(0)), expected);
        }
    }
}
