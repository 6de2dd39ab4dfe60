use gix::hashtable::HashMap;

use super::history_commits::Commits;
use super::reachability::{Flags, WIDTH};
use super::walk::Walk;
use crate::inputs::git::{HistoryError, Parents, Repository};
use crate::model::name::CommitId;

/// A walk that has visited all commits since the release of each service.
pub(super) struct Since {
    walk: Walk,
    /// For each service, the index of its release in `releases`; `None` if the service has no release, or if the
    /// release is not reachable from head.
    columns: Vec<Option<usize>>,
    /// The positions of the releases in the walk, each once.
    releases: Vec<u32>,
}

impl Since {
    /// Walks from head until each commit that is still to be visited is an ancestor of every release.
    pub(super) fn walk(
        commits: &mut Commits<'_>,
        head: &CommitId,
        since: &[Option<CommitId>],
        parents: Parents,
    ) -> Result<Self, HistoryError> {
        let mut walk = Walk::from_head(commits, head, parents)?;
        // The map is only used for lookups by id, so its order does not matter.
        let mut found: HashMap<gix::ObjectId, Option<usize>> = HashMap::default();
        for release in since.iter().flatten() {
            found.insert(super::object_id(release), None);
        }
        let mut releases = Vec::new();
        let mut goal = 0;
        loop {
            let all_found = releases.len() == found.len() && since.iter().all(Option::is_some);
            if all_found && walk.len() >= goal {
                if Self::chunks(&releases).all(|chunk| Flood::of(&mut walk, chunk).covers_the_rest()) {
                    break;
                }
                goal = walk.len() + walk.len() / 2 + 32;
            }
            let Some(at) = walk.step(commits)? else { break };
            if let Some(column) = found.get_mut(commits.id(walk.node(at))) {
                *column = Some(releases.len());
                releases.push(at);
            }
        }
        let column = |release: &Option<CommitId>| found.get(&super::object_id(release.as_ref()?)).copied().flatten();
        Ok(Self { columns: since.iter().map(column).collect(), walk, releases })
    }

    /// Returns for each service the commits that touch the service and are not reachable from its release, newest
    /// first. Calls `touched` for each commit, except for commits that are reachable from every service's release.
    pub(super) fn sort<E: From<HistoryError>>(
        mut self,
        commits: &mut Commits<'_>,
        mut touched: impl FnMut(Option<&CommitId>, &CommitId) -> Result<Vec<usize>, E>,
    ) -> Result<Vec<Vec<CommitId>>, E> {
        let mut is_new = vec![self.columns.iter().any(Option::is_none); self.walk.len() as usize];
        for chunk in Self::chunks(&self.releases) {
            let flood = Flood::of(&mut self.walk, chunk);
            is_new.iter_mut().zip(&flood.flags).for_each(|(is_new, flags)| *is_new |= *flags != flood.all);
        }
        if let Some(boundary) = self.walk.boundary()
            && is_new[boundary as usize..].contains(&true)
        {
            // Commits that were not fetched can be part of a release, and so can every commit that comes after them in
            // the walk.
            let commit = super::commit_id(commits.id(self.walk.node(boundary)));
            return Err(HistoryError::TooShallow { commit }.into());
        }
        let mut pairs = Vec::new();
        let mut parents = Vec::new();
        for at in (0..self.walk.len()).filter(|at| is_new[*at as usize]) {
            let node = self.walk.node(at);
            parents.clear();
            commits.parents(node, &mut parents)?;
            let parent = parents.first().map(|parent| super::commit_id(commits.id(*parent)));
            let commit = super::commit_id(commits.id(node));
            pairs.extend(touched(parent.as_ref(), &commit)?.into_iter().map(|service| (at, service)));
        }
        self.retain_contributing(&mut pairs, &is_new);
        let mut sorted = vec![Vec::new(); self.columns.len()];
        let mut first = 0;
        let mut take = |columns: std::ops::Range<usize>, flags: &[Flags]| {
            for &(at, service) in &pairs {
                let is_new = match self.columns[service] {
                    None => columns.is_empty(),
                    Some(column) => columns.contains(&column) && !flags[at as usize].has(column - columns.start),
                };
                if is_new {
                    sorted[service].push(at);
                }
            }
        };
        take(0..0, &[]);
        for chunk in Self::chunks(&self.releases) {
            take(first..first + chunk.len(), &Flood::of(&mut self.walk, chunk).flags);
            first += chunk.len();
        }
        let id = |at: &u32| super::commit_id(commits.id(self.walk.node(*at)));
        Ok(sorted.iter().map(|positions| positions.iter().map(id).collect()).collect())
    }

    /// Keeps, for each service, the commits that contribute to the service's files at head. If a merge has the same
    /// files of the service as its first parent, it took nothing from its other parents. So commits that are reachable
    /// only through those other parents are removed. This is git's history simplification.
    fn retain_contributing(&mut self, pairs: &mut Vec<(u32, usize)>, is_new: &[bool]) {
        let recording = self.walk.recording();
        if (0..recording.len).all(|at| recording.parents(at).count() <= 1) {
            return;
        }
        for first in (0..self.columns.len()).step_by(WIDTH) {
            let services = first..(first + WIDTH).min(self.columns.len());
            let all = Flags::first(services.len());
            // If `touched` was not called for a commit, all of its parents count.
            let asked = |is_new: &bool| if *is_new { Flags::default() } else { all };
            let mut touched: Vec<Flags> = is_new.iter().map(asked).collect();
            for (at, service) in pairs.iter().filter(|(_, service)| services.contains(service)) {
                touched[*at as usize].raise(service - first);
            }
            let mut led = vec![Flags::default(); (recording.len + recording.slots) as usize];
            led[0] = all;
            // One round is enough, unless a parent was walked before its child, because clocks were wrong.
            let mut is_settled = false;
            while !is_settled {
                is_settled = true;
                for at in 0..recording.len {
                    let (mut carried, others) = (led[at as usize], led[at as usize].and(touched[at as usize]));
                    for parent in recording.parents(at) {
                        let before = led[parent as usize];
                        led[parent as usize] = before.or(carried);
                        is_settled &= parent > at || before.or(carried) == before;
                        carried = others;
                    }
                }
            }
            pairs.retain(|(at, service)| !services.contains(service) || led[*at as usize].has(service - first));
        }
    }

    fn chunks(releases: &[u32]) -> impl Iterator<Item = &[u32]> {
        releases.chunks(WIDTH)
    }
}

/// For each commit, the releases from which it is reachable.
struct Flood {
    /// The flags of each walked commit, by position, and then of each commit in the queue. A commit has one bit for
    /// each release.
    flags: Vec<Flags>,
    all: Flags,
    walked: usize,
}

impl Flood {
    fn of(walk: &mut Walk, releases: &[u32]) -> Self {
        let recording = walk.recording();
        let mut flags = vec![Flags::default(); (recording.len + recording.slots) as usize];
        for (column, release) in releases.iter().enumerate() {
            flags[*release as usize].raise(column);
        }
        // One round is enough, unless a parent was walked before its child, because clocks were wrong.
        let mut is_settled = false;
        while !is_settled {
            is_settled = true;
            for at in 0..recording.len {
                let carried = flags[at as usize];
                for parent in recording.parents(at) {
                    let before = flags[parent as usize];
                    flags[parent as usize] = before.or(carried);
                    is_settled &= parent > at || before.or(carried) == before;
                }
            }
        }
        Self { flags, all: Flags::first(releases.len()), walked: recording.len as usize }
    }

    fn covers_the_rest(&self) -> bool {
        self.flags[self.walked..].iter().all(|flags| *flags == self.all)
    }
}

impl Repository {
    /// Returns for each service the commits since its release that touch the service, newest first.
    ///
    /// `since` has for each service the commit of its release, as [`Tag::object`](super::super::Tag::object) returns
    /// it. `None` means that the service has no release. Then all commits that touch the service are returned.
    ///
    /// `touched` is called once for each commit, except for commits that are reachable from every service's release.
    /// Its arguments are the commit's first parent and the commit. It returns the services that the change between
    /// these two touches, by their positions in `since`. So a merge touches a service if it brings in changes of the
    /// service. If a merge does not touch a service, commits that are reachable only through its other parents than the
    /// first are left out for this service.
    ///
    /// # Errors
    /// When commits cannot be read, `touched` fails, or commits since a release may be missing in a shallow clone.
    pub fn commits_since<E: From<HistoryError>>(
        &self,
        head: &CommitId,
        since: &[Option<CommitId>],
        parents: Parents,
        touched: impl FnMut(Option<&CommitId>, &CommitId) -> Result<Vec<usize>, E>,
    ) -> Result<Vec<Vec<CommitId>>, E> {
        let mut commits = Commits::open(self)?;
        Since::walk(&mut commits, head, since, parents)?.sort(&mut commits, touched)
    }
}
