use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::locked::directories;
use super::lockfile_cache::LockfileKey;
use super::revision_files::{Revision, RevisionFiles};
use crate::analysis::base::Tip;
use crate::analysis::closure::WithDevelopment;
use crate::config::Config;
use crate::inputs::git::{FileAt, Repository};
use crate::inputs::lockfile::LockfileFormat;
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, RepoDir, RepoPath};
use crate::plan::pipeline::ConfigFile;

/// Reads the lockfiles of services that differ between the tip and a base, in parallel, and keeps them in the cache with
/// the digests of their closures. Whatever cannot be read here is left for later.
pub(in crate::plan::pipeline) fn read_ahead(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    tip: &Tip,
    bases: &BTreeSet<CommitId>,
) {
    let Some(head) = &tip.commit else { return };
    let services = || config.services.values().filter(|service| service.closure().is_some());
    let directories: BTreeSet<RepoDir> = services().flat_map(directories).collect();
    // From a partial clone, lockfiles are fetched later, together with the files beside them.
    if directories.is_empty() || repository.partial_clone().is_some() {
        return;
    }
    let (cache, on_top, none) = (&file.lockfiles, tip.work_tree(), ChangeSet::default());
    let mut wanted: BTreeMap<LockfileKey, (LockfileFormat, CommitId)> = BTreeMap::new();
    for base in bases {
        let revision = Revision { commit: base, on_top: &none };
        let Ok(files) = RevisionFiles::list(repository, cache, &directories, revision) else { continue };
        // A yarn.lock is read together with manifests.
        for (path, format) in files.lockfiles().into_iter().filter(|(_, format)| *format != LockfileFormat::Yarn) {
            let at = RepoPath::from_git(path.as_str());
            let file = |commit| repository.file_at(commit, &at).ok().flatten().filter(|file| file.paths().len() == 1);
            let (then, now) = (file(base), file(head).filter(|_| !on_top.is_about(path.as_bytes())));
            if then.as_ref().map(FileAt::id) == now.as_ref().map(FileAt::id) {
                continue;
            }
            for (found, commit) in [(then, base), (now, head)] {
                let Some(found) = found else { continue };
                let key = LockfileKey { path: path.clone(), id: found.id(), manifests: Vec::new() };
                if cache.get(&key).is_none() {
                    wanted.insert(key, (format, *commit));
                }
            }
        }
    }
    let with: BTreeSet<WithDevelopment> = services().filter_map(|service| Some(service.closure()?.with)).collect();
    let handles = repository.handles();
    wanted.into_par_iter().for_each(|(key, (format, commit))| {
        let content = handles().contents(&commit, &[(RepoPath::from_git(key.path.as_str()), key.id)]);
        let Some(text) = content.ok().and_then(|mut content| String::from_utf8(content.pop()?).ok()) else { return };
        if let Ok(resolution) = cache.read(key, format, &text, &BTreeMap::new()) {
            for with in &with {
                resolution.compute_digests(*with);
            }
        }
    });
}
