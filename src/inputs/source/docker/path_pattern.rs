//! A pattern for paths in a context, in the syntax of Docker's ignore files (moby/patternmatcher).

use std::ops::RangeInclusive;

use bstr::ByteSlice as _;

/// A compiled pattern. It matches whole paths only. The caller decides whether a match of a directory includes the
/// files below the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    /// The bytes with which every matching path begins.
    prefix: Vec<u8>,
    pieces: Vec<Piece>,
}

/// The error for a pattern that the builder refuses, or that it may read differently from this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadPattern;

/// The characters with a special meaning in a pattern.
const WILD: [char; 5] = ['*', '?', '[', ']', '\\'];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Character(char),
    /// `?`: any character but `/`.
    Any,
    /// `*`: any characters but `/`.
    Star,
    /// `**` at the end: anything.
    Everything,
    /// `**` elsewhere: nothing, or anything up to a `/`.
    Directories,
    Class {
        negated: bool,
        ranges: Vec<RangeInclusive<char>>,
    },
}

impl PathPattern {
    /// Reads a pattern. The pattern must be normalised: it has no parts such as `.` and `..`.
    pub(super) fn parse(pattern: &[u8]) -> Result<Self, BadPattern> {
        let text = pattern.to_str_lossy();
        let mut pieces = Vec::new();
        let mut characters = text.chars().peekable();
        if let Some(end) = text.strip_prefix("**").filter(|end| !end.starts_with('/') && !end.contains(WILD)) {
            // This pattern, such as `**.md`, matches any path with this end.
            pieces.push(Piece::Everything);
            characters = end.chars().peekable();
        }
        while let Some(c) = characters.next() {
            pieces.push(match c {
                '*' if characters.next_if_eq(&'*').is_some() => {
                    characters.next_if_eq(&'/');
                    if characters.peek().is_none() { Piece::Everything } else { Piece::Directories }
                }
                '*' => Piece::Star,
                '?' => Piece::Any,
                '\\' => Piece::Character(escaped(characters.next().ok_or(BadPattern)?)?),
                '[' => class(&mut characters)?,
                c => Piece::Character(c),
            });
        }
        let mut prefix = String::new();
        for piece in &pieces {
            let Piece::Character(c) = piece else { break };
            prefix.push(*c);
        }
        Ok(Self { prefix: prefix.into_bytes(), pieces })
    }

    /// Returns the only path that the pattern matches; `None` if it has wildcards.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        let is_literal = self.pieces.iter().all(|piece| matches!(piece, Piece::Character(_)));
        is_literal.then_some(&*self.prefix)
    }

    /// Returns the bytes with which every matching path begins.
    pub(super) fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Whether the pattern matches a whole path.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        #[cfg(test)]
        MATCHED.set(matched() + 1);
        if !path.starts_with(&self.prefix) {
            return false;
        }
        if self.pieces.iter().all(|piece| matches!(piece, Piece::Character(_))) {
            return path.len() == self.prefix.len();
        }
        let mut now = Places::new(self.pieces.len());
        let mut next = Places::new(self.pieces.len());
        now.arrive(0, &self.pieces);
        for c in path.chars() {
            next.clear();
            let mut alive = false;
            for (at, piece) in self.pieces.iter().enumerate().filter(|(at, _)| now.here[*at]) {
                let step = piece.step(c);
                alive |= !matches!(step, Step::Dies);
                match step {
                    Step::Dies => {}
                    Step::Stays => next.here[at] = true,
                    Step::StaysOrEnds => next.arrive(at, &self.pieces),
                    Step::Ends => next.arrive(at + 1, &self.pieces),
                    Step::StaysAndEnds => {
                        next.here[at] = true;
                        next.arrive(at + 1, &self.pieces);
                    }
                }
            }
            if !alive {
                return false;
            }
            std::mem::swap(&mut now, &mut next);
        }
        now.here[self.pieces.len()]
    }
}

/// The pieces that the next character may match, by index. If the pattern is matched up to its end, the index after the
/// last piece is also set.
struct Places {
    here: Vec<bool>,
    /// The pieces that have not matched a character yet.
    arrived: Vec<bool>,
}

impl Places {
    fn new(pieces: usize) -> Self {
        Self { here: vec![false; pieces + 1], arrived: vec![false; pieces + 1] }
    }

    fn clear(&mut self) {
        self.here.fill(false);
        self.arrived.fill(false);
    }

    /// Adds a piece. If this piece may match nothing, adds the next piece too, and so on.
    fn arrive(&mut self, at: usize, pieces: &[Piece]) {
        for at in at..self.here.len() {
            self.here[at] = true;
            if std::mem::replace(&mut self.arrived[at], true) {
                break;
            }
            if !matches!(pieces.get(at), Some(Piece::Star | Piece::Everything | Piece::Directories)) {
                break;
            }
        }
    }
}

/// The effect of a character on a piece.
enum Step {
    Dies,
    /// The piece matches the character, and needs more characters.
    Stays,
    /// The piece matches the character. It may end here, or match more characters.
    StaysOrEnds,
    Ends,
    /// The piece matches the character. It may end here, or it needs more characters.
    StaysAndEnds,
}

impl Piece {
    fn step(&self, c: char) -> Step {
        let one = |matches: bool| if matches { Step::Ends } else { Step::Dies };
        match self {
            Self::Character(wanted) => one(c == *wanted),
            Self::Any => one(c != '/'),
            Self::Class { negated, ranges } => one(ranges.iter().any(|range| range.contains(&c)) != *negated),
            Self::Star if c == '/' => Step::Dies,
            Self::Star | Self::Everything => Step::StaysOrEnds,
            Self::Directories if c == '/' => Step::StaysAndEnds,
            Self::Directories => Step::Stays,
        }
    }
}

/// Returns the character after a backslash. Fails for a letter or digit, which would mean something else to the
/// builder, and for a character that is not ASCII.
fn escaped(c: char) -> Result<char, BadPattern> {
    if c.is_ascii() && !c.is_ascii_alphanumeric() { Ok(c) } else { Err(BadPattern) }
}

/// Reads a character class such as `[a-z]`, after its `[`.
fn class(characters: &mut std::iter::Peekable<std::str::Chars>) -> Result<Piece, BadPattern> {
    let negated = characters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if characters.peek() == Some(&']') && !ranges.is_empty() {
            characters.next();
            return Ok(Piece::Class { negated, ranges });
        }
        let low = member(characters)?;
        let high = if characters.next_if_eq(&'-').is_some() { member(characters)? } else { low };
        if low > high {
            return Err(BadPattern);
        }
        ranges.push(low..=high);
    }
}

fn member(characters: &mut std::iter::Peekable<std::str::Chars>) -> Result<char, BadPattern> {
    match characters.next().ok_or(BadPattern)? {
        '\\' => escaped(characters.next().ok_or(BadPattern)?),
        // To the builder, wildcards in a class are wildcards too.
        '-' | ']' | '*' | '?' => Err(BadPattern),
        // The builder reads `[[:alpha:]]` as a named class.
        '[' if characters.peek() == Some(&':') => Err(BadPattern),
        c => Ok(c),
    }
}

#[cfg(test)]
thread_local! {
    static MATCHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Returns how often patterns were matched with paths in this thread, for tests of the amount of work.
#[cfg(test)]
pub(super) fn matched() -> usize {
    MATCHED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_ignore_files() {
        for (pattern, yes, no) in [
            ("a/b", &["a/b"][..], &["a", "a/b/c", "x/a/b"][..]),
            ("*.md", &["a.md", ".md"], &["a/b.md", "a.mdx"]),
            ("a?c", &["abc", "aéc"], &["a/c", "ac"]),
            ("**", &["a", "a/b"], &[]),
            ("**/a", &["a", "b/a", "b/c/a"], &["ba", "a/b"]),
            ("**a", &["a", "ba", "b/ca"], &["ab"]),
            ("**a*", &["a", "b/ac"], &["ba"]),
            ("a/**", &["a/", "a/b", "a/b/c"], &["a", "ab"]),
            ("a**", &["a", "ab", "a/b"], &["b"]),
            ("a/**/b", &["a/b", "a/c/b", "a/c/d/b"], &["a/cb", "ab"]),
            ("a**b", &["ab", "ac/b"], &["acb", "ac/cb"]),
            ("a/*/b", &["a/c/b", "a//b"], &["a/b", "a/c/d/b"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "x"]),
            ("[^a]x", &["bx", "/x"], &["ax"]),
            (r"\*[\]]", &["*]"], &["a]"]),
            ("a]", &["a]"], &["a"]),
            ("**/**/a", &["a", "b/a"], &["ba"]),
        ] {
            let parsed = PathPattern::parse(pattern.as_bytes()).unwrap();
            for path in yes {
                assert!(parsed.matches(path.as_bytes()), "{pattern} {path}");
            }
            for path in no {
                assert!(!parsed.matches(path.as_bytes()), "{pattern} {path}");
            }
        }
        for bad in ["[", "[]", "[a", "[b-a]", "[a-]", "a\\", r"\d", "[*]", "[[:alpha:]]"] {
            assert_eq!(PathPattern::parse(bad.as_bytes()), Err(BadPattern), "{bad}");
        }
        assert_eq!(PathPattern::parse(br"a\*b").unwrap().literal(), Some(&b"a*b"[..]));
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_others() {
        let pattern = PathPattern::parse("**/*a".repeat(500).as_bytes()).unwrap();
        assert!(!pattern.matches(&b"a/".repeat(500)));
    }
}
