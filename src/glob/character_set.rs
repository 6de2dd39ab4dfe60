//! Sets of characters: `[a-z]`, `[^/]`, `[[:alpha:]]`, `\d`.

/// A set of characters: those within some ranges, or, if it is negated, all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    /// One bit for each ASCII character: 1 if the set contains the character. The bits take `negated` into account.
    ascii: u128,
    /// Ranges, both ends included, as they were written.
    ranges: Vec<(char, char)>,
    negated: bool,
}

impl Set {
    pub(super) fn new(ranges: Vec<(char, char)>, negated: bool) -> Self {
        let mut ascii = 0;
        for code in 0..128_u8 {
            let c = char::from(code);
            if ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != negated {
                ascii |= 1 << code;
            }
        }
        Self { ascii, ranges, negated }
    }

    /// Returns the set of all characters except the slash: the characters that `?` and `*` match.
    pub(super) fn not_slash() -> Self {
        Self::new(vec![('/', '/')], true)
    }

    pub(super) fn contains(&self, c: char) -> bool {
        match u8::try_from(c) {
            Ok(code) if code < 128 => self.ascii >> code & 1 == 1,
            _ => self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated,
        }
    }

    pub(super) fn ranges(&self) -> &[(char, char)] {
        &self.ranges
    }

    pub(super) fn is_negated(&self) -> bool {
        self.negated
    }
}

/// Returns the characters of an escape in JavaScript's regular expressions, as ranges: for `\d`, `\w`, `\s` and their
/// opposites. Returns `None` for any other letter.
pub(super) fn escape(letter: char) -> Option<Vec<(char, char)>> {
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => &[
            ('\t', '\r'),
            (' ', ' '),
            ('\u{a0}', '\u{a0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{2028}', '\u{2029}'),
            ('\u{202f}', '\u{202f}'),
            ('\u{205f}', '\u{205f}'),
            ('\u{3000}', '\u{3000}'),
            ('\u{feff}', '\u{feff}'),
        ],
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { complement(ranges) } else { ranges.to_vec() })
}

/// Returns ranges of all characters that are in none of these sorted ranges.
fn complement(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut gaps = Vec::new();
    let mut next = '\0';
    for (low, high) in ranges {
        if let Some(before) = (next..*low).next_back() {
            gaps.push((next, before));
        }
        next = (*high..).nth(1).unwrap_or(char::MAX);
    }
    gaps.push((next, char::MAX));
    gaps
}

/// Returns the members of the POSIX class with this name, as they are written between brackets: `a-z` for `lower`.
/// Returns `None` if there is no such class.
pub(super) fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "a-zA-Z0-9",
        "alpha" => "a-zA-Z",
        "ascii" => r"\x00-\x7F",
        "blank" => r" \t",
        "cntrl" => r"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => r"\x21-\x7E",
        "lower" => "a-z",
        "print" => r"\x20-\x7E ",
        "punct" => r##"\-!"#$%&'()\*+,./:;<=>?@[\]^_`{|}~"##,
        "space" => r" \t\r\n\v\f",
        "upper" => "A-Z",
        "word" => "A-Za-z0-9_",
        "xdigit" => "A-Fa-f0-9",
        _ => return None,
    })
}

/// Whether JavaScript counts a character as the end of a line. `.` matches all other characters.
pub(super) fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_and_its_opposite_share_no_character() {
        for (letter, opposite) in [('d', 'D'), ('w', 'W'), ('s', 'S')] {
            let (one, other) = (Set::new(escape(letter).unwrap(), false), Set::new(escape(opposite).unwrap(), false));
            for c in '\0'..='\u{ffff}' {
                assert_ne!(one.contains(c), other.contains(c), "\\{letter} and {c:?}");
            }
        }
        assert_eq!(escape('x'), None);
    }

    #[test]
    fn a_negated_set_holds_everything_else() {
        let set = Set::new(vec![('a', 'c'), ('ß', 'ß')], true);
        let held: String = "abcdßä/".chars().filter(|c| set.contains(*c)).collect();
        assert_eq!(held, "dä/");
    }
}
