use std::collections::BTreeSet;

use super::{Neighbours, Node};

/// How often the order of boxes is improved, each time from left to right and back.
const SWEEPS: usize = 8;

/// Returns the boxes of each step, from top to bottom.
///
/// A box is in the first step after all of its dependencies. The order within steps comes from the barycentre method of
/// Sugiyama, Tagawa and Toda: each box is moved several times to the mean of its neighbours' positions. Of all orders
/// on the way, the one with the fewest crossings of edges is returned.
pub(super) fn by_step(neighbours: &Neighbours, nodes: &[Node]) -> Vec<Vec<Node>> {
    let mut steps = steps(neighbours, nodes);
    let mut best = steps.clone();
    let mut fewest = crossings(neighbours, &steps);
    for _ in 0..SWEEPS {
        for at in (0..steps.len()).chain((0..steps.len()).rev()) {
            let places = relative_places(neighbours, &steps);
            let mean = |node: Node| mean(neighbours.all(node).map(|other| places[other]));
            let mut keyed: Vec<(f64, Node)> =
                steps[at].iter().map(|node| (mean(*node).unwrap_or(places[*node]), *node)).collect();
            keyed.sort_by(|(one, _), (two, _)| one.total_cmp(two));
            steps[at] = keyed.into_iter().map(|(_, node)| node).collect();
        }
        let now = crossings(neighbours, &steps);
        if now < fewest {
            fewest = now;
            best.clone_from(&steps);
        }
    }
    best
}

/// Returns the boxes of each step, in the order of their numbers. Boxes that need each other, and all boxes that need
/// such boxes, are in the last step.
fn steps(neighbours: &Neighbours, nodes: &[Node]) -> Vec<Vec<Node>> {
    let mut open: Vec<usize> = neighbours.needs.iter().map(Vec::len).collect();
    let mut left: BTreeSet<Node> = nodes.iter().copied().collect();
    let mut steps = Vec::new();
    let mut now: Vec<Node> = nodes.iter().copied().filter(|node| open[*node] == 0).collect();
    while !now.is_empty() {
        let mut next = BTreeSet::new();
        for node in &now {
            left.remove(node);
            for dependent in &neighbours.needed_by[*node] {
                open[*dependent] -= 1;
                if open[*dependent] == 0 {
                    next.insert(*dependent);
                }
            }
        }
        steps.push(now);
        now = next.into_iter().collect();
    }
    if !left.is_empty() {
        steps.push(left.into_iter().collect());
    }
    steps
}

/// Returns the relative height of each box in its step, from 0 to 1.
fn relative_places(neighbours: &Neighbours, steps: &[Vec<Node>]) -> Vec<f64> {
    let mut places = vec![0.0; neighbours.needs.len()];
    for step in steps {
        for (place, node) in step.iter().enumerate() {
            places[*node] = (as_float(place) + 0.5) / as_float(step.len());
        }
    }
    places
}

/// Returns how many pairs of edges cross, among edges between the same two steps.
fn crossings(neighbours: &Neighbours, steps: &[Vec<Node>]) -> usize {
    let mut at = vec![(0, 0); neighbours.needs.len()];
    for (step, nodes) in steps.iter().enumerate() {
        for (place, node) in nodes.iter().enumerate() {
            at[*node] = (step, place);
        }
    }
    let mut count = 0;
    for nodes in steps {
        // For each step, the positions in it where edges from `nodes` end, in the order in which the edges begin.
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
        for node in nodes {
            let mut to: Vec<(usize, usize)> = neighbours.needed_by[*node].iter().map(|other| at[*other]).collect();
            to.sort_unstable();
            for (step, place) in to {
                ends[step].push(place);
            }
        }
        count += ends.into_iter().zip(steps).map(|(ends, step)| inversions(&ends, step.len())).sum::<usize>();
    }
    count
}

/// Returns how many pairs of numbers are in the wrong order (inversions), with a Fenwick tree in n log n. All numbers
/// are below `limit`.
fn inversions(numbers: &[usize], limit: usize) -> usize {
    let mut tree = vec![0; limit + 1];
    let mut count = 0;
    for (seen, number) in numbers.iter().enumerate() {
        let (mut not_above, mut at) = (0, number + 1);
        while at > 0 {
            not_above += tree[at];
            at -= at & at.wrapping_neg();
        }
        count += seen - not_above;
        let mut at = number + 1;
        while at <= limit {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    count
}

/// Returns the mean of some numbers; `None` if there are none.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / as_float(count))
}

/// Returns a count as a float; graphs have far fewer boxes than a float has exact integers.
#[expect(clippy::cast_precision_loss, reason = "boxes are counted in thousands")]
pub(super) fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_the_wrong_order_are_counted() {
        for numbers in [vec![], vec![0, 1, 2], vec![2, 1, 0], vec![1, 1, 0, 3, 2, 0]] {
            let naive = (0..numbers.len()).flat_map(|one| (one..numbers.len()).map(move |two| (one, two)));
            let naive = naive.filter(|(one, two)| numbers[*one] > numbers[*two]).count();
            assert_eq!(inversions(&numbers, 4), naive, "{numbers:?}");
        }
    }
}
