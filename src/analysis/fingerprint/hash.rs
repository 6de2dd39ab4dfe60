use std::fmt;

use sha2::{Digest as _, Sha256};

use super::HashInput;

/// What a service's content comes to. `Display` is the text: `fp2-` and 26 lower-case letters and digits, then `-dirty`
/// where the content is no commit's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    content: String,
    state: State,
}

/// The scheme: whatever changes the text of the same content must change this too.
pub(super) const SCHEME: &str = "fp2";

/// The letters of RFC 4648's base 32, in lower case: a tag of an image may hold them, and no hexadecimal id is taken
/// for one.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// How many letters there are: 130 bits.
const LENGTH: usize = 26;

/// Whether a content is that of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum State {
    /// It is.
    Committed,
    /// Something of it is in the work tree alone.
    Dirty,
}

impl Fingerprint {
    /// Returns the fingerprint of records in their order.
    pub(super) fn of<'a>(records: impl Iterator<Item = HashInput<'a>>, state: State) -> Self {
        let mut bytes = Vec::new();
        records.for_each(|record| record.write(&mut bytes));
        Self { content: format!("{SCHEME}-{}", base32(&Sha256::digest(&bytes))), state }
    }

    /// Returns the text without `-dirty`: what it will be once the content is a commit's.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Whether something of the content is in the work tree alone: nothing may be published under this name.
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

/// The first letters of a digest in base 32.
fn base32(digest: &[u8]) -> String {
    let bit = |at: usize| digest[at / 8] >> (7 - at % 8) & 1;
    let letter = |at: usize| (at * 5..at * 5 + 5).fold(0, |five, at| five << 1 | bit(at));
    (0..LENGTH).map(|at| char::from(LETTERS[usize::from(letter(at))])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_rfc_4648() {
        // `printf foobarfoobarfoobarfoobar | base32`
        assert_eq!(base32(b"foobarfoobarfoobarfoobar"), "mzxw6ytbojtg633cmfzgm33pmj");
        assert_eq!(base32(&[0xff; 32]), "7".repeat(26));
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
