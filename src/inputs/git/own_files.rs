//! Files that rebake itself wrote into the work tree, such as a report or a plan. While such a file is unchanged and
//! untracked, it is not treated as a change.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use gix::objs::Kind;

use super::Repository;
use super::status::in_work_tree;
use crate::inputs::file;
use crate::model::name::{RepoPath, quoted, unquoted};

/// The path of the list of files that rebake wrote, inside the git directory. Each line of the list has the id of a
/// file's content, a space, and the file's path as git quotes it.
const LIST: &str = "rebake/written";

/// The maximum number of files in the list.
const KEPT: usize = 100;

/// The maximum size in bytes of a file that is compared. No report and no plan is larger.
const LONGEST: u64 = 64 << 20;

impl Repository {
    /// Adds files to the list of files that this program wrote. Files outside of the work tree, and files that cannot
    /// be read, are ignored.
    ///
    /// # Errors
    /// When the work tree or the git directory is not accessible, or the list cannot be written.
    pub fn note_written(&self, files: &[PathBuf]) -> io::Result<()> {
        let Some(root) = self.work_dir() else { return Ok(()) };
        let (root, git_dir) = (root.canonicalize()?, self.git_dir().canonicalize()?);
        let mut list = self.written();
        for file in files {
            let Ok(file) = file.canonicalize() else { continue };
            let Ok(path) = file.strip_prefix(&root) else { continue };
            if let Some(id) = self.content_id(&file).filter(|_| !file.starts_with(&git_dir)) {
                let path = quoted(path.as_os_str().as_encoded_bytes()).into_owned();
                list.retain(|(_, known)| *known != path);
                list.push((id, path));
            }
        }
        list.drain(..list.len().saturating_sub(KEPT));
        let lines: Vec<String> = list.into_iter().map(|(id, path)| format!("{id} {path}\n")).collect();
        file::make_directory(&self.git_dir().join("rebake"))?;
        file::replace(&self.git_dir().join(LIST), &lines.concat())
    }

    /// Returns the files that this program wrote: by path, the id of the content that it wrote.
    pub(super) fn written_files(&self) -> BTreeMap<Vec<u8>, String> {
        let known = self.written().into_iter();
        known.filter_map(|(id, path)| Some((unquoted(path.as_bytes())?.into_owned(), id))).collect()
    }

    /// Whether an untracked file was written by this program and is unchanged, or is the standard output of this
    /// process and still empty.
    pub(super) fn is_as_written(&self, path: &[u8], written: &BTreeMap<Vec<u8>, String>) -> bool {
        let file = self.work_dir().and_then(|root| in_work_tree(root, &RepoPath::from_git(path)));
        let Some(file) = file else { return false };
        let id = written.get(path);
        (id.is_some() && self.content_id(&file).as_ref() == id) || is_our_output(&file)
    }

    fn written(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.git_dir().join(LIST)).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, path)| (id.to_owned(), path.to_owned()))
            .collect()
    }

    /// Returns the id of a regular file's content; `None` for other files, and for content longer than [`LONGEST`].
    fn content_id(&self, file: &Path) -> Option<String> {
        let opened = fs::symlink_metadata(file).ok().filter(fs::Metadata::is_file).and(file::open(file).ok())?;
        let mut content = Vec::new();
        opened.take(LONGEST + 1).read_to_end(&mut content).ok()?;
        let short = content.len() as u64 <= LONGEST;
        short
            .then(|| gix::objs::compute_hash(self.gix.object_hash(), Kind::Blob, &content).ok())?
            .map(|id| id.to_string())
    }
}

/// Whether a file is the standard output of this process and still empty. The shell creates such a file for
/// `>plan.json`.
#[cfg(unix)]
fn is_our_output(file: &Path) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let output = io::stdout().as_fd().try_clone_to_owned().map(fs::File::from);
    let Ok(output) = output.and_then(|output| output.metadata()) else { return false };
    fs::symlink_metadata(file).is_ok_and(|found| {
        found.is_file() && found.len() == 0 && (found.dev(), found.ino()) == (output.dev(), output.ino())
    })
}

#[cfg(not(unix))]
fn is_our_output(_: &Path) -> bool {
    false
}
