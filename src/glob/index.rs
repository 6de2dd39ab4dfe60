use super::Pattern;
use super::below::Directories;
use super::key::{Demand, Part};
use super::search::GlobSearch;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use std::sync::OnceLock;

/// An index over many patterns. It finds the patterns that match a path, and tries only the few that could match it.
///
/// A pattern requires literal segments of a path, or segments with a literal beginning or end: `services/api/*.rs`
/// requires the segments `services` and `api`, and a segment that ends in `.rs`. The index files a pattern under the
/// requirement that the fewest patterns share. For a path, the index only tries the patterns that are filed under one
/// of the path's few segments. It tries a pattern that requires nothing (`**`, `!docs/**`) for every path. If many
/// services use the same text, it is tried once.
///
/// The index is `Sync`: several threads can match paths in parallel, each with a search of its own.
#[derive(Debug, Clone, Default)]
pub struct GlobIndex {
    /// The patterns, each text once. The value lists the positions, in the arguments of [`GlobIndex::new`], of all
    /// patterns with that text.
    patterns: IndexMap<Pattern, Vec<usize>, RandomState>,
    /// Positions in `patterns`, by a segment that a path must have. `beginnings` and `endings` are by the beginning and
    /// the end of such a segment.
    whole: PositionsByText,
    beginnings: PositionsByText,
    endings: PositionsByText,
    /// Positions in `patterns` of the patterns that are tried for every path.
    anything: Vec<usize>,
    /// All positions in `patterns`, by directory. They are computed when [`GlobSearch::matches_or_leads_below`] first
    /// needs them.
    directories: OnceLock<Directories>,
}

/// Positions in [`GlobIndex::patterns`], by the text of a segment, or of its beginning or end.
#[derive(Debug, Clone, Default)]
struct PositionsByText {
    filed: IndexMap<String, Vec<usize>, RandomState>,
    /// The different lengths of the texts, in bytes.
    lengths: Vec<usize>,
}

impl PositionsByText {
    fn file(&mut self, text: &str, position: usize) {
        self.filed.entry(text.to_owned()).or_default().push(position);
        if !self.lengths.contains(&text.len()) {
            self.lengths.push(text.len());
        }
    }

    fn get(&self, text: &str) -> &[usize] {
        self.filed.get(text).map_or(&[], Vec::as_slice)
    }
}

/// A text that matches a path. One or more patterns have this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The number of the text. [`GlobIndex::positions`] returns the positions of the patterns with this text.
    pub text: usize,
    /// Whether it is not certain that the text matches ([`Verdict::Doubt`](super::Verdict::Doubt)). The hit counts as a
    /// match all the same.
    pub doubt: bool,
}

impl GlobIndex {
    /// Builds the index. The position of a pattern is its index in `patterns`, counted from 0.
    #[must_use]
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        let mut index = Self::default();
        for (position, pattern) in patterns.into_iter().enumerate() {
            index.patterns.entry(pattern).or_default().push(position);
        }
        // A literal pattern needs no requirement: it only matches its own text, and a search looks up the text.
        let patterns = index.patterns.keys();
        let demands: Vec<Option<Vec<Demand>>> =
            patterns.map(|pattern| (!pattern.is_literal()).then(|| pattern.demands())).collect();
        let mut common: IndexMap<(Part, &str), usize, RandomState> = IndexMap::default();
        for demand in demands.iter().flatten().flatten() {
            for text in &demand.texts {
                *common.entry((demand.part, text)).or_default() += 1;
            }
        }
        let shared = |demand: &Demand| demand.texts.iter().map(|text| common[&(demand.part, &**text)]).sum::<usize>();
        for (position, demands) in demands.iter().enumerate() {
            let Some(demands) = demands else { continue };
            let Some(rarest) = demands.iter().min_by_key(|demand| (shared(demand), demand.part)) else {
                index.anything.push(position);
                continue;
            };
            let shelf = match rarest.part {
                Part::Whole => &mut index.whole,
                Part::Beginning => &mut index.beginnings,
                Part::Ending => &mut index.endings,
            };
            for text in &rarest.texts {
                shelf.file(text, position);
            }
        }
        index
    }

    /// Returns the number of different texts that the patterns have. The texts are numbered from 0, in the order of
    /// their first use.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.patterns.len()
    }

    /// Returns the positions of the patterns whose text has this number, ascending.
    ///
    /// # Panics
    /// When no text has this number.
    #[must_use]
    pub fn positions(&self, text: usize) -> &[usize] {
        &self.patterns[text]
    }

    /// Begins a search.
    #[must_use]
    pub fn search(&self) -> GlobSearch<'_> {
        GlobSearch::of(self)
    }

    /// Adds to `found` the numbers of the texts that are filed under a segment of a path.
    pub(super) fn look_up(&self, segment: &str, found: &mut Vec<usize>) {
        found.extend(self.whole.get(segment));
        for length in &self.beginnings.lengths {
            found.extend(segment.get(..*length).map_or(&[][..], |text| self.beginnings.get(text)));
        }
        for length in &self.endings.lengths {
            let text = segment.len().checked_sub(*length).and_then(|start| segment.get(start..));
            found.extend(text.map_or(&[][..], |text| self.endings.get(text)));
        }
    }

    /// Returns the numbers of the texts that are tried for every path.
    pub(super) fn anything(&self) -> &[usize] {
        &self.anything
    }

    /// Returns the number of a text; `None` if no pattern has this text.
    pub(super) fn text(&self, text: &str) -> Option<usize> {
        self.patterns.get_index_of(text)
    }

    /// Returns the pattern whose text has this number; `None` if no text has it.
    pub(super) fn pattern(&self, text: usize) -> Option<&Pattern> {
        self.patterns.get_index(text).map(|(pattern, _)| pattern)
    }

    /// Returns the numbers of all texts, by the directory of their pattern.
    pub(super) fn directories(&self) -> &Directories {
        self.directories.get_or_init(|| Directories::of(self.patterns.keys()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Verdict;
    use proptest::prelude::*;

    fn index(texts: impl IntoIterator<Item = impl AsRef<str>>) -> GlobIndex {
        GlobIndex::new(texts.into_iter().map(|text| Pattern::parse(text.as_ref()).unwrap()))
    }

    fn hits(index: &GlobIndex, path: &str) -> Vec<usize> {
        let mut hits = vec![Hit { text: 9, doubt: true }];
        index.search().matches(path.as_bytes(), &mut hits);
        assert!(hits.is_sorted());
        let mut positions = hits.iter().flat_map(|hit| index.positions(hit.text)).copied().collect::<Vec<_>>();
        positions.sort_unstable();
        positions
    }

    #[test]
    fn the_same_text_hits_for_all() {
        let index = index(["**/*.md", "docs/**", "!src/**", "docs/**", "a\\*b", "docs"]);
        assert_eq!(index.texts(), 5);
        assert_eq!(hits(&index, "docs/a.md"), [0, 1, 2, 3]);
        assert_eq!(hits(&index, "docs"), [1, 2, 3, 5]);
        assert_eq!(hits(&index, "src/a.rs"), [0; 0]);
        // The path is the text of a pattern, though the pattern's escape means another path.
        assert_eq!(hits(&index, "a\\*b"), [2, 4]);
    }

    #[test]
    fn doubt_is_told() {
        let index = index([format!("{{{}}}", vec!["x*a*b*"; 9_000].join(","))]);
        let mut hits = Vec::new();
        index.search().matches("ab".repeat(5_000).as_bytes(), &mut hits);
        assert_eq!(hits, [Hit { text: 0, doubt: true }]);
    }

    #[test]
    fn few_of_many_patterns_are_tried() {
        let texts = (0..5000).flat_map(|service| {
            [
                format!("services/team-{}/svc-{service}/**", service % 20),
                format!(".github/workflows/svc-{service}.y?(a)ml"),
                format!("libs/lib-{}/**/*.{{ts,tsx}}", service % 50),
                format!("docs/**/svc-{service}-*.html"),
                "**/*.md".to_owned(),
            ]
        });
        let index = index(texts);
        for (path, matching, most) in [
            ("services/team-7/svc-4007/src/main.rs", 1, 1),
            (".github/workflows/svc-17.yml", 1, 1),
            ("libs/lib-3/src/x.ts", 100, 1),
            ("docs/en/svc-17-all.html", 1, 1),
            ("services/team-7/svc-4007/README.md", 5001, 2),
            ("tools/x.go", 0, 0),
        ] {
            let mut search = index.search();
            search.matches(path.as_bytes(), &mut Vec::new());
            assert!(search.tried() <= most, "{path}");
            assert_eq!(hits(&index, path).len(), matching, "{path}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let fragment = prop::sample::select(vec![
            "a", "b", "c", "/", "/", "/", "*", "**", "/**/", "?", ".", ".md", "[ab]", "{a,b}", "{a/b,c}", "@(a|b)",
            "?(a)", "!(a)", "!", "\\", "\"", "(a|b/)", "./",
        ]);
        prop::collection::vec(fragment, 1..7).prop_map(|fragments| fragments.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_index_finds_what_trying_all_finds(
            texts in prop::collection::vec(text(), 1..12),
            paths in prop::collection::vec("[abc.]{1,3}(/[abc.]{1,2}){0,3}(\\.md)?/?", 1..8),
        ) {
            let patterns: Vec<Pattern> = texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
            let index = GlobIndex::new(patterns.clone());
            let (mut search, mut hits) = (index.search(), Vec::new());
            for path in paths.iter().chain(&texts) {
                search.matches(path.as_bytes(), &mut hits);
                let mut found: Vec<usize> =
                    hits.iter().flat_map(|hit| index.positions(hit.text)).copied().collect();
                found.sort_unstable();
                let all: Vec<usize> = (0..patterns.len())
                    .filter(|position| patterns[*position].matches(path.as_bytes()) != Verdict::No)
                    .collect();
                prop_assert_eq!(found, all, "{:?} {}", patterns, path);
            }
        }
    }
}
