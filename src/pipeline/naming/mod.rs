//! What each planned service's result is called (spec sections 7 and 8).

mod images;
mod releases;

use super::asked::Asked;
use super::{Dirty, Error, Naming};
use crate::base::Chosen;
use crate::config::{Config, Environment, Service, Shape};
use crate::filter;
use crate::git::{DescribeOptions, Repository};
use crate::name::{CommitId, ServiceId};
use crate::plan::Names;
use crate::trigger::Trigger;
use crate::version::{self, Described, Facts, Files, Style, Version, VersionError};
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

/// What history says of a service.
struct Found {
    described: Described,
    /// When head was committed, in seconds since 1970.
    committed: i64,
    files: Files,
}

impl Namer<'_> {
    /// Returns the names of services, in their order: one walk of history for all of them.
    pub(super) fn names(&self, services: &[ServiceId]) -> Result<Vec<Names>, Error> {
        if self.asked.version.is_some() && services.len() > 1 {
            return Err(Error::VersionOfMany { services: services.len() });
        }
        let Some(head) = &self.chosen.range.head else {
            return Ok(services.iter().map(|_| Names::default()).collect());
        };
        if services.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.found(services, head)?;
        let releases = Releases::of(self.repository, self.config, &found)?;
        let source = self.repository.remote_url().as_deref().and_then(crate::image::source_url);
        let named = services.iter().zip(&found).map(|(service, found)| {
            let version = match self.asked.version.as_ref().or(self.asked.released.as_ref()) {
                Some(version) => Some(version.clone()),
                None => self.version(*service, found)?,
            };
            self.image(*service, version, found, &releases, source.as_deref())
        });
        named.collect()
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.config.services[service.0]
    }

    fn found(&self, services: &[ServiceId], head: &CommitId) -> Result<Vec<Found>, Error> {
        let wanted: Vec<_> = services.iter().map(|service| self.service(*service).tag.clone()).collect();
        let described = self.repository.describe(head, &wanted, DescribeOptions::default())?.services;
        let committed = self.repository.commit_time(head)?;
        let files = self.files(services);
        Ok(described.into_iter().zip(files).map(|(described, files)| Found { described, committed, files }).collect())
    }

    /// Returns the state of each service's files.
    fn files(&self, services: &[ServiceId]) -> Vec<Files> {
        match self.naming.dirty {
            Dirty::Unsaid => vec![Files::Clean; services.len()],
            Dirty::Said => {
                let matches = filter::matches(&self.config.filters, &self.chosen.on_top);
                let dirty = |service: &ServiceId| !matches.of(self.service(*service).filter).is_empty();
                services.iter().map(|service| if dirty(service) { Files::Dirty } else { Files::Clean }).collect()
            }
        }
    }

    /// Returns the style: as asked for, else the service's own, else the environment's.
    fn style(&self, service: ServiceId) -> Style {
        self.naming.style.or(self.service(service).style).or(self.environment.version).unwrap_or_default()
    }

    /// Returns the version, none where a flat file's service cannot know it: such a file never asked for versions, and
    /// works in a shallow clone as it does with paths-filter.
    fn version(&self, service: ServiceId, found: &Found) -> Result<Option<String>, Error> {
        let written = self.base(service, &found.described).and_then(|base| {
            let facts = Facts {
                base,
                distance: found.described.distance,
                trust: found.described.trust,
                commit: found.described.commit,
                committed: u64::try_from(found.committed).unwrap_or_default(),
                abbrev: self.naming.abbrev,
                files: found.files,
            };
            version::render(self.style(service), &facts)
        });
        match written {
            Ok(version) => Ok(Some(version)),
            Err(VersionError::Shallow { .. }) if self.config.shape == Shape::Flat => Ok(None),
            Err(error) => Err(Error::Version { service: self.config.graph.name(service).clone(), error }),
        }
    }

    /// Returns the version of the service's last release.
    fn base(&self, service: ServiceId, described: &Described) -> Result<Option<Version>, VersionError> {
        let Some(tag) = &described.tag else { return Ok(None) };
        let read = self.service(service).tag.iter().find_map(|pattern| pattern.read(tag));
        read.map(Some).ok_or_else(|| VersionError::NotSemVer { tag: tag.clone() })
    }
}
