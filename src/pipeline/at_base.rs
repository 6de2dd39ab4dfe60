//! The configuration as it was at base.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Chosen, Doubt};
use crate::config::Config;
use crate::definition::Definitions;
use crate::git::{self, Fetch, FileAt, Repository};
use crate::name::{CommitId, ServiceName};
use crate::pipeline::ConfigFile;
use crate::tree::ObjectId;

/// The definitions at a base.
#[derive(Clone)]
pub(super) enum AtBase {
    /// The file is the same, or head does not track it.
    Unchanged,
    /// As they were; empty where there was no such file.
    Read(Rc<Definitions>),
    /// They cannot be told, so every definition counts as changed.
    Unreadable(Doubt),
}

impl AtBase {
    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Unreadable(doubt) => Some(doubt.clone()),
            Self::Unchanged | Self::Read(_) => None,
        }
    }
}

/// Reads configurations at bases, each content once.
pub(super) struct Reader<'a> {
    repository: &'a Repository,
    file: &'a ConfigFile,
    known: BTreeMap<ObjectId, AtBase>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(repository: &'a Repository, file: &'a ConfigFile) -> Self {
        Self { repository, file, known: BTreeMap::new() }
    }

    /// Reads the definitions at each base.
    pub(super) fn read(&mut self, chosen: &Chosen, fetch: &mut Fetch) -> Result<Vec<AtBase>, git::Error> {
        let (Some(path), Some(head)) = (&self.file.in_repository, &chosen.range.head) else { return Ok(Vec::new()) };
        if chosen.bases.is_empty() {
            return Ok(Vec::new());
        }
        let Some(at_head) = self.repository.file_at(head, path)? else { return Ok(Vec::new()) };
        // Equal ids need no content: a blobless clone need not fetch it.
        let modified = chosen.on_top.as_slice().iter().any(|change| change.path == *path);
        let same = |id: ObjectId| !modified && id == at_head.id();
        let mut found = Vec::new();
        for base in &chosen.bases {
            let then = base.as_ref().map(|base| self.repository.file_at(base, path)).transpose()?.flatten();
            found.push(match (base, then) {
                (Some(_), Some(then)) if same(then.id()) => AtBase::Unchanged,
                (Some(base), Some(then)) => self.of_base(base, &then, fetch)?,
                _ => AtBase::Read(Rc::default()),
            });
        }
        Ok(found)
    }

    fn of_base(&mut self, base: &CommitId, then: &FileAt, fetch: &mut Fetch) -> Result<AtBase, git::Error> {
        if let Some(known) = self.known.get(&then.id()) {
            return Ok(known.clone());
        }
        let bytes = match fetch.until(|| then.read()) {
            Ok(bytes) => bytes,
            Err(error @ git::Error::MissingBlob { .. }) => {
                return Ok(unreadable(base, &error.to_string(), error.help()));
            }
            Err(error) => return Err(error),
        };
        let (config, problems) = self.file.with(bytes).parse();
        let first =
            || problems.iter().find(|problem| problem.is_error()).map_or("", |problem| problem.message.as_str());
        let at_base = match config {
            Some(config) => AtBase::Read(Rc::new(config.definitions)),
            None => unreadable(base, first(), Vec::new()),
        };
        self.known.insert(then.id(), at_base.clone());
        Ok(at_base)
    }
}

fn unreadable(base: &CommitId, reason: &str, help: Vec<String>) -> AtBase {
    AtBase::Unreadable(Doubt {
        kind: "config-at-base",
        message: format!(
            "the configuration at base {} cannot be read ({reason}), so every service's definition counts as changed",
            base.short(7)
        ),
        help: help.into_iter().next(),
        cure: None,
    })
}

/// Returns the services that a base has and head has not.
pub(super) fn removed<'a>(config: &Config, at_base: impl Iterator<Item = &'a AtBase>) -> Vec<ServiceName> {
    let gone = at_base.filter_map(|at_base| match at_base {
        AtBase::Read(base) => Some(config.definitions.removed_since(base)),
        AtBase::Unchanged | AtBase::Unreadable(_) => None,
    });
    gone.flatten().collect::<indexmap::IndexSet<_>>().into_iter().collect()
}
