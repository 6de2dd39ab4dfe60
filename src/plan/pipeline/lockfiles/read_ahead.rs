use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::locked::directories;
use super::lockfile_cache::LockfileKey;
use super::revision_files::{Revision, RevisionFiles};
use crate::analysis::closure::WithDevelopment;
use crate::config::Config;
use crate::inputs::git::Repository;
use crate::inputs::lockfile::LockfileFormat;
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, RepoDir, RepoPath};
use crate::plan::pipeline::ConfigFile;

/// Reads the lockfiles of services at bases, except those that are the same at the tip, and keeps them in the cache with
/// the digests of their closures. Meanwhile, another thread can read the lockfiles at the tip. What cannot be read here
/// is left for later.
pub(in crate::plan::pipeline) fn read_ahead(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    tip: &CommitId,
    bases: &BTreeSet<CommitId>,
) {
    let services = || config.services.values().filter(|service| service.closure().is_some());
    let directories: BTreeSet<RepoDir> = services().flat_map(directories).collect();
    // From a partial clone, lockfiles are fetched later, together with the files beside them.
    if directories.is_empty() || repository.partial_clone().is_some() {
        return;
    }
    let none = ChangeSet::default();
    let mut texts: BTreeMap<LockfileKey, (LockfileFormat, String)> = BTreeMap::new();
    for base in bases {
        let revision = Revision { commit: base, on_top: &none };
        let Ok(files) = RevisionFiles::list(repository, &file.lockfiles, &directories, revision) else { continue };
        for (path, format) in files.lockfiles() {
            let Ok(Some(then)) = repository.file_at(base, &RepoPath::from_git(path.as_str())) else { continue };
            let key = LockfileKey { path, id: then.id(), manifests: Vec::new() };
            // A yarn.lock is read together with manifests.
            let is_apart = format != LockfileFormat::Yarn && then.paths().len() == 1;
            if !is_apart || texts.contains_key(&key) || file.lockfiles.get(&key).is_some() {
                continue;
            }
            let now = repository.file_at(tip, &RepoPath::from_git(key.path.as_str()));
            if now.is_ok_and(|now| now.is_some_and(|now| now.id() == key.id)) {
                continue;
            }
            if let Some(text) = then.read().ok().and_then(|content| String::from_utf8(content).ok()) {
                texts.insert(key, (format, text));
            }
        }
    }
    let with: BTreeSet<WithDevelopment> = services().filter_map(|service| Some(service.closure()?.with)).collect();
    texts.into_par_iter().for_each(|(key, (format, text))| {
        if let Ok(resolution) = file.lockfiles.read(key, format, &text, &BTreeMap::new()) {
            with.iter().for_each(|with| resolution.compute_digests(*with));
        }
    });
}
