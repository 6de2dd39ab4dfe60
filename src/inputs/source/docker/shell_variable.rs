//! Variables in a word of a Dockerfile: `$name`, and each form of `${name…}` that BuildKit has.

use super::shell_lexer::{Binding, Lexer, Refusal};
use super::substitution::{self, Affix};

/// The largest number of bytes that variables may add to one word. No path is longer.
const LONGEST: usize = 4096;
/// How deep expressions such as `${a:-${b:-…}}` may be nested.
const DEEPEST: usize = 64;

impl Lexer<'_> {
    /// Reads an expression that begins with `$`, and returns its value.
    pub(super) fn dollar(&mut self) -> Result<String, Refusal> {
        self.rest.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return match self.set(&name)? {
                Some(value) => Ok(value),
                None if self.raw.unset => Ok(format!("${name}")),
                None => Ok(String::new()),
            };
        }
        self.rest.next();
        if matches!(self.peek(), None | Some('{' | '}' | ':')) {
            return Err(Refusal::Syntax);
        }
        let name = self.name();
        let mut operator = self.rest.next().ok_or(Refusal::Syntax)?;
        let empty_is_unset = operator == ':';
        if empty_is_unset {
            operator = self.rest.next().ok_or(Refusal::Syntax)?;
        }
        match operator {
            '}' if !empty_is_unset => match self.set(&name)? {
                Some(value) => Ok(value),
                None if self.raw.unset => Ok(format!("${{{name}}}")),
                None => Ok(String::new()),
            },
            '#' | '%' if empty_is_unset => Err(Refusal::Syntax),
            '#' | '%' => self.trimmed(&name, operator),
            // After `:` any other operator is refused, unless unset variables stay as written.
            '-' | '+' | '?' => self.alternative(&name, operator, empty_is_unset),
            _ if empty_is_unset => self.alternative(&name, operator, empty_is_unset),
            '/' => self.replaced(&name),
            _ => Err(Refusal::Syntax),
        }
    }

    /// Reads the word of `${name-word}`, `${name+word}` or `${name?word}`, with `:` or without; returns the value.
    fn alternative(&mut self, name: &str, operator: char, empty_is_unset: bool) -> Result<String, Refusal> {
        let before = self.doubt.clone();
        let word = self.nested('}', false)?;
        // Unknown parts of the word do not matter if the word is not used.
        let of_word = std::mem::replace(&mut self.doubt, before);
        let value = self.set(name)?;
        if self.raw.unset && value.is_none() {
            let colon = if empty_is_unset { ":" } else { "" };
            return Ok(format!("${{{name}{colon}{operator}{word}}}"));
        }
        let set = value.filter(|value| !(empty_is_unset && value.is_empty()));
        match (operator, set) {
            ('+', None) => Ok(String::new()),
            ('-', None) | ('+', Some(_)) => {
                // It must be known whether the variable has a value, but not which value.
                let unknown = self.doubt.unknown.take();
                self.doubt = of_word;
                self.doubt.unknown = unknown.or(self.doubt.unknown.take());
                Ok(word)
            }
            ('-' | '?', Some(value)) => Ok(value),
            _ => Err(Refusal::Syntax),
        }
    }

    /// Reads the pattern of `${name#pattern}`, `${name##pattern}`, `${name%pattern}` or `${name%%pattern}`; returns the
    /// value.
    fn trimmed(&mut self, name: &str, operator: char) -> Result<String, Refusal> {
        let pattern = self.nested('}', true)?;
        let Some(value) = self.exact(name)? else {
            let text = if self.raw.unset { format!("${{{name}{operator}{pattern}}}") } else { String::new() };
            return Ok(text);
        };
        let (pattern, longest) = pattern.strip_prefix(operator).map_or((&*pattern, false), |pattern| (pattern, true));
        let affix = if operator == '#' { Affix::Prefix } else { Affix::Suffix };
        substitution::trim(&value, pattern, affix, longest).ok_or(Refusal::Syntax)
    }

    /// Reads the pattern and text of `${name/pattern/text}` or `${name//pattern/text}`; returns the value.
    fn replaced(&mut self, name: &str) -> Result<String, Refusal> {
        let all = self.peek() == Some('/');
        if all {
            self.rest.next();
        }
        let pattern = self.nested('/', true)?;
        let with = self.nested('}', true)?;
        let Some(value) = self.exact(name)? else {
            let text = if self.raw.unset { format!("${{{name}/{pattern}/{with}}}") } else { String::new() };
            return Ok(text);
        };
        let result = substitution::replace(&value, &pattern, &with, all).ok_or(Refusal::Syntax)?;
        self.fill(result.len())?;
        Ok(result)
    }

    /// Reads the inside of a `${…}` up to the character `stop`, and returns it.
    fn nested(&mut self, stop: char, raw_escapes: bool) -> Result<String, Refusal> {
        if self.depth == DEEPEST {
            return Err(Refusal::Syntax);
        }
        let raw = self.raw;
        self.raw.escapes = raw_escapes;
        self.depth += 1;
        self.word.clear();
        let result = self.until(Some(stop));
        self.depth -= 1;
        self.raw = raw;
        result
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if name.is_empty() && "@*#?-$!".contains(c) {
                self.rest.next();
                return c.to_string();
            }
            let only_digits = name.starts_with(|first: char| first.is_numeric());
            if !(c.is_numeric() || (!only_digits && (c.is_alphabetic() || c == '_'))) {
                break;
            }
            self.rest.next();
            name.push(c);
        }
        name
    }

    /// Returns the value of a variable; `None` if it is not set.
    fn set(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match (self.lookup)(name) {
            Binding::Known(value) => {
                self.fill(value.text.len())?;
                self.doubt.is_wild |= value.is_wild;
                Ok(Some(value.text))
            }
            Binding::Unset => Ok(None),
            Binding::Unknown => {
                self.doubt.unknown.get_or_insert_with(|| name.to_owned());
                Ok(Some(String::new()))
            }
        }
    }

    /// Returns the value of a variable from which a part is to be removed or replaced; `None` if the variable is not
    /// set. A value that contains a wildcard counts as unknown.
    fn exact(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let is_wild = std::mem::replace(&mut self.doubt.is_wild, false);
        let value = self.set(name)?;
        if self.doubt.is_wild {
            self.doubt.unknown.get_or_insert_with(|| name.to_owned());
        }
        self.doubt.is_wild = is_wild;
        Ok(value)
    }

    fn fill(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.filled += bytes;
        if self.filled > LONGEST { Err(Refusal::Syntax) } else { Ok(()) }
    }
}
