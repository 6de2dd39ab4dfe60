use unicode_width::UnicodeWidthStr as _;

/// A column of a table, as wide as a terminal shows its widest text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Column(usize);

impl Column {
    /// Returns the column of these texts.
    pub fn of(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(texts.into_iter().map(|text| text.as_ref().width()).max().unwrap_or_default())
    }

    /// Returns a column that has room for its heading too.
    pub(super) fn under(heading: &str, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Self::of(texts).0.max(heading.width()))
    }

    /// Returns a text padded with blanks to the column's width; a wider text is returned unchanged.
    #[must_use]
    pub fn pad(self, text: &str) -> String {
        text.to_owned() + &" ".repeat(self.0.saturating_sub(text.width()))
    }
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
}
