use super::frontier::Frontier;
use super::history_commits::{Commits, Node, number};
use crate::inputs::git::{HistoryError, Parents};
use crate::model::name::CommitId;

/// History in the order in which git walks it, recorded as far as needed.
///
/// A commit's *position* is how many were walked before it.
pub(super) struct Walk {
    parents: Parents,
    frontier: Frontier,
    /// For each node: its position once it is walked; another number while it waits; else [`UNSEEN`].
    positions: Vec<u32>,
    nodes: Vec<Node>,
    /// Where the parents of each position begin in `edges`; the last entry is the end of `edges`.
    starts: Vec<u32>,
    /// Nodes of parents, marked with [`FIRST`] where the edge is the first one to the parent.
    edges: Vec<u32>,
    /// For each position, how many commits were waiting when it was walked, including itself.
    waiting: Vec<u32>,
    /// Positions that were walked while another commit of the same second waited.
    ties: Vec<u32>,
    /// The first position whose parents were not fetched. From there on, the walk may differ from that of the whole
    /// history.
    boundary: Option<u32>,
    family: Vec<Node>,
}

/// A recorded history in which every commit is named by its position. Commits that still wait have the positions after
/// the end.
pub(super) struct Recording<'w> {
    pub(super) starts: &'w [u32],
    /// Positions of parents, marked with [`FIRST`] where the edge is the first one to the parent.
    pub(super) edges: Vec<u32>,
    pub(super) waiting: &'w [u32],
    pub(super) boundary: Option<Boundary>,
    /// How many commits were walked.
    pub(super) len: u32,
    /// How many commits still wait.
    pub(super) slots: u32,
}

/// The first position whose parents were not fetched, and the commits that waited then.
pub(super) struct Boundary {
    pub(super) at: u32,
    pub(super) waiting: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

/// The mark of the edge through which a commit was queued.
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

    /// Walks one more commit and returns its position; `None` if all were walked.
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
        // `step` numbered each of them in 32 bits.
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn node(&self, at: u32) -> Node {
        self.nodes[at as usize]
    }

    /// Returns the first position whose parents were not fetched.
    pub(super) fn boundary(&self) -> Option<u32> {
        self.boundary
    }

    /// Whether another commit of the same second waited when the commit at this position was walked.
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
    /// Returns the edges to the parents of a position, as they are stored.
    pub(super) fn edges(&self, at: u32) -> &[u32] {
        &self.edges[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }

    /// Returns the positions of the parents of a position.
    pub(super) fn parents(&self, at: u32) -> impl Iterator<Item = u32> {
        self.edges(at).iter().map(|edge| edge & !FIRST)
    }
}
