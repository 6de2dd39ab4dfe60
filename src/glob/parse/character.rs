//! Reads single characters. The meaning of a character depends on the characters before it.

use super::token::Kind;
use super::{Nest, Reader, escaped};
use crate::glob::PatternError;
use crate::glob::character_set::Set;
use crate::glob::term::{self, Times, Word};

/// Whether the characters after `(?` begin JavaScript's lookbehind or named group: `<=`, `<!` or `<name>`.
pub(super) fn begins_own_group(chars: &[char]) -> bool {
    let ['<', inner @ ..] = chars else { return false };
    let name = inner.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
    matches!(inner.first(), Some('=' | '!')) || name > 0 && inner.get(name) == Some(&'>')
}

impl Reader {
    pub(super) fn character(&mut self, c: char) -> Result<(), PatternError> {
        match c {
            '\0' => {}
            '\\' => self.backslash(),
            c if self.open_bracket.is_some() && !(c == ']' && self.class_has_begun()) => self.in_class(&c.to_string()),
            c if self.in_quotes && c != '"' => self.quoted(c),
            '"' => self.in_quotes = !self.in_quotes,
            '(' => {
                self.enter(Nest::Paren)?;
                self.push(Kind::Paren, "(", None);
            }
            ')' => self.close_paren()?,
            '[' => self.open_bracket()?,
            ']' => self.close_bracket(),
            '{' => self.open_brace()?,
            '}' => self.close_brace()?,
            ',' => self.comma(),
            '/' => self.slash(),
            '.' => self.dot(),
            '|' => self.push(Kind::Text, "|", None),
            '@' if self.group_follows() => self.push(Kind::At, "@", Some(Vec::new())),
            '+' | '*' | '?' | '!' if self.extglob_follows(c) => self.open_extglob(c)?,
            '+' => self.plus(),
            '*' => self.star(),
            '?' => self.question(),
            '!' if self.next == 1 => self.negation(),
            c => self.text(c),
        }
        Ok(())
    }

    fn backslash(&mut self) {
        let mut value = String::from("\\");
        match self.peek(0) {
            Some('/' | '.' | ';') => return,
            None => value.push('\\'),
            Some(_) => {
                // A longer run of backslashes counts as one or two.
                let run = self.rest().iter().take_while(|c| **c == '\\').count();
                if run > 2 {
                    self.next += run;
                    if run % 2 == 1 {
                        value.push('\\');
                    }
                }
                value.extend(self.advance());
                if self.open_bracket.is_some() {
                    return self.in_class(&value);
                }
                self.take_code(&mut value);
            }
        }
        self.push(Kind::Text, &value, None);
    }

    /// Adds the digits of `\x41` or `\u0041`, or the letter of `\cA`, to the escape in `value`.
    fn take_code(&mut self, value: &mut String) {
        let length = match value.as_str() {
            "\\x" => 2,
            "\\u" => 4,
            "\\c" => 1,
            _ => return,
        };
        let Some(code) = self.rest().get(..length) else { return };
        let fits = |c: &char| if length == 1 { c.is_ascii_alphabetic() } else { c.is_ascii_hexdigit() };
        if code.iter().all(fits) {
            value.extend(code);
            self.next += length;
        }
    }

    /// Adds a character between double quotes, which is literal, to the last token.
    fn quoted(&mut self, c: char) {
        let value = escaped(c);
        self.output.extend(term::verbatim(&value, self.at));
        self.last_mut().value.push_str(&value);
    }

    fn close_paren(&mut self) -> Result<(), PatternError> {
        if let Some(extglob) = self.open_extglobs.pop_if(|extglob| self.parens == extglob.parens + 1) {
            return self.close_extglob(&extglob);
        }
        let word = if self.parens == 0 { Word::Char(')') } else { Word::Close };
        let output = self.words([word]);
        self.push(Kind::Paren, ")", Some(output));
        self.leave(Nest::Paren);
        Ok(())
    }

    fn slash(&mut self) {
        if self.last_kind() == Kind::Dot && self.next == self.start + 2 {
            // `./` at the beginning is ignored.
            self.start = self.next;
            self.output.clear();
            self.order.pop();
            self.last = 0;
            return;
        }
        let slash = self.words([Word::Char('/')]);
        self.push(Kind::Slash, "/", Some(slash));
    }

    fn dot(&mut self) {
        let dot = self.words([Word::Char('.')]);
        if self.braces > 0 && self.last_kind() == Kind::Dot {
            let any = self.words([Word::Any]);
            let last = self.last_mut();
            last.kind = Kind::Dots;
            last.value.push('.');
            last.output.get_or_insert_default().extend(any);
            if let Some(brace) = self.open_braces.last_mut() {
                brace.dots = true;
            }
            return;
        }
        let in_segment = self.braces + self.parens == 0 && !matches!(self.last_kind(), Kind::Start | Kind::Slash);
        self.push(if in_segment { Kind::Text } else { Kind::Dot }, ".", Some(dot));
    }

    /// Whether a group follows that is not one of JavaScript's own groups, such as `(?:`.
    fn group_follows(&self) -> bool {
        self.peek(0) == Some('(') && self.peek(1) != Some('?')
    }

    /// Whether the parenthesis of an extglob follows `mark`, the character that was just read.
    fn extglob_follows(&self, mark: char) -> bool {
        match mark {
            '!' => {
                let own = self.peek(1) == Some('?') && matches!(self.peek(2), Some('!' | '=' | '<' | ':'));
                self.peek(0) == Some('(') && !own
            }
            '?' => self.group_follows() && self.last().value != "(",
            // A third or later star does not begin an extglob.
            '*' => {
                let third = matches!(self.last_kind(), Kind::Globstar | Kind::Stars);
                self.group_follows() && self.peek(1).is_some() && !third
            }
            _ => self.group_follows(),
        }
    }

    fn question(&mut self) {
        if !self.last_kind().is_paren() {
            let output = self.words([Word::Set(Set::not_slash())]);
            return self.push(Kind::Question, "?", Some(output));
        }
        let next = self.peek(0);
        let literal = self.last().value == "(" && !matches!(next, Some('!' | '=' | '<' | ':'))
            || next == Some('<') && self.last_own_group.is_none_or(|last| last < self.next);
        let output = self.words([if literal { Word::Char('?') } else { Word::Repeat(Times::Optional) }]);
        self.push(Kind::Text, "?", Some(output));
    }

    /// Reads every `!` at the beginning of the pattern. An odd number of them negates the pattern.
    fn negation(&mut self) {
        let mut count = 1;
        while self.peek(0) == Some('!') && (self.peek(1) != Some('(') || self.peek(2) == Some('?')) {
            self.next += 1;
            self.start += 1;
            count += 1;
        }
        if count % 2 == 1 {
            self.negated = true;
            self.start += 1;
        }
    }

    fn plus(&mut self) {
        if self.last().value == "(" {
            let output = self.words([Word::Char('+')]);
            return self.push(Kind::Plus, "+", Some(output));
        }
        let repeats = self.last_kind().is_paren() || matches!(self.last_kind(), Kind::Bracket | Kind::Brace);
        self.push(Kind::Plus, if repeats || self.parens > 0 { "+" } else { "\\+" }, None);
    }

    fn text(&mut self, c: char) {
        let mut value = if matches!(c, '$' | '^') { format!("\\{c}") } else { c.to_string() };
        while c != '@'
            && let Some(c) = self.peek(0).filter(|c| !"@![].,$*+?^{}()|\\/".contains(*c))
        {
            value.push(c);
            self.next += 1;
        }
        self.push(Kind::Text, &value, None);
    }
}
