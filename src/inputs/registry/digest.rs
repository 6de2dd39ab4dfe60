use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

/// The SHA-256 digest of some content: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest(String);

impl Digest {
    /// Reads a digest; `None` if the text is not a SHA-256 digest. No other kind of digest can be verified here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (hex.len() == 64 && hex.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// Returns the digest of some content.
    pub(super) fn of(content: &[u8]) -> Self {
        Sha256::digest(content).iter().fold(Self("sha256:".to_owned()), |mut digest, byte| {
            let _ = write!(digest.0, "{byte:02x}");
            digest
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_sha256sum() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(Digest::parse(empty), Some(Digest::of(b"")));
        for bad in ["", "sha256:", "sha256:e3b0", &empty.to_uppercase(), &format!("{empty}0"), &empty.replace(':', "-")]
        {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }
}
