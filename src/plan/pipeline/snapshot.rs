//! The contents that fingerprints are made of, at a revision or in the work tree.

use std::collections::{BTreeMap, BTreeSet};

use super::ConfigFile;
use super::lockfiles::{Revision, fingerprint_inputs};
use crate::analysis::affected::Watch;
use crate::analysis::definition::Definitions;
use crate::analysis::filter::{Cover, FilterId};
use crate::analysis::fingerprint::{Content, Defined, LockInput};
use crate::config::{Config, Global};
use crate::inputs::git::{self, Repository, Survey, TreeWithChanges, Unsure};
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, ServiceId};
use crate::model::tree::{ObjectFormat, Outline, Region};

/// The entries of a tree that the patterns of services could match.
#[derive(Debug)]
pub struct Snapshot {
    watches: Vec<Watch>,
    covers: BTreeMap<FilterId, Cover>,
    definitions: Definitions,
    survey: Survey,
    lockfiles: BTreeMap<ServiceId, Vec<LockInput>>,
    objects: ObjectFormat,
    uncommitted: ChangeSet,
    defined: Defined,
    unsure: Unsure,
}

/// The commit and changes of a [`Snapshot`], and which files it lists.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The commit.
    pub commit: &'a CommitId,
    /// The work tree's changes on top of it.
    pub on_top: &'a ChangeSet,
    /// Which files are listed.
    pub files: Files,
}

/// Which files are listed. A pattern takes a directory *whole* if it matches everything in it, else in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// The files in directories that patterns take in part. Fingerprints need no others.
    InPart,
    /// All files, also those in directories that patterns take whole, for display.
    All,
}

impl Snapshot {
    /// Reads all entries that the patterns of services, and of all that they are built from, could match. Other
    /// directories are not read, so a few services cost little, however large the repository is. A directory that a
    /// filter takes whole is not read either, since its id is enough, unless its files are requested.
    ///
    /// # Errors
    /// When the commit or one of those trees is missing, or git cannot be started.
    pub fn read(
        repository: &Repository,
        file: &ConfigFile,
        config: &Config,
        services: &[ServiceId],
        moment: Moment,
    ) -> Result<Self, git::GitError> {
        let Moment { commit, on_top, files } = moment;
        let built_from = config.graph.with_dependencies(services);
        let built_from: Vec<ServiceId> = config.graph.services().filter(|service| built_from[service.0]).collect();
        let revision = Revision { commit, on_top };
        let lockfiles = fingerprint_inputs(repository, file, config, &built_from, revision, files)?;
        let watches: Vec<Watch> = config.graph.services().map(|service| watch(config, service)).collect();
        let wanted = config.graph.with_dependencies(services);
        let definitions = config.definitions_of(config.graph.services().filter(|service| wanted[service.0]));
        let wanted: Vec<&Watch> =
            watches.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(watch, _)| watch).collect();
        let filters: BTreeSet<FilterId> = wanted.iter().flat_map(|watch| watch.filters()).collect();
        let covers: BTreeMap<FilterId, Cover> =
            filters.iter().map(|filter| (*filter, config.filters.get(*filter).cover())).collect();
        let defined = if file.is_uncommitted(on_top) { Defined::Uncommitted } else { Defined::Committed };
        let uncommitted = within(config, &filters, on_top);
        let root = repository.tree_of(commit)?;
        let TreeWithChanges { root, unsure } = repository.with_work_tree(root, &uncommitted)?;
        let survey = repository.survey(&root, &outline(&covers, &wanted, files))?;
        Ok(Self {
            watches,
            covers,
            definitions,
            survey,
            lockfiles,
            objects: repository.object_format(),
            uncommitted,
            defined,
            unsure,
        })
    }

    /// Returns how many directories were read.
    #[must_use]
    pub fn directories_read(&self) -> usize {
        self.survey.read
    }

    /// Returns the files of the work tree that could not be read.
    #[must_use]
    pub fn unsure(&self) -> &Unsure {
        &self.unsure
    }

    /// Returns the inputs of these services' fingerprints.
    #[must_use]
    pub fn content<'a>(&'a self, config: &'a Config) -> Content<'a> {
        Content {
            filters: &config.filters,
            watches: &self.watches,
            definitions: &self.definitions,
            graph: &config.graph,
            covers: &self.covers,
            entries: &self.survey.entries,
            directories: &self.survey.directories,
            lockfiles: &self.lockfiles,
            objects: self.objects,
            uncommitted: &self.uncommitted,
            defined: self.defined,
        }
    }
}

/// Returns those changes of the work tree that filters could match.
fn within(config: &Config, filters: &BTreeSet<FilterId>, on_top: &ChangeSet) -> ChangeSet {
    if on_top.is_empty() {
        return ChangeSet::default();
    }
    let region = Region::below(filters.iter().flat_map(|filter| config.filters.get(*filter).directories()));
    let held = on_top.as_slice().iter().filter(|change| region.holds(&change.path, change.extent));
    ChangeSet::new(held.cloned().collect())
}

/// Returns the outline of a tree for the fingerprints of services. A directory that a service takes in part, inside one
/// that it takes whole, is not listed.
fn outline(covers: &BTreeMap<FilterId, Cover>, watches: &[&Watch], files: Files) -> Outline {
    let whole = || covers.values().flat_map(|cover| &cover.whole).map(String::as_str);
    let split = || covers.values().flat_map(|cover| &cover.split).map(String::as_str);
    let mut listed: Vec<&str> = Vec::new();
    for watch in watches {
        let covers = || watch.filters().filter_map(|filter| covers.get(&filter));
        if covers().all(|cover| cover.listed.is_empty()) {
            continue;
        }
        let within = Region::below(covers().flat_map(|cover| &cover.whole));
        let part =
            covers().flat_map(|cover| &cover.listed).filter(|directory| !within.holds_directory(directory.as_bytes()));
        listed.extend(part.map(String::as_str));
    }
    if files == Files::All {
        listed.extend(whole().chain(split()));
    }
    Outline::new(Region::below(listed), whole(), split())
}

/// Returns the filters that affect a service.
pub(super) fn watch(config: &Config, service: ServiceId) -> Watch {
    let definition = &config.services[service.0];
    Watch {
        own: definition.filter,
        inputs: definition.inputs,
        global: (definition.global == Global::Affects).then_some(config.global),
    }
}
