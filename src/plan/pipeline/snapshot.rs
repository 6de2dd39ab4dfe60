//! What fingerprints are made of, as a revision or the work tree has it.

use super::ConfigFile;
use crate::analysis::affected::Watch;
use crate::analysis::fingerprint::{Content, Defined};
use crate::config::{Config, Global};
use crate::inputs::git::{self, Contents, OnTop, Repository, Unsure};
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, ServiceId};
use crate::model::tree::{Listing, ObjectFormat, Region};

/// The entries of a tree that some services could match, at one time.
#[derive(Debug)]
pub struct Snapshot {
    watches: Vec<Watch>,
    entries: Listing,
    objects: ObjectFormat,
    uncommitted: ChangeSet,
    defined: Defined,
    unsure: Unsure,
}

impl Snapshot {
    /// Reads what services, and all that they are built from, could match at a commit with the work tree's changes on
    /// top. Of other directories nothing is read: few services cost little, in however large a repository.
    ///
    /// # Errors
    /// When the commit or one of those trees is missing, or the git program cannot be started.
    pub fn read(
        repository: &Repository,
        file: &ConfigFile,
        config: &Config,
        services: &[ServiceId],
        commit: &CommitId,
        on_top: &ChangeSet,
        contents: Contents,
    ) -> Result<Self, git::Error> {
        let watches: Vec<Watch> = config.graph.services().map(|service| watch(config, service)).collect();
        let wanted = config.graph.with_dependencies(services);
        let filters = watches.iter().zip(wanted).filter(|(_, wanted)| *wanted).flat_map(|(watch, _)| watch.filters());
        let region = Region::below(filters.flat_map(|filter| config.filters.get(filter).directories()));
        let defined = if on_top.as_slice().iter().any(|change| file.is_made_of(&change.path)) {
            Defined::Uncommitted
        } else {
            Defined::Committed
        };
        let uncommitted: Vec<_> =
            on_top.as_slice().iter().filter(|change| region.holds(&change.path, change.extent)).cloned().collect();
        let uncommitted = ChangeSet::new(uncommitted);
        let entries = repository.entries_in(commit, &region)?;
        let OnTop { entries, unsure } = repository.with_work_tree(entries, &uncommitted, contents)?;
        Ok(Self { watches, entries, objects: repository.object_format(), uncommitted, defined, unsure })
    }

    /// Returns what of the work tree could not be read.
    #[must_use]
    pub fn unsure(&self) -> &Unsure {
        &self.unsure
    }

    /// Returns what the fingerprints of these services are made of.
    #[must_use]
    pub fn content<'a>(&'a self, config: &'a Config) -> Content<'a> {
        Content {
            filters: &config.filters,
            watches: &self.watches,
            definitions: &config.definitions,
            graph: &config.graph,
            entries: &self.entries,
            objects: self.objects,
            uncommitted: &self.uncommitted,
            defined: self.defined,
        }
    }
}

/// Returns the filters that affect a service.
pub(super) fn watch(config: &Config, service: ServiceId) -> Watch {
    let definition = &config.services[service.0];
    Watch {
        own: definition.filter,
        inputs: definition.inputs,
        global: (definition.global == Global::TakesPart).then_some(config.global),
    }
}
