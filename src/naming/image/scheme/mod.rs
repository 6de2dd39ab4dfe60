//! The schemes by which `semver` and `pep440` rules read versions.

mod pep440;
mod strict;

use super::tag_expression::VersionPart;

/// The rules by which a version is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::naming::image) enum Scheme {
    Semver,
    Pep440,
}

/// A version as `semver` and `pep440` rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::naming::image) struct VersionFields {
    /// The version as it was written, with a `v` if there is one.
    pub(in crate::naming::image) raw: String,
    /// The version in the normal spelling of its scheme.
    pub(in crate::naming::image) version: String,
    pub(in crate::naming::image) major: String,
    pub(in crate::naming::image) minor: String,
    pub(in crate::naming::image) patch: String,
    pub(in crate::naming::image) stability: Stability,
}

/// Whether a version is a stable release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::naming::image) enum Stability {
    Stable,
    /// A pre-release (in Python also a post or development release): it must not move a tag such as `1.2`.
    Provisional,
}

impl Scheme {
    /// Reads a version; `None` if the text is not one.
    pub(in crate::naming::image) fn read(self, text: &str) -> Option<VersionFields> {
        match self {
            Self::Semver => strict::read(text),
            Self::Pep440 => pep440::read(text),
        }
    }

    /// Returns the name of the scheme.
    pub(in crate::naming::image) fn name(self) -> &'static str {
        match self {
            Self::Semver => "SemVer",
            Self::Pep440 => "PEP 440",
        }
    }
}

impl VersionFields {
    pub(in crate::naming::image) fn value(&self, part: VersionPart) -> String {
        match part {
            VersionPart::Raw => &self.raw,
            VersionPart::Version => &self.version,
            VersionPart::Major => &self.major,
            VersionPart::Minor => &self.minor,
            VersionPart::Patch => &self.patch,
        }
        .clone()
    }
}
