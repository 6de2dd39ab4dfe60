use bstr::ByteSlice as _;

use super::{Effect, Filter, Quantifier};
use crate::diagnostic::Located;
use crate::glob::{GlobIndex, Pattern};

/// The place of a filter in [`Filters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilterId(usize);

/// All filters of a configuration, compiled together.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    list: Vec<Filter>,
    /// Filters that match every change without any pattern.
    always: Vec<FilterId>,
    index: GlobIndex,
    /// What each pattern of the index belongs to.
    owners: Vec<Owner>,
    shape: Shape,
}

/// Whose rules the patterns follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// Ordered lists alone.
    #[default]
    Ordered,
    /// paths-filter's, in some filter.
    PathsFilter,
}

/// What `.` does not take in JavaScript.
const LINE_BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// The bytes with which one of them begins.
const FIRST_BYTES: &[u8] = b"\n\r\xe2";

/// The filter and the rule (or the entry) that a pattern of the index stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) filter: FilterId,
    pub(super) rule: usize,
    pub(super) pattern: usize,
}

impl Filters {
    /// Compiles filters. The id of each is its position.
    #[must_use]
    pub fn new(filters: Vec<Filter>) -> Self {
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        let mut always = Vec::new();
        for (id, filter) in filters.iter().enumerate() {
            let filter_id = FilterId(id);
            for (rule, pattern, located) in filter.patterns() {
                owners.push(Owner { filter: filter_id, rule, pattern });
                patterns.push(located.value.clone());
            }
            if matches!(filter, Filter::PathsFilter { quantifier: Quantifier::Every, rules } if rules.is_empty()) {
                always.push(filter_id);
            }
        }
        let flat = filters.iter().any(|filter| matches!(filter, Filter::PathsFilter { .. }));
        let shape = if flat { Shape::PathsFilter } else { Shape::Ordered };
        Self { list: filters, always, index: GlobIndex::new(patterns), owners, shape }
    }

    /// Returns the id of the filter that will stand, or stands, at a position.
    #[must_use]
    pub fn id(position: usize) -> FilterId {
        FilterId(position)
    }

    /// Returns a filter.
    #[must_use]
    pub fn get(&self, id: FilterId) -> &Filter {
        &self.list[id.0]
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

    /// Puts the patterns that match a path into `hits`, in ascending order, after emptying it; each with whether it is
    /// in doubt.
    ///
    /// To picomatch a line break ends what `**` takes, so that `src/**` misses a file `src/a\nb`. A flat file keeps to
    /// that; the structured shape promises never to miss a rebuild, so there such a path is also read with an ordinary
    /// character in the place of each line break.
    pub(super) fn hits(&self, path: &[u8], hits: &mut Vec<(Owner, bool)>) {
        let mut found = Vec::new();
        self.index.matches(path, &mut found);
        if self.shape == Shape::Ordered && path.find_byteset(FIRST_BYTES).is_some() {
            let mut more = Vec::new();
            let text = path.to_str_lossy().replace(LINE_BREAKS, "_");
            self.index.matches(text.as_bytes(), &mut more);
            found.append(&mut more);
            found.sort_unstable();
            found.dedup_by_key(|hit| hit.pattern);
        }
        hits.clear();
        hits.extend(found.iter().map(|hit| (self.owners[hit.pattern], hit.doubt)));
    }

    pub(super) fn always(&self) -> &[FilterId] {
        &self.always
    }
}

impl Filter {
    /// Returns directories in which, or at which, everything lies that can match; an empty one is the root.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        let everything = match self {
            Self::PathsFilter { quantifier: Quantifier::Every, rules } if rules.is_empty() => Some(""),
            Self::Ordered(_) | Self::PathsFilter { .. } => None,
        };
        let includes = move |rule: usize| match self {
            Self::Ordered(entries) => entries[rule].effect == Effect::Include,
            Self::PathsFilter { .. } => true,
        };
        let of_patterns = self.patterns().filter(move |(rule, _, _)| includes(*rule));
        everything.into_iter().chain(of_patterns.map(|(_, _, pattern)| pattern.value.directory()))
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
    /// Returns every pattern with the position of its rule (or entry) and its own position in that.
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

    /// Returns the pattern of a rule (or entry).
    ///
    /// # Panics
    /// When the filter has none there.
    #[must_use]
    pub fn pattern(&self, rule: usize, pattern: usize) -> &Located<Pattern> {
        match self {
            Self::Ordered(entries) => &entries[rule].pattern,
            Self::PathsFilter { rules, .. } => &rules[rule].patterns[pattern],
        }
    }
}
