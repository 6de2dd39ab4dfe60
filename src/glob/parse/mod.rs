//! Reads a pattern as picomatch reads it: character by character. The meaning of a character depends on the characters
//! before it.
//!
//! The rules are those of `lib/parse.js` in picomatch 4.0.7 for `{dot: true}`. picomatch's result is the text of a
//! regular expression; the result here is the words of that expression ([`Term`]), from which `expression_tree` builds
//! a tree.

mod brace;
mod bracket;
mod character;
mod end;
mod extglob;
mod plain;
mod redos_guard;
mod star;
mod token;
mod whole;

use self::brace::Brace;
use self::bracket::Bracket;
use self::extglob::Extglob;
use self::token::{Kind, Token};
use super::PatternError;
use super::term::{self, Term, Word};

/// The longest pattern, in bytes. picomatch has the same limit, in UTF-16 units.
pub(super) const MAX_LENGTH: usize = 65_536;

/// How deep groups, braces and extglobs may be nested.
pub(super) const MAX_DEPTH: usize = 100;

/// A pattern as picomatch understands it.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) terms: Vec<Term>,
    /// Whether the pattern is negated: it matches the paths that the terms do not match.
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
    let mut reading = match plain::read(stripped) {
        Some(terms) => Reading { terms, negated: false },
        None => Reader::new(stripped).read().map_err(|error| error.shifted(skipped))?,
    };
    for term in &mut reading.terms {
        term.at += skipped;
    }
    Ok(reading)
}

/// The state of the reader between two characters.
struct Reader {
    chars: Vec<char>,
    /// The offset in bytes of each character, and of the end.
    offsets: Vec<usize>,
    /// The position in `chars` of the next character.
    next: usize,
    /// The offset in bytes of the current character.
    at: usize,
    /// The position in `chars` where the pattern proper begins, after `!` and `./`.
    start: usize,
    negated: bool,
    /// Every token so far, even if it was removed from `order`.
    tokens: Vec<Token>,
    /// The tokens that make up the pattern, as positions in `tokens`.
    order: Vec<usize>,
    /// The position in `tokens` of the last token.
    last: usize,
    output: Vec<Term>,
    /// Whether the output must be rebuilt from the tokens when the whole pattern has been read.
    backtrack: bool,
    /// The open groups, as picomatch counts them: a surplus `)` makes `parens` negative and closes the last open group
    /// of any kind.
    open: Vec<Nest>,
    parens: i32,
    braces: i32,
    open_bracket: Option<Bracket>,
    in_quotes: bool,
    open_braces: Vec<Brace>,
    open_extglobs: Vec<Extglob>,
    /// The position of the last `]`.
    last_bracket_close: Option<usize>,
    /// The position of the last `<=`, `<!` or `<name>`, as in JavaScript's own groups.
    last_own_group: Option<usize>,
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
            last_own_group: (0..chars.len()).rev().find(|at| character::begins_own_group(&chars[*at..])),
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

    fn advance(&mut self) -> Option<char> {
        let c = self.chars.get(self.next).copied();
        self.next += usize::from(c.is_some());
        c
    }

    /// Returns the character `ahead` positions after the next one. `peek(0)` is the next one.
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

    /// Returns terms with these words, at the offset of the character that was just read.
    fn words(&self, words: impl IntoIterator<Item = Word>) -> Vec<Term> {
        term::at(self.at, words)
    }

    fn enter(&mut self, nest: Nest) -> Result<(), PatternError> {
        if self.open.len() == MAX_DEPTH {
            return Err(PatternError::new(self.at, format!("more than {MAX_DEPTH} nested groups")));
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

    /// Adds a token. If `output` is `None`, the token's text becomes part of the expression unchanged.
    fn push(&mut self, kind: Kind, value: &str, output: Option<Vec<Term>>) {
        self.end_globstar(kind);
        if !kind.is_paren()
            && let Some(extglob) = self.open_extglobs.last_mut()
        {
            extglob.inner.push_str(value);
        }
        let token = Token { kind, value: value.to_owned(), output, before: Some(self.last), at: self.at };
        self.output.extend(token.terms());
        if kind == Kind::Text && self.last_kind() == Kind::Text {
            // When the output is rebuilt, text that follows text is copied unchanged, so a `.` in it matches any
            // character.
            let passed = term::verbatim(value, token.at);
            let last = &mut self.tokens[self.last];
            let mut merged = match last.output.take() {
                Some(terms) if !terms.is_empty() => terms,
                _ => term::verbatim(&last.value, last.at),
            };
            merged.extend(passed);
            last.output = Some(merged);
            last.value.push_str(value);
            return;
        }
        self.last = self.tokens.len();
        self.order.push(self.last);
        self.tokens.push(token);
    }

    /// Turns the last token from a `**` into a `*`, unless the next token may follow a globstar, as a slash may.
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
}

/// Returns a literal character as it is written in a regular expression: `\+` for `+`.
fn escaped(c: char) -> String {
    if "-*+?.^${}(|)[]".contains(c) { format!("\\{c}") } else { c.to_string() }
}
