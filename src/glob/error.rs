/// Why a text is not a valid pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong: a sentence without a full stop that begins in lower case.
    pub message: String,
    /// Offset of the error in the pattern, in bytes; at most the pattern's length.
    pub offset: usize,
    /// How to correct the pattern, if that is known.
    pub help: Option<String>,
    /// Whether the error is an invalid range in brackets, such as `[user-id]`. These brackets may be meant as part of a
    /// file's name.
    pub(super) in_brackets: bool,
}

impl PatternError {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset, help: None, in_brackets: false }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn in_brackets(self) -> Self {
        Self { in_brackets: true, ..self }
    }

    /// Moves the offset `by` bytes further. This makes the error of a part of a pattern an error of the whole pattern.
    pub(super) fn shifted(mut self, by: usize) -> Self {
        self.offset += by;
        self
    }
}
