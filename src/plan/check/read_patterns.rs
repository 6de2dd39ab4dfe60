//! Finds a small number of patterns that cover the files that a build read, and few other files.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::positions::Positions;
use super::proposed_patterns::below;
use super::written_patterns::alone;
use crate::analysis::filter::{Filters, members_of_listing};
use crate::glob::{Pattern, Verdict};
use crate::model::name::RepoDir;

/// The depth to which directories are searched. Deeper files are named one by one.
const DEEPEST: usize = 64;

/// The files for which patterns are proposed.
pub(super) struct ReadFiles<'a> {
    pub(super) ground: &'a Ground<'a>,
    /// The positions of the files that were read and that nothing covers, in order.
    pub(super) missed: &'a [usize],
    /// The files that the service's patterns cover already.
    pub(super) cover: &'a Positions,
    /// The files that the service's `exclude` matches. No pattern with a wildcard covers them.
    pub(super) excluded: &'a Positions,
    /// The directories of other services. No pattern may include unread files in them.
    pub(super) others: &'a [RepoDir],
}

impl ReadFiles<'_> {
    /// Returns the patterns. The pattern of a directory replaces the patterns of its files in two cases: if the
    /// directory has at least two uncovered files and all of them were read, or if at least three uncovered files were
    /// read and these are at least half of the uncovered files. The pattern of the root never replaces others, nor does
    /// the pattern of a directory in which another service lies without a read file. The remaining files are grouped in
    /// a similar way: first files of one directory with the same ending, then files of neighbouring directories with
    /// the same name. Files that `exclude` matches are named one by one, since a pattern with a wildcard does not cover
    /// them.
    pub(super) fn patterns(&self) -> Vec<String> {
        let (mut patterns, mut files) = (Vec::new(), Vec::new());
        let (named, missed): (Vec<usize>, Vec<usize>) =
            self.missed.iter().partition(|position| self.excluded.has(**position));
        self.add(&RepoDir::root(), &missed, 0, &mut patterns, &mut files);
        for group in [of_one_kind, of_one_name] {
            let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for file in &files {
                if let Some(pattern) = group(&self.ground.path(*file)) {
                    groups.entry(pattern).or_default().push(*file);
                }
            }
            groups.retain(|_, read| read.len() > 2);
            self.keep_mostly_read(&mut groups);
            let stood_for: BTreeSet<usize> = groups.values().flatten().copied().collect();
            files.retain(|file| !stood_for.contains(file));
            patterns.extend(groups.into_keys());
        }
        patterns.extend(files.iter().chain(&named).filter_map(|file| of_file(&self.ground.path(*file))));
        patterns.sort_unstable();
        patterns
    }

    /// Whether a file is not covered yet, and a new pattern with a wildcard can cover the file.
    fn is_added(&self, position: usize) -> bool {
        !self.cover.has(position) && !self.excluded.has(position)
    }

    /// Keeps the patterns that match at least as many read files as other files that nothing covers.
    fn keep_mostly_read(&self, groups: &mut BTreeMap<String, Vec<usize>>) {
        let parsed = groups.keys().filter_map(|text| Some((text.clone(), Pattern::parse(text).ok()?)));
        let (texts, parsed): (Vec<String>, Vec<Pattern>) = parsed.unzip();
        let listing = self.ground.listing();
        let found = members_of_listing(&alone(parsed.into_iter()), listing);
        let uncovered =
            |at: usize| found.of(Filters::id(at)).iter().filter(|position| self.is_added(**position)).count();
        let counts: BTreeMap<String, usize> = texts.into_iter().zip((0..).map(uncovered)).collect();
        groups.retain(|text, read| counts.get(text).is_some_and(|count| read.len() * 2 >= *count));
    }

    /// Adds the patterns that replace files below a directory to `patterns`, and the other missed files below it to
    /// `files`.
    fn add(
        &self,
        directory: &RepoDir,
        missed: &[usize],
        depth: usize,
        patterns: &mut Vec<String>,
        files: &mut Vec<usize>,
    ) {
        if !directory.is_root() && self.is_mostly_read(directory, missed) {
            patterns.push(below(directory));
            return;
        }
        let start = if directory.is_root() { 0 } else { directory.as_str().len() + 1 };
        let mut left = missed;
        while let [first, rest @ ..] = left {
            let path = self.ground.path(*first);
            let inner = path.get(start..).and_then(|rest| rest.split_once('/')).map(|(name, _)| start + name.len());
            let inner = inner.filter(|_| depth < DEEPEST).and_then(|end| RepoDir::parse(&path[..end]).ok());
            let Some(inner) = inner else {
                files.push(*first);
                left = rest;
                continue;
            };
            let range = self.ground.below(&inner);
            let count = left.iter().take_while(|position| range.contains(position)).count().max(1);
            let (within, behind) = left.split_at(count);
            self.add(&inner, within, depth + 1, patterns, files);
            left = behind;
        }
    }

    fn is_mostly_read(&self, directory: &RepoDir, missed: &[usize]) -> bool {
        if missed.len() < 2 {
            return false;
        }
        let uncovered = self.ground.below(directory).filter(|position| self.is_added(*position)).count();
        let is_read = missed.len() == uncovered || missed.len() > 2 && missed.len() * 2 >= uncovered;
        let is_unread = |other: &&RepoDir| {
            let range = self.ground.below(other);
            !range.is_empty() && !missed.iter().any(|position| range.contains(position))
        };
        is_read && !self.others.iter().filter(|other| directory.holds(other)).any(|other| is_unread(&other))
    }
}

/// Returns the pattern for the files with the same ending in the directory of a file: `lib/*.c` for `lib/a.c`. `None`
/// for a file at the root, or with an unusual name.
fn of_one_kind(path: &str) -> Option<String> {
    let (directory, name) = path.rsplit_once('/')?;
    let (stem, ending) = name.rsplit_once('.')?;
    let is_plain = !stem.is_empty() && ending.chars().all(|c| c.is_ascii_alphanumeric());
    let all = below(&RepoDir::parse(directory).ok()?);
    is_plain.then(|| Some(format!("{}*.{ending}", all.strip_suffix("**")?)))?
}

/// Returns the pattern for the files with the same name in the directory of a file and its neighbours:
/// `crates/*/Cargo.toml` for `crates/a/Cargo.toml`. `None` for a file at the root, or with an unusual name.
fn of_one_name(path: &str) -> Option<String> {
    let (directory, name) = path.rsplit_once('/')?;
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let above = RepoDir::of_file(directory);
    let all = below(&above);
    is_plain.then(|| Some(format!("{}*/{name}", all.strip_suffix("**")?)))?
}

/// Returns a pattern without wildcards that matches a path; `None` if there is none.
fn of_file(path: &str) -> Option<String> {
    let is_it = |text: &str| Pattern::parse(text).is_ok_and(|pattern| pattern.matches(path.as_bytes()) == Verdict::Yes);
    if !path.starts_with('!') && is_it(path) {
        return Some(path.to_owned());
    }
    let literal = below(&RepoDir::parse(path).ok()?);
    literal.strip_suffix("/**").filter(|text| is_it(text)).map(str::to_owned)
}
