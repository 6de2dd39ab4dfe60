use crate::inputs::git::RemoteBranch;
use crate::model::name::{CommitId, Escaped};

/// Something that is not in this clone, and that can be fetched from a remote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Missing {
    /// A commit.
    Commit(CommitId),
    /// More history of these commits, which is cut off in a shallow clone, and the tags in it.
    History(Vec<CommitId>),
    /// A branch of a remote.
    Branch(RemoteBranch),
    /// The refs of a remote whose names begin with one of these prefixes, and the commits that they point to.
    Refs {
        /// The remote, by its name or address.
        remote: String,
        /// The prefixes; each ends with `/`.
        prefixes: Vec<String>,
    },
    /// The tags of the remote that this clone lacks.
    Tags,
    /// A directory or the content of a file that a partial clone left out, by the object's id in hexadecimal.
    Object(String),
    /// The contents of many files that a partial clone left out, by the objects' ids in hexadecimal.
    Objects(Vec<String>),
}

/// An error that may be caused by something that is not in this clone.
pub trait Lacking {
    /// Returns the thing that has to be fetched to avoid the error; `None` if no fetch can help.
    fn missing(&self) -> Option<Missing>;
}

impl Missing {
    /// Returns a description for messages, such as ``branch `main` ``.
    pub(in crate::inputs::git) fn what(&self) -> String {
        match self {
            Self::Commit(commit) => format!("commit {}", commit.short(7)),
            Self::History(_) => "more history".to_owned(),
            Self::Branch(branch) => format!("branch `{}`", Escaped::new(&branch.name)),
            Self::Refs { prefixes, .. } => format!("what is below {}", prefixes.join(" and ")),
            Self::Tags => "the tags".to_owned(),
            Self::Objects(ids) => format!("{} objects", ids.len()),
            Self::Object(id) => format!("object {}", &id[..id.len().min(7)]),
        }
    }
}
