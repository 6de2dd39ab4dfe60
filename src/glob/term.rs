//! The words of the regular expression that picomatch makes of a pattern.
//!
//! picomatch writes the expression as text. Here it is a list of terms, so that nothing is parsed twice, and the place
//! in the pattern of each word is known.

use super::PatternError;
use super::character_set::{self, Set};

/// A word of the expression, and the offset in the pattern of the text that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) at: usize,
    pub(super) word: Word,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Char(char),
    Set(Set),
    /// Any character that does not end a line.
    Any,
    /// `*`: any number of characters that are no slash.
    Star,
    /// `**`: any number of characters, none of which begins a segment `.` or `..`.
    Globstar,
    Guard(Guard),
    Open(Opening),
    Close,
    Or,
    Repeat(Times),
    Start,
    End,
    /// `\b`, a word boundary (`true`), or `\B`, a place that is no word boundary (`false`).
    Boundary(bool),
    /// Text that JavaScript cannot read. picomatch may remove the text when it reads further characters, so the text
    /// only becomes an error if it is still there at the end of the pattern.
    Unreadable(Box<PatternError>),
}

/// A condition on the text around a place. It reads no character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    /// The rest of the segment is not `.` or `..`.
    NotDots,
    /// The rest of the segment is not `.` and not empty. This condition stands after a dot, so that the dot does not
    /// begin a segment `.` or `..`.
    NotLoneDot,
    /// If this is the beginning of the path, no segment `.` or `..` begins here. If a slash comes next, no such segment
    /// begins after the slash.
    NotDotSegment,
    /// A character follows, and does not end a line.
    Something,
}

/// The opening of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// `(`, written by the user, or by picomatch for a brace.
    Paren,
    /// `(?:`, which only picomatch writes here.
    Group,
    /// `(?!`, which only picomatch writes here.
    NotAhead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Once or not at all.
    Optional,
    /// Any number of times.
    Any,
    /// At least once.
    Many,
}

/// Returns terms with these words, all at the offset `at` in the pattern.
pub(super) fn at(at: usize, words: impl IntoIterator<Item = Word>) -> Vec<Term> {
    words.into_iter().map(|word| Term { at, word }).collect()
}

/// Reads text that picomatch copies unchanged into the regular expression.
///
/// Its syntax is that of JavaScript without the flags `u` and `v`.
pub(super) fn verbatim(text: &str, at: usize) -> Vec<Term> {
    readable(text, at).unwrap_or_else(|error| self::at(at, [Word::Unreadable(Box::new(error))]))
}

/// Does the same as [`verbatim`], but returns an error for text that cannot be read.
pub(super) fn readable(text: &str, at: usize) -> Result<Vec<Term>, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut rest = &chars[..];
    while let Some((c, behind)) = rest.split_first() {
        rest = behind;
        words.push(match c {
            '\\' => {
                let (escaped, behind) = escape(rest, at)?;
                rest = behind;
                match escaped {
                    Escaped::Char('b') => Word::Boundary(true),
                    Escaped::Char('B') => Word::Boundary(false),
                    Escaped::Char(c) | Escaped::Control(c) => Word::Char(c),
                    Escaped::Class(ranges) => Word::Set(Set::new(ranges, false)),
                }
            }
            '[' => {
                let (set, behind) = class(rest, at)?;
                rest = behind;
                Word::Set(set)
            }
            '(' => Word::Open(Opening::Paren),
            ')' => Word::Close,
            '|' => Word::Or,
            '*' => Word::Repeat(Times::Any),
            '+' => Word::Repeat(Times::Many),
            '?' => Word::Repeat(Times::Optional),
            '.' => Word::Any,
            '^' => Word::Start,
            '$' => Word::End,
            c => Word::Char(*c),
        });
    }
    Ok(self::at(at, words))
}

enum Escaped {
    /// A letter that stands for itself, unless it has a meaning where it is used (`\b`).
    Char(char),
    /// The character that an escape such as `\n` stands for.
    Control(char),
    Class(Vec<(char, char)>),
}

/// Reads the rest of an escape, after its backslash. Returns the escape, and the characters after it.
fn escape(chars: &[char], at: usize) -> Result<(Escaped, &[char]), PatternError> {
    let Some((c, rest)) = chars.split_first() else {
        return Err(PatternError::new(at, "nothing follows `\\`")
            .help("write `\\\\` for a backslash; directories are separated by `/`"));
    };
    let hexadecimal = |digits: usize| {
        let text: String = rest.get(..digits)?.iter().collect();
        let code = text.chars().all(|c| c.is_ascii_hexdigit()).then(|| u32::from_str_radix(&text, 16).ok())??;
        Some((Escaped::Control(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), &rest[digits..]))
    };
    let control = |c| Ok((Escaped::Control(c), rest));
    match c {
        'f' => control('\x0c'),
        'n' => control('\n'),
        'r' => control('\r'),
        't' => control('\t'),
        'v' => control('\x0b'),
        'x' => Ok(hexadecimal(2).unwrap_or((Escaped::Char('x'), rest))),
        'u' => Ok(hexadecimal(4).unwrap_or((Escaped::Char('u'), rest))),
        'c' => Ok(match rest.split_first() {
            Some((letter, rest)) if letter.is_ascii_alphabetic() => {
                (Escaped::Control(char::from(letter.to_ascii_uppercase() as u8 - b'@')), rest)
            }
            _ => (Escaped::Control('\\'), chars),
        }),
        '0'..='9' => Err(PatternError::new(at, format!("`\\{c}` refers to a group, which patterns here do not have"))
            .help(format!("write `{c}` without the backslash"))),
        c => Ok((character_set::escape(*c).map_or(Escaped::Char(*c), Escaped::Class), rest)),
    }
}

/// Reads the rest of a class, after its `[`. Returns the class, and the characters after it.
fn class(chars: &[char], at: usize) -> Result<(Set, &[char]), PatternError> {
    let (negated, mut rest) = match chars.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, chars),
    };
    let mut members: Vec<Member> = Vec::new();
    let unclosed = || PatternError::new(at, "`[` is never closed").help("write `\\[` for a bracket");
    loop {
        let (c, behind) = rest.split_first().ok_or_else(unclosed)?;
        rest = behind;
        members.push(match c {
            ']' => break,
            '\\' => {
                let (escaped, behind) = escape(rest, at)?;
                rest = behind;
                match escaped {
                    Escaped::Char('b') => Member::Char('\x08'),
                    Escaped::Char(c) | Escaped::Control(c) => Member::Char(c),
                    Escaped::Class(ranges) => Member::Class(ranges),
                }
            }
            '-' => Member::Hyphen,
            c => Member::Char(*c),
        });
    }
    Ok((Set::new(ranges(&members, at)?, negated), rest))
}

enum Member {
    Char(char),
    /// A hyphen that was not escaped.
    Hyphen,
    Class(Vec<(char, char)>),
}

impl Member {
    fn char(&self) -> Option<char> {
        match self {
            Self::Char(c) => Some(*c),
            Self::Hyphen => Some('-'),
            Self::Class(_) => None,
        }
    }

    fn ranges(&self) -> Vec<(char, char)> {
        match self {
            Self::Class(ranges) => ranges.clone(),
            Self::Char(c) => vec![(*c, *c)],
            Self::Hyphen => vec![('-', '-')],
        }
    }
}

/// Joins members to ranges. `a-z` is a range; a hyphen beside a class, as in `\d-z`, is literal.
fn ranges(mut members: &[Member], at: usize) -> Result<Vec<(char, char)>, PatternError> {
    let mut ranges = Vec::new();
    loop {
        members = match members {
            [] => return Ok(ranges),
            [first, Member::Hyphen, last, rest @ ..] => {
                match (first.char(), last.char()) {
                    (Some(low), Some(high)) if low > high => {
                        return Err(PatternError::new(at, format!("the range `{low}-{high}` is out of order"))
                            .help(format!("write `{high}-{low}`"))
                            .in_brackets());
                    }
                    (Some(low), Some(high)) => ranges.push((low, high)),
                    _ => {
                        ranges.push(('-', '-'));
                        ranges.extend(first.ranges());
                        ranges.extend(last.ranges());
                    }
                }
                rest
            }
            [first, rest @ ..] => {
                ranges.extend(first.ranges());
                rest
            }
        };
    }
}
