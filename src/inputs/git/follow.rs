//! Symbolic links, followed inside one tree: a commit's, or the work tree's.

use std::path::Path;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;

use super::tree::mode;
use super::{Error, FileAt, Repository};
use crate::model::change::Extent;
use crate::model::name::{CommitId, RepoPath};
use crate::model::tree::ObjectId;

/// What stands at a path, a link not followed.
enum At<T> {
    Directory,
    Link(Vec<u8>),
    File(T),
    Nothing,
}

/// What a path leads to, and how it is reached.
struct Followed<T> {
    end: End<T>,
    /// Its own path.
    path: RepoPath,
    /// The links on the way.
    links: Vec<RepoPath>,
}

/// What stands where no link leads further.
enum End<T> {
    Directory,
    File(T),
}

/// As many links as Linux and git follow.
const MOST_LINKS: usize = 40;

/// A file of the work tree, read.
pub struct WorkTreeFile {
    /// Its content, or as much of it as was asked for.
    pub bytes: Vec<u8>,
    /// The paths that it is made of: the links that lead to it, and the file itself.
    pub paths: Vec<RepoPath>,
}

/// Walks down a path from the root; none where it leads to nothing.
fn follow<T>(
    path: &RepoPath,
    mut look: impl FnMut(&RepoPath) -> Result<At<T>, Error>,
) -> Result<Option<Followed<T>>, Error> {
    let parts = |text: &[u8]| text.rsplit(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (mut left, mut here, mut links) = (parts(path.as_bytes()), Vec::<Vec<u8>>::new(), Vec::new());
    while let Some(part) = left.pop() {
        match part.as_slice() {
            b".." if here.pop().is_none() => return Err(Error::LinkOutside { path: path.clone() }),
            b"" | b"." | b".." => continue,
            _ => here.push(part),
        }
        let at = RepoPath::from_git(here.join(&b'/'));
        match look(&at)? {
            At::Directory => {}
            At::Nothing => return Ok(None),
            At::File(file) => return Ok(left.is_empty().then_some(Followed { end: End::File(file), path: at, links })),
            At::Link(target) if target.starts_with(b"/") => return Err(Error::LinkOutside { path: path.clone() }),
            At::Link(_) if links.len() == MOST_LINKS => return Err(Error::LinkLoop { path: path.clone() }),
            At::Link(target) => {
                links.push(at);
                here.pop();
                left.extend(parts(&target));
            }
        }
    }
    Ok(Some(Followed { end: End::Directory, path: RepoPath::from_git(here.join(&b'/')), links }))
}

impl Repository {
    /// Returns the file that a commit has at a path, links followed as far as they stay inside; none when there is
    /// nothing, or no file.
    ///
    /// # Errors
    /// When the commit, one of its trees or a link is missing, or links lead outside or in a circle.
    pub fn file_at(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<FileAt<'_>>, Error> {
        let root = self.tree_id(Some(commit))?;
        Ok(match follow(path, |path| self.stands_at(commit, &root, path))? {
            Some(Followed { end: End::File((EntryKind::Blob | EntryKind::BlobExecutable, id)), path, links }) => {
                Some(FileAt::new(self, *commit, links, path, id))
            }
            _ => None,
        })
    }

    /// Returns where a path of a commit leads, links followed as far as they stay inside, and how much that path speaks
    /// for; none when there is nothing.
    ///
    /// # Errors
    /// Those of [`Repository::file_at`].
    pub fn leads_to(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<(RepoPath, Extent)>, Error> {
        let root = self.tree_id(Some(commit))?;
        let followed = follow(path, |path| self.stands_at(commit, &root, path))?;
        Ok(followed.map(|found| match found.end {
            End::Directory => (found.path, Extent::Below),
            End::File((kind, _)) => (found.path, mode(kind).extent()),
        }))
    }

    /// Returns the text of a link of a commit, which is its content.
    ///
    /// # Errors
    /// When this clone does not hold it.
    pub fn link_text(&self, commit: &CommitId, link: &RepoPath, id: ObjectId) -> Result<Vec<u8>, Error> {
        let id = gix::ObjectId::from_bytes_or_panic(id.as_bytes());
        self.content(commit, link, id)
    }

    fn stands_at(
        &self,
        commit: &CommitId,
        root: &gix::oid,
        path: &RepoPath,
    ) -> Result<At<(EntryKind, gix::ObjectId)>, Error> {
        Ok(match self.entry_at(root, path)? {
            Some((EntryKind::Tree, _)) => At::Directory,
            Some((EntryKind::Link, id)) => At::Link(self.content(commit, path, id)?),
            Some(file) => At::File(file),
            None => At::Nothing,
        })
    }

    /// Reads a file of the work tree, at most this many bytes, following links that stay inside; none when there is
    /// nothing, no regular file, or no work tree.
    ///
    /// # Errors
    /// When it cannot be read, or links lead outside or in a circle.
    pub fn work_tree_file(&self, path: &RepoPath, most: usize) -> Result<Option<WorkTreeFile>, Error> {
        let Some(root) = self.work_dir() else { return Ok(None) };
        let reading = |path: &RepoPath| Error::reading(path.to_string());
        let followed = follow(path, |path| {
            let full = in_system(root, path)?;
            let kind = match full.symlink_metadata() {
                Ok(found) => found.file_type(),
                Err(error) if is_absence(&error) => return Ok(At::Nothing),
                Err(error) => return Err(reading(path)(error)),
            };
            Ok(if kind.is_symlink() {
                let target = full.read_link().map_err(reading(path))?;
                At::Link(target.into_os_string().into_encoded_bytes())
            } else if kind.is_dir() {
                At::Directory
            } else if kind.is_file() {
                At::File(full)
            } else {
                At::Nothing
            })
        })?;
        let Some(Followed { end: End::File(file), path, mut links }) = followed else { return Ok(None) };
        let bytes = beginning(&file, most).map_err(reading(&path))?;
        links.push(path);
        Ok(Some(WorkTreeFile { bytes, paths: links }))
    }
}

fn in_system(root: &Path, path: &RepoPath) -> Result<std::path::PathBuf, Error> {
    let path = gix::path::from_bstr(path.as_bytes().as_bstr()).map_err(Error::reading(path.to_string()))?;
    Ok(root.join(path))
}

/// Whether there is nothing at a path, or something above it is no directory.
fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn beginning(file: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
