use std::fmt;

use bstr::{BStr, BString};

use super::Escaped;

/// The name of a tag, without `refs/tags/`: `services/go/api-golang@1.0.9`.
///
/// It consists of bytes, like every name in git. Tag names are ordered by their bytes, as in git's own lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(BString);

/// Why git refuses a text as the name of a tag (the rules of `git check-ref-format`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagNameError {
    /// The name is empty, or has an empty part: it begins or ends with `/`, or holds `//`.
    #[error("git refuses a tag name with an empty part")]
    EmptyPart,
    /// A part of the name begins with a dot, or the name ends with a dot or contains `..`.
    #[error("git refuses a tag name with `..`, with a part that begins with `.`, or that ends with `.`")]
    Dots,
    /// A part ends with `.lock`.
    #[error("git refuses a tag name with a part that ends with `.lock`")]
    Lock,
    /// The name begins with `-`, so every git command would read it as an option.
    #[error("git refuses a tag name that begins with `-`")]
    Dash,
    /// The name contains a blank, a control character, or a character with a meaning in revisions, such as `~` or `:`.
    #[error("git refuses {0:?} in a tag name")]
    Character(char),
    /// The name holds `@{`, or is `@` alone.
    #[error("git refuses `@{{` in a tag name, and `@` alone")]
    At,
}

impl TagName {
    /// Wraps the name of an existing tag, without a check.
    #[must_use]
    pub fn from_git(bytes: impl Into<Vec<u8>>) -> Self {
        Self(BString::from(bytes.into()))
    }

    /// Checks the name of a tag that is to be made.
    ///
    /// # Errors
    /// When git would refuse the name.
    pub fn parse(text: &str) -> Result<Self, TagNameError> {
        if text.starts_with('-') {
            return Err(TagNameError::Dash);
        }
        if text == "@" || has_pair(text, *b"@{") {
            return Err(TagNameError::At);
        }
        if let Some(c) =
            text.chars().find(|c| c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'))
        {
            return Err(TagNameError::Character(c));
        }
        if has_pair(text, *b"..") || text.ends_with('.') {
            return Err(TagNameError::Dots);
        }
        for part in text.split('/') {
            if part.is_empty() {
                return Err(TagNameError::EmptyPart);
            }
            if part.starts_with('.') {
                return Err(TagNameError::Dots);
            }
            if part.ends_with(".lock") {
                return Err(TagNameError::Lock);
            }
        }
        Ok(Self(text.into()))
    }

    /// Returns the bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the name if it is UTF-8. Names of release tags are always UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

/// Whether a text contains these two bytes side by side.
fn has_pair(text: &str, pair: [u8; 2]) -> bool {
    text.as_bytes().windows(2).any(|two| two == pair)
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped::new(&self.0), f)
    }
}

impl fmt::Debug for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(BStr::new(&self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_takes() {
        for name in ["v1.0.0", "services/go/api@1.0.9", "@acme/x@1.2.3", "a-v1", "größe@1.0.0"] {
            assert_eq!(TagName::parse(name).unwrap().to_str(), Some(name));
        }
    }

    #[test]
    fn names_that_git_refuses() {
        for (name, error) in [
            ("", TagNameError::EmptyPart),
            ("/a", TagNameError::EmptyPart),
            ("a//b", TagNameError::EmptyPart),
            ("a/", TagNameError::EmptyPart),
            (".a", TagNameError::Dots),
            ("a/.b", TagNameError::Dots),
            ("a..b", TagNameError::Dots),
            ("a.", TagNameError::Dots),
            ("a.lock/b", TagNameError::Lock),
            ("-a", TagNameError::Dash),
            ("app/[slug]@1.0.0", TagNameError::Character('[')),
            ("a b", TagNameError::Character(' ')),
            ("a\u{7f}", TagNameError::Character('\u{7f}')),
            ("a@{1}", TagNameError::At),
            ("@", TagNameError::At),
        ] {
            assert_eq!(TagName::parse(name), Err(error), "{name:?}");
        }
    }
}
