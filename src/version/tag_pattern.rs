use std::fmt;

use semver::Version;

use crate::name::{TagName, TagNameError};

/// Which tags are one service's release tags: a prefix, a version, a suffix.
///
/// `Display` is the pattern in the form of `git describe --match`: `services/go/api@[0-9]*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPattern {
    prefix: String,
    suffix: String,
}

impl TagPattern {
    /// Returns the pattern of tags that begin with `prefix`, then have a version, then end with `suffix` (mostly
    /// empty).
    pub fn new(prefix: impl Into<String>, suffix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), suffix: suffix.into() }
    }

    /// Returns what stands before the version.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns what stands behind the version.
    #[must_use]
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// Returns the part of a tag's name that should be the version: what stands between prefix and suffix, when it
    /// begins with a digit.
    ///
    /// That digit is what keeps `api@latest` and other moving tags out.
    #[must_use]
    pub fn version_of<'a>(&self, tag: &'a [u8]) -> Option<&'a [u8]> {
        let version = tag.strip_prefix(self.prefix.as_bytes())?.strip_suffix(self.suffix.as_bytes())?;
        version.first()?.is_ascii_digit().then_some(version)
    }

    /// Returns the version that a tag stands for; `None` when it is not of this pattern or no strict SemVer.
    #[must_use]
    pub fn read(&self, tag: &TagName) -> Option<Version> {
        let version = std::str::from_utf8(self.version_of(tag.as_bytes())?).ok()?;
        Version::parse(version).ok()
    }

    /// Returns the tag of a version.
    ///
    /// # Errors
    /// When git refuses a tag of that name.
    pub fn tag(&self, version: &Version) -> Result<TagName, TagNameError> {
        TagName::parse(&format!("{}{version}{}", self.prefix, self.suffix))
    }
}

impl fmt::Display for TagPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[0-9]*{}", self.prefix, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_a_digit() {
        let api = TagPattern::new("api@", "");
        assert_eq!(api.version_of(b"api@1.0.9"), Some(&b"1.0.9"[..]));
        for other in [&b"api@latest"[..], b"api@", b"api-golang@1.0.9", b"x/api@1.0.9"] {
            assert_eq!(api.version_of(other), None);
        }
        let suffixed = TagPattern::new("", "-api");
        assert_eq!(suffixed.version_of(b"1.0.9-api"), Some(&b"1.0.9"[..]));
        assert_eq!(suffixed.version_of(b"-api"), None);
        assert_eq!(suffixed.to_string(), "[0-9]*-api");
    }
}
