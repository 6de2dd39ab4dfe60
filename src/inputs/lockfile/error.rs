/// Why a lockfile cannot be used. `Display` continues a sentence about the file: "it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockfileError {
    /// It has more bytes, packages or dependencies than rebake reads.
    #[error("it is too large")]
    TooLarge,
    /// It is of a version that is not known.
    #[error("its version `{0}` is not known")]
    UnknownVersion(String),
    /// It has the marks of a merge that was not finished.
    #[error("it has conflict markers")]
    Conflict,
    /// Its format has no reader.
    #[error("it is binary")]
    Binary,
    /// It is not a complete file of its format.
    #[error("it cannot be read ({0})")]
    Malformed(String),
}

impl LockfileError {
    /// Returns the error about a version, cut to the length of a line.
    pub(super) fn unknown_version(version: &impl ToString) -> Self {
        Self::UnknownVersion(version.to_string().chars().take(20).collect())
    }

    /// Returns the error of a parser, without the lines of the file that it may quote.
    pub(super) fn malformed(error: impl std::fmt::Display) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Self::Malformed(first.chars().take(120).collect())
    }
}
