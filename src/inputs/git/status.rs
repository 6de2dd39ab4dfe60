//! Finds the changes of the work tree against `HEAD`, by running git. Only git knows every setting, filter and
//! encoding, and git continues if something cannot be read.

use std::path::Path;

use gix::bstr::BStr;
use gix::objs::tree::EntryKind;

use super::program::{ProgramError, git_in};
use super::unreadable::{Unsure, unread_paths};
use super::{GitError, Repository};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::name::RepoPath;
use crate::model::tree::Mode;

/// The changes of the work tree against `HEAD`.
#[derive(Debug, Clone, Default)]
pub struct WorkTree {
    /// The staged, unstaged and untracked changes, one for each path. Ignored files are left out. Paths that could not
    /// be read are included.
    pub changes: ChangeSet,
    /// The paths that git could not read.
    pub unsure: Unsure,
}

/// The arguments of `git status`: no renames, every untracked file, and submodules as the configuration says.
const STATUS: [&str; 5] = ["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"];

impl Repository {
    /// Returns the changes of the work tree against `HEAD`. If there is no commit yet, all files are reported as added.
    ///
    /// The result has the paths that `git status --no-renames --untracked-files=all` lists, except for paths that are
    /// only in the index. A path that is staged and then changed back is reported as modified, since its content is not
    /// read. A path that git cannot read and skips is reported too. Untracked files that this program wrote
    /// ([`Repository::note_written`]) are left out while they are unchanged.
    ///
    /// # Errors
    /// When the repository is bare, or `git status` fails.
    pub fn work_tree(&self) -> Result<WorkTree, GitError> {
        let Some(root) = self.work_dir() else { return Err(GitError::NoWorkTree) };
        let failed =
            |source| GitError::Program { what: "the state of the work tree".to_owned(), command: "git status", source };
        let ended = git_in(root, &self.work_tree_options(), STATUS).read_only().run_to_end(b"").map_err(failed)?;
        if let Some(refusal) = ended.refusal {
            return Err(failed(ProgramError::Refused(refusal)));
        }
        let unsure = unread_paths(&ended.messages, root);
        let mut changes = self.listed(&ended.output)?;
        changes.extend(unsure.changes());
        Ok(WorkTree { changes: ChangeSet::new(changes), unsure })
    }

    /// Returns the same as [`Repository::work_tree`], and keeps it for the next call of [`Repository::kept_work_tree`].
    ///
    /// # Errors
    /// As for [`Repository::work_tree`].
    pub fn keep_work_tree(&self) -> Result<WorkTree, GitError> {
        let seen = self.work_tree()?;
        if let Ok(mut kept) = self.place.kept.lock() {
            *kept = Some(seen.clone());
        }
        Ok(seen)
    }

    /// Returns the state that [`Repository::keep_work_tree`] has kept, and forgets it. If no state is kept, reads the
    /// state. So a configuration and its plan see the same state.
    ///
    /// # Errors
    /// As for [`Repository::work_tree`].
    pub fn kept_work_tree(&self) -> Result<WorkTree, GitError> {
        let kept = self.place.kept.lock().ok().and_then(|mut kept| kept.take());
        kept.map_or_else(|| self.work_tree(), Ok)
    }

    /// Returns the changes in the output of `git status --porcelain=v2 -z`, whose records end with NUL.
    fn listed(&self, records: &[u8]) -> Result<Vec<Change>, GitError> {
        let (mut changes, written) = (Vec::new(), self.written_files());
        let mut head = None;
        for record in records.split(|byte| *byte == 0) {
            match record {
                [b'1', b' ', fields @ ..] => {
                    let (fields, path) = apart::<7>(fields)?;
                    changes.extend(change(path, mode(fields[2])?, mode(fields[4])?));
                }
                [b'u', b' ', fields @ ..] => {
                    let (fields, path) = apart::<9>(fields)?;
                    // The record of a conflict lacks the mode at `HEAD`.
                    let root = match &head {
                        Some(root) => root,
                        None => head.insert(self.tree_id(self.head()?.commit())?),
                    };
                    let before = self.entry_at(root, &RepoPath::from_git(path))?.map(|(kind, _)| kind);
                    let before = before.filter(|kind| *kind != EntryKind::Tree).map(super::tree::mode);
                    changes.extend(change(path, before, mode(fields[5])?));
                }
                // A nested repository that is not a submodule.
                [b'?', b' ', path @ .., b'/'] => changes.push(added(path, Extent::Below)),
                [b'?', b' ', path @ ..] if self.is_as_written(path, &written) => {}
                [b'?', b' ', path @ ..] => changes.push(added(path, Extent::Path)),
                // A header, such as that of `status.showStash`.
                [] | [b'#', b' ', ..] => {}
                _ => return Err(unreadable(record)),
            }
        }
        Ok(changes)
    }
}

/// Splits a record into its fields and the path after them.
fn apart<const FIELDS: usize>(record: &[u8]) -> Result<([&[u8]; FIELDS], &[u8]), GitError> {
    let mut words = record.splitn(FIELDS + 1, |byte| *byte == b' ');
    let mut fields = [&b""[..]; FIELDS];
    for field in &mut fields {
        *field = words.next().ok_or_else(|| unreadable(record))?;
    }
    Ok((fields, words.next().ok_or_else(|| unreadable(record))?))
}

/// Parses the mode in a field, such as `100644`; `None` if it is `000000`, which means that there is no file.
fn mode(field: &[u8]) -> Result<Option<Mode>, GitError> {
    match field {
        b"000000" => Ok(None),
        b"100755" => Ok(Some(Mode::Executable)),
        b"120000" => Ok(Some(Mode::SymbolicLink)),
        b"160000" => Ok(Some(Mode::Submodule)),
        [b'0'..=b'7', ..] => Ok(Some(Mode::File)),
        _ => Err(unreadable(field)),
    }
}

fn unreadable(record: &[u8]) -> GitError {
    GitError::reading("the state of the work tree")(format!("git status says `{}`", record.escape_ascii()))
}

/// Returns the change of a path between `HEAD` and the work tree; `None` if neither has the path.
fn change(path: &[u8], before: Option<Mode>, after: Option<Mode>) -> Option<Change> {
    let status = match (before, after) {
        (None, None) => return None,
        (None, Some(_)) => Status::Added,
        (Some(_), None) => Status::Deleted,
        (Some(before), Some(after)) if before.is_same_type(after) => Status::Modified,
        (Some(_), Some(_)) => Status::TypeChanged,
    };
    let extent = before.max(after).map(Mode::extent).unwrap_or_default();
    Some(Change { path: RepoPath::from_git(path), status, extent })
}

fn added(path: &[u8], extent: Extent) -> Change {
    Change { path: RepoPath::from_git(path), status: Status::Added, extent }
}

/// Converts a path of the repository to a path in the file system; `None` if the system cannot have such a path.
pub(super) fn in_work_tree(root: &Path, path: &RepoPath) -> Option<std::path::PathBuf> {
    Some(root.join(gix::path::from_bstr(BStr::new(path.as_bytes())).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_path_is_told_by_its_modes() {
        let status = |before, after| change(b"p", before, after).map(|change| (change.status, change.extent));
        let (file, program, link) = (Some(Mode::File), Some(Mode::Executable), Some(Mode::SymbolicLink));
        let submodule = Some(Mode::Submodule);
        assert_eq!(status(None, None), None);
        assert_eq!(status(None, file), Some((Status::Added, Extent::Path)));
        assert_eq!(status(program, file), Some((Status::Modified, Extent::Path)));
        assert_eq!(status(program, link), Some((Status::TypeChanged, Extent::Path)));
        assert_eq!(status(submodule, None), Some((Status::Deleted, Extent::Below)));
        assert_eq!(status(file, submodule), Some((Status::TypeChanged, Extent::Below)));
    }

    #[test]
    fn no_record_panics() {
        for record in [&b"1"[..], b"1 ", b"u x", b"1 A. N... 1 1 1 1 1", b"# x", b"?", b"?x", b"1 a b c d e f g"] {
            let fields = apart::<7>(record).and_then(|(fields, _)| mode(fields[2]));
            assert!(fields.is_err(), "{}", record.escape_ascii());
        }
    }
}
