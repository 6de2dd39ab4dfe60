//! `{a,b}`: alternatives; `{a..c}`: a class of characters; `{a}`: these three characters.

use super::token::Kind;
use super::{Nest, Reader, escaped};
use crate::glob::PatternError;
use crate::glob::term::{Opening, Term, Word, readable, verbatim};

/// An open brace.
#[derive(Debug)]
pub(super) struct Brace {
    pub(super) token: usize,
    /// The position of the brace's token in [`Reader::order`].
    order: usize,
    /// The length of the output before the brace.
    output: usize,
    /// Whether the brace contains a comma, as in `{a,b}`.
    comma: bool,
    /// Whether the brace contains a range, as in `{a..c}`.
    pub(super) dots: bool,
}

impl Reader {
    pub(super) fn open_brace(&mut self) -> Result<(), PatternError> {
        self.enter(Nest::Brace)?;
        let (order, output) = (self.order.len(), self.output.len());
        let open = self.words([Word::Open(Opening::Paren)]);
        self.push(Kind::Brace, "{", Some(open));
        self.open_braces.push(Brace { token: self.last, order, output, comma: false, dots: false });
        Ok(())
    }

    pub(super) fn comma(&mut self) {
        let word = match self.open_braces.last_mut() {
            Some(brace) if self.open.last() == Some(&Nest::Brace) => {
                brace.comma = true;
                Word::Or
            }
            _ => Word::Char(','),
        };
        let output = self.words([word]);
        self.push(Kind::Comma, ",", Some(output));
    }

    pub(super) fn close_brace(&mut self) -> Result<(), PatternError> {
        let Some(brace) = self.open_braces.pop() else {
            let output = self.words([Word::Char('}')]);
            self.push(Kind::Text, "}", Some(output));
            return Ok(());
        };
        let output = if brace.dots {
            self.backtrack = true;
            let ends = self.take_range();
            range(&ends, self.tokens[brace.token].at)?
        } else if brace.comma {
            self.words([Word::Close])
        } else {
            self.stand_for_itself(&brace);
            self.words([Word::Char('}')])
        };
        self.push(Kind::Brace, "}", Some(output));
        self.leave(Nest::Brace);
        Ok(())
    }

    /// Turns an opening brace into a literal character, and rebuilds the output after it.
    fn stand_for_itself(&mut self, brace: &Brace) {
        let open = &mut self.tokens[brace.token];
        "\\{".clone_into(&mut open.value);
        open.output = None;
        self.output.truncate(brace.output);
        for token in self.order.get(brace.order..).unwrap_or_default() {
            self.output.extend(self.tokens[*token].terms_or_text());
        }
    }

    /// Removes the last brace and the tokens after it. Returns the sorted texts of the tokens after it, without the
    /// dots.
    fn take_range(&mut self) -> Vec<String> {
        let mut ends = Vec::new();
        while let Some(token) = self.order.pop().map(|token| &self.tokens[token]) {
            match token.kind {
                Kind::Brace => break,
                Kind::Dots => {}
                _ => ends.push(token.value.clone()),
            }
        }
        ends.sort();
        ends
    }
}

/// Returns the class that picomatch makes of the ends of a range: `{1..3}` is `[1-3]`, and so `{1..10}` is `[1-10]`.
fn range(ends: &[String], at: usize) -> Result<Vec<Term>, PatternError> {
    if ends.iter().any(|end| end.contains(']')) {
        return Err(PatternError::new(at, "a range ends in a bracket").help("write `\\{` for a brace"));
    }
    Ok(readable(&format!("[{}]", ends.join("-")), at).unwrap_or_else(|_| {
        let ends: Vec<String> = ends.iter().map(|end| end.chars().map(escaped).collect()).collect();
        verbatim(&ends.join(".."), at)
    }))
}
