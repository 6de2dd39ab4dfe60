use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::LockfileCache;
use super::lockfile_cache::LockfileKey;
use crate::analysis::closure::WithDevelopment;
use crate::inputs::git::Repository;
use crate::inputs::lockfile::LockfileFormat;
use crate::model::name::{CommitId, RepoPath};

/// Reads lockfiles of several commits in parallel, and keeps them in the cache. The digests of their closures are
/// computed too, as `with` asks. Lockfiles that need more than their own text, or that this clone does not have, are
/// left for later.
pub(super) fn read_ahead(
    repository: &Repository,
    cache: &LockfileCache,
    commits: &[&CommitId],
    paths: &[&RepoPath],
    with: &BTreeSet<WithDevelopment>,
) {
    // From a partial clone, the lockfiles are fetched together with the files beside them.
    if repository.partial_clone().is_some() {
        return;
    }
    let mut texts: BTreeMap<LockfileKey, (LockfileFormat, String)> = BTreeMap::new();
    for path in paths {
        // A yarn.lock is read together with manifests.
        let format = LockfileFormat::of(path.file_name()).filter(|format| *format != LockfileFormat::Yarn);
        let (Some(format), Ok(name)) = (format, std::str::from_utf8(path.as_bytes())) else { continue };
        for commit in commits {
            let Ok(Some(file)) = repository.file_at(commit, path) else { continue };
            let key = LockfileKey { path: name.to_owned(), id: file.id(), manifests: Vec::new() };
            let is_link = file.paths().len() > 1;
            if is_link || texts.contains_key(&key) || cache.get(&key).is_some() {
                continue;
            }
            if let Some(text) = file.read().ok().and_then(|content| String::from_utf8(content).ok()) {
                texts.insert(key, (format, text));
            }
        }
    }
    texts.into_par_iter().for_each(|(key, (format, text))| {
        if let Ok(resolution) = cache.read(key, format, &text, &BTreeMap::new()) {
            with.iter().for_each(|with| resolution.compute_digests(*with));
        }
    });
}
