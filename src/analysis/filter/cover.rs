use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Effect, Filter, FilterEntry, Quantifier, Statuses};
use crate::glob::{Pattern, is_at_or_below};

/// The directories in which a filter matches everything, and the directories in which each path must be matched by
/// itself.
///
/// A cover is computed from the patterns alone, without a tree. So the paths of a filter are divided into the same
/// parts at every commit: the directories in [`Cover::whole`], the subdirectories of [`Cover::split`] except for
/// [`Cover::apart`], and single paths in [`Cover::listed`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// Directories in which everything matches; none lies below another. The empty text is the root.
    pub whole: Vec<String>,
    /// Directories in which each subdirectory matches as a whole, unless it is in `apart`. Files directly in such a
    /// directory may match too.
    pub split: Vec<String>,
    /// Subdirectories of the directories in `split` to which further patterns apply.
    pub apart: BTreeSet<String>,
    /// Directories in which some paths may match, and single paths that may match.
    pub listed: Vec<String>,
}

/// How many of the paths below a directory match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// No path matches.
    Nothing,
    /// Some paths may match.
    Part,
    /// Every path matches, whatever the tree holds.
    Whole,
}

/// A pattern of a filter, and the directory that it applies to.
#[derive(Clone, Copy)]
struct Reach<'a> {
    effect: Effect,
    every_status: bool,
    /// Its position in the filter.
    position: usize,
    /// A directory that contains everything that the pattern matches.
    directory: &'a str,
    /// Whether the pattern matches everything in `directory`.
    whole: bool,
    wildcard: bool,
}

impl Filter {
    /// Returns the cover of the filter.
    ///
    /// In a flat file, as in paths-filter, a pattern that ends with `/**` does not match names with a line break. The
    /// cover includes them all the same.
    #[must_use]
    pub fn cover(&self) -> Cover {
        match self {
            Self::Ordered(entries) => {
                let taken = entries.iter().filter(|entry| entry.statuses != Statuses::NONE);
                let parts = taken.enumerate().map(|(position, entry)| Reach::of(position, entry));
                Cover::of_parts(&parts.collect::<Vec<_>>())
            }
            Self::PathsFilter { quantifier: Quantifier::Some, rules } => {
                let taken = rules.iter().filter(|rule| rule.statuses != Statuses::NONE);
                let patterns = taken.flat_map(|rule| &rule.patterns);
                let parts = patterns.enumerate().map(|(position, pattern)| Reach::including(position, &pattern.value));
                Cover::of_parts(&parts.collect::<Vec<_>>())
            }
            Self::PathsFilter { quantifier: Quantifier::Every, rules } if rules.is_empty() => {
                Cover { whole: vec![String::new()], ..Cover::default() }
            }
            Self::PathsFilter { .. } => {
                Cover { listed: self.directories().map(str::to_owned).collect(), ..Cover::default() }
            }
        }
    }
}

impl Cover {
    fn of_parts(parts: &[Reach<'_>]) -> Self {
        let mut cover = Self::default();
        let (whole, partial): (Vec<&Reach>, Vec<&Reach>) =
            parts.iter().filter(|part| part.effect == Effect::Include).partition(|part| part.whole);
        cover.listed.extend(partial.into_iter().map(|part| part.directory.to_owned()));
        let mut left: Vec<&str> = whole.into_iter().map(|part| part.directory).collect();
        left.sort_unstable_by(|a, b| by_parts(a, b));
        left.dedup_by(|next, kept| is_at_or_below(next, kept));
        if parts.iter().all(|part| part.effect == Effect::Include) {
            cover.whole.extend(left.into_iter().map(str::to_owned));
            return cover;
        }
        let parts = ByDirectory::of(parts);
        while let Some(directory) = left.pop() {
            let (above, below) = parts.around(directory);
            let all = || above.iter().chain(&below).copied().collect();
            match share(directory, all()) {
                (Share::Nothing, _) => {}
                (Share::Whole, _) => cover.whole.push(directory.to_owned()),
                (Share::Part, Leaves::Open) => cover.listed.push(directory.to_owned()),
                (Share::Part, Leaves::ToDirectoriesBelow) => {
                    let next = below.iter().map(|part| next(part.directory, directory));
                    let next: BTreeSet<&str> = next.collect();
                    if share(directory, above.clone()).0 == Share::Whole {
                        cover.split.push(directory.to_owned());
                        cover.apart.extend(next.iter().map(|next| (*next).to_owned()));
                    }
                    left.extend(next);
                }
            }
        }
        cover
    }
}

/// The patterns of a list by their directories.
struct ByDirectory<'p> {
    /// The patterns in the order of their directories. The patterns of directories below a directory come after those
    /// of the directory itself.
    sorted: Vec<&'p Reach<'p>>,
}

impl<'p> ByDirectory<'p> {
    fn of(parts: &'p [Reach<'p>]) -> Self {
        let mut sorted: Vec<&Reach> = parts.iter().collect();
        sorted.sort_by(|a, b| by_parts(a.directory, b.directory));
        Self { sorted }
    }

    /// Returns the patterns of a directory and of the directories above it, and separately the patterns of the
    /// directories below it.
    fn around(&self, directory: &str) -> (Vec<&'p Reach<'p>>, Vec<&'p Reach<'p>>) {
        let ends = directory.match_indices('/').map(|(slash, _)| slash).chain([directory.len()]);
        let root = (!directory.is_empty()).then_some(0);
        let of_directory = |end: usize| {
            let directory = &directory[..end];
            let start = self.sorted.partition_point(|part| by_parts(part.directory, directory).is_lt());
            self.sorted[start..].iter().take_while(move |part| part.directory == directory)
        };
        let above = root.into_iter().chain(ends).flat_map(of_directory).copied().collect();
        let behind = self.sorted.partition_point(|part| by_parts(part.directory, directory).is_le());
        let is_below = |part: &&&Reach| is_at_or_below(part.directory, directory);
        // The name of the root is empty, and so sorts before all others.
        (above, self.sorted[behind..].iter().take_while(is_below).copied().collect())
    }
}

/// Why patterns do not decide about a directory as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Only because of patterns of directories below it. This is also the value if the patterns do decide.
    ToDirectoriesBelow,
    /// Because of a pattern that may match anything in the directory.
    Open,
}

/// Returns how much of a directory these patterns match, and why it is not everything or nothing.
fn share(directory: &str, mut parts: Vec<&Reach<'_>>) -> (Share, Leaves) {
    parts.sort_unstable_by_key(|part| part.position);
    let names_something = || parts.iter().any(|part| part.effect == Effect::Include && !part.wildcard);
    let mut found = (Share::Nothing, Leaves::ToDirectoriesBelow);
    for part in &parts {
        let is_below = part.directory.len() > directory.len();
        let takes_all = part.whole && !is_below;
        let partly = |leaves| (Share::Part, if is_below { leaves } else { Leaves::Open });
        found = match (part.effect, found) {
            (Effect::Include, _) if takes_all => (Share::Whole, Leaves::ToDirectoriesBelow),
            (Effect::Include, (Share::Whole, _)) => found,
            (Effect::Include, (_, leaves)) => partly(leaves),
            (_, (Share::Nothing, _)) => found,
            (Effect::Exclude | Effect::Cede, _) if takes_all && part.every_status => {
                (Share::Nothing, Leaves::ToDirectoriesBelow)
            }
            (Effect::ExcludeWildcards | Effect::Lockfile, _)
                if takes_all && part.every_status && !names_something() =>
            {
                (Share::Nothing, Leaves::ToDirectoriesBelow)
            }
            (_, (_, leaves)) => partly(leaves),
        };
    }
    found
}

impl<'a> Reach<'a> {
    fn of(position: usize, entry: &'a FilterEntry) -> Self {
        Self {
            effect: entry.effect,
            every_status: entry.statuses == Statuses::ANY,
            ..Self::including(position, &entry.pattern.value)
        }
    }

    fn including(position: usize, pattern: &'a Pattern) -> Self {
        let whole = pattern.whole_directory();
        Self {
            effect: Effect::Include,
            every_status: true,
            position,
            directory: whole.unwrap_or_else(|| pattern.directory()),
            whole: whole.is_some(),
            wildcard: whole.is_some() || pattern.has_wildcard(),
        }
    }
}

/// Compares two paths part by part, so that the paths below a directory directly follow the directory.
fn by_parts(a: &str, b: &str) -> Ordering {
    // The slash counts as the lowest byte. No path has the byte 0.
    let weight = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    let differing = a.as_bytes().iter().zip(b.as_bytes()).find(|(a, b)| a != b);
    differing.map_or_else(|| a.len().cmp(&b.len()), |(a, b)| weight(a).cmp(&weight(b)))
}

/// Returns the direct subdirectory of `directory` that is `below` or contains `below`.
fn next<'a>(below: &'a str, directory: &str) -> &'a str {
    let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
    below[start..].find('/').map_or(below, |slash| &below[..start + slash])
}

#[cfg(test)]
mod tests {
    use super::super::{Filters, FlatRule, members};
    use super::*;
    use crate::model::change;
    use crate::model::diagnostic::{Located, Span};
    use proptest::prelude::*;

    fn entry(text: &str) -> FilterEntry {
        let (text, statuses) = match text.split_once(": ") {
            Some((word, text)) => (text, Statuses::word(word).unwrap_or(Statuses::NONE)),
            None => (text, Statuses::ANY),
        };
        let (effect, text) = match text.split_at(1) {
            ("!", text) => (Effect::Exclude, text),
            ("-", text) => (Effect::ExcludeWildcards, text),
            _ => (Effect::Include, text),
        };
        FilterEntry { effect, statuses, pattern: Located::new(Pattern::parse(text).unwrap(), Span::default()) }
    }

    fn ordered<T: AsRef<str>>(texts: &[T]) -> Filter {
        Filter::Ordered(texts.iter().map(|text| entry(text.as_ref())).collect())
    }

    fn cover(texts: &[&str]) -> [String; 4] {
        let cover = ordered(texts).cover();
        let apart: Vec<String> = cover.apart.into_iter().collect();
        [cover.whole, cover.split, apart, cover.listed].map(|list| list.join(" "))
    }

    #[test]
    fn patterns_alone_tell_what_is_taken_whole() {
        assert_eq!(cover(&["a/b/**", "c.lock", "a/b/c/**", "d/**"]), ["a/b d", "", "", "c.lock"]);
        assert_eq!(cover(&["**"]), ["", "", "", ""].map(str::to_owned));
        assert_eq!(ordered(&["**"]).cover().whole, [""]);
        // An exclusion elsewhere excludes nothing here.
        assert_eq!(cover(&["a/**", "!b/**/*.md"]), ["a", "", "", ""]);
        assert_eq!(cover(&["!**/*.md", "a/**"]), ["a", "", "", ""]);
        assert_eq!(cover(&["a/**", "!**/*.md"]), ["", "", "", "a"]);
        assert_eq!(cover(&["a/**", "b/**", "-b/x/**/*.md"]), ["a", "b", "b/x", "b/x"]);
        assert_eq!(cover(&["a/**", "!a/gen/**"]), ["", "a", "a/gen", ""]);
        assert_eq!(cover(&["a/**", "!a/b/gen/**", "a/b/gen/keep/**"]), ["a/b/gen/keep", "a a/b", "a/b a/b/gen", ""]);
        assert_eq!(cover(&["a/**", "a/gen/keep", "-a/gen/**"]), ["", "a", "a/gen", "a/gen/keep a/gen"]);
        assert_eq!(cover(&["a/**", "deleted: !a/gen/**"]), ["", "a", "a/gen", "a/gen"]);
        assert_eq!(cover(&["added: a/**", "other: b/**", "!c"]), ["a", "", "", ""]);
        assert_eq!(cover(&["a/**", "!a/**"]), ["", "", "", ""]);
    }

    proptest! {
        #[test]
        fn paths_are_compared_part_by_part(a in "[ab+/-]{0,5}", b in "[ab+/-]{0,5}") {
            prop_assert_eq!(by_parts(&a, &b), a.split('/').cmp(b.split('/')));
        }
    }

    fn flat(quantifier: Quantifier, texts: &[&str]) -> Cover {
        let located = |text: &&str| Located::new(Pattern::parse(text).unwrap(), Span::default());
        let rule = |text: &&str| FlatRule { statuses: Statuses::ANY, patterns: vec![located(text)] };
        Filter::PathsFilter { quantifier, rules: texts.iter().map(rule).collect() }.cover()
    }

    #[test]
    fn flat_filters_take_whole_directories_where_one_pattern_is_enough() {
        let found = flat(Quantifier::Some, &["a/**", "!b", "c"]);
        assert_eq!((found.whole, found.listed), (vec!["a".to_owned()], vec![String::new(), "c".to_owned()]));
        assert_eq!(flat(Quantifier::Every, &[]).whole, [""]);
        for quantifier in [Quantifier::Every, Quantifier::SomeWithExcludes] {
            let found = flat(quantifier, &["a/**", "!a/b/**"]);
            assert!(found.whole.is_empty() && found.listed.contains(&"a".to_owned()), "{quantifier:?}");
        }
    }

    impl Cover {
        /// Whether the cover contains, as a whole, a directory above the path.
        fn takes(&self, path: &str) -> bool {
            let above = || path.match_indices('/').map(|(slash, _)| &path[..slash]);
            let parent = |directory: &str| directory.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
            let is_whole = |directory: &str| self.whole.iter().any(|whole| whole == directory);
            is_whole("")
                || above().any(|directory| {
                    is_whole(directory) || self.split.contains(&parent(directory)) && !self.apart.contains(directory)
                })
        }

        /// Whether the path must be matched by itself.
        fn reads(&self, path: &str) -> bool {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            self.split.iter().any(|split| split == parent)
                || self.listed.iter().any(|directory| is_at_or_below(path, directory))
                // A file at the path of such a directory is read on the way to it.
                || self.whole.iter().chain(&self.split).any(|directory| directory == path)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_belongs_is_taken_whole_or_read(
            texts in prop::collection::vec(
                ("(added: |deleted: |other: )?[!-]?", prop::sample::select(vec![
                    "**", "a/**", "a/b/**", "a/b/a/**", "b/**", "a/+/**", "a", "a/b", "a/b/a", "a/*", "**/b", "a/**/b",
                    "*/b/**", "a/[ab]/**", "a/{b,c}", "{a,b}/**", "a/b/*.a", "b/?/**", "./a/**", "a/b/../**",
                ])), 1..7),
            paths in prop::collection::vec("[ab+](/([ab+]|a\nb|\\{b,c\\}|\u{fc}|\\*)){0,4}(\\.a)?", 1..12),
        ) {
            let texts: Vec<String> = texts.into_iter().map(|(before, text)| before + text).collect();
            let filters = Filters::new(vec![ordered(&texts)]);
            let cover = filters.get(Filters::id(0)).cover();
            let found = members(&filters, paths.len(), |at| (paths[at].as_bytes(), change::Extent::Path));
            for (at, path) in paths.iter().enumerate() {
                let belongs = found.of(Filters::id(0)).contains(&at);
                prop_assert!(belongs || !cover.takes(path), "{:?} {:?} {:?}", texts, path, cover);
                prop_assert!(!belongs || cover.takes(path) || cover.reads(path), "{:?} {:?} {:?}", texts, path, cover);
            }
        }
    }
}
