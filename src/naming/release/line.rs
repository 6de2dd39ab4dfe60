use crate::model::name::{CommitId, ServiceName, TagName};
use crate::naming::version::{TagPattern, Version};

/// A release line: the services that are released together, and their releases so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The services of the line, at least one. Services that share a tag format belong to the same line.
    pub services: Vec<ServiceName>,
    /// How its tags are written.
    pub pattern: TagPattern,
    /// Its releases, in any order.
    pub releases: Vec<TaggedRelease>,
    /// The positions of the lines that its services depend on.
    pub depends_on: Vec<usize>,
    /// Whether the request includes the line: the line was named, or no line was named.
    pub scope: Scope,
}

/// Whether a line was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It was named.
    Named,
    /// No line was named, so all are included.
    Everyone,
    /// Other lines were named.
    Outside,
}

/// A release of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedRelease {
    /// Its tag.
    pub tag: TagName,
    /// Its version.
    pub version: Version,
    /// Its commit.
    pub commit: CommitId,
    /// Its position relative to head.
    pub reach: ReleasePosition,
}

/// The position of a release relative to head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleasePosition {
    /// At head.
    Head,
    /// At an ancestor of head.
    Behind,
    /// At a commit that is no ancestor of head, such as on another branch.
    Elsewhere,
}

impl Line {
    /// Returns the highest release at head or at an ancestor of head.
    #[must_use]
    pub fn current(&self) -> Option<&TaggedRelease> {
        self.highest(|_| true)
    }

    /// Returns the current release if it is at head. In this case, no further release is needed. A pre-release is only
    /// returned if `pre` requests a pre-release.
    #[must_use]
    pub fn already(&self, pre: Option<&str>) -> Option<&TaggedRelease> {
        self.current().filter(|current| {
            current.reach == ReleasePosition::Head && (!current.version.is_pre_release() || pre.is_some())
        })
    }

    /// Returns the release after which commits are considered for the next release. If the line is already released at
    /// head, this is the release before the one at head, so that the commits of the release at head are listed.
    #[must_use]
    pub fn since(&self, pre: Option<&str>) -> Option<&TaggedRelease> {
        match self.already(pre) {
            Some(already) => self.highest(|release| {
                release.version < already.version
                    && release.reach == ReleasePosition::Behind
                    && (!release.version.is_pre_release() || already.version.is_pre_release())
            }),
            None if pre.is_some() => self.current(),
            None => self.highest(|release| !release.version.is_pre_release()),
        }
    }

    /// Returns the highest stable release, on any branch, that is not lower than a version. If there is none, returns
    /// the highest such pre-release.
    #[must_use]
    pub fn not_below(&self, version: &Version) -> Option<&TaggedRelease> {
        let not_lower = self.releases.iter().filter(|release| release.version >= *version);
        not_lower.max_by(|a, b| {
            let is_stable = |release: &TaggedRelease| !release.version.is_pre_release();
            is_stable(a).cmp(&is_stable(b)).then_with(|| a.version.cmp(&b.version))
        })
    }

    fn highest(&self, counts: impl Fn(&TaggedRelease) -> bool) -> Option<&TaggedRelease> {
        let within_reach =
            self.releases.iter().filter(|release| release.reach != ReleasePosition::Elsewhere && counts(release));
        within_reach.max_by(|a, b| a.version.cmp(&b.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::version::Scheme;

    fn line(releases: &[(&str, ReleasePosition)]) -> Line {
        let release = |(version, reach): &(&str, ReleasePosition)| TaggedRelease {
            tag: TagName::from_git(*version),
            version: Scheme::Semver.read(version).unwrap(),
            commit: "a".repeat(40).parse().unwrap(),
            reach: *reach,
        };
        Line {
            services: vec![ServiceName::parse("api").unwrap()],
            pattern: TagPattern::new("", ""),
            releases: releases.iter().map(release).collect(),
            depends_on: Vec::new(),
            scope: Scope::Everyone,
        }
    }

    fn shown(release: Option<&TaggedRelease>) -> String {
        release.map(|release| release.version.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_highest_within_reach_is_current() {
        let line = line(&[
            ("1.9.0", ReleasePosition::Behind),
            ("1.10.0", ReleasePosition::Behind),
            ("2.0.0", ReleasePosition::Elsewhere),
        ]);
        assert_eq!(
            [shown(line.current()), shown(line.since(None)), shown(line.already(None))],
            ["1.10.0", "1.10.0", ""]
        );
        assert_eq!(shown(super::Line { releases: Vec::new(), ..line }.since(None)), "");
    }

    #[test]
    fn a_release_sums_up_its_candidates() {
        let on = |reach| {
            line(&[("1.0.0", ReleasePosition::Behind), ("1.1.0-rc.1", ReleasePosition::Behind), ("1.1.0-rc.2", reach)])
        };
        let behind = on(ReleasePosition::Behind);
        assert_eq!([shown(behind.since(None)), shown(behind.since(Some("rc")))], ["1.0.0", "1.1.0-rc.2"]);
        let head = on(ReleasePosition::Head);
        assert_eq!([shown(head.already(None)), shown(head.already(Some("rc")))], ["", "1.1.0-rc.2"]);
        assert_eq!([shown(head.since(None)), shown(head.since(Some("rc")))], ["1.0.0", "1.1.0-rc.1"]);
    }

    #[test]
    fn what_was_released_on_head_counts_from_the_release_before() {
        let line = line(&[
            ("1.0.0", ReleasePosition::Behind),
            ("1.1.0-rc.1", ReleasePosition::Behind),
            ("1.1.0", ReleasePosition::Head),
        ]);
        assert_eq!([shown(line.already(None)), shown(line.since(None))], ["1.1.0", "1.0.0"]);
    }

    #[test]
    fn a_stable_release_is_found_below_a_higher_pre_release() {
        let version = |text: &str| Scheme::Semver.read(text).unwrap();
        let line = line(&[
            ("2.0.0-rc.1", ReleasePosition::Elsewhere),
            ("1.4.0", ReleasePosition::Elsewhere),
            ("1.5.0", ReleasePosition::Elsewhere),
            ("2.0.0-rc.2", ReleasePosition::Elsewhere),
        ]);
        let found = |text: &str| shown(line.not_below(&version(text)));
        assert_eq!(
            [found("1.3.0"), found("1.5.0"), found("1.5.1"), found("2.0.0")],
            ["1.5.0", "1.5.0", "2.0.0-rc.2", ""]
        );
    }
}
