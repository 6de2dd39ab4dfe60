use std::fmt;
use std::str::FromStr;

/// The id of a commit: 20 bytes (SHA-1) or 32 bytes (SHA-256).
///
/// `Display` is the full lower-case hex form, 40 or 64 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId {
    bytes: [u8; 32],
    len: u8,
}

/// Why a text or a byte string is not a commit id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a commit id is 40 or 64 hexadecimal digits")]
pub struct CommitIdError;

impl CommitId {
    /// Returns the id with these raw bytes.
    ///
    /// # Errors
    /// When there are neither 20 nor 32 bytes.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, CommitIdError> {
        let mut bytes = [0; 32];
        // Copying a constant number of bytes is faster.
        let len = match raw.len() {
            20 => {
                bytes[..20].copy_from_slice(raw);
                20
            }
            32 => {
                bytes.copy_from_slice(raw);
                32
            }
            _ => return Err(CommitIdError),
        };
        Ok(Self { bytes, len })
    }

    /// Returns the raw bytes, 20 or 32 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Returns the first `digits` hex digits, or all of them when there are fewer.
    ///
    /// The length is the same in every clone, unlike the length of git's shortest unique prefix, which depends on the
    /// other objects in the clone.
    #[must_use]
    pub fn short(&self, digits: usize) -> String {
        let mut hex = self.to_string();
        hex.truncate(digits);
        hex
    }

    /// Whether this is the all-zero id that CI events use for "there was no commit".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.as_bytes().iter().all(|byte| *byte == 0)
    }
}

impl FromStr for CommitId {
    type Err = CommitIdError;

    fn from_str(text: &str) -> Result<Self, CommitIdError> {
        let digits = text.as_bytes();
        if !digits.len().is_multiple_of(2) {
            return Err(CommitIdError);
        }
        let nibble =
            |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(CommitIdError);
        let raw = digits
            .chunks_exact(2)
            .map(|pair| Ok(nibble(pair[0])? << 4 | nibble(pair[1])?))
            .collect::<Result<Vec<u8>, CommitIdError>>()?;
        Self::from_bytes(&raw)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 64];
        for (digits, byte) in hex.chunks_exact_mut(2).zip(self.as_bytes()) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        let hex = &hex[..2 * usize::from(self.len)];
        f.write_str(std::str::from_utf8(hex).unwrap_or_default())
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_object_formats_round_trip() {
        for text in ["0123456789abcdef0123456789abcdef01234567", &"ab".repeat(32)] {
            let id: CommitId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(CommitId::from_bytes(id.as_bytes()), Ok(id));
        }
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in ["", "0", "HEAD", &"0".repeat(39), &"0".repeat(41), &"g".repeat(40), &"é".repeat(20)] {
            assert_eq!(text.parse::<CommitId>(), Err(CommitIdError), "{text:?}");
        }
    }

    #[test]
    fn zero_is_known_in_both_formats() {
        assert!("0".repeat(40).parse::<CommitId>().unwrap().is_zero());
        assert!("0".repeat(64).parse::<CommitId>().unwrap().is_zero());
        assert!(!format!("{}1", "0".repeat(39)).parse::<CommitId>().unwrap().is_zero());
    }
}
