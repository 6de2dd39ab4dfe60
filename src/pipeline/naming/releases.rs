use std::collections::BTreeMap;

use super::{Error, Found};
use crate::config::Config;
use crate::git::Repository;
use crate::image::Standing;
use crate::name::{ServiceName, TagName};
use crate::version::{Parsed, Version};

/// The highest stable release of each service.
#[derive(Default)]
pub(super) struct Releases(BTreeMap<ServiceName, Version>);

impl Releases {
    /// Reads the tags of the repository, where head may be somebody's release; else nobody needs to know.
    pub(super) fn of(repository: &Repository, config: &Config, found: &[Found]) -> Result<Self, Error> {
        let on_release = |found: &Found| found.described.tag.is_some() && found.described.distance == 0;
        if !found.iter().any(on_release) {
            return Ok(Self::default());
        }
        let mut highest: BTreeMap<ServiceName, Version> = BTreeMap::new();
        for tag in repository.tags()? {
            if let Parsed::Release { services, version } = config.release_tags.parse(&tag.name)
                && version.pre.is_empty()
            {
                for service in services {
                    let known = highest.entry(service).or_insert_with(|| version.clone());
                    if version > *known {
                        *known = version.clone();
                    }
                }
            }
        }
        Ok(Self(highest))
    }

    /// Returns how a service's release stands among its others.
    pub(super) fn standing(&self, service: &ServiceName, version: &Version) -> Standing {
        match self.0.get(service) {
            _ if !version.pre.is_empty() => Standing::Other,
            Some(highest) if highest > version => Standing::Other,
            Some(_) | None => Standing::HighestStable,
        }
    }
}

/// The release that head is, of a service.
pub(super) struct Head<'a> {
    pub(super) tag: &'a TagName,
    /// The version as the tag writes it.
    pub(super) written: &'a str,
    pub(super) standing: Standing,
}
