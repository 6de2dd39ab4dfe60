use std::fmt;

/// A tag of an image that every registry accepts: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}` (OCI distribution specification,
/// "Pulling manifests").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageTag(String);

/// Why a text is not a tag of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageTagError {
    /// It is empty.
    #[error("an image tag may not be empty")]
    Empty,
    /// It begins with `.` or `-`.
    #[error("an image tag begins with a letter, a digit or `_`, not with {0:?}")]
    First(char),
    /// It contains a character that is not allowed.
    #[error("an image tag is made of letters, digits and `.` `_` `-`; this one has {0:?}")]
    Character(char),
    /// It is too long; this is its length in characters.
    #[error("an image tag has at most 128 characters; this one has {0}")]
    TooLong(usize),
}

/// Whether an image tag may contain a character.
pub(super) fn is_tag_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

impl ImageTag {
    /// Checks a tag.
    ///
    /// # Errors
    /// When a registry would refuse it.
    pub fn parse(text: &str) -> Result<Self, ImageTagError> {
        match text.chars().next() {
            None => return Err(ImageTagError::Empty),
            Some(first @ ('.' | '-')) => return Err(ImageTagError::First(first)),
            Some(_) => {}
        }
        if let Some(c) = text.chars().find(|c| !is_tag_character(*c)) {
            return Err(ImageTagError::Character(c));
        }
        if text.len() > 128 { Err(ImageTagError::TooLong(text.len())) } else { Ok(Self(text.to_owned())) }
    }

    /// Returns the content tag, by which a later run finds an image of the same content. The tag consists of the
    /// service's fingerprint and, if there is one, the binding (`bound_to`: a digest of the values that the build can
    /// see). `None` if one of the texts does not have its usual form. So there is no content tag for modified files,
    /// whose fingerprint ends with `-dirty`.
    #[must_use]
    pub fn of_content(fingerprint: &str, bound_to: Option<&str>) -> Option<Self> {
        let text = match bound_to {
            Some(bound_to) => format!("{fingerprint}-{bound_to}"),
            None => fingerprint.to_owned(),
        };
        let (print, suffix) = content_parts(&text)?;
        let is_same = print == fingerprint && suffix == bound_to;
        is_same.then_some(Self(text))
    }

    /// Whether a text has the form of a content tag.
    #[must_use]
    pub fn is_of_content(text: &str) -> bool {
        content_parts(text).is_some()
    }

    /// Returns the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Splits a content tag into the fingerprint (such as `fp2-` and 26 letters and digits) and the binding (13 letters and
/// digits after another `-`, if there is one).
fn content_parts(text: &str) -> Option<(&str, Option<&str>)> {
    let is_base32 = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte));
    let (scheme, rest) = text.split_once('-')?;
    let version = scheme.strip_prefix("fp")?;
    let (digest, suffix) = rest.split_once('-').map_or((rest, None), |(digest, suffix)| (digest, Some(suffix)));
    let is_known = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = digest.len() == 26 && is_base32(digest);
    let is_bound = suffix.is_none_or(|suffix| suffix.len() == 13 && is_base32(suffix));
    (is_known && is_whole && is_bound).then(|| (&text[..scheme.len() + 1 + digest.len()], suffix))
}

impl fmt::Display for ImageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A tag that is being built. Literal text is added unchanged; values are adapted to the characters of tags.
#[derive(Debug, Default)]
pub(super) struct Draft(String);

impl Draft {
    /// Adds literal text.
    pub(super) fn literal(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Adds a value. `+` becomes `_`, as in Helm (with `-`, build metadata would become a pre-release). Any other run
    /// of characters that a tag may not contain becomes one `-`. At the start of the tag, `.` and `-` are left out.
    pub(super) fn value(&mut self, value: &str) {
        let mut fit = String::with_capacity(value.len());
        let mut replacing = false;
        for c in value.chars() {
            match c {
                '+' => fit.push('_'),
                c if is_tag_character(c) => fit.push(c),
                _ if replacing => {}
                _ => fit.push('-'),
            }
            replacing = c != '+' && !is_tag_character(c);
        }
        self.0.push_str(if self.0.is_empty() { fit.trim_start_matches(['.', '-']) } else { &fit });
    }

    /// Returns the tag; `None` if the text is empty.
    ///
    /// # Errors
    /// When the text is not a valid tag. The error is the text, and what is wrong with it.
    pub(super) fn finish(self) -> Result<Option<ImageTag>, (String, ImageTagError)> {
        match ImageTag::parse(&self.0) {
            Ok(tag) => Ok(Some(tag)),
            Err(ImageTagError::Empty) => Ok(None),
            Err(error) => Err((self.0, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_registries_take() {
        for tag in ["a", "_x", "1.0.9-0047-188f7a2", "A.b_c-", &"x".repeat(128)] {
            assert_eq!(ImageTag::parse(tag).unwrap().as_str(), tag);
        }
        for (tag, error) in [
            ("", ImageTagError::Empty),
            (".a", ImageTagError::First('.')),
            ("-a", ImageTagError::First('-')),
            ("a/b", ImageTagError::Character('/')),
            ("größe", ImageTagError::Character('ö')),
            ("a\n", ImageTagError::Character('\n')),
            ("1.0+47", ImageTagError::Character('+')),
            (&"x".repeat(129), ImageTagError::TooLong(129)),
        ] {
            assert_eq!(ImageTag::parse(tag), Err(error), "{tag:?}");
        }
    }

    #[test]
    fn a_fingerprint_is_a_tag_unless_it_is_dirty() {
        let fingerprint = "fp2-4oymiquy7qobjgx36tejs35zeq";
        let tag = |fingerprint: &str, bound_to: Option<&str>| {
            ImageTag::of_content(fingerprint, bound_to).map(|tag| tag.as_str().to_owned())
        };
        assert_eq!(tag(fingerprint, None).unwrap(), fingerprint);
        let bound = format!("{fingerprint}-abcdefghij234");
        assert_eq!(tag(fingerprint, Some("abcdefghij234")).unwrap(), bound);
        assert!(ImageTag::is_of_content(fingerprint) && ImageTag::is_of_content(&bound));
        for bound_to in ["", "dirty", "abcdefghij23", "abcdefghij2345", "ABCDEFGHIJ234", "a-cdefghij234"] {
            assert_eq!(tag(fingerprint, Some(bound_to)), None, "{bound_to}");
        }
        for other in [
            &format!("{fingerprint}-dirty"),
            "latest",
            "",
            "fp-4oymiquy7qobjgx36tejs35zeq",
            "fp2-4OYMIQUY7QOBJGX36TEJS35ZEQ",
        ] {
            assert_eq!(tag(other, None), None, "{other}");
            assert!(!ImageTag::is_of_content(other), "{other}");
        }
        // A content tag with a binding is not a fingerprint.
        assert_eq!(tag(&bound, None), None);
    }

    #[test]
    fn values_are_made_fit() {
        for (value, fit) in [
            ("1.0.9+47.g1", "1.0.9_47.g1"),
            ("my/feature#1245", "my-feature-1245"),
            ("a  / b", "a-b"),
            ("a+/+b", "a_-_b"),
            ("a-/b", "a--b"),
            ("#1-fix", "1-fix"),
            ("../x", "x"),
            ("größe", "gr-e"),
        ] {
            let mut draft = Draft::default();
            draft.value(value);
            assert_eq!(draft.finish().unwrap().unwrap().as_str(), fit, "{value:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_value_alone_is_always_a_tag(value in ".{0,40}") {
            let mut draft = Draft::default();
            draft.value(&value);
            proptest::prop_assert!(draft.finish().is_ok());
        }
    }
}
