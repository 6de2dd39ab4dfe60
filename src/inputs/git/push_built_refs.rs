//! Reads and writes refs of a remote by running git, which knows the user's protocols and credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fetch::{FetchError, Missing};
use super::program::ProgramError;
use super::{RemoteError, Repository, Swap, Swapped};
use crate::model::name::CommitId;

/// How often a push is tried if other writers are faster each time.
const TRIES: u32 = 40;

impl Repository {
    /// Returns the refs of a remote whose names begin with one of the prefixes, each of which ends with `/`.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn remote_refs(&self, remote: &str, prefixes: &[&str]) -> Result<BTreeMap<String, CommitId>, RemoteError> {
        let patterns = prefixes.iter().map(|prefix| format!("{prefix}*"));
        let args: Vec<String> =
            ["ls-remote", "--refs", "--", remote].into_iter().map(str::to_owned).chain(patterns).collect();
        let failed = |source| RemoteError::Refs { remote: remote.to_owned(), source };
        let listed = self.git(&args).run(b"").map_err(failed)?;
        Ok(read_refs(&listed))
    }

    /// Moves refs of a remote, each only if it is at one of the commits from which it may move
    /// ([`MovableFrom`](super::MovableFrom)). The names of all refs begin with `prefix`. If another writer moves a ref
    /// meanwhile, all refs are checked again. The results are in the order of `swaps`.
    ///
    /// # Errors
    /// When other writers move refs of `swaps` during each of the 40 attempts, or when git fails for any other reason.
    pub fn push_swaps(&self, remote: &str, prefix: &str, swaps: &[Swap]) -> Result<Vec<Swapped>, RemoteError> {
        for attempt in 0.. {
            let there = self.remote_refs(remote, &[prefix])?;
            let at = |swap: &Swap| there.get(&swap.reference).copied();
            self.bring(remote, swaps.iter().filter_map(|swap| Some((swap.reference.as_str(), at(swap)?))));
            let swapped: Vec<Swapped> = swaps.iter().map(|swap| self.judge(swap, at(swap))).collect();
            let updates: Vec<Update> = swaps
                .iter()
                .zip(&swapped)
                .filter_map(|(swap, swapped)| match swapped {
                    Swapped::Moved(from) => Some(Update::new(&swap.reference, *from, Some(&swap.to))),
                    Swapped::There | Swapped::Superseded(_) | Swapped::Elsewhere(_) => None,
                })
                .collect();
            match self.update(remote, &updates) {
                Ok(()) => return Ok(swapped),
                Err(source) if attempt + 1 == TRIES || !is_lost_race(&source) => {
                    return Err(RemoteError::Swap { remote: remote.to_owned(), source });
                }
                // Other writers push at the same time. The wait grows with each attempt, and differs between processes.
                Err(_) => std::thread::sleep(Duration::from_millis(u64::from(attempt * 7 + std::process::id() % 31))),
            }
        }
        Ok(Vec::new())
    }

    /// Sets the refs of `put` on a remote, whatever their old values are, and deletes the refs of `take` that still
    /// have the given values. The refs are marks of builds that have begun.
    ///
    /// # Errors
    /// When the remote refuses the push, or cannot be reached.
    pub fn push_refs(
        &self,
        remote: &str,
        put: &[(String, CommitId)],
        take: &[(String, CommitId)],
    ) -> Result<(), RemoteError> {
        let put = put.iter().map(|(reference, to)| Update { lease: None, spec: format!("+{to}:{reference}") });
        let take = take.iter().map(|(reference, at)| Update::new(reference, Some(*at), None));
        match self.update(remote, &put.chain(take).collect::<Vec<_>>()) {
            // A ref that another writer has moved is left to that writer.
            Err(source) if !is_lost_race(&source) => Err(RemoteError::Marks { remote: remote.to_owned(), source }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Sets refs on a remote, each with the value that the remote had when it was read. Returns whether all of them
    /// were set: a ref that another writer has changed since is left to that writer.
    ///
    /// # Errors
    /// When the remote refuses the push, or cannot be reached.
    pub fn replace_refs(
        &self,
        remote: &str,
        put: impl Iterator<Item = ((String, CommitId), Option<CommitId>)>,
    ) -> Result<bool, RemoteError> {
        let update =
            |((reference, to), seen): ((String, CommitId), Option<CommitId>)| Update::new(&reference, seen, Some(&to));
        match self.update(remote, &put.map(update).collect::<Vec<_>>()) {
            Err(source) if !is_lost_race(&source) => Err(RemoteError::Marks { remote: remote.to_owned(), source }),
            pushed => Ok(pushed.is_ok()),
        }
    }

    /// Fetches the commits to which refs point, if this clone lacks them. Without their history, rebake cannot find out
    /// which of two commits is newer. [`Repository::take_fetch_troubles`] returns the error if the fetch fails.
    pub fn bring<'a>(&self, remote: &str, refs: impl Iterator<Item = (&'a str, CommitId)>) {
        let missing: Vec<(&str, CommitId)> = refs.filter(|(_, at)| !self.contains(at)).collect();
        let Some((_, first)) = missing.first() else { return };
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote];
        let brought = self.git(fetch).args(missing.iter().map(|(reference, _)| reference)).run(b"").map(drop);
        self.note_trouble(brought.map_err(|error| FetchError::of(Missing::Commit(*first).what(), remote, error)));
    }

    fn update(&self, remote: &str, updates: &[Update]) -> Result<(), ProgramError> {
        if updates.is_empty() {
            return Ok(());
        }
        let leases = updates.iter().filter_map(|update| update.lease.as_deref());
        let specs = updates.iter().map(|update| update.spec.as_str());
        let push = ["push", "--quiet", "--no-verify"].into_iter().chain(leases).chain(["--", remote]).chain(specs);
        self.git(push).run(b"").map(drop)
    }
}

/// Parses the output of `git ls-remote --refs`.
pub(super) fn read_refs(listed: &[u8]) -> BTreeMap<String, CommitId> {
    let line = |line: &str| {
        let (id, name) = line.split_once('\t')?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    String::from_utf8_lossy(listed).lines().filter_map(line).collect()
}

/// One ref of a push.
struct Update {
    /// The option of `git push` that requires the remote's ref to have an expected value; `None` to overwrite any
    /// value.
    lease: Option<String>,
    spec: String,
}

impl Update {
    fn new(reference: &str, from: Option<CommitId>, to: Option<&CommitId>) -> Self {
        let text = |commit: Option<&CommitId>| commit.map(ToString::to_string).unwrap_or_default();
        Self {
            lease: Some(format!("--force-with-lease={reference}:{}", text(from.as_ref()))),
            spec: format!("{}:{reference}", text(to)),
        }
    }
}

/// Whether a push failed because another writer was faster: a ref of the remote no longer has the expected value, or is
/// locked.
fn is_lost_race(error: &ProgramError) -> bool {
    let message = error.to_string();
    if is_refusal(&message) {
        return false;
    }
    [
        "stale info",
        "cannot lock ref",
        "failed to update ref",
        "fetch first",
        "reference already exists",
        "remote rejected",
        "failed to lock",
        "remote ref does not exist",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// Whether the remote refused one of the refs because of a rule, such as a protection. Then another attempt is
/// pointless.
fn is_refusal(message: &str) -> bool {
    let signs = ["declined", "deny ", "denied", "prohibited", "refusing", "protected", "not allowed", "permission"];
    let is_refused = |line: &str| line.contains("remote rejected") && signs.iter().any(|sign| line.contains(sign));
    message.lines().any(is_refused)
}

impl RemoteError {
    /// Whether the remote was reached, and refused the push because of a rule.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Marks { source, .. } | Self::Swap { source, .. } => is_refusal(&source.to_string()),
            Self::List { .. } | Self::Push { .. } | Self::Refs { .. } => false,
        }
    }
}
