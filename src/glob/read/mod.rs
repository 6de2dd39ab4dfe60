//! Reads a pattern as picomatch reads it: character by character, each with a look at what stood before.
//!
//! The rules are those of `lib/parse.js` in picomatch 4.0.7 for `{dot: true}`. There the result is the text of a
//! regular expression; here it is its words ([`Term`]), which `tree` puts together.

mod brace;
mod bracket;
mod extglob;
mod plain;
mod risky;
mod star;
mod token;
mod whole;

use self::brace::Brace;
use self::bracket::Bracket;
use self::extglob::Extglob;
use self::token::{Kind, Token};
use super::PatternError;
use super::set::Set;
use super::term::{self, Opening, Term, Times, Word};

/// The longest pattern, in bytes. picomatch has the same limit, in UTF-16 units.
pub(super) const MAX_LENGTH: usize = 65_536;

/// How deep groups, braces and extglobs may stand in each other.
pub(super) const MAX_DEPTH: usize = 100;

/// A pattern as picomatch understands it.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) terms: Vec<Term>,
    /// Whether the pattern matches what the terms do not.
    pub(super) negated: bool,
}

/// Reads a pattern.
pub(super) fn read(text: &str) -> Result<Reading, PatternError> {
    if text.is_empty() {
        return Err(PatternError::new(0, "the pattern is empty").help("`**` matches every file"));
    }
    if text.len() > MAX_LENGTH {
        return Err(PatternError::new(MAX_LENGTH, format!("the pattern is longer than {MAX_LENGTH} bytes")));
    }
    // picomatch replaces these three before it reads.
    let replaced = match text {
        "***" => "*",
        "**/**" | "**/**/**" => "**",
        text => text,
    };
    if let Some(terms) = whole::read(replaced) {
        return Ok(Reading { terms, negated: false });
    }
    let (stripped, skipped) = match replaced.strip_prefix("./") {
        Some(rest) => (rest, 2),
        None => (replaced, 0),
    };
    let reading = match plain::read(stripped) {
        Some(terms) => terms.map(|terms| Reading { terms, negated: false }),
        None => Reader::new(stripped).read(),
    };
    let mut reading = reading.map_err(|error| error.shifted(skipped))?;
    for term in &mut reading.terms {
        term.at += skipped;
    }
    Ok(reading)
}

/// The state between two characters.
struct Reader {
    chars: Vec<char>,
    /// The offset in bytes of each character, and of the end.
    offsets: Vec<usize>,
    /// The character to read next.
    next: usize,
    /// The offset of the character at hand.
    at: usize,
    /// Where the pattern proper begins, behind `!` and `./`.
    start: usize,
    negated: bool,
    /// Every token that was ever made.
    tokens: Vec<Token>,
    /// Those that make up the pattern, by position in `tokens`.
    order: Vec<usize>,
    /// The token before the next one.
    last: usize,
    output: Vec<Term>,
    /// Whether the output must be made anew from the tokens in the end.
    backtrack: bool,
    /// What is open, as picomatch counts it: a `)` too many makes `parens` negative and closes whatever is open.
    open: Vec<Nest>,
    parens: i32,
    braces: i32,
    open_bracket: Option<Bracket>,
    in_quotes: bool,
    open_braces: Vec<Brace>,
    open_extglobs: Vec<Extglob>,
    last_bracket_close: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nest {
    Paren,
    Brace,
    Bracket,
}

impl Reader {
    fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
        offsets.push(text.len());
        let start = Token { kind: Kind::Start, value: String::new(), output: Some(Vec::new()), before: None, at: 0 };
        Self {
            last_bracket_close: chars.iter().rposition(|c| *c == ']'),
            chars,
            offsets,
            next: 0,
            at: 0,
            start: 0,
            negated: false,
            tokens: vec![start],
            order: vec![0],
            last: 0,
            output: Vec::new(),
            backtrack: false,
            open: Vec::new(),
            parens: 0,
            braces: 0,
            open_bracket: None,
            in_quotes: false,
            open_braces: Vec::new(),
            open_extglobs: Vec::new(),
        }
    }

    fn read(mut self) -> Result<Reading, PatternError> {
        while let Some(c) = self.advance() {
            self.at = self.offsets[self.next - 1];
            self.character(c)?;
        }
        self.finish()
    }

    fn character(&mut self, c: char) -> Result<(), PatternError> {
        match c {
            '\0' => Ok(()),
            '\\' => self.backslash(),
            c if self.open_bracket.is_some() && !(c == ']' && self.class_has_begun()) => self.in_class(&c.to_string()),
            c if self.in_quotes && c != '"' => self.quoted(c),
            '"' => {
                self.in_quotes = !self.in_quotes;
                Ok(())
            }
            '(' => {
                self.enter(Nest::Paren)?;
                self.push(Kind::Paren, "(", None)
            }
            ')' => self.close_paren(),
            '[' => self.open_bracket(),
            ']' => self.close_bracket(),
            '{' => self.open_brace(),
            '}' => self.close_brace(),
            '|' => self.push(Kind::Text, "|", None),
            ',' => self.comma(),
            '/' => self.slash(),
            '.' => self.dot(),
            '?' => self.question(),
            '!' => self.exclamation(),
            '+' => self.plus(),
            '@' if self.peek(0) == Some('(') && self.peek(1) != Some('?') => self.push(Kind::At, "@", Some(Vec::new())),
            '*' => self.star(),
            c => self.text(c),
        }
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.chars.get(self.next).copied();
        self.next += usize::from(c.is_some());
        c
    }

    /// The character so many behind the next one.
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.next + ahead).copied()
    }

    fn rest(&self) -> &[char] {
        &self.chars[self.next.min(self.chars.len())..]
    }

    fn last(&self) -> &Token {
        &self.tokens[self.last]
    }

    fn last_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.last]
    }

    fn last_kind(&self) -> Kind {
        self.last().kind
    }

    /// Puts words at the place of the character that was just read.
    fn words(&self, words: impl IntoIterator<Item = Word>) -> Vec<Term> {
        term::at(self.at, words)
    }

    fn enter(&mut self, nest: Nest) -> Result<(), PatternError> {
        if self.open.len() == MAX_DEPTH {
            return Err(PatternError::new(self.at, format!("more than {MAX_DEPTH} groups stand in each other")));
        }
        self.open.push(nest);
        match nest {
            Nest::Paren => self.parens += 1,
            Nest::Brace => self.braces += 1,
            Nest::Bracket => self.open_bracket = Some(Bracket::default()),
        }
        Ok(())
    }

    fn leave(&mut self, nest: Nest) {
        self.open.pop();
        match nest {
            Nest::Paren => self.parens -= 1,
            Nest::Brace => self.braces -= 1,
            Nest::Bracket => self.open_bracket = None,
        }
    }

    /// Adds a token; without `output` its text goes through as it is.
    fn push(&mut self, kind: Kind, value: &str, output: Option<Vec<Term>>) -> Result<(), PatternError> {
        self.end_globstar(kind);
        if !kind.is_paren()
            && let Some(extglob) = self.open_extglobs.last_mut()
        {
            extglob.inner.push_str(value);
        }
        let token = Token { kind, value: value.to_owned(), output, before: Some(self.last), at: self.at };
        let terms = token.terms()?;
        self.output.extend_from_slice(&terms);
        if kind == Kind::Text && self.last_kind() == Kind::Text {
            // When the output is made anew, text behind text goes through as it is: `.` then takes any character.
            let passed = term::handed_through(value, token.at)?;
            let last = &mut self.tokens[self.last];
            let mut merged = match last.output.take() {
                Some(terms) if !terms.is_empty() => terms,
                _ => term::handed_through(&last.value, last.at)?,
            };
            merged.extend(passed);
            last.output = Some(merged);
            last.value.push_str(value);
            return Ok(());
        }
        self.last = self.tokens.len();
        self.order.push(self.last);
        self.tokens.push(token);
        Ok(())
    }

    /// A `**` that something else than a slash follows was a `*`.
    fn end_globstar(&mut self, follows: Kind) {
        let may_follow = match follows {
            Kind::Slash | Kind::Paren | Kind::ExtglobParen | Kind::At => true,
            Kind::Comma | Kind::Brace => self.braces > 0,
            _ => false,
        };
        if self.last_kind() != Kind::Globstar || may_follow {
            return;
        }
        let star = term::at(self.last().at, [Word::Star]);
        let length = self.last().output.as_ref().map_or(0, Vec::len);
        self.output.truncate(self.output.len().saturating_sub(length));
        self.output.extend_from_slice(&star);
        let last = self.last_mut();
        last.kind = Kind::Star;
        "*".clone_into(&mut last.value);
        last.output = Some(star);
    }

    fn backslash(&mut self) -> Result<(), PatternError> {
        let mut value = String::from("\\");
        match self.peek(0) {
            Some('/' | '.' | ';') => return Ok(()),
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
        self.push(Kind::Text, &value, None)
    }

    /// Keeps the digits of `\x41` and `\u0041` with their letter, as the regular expression reads them.
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

    /// A character between quotes stands for itself. It belongs to the token before, whatever that is.
    fn quoted(&mut self, c: char) -> Result<(), PatternError> {
        let value = escaped(c);
        let terms = term::handed_through(&value, self.at)?;
        self.output.extend(terms);
        self.last_mut().value.push_str(&value);
        Ok(())
    }

    fn close_paren(&mut self) -> Result<(), PatternError> {
        if let Some(extglob) = self.open_extglobs.pop_if(|extglob| self.parens == extglob.parens + 1) {
            return self.close_extglob(extglob);
        }
        let word = if self.parens == 0 { Word::Char(')') } else { Word::Close };
        let output = self.words([word]);
        self.push(Kind::Paren, ")", Some(output))?;
        self.leave(Nest::Paren);
        Ok(())
    }

    fn slash(&mut self) -> Result<(), PatternError> {
        if self.last_kind() == Kind::Dot && self.next == self.start + 2 {
            // `./` at the beginning counts for nothing.
            self.start = self.next;
            self.output.clear();
            self.order.pop();
            self.last = 0;
            return Ok(());
        }
        self.push(Kind::Slash, "/", None)
    }

    fn dot(&mut self) -> Result<(), PatternError> {
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
            return Ok(());
        }
        let in_segment = self.braces + self.parens == 0 && !matches!(self.last_kind(), Kind::Start | Kind::Slash);
        self.push(if in_segment { Kind::Text } else { Kind::Dot }, ".", Some(dot))
    }

    fn question(&mut self) -> Result<(), PatternError> {
        let behind_open = self.last().value == "(";
        if !behind_open && self.peek(0) == Some('(') && self.peek(1) != Some('?') {
            return self.open_extglob('?');
        }
        if self.last_kind().is_paren() {
            let next = self.peek(0);
            let literal = behind_open && !matches!(next, Some('!' | '=' | '<' | ':'))
                || next == Some('<') && !self.rest_has_lookbehind_or_name();
            let word = if literal { Word::Char('?') } else { Word::Repeat(Times::Optional) };
            let output = self.words([word]);
            return self.push(Kind::Text, "?", Some(output));
        }
        let output = self.words([Word::Set(Set::not_slash())]);
        self.push(Kind::Question, "?", Some(output))
    }

    /// Whether `<=`, `<!` or `<name>` follows anywhere.
    fn rest_has_lookbehind_or_name(&self) -> bool {
        self.rest().split(|c| *c == '<').skip(1).any(|part| {
            let name = part.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
            matches!(part.first(), Some('=' | '!')) || name > 0 && part.get(name) == Some(&'>')
        })
    }

    fn exclamation(&mut self) -> Result<(), PatternError> {
        let lookahead = self.peek(1) == Some('?') && matches!(self.peek(2), Some('!' | '=' | '<' | ':'));
        if self.peek(0) == Some('(') && !lookahead {
            return self.open_extglob('!');
        }
        if self.next > 1 {
            return self.text('!');
        }
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
        Ok(())
    }

    fn plus(&mut self) -> Result<(), PatternError> {
        if self.peek(0) == Some('(') && self.peek(1) != Some('?') {
            return self.open_extglob('+');
        }
        if self.last().value == "(" {
            let output = self.words([Word::Char('+')]);
            return self.push(Kind::Plus, "+", Some(output));
        }
        let repeats = self.last_kind().is_paren() || matches!(self.last_kind(), Kind::Bracket | Kind::Brace);
        self.push(Kind::Plus, if repeats || self.parens > 0 { "+" } else { "\\+" }, None)
    }

    fn text(&mut self, c: char) -> Result<(), PatternError> {
        let mut value = if matches!(c, '$' | '^') { format!("\\{c}") } else { c.to_string() };
        while c != '@'
            && let Some(c) = self.peek(0).filter(|c| !"@![].,$*+?^{}()|\\/".contains(*c))
        {
            value.push(c);
            self.next += 1;
        }
        self.push(Kind::Text, &value, None)
    }

    fn finish(mut self) -> Result<Reading, PatternError> {
        if self.open_bracket.is_some() {
            self.unclosed_bracket()?;
        }
        while self.parens > 0 {
            self.unclosed_paren()?;
        }
        if let Some(brace) = self.open_braces.last() {
            return Err(PatternError::new(self.tokens[brace.token].at, "`{` is never closed")
                .help("write `\\{` for a brace that stands for itself"));
        }
        if self.last_kind().is_star() || self.last_kind() == Kind::Bracket {
            let output = self.words([Word::Char('/'), Word::Repeat(Times::Optional)]);
            self.push(Kind::MaybeSlash, "", Some(output))?;
        }
        if self.backtrack {
            self.output = Vec::new();
            for token in &self.order {
                self.output.extend(self.tokens[*token].terms()?);
            }
        }
        Ok(Reading { terms: self.output, negated: self.negated })
    }

    /// Takes the last `(` for itself.
    fn unclosed_paren(&mut self) -> Result<(), PatternError> {
        let has_paren = |term: &&mut Term| matches!(term.word, Word::Open(_) | Word::Globstar | Word::Guard(_));
        let last = self.output.iter_mut().rev().find(has_paren);
        let unclosed = |at| Err(PatternError::new(at, "`(` is never closed").help("write `\\(` for a parenthesis"));
        match last {
            Some(Term { word, .. }) if *word == Word::Open(Opening::Paren) && !self.backtrack => {
                *word = Word::Char('(');
                self.parens -= 1;
                Ok(())
            }
            Some(Term { at, .. }) => unclosed(*at),
            None => unclosed(0),
        }
    }
}

/// A character that stands for itself, as text for the expression.
fn escaped(c: char) -> String {
    if "-*+?.^${}(|)[]".contains(c) { format!("\\{c}") } else { c.to_string() }
}
