use super::{Entry, Mode, ObjectId};

/// Many entries, mostly in the order of their paths. Their paths share a few long texts: a hundred thousand files cost
/// no hundred thousand allocations.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    texts: Vec<Vec<u8>>,
    listed: Vec<Listed>,
}

#[derive(Debug, Clone)]
struct Listed {
    text: usize,
    start: usize,
    end: usize,
    mode: Mode,
    id: ObjectId,
}

impl Listing {
    /// Adds an entry at the end, whose path is made of these parts.
    pub fn push(&mut self, mode: Mode, id: ObjectId, path: [&[u8]; 2]) {
        if self.texts.is_empty() {
            self.texts.push(Vec::new());
        }
        let text = self.texts.len() - 1;
        let start = self.texts[text].len();
        for part in path {
            self.texts[text].extend_from_slice(part);
        }
        self.listed.push(Listed { text, start, end: self.texts[text].len(), mode, id });
    }

    /// Adds all of another list at the end.
    pub fn append(&mut self, other: Self) {
        let before = self.texts.len();
        self.texts.extend(other.texts);
        self.listed.extend(other.listed.into_iter().map(|listed| Listed { text: before + listed.text, ..listed }));
    }

    /// Puts what stands from a position on into the order of paths.
    ///
    /// # Panics
    /// When the position lies behind the end.
    pub fn sort_from(&mut self, position: usize) {
        let texts = &self.texts;
        self.listed[position..].sort_unstable_by(|a, b| a.path(texts).cmp(b.path(texts)));
    }

    /// Puts all into the order of paths; nearly nothing has to be done where long parts are in order.
    pub fn sort(&mut self) {
        let texts = &self.texts;
        self.listed.sort_by(|a, b| a.path(texts).cmp(b.path(texts)));
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Returns the entry at a position.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn get(&self, position: usize) -> Entry<'_> {
        self.listed[position].entry(&self.texts)
    }

    /// Returns them from the first to the last.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.listed.iter().map(|listed| listed.entry(&self.texts))
    }
}

impl Listed {
    fn path<'a>(&self, texts: &'a [Vec<u8>]) -> &'a [u8] {
        &texts[self.text][self.start..self.end]
    }

    fn entry<'a>(&self, texts: &'a [Vec<u8>]) -> Entry<'a> {
        Entry { mode: self.mode, id: self.id, path: self.path(texts) }
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
        let mut all = list(&[["b/", "y"], ["b/", "x"]]);
        all.append(list(&[["", "c"], ["", "a"]]));
        let paths = |listing: &Listing| listing.iter().map(|entry| entry.path.to_vec()).collect::<Vec<_>>();
        all.sort_from(2);
        assert_eq!(paths(&all), ["b/y", "b/x", "a", "c"].map(Vec::from));
        all.sort();
        assert_eq!(paths(&all), ["a", "b/x", "b/y", "c"].map(Vec::from));
        assert_eq!((all.len(), all.get(1).path), (4, &b"b/x"[..]));
    }
}
