use super::step_order::{as_float, mean};
use super::{Cell, Neighbours, Node};

/// How often boxes are moved towards their neighbours.
const SWEEPS: usize = 6;

/// Moves boxes up and down, so that edges become short, and returns how many rows the drawing has.
///
/// A step with one column keeps its order and may get gaps; a step with several columns is dense and does not change.
pub(super) fn straighten(neighbours: &Neighbours, steps: &[Vec<Node>], cells: &mut [Cell]) -> usize {
    let highest = steps.iter().flatten().map(|node| cells[*node].row + 1).max().unwrap_or_default();
    for sweep in 0..SWEEPS {
        let mut order: Vec<&Vec<Node>> = steps.iter().collect();
        if sweep % 2 == 1 {
            order.reverse();
        }
        for step in order {
            if !is_one_column(step, cells) {
                continue;
            }
            let wish = |node: &Node| {
                let rows = neighbours.all(*node).map(|other| as_float(cells[other].row));
                mean(rows).unwrap_or(as_float(cells[*node].row))
            };
            let rows = near(&step.iter().map(wish).collect::<Vec<_>>(), highest);
            for (node, row) in step.iter().zip(rows) {
                cells[*node].row = row;
            }
        }
    }
    highest
}

fn is_one_column(step: &[Node], cells: &[Cell]) -> bool {
    step.iter().all(|node| cells[*node].column == cells[step[0]].column)
}

/// Returns increasing rows below `limit` with the least sum of squared distances to `wishes`, the preferred rows, up to
/// rounding (isotonic regression by pooling neighbours that violate the order).
fn near(wishes: &[f64], limit: usize) -> Vec<usize> {
    // From each row, the position of its box is subtracted. Increasing rows then become rows that may be equal and
    // never decrease.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (place, wish) in wishes.iter().enumerate() {
        let mut pool = (wish - as_float(place), 1);
        while let Some((sum, count)) = pools.pop_if(|(sum, count)| *sum / as_float(*count) > pool.0 / as_float(pool.1))
        {
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let room = as_float(limit.saturating_sub(wishes.len()));
    let mut rows = Vec::with_capacity(wishes.len());
    for (sum, count) in pools {
        let first = (sum / as_float(count)).round().clamp(0.0, room);
        for _ in 0..count {
            rows.push(as_row(first) + rows.len());
        }
    }
    rows
}

/// Converts a float to a row. The float is already rounded and within the drawing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to the rows of the drawing")]
fn as_row(row: f64) -> usize {
    row as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_grow_and_stay_near_to_the_wishes() {
        assert_eq!(near(&[0.0, 5.0, 6.0], 10), [0, 5, 6]);
        assert_eq!(near(&[3.0, 3.0, 3.0], 10), [2, 3, 4]);
        assert_eq!(near(&[9.0, 0.0], 10), [4, 5]);
        assert_eq!(near(&[8.0, 9.0, 9.5], 10), [7, 8, 9]);
        assert_eq!(near(&[], 10), [0; 0]);
    }
}
