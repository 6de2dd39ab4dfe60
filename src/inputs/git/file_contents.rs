//! Reads the contents of many files at once.

use rayon::prelude::*;

use super::fetch::Missing;
use super::{GitError, Repository};
use crate::model::name::{CommitId, RepoPath};
use crate::model::tree::ObjectId;

/// The number of files that a thread reads at once. Reading fewer takes less time than waking a thread.
const FEW: usize = 64;

impl Repository {
    /// Returns the contents of files of a commit, in the order of `files`. If a partial clone left out some of the
    /// contents, one fetch gets all of them, provided that fetching is allowed.
    ///
    /// # Errors
    /// When the content of a file is not in this clone, and cannot be fetched.
    pub fn contents(&self, commit: &CommitId, files: &[(RepoPath, ObjectId)]) -> Result<Vec<Vec<u8>>, GitError> {
        let reading = |path: &RepoPath| GitError::reading(format!("{path} at {commit}"));
        let id = |(path, id): &(RepoPath, ObjectId)| {
            gix::ObjectId::try_from(id.as_bytes()).map_err(|error| reading(path)(error))
        };
        let ids: Vec<gix::ObjectId> = files.iter().map(id).collect::<Result<_, _>>()?;
        if self.partial_clone().is_some() {
            let missing = ids.iter().filter(|id| !self.gix.has_object(**id));
            let missing: Vec<String> = missing.map(ToString::to_string).collect();
            if !missing.is_empty() {
                self.fetch_missing(&Missing::Objects(missing));
            }
        }
        let of_part = |repository: &Self, (files, ids): (&[(RepoPath, ObjectId)], &[gix::ObjectId])| {
            let read = files.iter().zip(ids).map(|((path, _), id)| repository.content(commit, path, *id));
            read.collect::<Result<Vec<Vec<u8>>, GitError>>()
        };
        if files.len() <= FEW {
            return of_part(self, (files, &ids));
        }
        let handles = self.handles();
        let parts = files.par_chunks(FEW).zip(ids.par_chunks(FEW)).map(|part| of_part(&handles(), part));
        let read: Vec<Result<Vec<Vec<u8>>, GitError>> = parts.collect();
        Ok(read.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    }
}
