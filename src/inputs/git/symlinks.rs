//! Follows symbolic links inside of one tree: the tree of a commit, or the work tree.

use std::ops::Range;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use rayon::prelude::*;

use super::tree::mode;
use super::{FileAt, GitError, Repository};
use crate::model::change::Extent;
use crate::model::name::{CommitId, RepoPath};
use crate::model::tree::ObjectId;

/// The entry at a path. A link at the path itself is not followed.
enum At<T> {
    Directory,
    Link(Vec<u8>),
    File(T),
    Nothing,
}

/// The result of following the links of a path.
struct Followed<T> {
    end: End<T>,
    /// The path of `end`.
    path: RepoPath,
    /// The links that were followed.
    links: Vec<RepoPath>,
}

/// The entry at the end of a path, after all links were followed.
enum End<T> {
    Directory,
    File(T),
    /// A part of the path, but not its last one, is this file or submodule.
    Below(T),
    Nothing,
}

/// The result of following the links of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPath {
    /// The links that were followed.
    pub links: Vec<RepoPath>,
    /// The path without links, after all links were followed.
    pub path: RepoPath,
    /// The kind of entry at `path`.
    pub kind: PathKind,
}

/// The kind of entry at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A submodule, or something inside one.
    Submodule,
    /// Nothing.
    Nothing,
}

/// The maximum number of parts into which a list of paths is split. For each part, the directories above its paths are
/// read again, and some directories are large.
const PARTS: usize = 8;

/// The minimum number of paths in one part.
const CHUNK: usize = 1024;

/// The maximum number of links that are followed for one path, as in Linux and git.
const MOST_LINKS: usize = 40;

/// The content of a file of the work tree.
pub struct WorkTreeFile {
    /// The content, or the requested number of bytes at its beginning.
    pub bytes: Vec<u8>,
    /// The paths on which the content depends: the links that were followed, and last the path of the file itself.
    pub paths: Vec<RepoPath>,
}

/// Follows a path and its links, beginning at the root of the tree. `look` returns the entry at a path, without
/// following a link there.
fn follow<T>(
    path: &RepoPath,
    mut look: impl FnMut(&RepoPath) -> Result<At<T>, GitError>,
) -> Result<Followed<T>, GitError> {
    let parts = |text: &[u8]| text.rsplit(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (mut left, mut here, mut links) = (parts(path.as_bytes()), Vec::<Vec<u8>>::new(), Vec::new());
    let end = loop {
        let Some(part) = left.pop() else { break End::Directory };
        match part.as_slice() {
            b".." if here.pop().is_none() => return Err(GitError::LinkOutside { path: path.clone() }),
            b"" | b"." | b".." => continue,
            _ => here.push(part),
        }
        let at = RepoPath::from_git(here.join(&b'/'));
        match look(&at)? {
            At::Directory => {}
            At::Nothing => break End::Nothing,
            At::File(file) if left.is_empty() => break End::File(file),
            At::File(file) => break End::Below(file),
            At::Link(target) if target.starts_with(b"/") => return Err(GitError::LinkOutside { path: path.clone() }),
            At::Link(_) if links.len() == MOST_LINKS => return Err(GitError::LinkLoop { path: path.clone() }),
            At::Link(target) => {
                links.push(at);
                here.pop();
                left.extend(parts(&target));
            }
        }
    };
    // The rest of the path does not exist. The result is the path that it would have.
    while let Some(part) = left.pop() {
        match part.as_slice() {
            b".." if here.pop().is_none() => return Err(GitError::LinkOutside { path: path.clone() }),
            b"" | b"." | b".." => {}
            _ => here.push(part),
        }
    }
    Ok(Followed { end, path: RepoPath::from_git(here.join(&b'/')), links })
}

/// The results of following the links of many paths, and the work that this took.
pub struct ResolvedPaths {
    /// One result for each path, in the order of the paths. A result is an error if links lead out of the repository or
    /// form a circle, or if the content of a link is not in this clone.
    pub each: Vec<Result<ResolvedPath, GitError>>,
    /// How many directories were read.
    pub read: usize,
}

/// The directories above a path in a commit's tree. They are kept for the next path, which may lie in some of them too.
struct Way<'a> {
    repository: &'a Repository,
    commit: &'a CommitId,
    /// The root and the directories below it, each with its name and its entries.
    directories: Vec<(Vec<u8>, Directory)>,
    /// How many directories were read.
    read: usize,
}

/// The entries of a directory. All names are stored in one buffer, since there may be thousands of entries.
#[derive(Default)]
struct Directory {
    names: Vec<u8>,
    /// The entries, sorted by name. Each has the range of its name in `names`. Git's order differs: git sorts a
    /// directory as if its name ended with a slash.
    entries: Vec<(Range<usize>, EntryKind, gix::ObjectId)>,
}

impl Directory {
    fn get(&self, name: &[u8]) -> Option<(EntryKind, gix::ObjectId)> {
        let at = self.entries.binary_search_by(|(at, ..)| self.names[at.clone()].cmp(name)).ok()?;
        let (_, kind, id) = &self.entries[at];
        Some((*kind, *id))
    }
}

/// The entry of a tree at a path.
enum Found {
    Entry(EntryKind, gix::ObjectId),
    Nothing,
    /// A part of the path is not a directory.
    NotADirectory,
}

/// Returns the names that a path is made of.
fn parts_of(path: &RepoPath) -> impl Iterator<Item = &[u8]> {
    path.as_bytes().split(|byte| *byte == b'/')
}

impl<'a> Way<'a> {
    fn at_root(repository: &'a Repository, commit: &'a CommitId, root: &gix::oid) -> Result<Self, GitError> {
        let root = Self::read(repository, root)?;
        Ok(Self { repository, commit, directories: vec![(Vec::new(), root)], read: 1 })
    }

    fn read(repository: &Repository, tree: &gix::oid) -> Result<Directory, GitError> {
        let mut buffer = Vec::new();
        repository.with_trees(|trees| {
            let mut directory = Directory::default();
            for entry in trees.read(tree, &mut buffer)? {
                let entry = entry?;
                let start = directory.names.len();
                directory.names.extend_from_slice(entry.filename);
                directory.entries.push((start..directory.names.len(), entry.mode.kind(), entry.oid.to_owned()));
            }
            let Directory { names, entries } = &mut directory;
            entries.sort_by(|(one, ..), (other, ..)| names[one.clone()].cmp(&names[other.clone()]));
            Ok(directory)
        })
    }

    /// Returns the entry at a path.
    fn entry(&mut self, path: &RepoPath) -> Result<Found, GitError> {
        let mut parts = parts_of(path);
        let (mut name, mut depth) = (parts.next().unwrap_or_default(), 0);
        for next in parts {
            if self.directories.get(depth + 1).is_none_or(|(known, _)| known != name) {
                self.directories.truncate(depth + 1);
                let Some((EntryKind::Tree, tree)) = self.directories[depth].1.get(name) else {
                    return Ok(Found::NotADirectory);
                };
                self.directories.push((name.to_vec(), Self::read(self.repository, &tree)?));
                self.read += 1;
            }
            (name, depth) = (next, depth + 1);
        }
        let found = self.directories[depth].1.get(name);
        Ok(found.map_or(Found::Nothing, |(kind, id)| Found::Entry(kind, id)))
    }

    fn look_at(&mut self, path: &RepoPath) -> Result<At<EntryKind>, GitError> {
        Ok(match self.entry(path)? {
            Found::Entry(EntryKind::Tree, _) => At::Directory,
            Found::Entry(EntryKind::Link, id) => At::Link(self.repository.content(self.commit, path, id)?),
            Found::Entry(kind, _) => At::File(kind),
            Found::Nothing | Found::NotADirectory => At::Nothing,
        })
    }

    /// Returns the kind of entry at a path that has no links; `None` if the path has a link or may have one.
    fn straight(&mut self, path: &RepoPath) -> Result<Option<PathKind>, GitError> {
        if parts_of(path).any(|part| matches!(part, b"" | b"." | b"..")) {
            return Ok(None);
        }
        Ok(match self.entry(path)? {
            Found::NotADirectory | Found::Entry(EntryKind::Link, _) => None,
            Found::Entry(EntryKind::Tree, _) => Some(PathKind::Directory),
            Found::Entry(EntryKind::Commit, _) => Some(PathKind::Submodule),
            Found::Entry(EntryKind::Blob | EntryKind::BlobExecutable, _) => Some(PathKind::File),
            Found::Nothing => Some(PathKind::Nothing),
        })
    }
}

/// Returns the entry at a path of a work tree.
fn look_in(root: &Path, path: &RepoPath) -> Result<At<PathBuf>, GitError> {
    let reading = |path: &RepoPath| GitError::reading(path.to_string());
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
}

impl<T> Followed<T> {
    fn lead(self, is_submodule: impl Fn(&T) -> bool) -> ResolvedPath {
        let kind = match &self.end {
            End::Directory => PathKind::Directory,
            End::File(file) | End::Below(file) if is_submodule(file) => PathKind::Submodule,
            End::File(_) => PathKind::File,
            End::Below(_) | End::Nothing => PathKind::Nothing,
        };
        ResolvedPath { links: self.links, path: self.path, kind }
    }
}

impl Repository {
    /// Returns the file that a commit has at a path. Links inside of the repository are followed. `None` if there is no
    /// file at the path.
    ///
    /// # Errors
    /// When the commit, one of its trees or the content of a link is missing in this clone, or when links lead out of
    /// the repository or form a circle.
    pub fn file_at(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<FileAt<'_>>, GitError> {
        let root = self.tree_id(Some(commit))?;
        Ok(match follow(path, |path| self.look_at(commit, &root, path))? {
            Followed { end: End::File((EntryKind::Blob | EntryKind::BlobExecutable, id)), path, links } => {
                Some(FileAt::new(self, *commit, links, path, id))
            }
            _ => None,
        })
    }

    /// Follows the links of a path in a commit, inside of the repository. Returns the path without links, and the
    /// extent of the file, directory or submodule at that path; `None` if nothing is there.
    ///
    /// # Errors
    /// As for [`Repository::file_at`].
    pub fn leads_to(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<(RepoPath, Extent)>, GitError> {
        let root = self.tree_id(Some(commit))?;
        let followed = follow(path, |path| self.look_at(commit, &root, path))?;
        Ok(match followed.end {
            End::Directory => Some((followed.path, Extent::Below)),
            End::File((kind, _)) => Some((followed.path, mode(kind).extent())),
            End::Below(_) | End::Nothing => None,
        })
    }

    /// Follows the links of many paths in a commit. A long list is split into at most eight parts, which are handled in
    /// parallel. If several paths of a part lie in a directory, the directory is read once for them.
    ///
    /// # Errors
    /// When the commit or one of its trees is missing.
    pub fn leads(&self, commit: &CommitId, paths: &[RepoPath]) -> Result<ResolvedPaths, GitError> {
        let root = self.tree_id(Some(commit))?;
        let mut sorted: Vec<usize> = (0..paths.len()).collect();
        sorted.sort_unstable_by_key(|at| &paths[*at]);
        let handles = self.handles();
        let some = |sorted: &[usize]| {
            let repository = handles();
            let mut way = Way::at_root(&repository, commit, &root)?;
            let mut leads = Vec::with_capacity(sorted.len());
            for at in sorted {
                if let Some(kind) = way.straight(&paths[*at])? {
                    leads.push(Ok(ResolvedPath { links: Vec::new(), path: paths[*at].clone(), kind }));
                    continue;
                }
                let is_submodule = |kind: &EntryKind| *kind == EntryKind::Commit;
                leads.push(match follow(&paths[*at], |path| way.look_at(path)) {
                    Ok(followed) => Ok(followed.lead(is_submodule)),
                    Err(
                        error @ (GitError::LinkOutside { .. }
                        | GitError::LinkLoop { .. }
                        | GitError::MissingBlob { .. }),
                    ) => Err(error),
                    Err(error) => return Err(error),
                });
            }
            Ok((leads, way.read))
        };
        let chunks: Vec<(Vec<_>, usize)> =
            sorted.par_chunks(CHUNK.max(sorted.len().div_ceil(PARTS))).map(some).collect::<Result<_, _>>()?;
        let read = chunks.iter().map(|(_, read)| read).sum();
        let chunks = chunks.into_iter().flat_map(|(leads, _)| leads);
        let mut leads: Vec<(usize, _)> = sorted.into_iter().zip(chunks).collect();
        leads.sort_unstable_by_key(|(at, _)| *at);
        Ok(ResolvedPaths { each: leads.into_iter().map(|(_, lead)| lead).collect(), read })
    }

    /// Follows the links of a path in the work tree; `None` if there is no work tree.
    ///
    /// # Errors
    /// When a part of the path cannot be read, or when links lead out of the repository or form a circle.
    pub fn leads_in_work_tree(&self, path: &RepoPath) -> Result<Option<ResolvedPath>, GitError> {
        let Some(root) = self.work_dir() else { return Ok(None) };
        Ok(Some(follow(path, |path| look_in(root, path))?.lead(|_| false)))
    }

    /// Returns the target of a symbolic link in a commit, which git stores as the link's content. `id` is the id of
    /// that content.
    ///
    /// # Errors
    /// When the content is not in this clone.
    pub fn link_text(&self, commit: &CommitId, link: &RepoPath, id: ObjectId) -> Result<Vec<u8>, GitError> {
        let id = gix::ObjectId::from_bytes_or_panic(id.as_bytes());
        self.content(commit, link, id)
    }

    fn look_at(
        &self,
        commit: &CommitId,
        root: &gix::oid,
        path: &RepoPath,
    ) -> Result<At<(EntryKind, gix::ObjectId)>, GitError> {
        Ok(match self.entry_at(root, path)? {
            Some((EntryKind::Tree, _)) => At::Directory,
            Some((EntryKind::Link, id)) => At::Link(self.content(commit, path, id)?),
            Some(file) => At::File(file),
            None => At::Nothing,
        })
    }

    /// Reads at most `most` bytes of a file of the work tree. Links inside of the repository are followed. `None` if
    /// there is no regular file at the path, or no work tree.
    ///
    /// # Errors
    /// When the file cannot be read, or when links lead out of the repository or form a circle.
    pub fn work_tree_file(&self, path: &RepoPath, most: usize) -> Result<Option<WorkTreeFile>, GitError> {
        let Some(root) = self.work_dir() else { return Ok(None) };
        let Followed { end: End::File(file), path, mut links } = follow(path, |path| look_in(root, path))? else {
            return Ok(None);
        };
        let bytes = beginning(&file, most).map_err(GitError::reading(path.to_string()))?;
        links.push(path);
        Ok(Some(WorkTreeFile { bytes, paths: links }))
    }
}

fn in_system(root: &Path, path: &RepoPath) -> Result<std::path::PathBuf, GitError> {
    let path = gix::path::from_bstr(path.as_bytes().as_bstr()).map_err(GitError::reading(path.to_string()))?;
    Ok(root.join(path))
}

/// Whether an error means that there is nothing at a path.
fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn beginning(file: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
