//! Refs of a remote, through the git program: it knows the user's protocols and credentials.

use std::time::Duration;

use super::program::ProgramError;
use super::{Error, Moved, Repository};
use crate::name::CommitId;

/// How often a push is tried that others were faster than.
const TRIES: u32 = 40;

impl Repository {
    /// Moves refs of a remote to commits, forward only and by compare-and-swap: a ref that another writer moves
    /// meanwhile is looked at again, and one that is further ahead stays. Answers stand in the order of `refs`.
    ///
    /// # Errors
    /// When the git program fails for another reason than a lost race, or the race is lost too often.
    pub fn push_forward(&self, remote: &str, refs: &[(String, CommitId)]) -> Result<Vec<Moved>, Error> {
        let mut moved: Vec<Option<Moved>> = vec![None; refs.len()];
        for attempt in 0..TRIES {
            let there = self.remote_refs(remote, refs)?;
            let mut updates = Vec::new();
            for (at, (reference, to)) in refs.iter().enumerate() {
                if matches!(moved[at], Some(Moved::Stays(_))) {
                    continue;
                }
                let from = there.iter().find(|(name, _)| name == reference).map(|(_, id)| *id);
                if from.is_some_and(|from| !self.contains(&from)) {
                    // Who is ahead of whom needs the other's history; where it cannot be had, the record was dropped.
                    let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, reference];
                    let _ = self.git(fetch).run(b"");
                }
                let wanted = self.forward(from, to);
                moved[at] = Some(wanted);
                if !matches!(wanted, Moved::Stays(_)) {
                    let lease = from.map(|from| from.to_string()).unwrap_or_default();
                    updates.push((format!("--force-with-lease={reference}:{lease}"), format!("{to}:{reference}")));
                }
            }
            if updates.is_empty() {
                return Ok(moved.into_iter().flatten().collect());
            }
            let leases = updates.iter().map(|(lease, _)| lease.as_str());
            let specs = updates.iter().map(|(_, spec)| spec.as_str());
            let args: Vec<&str> = ["push", "--quiet", "--no-verify"]
                .into_iter()
                .chain(leases)
                .chain(["--", remote])
                .chain(specs)
                .collect();
            match self.git(&args).run(b"") {
                Ok(_) => return Ok(moved.into_iter().flatten().collect()),
                Err(error) if attempt + 1 == TRIES || !is_lost_race(&error) => {
                    return Err(Error::reading(format!("the answer of the remote `{remote}` to a push"))(
                        error.to_string(),
                    ));
                }
                // Others are at it: the later the try, the longer the wait, and not the same for all.
                Err(_) => std::thread::sleep(Duration::from_millis(u64::from(attempt * 7 + std::process::id() % 31))),
            }
        }
        Ok(moved.into_iter().flatten().collect())
    }

    /// Brings all records of a remote here; where the two differ, the remote's is taken.
    ///
    /// # Errors
    /// When the git program fails.
    pub fn fetch_refs(&self, remote: &str, prefix: &str) -> Result<(), Error> {
        let spec = format!("+{prefix}*:{prefix}*");
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, &spec];
        let unread =
            |error: ProgramError| Error::reading(format!("`{prefix}` of the remote `{remote}`"))(error.to_string());
        self.git(fetch).run(b"").map(drop).map_err(unread)
    }

    fn remote_refs(&self, remote: &str, refs: &[(String, CommitId)]) -> Result<Vec<(String, CommitId)>, Error> {
        let names = refs.iter().map(|(name, _)| name.as_str());
        let args: Vec<&str> = ["ls-remote", "--refs", "--", remote].into_iter().chain(names).collect();
        let listed = self
            .git(&args)
            .run(b"")
            .map_err(|error| Error::reading(format!("the refs of the remote `{remote}`"))(error.to_string()))?;
        let listed = String::from_utf8_lossy(&listed);
        let line = |line: &str| {
            let (id, name) = line.split_once('\t')?;
            Some((name.to_owned(), id.parse().ok()?))
        };
        Ok(listed.lines().filter_map(line).collect())
    }
}

/// Whether somebody else was faster: the lease is stale, or the other side holds the lock.
fn is_lost_race(error: &ProgramError) -> bool {
    let said = error.to_string();
    [
        "stale info",
        "cannot lock ref",
        "failed to update ref",
        "fetch first",
        "reference already exists",
        "remote rejected",
        "failed to lock",
    ]
    .iter()
    .any(|sign| said.contains(sign))
}
