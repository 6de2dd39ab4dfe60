use super::{Error, Line, Reach, Release};
use crate::name::TagName;
use crate::version::{Bump, Version, in_the_way};

impl Line {
    /// Returns the version of the next release.
    pub(super) fn next(&self, bump: Bump, pre: Option<&str>) -> Result<Version, Error> {
        let taken: Vec<Version> = self.releases.iter().map(|release| release.version.clone()).collect();
        bump.next(self.current().map(|current| &current.version), pre, &taken)
            .map_err(|error| Error::Bump { service: self.services[0].clone(), error })
    }

    /// Checks a version that somebody chose; returns the release where it is there already, on head.
    pub(super) fn chosen(&self, version: &Version) -> Result<Option<&Release>, Error> {
        if !version.build.is_empty() {
            return Err(Error::Build { version: version.clone() });
        }
        match self.releases.iter().find(|release| release.version.cmp_precedence(version).is_eq()) {
            Some(release) if release.reach == Reach::Head => return Ok(Some(release)),
            Some(release) => return Err(Error::Taken { tag: release.tag.clone(), commit: release.commit }),
            None => {}
        }
        match self.current() {
            Some(current) if *version <= current.version => Err(Error::NotHigher {
                service: self.services[0].clone(),
                current: current.version.clone(),
                next: version.clone(),
            }),
            Some(_) | None => Ok(None),
        }
    }

    /// Returns the tag of a version, when git can hold it beside the `existing` ones, which are sorted.
    pub(super) fn tag(&self, version: &Version, existing: &[TagName]) -> Result<TagName, Error> {
        let service = || self.services[0].clone();
        let tag = self.pattern.tag(version).map_err(|error| Error::Refused {
            service: service(),
            version: version.clone(),
            error,
        })?;
        if existing.binary_search(&tag).is_ok() {
            return Err(Error::Other { tag, service: service() });
        }
        match in_the_way(&tag, existing) {
            Some(obstacle) => Err(Error::InTheWay { obstacle: obstacle.clone(), tag }),
            None => Ok(tag),
        }
    }
}
