//! What each planned service's result is called (spec sections 7 and 8).

mod images;
mod releases;
mod versions;

pub(super) use versions::{Found, Versions};

use super::asked::Asked;
use super::{Error, Naming};
use crate::base::Chosen;
use crate::config::{Config, Environment, Service, Shape};
use crate::git::Repository;
use crate::name::ServiceId;
use crate::plan::Names;
use crate::trigger::Trigger;
use crate::version::VersionError;
use releases::Releases;

/// What names are made from.
pub(super) struct Namer<'a> {
    pub(super) repository: &'a Repository,
    pub(super) config: &'a Config,
    pub(super) trigger: &'a Trigger,
    pub(super) chosen: &'a Chosen,
    pub(super) environment: &'a Environment,
    pub(super) asked: &'a Asked,
    pub(super) naming: &'a Naming,
}

impl Namer<'_> {
    /// Returns the names of services, in their order: one walk of history for all of them.
    pub(super) fn names(&self, services: &[ServiceId]) -> Result<Vec<Names>, Error> {
        let results = services.iter().filter(|service| !self.service(**service).is_library()).count();
        if self.asked.version.is_some() && results > 1 {
            return Err(Error::VersionOfMany { services: results });
        }
        let Some(head) = &self.chosen.range.head else {
            return Ok(services.iter().map(|_| Names::default()).collect());
        };
        if services.is_empty() {
            return Ok(Vec::new());
        }
        let versions = Versions {
            repository: self.repository,
            config: self.config,
            style: self.environment.version,
            naming: self.naming,
            head,
            on_top: &self.chosen.on_top,
        };
        let found = versions.find(services)?;
        let releases = Releases::of(self.repository, self.config, &found)?;
        let source = self.repository.remote_url().as_deref().and_then(crate::image::source_url);
        let named = services.iter().zip(&found).map(|(service, found)| {
            // A library has no result to be named.
            if self.service(*service).is_library() {
                return Ok(Names::default());
            }
            let version = match self.asked.version.as_ref().or(self.asked.released.as_ref()) {
                Some(version) => Some(version.clone()),
                None => self.version(&versions, *service, found)?,
            };
            self.image(*service, version, found, &releases, source.as_deref())
        });
        named.collect()
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.config.services[service.0]
    }

    /// Returns the version, none where a flat file's service cannot know it: such a file never asked for versions, and
    /// works in a shallow clone as it does with paths-filter.
    fn version(&self, versions: &Versions<'_>, service: ServiceId, found: &Found) -> Result<Option<String>, Error> {
        match versions.write(service, found) {
            Ok(version) => Ok(Some(version)),
            Err(Error::Version { error: VersionError::Shallow { .. }, .. }) if self.config.shape == Shape::Flat => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
