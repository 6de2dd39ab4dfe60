//! `*` and `**`.

use super::Reader;
use super::extglob::Extglob;
use super::token::Kind;
use crate::glob::term::{Guard, Opening, Word};

impl Reader {
    pub(super) fn star(&mut self) {
        if matches!(self.last_kind(), Kind::Globstar | Kind::Stars) {
            return self.third_star();
        }
        if self.last_kind().is_star() {
            return self.second_star();
        }
        let segment_begins = self.next == self.start + 1 || self.last_kind() == Kind::Slash;
        let mut guards = match self.last_kind() {
            Kind::Dot => self.words([Word::Guard(Guard::NotLoneDot)]),
            _ if segment_begins => self.words([Word::Guard(Guard::NotDots)]),
            _ => Vec::new(),
        };
        if !guards.is_empty() {
            if self.peek(0) != Some('*') {
                guards.extend(self.words([Word::Guard(Guard::Something)]));
            }
            self.output.extend_from_slice(&guards);
            let mut terms = self.last().terms();
            terms.extend(guards);
            self.last_mut().output = Some(terms);
        }
        let star = self.words([Word::Star]);
        self.push(Kind::Star, "*", Some(star));
    }

    fn third_star(&mut self) {
        let star = self.words([Word::Star]);
        let last = self.last_mut();
        last.kind = Kind::Stars;
        last.value.push('*');
        last.output = Some(star);
        self.backtrack = true;
    }

    fn second_star(&mut self) {
        let Some(prior) = self.last().before else { return self.third_star() };
        let prior_kind = self.tokens[prior].kind;
        let before = self.tokens[prior].before.map(|before| self.tokens[before].kind);
        let segment_begins = match prior_kind {
            Kind::Slash | Kind::Start | Kind::Paren | Kind::ExtglobParen => true,
            Kind::Comma | Kind::Brace => self.braces > 0,
            _ => false,
        };
        if !segment_begins {
            return self.push(Kind::Star, "*", Some(Vec::new()));
        }
        // `/**/**` is one globstar.
        while let ['/', '*', '*', after @ ..] = self.rest() {
            if after.first().is_some_and(|c| *c != '/') {
                break;
            }
            self.next += 3;
        }
        let rest = self.rest();
        let negation = self.open_extglobs.iter().any(Extglob::negates);
        let only_closes = usize::try_from(self.parens).is_ok_and(|parens| parens > 0 && parens == rest.len())
            && rest.iter().all(|c| *c == ')');
        let ends = rest.is_empty() || only_closes && !negation;
        let slash_follows = rest.first() == Some(&'/');
        let behind_slash = prior_kind == Kind::Slash && before != Some(Kind::Start);
        let behind_star = matches!(before, Some(Kind::Star | Kind::Stars | Kind::Globstar));

        let slash = Word::Char('/');
        if prior_kind == Kind::Start && rest.is_empty() {
            self.output.clear();
            return self.globstar(vec![Word::Globstar]);
        }
        if behind_slash && !behind_star && ends {
            // `a/**`, which matches `a` as well.
            self.open_before(prior);
            return self.globstar(vec![Word::Globstar, Word::Or, Word::End, Word::Close]);
        }
        if behind_slash && slash_follows {
            let mut words = vec![Word::Globstar, slash.clone(), Word::Or, slash];
            if rest.len() > 1 {
                words.extend([Word::Or, Word::End]);
            }
            words.push(Word::Close);
            self.open_before(prior);
            self.globstar(words);
            return self.slash_in_globstar();
        }
        if prior_kind == Kind::Start && slash_follows {
            let (open, or) = (Word::Open(Opening::Group), Word::Or);
            let words = vec![open, Word::Start, or.clone(), slash.clone(), or, Word::Globstar, slash, Word::Close];
            self.output.clear();
            self.globstar(words);
            return self.slash_in_globstar();
        }
        self.take_back_star();
        self.globstar(vec![Word::Globstar]);
    }

    /// Opens a group before the slash that precedes a globstar. `slash` is the position of the slash's token.
    fn open_before(&mut self, slash: usize) {
        self.take_back_star();
        let terms = self.tokens[slash].terms();
        self.output.truncate(self.output.len().saturating_sub(terms.len()));
        let mut opened = self.words([Word::Open(Opening::Group)]);
        opened.extend(terms);
        self.output.extend_from_slice(&opened);
        self.tokens[slash].output = Some(opened);
    }

    /// Turns the last token, a star, into a globstar with these words.
    fn globstar(&mut self, words: Vec<Word>) {
        let output = self.words(words);
        self.output.extend_from_slice(&output);
        let last = self.last_mut();
        last.kind = Kind::Globstar;
        last.value.push('*');
        last.output = Some(output);
    }

    /// Removes the first star of a `**` from the output.
    fn take_back_star(&mut self) {
        let length = self.last().output.as_ref().map_or(0, Vec::len);
        self.output.truncate(self.output.len().saturating_sub(length));
    }

    /// Reads the slash after a globstar. It adds nothing to the output, since the words of the globstar include it.
    fn slash_in_globstar(&mut self) {
        self.next += 1;
        self.push(Kind::Slash, "/", Some(Vec::new()));
    }
}
