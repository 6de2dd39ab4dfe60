//! Branches of remotes, and revisions that start from a branch, such as `main`, `origin/main~1` and `main@{upstream}`.

use gix::remote::Direction;

use super::Repository;

/// A branch of a remote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteBranch {
    /// The remote's name, such as `origin`.
    pub remote: String,
    /// The branch's name on the remote, such as `main`.
    pub name: String,
}

/// A revision that starts from a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRevision {
    /// The branch of a remote from which the revision starts.
    pub branch: RemoteBranch,
    /// The same revision, with the full name of the remote-tracking branch, such as `refs/remotes/origin/main~1`.
    pub revision: String,
}

impl RemoteBranch {
    /// Returns the full name of the remote-tracking branch, such as `refs/remotes/origin/main`.
    #[must_use]
    pub fn tracking(&self) -> String {
        format!("refs/remotes/{}/{}", self.remote, self.name)
    }
}

impl Repository {
    /// Returns the branch of this name on the remote that rebake fetches from.
    #[must_use]
    pub fn branch_there(&self, name: &str) -> RemoteBranch {
        RemoteBranch { remote: self.remote(), name: name.to_owned() }
    }

    /// Returns the branch that a revision starts from, by the rules of `git rev-parse`: `main` for `main`,
    /// `heads/main`, `origin/main~1` and `refs/heads/main^{commit}`. For a local branch, this is the branch of the same
    /// name on the remote. `None` if the revision starts from something else, such as `HEAD` or a tag.
    #[must_use]
    pub fn branch_of(&self, revision: &str) -> Option<BranchRevision> {
        let (name, rest) = parts(revision);
        let is_head = ["", "@", "HEAD"].contains(&name);
        let full = if is_head { self.gix.head_name().ok()??.as_bstr().to_string() } else { self.full_name(name)? };
        if let Some((tracking, rest)) = self.tracked(&full, rest) {
            let branch = self.tracking_of(&tracking)?;
            return Some(BranchRevision { revision: format!("{}{rest}", branch.tracking()), branch });
        }
        // `HEAD` is the commit that is checked out here, whatever the remote's branch is.
        if is_head {
            return None;
        }
        let branch = match full.strip_prefix("refs/heads/") {
            Some(here) => self.branch_there(here),
            None => self.tracking_of(&full)?,
        };
        Some(BranchRevision { revision: format!("{}{rest}", branch.tracking()), branch })
    }

    /// Returns the short name of a branch: `main` if `written` is `main`, `origin/main`, `refs/heads/main` or
    /// `refs/remotes/origin/main`.
    #[must_use]
    pub fn branch_name(&self, written: &str) -> String {
        if let Some(name) = written.strip_prefix("refs/heads/") {
            return name.to_owned();
        }
        let tracking = written.strip_prefix("refs/remotes/").unwrap_or(written);
        let is_here = self.has_reference(&format!("refs/heads/{written}"));
        self.split(tracking).filter(|_| !is_here).map_or_else(|| written.to_owned(), |branch| branch.name)
    }

    /// Returns the branch of a remote that a revision may mean. The revision's name is unknown in this clone. `None` if
    /// no branch can have this name.
    pub(super) fn branch_elsewhere(&self, revision: &str) -> Option<RemoteBranch> {
        let name = parts(revision).0;
        let name = name.strip_prefix("refs/").unwrap_or(name);
        let branch = match (name.strip_prefix("heads/"), name.strip_prefix("remotes/")) {
            (Some(branch), _) => self.branch_there(branch),
            (_, Some(tracking)) => self.split(tracking)?,
            _ => self.split(name).unwrap_or_else(|| self.branch_there(name)),
        };
        let is_name = gix::refs::FullName::try_from(branch.tracking()).is_ok();
        (is_name && branch.name != "HEAD").then_some(branch)
    }

    /// Returns the same revision with the full name of a remote-tracking branch, such as `refs/remotes/origin/main~1`
    /// for `main~1` or `heads/main~1`; `None` if there is no such remote-tracking branch.
    pub(super) fn tracking(&self, revision: &str) -> Option<String> {
        let (name, rest) = parts(revision);
        let branch = ["refs/heads/", "heads/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        let tracking = self.branch_there(branch).tracking();
        (branch != "HEAD" && self.has_reference(&tracking)).then(|| format!("{tracking}{rest}"))
    }

    /// Returns the full name of the reference that a short name stands for. Git tries several references for a short
    /// name; this is the first of them that exists. If none of them exists, this is the remote-tracking branch of this
    /// name; `None` if there is no such branch either.
    fn full_name(&self, name: &str) -> Option<String> {
        let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map(|place| format!("{place}{name}"));
        let heads = [format!("refs/remotes/{name}/HEAD")];
        let found = places.into_iter().chain(heads).find(|place| self.has_reference(place));
        found.or_else(|| self.tracking(name))
    }

    /// Resolves `@{upstream}` or `@{push}` at the beginning of `rest` for the branch `full`. Returns the full name of
    /// the remote-tracking branch and the remaining text; `None` if `rest` begins with neither, or there is no such
    /// branch.
    fn tracked<'a>(&self, full: &str, rest: &'a str) -> Option<(String, &'a str)> {
        let (word, rest) = rest.strip_prefix("@{")?.split_once('}')?;
        let direction = match word.to_ascii_lowercase().as_str() {
            "u" | "upstream" => Direction::Fetch,
            "push" => Direction::Push,
            _ => return None,
        };
        let name = gix::refs::FullName::try_from(full).ok()?;
        let tracking = self.gix.branch_remote_tracking_ref_name(name.as_ref(), direction)?.ok()?;
        Some((tracking.as_bstr().to_string(), rest))
    }

    /// Returns the branch of a remote that a reference tracks, such as `main` of `origin` for
    /// `refs/remotes/origin/main`. For `refs/remotes/origin/HEAD`, this is the branch to which that reference points.
    fn tracking_of(&self, full: &str) -> Option<RemoteBranch> {
        let branch = self.split(full.strip_prefix("refs/remotes/")?)?;
        if branch.name != "HEAD" {
            return Some(branch);
        }
        let name = self.head_of(&branch.remote)?;
        Some(RemoteBranch { name, ..branch })
    }

    /// Splits a name such as `origin/main` into remote and branch. If several remotes fit, the remote with the longest
    /// name is chosen. `None` if no remote fits.
    fn split(&self, name: &str) -> Option<RemoteBranch> {
        let names = self.remote_names();
        let fitting = names.into_iter().filter_map(|remote| {
            let name = name.strip_prefix(&remote)?.strip_prefix('/')?.to_owned();
            Some(RemoteBranch { remote, name })
        });
        fitting.max_by_key(|branch| branch.remote.len())
    }
}

/// Splits a revision into the name that it starts from, and the rest: `main~1` into `main` and `~1`.
fn parts(revision: &str) -> (&str, &str) {
    let ends = [revision.find(['~', '^', ':']), revision.find("@{")];
    revision.split_at(ends.into_iter().flatten().min().unwrap_or(revision.len()))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_name_ends_where_its_expression_begins() {
        for (revision, expected) in [
            ("main", ("main", "")),
            ("main~1", ("main", "~1")),
            ("main^0~2", ("main", "^0~2")),
            ("main@{1 day ago}", ("main", "@{1 day ago}")),
            ("api@1.0.0^{}", ("api@1.0.0", "^{}")),
            ("HEAD:x@{y", ("HEAD", ":x@{y")),
            ("@{u}", ("", "@{u}")),
            ("@", ("@", "")),
        ] {
            assert_eq!(parts(revision), expected, "{revision}");
        }
    }
}
