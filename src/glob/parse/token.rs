//! Tokens: what a pattern's characters were taken for.

use crate::glob::term::{Term, handed_through};

/// A piece of a pattern.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The text itself. It goes to the expression as it is, unless `output` says otherwise.
    pub(super) value: String,
    pub(super) output: Option<Vec<Term>>,
    /// The token that stood before when this one came.
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
    /// A dot where a segment or a range may begin with it.
    Dot,
    /// The two dots of a range.
    Dots,
    Star,
    /// Three stars or more: one star, and no globstar any more.
    Stars,
    Globstar,
    Question,
    Plus,
    At,
    Exclamation,
    /// `(` or `)` of a plain group.
    Paren,
    /// `(` or `)` behind one of `+ * ? !`.
    ExtglobParen,
    Bracket,
    /// `{` or `}`.
    Brace,
    Comma,
    MaybeSlash,
}

impl Token {
    /// What the token adds to the expression.
    pub(super) fn terms(&self) -> Vec<Term> {
        match &self.output {
            Some(terms) => terms.clone(),
            None => handed_through(&self.value, self.at),
        }
    }

    /// The same where picomatch takes an empty output for none.
    pub(super) fn terms_or_text(&self) -> Vec<Term> {
        match &self.output {
            Some(terms) if !terms.is_empty() => terms.clone(),
            _ => handed_through(&self.value, self.at),
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
