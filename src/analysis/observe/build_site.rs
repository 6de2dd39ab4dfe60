use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::model::change::Extent;
use crate::model::tree::Listing;

/// Where a build took place.
#[derive(Clone, Copy)]
pub struct BuildSite<'a> {
    /// The tracked files, as they were before the build.
    pub tracked: &'a Listing,
    /// The files that each submodule tracked before the build, by the position of the submodule in `tracked`. A
    /// submodule that cannot be read is left out, and all of its files count as tracked.
    pub submodules: &'a BTreeMap<usize, Listing>,
    /// Where the symbolic links below the root led before the build, tracked or not, by their paths from the root.
    pub links: &'a BTreeMap<Vec<u8>, Vec<u8>>,
    /// The root of the work tree, absolute and without links.
    pub root: &'a [u8],
    /// The directory in which the build began, absolute and without links.
    pub directory: &'a [u8],
    /// The directory of git's own programs, absolute; `None` if it is not known.
    pub git_programs: Option<&'a [u8]>,
    /// The machine on which the build ran.
    pub machine: &'a dyn BuildMachine,
}

/// The state of a machine after a build.
pub trait BuildMachine {
    /// Returns the target of a symbolic link; `None` if the path is no link.
    fn link(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// Returns the beginning of a file, long enough for a line that names its interpreter; `None` if it cannot be read.
    fn beginning(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// Whether an address belongs to this machine.
    fn has_address(&self, address: IpAddr) -> bool;
}

impl<'a> BuildSite<'a> {
    /// Returns an absolute path as a path from the root of the repository; `None` if it lies outside.
    pub(super) fn within<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let rest = path.strip_prefix(self.root)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
    }

    /// Whether a submodule tracks a file, by its path from the submodule.
    pub(super) fn submodule_tracks(&self, position: usize, path: &[u8]) -> bool {
        let Some(listing) = self.submodules.get(&position) else { return true };
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let is_nested = |end: usize| {
            listing.position(&path[..end]).is_some_and(|inner| listing.get(inner).extent() == Extent::Below)
        };
        listing.position(path).is_some() || ends.into_iter().any(is_nested)
    }

    /// Returns the absolute path of a tracked file.
    pub(super) fn path(&self, position: usize) -> Vec<u8> {
        [self.root, b"/", self.tracked.get(position).path].concat()
    }

    /// Returns the target that a link in the repository had before the build; `None` if there was no link.
    pub(super) fn link(&self, path: &[u8]) -> Option<&'a [u8]> {
        self.links.get(self.within(path)?).map(Vec::as_slice)
    }
}
