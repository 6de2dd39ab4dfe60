use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A column of a table. It has the width of its widest text, in columns of a terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Column(usize);

impl Column {
    /// Returns the column for these texts. It is as wide as the widest text.
    pub fn of(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(texts.into_iter().map(|text| text.as_ref().width()).max().unwrap_or_default())
    }

    /// Returns a column that is wide enough for its heading too.
    pub(super) fn under(heading: &str, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Self::of(texts).0.max(heading.width()))
    }

    /// Returns the width, in columns of a terminal.
    pub(super) fn width(self) -> usize {
        self.0
    }

    /// Returns a text padded with blanks to the column's width; a wider text is returned unchanged.
    #[must_use]
    pub fn pad(self, text: &str) -> String {
        text.to_owned() + &" ".repeat(self.0.saturating_sub(text.width()))
    }
}

/// Returns a text, shortened to at most `most` columns of a terminal. In a text that is too long, `…` replaces the
/// middle. The last part of a path is kept if it fits.
#[must_use]
pub(crate) fn without_middle(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let last = text.rsplit_once('/').map_or(0, |(_, last)| last.width() + 1);
    let tail = if last < most { last.max(most / 2) } else { most / 2 };
    let head = most.saturating_sub(tail + 1);
    let start = fitting(text.chars(), head);
    let mut end = fitting(text.chars().rev(), most.saturating_sub(head + 1));
    end.reverse();
    start.into_iter().chain(['…']).chain(end).collect()
}

/// Returns the longest beginning of the characters that fits into `most` columns of a terminal.
fn fitting(characters: impl Iterator<Item = char>, most: usize) -> Vec<char> {
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or_default();
        width <= most
    };
    characters.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_takes_two_columns() {
        let column = Column::of(["api", "服务"]);
        assert_eq!(
            ["服务", "api", "e\u{301}", "", "longer"].map(|text| column.pad(text)),
            ["服务", "api ", "e\u{301}   ", "    ", "longer"]
        );
        assert_eq!(Column::under("SERVICE", ["服务"]).pad("服务"), "服务   ");
    }

    #[test]
    fn a_long_text_loses_its_middle_and_never_its_end() {
        let path = "services/other/migrator/migrations/0002_orders.sql";
        for (most, short) in [
            (80, path),
            (40, "services/other/migr…ions/0002_orders.sql"),
            (24, "service…/0002_orders.sql"),
            (18, "s…/0002_orders.sql"),
            (10, "serv…s.sql"),
        ] {
            assert_eq!(without_middle(path, most), short, "in {most}");
        }
        assert_eq!(without_middle("服务服务服务", 7), "服…务");
    }
}
