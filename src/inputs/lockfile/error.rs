/// Why a lockfile cannot be used. `Display` writes a clause in which "it" is the file, such as "it is too large".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockfileError {
    /// The file has more bytes, packages or dependencies than rebake reads, or reading it would be too much work.
    #[error("it is too large")]
    TooLarge,
    /// The version of its format is not known.
    #[error("its version `{0}` is not known")]
    UnknownVersion(String),
    /// The file has conflict markers of a merge.
    #[error("it has conflict markers")]
    Conflict,
    /// The file is in a binary format, which rebake cannot read.
    #[error("it is binary")]
    Binary,
    /// The file is not a complete file of its format.
    #[error("it cannot be read ({0})")]
    Malformed(String),
}

impl LockfileError {
    /// Returns the error about an unknown version, with at most 20 characters of the version.
    pub(super) fn unknown_version(version: &impl ToString) -> Self {
        Self::UnknownVersion(version.to_string().chars().take(20).collect())
    }

    /// Returns the error for a parser's message, with at most 120 characters of the message's first line. The other
    /// lines may quote the file.
    pub(super) fn malformed(error: impl std::fmt::Display) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Self::Malformed(first.chars().take(120).collect())
    }
}
