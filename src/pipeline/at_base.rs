//! The configuration as it was at base.

use crate::base::{Chosen, Doubt};
use crate::config::Config;
use crate::definition::Definitions;
use crate::git::{self, Fetch, FileAt, Repository};
use crate::name::{CommitId, ServiceName};
use crate::pipeline::ConfigFile;
use crate::tree::ObjectId;

/// The definitions at a base.
pub(super) enum AtBase {
    /// The file is the same, or head does not track it.
    Unchanged,
    /// As they were; empty where there was no such file.
    Read(Definitions),
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

/// Reads the definitions at each base. Of a partial clone that lacks the file as it was there, its content is fetched.
pub(super) fn read(
    repository: &Repository,
    file: &ConfigFile,
    chosen: &Chosen,
    fetch: &mut Fetch,
) -> Result<Vec<AtBase>, git::Error> {
    let (Some(path), Some(head)) = (&file.in_repository, &chosen.range.head) else { return Ok(Vec::new()) };
    let Some(at_head) = repository.file_at(head, path)? else { return Ok(Vec::new()) };
    // Equal ids need no content: a blobless clone need not fetch it.
    let modified = chosen.on_top.as_slice().iter().any(|change| change.path == *path);
    let same = |id: ObjectId| !modified && id == at_head.id();
    chosen
        .bases
        .iter()
        .map(|base| match base {
            None => Ok(AtBase::Read(Definitions::default())),
            Some(base) => match repository.file_at(base, path)? {
                None => Ok(AtBase::Read(Definitions::default())),
                Some(then) if same(then.id()) => Ok(AtBase::Unchanged),
                Some(then) => of_base(file, base, &then, fetch),
            },
        })
        .collect()
}

fn of_base(file: &ConfigFile, base: &CommitId, then: &FileAt, fetch: &mut Fetch) -> Result<AtBase, git::Error> {
    let bytes = match fetch.until(|| then.read()) {
        Ok(bytes) => bytes,
        Err(error @ git::Error::MissingBlob { .. }) => return Ok(unreadable(base, &error.to_string(), error.help())),
        Err(error) => return Err(error),
    };
    let (config, problems) = file.with(bytes).parse();
    let first = || problems.iter().find(|problem| problem.is_error()).map_or("", |problem| problem.message.as_str());
    Ok(match config {
        Some(config) => AtBase::Read(config.definitions),
        None => unreadable(base, first(), Vec::new()),
    })
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
pub(super) fn removed(config: &Config, at_base: &[AtBase]) -> Vec<ServiceName> {
    let gone = at_base.iter().filter_map(|at_base| match at_base {
        AtBase::Read(base) => Some(config.definitions.removed_since(base)),
        AtBase::Unchanged | AtBase::Unreadable(_) => None,
    });
    gone.flatten().collect::<indexmap::IndexSet<_>>().into_iter().collect()
}
