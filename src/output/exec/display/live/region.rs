use std::io::Write as _;
use std::os::fd::AsFd;

use unicode_width::UnicodeWidthStr as _;

/// The size of a terminal, in characters: at least one column and one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The width.
    pub(super) columns: usize,
    /// The height.
    pub(super) rows: usize,
}

impl Default for Size {
    /// Returns the size that is assumed if a terminal does not report its size.
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

impl Size {
    /// Returns the width.
    #[must_use]
    pub fn columns(self) -> usize {
        self.columns
    }

    /// Returns the size of a terminal; `None` if this is not a terminal, or does not report its size.
    pub fn of(terminal: impl AsFd) -> Option<Self> {
        let size = rustix::termios::tcgetwinsize(terminal).ok()?;
        let size = Self { columns: size.ws_col.into(), rows: size.ws_row.into() };
        (size.columns > 0 && size.rows > 0).then_some(size)
    }
}

/// Lines at the bottom of a terminal that are redrawn when they change. The cursor is below them, at the left, so that
/// the screen is tidy whenever the program ends.
#[derive(Debug, Default)]
pub(super) struct Region {
    drawn: Vec<usize>,
}

impl Region {
    /// Erases the lines. The rows that the lines occupy now are counted, since a terminal that has become narrower has
    /// wrapped the lines.
    pub(super) fn erase(&mut self, size: Size, out: &mut Vec<u8>) {
        let height: usize = self.drawn.drain(..).map(|width| width.div_ceil(size.columns).max(1)).sum();
        // Rows that have scrolled off the screen cannot be erased.
        let height = height.min(size.rows.saturating_sub(1));
        if height > 0 {
            // Writing to memory does not fail.
            let _ = write!(out, "\r\x1b[{height}A\x1b[J");
        }
    }

    /// Draws lines where the cursor is.
    pub(super) fn draw(&mut self, lines: Vec<String>, out: &mut Vec<u8>) {
        for line in lines {
            self.drawn.push(line.width());
            let _ = writeln!(out, "{line}");
        }
    }
}
