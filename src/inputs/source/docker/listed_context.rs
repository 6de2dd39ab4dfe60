use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::context_files::{ContextEntry, ContextFiles};
use super::ignore_file::{IgnoreChecker, IgnoreFile, clean};
use super::reads::ContextSource;
use crate::model::name::RepoDir;
use crate::model::tree::{Listing, Mode};

/// The build contexts in a listing, each computed once.
#[derive(Default)]
pub struct ListedContexts<'a>(BTreeMap<RepoDir, ListedContext<'a>>);

/// The files of a context, from a listing of the repository. The targets of symbolic links are not known.
pub struct ListedContext<'a> {
    listing: &'a Listing,
    /// The positions of the files in the listing.
    within: Range<usize>,
    /// The files, including links.
    files: ContextFiles<'a>,
    /// The symbolic links. Each counts as a link to the whole context, since its target is not known.
    links: ContextFiles<'a>,
    /// The files that reach the builder with each ignore file, by the path of the ignore file. The path is empty if
    /// there is no ignore file.
    sent: BTreeMap<String, SentFiles>,
}

/// The files of a context that reach the builder with one ignore file. Many builds of a repository have the same context
/// and the same ignore file, so each result is computed once.
struct SentFiles {
    checker: IgnoreChecker,
    /// Whether each file of the context is sent, by position, if that is known.
    is_sent: Vec<Option<bool>>,
    /// The positions of the sent files that each source matches, by the path of the source.
    of_sources: BTreeMap<String, Vec<usize>>,
}

impl<'a> ListedContexts<'a> {
    /// Calls `of` with the position of each build, in parallel, and returns the results in the order of the builds.
    /// `contexts` has the context of each build. Builds with the same context share what is known of its files.
    pub fn for_builds<C: Ord, T: Send>(
        contexts: impl IntoIterator<Item = C>,
        of: impl Fn(&mut Self, usize) -> T + Sync,
    ) -> Vec<T> {
        let mut by_context: BTreeMap<C, Vec<usize>> = BTreeMap::new();
        for (position, context) in contexts.into_iter().enumerate() {
            by_context.entry(context).or_default().push(position);
        }
        let of_context = |positions: Vec<usize>| {
            let mut shared = Self::default();
            positions.into_iter().map(|position| (position, of(&mut shared, position))).collect::<Vec<_>>()
        };
        let by_context: Vec<Vec<usize>> = by_context.into_values().collect();
        let found: Vec<Vec<(usize, T)>> = by_context.into_par_iter().map(of_context).collect();
        let mut found: Vec<(usize, T)> = found.into_iter().flatten().collect();
        found.sort_unstable_by_key(|(position, _)| *position);
        found.into_iter().map(|(_, result)| result).collect()
    }

    /// Returns the context in a directory.
    pub fn of(&mut self, listing: &'a Listing, directory: &RepoDir) -> &mut ListedContext<'a> {
        self.0.entry(directory.clone()).or_insert_with(|| ListedContext::of(listing, directory))
    }
}

impl<'a> ListedContext<'a> {
    fn of(listing: &'a Listing, directory: &RepoDir) -> Self {
        let skipped = directory.join("").len();
        let within = listing.below(directory.git_path().as_bytes());
        let path = |position: usize| &listing.path(position)[skipped..];
        let links = within.clone().filter(|position| listing.mode(*position) == Mode::SymbolicLink);
        Self {
            files: ContextFiles::new(within.clone().map(|at| ContextEntry { path: path(at), link: None })),
            links: ContextFiles::new(links.map(|at| ContextEntry { path: path(at), link: Some(b"/") })),
            listing,
            within,
            sent: BTreeMap::new(),
        }
    }

    /// Returns the number of the files.
    #[must_use]
    pub fn count(&self) -> usize {
        self.within.len()
    }

    /// Returns the positions in the listing of the files that a source matches, without ignored files, in order. `path`
    /// is the path of the ignore file, if there is one.
    pub fn sent(&mut self, source: &ContextSource, path: Option<&str>, ignore: &IgnoreFile) -> Vec<usize> {
        let count = self.count();
        let new = || SentFiles { checker: ignore.checker(), is_sent: vec![None; count], of_sources: BTreeMap::new() };
        let SentFiles { checker, is_sent, of_sources } =
            self.sent.entry(path.unwrap_or_default().to_owned()).or_insert_with(new);
        let found = of_sources.entry(source.path.clone()).or_insert_with(|| {
            let mut positions = self.files.positions(std::iter::once(source));
            positions.retain(|at| *is_sent[*at].get_or_insert_with(|| !checker.ignores(self.files.path(*at))));
            positions
        });
        // The listing and the context have the files in the same order.
        found.iter().map(|at| self.within.start + at).collect()
    }

    /// Whether a source matches a symbolic link, or a path through a symbolic link. The source may have wildcards.
    /// `false` if the source is the whole context.
    #[must_use]
    pub fn leads_on(&self, source: &str) -> bool {
        clean(source) != "." && self.links.leads_on(source)
    }

    /// Whether the file at a position in the listing is a symbolic link.
    #[must_use]
    pub fn is_link(&self, position: usize) -> bool {
        self.listing.mode(position) == Mode::SymbolicLink
    }
}

#[cfg(test)]
mod tests {
    use super::super::path_pattern::matched;
    use super::*;
    use crate::model::diagnostic::Span;
    use crate::model::tree::ObjectId;

    /// Many builds of a repository read the same files of the same context.
    #[test]
    fn a_path_is_held_against_an_ignore_file_once() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let mut listing = Listing::default();
        for at in 100..200 {
            listing.push(Mode::File, id, ["a/".as_bytes(), format!("{at}.txt").as_bytes()]);
        }
        let ignore = IgnoreFile::parse("**/*9.txt\n**/*.md\n").unwrap();
        let source = |path: &str| ContextSource { path: path.to_owned(), span: Span::default() };
        let mut contexts = ListedContexts::default();
        let mut work = |path: &str, file: Option<&str>| {
            let before = matched();
            let context = contexts.of(&listing, &RepoDir::root());
            let sent = context.sent(&source(path), file, &ignore);
            let work = matched() - before;
            let paths: Vec<&[u8]> = sent.iter().map(|at| listing.path(*at)).collect();
            assert_eq!(paths, source(path).files(&context.files, &ignore), "{path}");
            (sent.len(), work)
        };
        // The directory and each of its 100 files are compared with two patterns, except that the second pattern is
        // skipped for the 10 files that the first pattern matches.
        assert_eq!(work("a", Some(".dockerignore")), (90, 192));
        assert_eq!(work("a", Some(".dockerignore")), (90, 0));
        assert_eq!(work("", Some(".dockerignore")), (90, 0));
        assert_eq!(work("a/109.txt", Some(".dockerignore")), (0, 0));
        assert_eq!(work("a", Some("b.dockerignore")), (90, 192));
    }

    #[test]
    fn sources_with_wildcards_may_mean_links() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let mut listing = Listing::default();
        for (path, mode) in [("a.txt", Mode::File), ("libx", Mode::SymbolicLink), ("liby/f", Mode::File)] {
            listing.push(mode, id, [b"svc/", path.as_bytes()]);
        }
        let mut contexts = ListedContexts::default();
        let context = contexts.of(&listing, &RepoDir::parse("svc").unwrap());
        for (source, leads_on) in [
            ("libx", true),
            ("libx/f", true),
            ("li*", true),
            ("lib?/f", true),
            ("liby", false),
            ("*.txt", false),
            (".", false),
            ("", false),
        ] {
            assert_eq!(context.leads_on(source), leads_on, "{source}");
        }
        let none = IgnoreFile::default();
        let all = context.sent(&ContextSource { path: String::new(), span: Span::default() }, None, &none);
        assert_eq!(all.iter().map(|at| context.is_link(*at)).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(context.count(), 3);
    }
}
