use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a version is written. [The table of this module](super) says what each is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `1.0.9-0047-188f7a2`: release, commits since in four digits, commit.
    #[default]
    Extended,
    /// `1.0.10-dev.47.g188f7a2`: on the way to the next release, in SemVer's order.
    Next,
    /// `1.0.9-47-g188f7a2`: what `git describe` says, without the service's prefix.
    Describe,
    /// `1.0.10.dev47+g188f7a2`: for Python packages.
    Pep440,
    /// `1.0.10-0.20261121083000-188f7a2abcde`: Go's pseudo-version, without the `v`.
    Pseudo,
    /// `sha-188f7a2`: the commit alone.
    Sha,
    /// `1.0.9`: the release itself; an error anywhere but on its tag.
    Release,
}

/// A style that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no version style {0:?}")]
pub struct StyleError(String);

impl Style {
    /// All styles, in the order in which help texts list them.
    pub const ALL: [Self; 7] =
        [Self::Extended, Self::Next, Self::Describe, Self::Pep440, Self::Pseudo, Self::Sha, Self::Release];

    /// Returns the name by which flags and filters.yaml know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Extended => "extended",
            Self::Next => "next",
            Self::Describe => "describe",
            Self::Pep440 => "pep440",
            Self::Pseudo => "pseudo",
            Self::Sha => "sha",
            Self::Release => "release",
        }
    }
}

impl FromStr for Style {
    type Err = StyleError;

    fn from_str(text: &str) -> Result<Self, StyleError> {
        Self::ALL.into_iter().find(|style| style.name() == text).ok_or_else(|| StyleError(text.to_owned()))
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_files_use_the_same_names() {
        for style in Style::ALL {
            assert_eq!(style.name().parse(), Ok(style));
            assert_eq!(serde_json::to_string(&style).unwrap(), format!("{:?}", style.name()));
        }
        assert_eq!("Extended".parse::<Style>(), Err(StyleError("Extended".into())));
    }
}
