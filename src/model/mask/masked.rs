use bstr::ByteSlice as _;

use super::{MASK, Mask};

/// The beginning of a line that declares a secret in a build's output. GitHub defined this command; other engines read
/// it too.
const DECLARATION: &[u8] = b"::add-mask::";

/// The maximum length, in bytes, of a line that declares a secret. An incomplete line is held back only up to this
/// length.
const LONGEST: usize = 64 * 1024;

/// Masks secrets in output that arrives in pieces, even if a secret spans two pieces.
#[derive(Debug)]
pub struct Masked {
    mask: Mask,
    /// Bytes that are held back, since a secret or a declaration may begin in them.
    held: Vec<u8>,
    /// The number of bytes at the beginning of `held` that belong to a secret whose mask has been passed on already.
    covered: usize,
    /// Whether the line with the first held byte has only blanks before that byte.
    at_start: bool,
}

impl Masked {
    /// Returns a `Masked` for these secrets, before the first piece of output.
    #[must_use]
    pub fn new(mask: Mask) -> Self {
        Self { mask, held: Vec::new(), covered: 0, at_start: true }
    }

    /// Adds a piece of output, and returns the masked output that can be passed on now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let open = self.listen();
        let keep = if open.is_some() { 0 } else { self.mask.begun(&self.held).max(begun(&self.held)) };
        self.hand_on(open.unwrap_or(self.held.len() - keep))
    }

    /// Returns the rest of the masked output, after the last piece.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.held.push(b'\n');
        self.listen();
        self.held.pop();
        self.hand_on(self.held.len())
    }

    /// Adds to the mask the secrets that complete lines declare. If the last line is an incomplete declaration, returns
    /// the position where that line begins.
    fn listen(&self) -> Option<usize> {
        for at in self.held.find_iter(DECLARATION) {
            let before = &self.held[..at];
            let line = before.rfind_byte(b'\n').map_or(0, |end| end + 1);
            let alone = before[line..].trim_ascii().is_empty() && (line > 0 || self.at_start);
            let rest = &self.held[at + DECLARATION.len()..];
            match rest.find_byte(b'\n') {
                Some(end) if alone => self.mask.declare(String::from_utf8_lossy(&rest[..end]).trim_end_matches('\r')),
                None if alone && rest.len() < LONGEST => return Some(line),
                _ => {}
            }
        }
        None
    }

    /// Removes the first `count` of the held bytes, and returns these bytes with secrets masked.
    fn hand_on(&mut self, count: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(count);
        let (mut end, mut covered) = (self.covered.min(count), self.covered);
        for secret in self.mask.find(&self.held).into_iter().filter(|secret| secret.start < count) {
            // A secret that overlaps the last one is covered by the same mask.
            if secret.start >= covered {
                out.extend_from_slice(&self.held[end..secret.start]);
                out.extend_from_slice(MASK.as_bytes());
            }
            covered = covered.max(secret.end);
            end = covered.min(count);
        }
        out.extend_from_slice(&self.held[end..count]);
        self.covered = covered.saturating_sub(count);
        let line = self.held[..count].rfind_byte(b'\n').map_or(0, |end| end + 1);
        self.at_start = (self.at_start || line > 0) && self.held[line..count].trim_ascii().is_empty();
        self.held.drain(..count);
        out
    }
}

/// Returns how many bytes at the end may be the beginning of a declaration.
fn begun(bytes: &[u8]) -> usize {
    (1..DECLARATION.len()).rev().find(|length| bytes.ends_with(&DECLARATION[..*length])).unwrap_or_default()
}
