use std::path::PathBuf;

use super::{Lacking, Missing, RevisionFault};
use crate::model::name::{CommitId, Escaped, RepoPath, shell_word};
use crate::model::shallow_clone::{DEEPEN, WHOLE_HISTORY};

/// The reason why the repository cannot be read or written. `Display` says what is wrong and why; [`GitError::help`]
/// suggests what to do.
///
/// If such an error ends the program, the exit code is 3.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// Neither the directory nor a directory above it is a repository.
    #[error("there is no git repository at {} or above it", shown(.dir))]
    NotARepository {
        /// The directory where the search began.
        dir: PathBuf,
    },
    /// The repository belongs to another user, and `safe.directory` does not name it.
    #[error("the repository at {} belongs to another user, so git's rules forbid reading it", shown(.dir))]
    UnsafeOwnership {
        /// The work tree, or the git directory of a bare repository.
        dir: PathBuf,
    },
    /// The search found a bare repository, but with `safe.bareRepository=explicit`, a bare repository may be used only
    /// if `GIT_DIR` names it.
    #[error("{} lies in the git directory {}, and `safe.bareRepository=explicit` allows a bare repository only by name", shown(.dir), shown(.git_dir))]
    BareRepository {
        /// The directory where the search began.
        dir: PathBuf,
        /// The git directory.
        git_dir: PathBuf,
    },
    /// The repository has an unknown extension, so rebake may misread its contents.
    #[error("the repository has the extension `{}`, which rebake does not know", Escaped::new(.extension))]
    Extension {
        /// The key below `extensions` in the repository's configuration. If the key is known but its value is not, also
        /// the value, such as `refStorage=x`.
        extension: String,
    },
    /// The checked-out branch has no commit yet.
    #[error("the branch {branch} has no commit yet")]
    NoCommitYet {
        /// The short name of the branch that `HEAD` names.
        branch: super::RefName,
    },
    /// The work tree is needed, but the repository is bare.
    #[error("a bare repository has no work tree, so there are no uncommitted changes to ask for")]
    NoWorkTree,

    /// A revision that names no commit.
    #[error(transparent)]
    Revision(super::RevisionError),

    /// A commit that is not in this clone: never fetched, force-pushed away, or beyond a shallow boundary.
    #[error("the commit {commit} is not in this {}", if *.shallow { "shallow clone" } else { "clone" })]
    MissingCommit {
        /// The commit.
        commit: CommitId,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// A question cannot be answered, since the clone is shallow and lacks the commits that the answer depends on.
    #[error("{question} cannot be determined: this clone is shallow, and its history ends before the answer")]
    ShallowHistory {
        /// The question that cannot be answered, such as ``the merge base of `1a2b3c4` and `5d6e7f8` ``.
        question: String,
        /// The commits of which more history is needed.
        behind: Vec<CommitId>,
    },
    /// The repository has a grafts file, which gives commits other parents. This program does not read such a file.
    #[error("this repository has a grafts file, `.git/info/grafts`, which rebake does not read")]
    Grafts,
    /// A tree, which is the list of a directory's entries, is not in this clone. This happens with `--filter=tree:0`.
    #[error("the tree {id} is not in this clone{}", left_out(.partial.as_deref()))]
    MissingTree {
        /// The id of the tree, in hexadecimal.
        id: String,
        /// The filter, if this clone is a partial clone.
        partial: Option<Box<super::PartialClone>>,
    },
    /// The content of a file is not in this clone. This happens with `--filter=blob:none`.
    #[error("the content of {path} at {} is not in this clone{}", .commit.short(7), left_out(.partial.as_deref()))]
    MissingBlob {
        /// The commit that has the file.
        commit: CommitId,
        /// The file.
        path: RepoPath,
        /// The id of the content, in hexadecimal.
        id: String,
        /// The filter, if this clone is a partial clone.
        partial: Option<Box<super::PartialClone>>,
    },
    /// The git program failed.
    #[error("cannot read {what}: {source}")]
    Program {
        /// What was being read, such as `the state of the work tree`.
        what: String,
        /// The command that shows the same error to a user, such as `git status`.
        command: &'static str,
        /// Why git failed.
        #[source]
        source: super::ProgramError,
    },
    /// A path that has symbolic links, of which one has a target outside of the repository.
    #[error("{path} leads outside of the repository, through symbolic links")]
    LinkOutside {
        /// The path.
        path: RepoPath,
    },
    /// A path that has symbolic links in a circle, or more symbolic links than this program follows.
    #[error("{path} leads through too many symbolic links, or in a circle")]
    LinkLoop {
        /// The path.
        path: RepoPath,
    },
    /// A reference with a lock file. Another process is writing the reference, or was killed while writing it.
    #[error("cannot write {reference}: the lock {} is there", shown(.lock))]
    Locked {
        /// The full name of the reference.
        reference: String,
        /// The lock file.
        lock: PathBuf,
    },
    /// Something that the file system, or the git program, refused to write.
    #[error("cannot write {what}: {}", Escaped::new(&chain(.source.as_ref())))]
    Unwritable {
        /// What was being written, such as a reference.
        what: String,
        /// The error of the file system or of git.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something cannot be read, since the repository is damaged or the file system refused to read it.
    #[error("cannot read {what}: {}", Escaped::new(&chain(.source.as_ref())))]
    Unreadable {
        /// What was being read, such as `the index`.
        what: String,
        /// The error of gix or the system.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl GitError {
    /// Returns suggestions of what to do about the error, the best first. Commands are in backticks.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        let advice: &[&str] = match self {
            Self::NotARepository { .. } => &["run rebake inside a git work tree, or make one with `git init`"],
            Self::UnsafeOwnership { dir } => {
                return vec![format!(
                    "if you trust it: `git config --global --add safe.directory {}`",
                    shell_word(&dir.display().to_string())
                )];
            }
            Self::BareRepository { git_dir, .. } => {
                let git_dir = shell_word(&git_dir.display().to_string());
                return vec![format!("if you trust it, name it: `GIT_DIR={git_dir} rebake …`")];
            }
            Self::Extension { .. } => {
                &["use a newer rebake; the extensions are in `git config --get-regexp '^extensions'`"]
            }
            Self::Program { source: super::ProgramError::Start(_), .. } => {
                &["install git; `--head HEAD` plans the commit without the work tree"]
            }
            Self::Program { command, .. } => return vec![format!("run `{command}` here to see why")],
            Self::Locked { lock, .. } => return vec![unlocking(lock)],
            Self::Unwritable { .. } => &["check that the disk has room, and that you may write to the repository"],
            Self::NoCommitYet { .. } => &["make a first commit"],
            Self::NoWorkTree => &["name both ends: `--base REV --head REV`"],
            Self::Revision(error) => return error.help(),
            Self::MissingCommit { shallow: false, commit } => {
                return vec![format!("fetch it: `git fetch origin {commit}`")];
            }
            Self::ShallowHistory { .. } | Self::MissingCommit { shallow: true, .. } => &[WHOLE_HISTORY, DEEPEN],
            Self::Grafts => {
                &["turn it into replace refs, which git and rebake read: `git replace --convert-graft-file`"]
            }
            Self::MissingTree { partial: Some(_), .. } => &[
                "clone with `--filter=blob:none`, which leaves out the contents of files and keeps the directories",
                "here: `git fetch --refetch --filter=blob:none`",
            ],
            Self::MissingBlob { partial: Some(_), commit, path, .. } => {
                let object = shell_word(&format!("{commit}:{}", String::from_utf8_lossy(path.as_bytes())));
                return vec![format!(
                    "let git fetch it: `git cat-file -e {object}`; commands that have `--fetch` do so with it"
                )];
            }
            Self::Unreadable { source, .. } if is_forbidden(source.as_ref()) => {
                &["check that you may read all of the repository's files"]
            }
            Self::LinkOutside { .. } => &["keep the file in the repository; `-c FILE` names one elsewhere"],
            Self::LinkLoop { .. } => &["let the link lead to a file"],
            Self::MissingTree { partial: None, .. }
            | Self::MissingBlob { partial: None, .. }
            | Self::Unreadable { .. } => &[
                "`git fsck` tells what is damaged or missing; `git fetch --refetch` fetches again what the remote has",
            ],
        };
        advice.iter().map(|text| (*text).to_owned()).collect()
    }

    /// Whether the error only means that this clone or this program cannot find an answer. Then a plan assumes the
    /// worst case instead of failing. A mistake of the user is not such an error.
    #[must_use]
    pub fn is_doubt(&self) -> bool {
        match self {
            Self::Revision(error) => matches!(error.fault, RevisionFault::BeyondShallow { .. }),
            Self::MissingCommit { .. }
            | Self::ShallowHistory { .. }
            | Self::Grafts
            | Self::MissingTree { partial: Some(_), .. } => true,
            Self::NotARepository { .. }
            | Self::UnsafeOwnership { .. }
            | Self::BareRepository { .. }
            | Self::Extension { .. }
            | Self::NoCommitYet { .. }
            | Self::NoWorkTree
            | Self::Program { .. }
            | Self::MissingTree { partial: None, .. }
            | Self::MissingBlob { .. }
            | Self::LinkOutside { .. }
            | Self::LinkLoop { .. }
            | Self::Locked { .. }
            | Self::Unwritable { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Returns a function that makes the error that `what` cannot be read, from the error that caused it.
    pub(super) fn reading<E>(what: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Unreadable { what: what.into(), source: source.into() }
    }

    /// Returns a function that makes the error that `what` cannot be written, from the error that caused it.
    pub(super) fn writing<E>(what: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Unwritable { what: what.into(), source: source.into() }
    }
}

impl Lacking for GitError {
    fn missing(&self) -> Option<Missing> {
        match self {
            Self::MissingCommit { commit, .. } => Some(Missing::Commit(*commit)),
            Self::ShallowHistory { behind, .. } => Some(Missing::History(behind.clone())),
            Self::Revision(error) => error.missing(),
            Self::MissingTree { id, partial: Some(_) } | Self::MissingBlob { id, partial: Some(_), .. } => {
                Some(Missing::Object(id.clone()))
            }
            Self::NotARepository { .. }
            | Self::UnsafeOwnership { .. }
            | Self::BareRepository { .. }
            | Self::Extension { .. }
            | Self::NoCommitYet { .. }
            | Self::NoWorkTree
            | Self::Program { .. }
            | Self::Grafts
            | Self::MissingTree { partial: None, .. }
            | Self::MissingBlob { partial: None, .. }
            | Self::LinkOutside { .. }
            | Self::LinkLoop { .. }
            | Self::Locked { .. }
            | Self::Unwritable { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}

fn shown(dir: &std::path::Path) -> String {
    format!("`{}`", Escaped::new(dir.as_os_str().as_encoded_bytes()))
}

/// Returns advice on what to do about a lock file.
pub(super) fn unlocking(lock: &std::path::Path) -> String {
    let lock = shell_word(&lock.display().to_string());
    format!("if another process is at work in this repository, wait for it; if one was killed, `rm {lock}`")
}

fn left_out(partial: Option<&super::PartialClone>) -> String {
    partial.map(|partial| format!(", a partial one ({partial})")).unwrap_or_default()
}

/// Whether an error, or one of its sources, says that permission was denied.
fn is_forbidden(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| {
        let io = error.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    })
}

/// Returns the messages of an error and its sources, outermost first.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in std::iter::successors(Some(error), |error| error.source()) {
        let text = error.to_string();
        if !text.is_empty() && texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts.join(": ")
}
