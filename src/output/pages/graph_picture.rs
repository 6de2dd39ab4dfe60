use std::collections::BTreeSet;
use std::fmt::Write as _;

use maud::{Markup, html};
use unicode_width::UnicodeWidthStr as _;

use super::graph_page::fragment;
use super::layout::{Cell, Layout, layout};
use crate::model::name::Escaped;
use crate::output::emit::without_middle;

/// The height of a row, in pixels like all lengths here: a box, and the lane below it for edges.
const ROW: usize = 38;
const BOX_HEIGHT: usize = 26;
/// The distance between a box and the middle of the lane above or below it.
const LANE: usize = (ROW - BOX_HEIGHT) / 2;
/// The width of a character of the monospace font, in tenths of a pixel.
const CHARACTER: usize = 74;
/// The width of the sign and the margins of a box.
const BOX_MARGIN: usize = 38;
/// The most characters of a name in a box. The row of the table has the whole name.
const MOST_CHARACTERS: usize = 26;
/// The width between two columns of a step.
const GAP: usize = 22;
/// The width between two steps, where edges go up and down.
const CHANNEL: usize = 64;
/// The height above the first row, for the headings.
const TOP: usize = 34;
const MARGIN: usize = 16;

/// A picture of boxes with edges.
pub(super) struct Picture<'a> {
    pub boxes: Vec<ServiceBox<'a>>,
    /// The edges: the number of the dependency, the number of its dependent, and the position of the edge's
    /// declaration, such as `filters.yaml:3:9`.
    pub edges: Vec<(usize, usize, String)>,
}

/// A box of the picture.
pub(super) struct ServiceBox<'a> {
    pub name: &'a str,
    /// The text for screen readers after its name.
    pub label: String,
    /// The sign of its first cause, and the CSS class of that sign, if the service is affected.
    pub sign: Option<(&'static str, &'static str)>,
    pub is_library: bool,
    pub is_critical: bool,
}

impl Picture<'_> {
    /// Returns the picture. Boxes are links to the rows of the table. Edges have the numbers of their boxes as
    /// attributes.
    pub(super) fn svg(&self) -> Markup {
        let ends: Vec<(usize, usize)> = self.edges.iter().map(|(from, to, _)| (*from, *to)).collect();
        let layout = layout(self.boxes.len(), &ends);
        let grid = Grid::of(&layout, &self.boxes);
        let height = TOP + layout.all_rows * ROW + MARGIN + if layout.all_rows > layout.rows { TOP } else { 0 };
        html! {
            svg #picture xmlns="http://www.w3.org/2000/svg" role="group" aria-label="Services"
                width=(grid.width) height=(height) viewBox=(format!("0 0 {} {height}", grid.width)) {
                g.headings aria-hidden="true" {
                    @for (step, first) in layout.steps.iter().enumerate().take(layout.steps.len() - 1) {
                        text x=(grid.left[*first]) y="20" { "step " (step + 1) }
                    }
                    @if layout.all_rows > layout.rows {
                        text x=(MARGIN) y=(grid.top(layout.rows, &layout) - 12) { "on their own" }
                    }
                }
                g.edges aria-hidden="true" {
                    @for (from, to, at) in &self.edges { (self.edge((*from, *to), at, &layout, &grid)) }
                }
                g.boxes {
                    @for (number, drawn) in self.boxes.iter().enumerate() { (node(drawn, number, &layout, &grid)) }
                }
            }
        }
    }

    fn edge(&self, (from, to): (usize, usize), at: &str, layout: &Layout, grid: &Grid) -> Markup {
        let is_critical = self.boxes[from].is_critical && self.boxes[to].is_critical;
        let is_hot = self.boxes[from].sign.is_some() && self.boxes[to].sign.is_some();
        let class = match (is_critical, is_hot) {
            (true, _) => "critical hot",
            (false, true) => "hot",
            (false, false) => "cold",
        };
        html! {
            path class=(class) data-from=(from) data-to=(to) d=(grid.way(layout.cells[from], layout.cells[to], layout)) {
                title { (at) }
            }
        }
    }
}

fn node(drawn: &ServiceBox, number: usize, layout: &Layout, grid: &Grid) -> Markup {
    let cell = layout.cells[number];
    let mut class = drawn.sign.map_or("node", |_| "node hit").to_owned();
    if let Some((_, kind)) = drawn.sign {
        let _ = write!(class, " {kind}");
    }
    for (word, is) in [("library", drawn.is_library), ("critical", drawn.is_critical)] {
        if is {
            let _ = write!(class, " {word}");
        }
    }
    let name = Escaped::new(drawn.name).to_string();
    html! {
        a #{ "n" (number) } class=(class) href=(fragment(drawn.name)) aria-label=(format!("{name}, {}", drawn.label))
            transform=(format!("translate({} {})", grid.left[cell.column], grid.top(cell.row, layout))) {
            rect width=(grid.wide[cell.column]) height=(BOX_HEIGHT) rx="6" {}
            @if let Some((sign, _)) = drawn.sign { text.sign x="10" y="18" aria-hidden="true" { (sign) } }
            text x="27" y="17.5" aria-hidden="true" { (without_middle(&name, MOST_CHARACTERS)) }
            @if name.width() > MOST_CHARACTERS { title { (name) } }
        }
    }
}

/// The positions and widths of the columns.
struct Grid {
    left: Vec<usize>,
    wide: Vec<usize>,
    width: usize,
}

impl Grid {
    fn of(layout: &Layout, boxes: &[ServiceBox]) -> Self {
        let columns = layout.cells.iter().map(|cell| cell.column + 1).max().unwrap_or_default();
        let mut characters = vec![6; columns];
        for (drawn, cell) in boxes.iter().zip(&layout.cells) {
            let name = Escaped::new(drawn.name).to_string();
            characters[cell.column] = characters[cell.column].max(name.width().min(MOST_CHARACTERS));
        }
        let steps: BTreeSet<usize> = layout.steps.iter().copied().collect();
        let (mut left, mut wide, mut x) = (Vec::new(), Vec::new(), MARGIN);
        for (column, characters) in characters.into_iter().enumerate() {
            if column > 0 {
                x += if steps.contains(&column) { CHANNEL } else { GAP };
            }
            left.push(x);
            wide.push(characters * CHARACTER / 10 + BOX_MARGIN);
            x += wide[column];
        }
        Self { left, wide, width: x + MARGIN }
    }

    fn top(&self, row: usize, layout: &Layout) -> usize {
        TOP + row * ROW + if row >= layout.rows && !self.left.is_empty() { TOP } else { 0 }
    }

    fn right(&self, column: usize) -> usize {
        self.left[column] + self.wide[column]
    }

    /// Returns the SVG path of an edge: a curve to the next column, or for a longer edge, a path along the lane beside
    /// the row where the edge ends.
    fn way(&self, from: Cell, to: Cell, layout: &Layout) -> String {
        let middle = |row| self.top(row, layout) + BOX_HEIGHT / 2;
        let (x1, y1, x2, y2) = (self.right(from.column), middle(from.row), self.left[to.column], middle(to.row));
        if to.column <= from.column + 1 {
            return curve(&format!("M{x1} {y1}"), (x1, y1), (x2, y2));
        }
        let top = self.top(to.row, layout);
        let lane = if from.row > to.row { top + BOX_HEIGHT + LANE } else { top - LANE };
        let (enter, leave) = (self.left[from.column + 1], self.right(to.column - 1));
        let way = curve(&format!("M{x1} {y1}"), (x1, y1), (enter, lane));
        curve(&format!("{way}H{leave}"), (leave, lane), (x2, y2))
    }
}

/// Returns the path `way` with a curve appended. The curve begins and ends horizontally.
fn curve(way: &str, (x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> String {
    if y1 == y2 {
        return format!("{way}H{x2}");
    }
    let middle = x1.midpoint(x2);
    format!("{way}C{middle} {y1} {middle} {y2} {x2} {y2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_over_a_column_runs_in_a_lane() {
        let boxes = ["a", "b", "c"].map(|name| ServiceBox {
            name,
            label: String::new(),
            sign: None,
            is_library: false,
            is_critical: false,
        });
        let picture = Picture {
            boxes: boxes.into(),
            edges: [(0, 1), (1, 2), (0, 2)].map(|(from, to)| (from, to, String::new())).into(),
        };
        let text = picture.svg().into_string();
        // The three boxes are in one row, and the long edge passes above the box in the middle.
        assert!(text.contains(&format!("{} ", TOP - LANE)), "{text}");
        assert_eq!(text.matches("<path").count(), 3);
    }
}
