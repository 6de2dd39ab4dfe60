//! The summary of a job on GitHub Actions, within GitHub's limit of its size.

/// The most bytes of a summary. GitHub's limit for a step is 1 MiB, and the summary file may already contain other
/// text.
const LONGEST: usize = 900_000;

/// A text in GitHub's Markdown, to which parts are appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    text: String,
    is_full: bool,
}

impl Summary {
    /// Creates a summary that has only a heading.
    #[must_use]
    pub fn new(heading: &str) -> Self {
        Self { text: format!("### {heading}\n\n"), is_full: false }
    }

    /// Appends a part. The first part that does not fit is left out, and so are all later parts.
    pub fn push(&mut self, part: &str) {
        self.is_full |= self.text.len() + part.len() > LONGEST;
        if !self.is_full {
            self.text.push_str(part);
        }
    }

    /// Returns the text. If parts were left out, the last line says that these parts are in `rest`, such as `the plan`.
    #[must_use]
    pub fn text(self, rest: &str) -> String {
        let left_out = format!("\n\n_The summary is longer than GitHub takes; {rest} has the rest._\n");
        if self.is_full { self.text + &left_out } else { self.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_left_out_once_and_for_all() {
        let mut summary = Summary::new("x");
        summary.push(&"a".repeat(LONGEST / 2));
        let short = summary.clone();
        summary.push(&"b".repeat(LONGEST / 2));
        summary.push("c");
        assert!(!short.clone().text("it").contains("rest"));
        let text = summary.text("the plan");
        assert_eq!(text, short.text + "\n\n_The summary is longer than GitHub takes; the plan has the rest._\n");
    }
}
