//! Reads the end of the pattern: handles groups and classes that are still open, and returns the whole expression.

use super::token::Kind;
use super::{Reader, Reading};
use crate::glob::PatternError;
use crate::glob::term::{Opening, Term, Times, Word};

impl Reader {
    pub(super) fn finish(mut self) -> Result<Reading, PatternError> {
        if self.open_bracket.is_some() {
            self.unclosed_bracket()?;
        }
        while self.parens > 0 {
            self.unclosed_paren()?;
        }
        if let Some(brace) = self.open_braces.last() {
            return Err(PatternError::new(self.tokens[brace.token].at, "`{` is never closed")
                .help("write `\\{` for a literal brace"));
        }
        if self.last_kind().is_star() || self.last_kind() == Kind::Bracket {
            let output = self.words([Word::Char('/'), Word::Repeat(Times::Optional)]);
            self.push(Kind::MaybeSlash, "", Some(output));
        }
        if self.backtrack {
            self.output = Vec::new();
            for token in &self.order {
                self.output.extend(self.tokens[*token].terms());
            }
        }
        Ok(Reading { terms: self.output, negated: self.negated })
    }

    /// Reads the last `(`, which is never closed, as a literal character.
    fn unclosed_paren(&mut self) -> Result<(), PatternError> {
        let escaped = |index: usize| index > 0 && self.output[index - 1].word == Word::Char('\\');
        let has_paren = |index: &usize| match &self.output[*index].word {
            Word::Open(Opening::Paren) => !escaped(*index),
            Word::Open(_) | Word::Globstar | Word::Guard(_) => true,
            Word::Set(set) => set.ranges().iter().any(|(low, high)| *low == '(' || *high == '('),
            _ => false,
        };
        match (0..self.output.len()).rev().find(has_paren).map(|last| &mut self.output[last]) {
            Some(Term { word, .. }) if *word == Word::Open(Opening::Paren) && !self.backtrack => {
                *word = Word::Char('(');
                self.parens -= 1;
                Ok(())
            }
            last => Err(PatternError::new(last.map_or(0, |term| term.at), "`(` is never closed")
                .help("write `\\(` for a parenthesis")),
        }
    }
}
