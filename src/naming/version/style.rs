use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::choice::Choice;

/// The style of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VersionStyle {
    /// `1.0.9-0047-188f7a2`: the release, the number of commits since the release in four digits, and the commit.
    #[default]
    Extended,
    /// `1.0.10-dev.47.g188f7a2`: precedes the next release, in SemVer's order.
    Next,
    /// `1.0.9-47-g188f7a2`: the output of `git describe`, without the service's prefix.
    Describe,
    /// `1.0.10.dev47+g188f7a2`: for Python packages.
    Pep440,
    /// `1.0.10-0.20261121083000-188f7a2abcde`: Go's pseudo-version, without the `v`.
    Pseudo,
    /// `sha-188f7a2`: the commit alone.
    Sha,
    /// `1.0.9`: the release itself; an error at any commit without its tag.
    Release,
}

/// Whether a text has the form of a version, in any style and scheme: letters, digits, and the signs that versions
/// contain. Such a text is no path, no flag, and nothing that a shell interprets.
#[must_use]
pub fn has_form_of_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '!'))
}

impl Choice for VersionStyle {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Extended, "extended", "1.0.9-0047-188f7a2"),
        (Self::Next, "next", "1.0.10-dev.47.g188f7a2"),
        (Self::Describe, "describe", "1.0.9-47-g188f7a2, as git describe"),
        (Self::Pep440, "pep440", "1.0.10.dev47+g188f7a2, for Python"),
        (Self::Pseudo, "pseudo", "1.0.10-0.20261121083000-188f7a2abcde, for Go"),
        (Self::Sha, "sha", "sha-188f7a2"),
        (Self::Release, "release", "1.0.9; fails where the commit has no release tag"),
    ];
}

impl fmt::Display for VersionStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_files_use_the_same_words() {
        for (style, word, _) in VersionStyle::CHOICES {
            assert_eq!(VersionStyle::of(word), Some(*style));
            assert_eq!(serde_json::to_string(style).unwrap(), format!("{word:?}"));
        }
        assert_eq!(VersionStyle::of("Extended"), None);
    }
}
