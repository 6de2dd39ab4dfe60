//! Finds the configuration that was in force at a base.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::config_file::{FoundBy, Place, at_usual_place, usual_places};
use super::discovery::{Discovery, DiscoveryScope};
use crate::analysis::base::{Doubt, Tip};
use crate::analysis::definition::Definitions;
use crate::config::{self, Config};
use crate::inputs::git::{self, EarlierFiles, FileAt, HadFile, Renamed, Repository};
use crate::model::built_ref;
use crate::model::change::{Change, ChangeSet, HeadState, Status};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, RepoPath, ServiceName};
use crate::model::shallow_clone::WHOLE_HISTORY;
use crate::model::tree::ObjectId;
use crate::plan::pipeline::ConfigFile;

/// The definitions of services in the configuration at a base.
#[derive(Clone)]
pub(super) enum BaseConfig {
    /// They are the same as at head, or the base has no configuration and head's definitions are used for the base.
    Unchanged,
    /// They were read.
    Read(Rc<Definitions>),
    /// They are not known, so every definition counts as changed.
    Unknown(Option<Doubt>),
}

impl BaseConfig {
    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Unknown(doubt) => doubt.clone(),
            Self::Unchanged | Self::Read(_) => None,
        }
    }
}

/// Reads the configurations at bases. A configuration with the same content at several bases is read once.
pub(super) struct Reader<'a> {
    repository: &'a Repository,
    file: &'a ConfigFile,
    known: BTreeMap<ObjectId, BaseConfig>,
    /// The paths from which the configurations at bases were read.
    paths: BTreeSet<RepoPath>,
    /// The bases without a configuration, for which head's definitions are used.
    without: BTreeSet<CommitId>,
    /// The paths where a configuration may be: the path of head's file, and the default paths.
    places: Vec<RepoPath>,
    earlier: EarlierFiles,
    /// How many configurations were read.
    read: usize,
    /// Whether a commit that was built before has a configuration; `None` until this is needed.
    built: Option<bool>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(repository: &'a Repository, file: &'a ConfigFile) -> Self {
        let named = file.in_repository.iter().map(|place| place.path.clone());
        let places: Vec<RepoPath> = named.chain(usual_places()).collect();
        Self {
            repository,
            file,
            known: BTreeMap::new(),
            paths: BTreeSet::new(),
            without: BTreeSet::new(),
            earlier: EarlierFiles::new(repository, places.clone()),
            places,
            read: 0,
            built: None,
        }
    }

    /// Reads the definitions at each base. `changes` are the changes since the bases.
    pub(super) fn read(
        &mut self,
        tip: &Tip,
        bases: &[Option<CommitId>],
        changes: &ChangeSet,
    ) -> Result<Vec<BaseConfig>, git::GitError> {
        let (repository, file) = (self.repository, self.file);
        // A file outside of the repository is the same at each base; the repository's own files may differ.
        if file.is_derived() || file.in_repository.is_none() && file.discovery.reads_files() {
            return bases.iter().map(|base| self.derived(base.as_ref(), changes)).collect();
        }
        let Some(place) = &file.in_repository else { return Ok(Vec::new()) };
        if bases.is_empty() {
            // If changed paths were given instead of a base, the earlier configuration is not known.
            let given = tip.state == HeadState::Commit;
            let at_place = |change: &Change| self.places.iter().any(|place| change.reaches(place));
            let listed = given && (file.is_changed_by(&tip.on_top) || tip.on_top.as_slice().iter().any(at_place));
            return Ok(if listed { vec![BaseConfig::Unknown(None)] } else { Vec::new() });
        }
        let Some(head) = tip.commit else { return Ok(Vec::new()) };
        let at_head = if file.is_uncommitted(&tip.on_top) {
            None
        } else {
            repository.file_at(&head, &place.path)?.map(|file| file.id())
        };
        let mut found = Vec::new();
        for base in bases {
            found.push(match base {
                Some(base) => self.of_base(base, place, at_head, changes)?,
                None => BaseConfig::Read(Rc::default()),
            });
        }
        Ok(found)
    }

    fn of_base(
        &mut self,
        base: &CommitId,
        place: &Place,
        at_head: Option<ObjectId>,
        changes: &ChangeSet,
    ) -> Result<BaseConfig, git::GitError> {
        let then = match self.repository.with_fetching(|| self.then(base, place, changes)) {
            Ok(Some(then)) => then,
            // The trees of this repository do not contain the files of a submodule.
            Ok(None) if self.file.is_in_moved_submodule(changes) => {
                return Ok(unknown(base, "is in a submodule, which is at another commit now", None));
            }
            Ok(None) => return self.without(base),
            Err(error) => return unreadable(base, error),
        };
        self.paths.extend(then.paths().iter().cloned());
        let is_settled = self.file.discovery.is_same_before(changes);
        // If the ids are equal, the content is not read, so that a blobless clone need not fetch it.
        if at_head == Some(then.id()) && is_settled {
            return Ok(BaseConfig::Unchanged);
        }
        if let Some(known) = self.known.get(&then.id()).filter(|_| is_settled) {
            return Ok(known.clone());
        }
        let bytes = match self.repository.with_fetching(|| then.read()) {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(base, error),
        };
        self.read += 1;
        let discovery = match self.discovery(base, &bytes, changes) {
            Ok(discovery) => discovery,
            Err(error) => return unreadable(base, error),
        };
        let at_base = self.definitions(base, &bytes, &discovery);
        if is_settled {
            self.known.insert(then.id(), at_base.clone());
        }
        Ok(at_base)
    }

    /// Reads the definitions that the base's own files declare, for a configuration that is the same at each base.
    fn derived(&mut self, base: Option<&CommitId>, changes: &ChangeSet) -> Result<BaseConfig, git::GitError> {
        let Some(base) = base else { return Ok(BaseConfig::Read(Rc::default())) };
        if self.file.discovery.is_same_before(changes) {
            return Ok(BaseConfig::Unchanged);
        }
        self.read += 1;
        match self.file.discovery.before(self.repository, base, changes) {
            Ok(discovery) => Ok(self.definitions(base, &self.file.bytes, &discovery)),
            Err(error) => unreadable(base, error),
        }
    }

    /// Reads the services that the files of a base declare, in the ecosystems that the base's configuration names.
    fn discovery(&self, base: &CommitId, bytes: &[u8], changes: &ChangeSet) -> Result<Discovery, git::GitError> {
        let scope = DiscoveryScope::Workspaces(config::workspaces(&self.file.name, bytes));
        if *self.file.discovery.scope() == scope {
            self.file.discovery.before(self.repository, base, changes)
        } else {
            Discovery::read(self.repository, Some(base), || scope)
        }
    }

    /// Returns the bytes of the base's own configuration; `None` if the base has none, or if head's configuration is
    /// outside of the repository.
    pub(super) fn text(&self, base: &CommitId) -> Result<Option<Vec<u8>>, git::GitError> {
        let Some(place) = &self.file.in_repository else { return Ok(None) };
        let none = ChangeSet::default();
        self.repository.with_fetching(|| self.then(base, place, &none)?.map(|then| then.read()).transpose())
    }

    /// Returns the file of the base's own configuration, also if it has been renamed since; `None` if the base has
    /// none.
    fn then(&self, base: &CommitId, place: &Place, changes: &ChangeSet) -> Result<Option<FileAt<'a>>, git::GitError> {
        let gone = changes.as_slice().iter().filter(|change| change.status == Status::Deleted);
        let now = Renamed { path: &place.path, content: &self.file.bytes };
        let renamed = || self.repository.former(base, gone.map(|change| &change.path), &now);
        match place.by {
            FoundBy::Name => match self.repository.file_at(base, &place.path)? {
                Some(found) => Ok(Some(found)),
                None => renamed()?.map_or_else(|| at_usual_place(self.repository, base), |found| Ok(Some(found))),
            },
            FoundBy::Search => match at_usual_place(self.repository, base)? {
                Some(found) => Ok(Some(found)),
                None => renamed(),
            },
        }
    }

    fn definitions(&self, base: &CommitId, bytes: &[u8], discovery: &Discovery) -> BaseConfig {
        if bytes == self.file.bytes && discovery.is_same(&self.file.discovery) {
            return BaseConfig::Unchanged;
        }
        let source = config::decode(&self.file.name, bytes);
        // These services have fewer files now than at base, even if their patterns are equal.
        let narrowed = self.file.discovery.narrowed_since(discovery);
        let definitions =
            source.and_then(|source| config::definitions(&source, self.file.options, discovery.found(), &narrowed));
        match definitions {
            Ok(definitions) => BaseConfig::Read(Rc::new(definitions)),
            Err(problem) => unknown(base, &format!("cannot be read ({})", problem.message), None),
        }
    }

    /// Returns the definitions to use for a base without a configuration. If no earlier commit and no commit that was
    /// built before had a configuration, head's definitions are used, so that no service counts as new. Otherwise the
    /// definitions are unknown.
    fn without(&mut self, base: &CommitId) -> Result<BaseConfig, git::GitError> {
        match self.earlier.search(base)? {
            HadFile::Yes => Ok(unknown(base, "is missing, and an earlier commit had one", None)),
            HadFile::Unknown => {
                let why = "is missing, and history ends before it is clear that there was none";
                Ok(unknown(base, why, Some(WHOLE_HISTORY)))
            }
            HadFile::No if self.was_built_with()? => {
                Ok(unknown(base, "is missing, and something was built with one already", None))
            }
            HadFile::No => {
                self.without.insert(*base);
                Ok(BaseConfig::Unchanged)
            }
        }
    }

    /// Whether a commit that was built before, according to the built refs, has a configuration.
    fn was_built_with(&mut self) -> Result<bool, git::GitError> {
        if let Some(known) = self.built {
            return Ok(known);
        }
        let commits: BTreeSet<CommitId> = self.repository.refs_below(built_ref::PREFIX)?.into_values().collect();
        let mut known = false;
        for commit in commits.iter().filter(|commit| self.repository.contains(commit)) {
            known = known || self.earlier.is_in(commit)?;
        }
        self.built = Some(known);
        Ok(known)
    }

    /// Returns the file of the configuration at head.
    pub(super) fn file(&self) -> &'a ConfigFile {
        self.file
    }

    /// Returns how many configurations were read. A configuration that equals head's is not read, and equal ones are
    /// read once.
    pub(super) fn count(&self) -> usize {
        self.read
    }

    /// Returns the paths from which the configurations at bases were read.
    pub(super) fn paths(&self) -> &BTreeSet<RepoPath> {
        &self.paths
    }

    /// Returns the note about bases without a configuration, if there are any.
    pub(super) fn note(&self) -> Option<Diagnostic> {
        let first = self.without.first()?;
        let others = match self.without.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        let message = format!(
            "base {}{others} has no configuration, so rebake uses the present definitions for it too",
            first.short(7)
        );
        Some(Diagnostic::new(Severity::Note, "no-config-at-base", message))
    }
}

/// Returns unknown definitions, which only add services to the plan, if the error means that the configuration cannot
/// be read here. Returns any other error unchanged.
fn unreadable(base: &CommitId, error: git::GitError) -> Result<BaseConfig, git::GitError> {
    match error {
        git::GitError::MissingBlob { .. } | git::GitError::LinkOutside { .. } | git::GitError::LinkLoop { .. } => {
            let help = error.help().into_iter().next();
            Ok(unknown(base, &format!("cannot be read ({error})"), help.as_deref()))
        }
        error => Err(error),
    }
}

fn unknown(base: &CommitId, reason: &str, help: Option<&str>) -> BaseConfig {
    BaseConfig::Unknown(Some(Doubt {
        kind: "config-at-base",
        message: format!(
            "the configuration at base {} {reason}, so every service's definition counts as changed",
            base.short(7)
        ),
        help: help.map(str::to_owned),
        cure: None,
    }))
}

/// Returns the services that the configuration at any base has and head's does not have.
pub(super) fn removed<'a>(config: &Config, at_base: impl Iterator<Item = &'a BaseConfig>) -> Vec<ServiceName> {
    let gone = at_base.filter_map(|at_base| match at_base {
        BaseConfig::Read(base) => Some(config.definitions().removed_since(base)),
        BaseConfig::Unchanged | BaseConfig::Unknown(_) => None,
    });
    gone.flatten().collect::<indexmap::IndexSet<_>>().into_iter().collect()
}
