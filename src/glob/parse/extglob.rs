//! `+(a|b)`, `*(…)`, `?(…)` and `!(…)`. (`@(…)` is a plain group.)

use super::redos_guard::{Risk, risk};
use super::token::Kind;
use super::{Nest, Reader, escaped};
use crate::glob::PatternError;
use crate::glob::term::{Guard, Opening, Term, Times, Word, verbatim};

/// An open extglob.
#[derive(Debug)]
pub(super) struct Extglob {
    /// The character before the parenthesis.
    mark: char,
    /// The text of the tokens in the extglob, without parentheses and without the text of inner extglobs.
    pub(super) inner: String,
    /// How many parentheses were open before the extglob.
    pub(super) parens: i32,
    /// The length of the output before the extglob.
    output: usize,
    /// The position of the mark's token in [`Reader::order`].
    order: usize,
    /// The mark's position in the pattern.
    start: usize,
}

impl Extglob {
    pub(super) fn negates(&self) -> bool {
        self.mark == '!'
    }
}

impl Reader {
    /// Opens an extglob whose mark was just read.
    pub(super) fn open_extglob(&mut self, mark: char) -> Result<(), PatternError> {
        let extglob = Extglob {
            mark,
            inner: String::new(),
            parens: self.parens,
            output: self.output.len(),
            order: self.order.len(),
            start: self.next - 1,
        };
        let (kind, open) = match mark {
            '!' => {
                let group = Word::Open(Opening::Group);
                (Kind::Exclamation, vec![group.clone(), Word::Open(Opening::NotAhead), group])
            }
            '+' => (Kind::Plus, vec![Word::Open(Opening::Group)]),
            '*' => (Kind::Star, vec![Word::Open(Opening::Group)]),
            _ => (Kind::Question, vec![Word::Open(Opening::Group)]),
        };
        self.enter(Nest::Paren)?;
        let guard = self.output.is_empty().then_some(Word::Guard(Guard::Something));
        let guard = self.words(guard);
        self.push(kind, &mark.to_string(), Some(guard));
        let open = self.words(open);
        self.next += 1;
        self.push(Kind::ExtglobParen, "(", Some(open));
        self.open_extglobs.push(extglob);
        Ok(())
    }

    pub(super) fn close_extglob(&mut self, extglob: &Extglob) -> Result<(), PatternError> {
        let output = match extglob.mark {
            '!' => self.close_negation(extglob)?,
            '?' => self.words([Word::Close, Word::Repeat(Times::Optional)]),
            mark => match risk(&self.chars[extglob.start + 2..self.next - 1]) {
                Some(risk) => {
                    self.neuter(extglob, risk);
                    return Ok(());
                }
                None if mark == '+' => self.words([Word::Close, Word::Repeat(Times::Many)]),
                None => self.words([Word::Close, Word::Repeat(Times::Any)]),
            },
        };
        self.push(Kind::ExtglobParen, ")", Some(output));
        self.leave(Nest::Paren);
        Ok(())
    }

    /// Returns the words that end a `!(…)`: they close its lookahead, and a star or globstar follows.
    fn close_negation(&self, extglob: &Extglob) -> Result<Vec<Term>, PatternError> {
        let inner = &extglob.inner;
        let rest = self.rest();
        let over_slashes = inner.chars().nth(1).is_some() && inner.contains('/');
        let star = if over_slashes { Word::Globstar } else { Word::Star };
        let suffix = rest.first() == Some(&'.') && rest.len() > 1 && !rest[1..].iter().any(|c| "\\/.".contains(*c));
        if inner.contains('*') && suffix {
            // `!(*.d).ts`: what must not be ahead includes the rest of the pattern.
            let text: String = rest.iter().collect();
            let at = self.offsets[self.next];
            let reading = Self::new(&text).read().map_err(|error| error.shifted(at))?;
            let mut output = self.words([Word::Close]);
            output.extend(reading.terms.into_iter().map(|term| Term { at: term.at + at, ..term }));
            output.extend(self.words([Word::Close, star, Word::Close]));
            return Ok(output);
        }
        Ok(if over_slashes || rest.iter().all(|c| *c == ')') {
            self.words([Word::Close, Word::End, Word::Close, Word::Close, star])
        } else {
            self.words([Word::Close, Word::Close, star, Word::Close])
        })
    }

    /// Replaces an extglob that picomatch considers risky by its literal text, or by a class that repeats.
    fn neuter(&mut self, extglob: &Extglob, risk: Risk) {
        let literal: String = self.chars[extglob.start..self.next].iter().collect();
        let at = self.offsets[extglob.start];
        let mut output = Vec::new();
        match risk {
            Risk::Text => {
                let text: String = literal.chars().map(escaped).collect();
                output.extend(verbatim(&text, at));
            }
            Risk::Class(set) => {
                output.extend(
                    (extglob.output == 0).then_some(Word::Guard(Guard::Something)).map(|word| Term { at, word }),
                );
                output.extend([Word::Set(set), Word::Repeat(Times::Any)].map(|word| Term { at, word }));
            }
        }
        self.output.truncate(extglob.output);
        self.output.extend_from_slice(&output);
        self.backtrack = true;
        let mut tokens = self.order.get(extglob.order..).unwrap_or_default().iter();
        if let Some(mark) = tokens.next() {
            let mark = &mut self.tokens[*mark];
            mark.kind = Kind::Text;
            mark.value = literal;
            mark.output = Some(output);
        }
        for token in tokens {
            let token = &mut self.tokens[*token];
            token.value = String::new();
            token.output = Some(Vec::new());
        }
        self.push(Kind::ExtglobParen, ")", Some(Vec::new()));
        self.leave(Nest::Paren);
    }
}
