use std::fmt;

use super::{Lacking, Missing, RemoteBranch};
use crate::model::name::{CommitId, Escaped, shell_word};
use crate::model::shallow_clone::{DEEPEN, WHOLE_HISTORY};

/// The reason why a revision names no commit.
#[derive(Debug, thiserror::Error)]
pub struct RevisionError {
    /// The revision as given.
    pub revision: String,
    /// What is wrong with it.
    pub fault: RevisionFault,
}

/// What is wrong with a revision.
#[derive(Debug)]
#[non_exhaustive]
pub enum RevisionFault {
    /// The revision begins with `-`, so every git command would read it as an option.
    LeadingDash,
    /// No branch, tag or commit has this name.
    Unknown {
        /// The branch or tag that was most likely meant.
        similar: Option<String>,
        /// The branch of a remote that the revision may name, if the remote has the branch. The branch was not fetched
        /// yet.
        branch: Option<RemoteBranch>,
    },
    /// The revision is the beginning of several ids.
    Ambiguous {
        /// The ids, each with a description of its object, escaped.
        candidates: Vec<String>,
    },
    /// The revision names a tree, a blob, or a tag of one.
    NotACommit {
        /// `tree`, `blob` or `tag`.
        kind: String,
    },
    /// The revision stands for a set of commits, like `a..b`, `a...b` or `^a`.
    Range,
    /// The revision names a commit that lies beyond the history of a shallow clone, such as `HEAD~10`.
    BeyondShallow {
        /// The commit that the revision starts from, if it is known.
        behind: Vec<CommitId>,
    },
    /// The revision cannot be resolved. Examples are `HEAD~10` in a history of three commits, and a text that is no
    /// revision at all.
    Unresolvable {
        /// The error of gix.
        reason: String,
    },
}

impl RevisionError {
    /// Returns suggestions of what to do about the error, the best first. Commands are in backticks.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        let advice: &[&str] = match &self.fault {
            RevisionFault::LeadingDash => {
                &["write the whole name of a branch or tag: `refs/heads/-name`, `refs/tags/-name`"]
            }
            RevisionFault::Unknown { similar, branch } => {
                let meant = similar.iter().map(|similar| format!("did you mean `{similar}`?"));
                let fetch = match branch {
                    Some(branch) => format!("git fetch {} {}", shell_word(&branch.remote), shell_word(&branch.name)),
                    None => "git fetch origin NAME".to_owned(),
                };
                let absent = format!(
                    "if the remote has it, fetch it: `{fetch}`; `git branch --all` and `git tag` list what this clone has"
                );
                return meant.chain([absent]).collect();
            }
            RevisionFault::Ambiguous { .. } => &["give more digits"],
            RevisionFault::NotACommit { .. } => &["name a commit, or a branch or tag of one"],
            RevisionFault::Range => &["give the two ends apart: `--base REV --head REV`"],
            RevisionFault::BeyondShallow { .. } => &[WHOLE_HISTORY, DEEPEN],
            RevisionFault::Unresolvable { .. } => &["`git help revisions` lists the ways to name a commit"],
        };
        advice.iter().map(|text| (*text).to_owned()).collect()
    }
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = format_args!("`{}`", Escaped::new(&self.revision));
        match &self.fault {
            RevisionFault::LeadingDash => write!(f, "a revision cannot begin with `-`: {revision}"),
            RevisionFault::Unknown { .. } => write!(f, "there is no branch, tag or commit {revision}"),
            RevisionFault::Ambiguous { candidates } => {
                write!(f, "{revision} is the beginning of several ids: {}", candidates.join(", "))
            }
            RevisionFault::NotACommit { kind } => write!(f, "{revision} is a {kind}, not a commit"),
            RevisionFault::Range => write!(f, "{revision} is a range, not a commit"),
            RevisionFault::BeyondShallow { .. } => {
                write!(f, "{revision} lies beyond the history that this shallow clone has")
            }
            RevisionFault::Unresolvable { reason } => {
                write!(f, "cannot follow the revision {revision}: {}", Escaped::new(reason))
            }
        }
    }
}

impl Lacking for RevisionError {
    fn missing(&self) -> Option<Missing> {
        match &self.fault {
            RevisionFault::BeyondShallow { behind } => Some(Missing::History(behind.clone())),
            // A user may name a branch of the remote that was not fetched yet.
            RevisionFault::Unknown { branch, .. } => branch.clone().map(Missing::Branch),
            RevisionFault::LeadingDash
            | RevisionFault::Ambiguous { .. }
            | RevisionFault::NotACommit { .. }
            | RevisionFault::Range
            | RevisionFault::Unresolvable { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_escaped() {
        let fault = RevisionFault::Unknown { similar: None, branch: None };
        let error = RevisionError { revision: "a\u{1b}[31m\n".to_owned(), fault };
        assert_eq!(error.to_string(), r"there is no branch, tag or commit `a\x1b[31m\n`");
    }
}
