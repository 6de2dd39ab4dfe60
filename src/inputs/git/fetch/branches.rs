use std::collections::BTreeSet;

use super::{FetchError, Missing};
use crate::inputs::git::push_built_refs::read_refs;
use crate::inputs::git::{RemoteBranch, Repository};

/// Whether a branch or another ref in this clone is as new as on the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The ref here is as new as on the remote.
    Current,
    /// The ref was not fetched, since fetching is not allowed or there is no remote.
    AsItIs,
    /// The remote has no such ref.
    Absent,
    /// The remote did not answer, so the ref here may be older.
    Unknown,
}

/// Git's message about a branch that the remote lacks.
const ABSENT: &str = "couldn't find remote ref";

impl Repository {
    /// Fetches a branch of a remote, since the branch may be outdated in a reused workspace. A second call for the same
    /// branch fetches nothing and returns the first result.
    pub fn renew_branch(&self, branch: &RemoteBranch) -> Freshness {
        if !self.knows_remote(&branch.remote) {
            return Freshness::AsItIs;
        }
        self.renew_refs(Missing::Branch(branch.clone()))
    }

    /// Fetches refs of the remote that may be outdated in this clone. A second call for the same refs fetches nothing
    /// and returns the first result.
    pub fn renew_refs(&self, refs: Missing) -> Freshness {
        if !self.may_fetch() {
            return Freshness::AsItIs;
        }
        let known = self.fetching().renewed.get(&refs).copied();
        if let Some(known) = known {
            return known;
        }
        let freshness = match self.fetch_once(&refs) {
            Ok(()) => Freshness::Current,
            Err(FetchError::Refused { reason, .. }) if reason.contains(ABSENT) => Freshness::Absent,
            Err(trouble @ FetchError::NoRemote { .. }) => {
                self.fetching().troubles.push(trouble);
                Freshness::AsItIs
            }
            Err(trouble) => {
                self.fetching().troubles.push(trouble);
                Freshness::Unknown
            }
        };
        self.fetching().renewed.insert(refs, freshness);
        freshness
    }

    /// Returns the refs that exist in this clone only: the refs in `refs` that a remote does not have. All names in
    /// `refs` begin with `prefix`. The result is empty if fetching is not allowed, or if there is no such remote.
    ///
    /// # Errors
    /// When the remote does not answer.
    pub fn alone_here(
        &self,
        refs: BTreeSet<String>,
        remote: &str,
        prefix: &str,
    ) -> Result<BTreeSet<String>, FetchError> {
        if refs.is_empty() || !self.may_fetch() || !self.is_remote(remote) {
            return Ok(BTreeSet::new());
        }
        let ask = ["ls-remote", "--quiet", "--refs", "--end-of-options", remote, &format!("{prefix}*")];
        let missing = Missing::Refs { remote: remote.to_owned(), prefixes: vec![prefix.to_owned()] };
        let there = read_refs(&self.ask_remote(&missing, &ask.map(str::to_owned), "")?);
        Ok(refs.into_iter().filter(|name| !there.contains_key(name)).collect())
    }

    /// Returns the name of the remote's current default branch. `None` if fetching is not allowed, or if the remote
    /// does not answer or has no default branch.
    pub fn remote_default_branch(&self) -> Option<String> {
        if !self.may_fetch() || !self.has_remote() {
            return None;
        }
        let known = self.fetching().default_branch.get().cloned();
        known.unwrap_or_else(|| {
            let args = ["ls-remote", "--symref", "--end-of-options", &self.remote(), "HEAD"];
            let answer = self.run_in_time(&args.map(str::to_owned), b"").ok();
            let found = answer.and_then(|answer| default_of(&answer));
            self.fetching().default_branch.get_or_init(|| found).clone()
        })
    }
}

/// Returns the default branch in the output of `git ls-remote --symref REMOTE HEAD`.
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
