//! What each planned service's result is called (spec sections 7 and 8).

use super::asked::Asked;
use super::{Dirty, Error, Naming};
use crate::base::Chosen;
use crate::config::{Config, Environment, Service, Shape};
use crate::filter;
use crate::git::{DescribeOptions, Repository};
use crate::name::{CommitId, ServiceId};
use crate::plan::Names;
use crate::version::{self, Described, Facts, Files, Style, VersionError};

/// What names are made from.
pub(super) struct Namer<'a> {
    pub(super) repository: &'a Repository,
    pub(super) config: &'a Config,
    pub(super) chosen: &'a Chosen,
    pub(super) environment: &'a Environment,
    pub(super) asked: &'a Asked,
    pub(super) naming: &'a Naming,
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
        let wanted: Vec<_> = services.iter().map(|service| self.service(*service).tag.clone()).collect();
        let described = self.repository.describe(head, &wanted, DescribeOptions::default())?.services;
        let committed = u64::try_from(self.repository.commit_time(head)?).unwrap_or_default();
        let files = self.files(services);
        services
            .iter()
            .zip(described)
            .zip(files)
            .map(|((service, described), files)| {
                let version = match &self.asked.version {
                    Some(version) => Some(version.clone()),
                    None => self.version(*service, head, committed, &described, files)?,
                };
                Ok(self.named(*service, version, described, files))
            })
            .collect()
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.config.services[service.0]
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

    fn style(&self, service: ServiceId) -> Style {
        self.naming.style.or(self.service(service).style).or(self.environment.version).unwrap_or_default()
    }

    /// Returns the version, none where a flat file's service cannot know it: such a file never asked for versions, and
    /// works in a shallow clone as it does with paths-filter.
    fn version(
        &self,
        service: ServiceId,
        head: &CommitId,
        committed: u64,
        described: &Described,
        files: Files,
    ) -> Result<Option<String>, Error> {
        let written = self.base(service, described).and_then(|base| {
            let facts = Facts {
                base,
                distance: described.distance,
                trust: described.trust,
                commit: *head,
                committed,
                abbrev: self.naming.abbrev,
                files,
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
    fn base(&self, service: ServiceId, described: &Described) -> Result<Option<version::Version>, VersionError> {
        let Some(tag) = &described.tag else { return Ok(None) };
        let read = self.service(service).tag.iter().find_map(|pattern| pattern.read(tag));
        read.map(Some).ok_or_else(|| VersionError::NotSemVer { tag: tag.clone() })
    }

    fn named(&self, service: ServiceId, version: Option<String>, described: Described, files: Files) -> Names {
        let _ = service;
        Names { described: Some(described), pushable: files == Files::Clean, version, ..Names::default() }
    }
}
