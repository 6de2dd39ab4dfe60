//! The layout of a dependency graph: a layered drawing from left to right, on a grid.
//!
//! A box is to the right of all its dependencies, one *step* after the last of them. A step with many boxes takes
//! several columns. Boxes without any edge are below, in a block of their own. Between two rows of boxes is a free
//! *lane*, at the same height in all columns, so an edge crosses columns without touching a box.

mod step_order;
mod straight_rows;

use std::collections::BTreeSet;

/// The number of a box, from 0.
pub(super) type Node = usize;

/// An edge from a dependency to its dependent.
pub(super) type Edge = (Node, Node);

/// A drawing of a graph, in columns and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The cell of each box, by its number.
    pub cells: Vec<Cell>,
    /// The first column of each step, and at the end the number of columns.
    pub steps: Vec<usize>,
    /// How many rows the boxes with edges occupy. The block of boxes without edges begins in the row after.
    pub rows: usize,
    /// How many rows there are in all.
    pub all_rows: usize,
}

/// The cell of a box in the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cell {
    /// Its column, from 0 at the left.
    pub column: usize,
    /// Its row, from 0 at the top.
    pub row: usize,
}

/// How many rows fit on a screen. A larger graph gets more rows, so that it does not become a long strip.
const SCREEN_ROWS: usize = 20;
/// How many columns fit on a screen.
const SCREEN_COLUMNS: usize = 6;

/// Returns the layout of a graph of `count` boxes. Edges from or to unknown boxes, and from a box to itself, are left
/// out. Boxes that need each other are in one step.
#[must_use]
pub(super) fn layout(count: usize, edges: &[Edge]) -> Layout {
    let edges: Vec<Edge> =
        edges.iter().copied().filter(|(from, to)| from != to && *from < count && *to < count).collect();
    let neighbours = Neighbours::of(count, &edges);
    let (joined, alone): (Vec<Node>, Vec<Node>) = (0..count).partition(|node| neighbours.has_any(*node));
    let high = SCREEN_ROWS.max((joined.len() * 7 / 2).isqrt());
    let steps = step_order::by_step(&neighbours, &joined);
    let mut cells = vec![Cell::default(); count];
    let mut firsts = vec![0];
    let mut columns = 0;
    for step in &steps {
        let wide = step.len().div_ceil(high).max(1);
        for (place, node) in step.iter().enumerate() {
            cells[*node] = Cell { column: columns + place % wide, row: place / wide };
        }
        columns += wide;
        firsts.push(columns);
    }
    let rows = straight_rows::straighten(&neighbours, &steps, &mut cells);
    let wide = columns.max(SCREEN_COLUMNS);
    for (place, node) in alone.iter().enumerate() {
        cells[*node] = Cell { column: place % wide, row: rows + place / wide };
    }
    Layout { cells, steps: firsts, rows, all_rows: rows + alone.len().div_ceil(wide) }
}

/// The dependencies and the dependents of each box.
struct Neighbours {
    needs: Vec<Vec<Node>>,
    needed_by: Vec<Vec<Node>>,
}

impl Neighbours {
    fn of(count: usize, edges: &[Edge]) -> Self {
        let (mut needs, mut needed_by) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let unique: BTreeSet<Edge> = edges.iter().copied().collect();
        for (from, to) in unique {
            needs[to].push(from);
            needed_by[from].push(to);
        }
        Self { needs, needed_by }
    }

    fn has_any(&self, node: Node) -> bool {
        !(self.needs[node].is_empty() && self.needed_by[node].is_empty())
    }

    fn all(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        self.needs[node].iter().chain(&self.needed_by[node]).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(count: usize, edges: &[Edge]) -> Vec<(usize, usize)> {
        layout(count, edges).cells.iter().map(|cell| (cell.column, cell.row)).collect()
    }

    #[test]
    fn a_box_stands_one_step_after_what_it_needs() {
        // 0 → 1 → 3, 0 → 2 → 3, 0 → 3; 4 is alone.
        let drawn = layout(5, &[(0, 1), (1, 3), (0, 2), (2, 3), (0, 3)]);
        let columns: Vec<usize> = drawn.cells.iter().map(|cell| cell.column).collect();
        assert_eq!(columns, [0, 1, 1, 2, 0]);
        assert_eq!((drawn.steps, drawn.rows, drawn.all_rows), (vec![0, 1, 2, 3], 2, 3));
        assert_eq!(drawn.cells[4].row, 2);
    }

    #[test]
    fn edges_that_can_be_kept_apart_do_not_cross() {
        // Two chains, whose second boxes are numbered the other way round.
        let places = cells(4, &[(0, 3), (1, 2)]);
        assert_eq!((places[0].1, places[1].1), (places[3].1, places[2].1));
    }

    #[test]
    fn circles_unknown_boxes_and_nothing_have_a_layout_too() {
        assert_eq!(layout(0, &[]).all_rows, 0);
        assert_eq!(cells(2, &[(0, 0), (0, 9)]), [(0, 0), (1, 0)]);
        let circle = layout(3, &[(0, 1), (1, 0), (1, 2)]);
        assert_eq!(circle.cells.iter().map(|cell| (cell.column, cell.row)).collect::<BTreeSet<_>>().len(), 3);
    }

    /// Checks random graphs: no two boxes share a cell, dependencies are to the left, and the same graph has the same
    /// layout.
    #[test]
    fn no_two_boxes_share_a_place() {
        let mut random = 88_172_645_463_325_252_u64;
        let mut next = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below.max(1) as u64).unwrap()
        };
        for round in 0..300 {
            let count = 1 + next(120);
            let edges: Vec<Edge> = (0..next(2 * count))
                .map(|_| (next(count), next(count)))
                .map(|(one, two)| (one.min(two), one.max(two)))
                .collect();
            let drawn = layout(count, &edges);
            let taken: BTreeSet<(usize, usize)> = drawn.cells.iter().map(|cell| (cell.column, cell.row)).collect();
            assert_eq!(taken.len(), count, "round {round}");
            for (from, to) in edges.iter().filter(|(from, to)| from != to) {
                assert!(drawn.cells[*from].column < drawn.cells[*to].column, "round {round}: {from} → {to}");
            }
            assert!(drawn.cells.iter().all(|cell| cell.row < drawn.all_rows), "round {round}");
            assert_eq!(drawn, layout(count, &edges), "round {round}");
        }
    }
}
