use rayon::prelude::*;

use super::filters::{Hits, Owner};
use super::{CHUNK, Effect, Filter, FilterEntry, FilterId, Filters, FlatRule, Quantifier};
use crate::glob::Pattern;
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::diagnostic::Located;

/// A change that a filter matches.
#[derive(Debug, Clone, Copy)]
pub struct Match<'a> {
    /// The change.
    pub change: &'a Change,
    /// The pattern that decided; `None` if the filter has the quantifier `every` and no rules, and so matches
    /// everything.
    pub pattern: Option<&'a Located<Pattern>>,
    /// Whether it is not certain that the change matches. It counts as a match all the same.
    pub doubt: bool,
}

impl Match<'_> {
    /// Whether the match is in doubt because matching took too long. A path that stands for everything below it may be
    /// in doubt for another reason, so the result for such a path is `false`.
    #[must_use]
    pub fn gave_up(&self) -> bool {
        self.doubt && self.change.extent == Extent::Path
    }
}

/// The changes that each filter matches, in the order of the changes.
#[derive(Debug)]
pub struct Matches<'a> {
    by_filter: Vec<Vec<Match<'a>>>,
    /// The changes that no filter matches, in the order of the changes.
    pub unmatched: Vec<&'a Change>,
    /// The unmatched changes that a filter would match without its exclusions, each with that filter, in the order of
    /// the changes.
    pub taken_back: Vec<(FilterId, &'a Change)>,
}

impl<'a> Matches<'a> {
    /// Returns the changes that a filter matches.
    #[must_use]
    pub fn of(&self, filter: FilterId) -> &[Match<'a>] {
        &self.by_filter[filter.position()]
    }
}

/// Returns which changes each filter matches.
#[must_use]
pub fn matches<'a>(filters: &'a Filters, changes: &'a ChangeSet) -> Matches<'a> {
    let changes = changes.as_slice();
    let of_chunk = |chunk: &'a [Change]| {
        let (mut hits, mut found) = (Hits::of(filters), Vec::new());
        let (mut unmatched, mut taken_back) = (Vec::new(), Vec::new());
        for change in chunk {
            let before = found.len();
            found.extend(of_change(filters, change, &mut hits));
            if found.len() == before {
                unmatched.push(change);
                taken_back.extend(takers(filters, change.status, &hits).map(|filter| (filter, change)));
            }
        }
        (found, (unmatched, taken_back))
    };
    let (found, (unmatched, taken_back)): (Vec<_>, (Vec<_>, Vec<_>)) = if changes.len() <= CHUNK {
        std::iter::once(of_chunk(changes)).unzip()
    } else {
        changes.par_chunks(CHUNK).map(of_chunk).unzip()
    };
    let mut by_filter = vec![Vec::new(); filters.len()];
    for (filter, found) in found.into_iter().flatten() {
        by_filter[filter.position()].push(found);
    }
    Matches { by_filter, unmatched: unmatched.concat(), taken_back: taken_back.concat() }
}

/// Returns the filters that would match a change without their exclusions. No filter matches the change. `hits` has the
/// patterns that match its path.
fn takers(filters: &Filters, status: Status, hits: &Hits) -> impl Iterator<Item = FilterId> {
    let taker =
        move |hits: &[(Owner, bool)]| (hits[0].0.filter, filters.get(hits[0].0.filter).takes_back(status, hits));
    hits.by_filter().map(taker).filter(|(_, takes)| *takes).map(|(filter, _)| filter)
}

/// Returns the filters that match one change. [`matches()`] is for many changes.
#[must_use]
pub fn matches_of<'a>(filters: &'a Filters, change: &'a Change) -> Vec<(FilterId, Match<'a>)> {
    of_change(filters, change, &mut Hits::of(filters)).collect()
}

fn of_change<'a, 'h>(
    filters: &'a Filters,
    change: &'a Change,
    hits: &'h mut Hits<'_>,
) -> impl Iterator<Item = (FilterId, Match<'a>)> + use<'a, 'h> {
    hits.find(change.path.as_bytes(), change.extent);
    let everything = filters.always().iter().map(move |id| (*id, Match { change, pattern: None, doubt: false }));
    let by_pattern = hits.by_filter().filter_map(move |hits| {
        let id = hits[0].0.filter;
        let filter = filters.get(id);
        let (decisive, doubt) = filter.decide(change.status, hits)?;
        Some((id, Match { change, pattern: Some(filter.pattern(decisive.rule, decisive.pattern)), doubt }))
    });
    everything.chain(by_pattern)
}

impl Filter {
    /// Returns the pattern that makes the filter match a change, and whether the match is in doubt; `None` if the
    /// filter does not match. `hits` are those patterns of the filter that match the path of the change.
    pub(super) fn decide(&self, status: Status, hits: &[(Owner, bool)]) -> Option<(Owner, bool)> {
        match self {
            Self::Ordered(entries) => ordered(entries, status, hits),
            Self::PathsFilter { quantifier, rules } => {
                let mut holding = hits.iter().copied().filter(|(owner, _)| rules[owner.rule].looks_at(status));
                match quantifier {
                    Quantifier::Some => holding.next(),
                    Quantifier::Every => every(rules, status, hits),
                    Quantifier::SomeWithExcludes => with_excludes(rules, status, hits),
                }
            }
        }
    }
}

impl Filter {
    /// Whether the filter, which does not match the change, would match it without its exclusions.
    fn takes_back(&self, status: Status, hits: &[(Owner, bool)]) -> bool {
        match self {
            Self::Ordered(entries) => hits.iter().any(|(owner, _)| {
                let entry = &entries[owner.rule];
                entry.effect == Effect::Include && entry.statuses.contains(status)
            }),
            Self::PathsFilter { quantifier, rules } => {
                let negated = |owner: &Owner| rules[owner.rule].patterns[owner.pattern].value.is_negated();
                let includes = |(owner, _): &(Owner, bool)| rules[owner.rule].looks_at(status) && !negated(owner);
                let is_met = |rule: usize| hits.iter().any(|(owner, _)| owner.rule == rule);
                let excludes = |rule: &FlatRule| rule.patterns.iter().all(|pattern| pattern.value.is_negated());
                let every = |(at, rule): (usize, &FlatRule)| rule.looks_at(status) && (is_met(at) || excludes(rule));
                hits.iter().any(includes)
                    && match quantifier {
                        Quantifier::Some | Quantifier::SomeWithExcludes => true,
                        Quantifier::Every => rules.iter().enumerate().all(every),
                    }
            }
        }
    }
}

impl FlatRule {
    fn looks_at(&self, status: Status) -> bool {
        self.statuses.contains(status)
    }
}

/// Returns the last including pattern that matches, unless a later pattern excludes the path. An exclusion in doubt
/// does not exclude the path, but puts the match in doubt.
fn ordered(entries: &[FilterEntry], status: Status, hits: &[(Owner, bool)]) -> Option<(Owner, bool)> {
    hits.iter().copied().fold(None, |decided, (owner, doubt)| {
        let entry = &entries[owner.rule];
        match entry.effect {
            _ if !entry.statuses.contains(status) => decided,
            Effect::Include => Some((owner, doubt)),
            Effect::Exclude | Effect::ExcludeWildcards | Effect::Lockfile | Effect::Cede if doubt => {
                decided.map(|(owner, _)| (owner, true))
            }
            Effect::Exclude | Effect::Cede => None,
            Effect::ExcludeWildcards | Effect::Lockfile => decided.filter(|_| is_named(entries, status, hits)),
        }
    })
}

/// Whether one of the including patterns that match has no wildcard.
fn is_named(entries: &[FilterEntry], status: Status, hits: &[(Owner, bool)]) -> bool {
    hits.iter().map(|(owner, _)| &entries[owner.rule]).any(|entry| {
        entry.effect == Effect::Include && entry.statuses.contains(status) && !entry.pattern.value.has_wildcard()
    })
}

/// Returns the pattern of the last rule, if each rule has a pattern that matches.
fn every(rules: &[FlatRule], status: Status, hits: &[(Owner, bool)]) -> Option<(Owner, bool)> {
    let by_rule: Vec<&[(Owner, bool)]> = hits.chunk_by(|(a, _), (b, _)| a.rule == b.rule).collect();
    let all = by_rule.len() == rules.len() && rules.iter().all(|rule| rule.looks_at(status));
    let doubt = by_rule.iter().any(|hits| hits.iter().all(|(_, doubt)| *doubt));
    by_rule.last().filter(|_| all).map(|hits| (hits[0].0, doubt))
}

/// Returns the first pattern that matches and is not negated, unless a negated pattern excludes the path. A negated
/// pattern matches every path that it does not exclude. So if a negated pattern is missing from the hits, it excludes
/// the path.
fn with_excludes(rules: &[FlatRule], status: Status, hits: &[(Owner, bool)]) -> Option<(Owner, bool)> {
    let negated = |owner: &Owner| rules[owner.rule].patterns[owner.pattern].value.is_negated();
    let looking = || rules.iter().filter(|rule| rule.looks_at(status));
    let exclusions: usize =
        looking().map(|rule| rule.patterns.iter().filter(|pattern| pattern.value.is_negated()).count()).sum();
    let holding = || hits.iter().filter(|(owner, _)| rules[owner.rule].looks_at(status));
    let passed = holding().filter(|(owner, _)| negated(owner)).count();
    let include = holding().find(|(owner, _)| !negated(owner)).copied();
    include.filter(|_| passed == exclusions)
}

#[cfg(test)]
mod tests {
    use super::super::{FlatRule, Statuses};
    use super::*;
    use crate::glob::Verdict;
    use crate::model::diagnostic::Span;
    use crate::model::name::RepoPath;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Located<Pattern> {
        Located::new(Pattern::parse(text).unwrap(), Span::default())
    }

    fn entry(text: &str) -> FilterEntry {
        let (effect, text) = match text.strip_prefix('!') {
            Some(rest) => (Effect::Exclude, rest),
            None => (Effect::Include, text),
        };
        FilterEntry { effect, statuses: Statuses::ANY, pattern: pattern(text) }
    }

    fn ordered(patterns: &[&str]) -> Filter {
        Filter::Ordered(patterns.iter().map(|text| entry(text)).collect())
    }

    fn flat(quantifier: Quantifier, rules: &[(&str, Statuses)]) -> Filter {
        let rule =
            |(text, statuses): &(&str, Statuses)| FlatRule { statuses: *statuses, patterns: vec![pattern(text)] };
        Filter::PathsFilter { quantifier, rules: rules.iter().map(rule).collect() }
    }

    fn changes(list: &[(&str, Status)]) -> ChangeSet {
        let change = |(path, status): &(&str, Status)| Change::new(RepoPath::from_git(*path), *status);
        ChangeSet::new(list.iter().map(change).collect())
    }

    /// Returns what the filter matches, as `path by pattern`.
    fn matched(filter: Filter, list: &[(&str, Status)]) -> Vec<String> {
        let filters = Filters::new(vec![filter]);
        let changes = changes(list);
        let by = |found: &Match| found.pattern.map_or("*", |pattern| pattern.value.text()).to_owned();
        let matches = matches(&filters, &changes);
        matches.of(Filters::id(0)).iter().map(|found| format!("{} by {}", found.change.path, by(found))).collect()
    }

    const M: Status = Status::Modified;

    #[test]
    fn the_last_pattern_of_an_ordered_list_decides() {
        let filter = ordered(&["src/**", "!**/*.md", "src/keep.md"]);
        let list = [("src/a.rs", M), ("src/b.md", M), ("src/keep.md", M), ("x", M)];
        assert_eq!(matched(filter, &list), ["src/a.rs by src/**", "src/keep.md by src/keep.md"]);
    }

    #[test]
    fn what_is_named_without_a_wildcard_is_not_excluded_with_the_rest() {
        let exclude = |text: &str| FilterEntry { effect: Effect::ExcludeWildcards, ..entry(text) };
        let own = ["a/**", "README.md", "a/(x)/b.md", "!a/gone.md", "a/*.{md,txt}"].map(entry);
        let filter = Filter::Ordered(own.into_iter().chain([exclude("**/*.md"), exclude("a/gen/**")]).collect());
        let paths = ["README.md", "a/(x)/b.md", "a/b.md", "a/gen/x", "a/gone.md", "a/x", "a/y.txt", "z.md"];
        let list = paths.map(|path| (path, M));
        assert_eq!(
            matched(filter, &list),
            ["README.md by README.md", "a/(x)/b.md by a/(x)/b.md", "a/x by a/**", "a/y.txt by a/*.{md,txt}"]
        );
    }

    #[test]
    fn a_line_break_hides_no_file_from_an_ordered_list() {
        let list = [("src/a\nb", M), ("src/gen/a\rb", M), ("src/x\u{2028}y.md", M)];
        let filter = ordered(&["src/**", "!src/gen/**", "!**/*.md"]);
        assert_eq!(matched(filter, &list), ["src/a\\nb by src/**"]);
        assert_eq!(matched(flat(Quantifier::Some, &[("src/**", Statuses::ANY)]), &list), [""; 0]);
    }

    #[test]
    fn under_some_a_negated_pattern_widens() {
        let filter = flat(Quantifier::Some, &[("src/**", Statuses::ANY), ("!**/*.md", Statuses::ANY)]);
        let list = [("README.md", M), ("src/b.md", M), ("x.rs", M)];
        assert_eq!(matched(filter, &list), ["src/b.md by src/**", "x.rs by !**/*.md"]);
    }

    #[test]
    fn under_every_all_rules_must_hold() {
        let filter = flat(Quantifier::Every, &[("src/**", Statuses::ANY), ("!**/*.md", Statuses::ANY)]);
        assert_eq!(matched(filter, &[("src/a.rs", M), ("src/b.md", M), ("x", M)]), ["src/a.rs by !**/*.md"]);
        assert_eq!(matched(flat(Quantifier::Every, &[]), &[("x", M)]), ["x by *"]);
        assert_eq!(matched(flat(Quantifier::Some, &[]), &[("x", M)]), [""; 0]);
    }

    #[test]
    fn exclusions_are_final_and_know_statuses() {
        let deleted = Statuses::word("deleted").unwrap();
        let rules = [("!src/gen/**", deleted), ("src/**", Statuses::ANY)];
        let list = [("src/a", M), ("src/gen/a", M), ("src/gen/b", Status::Deleted)];
        let filter = flat(Quantifier::SomeWithExcludes, &rules);
        assert_eq!(matched(filter, &list), ["src/a by src/**", "src/gen/a by src/**"]);
        let only_exclusions = flat(Quantifier::SomeWithExcludes, &[("!src/**", Statuses::ANY)]);
        assert_eq!(matched(only_exclusions, &[("x", M)]), [""; 0]);
    }

    #[test]
    fn what_an_exclusion_takes_back_is_told_from_what_no_pattern_is_about() {
        let taken_back = |filter: Filter, list: &[(&str, Status)]| -> Vec<String> {
            let (filters, changes) = (Filters::new(vec![filter, ordered(&["**/*.rs"])]), changes(list));
            let matches = matches(&filters, &changes);
            assert!(matches.taken_back.iter().all(|(id, change)| {
                *id == Filters::id(0) && matches.unmatched.iter().any(|other| other.path == change.path)
            }));
            matches.taken_back.iter().map(|(_, change)| change.path.to_string()).collect()
        };
        let list = [("src/a.md", M), ("src/b.rs", M), ("src/c", M), ("x.md", M), ("x", M)];
        let rules = [("src/**", Statuses::ANY), ("!**/*.md", Statuses::ANY)];
        assert_eq!(taken_back(ordered(&["src/**", "!**/*.md"]), &list), ["src/a.md"]);
        assert_eq!(taken_back(flat(Quantifier::SomeWithExcludes, &rules), &list), ["src/a.md"]);
        assert_eq!(taken_back(flat(Quantifier::Every, &rules), &list), ["src/a.md"]);
        assert_eq!(taken_back(flat(Quantifier::Every, &[rules[0], ("b/**", Statuses::ANY), rules[1]]), &list), [""; 0]);
        assert_eq!(taken_back(flat(Quantifier::Some, &rules[..1]), &list), [""; 0]);
        let added = Statuses::word("added").unwrap();
        let only_added = Filter::Ordered(vec![FilterEntry { statuses: added, ..entry("src/**") }, entry("!**/*.md")]);
        assert_eq!(taken_back(only_added, &list), [""; 0]);
    }

    #[test]
    fn a_type_change_counts_as_modified() {
        let modified = Statuses::word("modified").unwrap();
        let list = [("a", Status::TypeChanged), ("b", Status::Added)];
        assert_eq!(matched(flat(Quantifier::Some, &[("**", modified)]), &list), ["a by **"]);
    }

    #[test]
    fn threads_change_nothing() {
        let filters = Filters::new(vec![ordered(&["a/**"]), ordered(&["b/**", "!b/1*"])]);
        let paths: Vec<String> = (0..2 * CHUNK).map(|n| format!("{}/{n:04}", ["a", "b", "c"][n % 3])).collect();
        let all = changes(&paths.iter().map(|path| (path.as_str(), M)).collect::<Vec<_>>());
        let (first, second) = all.as_slice().split_at(CHUNK);
        let (first, second) = (ChangeSet::new(first.to_vec()), ChangeSet::new(second.to_vec()));
        let (whole, first, second) = (matches(&filters, &all), matches(&filters, &first), matches(&filters, &second));
        let paths = |matches: &Matches, id| -> Vec<RepoPath> {
            matches.of(Filters::id(id)).iter().map(|found| found.change.path.clone()).collect()
        };
        for id in 0..2 {
            assert!(!paths(&whole, id).is_empty());
            assert_eq!(paths(&whole, id), [paths(&first, id), paths(&second, id)].concat());
        }
        assert_eq!(whole.unmatched.len(), first.unmatched.len() + second.unmatched.len());
    }

    fn some_filter() -> impl Strategy<Value = Filter> {
        let text = || prop::sample::select(vec!["a/**", "**/*.md", "!**/*.md", "a/b", "b/**", "!b/**", "**", "!a/c"]);
        let status = || prop::sample::select(vec!["added", "modified", "deleted", ""]);
        let some = (text(), status()).prop_map(|(text, word)| (text, Statuses::word(word).unwrap_or(Statuses::ANY)));
        let rules = [Quantifier::Some, Quantifier::Every, Quantifier::SomeWithExcludes];
        let quantifier = prop::sample::select([None].into_iter().chain(rules.map(Some)).collect::<Vec<_>>());
        (quantifier, prop::collection::vec(some, 0..5)).prop_map(|(quantifier, list)| match quantifier {
            Some(quantifier) => flat(quantifier, &list),
            None => Filter::Ordered(
                list.iter().map(|(text, statuses)| FilterEntry { statuses: *statuses, ..entry(text) }).collect(),
            ),
        })
    }

    proptest! {
        #[test]
        fn all_together_match_what_each_does_alone(
            list in prop::collection::vec(some_filter(), 1..8),
            path in "(a|b|c)(/[abc](\\.md)?){0,2}",
            status in prop::sample::select(vec![M, Status::Added, Status::Deleted]),
        ) {
            let filters = Filters::new(list.clone());
            let change = Change::new(RepoPath::from_git(path.as_str()), status);
            let found = matches_of(&filters, &change);
            for (position, filter) in list.iter().enumerate() {
                let id = Filters::id(position);
                let hits: Vec<(Owner, bool)> = filter
                    .patterns()
                    .filter(|(_, _, pattern)| pattern.value.matches(path.as_bytes()) != Verdict::No)
                    .map(|(rule, pattern, _)| (Owner { filter: id, rule, pattern }, false))
                    .collect();
                let always = filters.always().contains(&id);
                let alone = filter.decide(status, &hits).filter(|_| !hits.is_empty());
                let alone = alone.map(|(owner, _)| filter.pattern(owner.rule, owner.pattern).value.text().to_owned());
                let together = found.iter().find(|(other, _)| *other == id);
                let together = together.map(|(_, found)| found.pattern.map(|pattern| pattern.value.text().to_owned()));
                prop_assert_eq!(together, if always { Some(None) } else { alone.map(Some) });
            }
        }
    }
}
