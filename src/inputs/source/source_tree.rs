use std::collections::BTreeMap;

use crate::model::diagnostic::{Diagnostic, SourceFile, Span};
use crate::model::name::RepoDir;
use crate::model::tree::{Listing, Mode, ObjectId};

/// The size of the largest file that is read, in bytes. A larger file counts as unread.
pub const MAX_SOURCE: usize = 8 << 20;

/// The files of one revision: the paths of all listed files, and the texts of the files that declare something.
#[derive(Debug, Clone, Default)]
pub struct SourceTree {
    /// All listed files, in the order of paths.
    listing: Listing,
    texts: BTreeMap<String, SourceFile>,
    /// The files that were not read, by path, each with the reason.
    unread: BTreeMap<String, Diagnostic>,
}

impl SourceTree {
    /// Creates a tree from a listing and the contents of the files that declare something, by path. Contents that are
    /// not text, or are too large, are left out and reported in [`problems`](Self::problems).
    #[must_use]
    pub fn new(listing: Listing, contents: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self::default().updated(listing, |_| true, contents)
    }

    /// Returns the files of another revision. `listing` has all of them, and `contents` the contents of those that
    /// declare something and differ from this revision. `is_changed` returns whether the file at a path differs.
    #[must_use]
    pub fn updated(
        &self,
        mut listing: Listing,
        is_changed: impl Fn(&[u8]) -> bool,
        contents: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        listing.sort_from(0);
        let mut tree = Self { listing, texts: self.texts.clone(), unread: self.unread.clone() };
        tree.texts.retain(|path, _| !is_changed(path.as_bytes()));
        tree.unread.retain(|path, _| !is_changed(path.as_bytes()));
        for (path, bytes) in contents {
            if bytes.len() > MAX_SOURCE {
                tree = tree.with_unread(path, "it has more than 8 MB");
                continue;
            }
            match String::from_utf8(bytes) {
                Ok(text) => _ = tree.texts.insert(path.clone(), SourceFile::new(path, text)),
                Err(error) => tree = tree.with_unread(path, error),
            }
        }
        tree
    }

    /// Returns the tree with one more problem: the file at `path` was not read, for the reason `why`.
    #[must_use]
    pub fn with_unread(mut self, path: String, why: impl std::fmt::Display) -> Self {
        let problem = super::unreadable(&SourceFile::new(path.clone(), ""), Span::default(), why);
        self.unread.insert(path, problem);
        self
    }

    /// Returns a tree of these files alone, for examples and tests.
    #[must_use]
    pub fn of_texts(files: &[(&str, &str)]) -> Self {
        let mut listing = Listing::default();
        if let Ok(id) = ObjectId::from_bytes(&[0; 20]) {
            for (path, _) in files {
                listing.push(Mode::File, id, [path.as_bytes(), b""]);
            }
        }
        Self::new(listing, files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())))
    }

    /// Returns the text of a file, if it was read.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&SourceFile> {
        self.texts.get(path)
    }

    /// Returns the texts of all files with this name, by their directories, in the order of paths.
    pub fn named<'t>(&'t self, file_name: &'t str) -> impl Iterator<Item = (RepoDir, &'t SourceFile)> {
        self.texts.iter().filter_map(move |(path, file)| {
            let above = path.strip_suffix(file_name)?;
            let directory = match above.strip_suffix('/') {
                Some(directory) => RepoDir::parse(directory).ok()?,
                None if above.is_empty() => RepoDir::root(),
                None => return None,
            };
            Some((directory, file))
        })
    }

    /// Returns the texts of all files that were read, in the order of paths.
    pub fn texts(&self) -> impl Iterator<Item = &SourceFile> {
        self.texts.values()
    }

    /// Whether there is a file, link or submodule at a path.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.listing.position(path.as_bytes()).is_some()
    }

    /// Returns all files, links and submodules that were listed, in the order of paths.
    #[must_use]
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Returns the warnings about files that could not be read.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.unread.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_name_and_by_path() {
        let tree = SourceTree::of_texts(&[("b/package.json", "2"), ("package.json", "1"), ("c/my-package.json", "3")]);
        let found: Vec<String> =
            tree.named("package.json").map(|(dir, file)| format!("{dir} {}", file.text())).collect();
        assert_eq!(found, ["b 2", ". 1"]);
        assert!(tree.has("c/my-package.json") && !tree.has("c"));
        assert_eq!(
            tree.text("b/package.json").unwrap().at(crate::model::diagnostic::Span::default()),
            "b/package.json:1:1"
        );
    }
}
