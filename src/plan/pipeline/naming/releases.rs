use std::collections::BTreeMap;

use super::manual_version::Manual;
use super::versions::{AllFound, Found};
use crate::config::Config;
use crate::model::name::{ServiceName, TagName};
use crate::naming::image::ReleaseRank;
use crate::naming::version::{Parsed, Version};

/// The releases of each service, on all branches.
#[derive(Default)]
pub(super) struct Releases(BTreeMap<ServiceName, Vec<Version>>);

impl Releases {
    /// Collects the releases from the tags of the repository, and from tags that only the remote has. If no service gets
    /// its names from a release, the releases are not needed, and the result is empty.
    pub(super) fn of(
        config: &Config,
        found: &AllFound,
        outside: impl FnOnce() -> Vec<TagName>,
        manual: Option<&Manual>,
    ) -> Self {
        let mut releases: BTreeMap<ServiceName, Vec<Version>> = BTreeMap::new();
        if manual.is_none() && !found.services.iter().any(Found::is_release) {
            return Self(releases);
        }
        for name in found.tags.iter().map(|tag| &tag.name).chain(&outside()) {
            if let Parsed::Release { services, version } = config.release_tags().parse(name) {
                for service in services {
                    releases.entry(service).or_default().push(version.clone());
                }
            }
        }
        Self(releases)
    }

    /// Whether a version was released.
    pub(super) fn has(&self, service: &ServiceName, version: &Version) -> bool {
        self.of_service(service).iter().any(|release| release.is_level_with(version))
    }

    /// Returns the rank of a release among the service's releases.
    pub(super) fn standing(&self, service: &ServiceName, version: &Version) -> ReleaseRank {
        if version.is_pre_release() {
            return ReleaseRank::Other;
        }
        let higher = self.of_service(service).iter().filter(|other| !other.is_pre_release() && *other > version);
        // How many leading numbers the nearest higher release shares with this one.
        let nearest = higher.map(|other| common(other, version)).max();
        match nearest {
            None => ReleaseRank::Highest,
            Some(0) => ReleaseRank::HighestOfMajor,
            Some(1) => ReleaseRank::HighestOfMinor,
            Some(_) => ReleaseRank::Other,
        }
    }

    fn of_service(&self, service: &ServiceName) -> &[Version] {
        self.0.get(service).map_or(&[], Vec::as_slice)
    }
}

/// Returns how many leading numbers two versions have in common.
fn common(one: &Version, other: &Version) -> usize {
    one.numbers().iter().zip(other.numbers()).take_while(|(one, other)| **one == *other).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::version::Scheme;

    #[test]
    fn a_release_stands_highest_where_no_stable_one_is_above_it() {
        let service = ServiceName::parse("api").unwrap();
        let read = |text: &str| Scheme::Semver.read(text).unwrap();
        let all = ["1.0.8", "1.0.9", "1.1.0", "1.1.1-rc.1", "2.0.0", "3.0.0-rc.1"].map(read).to_vec();
        let releases = Releases([(service.clone(), all)].into());
        for (version, standing) in [
            ("1.0.8", ReleaseRank::Other),
            ("1.0.9", ReleaseRank::HighestOfMinor),
            ("1.1.0", ReleaseRank::HighestOfMajor),
            ("2.0.0", ReleaseRank::Highest),
            ("1.1.1-rc.1", ReleaseRank::Other),
            ("3.0.0-rc.1", ReleaseRank::Other),
            ("2.0.1", ReleaseRank::Highest),
        ] {
            assert_eq!(releases.standing(&service, &read(version)), standing, "{version}");
        }
        assert!(releases.has(&service, &read("1.0.9+b")));
        assert!(!releases.has(&ServiceName::parse("web").unwrap(), &read("1.0.9")));
    }
}
