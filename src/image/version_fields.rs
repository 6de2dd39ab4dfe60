use super::expression::VersionPart;

/// A version as `semver` and `pep440` rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionFields {
    /// As it was written, with its `v`.
    pub(super) raw: String,
    /// As its scheme writes it.
    pub(super) version: String,
    pub(super) major: String,
    pub(super) minor: String,
    pub(super) patch: String,
    pub(super) stability: Stability,
}

/// Whether a version is one that people should take without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stability {
    Stable,
    /// A pre-release (or, in Python, a post or development release): it must not move a tag such as `1.2`.
    Provisional,
}

impl VersionFields {
    pub(super) fn value(&self, part: VersionPart) -> String {
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
