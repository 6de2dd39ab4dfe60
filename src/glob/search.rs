use super::index::{GlobIndex, Hit};
use super::subject::Subject;
use super::{Pattern, Verdict};

/// A search for the patterns that match a path, for many paths in turn. For successive paths in one directory, it looks
/// up only once which patterns could match in that directory.
#[derive(Debug)]
pub struct GlobSearch<'i> {
    index: &'i GlobIndex,
    /// The directory of the last path, with a slash at the end; empty for the root.
    directory: String,
    /// The numbers of the texts that could match any path in `directory`.
    in_directory: Vec<usize>,
    /// The numbers of texts that could match the last path, each once and ascending.
    candidates: Vec<usize>,
    tried: usize,
}

impl<'i> GlobSearch<'i> {
    pub(super) fn of(index: &'i GlobIndex) -> Self {
        let in_directory = index.anything().to_vec();
        Self { index, directory: String::new(), in_directory, candidates: Vec::new(), tried: 0 }
    }

    /// Replaces `hits` with the texts that match a path, in the order of their numbers.
    pub fn matches(&mut self, path: &[u8], hits: &mut Vec<Hit>) {
        let path = Subject::new(path);
        self.look(&path.text);
        self.put(hits, |pattern| pattern.matches_subject(&path));
    }

    /// Replaces `hits` with the texts that match a path or could match something below it, in the order of their
    /// numbers. See [`Pattern::matches_or_leads_below`].
    pub fn matches_or_leads_below(&mut self, path: &[u8], hits: &mut Vec<Hit>) {
        let text = Subject::new(path).text;
        self.look(&text);
        self.candidates.extend(self.index.directories().around(&text));
        self.candidates.sort_unstable();
        self.candidates.dedup();
        self.put(hits, |pattern| pattern.matches_or_leads_below(path));
    }

    /// Returns how many times a pattern was tried on a path.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// Finds the candidates for a path.
    fn look(&mut self, path: &str) {
        let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        if directory != self.directory {
            self.in_directory.clear();
            self.in_directory.extend(self.index.anything());
            for segment in directory.split_terminator('/') {
                self.index.look_up(segment, &mut self.in_directory);
            }
            directory.clone_into(&mut self.directory);
        }
        self.candidates.clone_from(&self.in_directory);
        // A path always matches the pattern with the same text, whatever segments the pattern requires.
        self.candidates.extend(self.index.text(path));
        self.index.look_up(name, &mut self.candidates);
        self.candidates.sort_unstable();
        self.candidates.dedup();
    }

    fn put(&mut self, hits: &mut Vec<Hit>, verdict: impl Fn(&Pattern) -> Verdict) {
        self.tried += self.candidates.len();
        hits.clear();
        hits.extend(self.candidates.iter().filter_map(|text| match verdict(self.index.pattern(*text)?) {
            Verdict::No => None,
            verdict => Some(Hit { text: *text, doubt: verdict == Verdict::Doubt }),
        }));
    }
}
