//! Substitutions in a variable's value: `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`.

/// The end of a value from which a pattern is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affix {
    Prefix,
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Character(char),
    /// `?`
    Any,
    /// `*`
    Star,
}

/// The largest number of steps of one substitution: pieces of its pattern times characters of the value.
const MOST_STEPS: usize = 1 << 12;

/// Removes the part at one end of a value that a pattern matches: the shortest such part, or the longest. `None` if the
/// builder refuses the pattern, or if matching would take too many steps.
pub(super) fn trim(value: &str, pattern: &str, affix: Affix, longest: bool) -> Option<String> {
    let mut pieces = pieces(pattern)?;
    let mut characters: Vec<char> = value.chars().collect();
    if affix == Affix::Suffix {
        pieces.reverse();
        characters.reverse();
    }
    affordable(&pieces, &characters)?;
    let cut = end(&pieces, &characters, longest).unwrap_or_default();
    let mut rest = characters.split_off(cut);
    if affix == Affix::Suffix {
        rest.reverse();
    }
    Some(rest.into_iter().collect())
}

/// Replaces the first match of a pattern in a value, or all matches. Each match is as long as possible. `None` if the
/// builder refuses the pattern, if the pattern matches the empty text, if `with` has `$` or a backslash, or if matching
/// would take too many steps.
pub(super) fn replace(value: &str, pattern: &str, with: &str, all: bool) -> Option<String> {
    let pieces = pieces(pattern)?;
    let characters: Vec<char> = value.chars().collect();
    if pieces.iter().all(|piece| *piece == Piece::Star) || with.contains(['$', '\\']) {
        return None;
    }
    affordable(&pieces, &characters)?.checked_mul(characters.len()).filter(|steps| *steps <= MOST_STEPS)?;
    let mut result = String::new();
    let mut at = 0;
    let mut replaced = false;
    while at < characters.len() {
        if let Some(length) = end(&pieces, &characters[at..], true).filter(|_| all || !replaced) {
            result.push_str(with);
            replaced = true;
            at += length;
        } else {
            result.push(characters[at]);
            at += 1;
        }
    }
    Some(result)
}

fn affordable(pieces: &[Piece], characters: &[char]) -> Option<usize> {
    pieces.len().checked_mul(characters.len()).filter(|steps| *steps <= MOST_STEPS)
}

fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        pieces.push(match c {
            '*' => Piece::Star,
            '?' => Piece::Any,
            '\\' if matches!(characters.peek(), Some('}' | '/')) => continue,
            '\\' => Piece::Character(characters.next().filter(|escaped| "*?\\".contains(*escaped))?),
            c => Piece::Character(c),
        });
    }
    Some(pieces)
}

/// Returns the end of the shortest or longest match that begins at the first character; `None` if there is no match.
fn end(pieces: &[Piece], characters: &[char], longest: bool) -> Option<usize> {
    // The pieces that the next character may match, by index. The index after the last piece stands for the end.
    let mut now = vec![false; pieces.len() + 1];
    now[0] = true;
    let mut found = None;
    for at in 0..=characters.len() {
        for piece in 0..pieces.len() {
            now[piece + 1] |= now[piece] && pieces[piece] == Piece::Star;
        }
        if now[pieces.len()] {
            found = Some(at);
            if !longest {
                break;
            }
        }
        let Some(c) = characters.get(at) else { break };
        let mut next = vec![false; pieces.len() + 1];
        for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| now[*at]) {
            match piece {
                Piece::Star => next[at] |= *c != '\n',
                Piece::Any => next[at + 1] |= *c != '\n',
                Piece::Character(wanted) => next[at + 1] |= c == wanted,
            }
        }
        now = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_cut_off() {
        let of = |pattern: &str, affix, longest| trim("foobar-foo", pattern, affix, longest).unwrap();
        for (pattern, shortest, longest) in
            [("f*o", "obar-foo", ""), ("?oo", "bar-foo", "bar-foo"), ("x", "foobar-foo", "foobar-foo")]
        {
            assert_eq!(
                (of(pattern, Affix::Prefix, false), of(pattern, Affix::Prefix, true)),
                (shortest.into(), longest.into())
            );
        }
        for (pattern, shortest, longest) in
            [("f*o", "foobar-", ""), ("-*", "foobar", "foobar"), ("", "foobar-foo", "foobar-foo")]
        {
            assert_eq!(
                (of(pattern, Affix::Suffix, false), of(pattern, Affix::Suffix, true)),
                (shortest.into(), longest.into())
            );
        }
        assert_eq!(trim("a*b", r"a\*", Affix::Prefix, false).as_deref(), Some("b"));
        assert_eq!(trim("a/b", r"a\/", Affix::Prefix, false).as_deref(), Some("b"));
        assert_eq!(trim("a", r"\a", Affix::Prefix, false), None);
    }

    #[test]
    fn parts_are_replaced() {
        for (pattern, all, result) in
            [("o", false, "f_obar"), ("o", true, "f__bar"), ("o*a", true, "f_r"), ("x", true, "foobar")]
        {
            assert_eq!(replace("foobar", pattern, "_", all).as_deref(), Some(result), "{pattern}");
        }
        assert_eq!(replace("foobar", "*", "_", true), None);
    }

    #[test]
    fn what_takes_too_long_is_refused() {
        let long = "a".repeat(1 << 10);
        assert_eq!(trim(&long, &long, Affix::Prefix, true), None);
    }
}
