use std::fmt;

use super::hash::SCHEME;
use super::{Fingerprint, LockedName};
use crate::analysis::closure::ClosureDigest;
use crate::model::name::{Escaped, ServiceName};
use crate::model::tree::{ObjectFormat, TreeEntry};

/// One input of a fingerprint, also called a record. `Display` writes it as a line for people.
///
/// A record is hashed as a list of words. The length of each word precedes the word, and each kind of record has a
/// fixed number of words. So two different lists of records never give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashInput<'a> {
    /// The scheme of the fingerprint, and the hash function of git's object ids.
    Format(ObjectFormat),
    /// The name of the service.
    Service(&'a ServiceName),
    /// A directory of which everything belongs to the service.
    Directory(TreeEntry<'a>),
    /// A file, link or submodule.
    File(TreeEntry<'a>),
    /// The closure of the service's package in the lockfile at a path.
    Closure(&'a str, ClosureDigest),
    /// A lockfile of which every change affects the service.
    Lockfile(TreeEntry<'a>),
    /// Settings that apply to all packages of the lockfile at a path: those of the lockfile, and of files beside it.
    Settings(&'a str, ClosureDigest),
    /// A package in the lockfile at a path. It is only displayed; the hash contains the closure instead.
    Package(&'a str, &'a LockedName),
    /// The service's resolved definition, as canonical JSON.
    Definition(&'a str),
    /// The `global` patterns, which affect every service that does not opt out, as canonical JSON.
    Global(&'a str),
    /// A service that this service is built from, and the fingerprint of that service.
    Dependency(&'a ServiceName, &'a Fingerprint),
}

impl HashInput<'_> {
    /// Appends the record's bytes.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let mut word = |word: &[u8]| {
            bytes.extend_from_slice(&(word.len() as u64).to_be_bytes());
            bytes.extend_from_slice(word);
        };
        word(self.kind().as_bytes());
        match self {
            Self::Format(objects) => {
                word(SCHEME.as_bytes());
                word(objects.name().as_bytes());
            }
            Self::Service(name) => word(name.as_str().as_bytes()),
            Self::Closure(path, digest) | Self::Settings(path, digest) => {
                word(path.as_bytes());
                word(digest.as_bytes());
            }
            Self::Package(path, package) => {
                word(path.as_bytes());
                word(package.key.as_bytes());
            }
            Self::Directory(entry) | Self::File(entry) | Self::Lockfile(entry) => {
                word(&entry.mode.bits().to_be_bytes());
                word(entry.path);
                word(entry.id.as_bytes());
            }
            Self::Definition(canonical) | Self::Global(canonical) => word(canonical.as_bytes()),
            Self::Dependency(name, fingerprint) => {
                word(name.as_str().as_bytes());
                // Whether a dependency is dirty does not change the content.
                word(fingerprint.content().as_bytes());
            }
        }
    }

    /// Returns the kind of the record, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Format(_) => "format",
            Self::Service(_) => "service",
            Self::Directory(_) => "directory",
            Self::File(_) => "file",
            Self::Closure(..) => "closure",
            Self::Lockfile(_) => "lockfile",
            Self::Package(..) => "package",
            Self::Settings(..) => "settings",
            Self::Definition(_) => "definition",
            Self::Global(_) => "global",
            Self::Dependency(..) => "dependency",
        }
    }
}

impl fmt::Display for HashInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind())?;
        match self {
            Self::Format(objects) => write!(f, "{SCHEME} {}", objects.name()),
            Self::Service(name) => write!(f, "{name}"),
            Self::Directory(entry) => write!(f, "{} {} {}/", entry.mode, entry.id, Escaped::new(entry.path)),
            Self::Closure(path, digest) | Self::Settings(path, digest) => write!(f, "{digest} {}", Escaped::new(*path)),
            Self::Package(_, package) => write!(f, "{}", Escaped::new(&package.shown)),
            Self::File(entry) | Self::Lockfile(entry) => {
                write!(f, "{} {} {}", entry.mode, entry.id, Escaped::new(entry.path))
            }
            Self::Definition(canonical) | Self::Global(canonical) => write!(f, "{}", Escaped::new(*canonical)),
            Self::Dependency(name, fingerprint) => write!(f, "{name} {fingerprint}"),
        }
    }
}
