//! Tokens: how the characters of a pattern are read.

use crate::glob::term::{Term, verbatim};

/// A piece of a pattern.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The text itself. It is passed on to the expression as it is, unless `output` differs.
    pub(super) value: String,
    pub(super) output: Option<Vec<Term>>,
    /// The token before this one when it was added.
    pub(super) before: Option<usize>,
    /// Offset in the pattern.
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The beginning of the pattern.
    Start,
    Text,
    Slash,
    /// A dot where a segment or a range may begin with one.
    Dot,
    /// The two dots of a range.
    Dots,
    Star,
    /// Three stars or more, which count as one star and not as a globstar.
    Stars,
    Globstar,
    Question,
    Plus,
    At,
    Exclamation,
    /// `(` or `)` of a plain group.
    Paren,
    /// `(` or `)` after one of `+ * ? !`.
    ExtglobParen,
    Bracket,
    /// `{` or `}`.
    Brace,
    Comma,
    MaybeSlash,
}

impl Token {
    /// Returns what the token adds to the expression.
    pub(super) fn terms(&self) -> Vec<Term> {
        match &self.output {
            Some(terms) => terms.clone(),
            None => verbatim(&self.value, self.at),
        }
    }

    /// Returns the terms, or the text if the output is empty, where picomatch treats an empty output as none.
    pub(super) fn terms_or_text(&self) -> Vec<Term> {
        match &self.output {
            Some(terms) if !terms.is_empty() => terms.clone(),
            _ => verbatim(&self.value, self.at),
        }
    }
}

impl Kind {
    pub(super) fn is_paren(self) -> bool {
        matches!(self, Self::Paren | Self::ExtglobParen)
    }

    pub(super) fn is_star(self) -> bool {
        matches!(self, Self::Star | Self::Stars)
    }
}
