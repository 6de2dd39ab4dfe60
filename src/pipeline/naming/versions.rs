use std::collections::BTreeMap;

use crate::change::ChangeSet;
use crate::config::{Config, Service};
use crate::filter;
use crate::git::{DescribeOptions, Repository, Tag};
use crate::name::{CommitId, ServiceId};
use crate::pipeline::{Dirty, Error, Naming, touched};
use crate::version::{self, Count, Described, Facts, Files, Style, Trust, Version, VersionError};

/// What versions are made from.
pub(in crate::pipeline) struct Versions<'a> {
    pub(in crate::pipeline) repository: &'a Repository,
    pub(in crate::pipeline) config: &'a Config,
    /// The environment's style.
    pub(in crate::pipeline) style: Option<Style>,
    pub(in crate::pipeline) naming: &'a Naming,
    pub(in crate::pipeline) head: &'a CommitId,
    /// What the work tree has on top of head.
    pub(in crate::pipeline) on_top: &'a ChangeSet,
}

/// What history says of a service.
pub(in crate::pipeline) struct Found {
    pub(in crate::pipeline) described: Described,
    /// The number that its version shows.
    count: u32,
    /// When head was committed, in seconds since 1970.
    pub(super) committed: i64,
    pub(super) files: Files,
}

impl Versions<'_> {
    /// Returns what history says of each of these services: one walk for all of them, and one more where some count
    /// the commits that touch their files.
    pub(in crate::pipeline) fn find(&self, services: &[ServiceId]) -> Result<Vec<Found>, Error> {
        let wanted: Vec<_> = services.iter().map(|service| self.service(*service).tag.clone()).collect();
        let options = DescribeOptions { parents: self.naming.parents, ..DescribeOptions::default() };
        let tags = self.repository.tags()?;
        let described = self.repository.describe_by(&tags, self.head, &wanted, options)?.services;
        let committed = self.repository.commit_time(self.head)?;
        let counts = self.counts(services, &tags, &described)?;
        let found = described.into_iter().zip(counts).zip(self.files(services));
        Ok(found.map(|((described, count), files)| Found { described, count, committed, files }).collect())
    }

    /// Writes a service's version.
    pub(in crate::pipeline) fn write(&self, service: ServiceId, found: &Found) -> Result<String, Error> {
        let written = self.base(service, &found.described).and_then(|base| {
            let facts = Facts {
                base,
                distance: found.described.distance,
                count: found.count,
                trust: found.described.trust,
                commit: found.described.commit,
                committed: u64::try_from(found.committed).unwrap_or_default(),
                abbrev: self.naming.abbrev,
                files: found.files,
            };
            version::render(self.style(service), &facts)
        });
        written.map_err(|error| Error::Version { service: self.config.graph.name(service).clone(), error })
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.config.services[service.0]
    }

    /// Returns the style: as asked for, else the service's own, else the environment's.
    fn style(&self, service: ServiceId) -> Style {
        self.naming.style.or(self.service(service).style).or(self.style).unwrap_or_default()
    }

    /// Returns the version of the service's last release.
    fn base(&self, service: ServiceId, described: &Described) -> Result<Option<Version>, VersionError> {
        let Some(tag) = &described.tag else { return Ok(None) };
        let read = self.service(service).tag.iter().find_map(|pattern| pattern.read(tag));
        read.map(Some).ok_or_else(|| VersionError::NotSemVer { tag: tag.clone() })
    }

    /// Returns the number of each version: git's distance, or how many of those commits touch the service's files.
    fn counts(&self, services: &[ServiceId], tags: &[Tag], described: &[Described]) -> Result<Vec<u32>, Error> {
        let mut counts: Vec<u32> = described.iter().map(|described| described.distance).collect();
        let count = |service: ServiceId| self.naming.count.unwrap_or(self.service(service).count);
        // Where history is too short to know the release, the version says so without counting.
        let by_paths: Vec<usize> = (0..services.len())
            .filter(|at| count(services[*at]) == Count::Paths && described[*at].trust == Trust::Exact)
            .collect();
        if by_paths.is_empty() {
            return Ok(counts);
        }
        let commits: BTreeMap<_, _> = tags.iter().map(|tag| (&tag.name, tag.object())).collect();
        let since: Vec<Option<CommitId>> =
            by_paths.iter().map(|at| described[*at].tag.as_ref().and_then(|tag| commits.get(tag).copied())).collect();
        let groups: Vec<Vec<ServiceId>> = by_paths.iter().map(|at| vec![services[*at]]).collect();
        let touching = touched::since(self.repository, self.config, self.head, &groups, &since, self.naming.parents)?;
        for (at, commits) in by_paths.into_iter().zip(touching) {
            counts[at] = u32::try_from(commits.len()).unwrap_or(u32::MAX);
        }
        Ok(counts)
    }

    /// Returns the state of each service's files.
    fn files(&self, services: &[ServiceId]) -> Vec<Files> {
        match self.naming.dirty {
            Dirty::Unsaid => vec![Files::Clean; services.len()],
            Dirty::Said => {
                let matches = filter::matches(&self.config.filters, self.on_top);
                let is_dirty = |filter| !matches.of(filter).is_empty();
                let dirty = |service: &ServiceId| self.service(*service).own_filters().any(is_dirty);
                services.iter().map(|service| if dirty(service) { Files::Dirty } else { Files::Clean }).collect()
            }
        }
    }
}
