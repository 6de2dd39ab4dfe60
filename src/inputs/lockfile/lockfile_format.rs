use crate::inputs::source::Ecosystem;

/// A lockfile format. The reader of a format distinguishes the format's versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockfileFormat {
    /// pnpm-lock.yaml, versions 5.4, 6 and 9.
    Pnpm,
    /// package-lock.json and npm-shrinkwrap.json, versions 2 and 3.
    Npm,
    /// yarn.lock, of yarn 1 and of later versions of yarn.
    Yarn,
    /// bun.lock, versions 0 to 2.
    Bun,
    /// bun.lockb, which is binary and which rebake does not read.
    BinaryBun,
    /// Cargo.lock, versions 3 and 4.
    Cargo,
    /// uv.lock, version 1.
    Uv,
    /// poetry.lock, versions 1 and 2.
    Poetry,
}

/// The file names of lockfiles, with their formats. go.sum is left out, since it does not say which package depends on
/// which.
pub const LOCKFILE_NAMES: [(&str, LockfileFormat); 9] = [
    ("Cargo.lock", LockfileFormat::Cargo),
    ("bun.lock", LockfileFormat::Bun),
    ("bun.lockb", LockfileFormat::BinaryBun),
    ("npm-shrinkwrap.json", LockfileFormat::Npm),
    ("package-lock.json", LockfileFormat::Npm),
    ("pnpm-lock.yaml", LockfileFormat::Pnpm),
    ("poetry.lock", LockfileFormat::Poetry),
    ("uv.lock", LockfileFormat::Uv),
    ("yarn.lock", LockfileFormat::Yarn),
];

impl LockfileFormat {
    /// Returns the format of the lockfile with this file name; `None` if it is not the name of a lockfile.
    #[must_use]
    pub fn of(file_name: &[u8]) -> Option<Self> {
        LOCKFILE_NAMES.iter().find(|(name, _)| name.as_bytes() == file_name).map(|(_, format)| *format)
    }

    /// Returns the ecosystem of the packages in a lockfile of this format.
    #[must_use]
    pub fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Pnpm | Self::Npm | Self::Yarn | Self::Bun | Self::BinaryBun => Ecosystem::Npm,
            Self::Cargo => Ecosystem::Cargo,
            Self::Uv | Self::Poetry => Ecosystem::Python,
        }
    }
}
