//! `[…]`: a class of characters. A class of plain characters also matches its own text.

use super::token::Kind;
use super::{Nest, Reader, escaped};
use crate::glob::PatternError;
use crate::glob::character_set;
use crate::glob::term::{Guard, Word, verbatim};

/// A class that is being read.
#[derive(Debug, Default)]
pub(super) struct Bracket {
    /// Whether the class contains text that looks like a POSIX class.
    posix: bool,
    /// The position of the last `[` after the first one, in the token's text.
    inner: Option<usize>,
}

impl Reader {
    pub(super) fn open_bracket(&mut self) -> Result<(), PatternError> {
        if self.last_bracket_close.is_none_or(|close| close < self.next) {
            self.push(Kind::Bracket, "\\[", None);
            return Ok(());
        }
        self.enter(Nest::Bracket)?;
        // The class is added to the output when it closes.
        self.push(Kind::Bracket, "[", Some(Vec::new()));
        self.last_mut().output = None;
        Ok(())
    }

    /// Whether a `]` would close the open class. Directly after `[` or `[^`, a `]` is a member of the class.
    pub(super) fn class_has_begun(&self) -> bool {
        !matches!(self.last().value.as_str(), "[" | "[^")
    }

    /// Adds a character to the open class. An escaped character comes with its backslash.
    pub(super) fn in_class(&mut self, c: &str) {
        if c == ":" && self.posix_class() {
            return;
        }
        let escape = match c {
            "[" => self.peek(0) != Some(':'),
            "-" => self.peek(0) == Some(']'),
            "]" => true,
            _ => false,
        };
        let value = &mut self.tokens[self.last].value;
        if escape {
            value.push('\\');
        }
        value.push_str(c);
        if c.ends_with('[')
            && let Some(bracket) = &mut self.open_bracket
        {
            bracket.inner = Some(value.len() - 1);
        }
    }

    /// If the colon that was just read is the second one of a `[:name:]`, replaces the name by the members of that
    /// POSIX class. Returns whether it did.
    fn posix_class(&mut self) -> bool {
        let Some(bracket) = &mut self.open_bracket else { return false };
        let Some(inner) = bracket.inner else { return false };
        bracket.posix = true;
        let value = &mut self.tokens[self.last].value;
        if !value[1..].contains(':') {
            return false;
        }
        let Some(class) = value.get(inner + 2..).and_then(character_set::posix) else { return false };
        value.truncate(inner);
        value.push_str(class);
        bracket.inner = value.rfind('[').filter(|inner| *inner > 0);
        self.backtrack = true;
        self.next += 1;
        if self.order.get(1) == Some(&self.last) && self.tokens[0].output.as_ref().is_none_or(Vec::is_empty) {
            self.tokens[0].output = Some(self.words([Word::Guard(Guard::Something)]));
        }
        true
    }

    pub(super) fn close_bracket(&mut self) {
        let Some(bracket) = &self.open_bracket else {
            let output = self.words([Word::Char(']')]);
            return self.push(Kind::Text, "]", Some(output));
        };
        let posix = bracket.posix;
        self.leave(Nest::Bracket);
        let last = &mut self.tokens[self.last];
        let members = last.value[1..].to_owned();
        if !posix && members.starts_with('^') && !members.contains('/') {
            last.value.push('/');
        }
        last.value.push(']');
        if !members.contains(|c| "-*+?.^${}(|)[]".contains(c)) {
            let itself: String = last.value.chars().map(escaped).collect();
            last.value = format!("(?:{itself}|{})", last.value);
        }
        self.output.extend(verbatim(&last.value, last.at));
    }

    /// Reads a class that is never closed: its bracket as a literal character, and its contents as text outside of a
    /// class.
    pub(super) fn unclosed_bracket(&mut self) -> Result<(), PatternError> {
        let last = &self.tokens[self.last];
        let at = last.at;
        let text = last.value.get(1..).unwrap_or_default();
        let unclosed = || PatternError::new(at, "`[` is never closed").help("write `\\[` for a bracket");
        let escaped = self.output.last().is_some_and(|term| term.word == Word::Char('\\'));
        if last.kind != Kind::Bracket
            || escaped
            || self.backtrack
            || text.replace("\\[", "").contains(|c| "[{}".contains(c))
        {
            return Err(unclosed());
        }
        let mut terms = self.words([Word::Char('[')]);
        terms.extend(verbatim(text, at));
        self.output.extend(terms);
        self.leave(Nest::Bracket);
        Ok(())
    }
}
