//! Matching of paths that may have unknown files below them: submodules, and directories that cannot be read.

use super::simple;
use super::{Pattern, Verdict};
use bstr::ByteSlice as _;
use std::collections::BTreeMap;

/// Positions of patterns, by the directory of each pattern ([`Pattern::directory`]). They serve to find the patterns
/// that may match something below a path.
#[derive(Debug, Clone, Default)]
pub(super) struct Directories(BTreeMap<String, Vec<usize>>);

impl Pattern {
    /// Returns whether the pattern matches the path. If it does not, but could match something below the path, returns
    /// [`Verdict::Doubt`]. For a negated pattern, only the path itself counts.
    #[must_use]
    pub fn matches_or_leads_below(&self, path: &[u8]) -> Verdict {
        match self.matches(path) {
            Verdict::No if !self.is_negated() && self.leads_below(&path.to_str_lossy()) => Verdict::Doubt,
            verdict => verdict,
        }
    }

    fn leads_below(&self, path: &str) -> bool {
        // Everything lies below the root.
        if path.is_empty() {
            return true;
        }
        if let Some(text) = self.simple_text() {
            return simple::leads_below(text, path);
        }
        let directory = self.directory();
        is_at_or_below(directory, path) || is_at_or_below(path, directory)
    }
}

impl Directories {
    /// Groups the positions of the patterns, counted from 0, by the directory of each pattern.
    pub(super) fn of<'p>(patterns: impl Iterator<Item = &'p Pattern>) -> Self {
        let mut directories: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, pattern) in patterns.enumerate() {
            directories.entry(closed(pattern.directory())).or_default().push(position);
        }
        Self(directories)
    }

    /// Returns the positions of the patterns whose directory is the path, or is above or below the path.
    pub(super) fn around<'a>(&'a self, path: &'a str) -> impl Iterator<Item = usize> + 'a {
        let root = self.0.get("");
        let above = path.match_indices('/').filter_map(|(slash, _)| self.0.get(&path[..=slash]));
        let own = closed(path);
        let below = self.0.range(own.clone()..).take_while(move |(directory, _)| directory.starts_with(&own));
        root.into_iter().chain(above).chain(below.map(|(_, positions)| positions)).flatten().copied()
    }
}

/// Returns a directory with a slash at the end, and the empty text for the root.
fn closed(directory: &str) -> String {
    if directory.is_empty() { String::new() } else { format!("{directory}/") }
}

/// Whether a path is that of a directory, or lies below it. The empty text is the root.
#[must_use]
pub fn is_at_or_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::{GlobIndex, Hit};
    use proptest::prelude::*;

    fn verdict(pattern: &str, path: &str) -> Verdict {
        Pattern::parse(pattern).unwrap().matches_or_leads_below(path.as_bytes())
    }

    #[test]
    fn a_pattern_leads_below_what_it_could_match_something_in() {
        for pattern in [
            "vendor/lib/src/**",
            "vendor/lib/*",
            "vendor/*/src/x.c",
            "v*/{lib,other}/x",
            "**/*.md",
            "**/src/x",
            "vendor/**/x",
            "*/*/x",
            "vendor/lib/[ab].c",
            "vendor/[l]ib/x",
            "vendor/!(x)/y",
            "+(vendor)/lib/x",
            "./vendor/lib/x",
        ] {
            assert_eq!(verdict(pattern, "vendor/lib"), Verdict::Doubt, "{pattern}");
        }
        for pattern in [
            "vendor/other/src/**",
            "vendor/li/x",
            "vendor/libs/**",
            "vendor/*.c",
            "vendor",
            "lib/**",
            "*",
            "*/x/**",
            "other/[ab]/**",
            "!vendor/lib/**",
            "!vendor/lib",
        ] {
            assert_eq!(verdict(pattern, "vendor/lib"), Verdict::No, "{pattern}");
        }
        for pattern in ["vendor/lib", "vendor/*", "vendor/lib/**", "**", "!vendor/lib/src/**", "!**/*.md"] {
            assert_eq!(verdict(pattern, "vendor/lib"), Verdict::Yes, "{pattern}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let fragment = prop::sample::select(vec![
            "a", "b", "c", "/", "/", "/", "*", "**", "/**/", "?", "[ab]", "{a,b}", "@(a|b)", "?(a)",
        ]);
        prop::collection::vec(fragment, 1..8).prop_map(|fragments| fragments.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_matches_below_a_path_leads_below_it(text in text(), path in "[abc](/[abc]){0,2}", below in "(/[abc]){1,3}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                let matches = pattern.matches([path.as_bytes(), below.as_bytes()].concat().as_slice()) != Verdict::No;
                prop_assert!(!matches || pattern.matches_or_leads_below(path.as_bytes()) != Verdict::No);
            }
        }

        #[test]
        fn the_index_finds_what_trying_all_finds(
            texts in prop::collection::vec(text(), 1..12),
            path in "[abc](/[abc]){0,3}",
        ) {
            let patterns: Vec<Pattern> = texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
            let index = GlobIndex::new(patterns.clone());
            let mut hits: Vec<Hit> = Vec::new();
            index.search().matches_or_leads_below(path.as_bytes(), &mut hits);
            let mut found: Vec<usize> = hits.iter().flat_map(|hit| index.positions(hit.text)).copied().collect();
            found.sort_unstable();
            let all: Vec<usize> = (0..patterns.len())
                .filter(|at| patterns[*at].matches_or_leads_below(path.as_bytes()) != Verdict::No)
                .collect();
            prop_assert_eq!(found, all, "{:?} {}", patterns, path);
        }
    }
}
