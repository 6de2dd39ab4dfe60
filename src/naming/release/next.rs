use super::{Line, ReleaseError, ReleasePosition, TaggedRelease};
use crate::model::name::TagName;
use crate::naming::version::{Bump, Scheme, Semver, Version, in_the_way};

/// The next release of a line.
pub(super) struct Next {
    pub(super) version: Version,
    /// The release on another branch that already has the version that would have been the next.
    pub(super) taken: Option<TaggedRelease>,
}

impl Line {
    /// Returns the next release; `None` for calendar versions, since the next one does not follow from a bump.
    pub(super) fn next(&self, bump: Bump, pre: Option<&str>) -> Result<Option<Next>, ReleaseError> {
        if self.pattern.scheme() == Scheme::Calver {
            return Ok(None);
        }
        let semver = |version: &Version| match version {
            Version::Semver(version) => Some(version.clone()),
            Version::Calver(_) => None,
        };
        let taken: Vec<Semver> = self.releases.iter().filter_map(|release| semver(&release.version)).collect();
        let current = self.current().and_then(|current| semver(&current.version));
        let next = |taken: &[Semver]| {
            let next = bump.next(current.as_ref(), pre, taken).map(Version::from);
            next.map_err(|error| ReleaseError::Bump { service: self.services[0].clone(), error })
        };
        let (version, first) = (next(&taken)?, next(&[])?);
        let taken = self.releases.iter().find(|release| release.version.is_level_with(&first)).cloned();
        Ok(Some(Next { version, taken }))
    }

    /// Parses a version from the command line.
    pub(super) fn read(&self, text: &str) -> Result<Version, ReleaseError> {
        let scheme = self.pattern.scheme();
        let service = || self.services[0].clone();
        scheme.read(text).ok_or_else(|| ReleaseError::NoVersion { service: service(), text: text.to_owned(), scheme })
    }

    /// Checks a version from the command line. If a release with this version already exists at head, returns that
    /// release.
    pub(super) fn chosen(&self, version: &Version) -> Result<Option<&TaggedRelease>, ReleaseError> {
        if !version.build().is_empty() {
            return Err(ReleaseError::Build { version: version.clone() });
        }
        match self.releases.iter().find(|release| release.version.is_level_with(version)) {
            Some(release) if release.reach == ReleasePosition::Head => return Ok(Some(release)),
            Some(release) => return Err(ReleaseError::Taken { tag: release.tag.clone(), commit: release.commit }),
            None => {}
        }
        match self.current() {
            Some(current) if *version <= current.version => Err(ReleaseError::NotHigher {
                service: self.services[0].clone(),
                current: current.version.clone(),
                next: version.clone(),
            }),
            Some(_) | None => Ok(None),
        }
    }

    /// Returns the tag of a version, if git can store it beside the `existing` tags, which are sorted.
    pub(super) fn tag(&self, version: &Version, existing: &[TagName]) -> Result<TagName, ReleaseError> {
        let service = || self.services[0].clone();
        let tag = self.pattern.tag(version).map_err(|error| ReleaseError::Refused {
            service: service(),
            version: version.clone(),
            error,
        })?;
        if existing.binary_search(&tag).is_ok() {
            return Err(ReleaseError::Other { tag, service: service() });
        }
        match in_the_way(&tag, existing) {
            Some(obstacle) => Err(ReleaseError::InTheWay { obstacle: obstacle.clone(), tag }),
            None => Ok(tag),
        }
    }
}
