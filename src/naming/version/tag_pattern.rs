use std::fmt;

use super::{Reading, Scheme, Version};
use crate::model::name::{TagName, TagNameError};

/// The pattern of a service's release tags: a prefix, a version of a scheme, a suffix.
///
/// `Display` is the pattern in the form of `git describe --match`: `services/go/api@[0-9]*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPattern {
    prefix: String,
    suffix: String,
    scheme: Scheme,
}

impl TagPattern {
    /// Returns the pattern of tags that consist of this prefix, a version of SemVer, and this suffix, which is mostly
    /// empty.
    pub fn new(prefix: impl Into<String>, suffix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), suffix: suffix.into(), scheme: Scheme::Semver }
    }

    /// Returns the same pattern with versions of another scheme.
    #[must_use]
    pub fn of_scheme(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// Returns the scheme of its versions.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the text before the version.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the text after the version.
    #[must_use]
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// Returns the part of a tag's name that should be the version: the text between prefix and suffix, if it begins
    /// with a digit.
    ///
    /// The digit excludes `api@latest` and other moving tags.
    #[must_use]
    pub fn version_of<'a>(&self, tag: &'a [u8]) -> Option<&'a [u8]> {
        let version = tag.strip_prefix(self.prefix.as_bytes())?.strip_suffix(self.suffix.as_bytes())?;
        version.first()?.is_ascii_digit().then_some(version)
    }

    /// Returns the version of a tag; `None` if the tag does not fit the pattern or the scheme cannot read the version.
    #[must_use]
    pub fn read(&self, tag: &TagName) -> Option<Version> {
        self.scheme.read(std::str::from_utf8(self.version_of(tag.as_bytes())?).ok()?)
    }

    /// Reads the version of a tag by the scheme; `None` if the tag does not fit the pattern.
    #[must_use]
    pub fn reading(&self, tag: &[u8]) -> Option<Reading> {
        let version = self.version_of(tag)?;
        Some(std::str::from_utf8(version).map_or(Reading::Nothing, |version| self.scheme.reading(version)))
    }

    /// Whether a tag looks like a tag of the service without a version, such as `api@latest`.
    ///
    /// The prefix must not end with a letter or a digit, so that `vendor` is not taken for a tag with the prefix `v`.
    /// The rest has to be one word, so that `apps/web@1.0.0` is not taken for a tag with the prefix `apps/`.
    #[must_use]
    pub fn is_other(&self, tag: &[u8]) -> bool {
        let rest = tag.strip_prefix(self.prefix.as_bytes()).and_then(|rest| rest.strip_suffix(self.suffix.as_bytes()));
        let is_word = |rest: &[u8]| {
            rest.first().is_some_and(u8::is_ascii_alphabetic)
                && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
        };
        self.prefix.ends_with(|c: char| !c.is_ascii_alphanumeric()) && rest.is_some_and(is_word)
    }

    /// Returns an example of a tag with this pattern.
    ///
    /// # Errors
    /// When git refuses every tag with this pattern.
    pub fn example(&self) -> Result<TagName, TagNameError> {
        TagName::parse(&[&self.prefix, self.scheme.example(), &self.suffix].concat())
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
