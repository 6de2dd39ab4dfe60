//! Finds the path that a file had before it was renamed, with git's measure of similarity.

use std::collections::BTreeMap;

use super::tree::object_id;
use super::{FileAt, GitError, Repository};
use crate::model::name::{CommitId, RepoPath};
use crate::model::tree::ObjectId;

/// A file that may have had another path before.
pub struct Renamed<'a> {
    /// Its present path.
    pub path: &'a RepoPath,
    /// Its present content.
    pub content: &'a [u8],
}

/// If there are more candidates than this, git does not compare contents.
const MOST: usize = 1000;

/// The similarity of equal files on git's scale.
const SAME: u64 = 60_000;

/// The least similarity of a renamed file on git's scale: 50%.
const ALIKE: u64 = 30_000;

impl Repository {
    /// Returns the file of a commit that was later renamed to `now`, by git's rule. `gone` are the paths of files that
    /// no longer exist. Of the files that the commit has at these paths, this is a file with equal content, else the
    /// most similar file, if its similarity is at least 50%. `None` if there is no such file, or if the contents of
    /// more than 1,000 files had to be compared.
    ///
    /// # Errors
    /// When the commit, one of its trees or a file's content is missing.
    pub fn former<'p>(
        &self,
        commit: &CommitId,
        gone: impl Iterator<Item = &'p RepoPath>,
        now: &Renamed<'_>,
    ) -> Result<Option<FileAt<'_>>, GitError> {
        let same = self.blob_id(now.content)?;
        let mut candidates = Vec::new();
        for path in gone {
            if let Some(file) = self.file_at(commit, path)?.filter(|file| file.paths() == std::slice::from_ref(path)) {
                if file.id() == same {
                    return Ok(Some(file));
                }
                candidates.push(file);
            }
        }
        if candidates.len() > MOST {
            return Ok(None);
        }
        let mut best: Option<((u64, bool), FileAt<'_>)> = None;
        for file in candidates {
            if !may_be_similar(file.size()?, now.content.len() as u64) {
                continue;
            }
            let rank = (similarity(&file.read()?, now.content), base_name(&file.paths()[0]) == base_name(now.path));
            if rank.0 >= ALIKE && best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, file));
            }
        }
        Ok(best.map(|(_, file)| file))
    }
}

impl Repository {
    fn blob_id(&self, content: &[u8]) -> Result<ObjectId, GitError> {
        let id = gix::objs::compute_hash(self.gix.object_hash(), gix::objs::Kind::Blob, content);
        Ok(object_id(&id.map_err(GitError::reading("a content"))?))
    }
}

fn base_name(path: &RepoPath) -> &[u8] {
    path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Whether files of these sizes can be similar enough.
fn may_be_similar(before: u64, after: u64) -> bool {
    let largest = before.max(after);
    largest > 0 && largest * (SAME - ALIKE) >= before.abs_diff(after) * SAME
}

/// Returns the similarity of two files on git's scale: how much of the larger file consists of lines that the other
/// file has too. The result is 0 to [`SAME`].
fn similarity(before: &[u8], after: &[u8]) -> u64 {
    let (before_chunks, after_chunks) = (chunks(before), chunks(after));
    let copied: u64 =
        before_chunks.iter().filter_map(|(chunk, bytes)| Some(*after_chunks.get(chunk)?.min(bytes))).sum();
    match before.len().max(after.len()) as u64 {
        0 => 0,
        largest => copied * SAME / largest,
    }
}

/// Returns the distinct lines of a file, each with the number of bytes of all its occurrences together. Lines of more
/// than 64 bytes are split.
fn chunks(content: &[u8]) -> BTreeMap<Vec<u8>, u64> {
    const LONGEST: usize = 64;
    // As git does: a file with NUL in its first 8,000 bytes is binary, and keeps its carriage returns.
    let is_text = !content.iter().take(8000).any(|byte| *byte == 0);
    let mut chunks: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut add = |chunk: Vec<u8>| {
        let length = chunk.len() as u64;
        *chunks.entry(chunk).or_default() += length;
    };
    let mut chunk = Vec::with_capacity(LONGEST);
    for (at, byte) in content.iter().enumerate() {
        if is_text && *byte == b'\r' && content.get(at + 1) == Some(&b'\n') {
            continue;
        }
        chunk.push(*byte);
        if chunk.len() == LONGEST || *byte == b'\n' {
            add(std::mem::take(&mut chunk));
        }
    }
    if !chunk.is_empty() {
        add(chunk);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_counts_lines_that_both_have() {
        assert_eq!(similarity(b"a\nb\n", b"a\nb\n"), SAME);
        assert_eq!(similarity(b"a\nb\n", b"b\na\n"), SAME);
        assert_eq!(similarity(b"a\r\nb\r\n", b"a\nb\n"), SAME * 4 / 6);
        assert_eq!(similarity(b"a\n", b"a\nb\n"), ALIKE);
        assert_eq!(similarity(b"", b""), 0);
        assert_eq!(similarity(&[b'x'; 100], &[b'x'; 64]), SAME * 64 / 100);
        assert!(may_be_similar(50, 100) && !may_be_similar(49, 100));
    }
}
