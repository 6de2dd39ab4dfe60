//! Replaces secrets by `***` in output.

mod masked;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use bstr::ByteSlice as _;

use super::{safe_json, workflow_command};

pub use masked::Masked;

/// The text that replaces a secret.
const MASK: &str = "***";

/// The length in bytes of the shortest secret that is replaced. Shorter texts occur everywhere by chance.
const SHORTEST: usize = 4;

/// The secrets of a run. All clones share the same secrets, since a build may add a secret while other builds run.
#[derive(Debug, Clone, Default)]
pub struct Mask(Arc<RwLock<Secrets>>);

#[derive(Debug, Default)]
struct Secrets {
    /// The texts to replace: each secret as a whole, each line of it, and the same texts as JSON escapes them.
    written: BTreeSet<Vec<u8>>,
    /// Secrets that builds declared and [`Mask::declared`] has not returned yet.
    declared: Vec<String>,
    /// Public words, which are never masked.
    public: BTreeSet<String>,
    /// Whether a secret turned out to be part of a public word since the last call of [`Mask::is_part_of_word`].
    is_part_of_word: bool,
}

impl Mask {
    /// Adds a secret and each of its lines. A text is left out if it is part of a public word, is one of `true`,
    /// `false` and `null`, or is so short that it occurs in other texts by chance.
    pub fn hide(&self, secret: &str) {
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in std::iter::once(secret).chain(secret.lines()).map(str::trim) {
            if text.len() >= SHORTEST && !["true", "false", "null"].contains(&text) {
                if secrets.public.iter().any(|word| word.contains(text)) {
                    secrets.is_part_of_word = true;
                    continue;
                }
                secrets.written.insert(text.into());
                for quoted in [safe_json::line(text), safe_json::ascii_line(text)] {
                    secrets.written.insert(quoted[1..quoted.len() - 1].into());
                }
            }
        }
    }

    /// Adds public words. A secret that is part of a public word is not masked: a mask inside the word would make the
    /// output wrong.
    pub fn publish(&self, words: impl IntoIterator<Item = String>) {
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<String> = words.into_iter().collect();
        let count = secrets.written.len();
        secrets.written.retain(|secret| !words.iter().any(|word| word.as_bytes().contains_str(secret)));
        secrets.is_part_of_word |= secrets.written.len() < count;
        secrets.public.extend(words);
    }

    /// Returns whether a secret turned out to be part of a public word since the last call.
    #[must_use]
    pub fn is_part_of_word(&self) -> bool {
        std::mem::take(&mut self.0.write().unwrap_or_else(PoisonError::into_inner).is_part_of_word)
    }

    /// Adds a secret that a build declared, in two forms: encoded, as the command contains it, and decoded, as the
    /// runner reads it.
    fn declare(&self, written: &str) {
        let secret = workflow_command::text(written);
        self.hide(written);
        self.hide(&secret);
        self.0.write().unwrap_or_else(PoisonError::into_inner).declared.push(secret);
    }

    /// Whether there is nothing to replace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).written.is_empty()
    }

    /// Returns the secrets that builds have declared since the last call.
    #[must_use]
    pub fn declared(&self) -> Vec<String> {
        std::mem::take(&mut self.0.write().unwrap_or_else(PoisonError::into_inner).declared)
    }

    /// Returns a text with secrets masked.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find(text.as_bytes());
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut masked, mut end) = (String::with_capacity(text.len()), 0);
        for secret in found {
            // Secrets are UTF-8, so they begin and end at characters.
            masked.push_str(&text[end..secret.start]);
            masked.push_str(MASK);
            end = secret.end;
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
    }

    /// Returns the ranges of the secrets in a text, in order. Overlapping ranges are joined.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in &secrets.written {
            let mut from = 0;
            while let Some(at) = bytes[from..].find(secret) {
                let start = from + at;
                found.push(start..start + secret.len());
                from = start + 1;
            }
        }
        found.sort_by_key(|range| (range.start, range.end));
        found.dedup_by(|next, last| {
            let overlaps = next.start < last.end;
            last.end = if overlaps { last.end.max(next.end) } else { last.end };
            overlaps
        });
        found
    }

    /// Returns how many bytes at the end may be the beginning of a secret.
    fn begun(&self, bytes: &[u8]) -> usize {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let begun = |secret: &Vec<u8>| {
            let longest = (secret.len() - 1).min(bytes.len());
            (1..=longest).rev().find(|length| bytes.ends_with(&secret[..*length])).unwrap_or_default()
        };
        secrets.written.iter().map(begun).max().unwrap_or_default()
    }
}
