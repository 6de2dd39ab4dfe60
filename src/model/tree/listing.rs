use std::ops::Range;

use super::{Mode, ObjectId, TreeEntry, closed};

/// A list of tree entries, usually sorted by path. The paths and ids are stored in a few long byte strings, so that a
/// hundred thousand files do not cost a hundred thousand allocations.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    texts: Vec<Vec<u8>>,
    listed: Vec<Listed>,
}

/// The place of an entry: the index of its byte string, and the offsets in that string where the path begins, where the
/// path ends and the id begins, and where the id ends.
#[derive(Debug, Clone, Copy)]
struct Listed {
    text: usize,
    path: usize,
    id: usize,
    end: usize,
    mode: Mode,
}

impl Listing {
    /// Adds an entry at the end. Its path is the concatenation of these parts.
    pub fn push(&mut self, mode: Mode, id: ObjectId, path: [&[u8]; 2]) {
        if self.texts.is_empty() {
            self.texts.push(Vec::new());
        }
        let last = self.texts.len() - 1;
        let text = &mut self.texts[last];
        let start = text.len();
        for part in path {
            text.extend_from_slice(part);
        }
        let end = text.len();
        text.extend_from_slice(id.as_bytes());
        self.listed.push(Listed { text: last, path: start, id: end, end: text.len(), mode });
    }

    /// Concatenates `parts`, and merges the entries of `among` into them by path. If `among` and the concatenated parts
    /// are sorted by path, the result is sorted too.
    #[must_use]
    pub fn of_parts(parts: Vec<Self>, among: Self) -> Self {
        let count = among.len() + parts.iter().map(Self::len).sum::<usize>();
        let mut all = Self { texts: among.texts, listed: Vec::with_capacity(count) };
        let mut among = among.listed.into_iter().peekable();
        for part in parts {
            let first = all.texts.len();
            all.texts.extend(part.texts);
            let placed = |listed: &Listed| Listed { text: first + listed.text, ..*listed };
            let mut rest = part.listed.as_slice();
            let end = rest.last().map(placed);
            let stands_before_end =
                |listed: &Listed| end.is_some_and(|end| listed.path(&all.texts) < end.path(&all.texts));
            while let Some(next) = among.next_if(stands_before_end) {
                let before = rest.partition_point(|own| placed(own).path(&all.texts) < next.path(&all.texts));
                all.listed.extend(rest[..before].iter().map(placed));
                all.listed.push(next);
                rest = &rest[before..];
            }
            all.listed.extend(rest.iter().map(placed));
        }
        all.listed.extend(among);
        all
    }

    /// Adds the entries of another list at the end.
    pub fn append(&mut self, other: Self) {
        let first = self.texts.len();
        self.texts.extend(other.texts);
        self.listed.extend(other.listed.iter().map(|listed| Listed { text: first + listed.text, ..*listed }));
    }

    /// Returns the positions of the entries below a directory; an empty directory is the root. The list must be sorted
    /// by path.
    #[must_use]
    pub fn below(&self, directory: &[u8]) -> Range<usize> {
        let directory = closed(directory);
        let texts = &self.texts;
        let start = self.listed.partition_point(|listed| listed.path(texts) < directory.as_slice());
        let is_below = |listed: &Listed| listed.path(texts).starts_with(&directory);
        start..start + self.listed[start..].partition_point(is_below)
    }

    /// Returns the positions of the entry at a path and of the entries below it; an empty path is the root. The list
    /// must be sorted by path.
    pub fn at_and_below(&self, path: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let at = if path.is_empty() { None } else { self.position(path) };
        at.into_iter().chain(self.below(path))
    }

    /// Returns the position of a path, if it is in the list. The list must be sorted by path.
    #[must_use]
    pub fn position(&self, path: &[u8]) -> Option<usize> {
        self.listed.binary_search_by(|listed| listed.path(&self.texts).cmp(path)).ok()
    }

    /// Sorts the entries from a position on by path.
    ///
    /// # Panics
    /// When the position lies after the end.
    pub fn sort_from(&mut self, position: usize) {
        let texts = &self.texts;
        self.listed[position..].sort_by(|a, b| a.path(texts).cmp(b.path(texts)));
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Returns the entry at a position.
    ///
    /// # Panics
    /// When there is no entry at this position.
    #[must_use]
    pub fn get(&self, position: usize) -> TreeEntry<'_> {
        self.listed[position].entry(&self.texts)
    }

    /// Returns the paths of the entries from the first to the last.
    #[must_use]
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.listed.iter().map(|listed| listed.path(&self.texts))
    }

    /// Returns the path of the entry at a position.
    ///
    /// # Panics
    /// When there is no entry at this position.
    #[must_use]
    pub fn path(&self, position: usize) -> &[u8] {
        self.listed[position].path(&self.texts)
    }

    /// Returns the mode of the entry at a position.
    ///
    /// # Panics
    /// When there is no entry at this position.
    #[must_use]
    pub fn mode(&self, position: usize) -> Mode {
        self.listed[position].mode
    }

    /// Returns the entries from the first to the last.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = TreeEntry<'_>> {
        self.listed.iter().map(|listed| listed.entry(&self.texts))
    }
}

impl Listed {
    fn path<'a>(&self, texts: &'a [Vec<u8>]) -> &'a [u8] {
        &texts[self.text][self.path..self.id]
    }

    fn entry<'a>(&self, texts: &'a [Vec<u8>]) -> TreeEntry<'a> {
        let id = ObjectId::from_bytes(&texts[self.text][self.id..self.end]).expect("it is an id's bytes");
        TreeEntry { mode: self.mode, id, path: self.path(texts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_join_and_are_put_in_order() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let list = |paths: &[[&str; 2]]| {
            let mut listing = Listing::default();
            for path in paths {
                listing.push(Mode::File, id, path.map(str::as_bytes));
            }
            listing
        };
        let paths = |listing: &Listing| listing.iter().map(|entry| entry.path.to_vec()).collect::<Vec<_>>();
        let mut all = list(&[["", "b"], ["e/", "y"], ["e/", "x"]]);
        all.sort_from(1);
        assert_eq!(paths(&all), ["b", "e/x", "e/y"].map(Vec::from));
        let among = list(&[["", "a"], ["", "c"], ["", "d"], ["", "ea"], ["", "g"]]);
        let all = Listing::of_parts(vec![all, Listing::default(), list(&[["f/", "x"]])], among);
        assert_eq!(paths(&all), ["a", "b", "c", "d", "e/x", "e/y", "ea", "f/x", "g"].map(Vec::from));
        assert_eq!((all.len(), all.get(4)), (9, TreeEntry { mode: Mode::File, id, path: b"e/x" }));
    }
}
