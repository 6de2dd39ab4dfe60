//! Finds merge bases, and whether one commit is an ancestor of another, with the same answers as git. In a shallow
//! clone, history ends at the shallow boundary. If an answer depends on commits beyond the boundary, the method fails.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use gix::ObjectId;
use gix::revwalk::Graph;
use gix::revwalk::graph::Commit;

use super::object::commit_id;
use super::{GitError, Repository};
use crate::model::name::CommitId;

/// The size of the object cache in bytes. It is enough for the commits that a walk visits next; a larger cache gains
/// nothing (measured with gix 0.90).
const OBJECT_CACHE_BYTES: usize = 8 << 20;

impl Repository {
    /// Returns all best common ancestors of two commits, newest first, as `git merge-base --all` does. The list is
    /// empty if the commits have no common ancestor.
    ///
    /// # Errors
    /// When one of the two commits is missing, another best common ancestor may lie beyond a shallow boundary, or the
    /// repository has a grafts file.
    pub fn merge_bases(&self, a: &CommitId, b: &CommitId) -> Result<Vec<CommitId>, GitError> {
        self.ancestry(|ancestry| {
            let (a_id, b_id) = (self.commit(a)?.id, self.commit(b)?.id);
            if a_id == b_id {
                return Ok(vec![*a]);
            }
            let painted = ancestry.paint(&[a_id], &[b_id], None)?;
            let bases = ancestry.independent(painted.common())?;
            let hidden = if bases.is_empty() { !painted.cut.is_none() } else { ancestry.may_hide_another(&painted)? };
            if hidden {
                let question = format!("the merge base of `{}` and `{}`", a.short(7), b.short(7));
                return Err(GitError::ShallowHistory { question, behind: vec![*a, *b] });
            }
            Ok(bases.iter().map(|id| commit_id(id)).collect())
        })
    }

    /// Whether `ancestor` can be reached from `descendant` by following parents. A commit is its own ancestor.
    ///
    /// # Errors
    /// When one of the two commits is missing, `ancestor` was not found and may lie beyond a shallow boundary, or the
    /// repository has a grafts file.
    pub fn is_ancestor(&self, ancestor: &CommitId, descendant: &CommitId) -> Result<bool, GitError> {
        self.ancestry(|ancestry| {
            let (top, bottom) = (self.commit(descendant)?.id, self.commit(ancestor)?.id);
            let painted = ancestry.paint(&[bottom], &[top], Some(bottom))?;
            if painted.paint_of(&bottom).theirs {
                return Ok(true);
            }
            // This assumes that no commit is older than its parents. Then `ancestor` cannot lie beyond a commit of the
            // boundary that is older than `ancestor`.
            let since = ancestry.commit(bottom)?.commit_time;
            if painted.ends.iter().any(|(time, id)| *time >= since && painted.paint_of(id).theirs) {
                let question = format!("whether `{}` is an ancestor of `{}`", ancestor.short(7), descendant.short(7));
                return Err(GitError::ShallowHistory { question, behind: vec![*descendant] });
            }
            Ok(false)
        })
    }

    /// Returns the first parent of a commit; `None` for a root commit.
    ///
    /// # Errors
    /// When the commit is missing, when its parents are not in this clone since the clone is shallow, or when the
    /// repository has a grafts file.
    pub fn first_parent(&self, commit: &CommitId) -> Result<Option<CommitId>, GitError> {
        self.refuse_grafts()?;
        let found = self.commit(commit)?;
        let parent = found.parent_ids().next().map(|id| commit_id(&id));
        if parent.is_some() && self.shallow_boundary()?.contains(&found.id) {
            let question = format!("the parent of `{}`", commit.short(7));
            return Err(GitError::ShallowHistory { question, behind: vec![*commit] });
        }
        Ok(parent)
    }

    /// Whether a commit has several parents. The parents need not be in this clone.
    ///
    /// # Errors
    /// When the commit is missing.
    pub fn is_merge(&self, commit: &CommitId) -> Result<bool, GitError> {
        Ok(self.commit(commit)?.parent_ids().count() > 1)
    }

    fn ancestry<T>(&self, ask: impl FnOnce(&mut Ancestry<'_, '_>) -> Result<T, GitError>) -> Result<T, GitError> {
        let mut repository = self.gix.clone();
        repository.object_cache_size_if_unset(OBJECT_CACHE_BYTES);
        self.refuse_grafts()?;
        let boundary = self.shallow_boundary()?;
        // Like git, this does not use the commit-graph of a shallow clone: it may be older than the shallow boundary.
        let cache = if boundary.is_empty() { repository.commit_graph_if_enabled().ok().flatten() } else { None };
        ask(&mut Ancestry { graph: repository.revision_graph(cache.as_ref()), boundary })
    }

    fn refuse_grafts(&self) -> Result<(), GitError> {
        if self.has_grafts() { Err(GitError::Grafts) } else { Ok(()) }
    }

    pub(super) fn shallow_boundary(&self) -> Result<BTreeSet<ObjectId>, GitError> {
        let commits = self.gix.shallow_commits().map_err(GitError::reading("the shallow boundary"))?;
        Ok(commits.map(|commits| commits.iter().copied().collect()).unwrap_or_default())
    }
}

/// The commits that were read so far, and the shallow boundary: the commits whose parents were not fetched.
struct Ancestry<'find, 'cache> {
    graph: Graph<'find, 'cache, Commit<()>>,
    boundary: BTreeSet<ObjectId>,
}

/// The sides from which a walk has reached a commit. The sides are the two lists of commits, `ours` and `theirs`, from
/// which [`Ancestry::paint`] starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Paint {
    ours: bool,
    theirs: bool,
    /// Whether the commit is an ancestor of a common ancestor. Such a commit is not a best common ancestor.
    stale: bool,
}

#[derive(Debug, Default)]
struct Painted {
    paints: BTreeMap<ObjectId, Paint>,
    /// The commits that both sides reached, with their dates, in the order of the walk.
    met: Vec<(i64, ObjectId)>,
    /// For each side, whether only this side had reached a commit of the shallow boundary when the walk visited that
    /// commit.
    cut: Paint,
    /// The commits of the shallow boundary that only one side had reached, with their dates.
    ends: Vec<(i64, ObjectId)>,
}

impl Paint {
    const OURS: Self = Self { ours: true, theirs: false, stale: false };
    const THEIRS: Self = Self { ours: false, theirs: true, stale: false };

    fn is_common(self) -> bool {
        self.ours && self.theirs
    }

    fn is_none(self) -> bool {
        self == Self::default()
    }

    fn and(self, other: Self) -> Self {
        Self { ours: self.ours || other.ours, theirs: self.theirs || other.theirs, stale: self.stale || other.stale }
    }
}

impl Painted {
    fn paint_of(&self, id: &ObjectId) -> Paint {
        self.paints.get(id).copied().unwrap_or_default()
    }

    /// Returns the common ancestors that the walk did not reach from another common ancestor, newest first.
    fn common(&self) -> Vec<ObjectId> {
        let mut common: Vec<_> = self.met.iter().filter(|(_, id)| !self.paint_of(id).stale).collect();
        common.sort_by_key(|(time, _)| Reverse(*time));
        common.into_iter().map(|(_, id)| *id).collect()
    }
}

impl Ancestry<'_, '_> {
    /// Walks from both sides, newest commits first. The walk ends when all commits in the queue are ancestors of common
    /// ancestors, or when the side of `theirs` reaches `goal`.
    ///
    /// If a commit is older than one of its parents, the walk may end before it has marked every stale commit. Then
    /// [`Painted::common`] may return too many commits, but never too few.
    fn paint(&mut self, ours: &[ObjectId], theirs: &[ObjectId], goal: Option<ObjectId>) -> Result<Painted, GitError> {
        let mut front = Front::default();
        let mut painted = Painted::default();
        let ours = ours.iter().map(|id| (*id, Paint::OURS));
        for (id, paint) in ours.chain(theirs.iter().map(|id| (*id, Paint::THEIRS))) {
            front.push(id, self.commit(id)?.commit_time, paint, &mut painted.paints);
        }
        while let Some((time, id)) = front.pop(&painted.paints) {
            let mut paint = painted.paint_of(&id);
            if goal == Some(id) && paint.theirs {
                break;
            }
            if paint.is_common() && !paint.stale {
                painted.met.push((time, id));
                paint.stale = true;
            }
            if self.boundary.contains(&id) {
                if !paint.stale {
                    painted.cut = painted.cut.and(paint);
                    painted.ends.push((time, id));
                }
                continue;
            }
            for parent in self.commit(id)?.parents.clone() {
                front.push(parent, self.commit(parent)?.commit_time, paint, &mut painted.paints);
            }
        }
        Ok(painted)
    }

    /// Whether another merge base may lie beyond the shallow boundary. This is possible if one side alone reached a
    /// commit of the boundary, and the other side alone reached a commit of the same age or an older one. The check
    /// assumes that no commit is older than its parents.
    fn may_hide_another(&mut self, painted: &Painted) -> Result<bool, GitError> {
        if painted.ends.is_empty() {
            return Ok(false);
        }
        let mut oldest: [Option<i64>; 2] = [None; 2];
        for (id, paint) in &painted.paints {
            if !paint.is_common() {
                let side = &mut oldest[usize::from(paint.theirs)];
                let time = self.commit(*id)?.commit_time;
                *side = Some(side.map_or(time, |oldest| oldest.min(time)));
            }
        }
        Ok(painted.ends.iter().any(|(time, id)| {
            let paint = painted.paint_of(id);
            !paint.is_common() && oldest[usize::from(paint.ours)].is_some_and(|oldest| oldest <= *time)
        }))
    }

    /// Removes each commit that is an ancestor of another commit in the list. The order of the remaining commits is
    /// kept.
    fn independent(&mut self, mut commits: Vec<ObjectId>) -> Result<Vec<ObjectId>, GitError> {
        let mut tried = 0;
        while commits.len() > 1 && tried < commits.len() {
            let one = commits[tried];
            let others: Vec<_> = commits.iter().copied().filter(|id| *id != one).collect();
            let painted = self.paint(&[one], &others, None)?;
            if painted.paint_of(&one).theirs {
                commits.remove(tried);
            } else {
                commits.retain(|id| *id == one || !painted.paint_of(id).ours);
                tried = commits.iter().position(|id| *id == one).map_or(tried, |at| at + 1);
            }
        }
        Ok(commits)
    }

    fn commit(&mut self, id: ObjectId) -> Result<&Commit<()>, GitError> {
        let shallow = !self.boundary.is_empty();
        self.graph
            .get_or_insert_full_commit(id, |_| ())
            .map_err(GitError::reading(format!("commit {id}")))?
            .map(|commit| &*commit)
            .ok_or_else(|| GitError::MissingCommit { commit: commit_id(&id), shallow })
    }
}

/// The queue of commits to visit, newest first. Commits with the same date are in the order in which they were added.
#[derive(Default)]
struct Front {
    queue: BinaryHeap<(i64, Reverse<usize>, ObjectId)>,
    queued: BTreeSet<ObjectId>,
    /// How many commits in the queue are not stale. The walk ends when this is 0.
    live: usize,
    pushed: usize,
}

impl Front {
    fn push(&mut self, id: ObjectId, time: i64, paint: Paint, paints: &mut BTreeMap<ObjectId, Paint>) {
        let before = paints.get(&id).copied().unwrap_or_default();
        let after = before.and(paint);
        if before == after {
            return;
        }
        paints.insert(id, after);
        if self.queued.insert(id) {
            self.pushed += 1;
            self.queue.push((time, Reverse(self.pushed), id));
            self.live += usize::from(!after.stale);
        } else if after.stale && !before.stale {
            self.live -= 1;
        }
    }

    fn pop(&mut self, paints: &BTreeMap<ObjectId, Paint>) -> Option<(i64, ObjectId)> {
        if self.live == 0 {
            return None;
        }
        let (time, _, id) = self.queue.pop()?;
        self.queued.remove(&id);
        self.live -= usize::from(!paints.get(&id).is_some_and(|paint| paint.stale));
        Some((time, id))
    }
}
