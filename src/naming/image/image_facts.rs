use crate::model::name::{CommitId, ServiceName};
use crate::naming::version::Purpose;

/// The facts from which the tags of a service's image are made.
#[derive(Debug, Clone)]
pub struct ImageFacts<'a> {
    /// The service.
    pub service: &'a ServiceName,
    /// The version of the service, as in the plan: `1.0.9-0047-188f7a2`.
    pub version: &'a str,
    /// The release that the image is named after: the release at head, or, if a version was given, the release with
    /// that version.
    pub release: Option<ImageRelease<'a>>,
    /// What the environment is for.
    pub purpose: Purpose,
    /// The event.
    pub event: ImageEvent<'a>,
    /// The repository's default branch, if it is known.
    pub default_branch: Option<&'a str>,
    /// The commit that is built.
    pub commit: CommitId,
    /// The time of the commit, in seconds since the epoch.
    pub time: i64,
    /// The number of digits of the short commit id; 7 unless `--abbrev` changes it.
    pub abbrev: usize,
}

/// A release of the service.
#[derive(Debug, Clone, Copy)]
pub struct ImageRelease<'a> {
    /// The full name of its tag: `services/go/api@1.0.9`.
    pub tag: &'a str,
    /// The version in that name: `1.0.9`.
    pub version: &'a str,
    /// Its rank among the service's releases.
    pub standing: ReleaseRank,
}

/// The rank of a release among the releases of its service. The rank decides which tags may move to the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseRank {
    /// The highest stable release of the service: `latest` may move to it.
    Highest,
    /// The highest stable release of its major version: `1` may move to it.
    HighestOfMajor,
    /// The highest stable release of its minor version: `1.0` may move to it.
    HighestOfMinor,
    /// A pre-release, or a release that is lower than another one with the same major and minor number.
    Other,
    /// Not released: its version was given for a build that is not a release.
    Unreleased,
}

/// The facts about an event on which tags depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageEvent<'a> {
    /// An event on a branch: a push, a manual run, a merge queue.
    Branch(&'a str),
    /// A scheduled run on a branch, or on the default branch if the engine names none.
    Schedule(Option<&'a str>),
    /// A pushed tag, or the publication of a release.
    Tag {
        /// The tag's name, without `refs/tags/`.
        name: &'a str,
        /// The branch from which it was pushed, if the engine names it.
        base: Option<&'a str>,
    },
    /// A pull or merge request.
    PullRequest {
        /// Its number.
        number: u64,
        /// The branch into which it is to be merged.
        base: Option<&'a str>,
    },
    /// Any other event, such as one whose branch or tag is not known.
    Other,
}

impl<'a> ImageFacts<'a> {
    /// Returns the branch of the event, if it has one. For a schedule without a branch, this is the default branch.
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

    /// Returns the name of the release's git tag, or, without a release, of the event's git tag.
    pub(super) fn tag(&self) -> Option<&'a str> {
        match (self.release, self.event) {
            (Some(release), _) => Some(release.tag),
            (None, ImageEvent::Tag { name, .. }) => Some(name),
            (None, _) => None,
        }
    }

    /// Returns the branch from which the event's tag was pushed, or into which the event's pull request is to be
    /// merged.
    pub(super) fn base(&self) -> Option<&'a str> {
        match self.event {
            ImageEvent::Tag { base, .. } | ImageEvent::PullRequest { base, .. } => base,
            ImageEvent::Branch(_) | ImageEvent::Schedule(_) | ImageEvent::Other => None,
        }
    }
}

impl<'a> ImageRelease<'a> {
    /// Returns the version as it is in the tag, with a `v` if there is one: `v1.0.9` of `api/v1.0.9`.
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
