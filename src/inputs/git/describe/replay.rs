use super::frontier::Frontier;
use super::history_commits::{Commits, Node};
use crate::inputs::git::{HistoryError, Parents};

/// The result of a walk for one tagged commit.
pub(super) struct Replayed {
    pub(super) distance: u32,
    /// Whether commits that were not fetched cannot change the distance, as in [`super::reachability::Reachability`].
    pub(super) covers_the_unfetched: bool,
}

/// The state of a commit in the walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unseen,
    Waiting,
    /// The commit is in the queue, and is known to be reachable from the tagged commit.
    Flagged,
    Walked,
}

/// Walks history for one tagged commit as git does. The commit at position `stop` goes back into the queue, behind
/// other commits of the same second. The walk ends when every commit in the queue is reachable from the tagged commit.
pub(super) fn replay(
    commits: &mut Commits<'_>,
    head: Node,
    winner: Node,
    stop: u32,
    follow: Parents,
) -> Result<Replayed, HistoryError> {
    let mut frontier = Frontier::default();
    let mut states = vec![State::Unseen; commits.len()];
    let mut replayed = Replayed { distance: 0, covers_the_unfetched: true };
    let mut met_boundary = false;
    let mut parents = Vec::new();
    let mut taken = 0;
    // The number of commits in the queue that are not known to be reachable from the winner.
    let mut lacking = 1;
    frontier.push(commits.seconds(head)?, head);
    states[head as usize] = State::Waiting;
    while let Some((seconds, node)) = frontier.pop() {
        taken += 1;
        if taken == stop + 1 {
            frontier.push(seconds, node);
            continue;
        }
        if taken > stop && lacking == 0 {
            break;
        }
        let was_flagged = states[node as usize] == State::Flagged;
        lacking -= u32::from(!was_flagged);
        let flagged = was_flagged || node == winner;
        states[node as usize] = State::Walked;
        if !flagged {
            replayed.distance += 1;
        }
        if !met_boundary && commits.is_boundary(node) {
            met_boundary = true;
            replayed.covers_the_unfetched = flagged && lacking == 0;
        }
        parents.clear();
        commits.parents(node, &mut parents)?;
        if follow == Parents::First {
            parents.truncate(1);
        }
        states.resize(commits.len(), State::Unseen);
        for &parent in &parents {
            let state = &mut states[parent as usize];
            match *state {
                State::Unseen => {
                    frontier.push(commits.seconds(parent)?, parent);
                    lacking += u32::from(!flagged);
                    *state = if flagged { State::Flagged } else { State::Waiting };
                }
                State::Waiting if flagged => {
                    lacking -= 1;
                    *state = State::Flagged;
                }
                // A parent that was walked before its child, because clocks were wrong, never gets the flag.
                State::Waiting | State::Flagged | State::Walked => {}
            }
        }
    }
    Ok(replayed)
}
