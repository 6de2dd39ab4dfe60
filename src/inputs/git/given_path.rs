use std::path::{Component, Path};

use super::Repository;
use crate::model::name::{RepoPath, unquoted};

impl Repository {
    /// Converts a path from the command line to a path in the repository. A path that begins with `.` or `..` is
    /// relative to the directory in which the repository was opened; any other path that is not absolute is relative to
    /// the root of the repository. `None` if the path lies outside of the repository.
    ///
    /// The path need not exist. The empty path is the root.
    #[must_use]
    pub fn path_named(&self, path: &Path) -> Option<RepoPath> {
        if path.is_absolute() {
            return self.below_root(path);
        }
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

    /// Converts an absolute path to a path in the repository. `None` if it is not below the root of the work tree.
    fn below_root(&self, path: &Path) -> Option<RepoPath> {
        let root = self.work_dir()?.canonicalize().ok()?;
        // The path itself may be a symbolic link of the repository, and it need not exist. Only what lies above it is
        // resolved.
        let resolved = path.ancestors().skip(1).find_map(|above| {
            let rest = path.strip_prefix(above).ok()?;
            Some(above.canonicalize().ok()?.join(rest))
        });
        let resolved = resolved.unwrap_or_else(|| path.to_owned());
        let below = match resolved.strip_prefix(&root) {
            Ok(below) => below,
            Err(_) if path.canonicalize().is_ok_and(|path| path == root) => Path::new(""),
            Err(_) => return None,
        };
        let parts: Option<Vec<&[u8]>> = below
            .components()
            .map(|part| matches!(part, Component::Normal(_)).then(|| part.as_os_str().as_encoded_bytes()))
            .collect();
        Some(RepoPath::from_git(parts?.join(&b'/')))
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
