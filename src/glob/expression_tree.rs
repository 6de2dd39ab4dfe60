//! Builds the tree of an expression from its terms.

use super::PatternError;
use super::character_set::Set;
use super::parse::MAX_DEPTH;
use super::term::{Guard, Opening, Term, Times, Word};

/// The tree of a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Literal(String),
    Set(Set),
    /// Any character that does not end a line.
    Any,
    /// Any number of characters that are no slash.
    Star,
    /// Any number of characters, none of which begins a segment `.` or `..`.
    Globstar,
    Guard(Guard),
    Start,
    End,
    Boundary(bool),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Repeat(Box<Node>, Times),
    /// A lookahead: the inner expression must match the text that follows (`true`), or must not match it (`false`).
    Ahead(Box<Node>, bool),
}

impl Node {
    /// Builds the tree of an expression from its terms.
    ///
    /// Returns an error if a group is never closed, closed without being open, nested too deep or of an unknown kind,
    /// if a `?`, `*` or `+` has nothing to repeat, or if JavaScript cannot read a term.
    pub(super) fn build(terms: &[Term]) -> Result<Self, PatternError> {
        let mut builder = Builder { terms, next: 0, depth: 0 };
        let node = builder.either()?;
        match builder.peek() {
            Some(term) => Err(PatternError::new(term.at, "this closes a group that is not open")
                .help("write `\\)` for a parenthesis")),
            None => Ok(node),
        }
    }

    /// Whether a path begins and ends with the literal text with which the expression begins and ends. This is a cheap
    /// test before a match.
    pub(super) fn may_take(&self, path: &str) -> bool {
        match self {
            Self::Literal(text) => path == text,
            Self::Sequence(nodes) => {
                let begins = !matches!(nodes.first(), Some(Self::Literal(text)) if !path.starts_with(text));
                begins && !matches!(nodes.last(), Some(Self::Literal(text)) if !path.ends_with(text))
            }
            _ => true,
        }
    }

    /// Whether the tree has a lookahead anywhere.
    pub(super) fn looks_ahead(&self) -> bool {
        match self {
            Self::Ahead(..) => true,
            Self::Sequence(nodes) | Self::Either(nodes) => nodes.iter().any(Self::looks_ahead),
            Self::Repeat(node, _) => node.looks_ahead(),
            _ => false,
        }
    }

    fn sequence(mut nodes: Vec<Self>) -> Self {
        nodes.dedup_by(|next, last| match (last, next) {
            (Self::Literal(text), Self::Literal(more)) => {
                text.push_str(more);
                true
            }
            _ => false,
        });
        if nodes.len() == 1 { nodes.remove(0) } else { Self::Sequence(nodes) }
    }
}

struct Builder<'a> {
    terms: &'a [Term],
    next: usize,
    depth: usize,
}

impl Builder<'_> {
    fn peek(&self) -> Option<&Term> {
        self.terms.get(self.next)
    }

    fn word(&self, ahead: usize) -> Option<&Word> {
        self.terms.get(self.next + ahead).map(|term| &term.word)
    }

    fn either(&mut self) -> Result<Node, PatternError> {
        let mut arms = vec![self.arm()?];
        while self.word(0) == Some(&Word::Or) {
            self.next += 1;
            arms.push(self.arm()?);
        }
        Ok(if arms.len() == 1 { arms.remove(0) } else { Node::Either(arms) })
    }

    fn arm(&mut self) -> Result<Node, PatternError> {
        let mut nodes = Vec::new();
        while let Some(Term { at, word }) = self.peek() {
            let at = *at;
            let node = match word {
                Word::Or | Word::Close => break,
                Word::Repeat(_) => return Err(nothing_to_repeat(at)),
                Word::Unreadable(error) => return Err((**error).clone()),
                Word::Open(opening) => {
                    let opening = *opening;
                    self.next += 1;
                    nodes.push(self.group(opening, at)?);
                    continue;
                }
                Word::Char(c) => Node::Literal(c.to_string()),
                Word::Set(set) => Node::Set(set.clone()),
                Word::Any => Node::Any,
                Word::Star => Node::Star,
                Word::Globstar => Node::Globstar,
                Word::Guard(guard) => Node::Guard(*guard),
                Word::Start => Node::Start,
                Word::End => Node::End,
                Word::Boundary(at_word) => Node::Boundary(*at_word),
            };
            self.next += 1;
            // A star repeats already, and JavaScript repeats no anchors.
            let repeatable = !matches!(node, Node::Star | Node::Start | Node::End | Node::Boundary(_));
            nodes.push(self.repeated(node, repeatable)?);
        }
        Ok(Node::sequence(nodes))
    }

    /// Reads the rest of a group, after its opening parenthesis.
    fn group(&mut self, opening: Opening, at: usize) -> Result<Node, PatternError> {
        let ahead = match opening {
            Opening::NotAhead => Some(false),
            Opening::Paren if self.word(0) == Some(&Word::Repeat(Times::Optional)) => {
                let kind = self.word(1).cloned();
                self.next += 2;
                match kind {
                    Some(Word::Char(':')) => None,
                    Some(Word::Char('=')) => Some(true),
                    Some(Word::Char('!')) => Some(false),
                    _ => {
                        return Err(PatternError::new(at, "a group begins with `(?`").help(
                            "`(?:…)`, `(?=…)` and `(?!…)` are read, without another group in them: `(?!fr|de)`; \
                                 write `\\(` for a parenthesis",
                        ));
                    }
                }
            }
            Opening::Group | Opening::Paren => None,
        };
        self.depth += 1;
        if self.depth > 4 * MAX_DEPTH {
            return Err(PatternError::new(at, "too many nested groups"));
        }
        let inner = self.either()?;
        self.depth -= 1;
        if self.word(0) != Some(&Word::Close) {
            return Err(PatternError::new(at, "the group that begins here is never closed"));
        }
        self.next += 1;
        match ahead {
            None => self.repeated(inner, true),
            Some(holds) => self.repeated(Node::Ahead(Box::new(inner), holds), true),
        }
    }

    /// Reads the `?`, `*` or `+` after a node, if there is one. In JavaScript, a further `?` makes the repetition lazy,
    /// which does not change whether a path matches.
    fn repeated(&mut self, node: Node, repeatable: bool) -> Result<Node, PatternError> {
        let Some(Term { at, word: Word::Repeat(times) }) = self.peek() else { return Ok(node) };
        let (at, times) = (*at, *times);
        if !repeatable {
            return Err(nothing_to_repeat(at));
        }
        self.next += 1;
        if self.word(0) == Some(&Word::Repeat(Times::Optional)) {
            self.next += 1;
        }
        if let Some(Term { at, word: Word::Repeat(_) }) = self.peek() {
            return Err(nothing_to_repeat(*at));
        }
        Ok(if times == Times::Any && node == Node::Set(Set::not_slash()) {
            Node::Star
        } else {
            Node::Repeat(Box::new(node), times)
        })
    }
}

fn nothing_to_repeat(at: usize) -> PatternError {
    PatternError::new(at, "there is nothing here to repeat").help("put a backslash before a literal `+`, `*` or `?`")
}
