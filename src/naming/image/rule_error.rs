use crate::model::name::{Escaped, nearest};

/// What is wrong with a line of `tags` or `flavor`, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// The number of the line, from 0.
    pub line: usize,
    /// Offset in bytes in that line.
    pub offset: usize,
    /// What is wrong: without a full stop, in lower case.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What is wrong with a text, and where in it. Harmful characters in the message and the help are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) offset: usize,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: escaped(&message.into()), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(escaped(&help.into())), ..self }
    }

    /// Returns the problem with a help text: the one of `words` that was most likely meant, or else all of them.
    pub(super) fn suggest(self, word: &str, words: &[&str]) -> Self {
        let help = match nearest(word, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are `{}`", words.join("`, `")),
        };
        self.help(help)
    }

    /// Returns the same problem with its offset in a longer text, in which the present text begins at `start`.
    pub(super) fn moved(self, start: usize) -> Self {
        Self { offset: self.offset + start, ..self }
    }

    pub(super) fn in_line(self, line: usize) -> RuleError {
        RuleError { line, offset: self.offset, message: self.message, help: self.help }
    }
}

fn escaped(text: &str) -> String {
    Escaped::new(text).to_string()
}
