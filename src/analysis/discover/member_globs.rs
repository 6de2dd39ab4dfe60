//! The patterns by which a workspace names its packages.

use crate::glob::{Pattern, Verdict};

/// The patterns of a workspace's packages, relative to its root.
#[derive(Debug, Clone)]
pub(super) struct MemberGlobs {
    /// Each with whether it takes back what others name.
    patterns: Vec<(Pattern, bool)>,
    order: Order,
}

/// What decides about a directory that some patterns name and others take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The last pattern.
    Last,
    /// Any that takes back.
    Any,
}

impl MemberGlobs {
    /// Reads patterns; a leading `!` takes back. What is no pattern is returned beside.
    pub(super) fn read<'t>(texts: impl IntoIterator<Item = &'t str>, order: Order) -> (Self, Vec<&'t str>) {
        let (mut patterns, mut broken) = (Vec::new(), Vec::new());
        for text in texts {
            let (takes_back, tidy) = text.trim().strip_prefix('!').map_or((false, text.trim()), |rest| (true, rest));
            let tidy = tidy.strip_prefix("./").unwrap_or(tidy).trim_start_matches('/').trim_end_matches('/');
            match Pattern::parse(if tidy.is_empty() { "." } else { tidy }) {
                Ok(pattern) => patterns.push((pattern, takes_back)),
                Err(_) => broken.push(text),
            }
        }
        (Self { patterns, order }, broken)
    }

    /// Whether they name a directory, given by its path from the root of the workspace. Like the package
    /// managers, a wildcard takes no directory that begins with a dot, and none below `node_modules`.
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
        let mut matching =
            self.patterns.iter().filter(|(pattern, _)| names(pattern)).map(|(_, takes_back)| !takes_back);
        match self.order {
            Order::Last => matching.next_back().unwrap_or(false),
            Order::Any => {
                let mut any = false;
                matching.all(|names| {
                    any = true;
                    names
                }) && any
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
