//! Tokens: the pieces into which a pattern is split.

use crate::glob::term::{Term, verbatim};

/// A piece of a pattern.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The text of the token. If `output` is `None`, it becomes part of the expression unchanged.
    pub(super) value: String,
    pub(super) output: Option<Vec<Term>>,
    /// The position of the token before this one, at the time when this one was added.
    pub(super) before: Option<usize>,
    /// The offset in the pattern, in bytes.
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The beginning of the pattern.
    Start,
    Text,
    Slash,
    /// A dot at the beginning of a segment, or within a group or a brace.
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
    /// Returns the terms that the token adds to the expression.
    pub(super) fn terms(&self) -> Vec<Term> {
        match &self.output {
            Some(terms) => terms.clone(),
            None => verbatim(&self.value, self.at),
        }
    }

    /// Does the same as `terms`, but reads the token's text also if `output` is empty. In some places picomatch treats
    /// an empty output like a missing one.
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
