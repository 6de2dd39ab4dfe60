//! Reads the contents from which fingerprints are made, at a commit with the work tree's changes on top.

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

/// The contents from which the fingerprints of services are made, such as the entries of a tree that the services'
/// patterns could match.
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

/// The commit and changes that a [`Snapshot`] is of, and which files it lists.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The commit.
    pub commit: &'a CommitId,
    /// The work tree's changes on top of the commit.
    pub on_top: &'a ChangeSet,
    /// Which files are listed.
    pub files: Files,
}

/// Which files a snapshot lists. A pattern takes a directory *whole* if it matches everything in the directory, else
/// *in part*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// The files in directories that patterns take in part. Fingerprints need no others.
    InPart,
    /// All files, also those in directories that patterns take whole. This is for showing the files.
    All,
}

impl Snapshot {
    /// Reads all tree entries that could match a pattern of these services, or of a service that they are built from.
    /// Other directories are not read: a few services take little time even in a large repository. A directory that a
    /// filter takes whole is not read either, since its id is enough, unless `moment` requests all files.
    ///
    /// # Errors
    /// When this clone lacks the commit, one of these trees or a lockfile, or git cannot be started.
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
            filters.iter().map(|filter| (*filter, config.filters.cover(*filter).clone())).collect();
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

/// Returns those changes of the work tree that one of the filters could match.
fn within(config: &Config, filters: &BTreeSet<FilterId>, on_top: &ChangeSet) -> ChangeSet {
    if on_top.is_empty() {
        return ChangeSet::default();
    }
    let region = Region::below(filters.iter().flat_map(|filter| config.filters.get(*filter).directories()));
    let held = on_top.as_slice().iter().filter(|change| region.holds(&change.path, change.extent));
    ChangeSet::new(held.cloned().collect())
}

/// Returns which directories of a tree are read for the fingerprints of services. If a service takes a directory in
/// part, but takes one of its parents whole, the inner directory is not listed for the service.
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
