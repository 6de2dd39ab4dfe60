//! Finds the ids that files of the work tree have as git objects. Git hashes the contents of the files as a stream and
//! stores nothing.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::describe::object_id as commit_object;
use super::edited_tree::{Edit, RootTree};
use super::program::{ProgramError, git_in};
use super::status::in_work_tree;
use super::unreadable::Unsure;
use super::{GitError, Repository};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::name::{RepoPath, in_quotes};
use crate::model::tree::Mode;

/// A tree to which the changes of the work tree were applied.
#[derive(Debug, Clone)]
pub struct TreeWithChanges {
    /// The tree, which exists only in memory.
    pub root: RootTree,
    /// The paths that could not be read. In the tree, they have an id of zeros, which no content has.
    pub unsure: Unsure,
}

/// The maximum number of files that one process hashes.
const AT_ONCE: usize = 10_000;

/// The maximum number of processes for one list of files. An unreadable file ends a process, and another process
/// continues after that file.
const TRIES: usize = 16;

/// The arguments of git for hashing. Large files are streamed, and not compressed.
const HASH: [&str; 8] = [
    "-c",
    "core.bigFileThreshold=1m",
    "-c",
    "core.compression=0",
    "-c",
    "pack.compression=0",
    "hash-object",
    "--stdin-paths",
];

impl Repository {
    /// Applies the changes of the work tree to a tree, as if they were committed, and returns the new tree. Contents
    /// are hashed as in `git add`, with conversion of line endings and clean filters. Nothing is written.
    ///
    /// The entry of a submodule is the commit that is checked out in it; uncommitted changes inside of the submodule
    /// are ignored. Files that cannot be read have an id of zeros.
    ///
    /// # Errors
    /// When the tree of a directory that contains a changed path is missing, or when git cannot be started.
    pub fn with_work_tree(&self, root: RootTree, changes: &ChangeSet) -> Result<TreeWithChanges, GitError> {
        let mut unsure = Unsure::default();
        let Some(work_dir) = self.work_dir().filter(|_| !changes.is_empty()) else {
            return Ok(TreeWithChanges { root, unsure });
        };
        let unknown = self.gix.object_hash().null();
        let has_modes = self.gix.config_snapshot().boolean("core.fileMode").unwrap_or(true);
        let put = |mode, id| if has_modes { Edit::Put(mode, id) } else { Edit::PutContent(Mode::File, id) };
        let (mut edits, mut files) = (Vec::new(), Vec::new());
        for change in changes.as_slice() {
            let edit = match self.found(work_dir, change) {
                Ok(Found::Nothing) => Edit::Remove,
                Ok(Found::Object(mode, id)) => Edit::Put(mode, id),
                Ok(Found::File(mode)) => {
                    files.push((edits.len(), &change.path, mode));
                    put(mode, unknown)
                }
                Err(error) => {
                    unsure.add(&change.path, change.extent, error);
                    let mode = if change.extent == Extent::Below { Mode::Submodule } else { Mode::File };
                    Edit::Put(mode, unknown)
                }
            };
            edits.push((change.path.as_bytes(), edit));
        }
        let paths: Vec<&RepoPath> = files.iter().map(|(_, path, _)| *path).collect();
        for ((at, path, mode), id) in files.iter().zip(self.hashed(work_dir, &paths)?) {
            match id {
                Ok(id) => edits[*at].1 = put(*mode, id),
                Err(reason) => unsure.add(path, Extent::Path, reason),
            }
        }
        Ok(TreeWithChanges { root: self.edited(&root, &edits)?, unsure })
    }

    /// Returns the target of the symbolic link that the work tree has at a path; `None` if there is no link.
    #[must_use]
    pub fn link_in_work_tree(&self, path: &RepoPath) -> Option<Vec<u8>> {
        let target = in_work_tree(self.work_dir()?, path)?.read_link().ok()?;
        Some(gix::path::into_bstr(target).ok()?.into_owned().into())
    }

    /// Returns the entry that the work tree has at the path of a change.
    fn found(&self, root: &Path, change: &Change) -> io::Result<Found> {
        let Some(path) = in_work_tree(root, &change.path).filter(|_| change.status != Status::Deleted) else {
            return Ok(Found::Nothing);
        };
        let found = match path.symlink_metadata() {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Found::Nothing);
            }
            found => found?,
        };
        if found.is_symlink() {
            let target = gix::path::into_bstr(path.read_link()?).map_err(io::Error::other)?.into_owned();
            let id = gix::objs::compute_hash(self.gix.object_hash(), gix::objs::Kind::Blob, &target);
            return Ok(Found::Object(Mode::SymbolicLink, id.map_err(io::Error::other)?));
        }
        if found.is_file() {
            may_be_read(&path)?;
            return Ok(Found::File(if is_executable(&found) { Mode::Executable } else { Mode::File }));
        }
        if change.extent == Extent::Below {
            let inner = Self::discover(&path).ok().filter(|inner| inner.work_dir() == Some(&path));
            let commit = inner.and_then(|inner| inner.head().ok()?.commit().copied());
            let commit = commit.ok_or_else(|| io::Error::other("its commit is unknown"))?;
            return Ok(Found::Object(Mode::Submodule, commit_object(&commit)));
        }
        // A directory, a pipe, a socket: nothing that a commit can hold.
        Ok(Found::Nothing)
    }

    /// Returns one result for each file, in order: the id of the file's content, or the reason why git could not read
    /// the file. Many files are hashed by several processes.
    fn hashed(&self, root: &Path, files: &[&RepoPath]) -> Result<Vec<Result<gix::ObjectId, String>>, GitError> {
        let options = self.work_tree_options();
        let hash = |files: &[&RepoPath]| hash(root, &options, files);
        let failed =
            |source| GitError::Program { what: "the files of the work tree".to_owned(), command: "git status", source };
        let parts: Result<Vec<_>, _> = files.par_chunks(AT_ONCE).map(hash).collect();
        Ok(parts.map_err(failed)?.concat())
    }
}

/// The entry at a path of the work tree.
enum Found {
    /// Nothing that a commit can contain.
    Nothing,
    /// A link or a submodule.
    Object(Mode, gix::ObjectId),
    /// A file. Its content has to be hashed.
    File(Mode),
}

/// Hashes files with one process at a time. An unreadable file ends the process, and another process continues after
/// that file.
fn hash(
    root: &Path,
    options: &[String],
    files: &[&RepoPath],
) -> Result<Vec<Result<gix::ObjectId, String>>, ProgramError> {
    let mut hashed = vec![Err("git could not read it".to_owned()); files.len()];
    let mut left: Vec<usize> = (0..files.len()).collect();
    for _ in 0..TRIES {
        if left.is_empty() {
            break;
        }
        let lines: String = left.iter().map(|at| in_quotes(files[*at].as_bytes()) + "\n").collect();
        let ended = git_in(root, options, HASH).read_only().run_to_end(lines.as_bytes())?;
        let ids = ended.output.split(|byte| *byte == b'\n').map_while(|line| gix::ObjectId::from_hex(line).ok());
        let mut done = 0;
        for (at, id) in left.iter().zip(ids) {
            hashed[*at] = Ok(id);
            done += 1;
        }
        if let (Some(at), Some(refusal)) = (left.get(done), ended.refusal) {
            hashed[*at] = Err(refusal.to_string());
        }
        left.drain(..left.len().min(done + 1));
    }
    Ok(hashed)
}

/// Fails if a file cannot be read. This finds most unreadable files before they can end a process that hashes other
/// files.
#[cfg(unix)]
fn may_be_read(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::READ_OK)?)
}

#[cfg(not(unix))]
fn may_be_read(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_executable(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
