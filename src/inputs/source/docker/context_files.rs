//! Finds the files of a context that a build reads.

use super::follow_links::{Links, follow};
use super::ignore_file::{IgnoreFile, clean};
use super::path_pattern::PathPattern;
use super::reads::{ContextReads, ContextSource};
use crate::model::diagnostic::Span;

/// The largest number of bytes of paths that are compared with patterns that have wildcards. Beyond that, the build
/// counts as reading the whole context.
const MOST_WORK: usize = 1 << 28;

/// The characters with a special meaning in a source.
const WILDCARDS: [char; 4] = ['*', '?', '[', '\\'];

/// Returns the path of a source; if it has wildcards, the directory below which it matches, empty for the context.
#[must_use]
pub fn before_wildcards(source: &str) -> &str {
    match source.find(WILDCARDS) {
        Some(wildcard) => source[..wildcard].rsplit_once('/').map_or("", |(directory, _)| directory),
        None => source,
    }
}

/// A file of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContextEntry<'a> {
    /// Its path from the root of the context.
    pub path: &'a [u8],
    /// Its target, if it is a symbolic link.
    pub link: Option<&'a [u8]>,
}

/// The files of a context.
#[derive(Debug, Clone, Default)]
pub struct ContextFiles<'a> {
    /// The paths of the files, in the order of their bytes.
    paths: Vec<&'a [u8]>,
    links: Links<'a>,
}

impl<'a> ContextFiles<'a> {
    /// Creates a context of these files, in any order.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = ContextEntry<'a>>) -> Self {
        let mut files = Self::default();
        for entry in entries {
            files.paths.push(entry.path);
            if let Some(link) = entry.link {
                files.links.insert(entry.path, link);
            }
        }
        files.paths.sort_unstable();
        files
    }

    /// Whether a source matches a symbolic link, or a path through a symbolic link. The source may have wildcards. Also
    /// `true` if the source is the whole context.
    #[must_use]
    pub fn leads_on(&self, source: &str) -> bool {
        follow(source, &self.links).is_none_or(|means| means.iter().any(|path| *path != clean(source)))
    }

    /// Adds the positions of the files that a source matches, in any order. Returns `false` if the source matches all
    /// files, or if matching would take too much work.
    fn add(&self, source: &str, places: &mut Vec<usize>, work: &mut usize) -> bool {
        let Some(means) = follow(source, &self.links) else { return false };
        for path in means {
            // The builder reads a source as a pattern of an ignore file, in which a leading `!` is an exception.
            let path = clean(path.trim());
            let Ok(pattern) = PathPattern::parse(path.as_bytes()) else { return false };
            if path.starts_with('!') || path == "." {
                return false;
            }
            if let Some(path) = pattern.literal() {
                places.extend(self.paths.binary_search(&path).ok());
                let below = [path, b"/"].concat();
                places.extend(self.beginning_with(&below));
            } else {
                let found = self.beginning_with(pattern.prefix()).inspect(|at| *work += self.paths[*at].len());
                places.extend(found.filter(|at| {
                    let path = self.paths[*at];
                    pattern.matches(path) || above(path).any(|directory| pattern.matches(directory))
                }));
            }
            if *work > MOST_WORK {
                return false;
            }
        }
        true
    }

    /// Returns the positions of the paths with this beginning.
    fn beginning_with<'b>(&'b self, beginning: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
        let first = self.paths.partition_point(|path| *path < beginning);
        (first..self.paths.len()).take_while(move |at| self.paths[*at].starts_with(beginning))
    }

    /// Returns the positions of the files that sources match, including ignored files, in order.
    pub(super) fn positions<'s>(&self, mut sources: impl Iterator<Item = &'s ContextSource>) -> Vec<usize> {
        let mut places = Vec::new();
        let mut work = 0;
        if !sources.all(|source| self.add(&source.path, &mut places, &mut work)) {
            return (0..self.paths.len()).collect();
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Returns the path of the file at a position.
    pub(super) fn path(&self, position: usize) -> &'a [u8] {
        self.paths[position]
    }

    /// Returns the files that sources match, without ignored files.
    fn of<'s>(&self, sources: impl Iterator<Item = &'s ContextSource>, ignore: &IgnoreFile) -> Vec<&'a [u8]> {
        let mut ignored = ignore.checker();
        let paths = self.positions(sources).into_iter().map(|at| self.path(at));
        paths.filter(|path| !ignored.ignores(path)).collect()
    }
}

/// Returns the directories that hold a path.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(slash, _)| &path[..slash])
}

impl ContextReads {
    /// Returns the files that the build can read, in the order of their bytes. If a part of the Dockerfile is
    /// unresolved, these are all files that are not ignored.
    #[must_use]
    pub fn files<'a>(&self, context: &ContextFiles<'a>, ignore: &IgnoreFile) -> Vec<&'a [u8]> {
        let all = ContextSource { path: String::new(), span: Span::default() };
        let unresolved = (!self.unresolved.is_empty()).then_some(&all);
        context.of(self.sources.iter().chain(unresolved), ignore)
    }
}

impl ContextSource {
    /// Whether its path has a character with a special meaning, so that it may match several files.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        self.path.contains(WILDCARDS)
    }

    /// Returns the files that this source matches, without ignored files, in the order of their bytes.
    #[must_use]
    pub fn files<'a>(&self, context: &ContextFiles<'a>, ignore: &IgnoreFile) -> Vec<&'a [u8]> {
        context.of(std::iter::once(self), ignore)
    }
}
