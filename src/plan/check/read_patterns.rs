//! The fewest patterns that cover what a build read, and little else.

use super::ground::Ground;
use super::positions::Positions;
use super::proposed_patterns::below;
use crate::glob::{Pattern, Verdict};
use crate::model::name::RepoDir;

/// How deep directories are looked into; below that, files are named.
const DEEPEST: usize = 64;

/// What is proposed from.
pub(super) struct ReadFiles<'a> {
    pub(super) ground: &'a Ground<'a>,
    /// The positions of the files that were read and that nothing covers, in order.
    pub(super) missed: &'a [usize],
    /// What is covered already.
    pub(super) cover: &'a Positions,
    /// The directories of other services, of which no pattern is to take in unread files.
    pub(super) others: &'a [RepoDir],
}

impl ReadFiles<'_> {
    /// Returns the patterns. A directory stands for its files if at least half of those that are not covered were read, and
    /// three or all of them; but never the root, and never for a service of which nothing was read.
    pub(super) fn patterns(&self) -> Vec<String> {
        let mut patterns = Vec::new();
        self.add(&RepoDir::root(), self.missed, 0, &mut patterns);
        patterns
    }

    /// Adds the patterns of files that lie in a directory.
    fn add(&self, directory: &RepoDir, missed: &[usize], depth: usize, patterns: &mut Vec<String>) {
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
                patterns.extend(of_file(&path));
                left = rest;
                continue;
            };
            let range = self.ground.below(&inner);
            let count = left.iter().take_while(|position| range.contains(position)).count().max(1);
            let (within, behind) = left.split_at(count);
            self.add(&inner, within, depth + 1, patterns);
            left = behind;
        }
    }

    fn is_mostly_read(&self, directory: &RepoDir, missed: &[usize]) -> bool {
        if missed.len() < 2 {
            return false;
        }
        let uncovered = self.ground.below(directory).filter(|position| !self.cover.has(*position)).count();
        let is_read = missed.len() == uncovered || missed.len() > 2 && missed.len() * 2 >= uncovered;
        let is_unread = |other: &&RepoDir| {
            let range = self.ground.below(other);
            !range.is_empty() && !missed.iter().any(|position| range.contains(position))
        };
        is_read && !self.others.iter().filter(|other| directory.holds(other)).any(|other| is_unread(&other))
    }
}

/// Returns the pattern that matches one path; none where no pattern does.
fn of_file(path: &str) -> Option<String> {
    let is_it = |text: &str| Pattern::parse(text).is_ok_and(|pattern| pattern.matches(path.as_bytes()) == Verdict::Yes);
    if !path.starts_with('!') && is_it(path) {
        return Some(path.to_owned());
    }
    let literal = below(&RepoDir::parse(path).ok()?);
    literal.strip_suffix("/**").filter(|text| is_it(text)).map(str::to_owned)
}
