use super::key::{self, Demands};
use super::{Pattern, Verdict};
use bstr::ByteSlice as _;
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// Many patterns at once: says which of them match a path, and tries only the few that could.
///
/// A pattern is filed under the segment that it demands of a path and that the fewest patterns demand, as
/// `services/api/**` demands `services` and `api`; one without such a segment under the extension that it demands,
/// as `**/*.md` does. A path has few segments and one extension, so only what is filed under these is tried.
/// What demands neither (`**`, `!docs/**`) is tried for every path. The same text is tried once, however many
/// services use it.
///
/// The index is `Sync`: match many paths in parallel by asking from many threads.
#[derive(Debug, Clone, Default)]
pub struct GlobIndex {
    patterns: Vec<Pattern>,
    /// The different texts, and the positions of the patterns that have them.
    texts: IndexMap<String, Vec<usize>>,
    /// Positions in `texts`, by what a path must have.
    segments: BTreeMap<String, Vec<usize>>,
    extensions: BTreeMap<String, Vec<usize>>,
    /// Positions in `texts` of what could match any path.
    anything: Vec<usize>,
}

/// A pattern that matches a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The pattern's position in what the index was built from.
    pub pattern: usize,
    /// Whether matching gave up: the pattern counts as matching, and that is said.
    pub doubt: bool,
}

impl GlobIndex {
    /// Builds the index; positions count from 0 in the order of `patterns`.
    #[must_use]
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        let mut index = Self { patterns: patterns.into_iter().collect(), ..Self::default() };
        for (position, pattern) in index.patterns.iter().enumerate() {
            index.texts.entry(pattern.text().to_owned()).or_default().push(position);
        }
        let demands: Vec<Demands> =
            index.texts.values().map(|positions| index.patterns[positions[0]].demands()).collect();
        let mut common: BTreeMap<&str, usize> = BTreeMap::new();
        for text in demands.iter().flat_map(|demands| demands.segments.iter().flatten()) {
            *common.entry(text).or_default() += 1;
        }
        for (text, demands) in demands.iter().enumerate() {
            let rarest = demands
                .segments
                .iter()
                .min_by_key(|segment| segment.iter().map(|text| common[text.as_str()]).sum::<usize>());
            let (keys, filed) = match (rarest, &demands.extension) {
                (Some(segment), _) => (segment, &mut index.segments),
                (None, Some(extension)) => (extension, &mut index.extensions),
                (None, None) => {
                    index.anything.push(text);
                    continue;
                }
            };
            for key in keys {
                filed.entry(key.clone()).or_default().push(text);
            }
        }
        index
    }

    /// Returns the pattern at a position.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn pattern(&self, position: usize) -> &Pattern {
        &self.patterns[position]
    }

    /// Puts the patterns that match a path into `hits`, in ascending order, after emptying it.
    pub fn matches(&self, path: &[u8], hits: &mut Vec<Hit>) {
        self.matches_counted(path, hits);
    }

    /// Does the same, and returns how many different patterns were tried.
    fn matches_counted(&self, path: &[u8], hits: &mut Vec<Hit>) -> usize {
        hits.clear();
        let path = path.to_str_lossy();
        let candidates = self.candidates(&path);
        for candidate in &candidates {
            let positions = &self.texts[*candidate];
            let doubt = match self.patterns[positions[0]].matches_text(&path) {
                Verdict::No => continue,
                verdict => verdict == Verdict::Doubt,
            };
            hits.extend(positions.iter().map(|position| Hit { pattern: *position, doubt }));
        }
        hits.sort_unstable();
        candidates.len()
    }

    /// The texts that could match a path, each once.
    fn candidates(&self, path: &str) -> Vec<usize> {
        let mut candidates = self.anything.clone();
        // A path that is a pattern's text matches it, whatever it demands.
        candidates.extend(self.texts.get_index_of(path));
        candidates.extend(path.split('/').filter_map(|segment| self.segments.get(segment)).flatten());
        candidates
            .extend(key::extension(path).and_then(|extension| self.extensions.get(extension)).into_iter().flatten());
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}
