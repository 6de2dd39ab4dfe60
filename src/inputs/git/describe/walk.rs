use super::frontier::Frontier;
use super::history_commits::{Commits, Node, number};
use crate::inputs::git::{HistoryError, Parents};
use crate::model::name::CommitId;

/// History in the order in which git walks it, recorded as far as needed.
///
/// The *position* of a commit is the number of commits that were walked before it.
pub(super) struct Walk {
    parents: Parents,
    frontier: Frontier,
    /// For each node: its position, if it was walked; another number, if it is in the queue; else [`UNSEEN`].
    positions: Vec<u32>,
    nodes: Vec<Node>,
    /// For each position, the index in `edges` where the commit's parents begin. The last entry is the length of
    /// `edges`.
    starts: Vec<u32>,
    /// The nodes of parents. The bit [`FIRST`] is set if the parent was not seen before.
    edges: Vec<u32>,
    /// For each position, the number of commits that were in the queue when the commit was taken from it, including
    /// that commit.
    waiting: Vec<u32>,
    /// The positions of commits that were walked while another commit of the same second was in the queue.
    ties: Vec<u32>,
    /// The first position of a commit whose parents were not fetched. From there on, the walk may differ from a walk in
    /// a clone with the whole history.
    boundary: Option<u32>,
    family: Vec<Node>,
}

/// A recorded walk, in which the position of a commit stands for the commit. Commits that are still in the queue have
/// the positions from `len` on.
pub(super) struct Recording<'w> {
    pub(super) starts: &'w [u32],
    /// The positions of parents. The bit [`FIRST`] is set if the parent was not seen before.
    pub(super) edges: Vec<u32>,
    pub(super) waiting: &'w [u32],
    pub(super) boundary: Option<Boundary>,
    /// The number of commits that were walked.
    pub(super) len: u32,
    /// The number of commits that are still in the queue.
    pub(super) slots: u32,
}

/// The first position of a commit whose parents were not fetched, and the positions of the commits that were in the
/// queue then.
pub(super) struct Boundary {
    pub(super) at: u32,
    pub(super) waiting: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

/// The bit that marks the edge through which a parent was added to the queue.
pub(super) const FIRST: u32 = Commits::LIMIT;

impl Walk {
    pub(super) fn from_head(
        commits: &mut Commits<'_>,
        head: &CommitId,
        parents: Parents,
    ) -> Result<Self, HistoryError> {
        let mut walk = Self {
            parents,
            frontier: Frontier::default(),
            positions: Vec::new(),
            nodes: Vec::new(),
            starts: vec![0],
            edges: Vec::new(),
            waiting: Vec::new(),
            ties: Vec::new(),
            boundary: None,
            family: Vec::new(),
        };
        let head = commits.node(&super::object_id(head))?;
        walk.frontier.push(commits.seconds(head)?, head);
        walk.positions.resize(commits.len(), UNSEEN);
        walk.positions[head as usize] = 0;
        Ok(walk)
    }

    /// Walks one more commit and returns its position; `None` if all commits were walked.
    pub(super) fn step(&mut self, commits: &mut Commits<'_>) -> Result<Option<u32>, HistoryError> {
        let waiting = self.frontier.len();
        let Some((seconds, node)) = self.frontier.pop() else { return Ok(None) };
        let at = number(self.nodes.len())?;
        self.positions[node as usize] = at;
        self.nodes.push(node);
        self.waiting.push(waiting);
        if self.frontier.next_is_of(seconds) {
            self.ties.push(at);
        }
        if commits.is_boundary(node) {
            self.boundary.get_or_insert(at);
        }
        self.family.clear();
        commits.parents(node, &mut self.family)?;
        if self.parents == Parents::First {
            self.family.truncate(1);
        }
        self.positions.resize(commits.len(), UNSEEN);
        for &parent in &self.family {
            let first = self.positions[parent as usize] == UNSEEN;
            if first {
                self.frontier.push(commits.seconds(parent)?, parent);
                self.positions[parent as usize] = UNSEEN - 1;
            }
            self.edges.push(if first { parent | FIRST } else { parent });
        }
        self.starts.push(number(self.edges.len())?);
        Ok(Some(at))
    }

    pub(super) fn is_finished(&self) -> bool {
        self.frontier.is_empty()
    }

    pub(super) fn parents(&self) -> Parents {
        self.parents
    }

    /// Returns how many commits were walked.
    pub(super) fn len(&self) -> u32 {
        // `step` gave each commit a number of 32 bits.
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn node(&self, at: u32) -> Node {
        self.nodes[at as usize]
    }

    /// Returns the first position of a commit whose parents were not fetched; `None` if there is no such commit yet.
    pub(super) fn boundary(&self) -> Option<u32> {
        self.boundary
    }

    /// Whether another commit of the same second was in the queue when the commit at this position was walked.
    pub(super) fn is_tie(&self, at: u32) -> bool {
        self.ties.binary_search(&at).is_ok()
    }

    pub(super) fn recording(&mut self) -> Recording<'_> {
        let len = self.len();
        let mut slots = 0;
        for node in self.frontier.nodes() {
            self.positions[node as usize] = len + slots;
            slots += 1;
        }
        let position = |edge: &u32| self.positions[(edge & !FIRST) as usize] | (edge & FIRST);
        let edges: Vec<u32> = self.edges.iter().map(position).collect();
        let boundary = self.boundary.map(|at| {
            let before = &edges[..self.starts[at as usize] as usize];
            let waiting = before.iter().filter(|edge| *edge & FIRST != 0).map(|edge| edge & !FIRST);
            Boundary { at, waiting: waiting.filter(|position| *position > at).collect() }
        });
        Recording { starts: &self.starts, edges, waiting: &self.waiting, boundary, len, slots }
    }
}

impl Recording<'_> {
    /// Returns the positions of the parents of the commit at `at`, still with the bit [`FIRST`].
    pub(super) fn edges(&self, at: u32) -> &[u32] {
        &self.edges[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }

    /// Returns the positions of the parents of the commit at `at`.
    pub(super) fn parents(&self, at: u32) -> impl Iterator<Item = u32> {
        self.edges(at).iter().map(|edge| edge & !FIRST)
    }
}
