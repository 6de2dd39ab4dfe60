use super::{Fetch, FetchError, Missing};
use crate::inputs::git::RemoteBranch;

/// How branches and other refs of the remote stand in this clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// As the remote has it now.
    Current,
    /// As it is here: nothing may be fetched, or there is no remote.
    AsItIs,
    /// The remote has no such ref.
    Absent,
    /// The remote cannot be asked, so that what is here may be older.
    Unknown,
}

/// Git's message about a branch that the remote lacks.
const ABSENT: &str = "couldn't find remote ref";

impl Fetch<'_> {
    /// Fetches a branch of a remote, once: a workspace that is used again has an older one.
    pub fn refresh(&mut self, branch: &RemoteBranch) -> Freshness {
        if !self.repository.knows_remote(&branch.remote) {
            return Freshness::AsItIs;
        }
        self.renew(Missing::Branch(branch.clone()))
    }

    /// Fetches refs of the remote that may be here in an older state, once.
    pub fn renew(&mut self, refs: Missing) -> Freshness {
        if self.left.is_none() {
            return Freshness::AsItIs;
        }
        if let Some(known) = self.renewed.get(&refs) {
            return *known;
        }
        let freshness = match self.once(&refs) {
            Ok(()) => Freshness::Current,
            Err(FetchError::Refused { reason, .. }) if reason.contains(ABSENT) => Freshness::Absent,
            Err(trouble @ FetchError::NoRemote { .. }) => {
                self.troubles.push(trouble);
                Freshness::AsItIs
            }
            Err(trouble) => {
                self.troubles.push(trouble);
                Freshness::Unknown
            }
        };
        self.renewed.insert(refs, freshness);
        freshness
    }

    /// Returns the name of the remote's default branch, as the remote says it now. None where it may not be asked, does
    /// not answer, or has none.
    pub fn default_branch(&mut self) -> Option<String> {
        if self.left.is_none() || !self.repository.has_remote() {
            return None;
        }
        if let Some(known) = self.default_branch.get() {
            return known.clone();
        }
        let args = ["ls-remote", "--symref", "--end-of-options", &self.repository.remote(), "HEAD"];
        let answer = self.run(&args.map(str::to_owned), b"").ok();
        let found = answer.and_then(|answer| default_of(&answer));
        self.default_branch.get_or_init(|| found).clone()
    }
}

/// Reads what `git ls-remote --symref REMOTE HEAD` prints.
fn default_of(answer: &[u8]) -> Option<String> {
    let answer = std::str::from_utf8(answer).ok()?;
    let target = answer.lines().find_map(|line| line.strip_prefix("ref: ")?.strip_suffix("\tHEAD"))?;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_branch_is_what_head_stands_for() {
        assert_eq!(default_of(b"ref: refs/heads/trunk\tHEAD\n1234\tHEAD\n"), Some("trunk".to_owned()));
        assert_eq!(default_of(b"1234\tHEAD\n"), None);
        assert_eq!(default_of(b"ref: refs/tags/x\tHEAD\n"), None);
        assert_eq!(default_of(b"\xff"), None);
        assert_eq!(default_of(b""), None);
    }
}
