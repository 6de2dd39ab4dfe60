use gix::hashtable::HashMap;
use gix::prelude::Find as _;

use super::commit_id;
use super::header::{self, Header};
use super::packs::Packs;
use crate::inputs::git::{HistoryError, Repository};

/// The number of a commit in [`Commits`]. For a commit in the commit-graph file, this is its position there. Other
/// commits get higher numbers, in the order of their first use.
pub(super) type Node = u32;

/// The dates and parents of a repository's commits. They come from the commit-graph file; if it does not have a commit,
/// they come from the commit object.
pub(super) struct Commits<'r> {
    repository: &'r Repository,
    graph: Option<gix::commitgraph::Graph>,
    in_graph: u32,
    /// The commits that the commit-graph does not have.
    others: Vec<Other>,
    /// The numbers of `others`, by id. The map is only used for lookups, so its order does not matter.
    numbers: HashMap<gix::ObjectId, Node>,
    /// The parents of all `others`, one after the other.
    parents: Vec<Node>,
    /// Commits whose parents were not fetched, sorted.
    shallow: Vec<gix::ObjectId>,
    /// The packs; `None` until a commit is needed that the commit-graph does not have. (Opening a pack with many
    /// objects takes time.)
    packs: Option<Packs>,
    buffer: Vec<u8>,
    objects_read: u32,
}

struct Other {
    id: gix::ObjectId,
    seconds: u64,
    /// The range of the commit's parents in the field `parents` of [`Commits`]; `None` until the commit is read.
    parents: Option<std::ops::Range<u32>>,
}

impl<'r> Commits<'r> {
    pub(super) fn open(repository: &'r Repository) -> Result<Self, HistoryError> {
        if repository.has_grafts() {
            return Err(HistoryError::Grafts);
        }
        let shallow = repository.gix.shallow_commits().map_err(|source| HistoryError::Shallow { source })?;
        let mut shallow: Vec<_> = shallow.map(|commits| commits.iter().copied().collect()).unwrap_or_default();
        shallow.sort_unstable();
        // The commit-graph ignores shallow boundaries, so it is not used in a shallow clone. If it cannot be read, the
        // walk is only slower.
        let graph = if shallow.is_empty() { repository.gix.commit_graph_if_enabled().ok().flatten() } else { None };
        Ok(Self {
            repository,
            in_graph: graph.as_ref().map_or(0, gix::commitgraph::Graph::num_commits),
            graph,
            others: Vec::new(),
            numbers: HashMap::default(),
            parents: Vec::new(),
            shallow,
            packs: None,
            buffer: Vec::new(),
            objects_read: 0,
        })
    }

    /// Returns the number of a commit. The commit need not exist.
    pub(super) fn node(&mut self, id: &gix::oid) -> Result<Node, HistoryError> {
        if let Some(position) = self.graph.as_ref().and_then(|graph| graph.lookup(id)) {
            return Ok(position.0);
        }
        if let Some(node) = self.numbers.get(id) {
            return Ok(*node);
        }
        let node = number(self.others.len())?.checked_add(self.in_graph).filter(|node| *node < Self::LIMIT);
        let node = node.ok_or(HistoryError::TooLong)?;
        self.others.push(Other { id: id.to_owned(), seconds: 0, parents: None });
        self.numbers.insert(id.to_owned(), node);
        Ok(node)
    }

    /// All numbers of commits are below this limit. It leaves the highest bit of a `u32` free.
    pub(super) const LIMIT: Node = 1 << 31;

    /// Returns the committer's date of a commit, in seconds since 1970. This also reads the parents of the commit.
    pub(super) fn seconds(&mut self, node: Node) -> Result<u64, HistoryError> {
        if let Some(commit) = self.graph_commit(node) {
            return Ok(commit.committer_timestamp());
        }
        let at = self.other(node);
        if self.others[at].parents.is_none() {
            self.read(at)?;
        }
        Ok(self.others[at].seconds)
    }

    fn read(&mut self, at: usize) -> Result<(), HistoryError> {
        let id = self.others[at].id;
        let header = self.header(&id)?;
        self.objects_read += 1;

        let start = number(self.parents.len())?;
        if !self.is_boundary_id(&id) {
            for parent in &header.parents {
                let parent = self.node(parent)?;
                self.parents.push(parent);
            }
        }
        self.others[at].seconds = header.seconds;
        self.others[at].parents = Some(start..number(self.parents.len())?);
        Ok(())
    }

    fn header(&mut self, id: &gix::oid) -> Result<Header, HistoryError> {
        let packs = self.packs.get_or_insert_with(|| packs_of(self.repository));
        if let Some(header) = packs.commit_header(id).and_then(header::read) {
            return Ok(header);
        }
        let broken = |source| HistoryError::Broken { commit: commit_id(id), source };
        let object = self.repository.gix.objects.try_find(id, &mut self.buffer);
        let object = object.map_err(|source| broken(Some(source)))?;
        let object = object.ok_or_else(|| HistoryError::Missing { commit: commit_id(id) })?;
        let is_commit = object.kind == gix::objs::Kind::Commit;
        is_commit.then(|| header::read(object.data)).flatten().ok_or_else(|| broken(None))
    }

    /// Adds the parents of a commit to `into`. [`Commits::seconds`] must have been called for the commit before.
    pub(super) fn parents(&self, node: Node, into: &mut Vec<Node>) -> Result<(), HistoryError> {
        if let Some(commit) = self.graph_commit(node) {
            for parent in commit.iter_parents() {
                into.push(parent.map_err(|source| HistoryError::Graph { source })?.0);
            }
        } else if let Some(range) = &self.others[self.other(node)].parents {
            into.extend_from_slice(&self.parents[range.start as usize..range.end as usize]);
        }
        Ok(())
    }

    /// Returns the id of a commit.
    pub(super) fn id(&self, node: Node) -> &gix::oid {
        match &self.graph {
            Some(graph) if node < self.in_graph => graph.id_at(gix::commitgraph::Position(node)),
            _ => &self.others[self.other(node)].id,
        }
    }

    /// Whether the parents of a commit were not fetched.
    pub(super) fn is_boundary(&self, node: Node) -> bool {
        !self.shallow.is_empty() && self.is_boundary_id(self.id(node))
    }

    /// Returns how many numbers are in use.
    pub(super) fn len(&self) -> usize {
        self.in_graph as usize + self.others.len()
    }

    /// Returns how many commits were read from commit objects.
    pub(super) fn objects_read(&self) -> u32 {
        self.objects_read
    }

    fn is_boundary_id(&self, id: &gix::oid) -> bool {
        self.shallow.binary_search_by(|boundary| boundary.as_ref().cmp(id)).is_ok()
    }

    fn graph_commit(&self, node: Node) -> Option<gix::commitgraph::file::Commit<'_>> {
        let graph = self.graph.as_ref().filter(|_| node < self.in_graph)?;
        Some(graph.commit_at(gix::commitgraph::Position(node)))
    }

    fn other(&self, node: Node) -> usize {
        (node - self.in_graph) as usize
    }
}

/// Returns the packs of a repository. The list is empty if the repository has replacements for objects (`git replace`).
fn packs_of(repository: &Repository) -> Packs {
    let store = repository.gix.objects.store_ref();
    if store.replacements().next().is_some() {
        return Packs::default();
    }
    Packs::open(store.path(), repository.gix.object_hash())
}

/// Converts a length or position to 32 bits; fails if it is too large. With 64 bits, the walk would be slower and use
/// twice the memory.
pub(super) fn number(length: usize) -> Result<u32, HistoryError> {
    u32::try_from(length).map_err(|_| HistoryError::TooLong)
}
