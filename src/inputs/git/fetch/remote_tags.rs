use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{FetchError, Missing};
use crate::inputs::git::Repository;
use crate::inputs::git::push_tags::read_tags;
use crate::model::name::{CommitId, TagName};

/// The result of comparing the tags of this clone with the tags of the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteTags {
    /// The tags were not compared, since fetching is not allowed or there is no remote. The tags of this clone are
    /// used.
    AsTheyAre,
    /// This clone has all of the remote's tags on commits that are in this clone.
    Here {
        /// Tags that point to another object here than on the remote. A fetch does not move an existing tag.
        moved: BTreeSet<TagName>,
        /// Tags that only this clone has. They were never pushed, or were deleted on the remote.
        alone: BTreeSet<TagName>,
    },
    /// The remote did not answer, so tags may be missing.
    Unknown,
}

impl Repository {
    /// Fetches the tags that are missing in this clone, such as newer tags in a reused workspace.
    pub fn renew_tags(&self) -> RemoteTags {
        if !self.may_fetch() || !self.has_remote() {
            return RemoteTags::AsTheyAre;
        }
        match self.missing_tags() {
            Ok((moved, alone)) => RemoteTags::Here { moved, alone },
            Err(trouble) => {
                self.fetching().troubles.push(trouble);
                RemoteTags::Unknown
            }
        }
    }

    /// Returns the names of the remote's tags if this clone is shallow, since it lacks those of other commits. Returns
    /// none if the clone is complete, or if the remote may not be asked or does not answer.
    pub fn tags_outside(&self) -> Vec<TagName> {
        if !self.is_shallow() || !self.may_fetch() || !self.has_remote() {
            return Vec::new();
        }
        let ask = ["ls-remote", "--quiet", "--tags", "--end-of-options", &self.remote()];
        match self.ask_remote(&Missing::Tags, &ask.map(str::to_owned), "") {
            Ok(listed) => read_tags(&listed).into_keys().collect(),
            Err(trouble) => {
                self.fetching().troubles.push(trouble);
                Vec::new()
            }
        }
    }

    /// Fetches the missing tags of commits that are in this clone. Returns the tags that point to another object on the
    /// remote, and the tags that the remote lacks.
    pub(super) fn missing_tags(&self) -> Result<(BTreeSet<TagName>, BTreeSet<TagName>), FetchError> {
        let ask = ["ls-remote", "--quiet", "--tags", "--end-of-options", &self.remote()];
        let there = read_tags(&self.ask_remote(&Missing::Tags, &ask.map(str::to_owned), "")?);
        let reading = |error: crate::inputs::git::HistoryError| error.to_string();
        let here = self.tags().map_err(reading).map_err(|reason| self.fetch_refused(&Missing::Tags, reason))?;
        let here: BTreeMap<TagName, CommitId> = here.into_iter().map(|tag| (tag.name.clone(), tag.object())).collect();
        let mut specs = String::new();
        let is_lacking = |(name, at): &(&TagName, &CommitId)| !here.contains_key(*name) && self.contains(at);
        for (name, _) in there.iter().filter(is_lacking) {
            // A tag whose name is not UTF-8 cannot be a release.
            let _ =
                std::str::from_utf8(name.as_bytes()).map(|name| writeln!(specs, "refs/tags/{name}:refs/tags/{name}"));
        }
        if !specs.is_empty() {
            self.fetch_refs_with(&Missing::Tags, &["--no-tags", "--stdin"], &[], &specs)?;
        }
        let moved = here.iter().filter(|(name, at)| there.get(*name).is_some_and(|there| there != *at));
        let alone = here.keys().filter(|name| !there.contains_key(*name));
        Ok((moved.map(|(name, _)| name.clone()).collect(), alone.cloned().collect()))
    }
}
