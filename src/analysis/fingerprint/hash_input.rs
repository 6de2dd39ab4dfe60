use std::fmt;

use super::Fingerprint;
use super::hash::SCHEME;
use crate::model::name::{Escaped, ServiceName};
use crate::model::tree::{ObjectFormat, TreeEntry};

/// One thing that a fingerprint is made of. `Display` is a line for people.
///
/// Every word of a record is written with its length before it, and each kind has a fixed number of words after its
/// own: no two lists of records give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashInput<'a> {
    /// The scheme, and what the ids of entries are made with.
    Format(ObjectFormat),
    /// The service.
    Service(&'a ServiceName),
    /// A directory that belongs to the service as a whole, whatever it holds.
    Directory(TreeEntry<'a>),
    /// A file, link or submodule.
    File(TreeEntry<'a>),
    /// The service's resolved definition, as canonical JSON.
    Definition(&'a str),
    /// The patterns of what affects every service, as canonical JSON.
    Global(&'a str),
    /// A service that it is built from, and that one's fingerprint.
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
            Self::Directory(entry) | Self::File(entry) => {
                word(&entry.mode.bits().to_be_bytes());
                word(entry.path);
                word(entry.id.as_bytes());
            }
            Self::Definition(canonical) | Self::Global(canonical) => word(canonical.as_bytes()),
            Self::Dependency(name, fingerprint) => {
                word(name.as_str().as_bytes());
                // A dependency that is dirty makes no other content.
                word(fingerprint.content().as_bytes());
            }
        }
    }

    /// What kind of record it is, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Format(_) => "format",
            Self::Service(_) => "service",
            Self::Directory(_) => "directory",
            Self::File(_) => "file",
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
            Self::File(entry) => write!(f, "{} {} {}", entry.mode, entry.id, Escaped::new(entry.path)),
            Self::Definition(canonical) | Self::Global(canonical) => write!(f, "{}", Escaped::new(*canonical)),
            Self::Dependency(name, fingerprint) => write!(f, "{name} {fingerprint}"),
        }
    }
}
