use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::history_commits::Node;

/// The queue of commits to walk, in git's order: newest first. Commits of the same second are in the order in which
/// they were added.
#[derive(Default)]
pub(super) struct Frontier {
    waiting: BinaryHeap<(u64, Reverse<u32>, Node)>,
    turns: u32,
}

impl Frontier {
    pub(super) fn push(&mut self, seconds: u64, node: Node) {
        self.waiting.push((seconds, Reverse(self.turns), node));
        self.turns += 1;
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Node)> {
        self.waiting.pop().map(|(seconds, _, node)| (seconds, node))
    }

    /// Whether the next commit has this date, in seconds since 1970.
    pub(super) fn next_is_of(&self, seconds: u64) -> bool {
        self.waiting.peek().is_some_and(|next| next.0 == seconds)
    }

    pub(super) fn len(&self) -> u32 {
        // `turns` counts all pushes in 32 bits, and the queue never has more commits than were pushed.
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the commits in the queue, in no particular order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        self.waiting.iter().map(|(_, _, node)| *node)
    }
}
