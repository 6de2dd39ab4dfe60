use crate::model::name::{CommitId, ServiceName};
use crate::naming::version::Purpose;

/// What the tags of one service's image are made from.
#[derive(Debug, Clone)]
pub struct ImageFacts<'a> {
    /// The service.
    pub service: &'a ServiceName,
    /// Its version, as the plan has it: `1.0.9-0047-188f7a2`.
    pub version: &'a str,
    /// The release that the service is called by: the one that head is, or the one of a version that was given by hand.
    pub release: Option<ImageRelease<'a>>,
    /// What the environment is for.
    pub purpose: Purpose,
    /// What asked.
    pub event: ImageEvent<'a>,
    /// The repository's default branch, where it is known.
    pub default_branch: Option<&'a str>,
    /// The commit that is built.
    pub commit: CommitId,
    /// When it was committed, in seconds since the epoch.
    pub time: i64,
    /// How many digits of the commit's id stand for it; 7 unless `--abbrev` says otherwise.
    pub abbrev: usize,
}

/// A release of the service.
#[derive(Debug, Clone, Copy)]
pub struct ImageRelease<'a> {
    /// The whole name of its tag: `services/go/api@1.0.9`.
    pub tag: &'a str,
    /// The version in that name: `1.0.9`.
    pub version: &'a str,
    /// How it stands among the service's other releases.
    pub standing: ReleaseRank,
}

/// How a release stands among the others of its service: which tags it may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseRank {
    /// It is the highest of all that are no pre-releases: `latest` may move here.
    Highest,
    /// It is the highest of its major version: `1` may move here.
    HighestOfMajor,
    /// It is the highest of its minor version: `1.0` may move here.
    HighestOfMinor,
    /// It is a pre-release, or a higher one has its major and minor number.
    Other,
    /// Nobody has released it: its version was given by hand for a build that is no release.
    Unreleased,
}

/// What asked, as far as tags depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageEvent<'a> {
    /// Something that is about a branch: a push, a start by hand, a merge queue.
    Branch(&'a str),
    /// A clock, on a branch; on the default branch where the engine does not name one.
    Schedule(Option<&'a str>),
    /// A tag, or a release that was published for one.
    Tag {
        /// The tag's name, without `refs/tags/`.
        name: &'a str,
        /// The branch that it was pushed from, where the engine says so.
        base: Option<&'a str>,
    },
    /// A pull or merge request.
    PullRequest {
        /// Its number.
        number: u64,
        /// The branch that it is to go into.
        base: Option<&'a str>,
    },
    /// Something without a ref.
    Other,
}

impl<'a> ImageFacts<'a> {
    /// Returns the branch that the event is about, where it is about one.
    pub(super) fn branch(&self) -> Option<&'a str> {
        match self.event {
            ImageEvent::Branch(branch) => Some(branch),
            ImageEvent::Schedule(branch) => branch.or(self.default_branch),
            ImageEvent::Tag { .. } | ImageEvent::PullRequest { .. } | ImageEvent::Other => None,
        }
    }

    /// Whether the event is about the default branch.
    pub(super) fn is_default_branch(&self) -> bool {
        match self.event {
            ImageEvent::Schedule(None) => true,
            _ => self.branch().is_some() && self.branch() == self.default_branch,
        }
    }

    /// Returns the release's tag, else the event's.
    pub(super) fn tag(&self) -> Option<&'a str> {
        match (self.release, self.event) {
            (Some(release), _) => Some(release.tag),
            (None, ImageEvent::Tag { name, .. }) => Some(name),
            (None, _) => None,
        }
    }

    /// Returns the branch that the event's tag or pull request is based on.
    pub(super) fn base(&self) -> Option<&'a str> {
        match self.event {
            ImageEvent::Tag { base, .. } | ImageEvent::PullRequest { base, .. } => base,
            ImageEvent::Branch(_) | ImageEvent::Schedule(_) | ImageEvent::Other => None,
        }
    }
}

impl<'a> ImageRelease<'a> {
    /// Returns the version as the tag has it, with the `v` that may stand before it: `v1.0.9` of `api/v1.0.9`.
    pub(super) fn written(&self) -> &'a str {
        let Some(prefix) = self.tag.strip_suffix(self.version) else { return self.version };
        match prefix.strip_suffix('v') {
            Some(before) if !before.ends_with(char::is_alphanumeric) => &self.tag[before.len()..],
            _ => self.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v_before_the_version_belongs_to_it() {
        for (tag, version, written) in [
            ("v1.0.9", "1.0.9", "v1.0.9"),
            ("services/go/api/v1.0.9", "1.0.9", "v1.0.9"),
            ("services/go/api@1.0.9", "1.0.9", "1.0.9"),
            ("dev1.0.9", "1.0.9", "1.0.9"),
            ("api-1.0.9-final", "1.0.9", "1.0.9"),
        ] {
            assert_eq!(ImageRelease { tag, version, standing: ReleaseRank::Other }.written(), written, "{tag}");
        }
    }
}
