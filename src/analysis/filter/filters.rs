use std::ops::Range;
use std::sync::OnceLock;

use bstr::ByteSlice as _;

use super::{Cover, Effect, Filter, FlatRule, Quantifier};
use crate::glob::{GlobIndex, GlobSearch, Hit, Pattern};
use crate::model::change::Extent;
use crate::model::diagnostic::Located;

/// The position of a filter in [`Filters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilterId(usize);

/// All filters of a configuration, compiled together.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    list: Vec<Filter>,
    /// The covers of the filters, computed on first use.
    covers: Vec<OnceLock<Cover>>,
    /// The filters that match every change: those with the quantifier `every` and without rules.
    always: Vec<FilterId>,
    index: GlobIndex,
    /// The owners of all texts in the index: first the owners of text 0, then those of text 1, and so on. An owner of a
    /// text is the position in a filter of a pattern with this text.
    owners: Vec<Owner>,
    /// The owners of each text, by the number of the text in the index.
    of_text: Vec<Owners>,
    shape: Shape,
}

/// The owners of a text, as ranges of positions in [`Filters::owners`]. Owners whose pattern is leading
/// ([`Filter::leading`]) are in `leading`, the others in `following`. Many services may have the same pattern in
/// `following`, such as the exclusion `**/*.md`. So these owners are only looked at for filters of which a leading
/// pattern matches the path.
#[derive(Debug, Clone)]
struct Owners {
    leading: Range<usize>,
    /// The owners in this range are in the order of their filters.
    following: Range<usize>,
}

/// Which kinds of filters there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// Only ordered lists.
    #[default]
    Ordered,
    /// At least one filter of paths-filter.
    PathsFilter,
}

/// The line breaks that `.` does not match in JavaScript.
const LINE_BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// The first bytes of the [`LINE_BREAKS`] in UTF-8.
pub(super) const FIRST_BYTES: &[u8] = b"\n\r\xe2";

/// Where a pattern is: its filter, the position of its rule (or entry) in the filter, and its position in the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) filter: FilterId,
    pub(super) rule: usize,
    pub(super) pattern: usize,
}

/// The patterns that match a path, sorted by owner, and whether each match is in doubt. The value is reused for many
/// paths.
#[derive(Debug)]
pub(super) struct Hits<'f> {
    filters: &'f Filters,
    search: GlobSearch<'f>,
    texts: Vec<Hit>,
    owners: Vec<(Owner, bool)>,
}

impl<'f> Hits<'f> {
    pub(super) fn of(filters: &'f Filters) -> Self {
        Self { filters, search: filters.index.search(), texts: Vec::new(), owners: Vec::new() }
    }

    /// Finds the patterns that match a path. They replace the patterns of the previous path.
    ///
    /// In picomatch `**` does not match a line break, so `src/**` misses a file whose name contains one. A flat file
    /// behaves the same. The structured shape promises never to miss a rebuild, so it also matches the path with an
    /// ordinary character in place of each line break. For the same reason, a path that stands for everything below it
    /// matches each pattern that could match something below it. Such a match is in doubt, so that an exclusion of a
    /// part does not exclude everything.
    pub(super) fn find(&mut self, path: &[u8], extent: Extent) {
        let Hits { filters, search, texts, owners } = self;
        let mut matches = |path: &[u8], texts: &mut Vec<Hit>| match (filters.shape, extent) {
            (Shape::Ordered, Extent::Below) => search.matches_or_leads_below(path, texts),
            (Shape::PathsFilter, _) | (_, Extent::Path) => search.matches(path, texts),
        };
        matches(path, texts);
        if filters.shape == Shape::Ordered && path.find_byteset(FIRST_BYTES).is_some() {
            let mut more = Vec::new();
            let text = path.to_str_lossy().replace(LINE_BREAKS, "_");
            matches(text.as_bytes(), &mut more);
            texts.append(&mut more);
            texts.sort_unstable();
            texts.dedup_by_key(|hit| hit.text);
        }
        owners.clear();
        for hit in &*texts {
            let leading = &filters.owners[filters.of_text[hit.text].leading.clone()];
            owners.extend(leading.iter().map(|owner| (*owner, hit.doubt)));
        }
        owners.sort_unstable();
        let leading = owners.len();
        for hit in &*texts {
            let following = &filters.owners[filters.of_text[hit.text].following.clone()];
            if following.is_empty() {
                continue;
            }
            for at in 0..leading {
                let filter = owners[at].0.filter;
                if at > 0 && owners[at - 1].0.filter == filter {
                    continue;
                }
                let from = following.partition_point(|owner| owner.filter < filter);
                let of_filter = following[from..].iter().take_while(|owner| owner.filter == filter);
                owners.extend(of_filter.map(|owner| (*owner, hit.doubt)));
            }
        }
        if owners.len() > leading {
            owners.sort_unstable();
        }
    }

    /// Returns the found patterns of one filter after the other. Filters that cannot match with the found patterns are
    /// left out.
    pub(super) fn by_filter(&self) -> impl Iterator<Item = &[(Owner, bool)]> {
        self.owners.chunk_by(|(a, _), (b, _)| a.filter == b.filter)
    }
}

impl Filters {
    /// Compiles filters. The id of a filter is its position in the list.
    #[must_use]
    pub fn new(filters: Vec<Filter>) -> Self {
        let patterns = || filters.iter().flat_map(Filter::patterns).map(|(_, _, pattern)| &pattern.value);
        let mut all = Vec::with_capacity(patterns().count());
        let mut always = Vec::new();
        for (id, filter) in filters.iter().enumerate() {
            let filter_id = FilterId(id);
            let leads = filter.leading();
            for (rule, pattern, located) in filter.patterns() {
                all.push((Owner { filter: filter_id, rule, pattern }, leads(rule, &located.value)));
            }
            if matches!(filter, Filter::PathsFilter { quantifier: Quantifier::Every, rules } if rules.is_empty()) {
                always.push(filter_id);
            }
        }
        let flat = filters.iter().any(|filter| matches!(filter, Filter::PathsFilter { .. }));
        let shape = if flat { Shape::PathsFilter } else { Shape::Ordered };
        let index = GlobIndex::new(patterns().cloned());
        let mut owners = Vec::with_capacity(all.len());
        let mut add = |text: usize, leading: bool| {
            let start = owners.len();
            let of_text = index.positions(text).iter().map(|position| all[*position]);
            owners.extend(of_text.filter(|(_, leads)| *leads == leading).map(|(owner, _)| owner));
            start..owners.len()
        };
        let of_text =
            (0..index.texts()).map(|text| Owners { leading: add(text, true), following: add(text, false) }).collect();
        let covers = vec![OnceLock::new(); filters.len()];
        Self { list: filters, covers, always, index, owners, of_text, shape }
    }

    /// Returns the id of the filter at a position. The filter need not exist yet.
    #[must_use]
    pub fn id(position: usize) -> FilterId {
        FilterId(position)
    }

    /// Returns a filter.
    #[must_use]
    pub fn get(&self, id: FilterId) -> &Filter {
        &self.list[id.0]
    }

    /// Returns the cover of a filter.
    #[must_use]
    pub fn cover(&self, id: FilterId) -> &Cover {
        self.covers[id.0].get_or_init(|| self.list[id.0].cover())
    }

    /// Returns how many filters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no filter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them is a filter of paths-filter.
    pub(super) fn has_flat(&self) -> bool {
        self.shape == Shape::PathsFilter
    }

    pub(super) fn always(&self) -> &[FilterId] {
        &self.always
    }
}

impl Filter {
    /// Returns a function that says whether a pattern in a rule (or entry) is leading. The filter only matches paths
    /// that one of its leading patterns matches. Exclusions are not leading. Negated patterns, which match nearly
    /// everything, are not leading either if the filter needs other patterns too.
    fn leading(&self) -> impl Fn(usize, &Pattern) -> bool {
        let sure = |rule: &FlatRule| !rule.patterns.iter().any(|pattern| pattern.value.is_negated());
        move |at, pattern| match self {
            Self::Ordered(entries) => entries[at].effect == Effect::Include,
            Self::PathsFilter { quantifier: Quantifier::Some, .. } => true,
            Self::PathsFilter { quantifier: Quantifier::Every, rules } => sure(&rules[at]) || !rules.iter().any(sure),
            Self::PathsFilter { quantifier: Quantifier::SomeWithExcludes, .. } => !pattern.is_negated(),
        }
    }

    /// Returns directories that contain everything that the filter can match; the empty text is the root.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        let everything = match self {
            Self::PathsFilter { quantifier: Quantifier::Every, rules } if rules.is_empty() => Some(""),
            Self::Ordered(_) | Self::PathsFilter { .. } => None,
        };
        everything.into_iter().chain(self.including().map(|pattern| pattern.value.directory()))
    }

    /// Returns the patterns that can make a change match.
    pub fn including(&self) -> impl Iterator<Item = &Located<Pattern>> {
        let includes = move |rule: usize| match self {
            Self::Ordered(entries) => entries[rule].effect == Effect::Include,
            Self::PathsFilter { .. } => true,
        };
        self.patterns().filter(move |(rule, _, _)| includes(*rule)).map(|(_, _, pattern)| pattern)
    }
}

impl FilterId {
    /// Returns the position, from 0.
    #[must_use]
    pub fn position(self) -> usize {
        self.0
    }
}

impl Filter {
    /// Returns every pattern with the position of its rule (or entry), and its own position in the rule.
    pub fn patterns(&self) -> impl Iterator<Item = (usize, usize, &Located<Pattern>)> {
        let (entries, rules) = match self {
            Self::Ordered(entries) => (entries.as_slice(), [].as_slice()),
            Self::PathsFilter { rules, .. } => ([].as_slice(), rules.as_slice()),
        };
        let entries = entries.iter().enumerate().map(|(position, entry)| (position, 0, &entry.pattern));
        let rules = rules.iter().enumerate().flat_map(|(position, rule)| {
            rule.patterns.iter().enumerate().map(move |(within, pattern)| (position, within, pattern))
        });
        entries.chain(rules)
    }

    /// Returns a pattern by the position of its rule (or entry), and its own position in the rule.
    ///
    /// # Panics
    /// When there is no pattern there.
    #[must_use]
    pub fn pattern(&self, rule: usize, pattern: usize) -> &Located<Pattern> {
        match self {
            Self::Ordered(entries) => &entries[rule].pattern,
            Self::PathsFilter { rules, .. } => &rules[rule].patterns[pattern],
        }
    }
}
