//! The patterns by which a workspace names its packages.

use std::collections::BTreeMap;

use crate::glob::{Pattern, Verdict};

/// The patterns of a workspace's packages, relative to its root.
#[derive(Debug, Clone)]
pub(super) struct MemberGlobs {
    /// What each pattern means for the directories that it matches, in order.
    means: Vec<Means>,
    /// By directory: the patterns that name only this directory, as positions in `means`. There may be thousands.
    single: BTreeMap<String, Vec<usize>>,
    /// All other patterns, with their positions in `means`.
    wild: Vec<(usize, Pattern)>,
    order: Order,
}

/// What a pattern means for a directory that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Member,
    Excluded,
}

/// Which pattern decides about a directory that some patterns include and others exclude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The last pattern.
    Last,
    /// An excluding pattern, at any position.
    Any,
}

impl MemberGlobs {
    /// Reads patterns; a leading `!` excludes. Also returns those texts that are not valid patterns.
    pub(super) fn read<'t>(texts: impl IntoIterator<Item = &'t str>, order: Order) -> (Self, Vec<&'t str>) {
        let (mut globs, mut broken) =
            (Self { means: Vec::new(), single: BTreeMap::new(), wild: Vec::new(), order }, Vec::new());
        for text in texts {
            let (means, tidy) =
                text.trim().strip_prefix('!').map_or((Means::Member, text.trim()), |rest| (Means::Excluded, rest));
            let tidy = tidy.strip_prefix("./").unwrap_or(tidy).trim_start_matches('/').trim_end_matches('/');
            let tidy = if tidy.is_empty() { "." } else { tidy };
            let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
            let position = globs.means.len();
            if tidy.chars().all(is_plain) {
                globs.single.entry(tidy.to_owned()).or_default().push(position);
            } else if let Ok(pattern) = Pattern::parse(tidy) {
                globs.wild.push((position, pattern));
            } else {
                broken.push(text);
                continue;
            }
            globs.means.push(means);
        }
        (globs, broken)
    }

    /// Whether the patterns name a directory, which is given by its path from the root of the workspace. As in the
    /// package managers, a wildcard does not match a name that begins with a dot, and no pattern matches a directory in
    /// `node_modules`.
    pub(super) fn contain(&self, directory: &str) -> bool {
        let mut parts = directory.split('/');
        if parts.clone().any(|part| part == "node_modules") {
            return false;
        }
        let is_hidden = directory != "." && parts.any(|part| part.starts_with('.'));
        let names = |pattern: &Pattern| {
            let spells_dots = pattern.text().starts_with('.') || pattern.text().contains("/.");
            (!is_hidden || spells_dots) && pattern.matches(directory.as_bytes()) != Verdict::No
        };
        let single = self.single.get(directory).into_iter().flatten().copied();
        let wild = self.wild.iter().filter(|(_, pattern)| names(pattern)).map(|(position, _)| *position);
        let matching = || single.clone().chain(wild.clone());
        match self.order {
            Order::Last => matching().max().is_some_and(|last| self.means[last] == Means::Member),
            Order::Any => {
                matching().next().is_some() && matching().all(|position| self.means[position] == Means::Member)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contained(patterns: &[&str], order: Order) -> Vec<&'static str> {
        let (globs, _) = MemberGlobs::read(patterns.iter().copied(), order);
        let all = [".", "a", "a/b", "a/b/c", "a/.b", "a/node_modules/x", "d", "d/test/e"];
        all.into_iter().filter(|directory| globs.contain(directory)).collect()
    }

    #[test]
    fn patterns_name_directories() {
        assert_eq!(contained(&["./a/*/", "d"], Order::Last), ["a/b", "d"]);
        assert_eq!(contained(&["**"], Order::Last), ["a", "a/b", "a/b/c", "d", "d/test/e"]);
        assert_eq!(contained(&["a/.*"], Order::Last), ["a/.b"]);
        assert_eq!(contained(&["a/.b", "a", "!a", "./d/test/e/"], Order::Last), ["a/.b", "d/test/e"]);
        assert_eq!(contained(&["{a,d}/**"], Order::Last), ["a", "a/b", "a/b/c", "d", "d/test/e"]);
    }

    #[test]
    fn the_last_pattern_decides_or_any_that_takes_back() {
        assert_eq!(contained(&["a/**", "!a/b/**", "a/b/c"], Order::Last), ["a", "a/b/c"]);
        assert_eq!(contained(&["a/**", "!a/b/**", "a/b/c"], Order::Any), ["a"]);
        assert_eq!(contained(&["**", "!**/test/**"], Order::Any), ["a", "a/b", "a/b/c", "d"]);
        assert!(MemberGlobs::read(["a", "b\\"], Order::Any).1 == ["b\\"]);
    }
}
