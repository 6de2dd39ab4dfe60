use rayon::prelude::*;

use bstr::ByteSlice as _;

use super::filters::{FIRST_BYTES, Hits, Owner};
use super::{CHUNK, Filter, FilterId, Filters};
use crate::model::change::{Extent, Status};
use crate::model::tree::Listing;

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

/// Returns [`members()`] of the entries of a listing, which must be sorted by path. The entries of a directory that a
/// filter matches as a whole are not matched one by one.
pub fn members_of_listing(filters: &Filters, listing: &Listing) -> Members {
    let mut whole: Vec<Vec<usize>> = Vec::with_capacity(filters.len());
    let mut is_apart = vec![false; listing.len()];
    // A submodule stands for all paths below it, so patterns of directories below it match it too.
    let submodules = (0..listing.len()).filter(|at| listing.mode(*at).extent() == Extent::Below);
    submodules.for_each(|at| is_apart[at] = true);
    for filter in 0..filters.len() {
        let cover = filters.cover(Filters::id(filter));
        for directory in cover.listed.iter().chain(&cover.split) {
            listing.at_and_below(directory.as_bytes()).for_each(|at| is_apart[at] = true);
        }
        whole.push(cover.whole.iter().flat_map(|directory| listing.at_and_below(directory.as_bytes())).collect());
    }
    if filters.has_flat() {
        // There `**` does not match a line break.
        let has_break = |at: &&usize| listing.path(**at).find_byteset(FIRST_BYTES).is_some();
        whole.iter().flatten().filter(has_break).for_each(|at| is_apart[*at] = true);
    }
    let apart: Vec<usize> = (0..listing.len()).filter(|at| is_apart[*at]).collect();
    let mut found = members(filters, apart.len(), |at| (listing.path(apart[at]), listing.mode(apart[at]).extent()));
    for (found, whole) in found.0.iter_mut().zip(whole) {
        for at in found.iter_mut() {
            *at = apart[*at];
        }
        found.extend(whole.into_iter().filter(|at| !is_apart[*at]));
        found.sort_unstable();
    }
    found
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
    use super::super::{Effect, FilterEntry, FlatRule, Quantifier, Statuses, matches};
    use super::*;
    use crate::glob::Pattern;
    use crate::model::change::{Change, ChangeSet};
    use crate::model::diagnostic::{Located, Span};
    use crate::model::name::RepoPath;
    use crate::model::tree::{Mode, ObjectId};
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

    fn listing(paths: &[(&str, Mode)]) -> Listing {
        let mut listing = Listing::default();
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        for (path, mode) in paths {
            listing.push(*mode, id, [path.as_bytes(), b""]);
        }
        listing.sort_from(0);
        listing
    }

    fn flat(patterns: &[&str], statuses: Statuses, quantifier: Quantifier) -> Filter {
        let located = |text: &&str| Located::new(Pattern::parse(text).unwrap(), Span::default());
        let rule = FlatRule { statuses, patterns: patterns.iter().map(located).collect() };
        Filter::PathsFilter { quantifier, rules: if patterns.is_empty() { Vec::new() } else { vec![rule] } }
    }

    proptest! {
        #[test]
        fn a_listing_has_the_same_members_as_its_paths(
            filters in proptest::collection::vec(
                (proptest::collection::vec((0..10_usize, 0..4_usize, 0..5_usize), 0..5), 0..4_usize),
                0..6,
            ),
            shape in 0..2_usize,
            patterns in 4..11_usize,
            paths in proptest::collection::btree_map("(a|b|c|a-|a\n)(/(a|b|x|x\r|.d)){0,3}", 0..8_usize, 0..60),
        ) {
            let words = [Statuses::ANY, Statuses::word("added").unwrap(), Statuses::word("deleted").unwrap(), Statuses::NONE];
            // Each path is matched by itself if one of the last two patterns is used.
            let texts = ["**", "a/**", "a/b/**", "a", "a/b", "b/**/x", "a/[bx]", "c/*", "*/x", "**/x"];
            let text = |number: usize| texts[number % patterns];
            let effects = [Effect::Include, Effect::Include, Effect::Exclude, Effect::ExcludeWildcards, Effect::Cede];
            let of = |(entries, quantifier): &(Vec<(usize, usize, usize)>, usize)| match quantifier {
                quantifier @ 1.. if shape == 1 => {
                    let quantifiers = [Quantifier::Some, Quantifier::Every, Quantifier::SomeWithExcludes];
                    let patterns: Vec<&str> = entries.iter().map(|(number, ..)| text(*number)).collect();
                    flat(&patterns, words[entries.first().map_or(0, |(_, word, _)| *word)], quantifiers[quantifier - 1])
                }
                _ => Filter::Ordered(
                    entries.iter().map(|(number, word, effect)| entry(text(*number), words[*word], effects[*effect])).collect(),
                ),
            };
            let filters = Filters::new(filters.iter().map(of).collect());
            let mode = |kind: &usize| if *kind == 0 { Mode::Submodule } else { Mode::File };
            let paths: Vec<(&str, Mode)> = paths.iter().map(|(path, kind)| (path.as_str(), mode(kind))).collect();
            let listing = listing(&paths);
            let expected = members(&filters, listing.len(), |at| (listing.path(at), listing.mode(at).extent()));
            prop_assert_eq!(members_of_listing(&filters, &listing).0, expected.0);
        }

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
