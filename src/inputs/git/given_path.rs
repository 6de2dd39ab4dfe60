use std::path::Path;

use super::Repository;
use crate::model::name::{RepoPath, unquoted};

impl Repository {
    /// Converts a path from the command line to a path in the repository. A path that begins with `.` or `..` is
    /// relative to the directory in which the repository was opened; any other path is relative to the root of the
    /// repository. `None` if the path lies outside of the repository.
    ///
    /// The path need not exist. The empty path is the root.
    #[must_use]
    pub fn path_named(&self, path: &Path) -> Option<RepoPath> {
        let bytes = path.as_os_str().as_encoded_bytes();
        let first = bytes.split(|byte| *byte == b'/').next();
        let is_from_here = matches!(first, Some(b"." | b".."));
        let mut parts: Vec<Vec<u8>> = if is_from_here { self.here() } else { Vec::new() };
        for part in unquoted(bytes).as_deref().unwrap_or(bytes).split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => _ = parts.pop()?,
                part => parts.push(part.to_vec()),
            }
        }
        Some(RepoPath::from_git(parts.join(&b'/')))
    }

    /// Returns the path of the directory in which the repository was opened, split into its names and relative to the
    /// root of the work tree. The result is empty if the directory is not in the work tree.
    fn here(&self) -> Vec<Vec<u8>> {
        let inside = || {
            let root = self.work_dir()?.canonicalize().ok()?;
            Some(self.place.directory.canonicalize().ok()?.strip_prefix(root).ok()?.to_owned())
        };
        let inside = inside().unwrap_or_default();
        inside.components().map(|part| part.as_os_str().as_encoded_bytes().to_vec()).collect()
    }
}
