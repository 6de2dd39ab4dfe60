use std::fmt;

use sha2::{Digest as _, Sha256};

use super::HashInput;

/// A hash of a service's content. `Display` writes `fp2-` and 26 lower-case letters and digits, and then `-dirty` if no
/// commit has the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    content: String,
    state: State,
}

/// The version of the way in which fingerprints are computed. It must change whenever the same content gets another
/// fingerprint than before.
pub(super) const SCHEME: &str = "fp2";

/// The characters of RFC 4648's base 32, in lower case. Image tags may contain all of them, and a text of these
/// characters cannot be mistaken for a hexadecimal id.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// How many characters of the digest a fingerprint has: 130 bits.
const LENGTH: usize = 26;

/// Whether a commit has the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum State {
    /// All of it is in a commit.
    Committed,
    /// Part of the content is only in the work tree.
    Dirty,
}

impl Fingerprint {
    /// Returns the fingerprint of these records, in this order.
    pub(super) fn of<'a>(records: impl Iterator<Item = HashInput<'a>>, state: State) -> Self {
        let mut bytes = Vec::new();
        records.for_each(|record| record.write(&mut bytes));
        Self { content: format!("{SCHEME}-{}", letters(&bytes, LENGTH)), state }
    }

    /// Returns the text of the fingerprint without `-dirty`: the fingerprint that the content has once it is committed.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Whether part of the content is only in the work tree. Nothing may be published under such a fingerprint.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.state == State::Dirty
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match self.state {
            State::Committed => "",
            State::Dirty => "-dirty",
        };
        write!(f, "{}{suffix}", self.content)
    }
}

/// Returns the first `length` characters, at most 51, of the SHA-256 digest of a content in base 32.
pub(super) fn letters(content: &[u8], length: usize) -> String {
    base32(&Sha256::digest(content), length)
}

/// Returns the first `length` characters of a digest in base 32.
fn base32(digest: &[u8], length: usize) -> String {
    let bit = |at: usize| digest[at / 8] >> (7 - at % 8) & 1;
    let letter = |at: usize| (at * 5..at * 5 + 5).fold(0, |five, at| five << 1 | bit(at));
    (0..length).map(|at| char::from(LETTERS[usize::from(letter(at))])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_rfc_4648() {
        // `printf foobarfoobarfoobarfoobar | base32`
        assert_eq!(base32(b"foobarfoobarfoobarfoobar", LENGTH), "mzxw6ytbojtg633cmfzgm33pmj");
        assert_eq!(base32(&[0xff; 32], LENGTH), "7".repeat(26));
    }

    #[test]
    fn no_records_are_the_digest_of_nothing() {
        // `printf '' | sha256sum` begins with e3b0c44298fc1c149afbf4c8996fb924.
        let none = Fingerprint::of(std::iter::empty(), State::Committed);
        assert_eq!(none.to_string(), "fp2-4oymiquy7qobjgx36tejs35zeq");
        assert_eq!(
            Fingerprint::of(std::iter::empty(), State::Dirty).to_string(),
            "fp2-4oymiquy7qobjgx36tejs35zeq-dirty"
        );
    }
}
