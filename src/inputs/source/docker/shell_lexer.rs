//! Words of a Dockerfile as its builder reads them: quotes, escapes and variables, by the rules of BuildKit's shell.

/// The value of a variable at a place in a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// The variable has this value.
    Known(Value),
    /// The variable is not set.
    Unset,
    /// The variable may have any value, or none.
    Unknown,
}

/// A text with variables filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    /// Whether a part of the text is a wildcard for a value that only the builder knows.
    pub(super) is_wild: bool,
}

impl Value {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_wild: false }
    }
}

/// Why a word has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The word uses this variable, which may have any value.
    Variable(String),
    /// A builder refuses the word, or the word is too long or too complicated for this reader.
    Syntax,
}

/// Which parts of a text stay as written: its quotes, its escapes, and variables that are not set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Raw {
    quotes: bool,
    pub(super) escapes: bool,
    pub(super) unset: bool,
}

/// Returns a word with its quotes and escapes removed and its variables filled in.
pub(super) fn expand(word: &str, escape: char, lookup: &dyn Fn(&str) -> Binding) -> Result<Value, Refusal> {
    let mut lexer = Lexer::new(word, escape, Raw::default(), lookup);
    let text = lexer.until(None)?;
    match lexer.doubt.unknown {
        Some(name) => Err(Refusal::Variable(name)),
        None => Ok(Value { text, is_wild: lexer.doubt.is_wild }),
    }
}

/// Returns the words of a text with quotes and escapes removed. Variables stay as they are.
pub(super) fn words(text: &str) -> Result<Vec<String>, Refusal> {
    split(text, Raw { unset: true, ..Raw::default() })
}

/// Returns the words of a text with quotes, escapes and variables as written.
pub(super) fn raw_words(text: &str) -> Result<Vec<String>, Refusal> {
    split(text, Raw { quotes: true, escapes: true, unset: true })
}

fn split(text: &str, raw: Raw) -> Result<Vec<String>, Refusal> {
    let mut lexer = Lexer::new(text, '\\', raw, &|_| Binding::Unset);
    lexer.until(None)?;
    Ok(std::mem::take(&mut lexer.words))
}

/// The unknown parts of the text that was read so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubt {
    pub(super) is_wild: bool,
    pub(super) unknown: Option<String>,
}

pub(super) struct Lexer<'a> {
    pub(super) rest: std::str::Chars<'a>,
    escape: char,
    pub(super) raw: Raw,
    pub(super) lookup: &'a dyn Fn(&str) -> Binding,
    pub(super) depth: usize,
    /// The number of bytes that variables have added.
    pub(super) filled: usize,
    pub(super) doubt: Doubt,
    words: Vec<String>,
    /// The current word. As in BuildKit, a `${…}` with an operator, such as `${a:-b}`, restarts the word.
    pub(super) word: String,
    in_word: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, escape: char, raw: Raw, lookup: &'a dyn Fn(&str) -> Binding) -> Self {
        Self {
            rest: text.chars(),
            escape,
            raw,
            lookup,
            depth: 0,
            filled: 0,
            doubt: Doubt::default(),
            words: Vec::new(),
            word: String::new(),
            in_word: false,
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// Reads and returns the text up to the character `stop`. If `stop` is `None`, reads up to the end.
    pub(super) fn until(&mut self, stop: Option<char>) -> Result<String, Refusal> {
        let outer = self.depth == 0;
        let mut result = String::new();
        while let Some(next) = self.peek() {
            if Some(next) == stop {
                self.rest.next();
                return Ok(result);
            }
            match next {
                '$' => {
                    let value = self.dollar()?;
                    if outer {
                        value.chars().for_each(|c| self.add(c));
                    }
                    result.push_str(&value);
                }
                '\'' | '"' | '<' => {
                    let text = match next {
                        '\'' => self.single_quoted()?,
                        '"' => self.double_quoted()?,
                        _ => self.angle(),
                    };
                    if outer {
                        self.word.push_str(&text);
                        self.in_word = true;
                    }
                    result.push_str(&text);
                }
                _ => {
                    self.rest.next();
                    if next != self.escape {
                        if outer {
                            self.add(next);
                        }
                        result.push(next);
                        continue;
                    }
                    if self.raw.escapes {
                        self.add_raw(next, outer);
                        result.push(next);
                    }
                    let Some(escaped) = self.rest.next() else { break };
                    self.add_raw(escaped, outer);
                    result.push(escaped);
                }
            }
        }
        if stop.is_some() {
            return Err(Refusal::Syntax);
        }
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
        Ok(result)
    }

    fn add(&mut self, c: char) {
        if !c.is_whitespace() {
            self.add_raw(c, true);
        } else if self.in_word && !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
            self.in_word = false;
        }
    }

    fn add_raw(&mut self, c: char, outer: bool) {
        if outer {
            self.word.push(c);
            self.in_word = true;
        }
    }

    fn single_quoted(&mut self) -> Result<String, Refusal> {
        let quote = self.rest.next();
        let mut result: String = quote.filter(|_| self.raw.quotes).into_iter().collect();
        loop {
            let c = self.rest.next().ok_or(Refusal::Syntax)?;
            if Some(c) != quote {
                result.push(c);
                continue;
            }
            if self.raw.quotes {
                result.push(c);
            }
            return Ok(result);
        }
    }

    fn double_quoted(&mut self) -> Result<String, Refusal> {
        let quote = self.rest.next();
        let mut result: String = quote.filter(|_| self.raw.quotes).into_iter().collect();
        loop {
            match self.peek().ok_or(Refusal::Syntax)? {
                '"' => {
                    self.rest.next();
                    if self.raw.quotes {
                        result.push('"');
                    }
                    return Ok(result);
                }
                '$' => result.push_str(&self.dollar()?),
                mut c => {
                    self.rest.next();
                    if c == self.escape {
                        if self.raw.escapes {
                            result.push(c);
                        }
                        match self.peek() {
                            None => continue,
                            Some(next) if next == '"' || next == '$' || next == self.escape => {
                                self.rest.next();
                                c = next;
                            }
                            Some(_) => {}
                        }
                    }
                    result.push(c);
                }
            }
        }
    }

    /// Reads `<`, or `<<` with the spaces after it. These spaces belong to the word of a heredoc.
    fn angle(&mut self) -> String {
        let mut result = String::from('<');
        self.rest.next();
        if self.peek() == Some('<') {
            self.rest.next();
            result.push('<');
            while let Some(space) = self.peek().filter(|c| matches!(c, '\t' | '\r' | ' ')) {
                self.rest.next();
                result.push(space);
            }
        }
        result
    }
}
