//! Heredocs: files within the Dockerfile, after the instruction that names them.

use super::shell_lexer;

/// A heredoc that an instruction announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The line that ends it.
    pub(super) terminator: String,
    /// Whether leading tabs are removed: `<<-`.
    pub(super) tabs: bool,
}

/// Returns the heredocs of an instruction, in order; none if its words cannot be parsed.
pub(super) fn of_line(line: &str) -> Vec<Heredoc> {
    shell_lexer::raw_words(line).unwrap_or_default().iter().filter_map(|word| of_word(word)).collect()
}

/// Returns the heredoc that a word announces, such as `<<NAME`, `<<-NAME` or `3<<"NAME"`; `None` for any other word.
pub(super) fn of_word(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, tabs) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let name = rest.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
    if name.is_empty() || name.contains('<') {
        return None;
    }
    match &mut *shell_lexer::words(name).ok()? {
        [terminator] => Some(Heredoc { terminator: std::mem::take(terminator), tabs }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heredocs_are_told_from_other_words() {
        let names = |line: &str| of_line(line).into_iter().map(|doc| (doc.terminator, doc.tabs)).collect::<Vec<_>>();
        let doc = |name: &str, tabs| (name.to_owned(), tabs);
        assert_eq!(names("RUN cat <<A 3<<-'B C' > /x << D"), [doc("A", false), doc("B C", true), doc("D", false)]);
        assert_eq!(names(r#"COPY <<"E"F <<$G ${x:0:1} /x"#), [doc("EF", false), doc("$G", false)]);
        for line in ["RUN a<<b", "RUN <<<a", "RUN '<<a'", "RUN a << ", r#"RUN <<A ""#, "RUN <<A ${a^}", r"RUN \<<a"] {
            assert_eq!(names(line), [], "{line}");
        }
    }
}
