//! The engine for simple patterns, which are matched by their text, without a tree and without compiling.
//!
//! Nearly all patterns in practice are *simple*. Each of their segments is `**`, or consists of the characters a-z,
//! A-Z, 0-9, `_`, `-`, `.` and `@`, of the wildcards `*` and `?`, and of groups of such characters: `{ts,tsx}`,
//! `@(a|b)`, `?(a)`. A simple pattern is always valid. When it is matched with a [plain](super::subject) path,
//! picomatch's special cases (for `.` and `..`, empty segments, and nested groups) do not apply.

use super::key::{Demand, Walk};

/// The length of the longest simple text, in bytes.
const MAX_LENGTH: usize = 255;
/// The most texts that the groups of a simple text may expand to. The time of a match is at most proportional to the
/// length of the path × the length of the text × the number of expanded texts.
const MAX_UNFOLDED: usize = 16;

/// A part of a segment other than a star.
enum Piece<'t> {
    Text(&'t str),
    /// `?`: one character.
    One,
    /// One of these texts, some of which may be empty.
    Group(Alternatives<'t>),
}

#[derive(Clone)]
struct Alternatives<'t> {
    texts: &'t str,
    separator: char,
    /// Whether the group may match nothing, as in `?(a)`.
    optional: bool,
}

impl<'t> Alternatives<'t> {
    fn iter(&self) -> impl Iterator<Item = &'t str> {
        self.optional.then_some("").into_iter().chain(self.texts.split(self.separator))
    }
}

/// What is read from a simple text once, and then used for every path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Simple {
    /// The length in bytes of the segments, slashes included, before the first segment with a wildcard or a group; the
    /// length of the whole text if it has neither.
    literal: usize,
}

impl Simple {
    /// Reads a text; `None` if it is not simple.
    pub(super) fn read(text: &str) -> Option<Self> {
        is_simple(text).then(|| {
            let special = text.bytes().position(|byte| !is_plain(byte) && byte != b'/');
            let literal = special.map(|special| text[..special].rfind('/').map_or(0, |slash| slash + 1));
            Self { literal: literal.unwrap_or(text.len()) }
        })
    }

    /// Whether the text has neither wildcards nor groups, so that it only matches itself.
    pub(super) fn is_literal(self, text: &str) -> bool {
        self.literal == text.len()
    }

    /// Whether the text matches a plain path.
    pub(super) fn takes(self, text: &str, path: &str) -> bool {
        let (before, text) = text.split_at(self.literal);
        match path.strip_prefix(before) {
            Some(rest) if text.is_empty() => rest.is_empty(),
            Some(rest) => takes_behind(text, rest),
            None => text == "**" && before.strip_suffix('/') == Some(path),
        }
    }
}

fn is_simple(text: &str) -> bool {
    let mut unfolded = 1;
    let mut after_globstar = false;
    text.len() <= MAX_LENGTH
        && text.split('/').all(|segment| {
            let globstar = segment == "**";
            let again = std::mem::replace(&mut after_globstar, globstar) && globstar;
            if globstar { !again } else { is_segment(segment, &mut unfolded) }
        })
        && unfolded <= MAX_UNFOLDED
}

/// Whether a segment consists of pieces and single stars, and cannot match an empty name. Multiplies `unfolded` by the
/// number of alternatives of each group.
fn is_segment(segment: &str, unfolded: &mut usize) -> bool {
    let mut something = false;
    let mut rest = segment;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('*').filter(|behind| !behind.starts_with(['*', '('])) {
            // A star at the beginning of a segment matches at least one character.
            something |= rest.len() == segment.len();
            rest = behind;
            continue;
        }
        let Some((piece, behind)) = piece(rest) else { return false };
        rest = behind;
        match piece {
            Piece::Text(_) | Piece::One => something = true,
            Piece::Group(alternatives) => {
                *unfolded = unfolded.saturating_mul(alternatives.iter().count());
                something |= alternatives.iter().all(|text| !text.is_empty());
                // After a parenthesis, `?` is a quantifier.
                if alternatives.separator == '|' && rest.starts_with('?') {
                    return false;
                }
            }
        }
    }
    // For `*.*` picomatch requires a character after the dot.
    something && !matches!(segment, "." | ".." | "*.*")
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@')
}

/// Splits the next piece off a segment; `None` if nothing is left, or if a star or something that is not simple comes
/// next.
fn piece(text: &str) -> Option<(Piece<'_>, &str)> {
    let mut plain = text.bytes().position(|byte| !is_plain(byte)).unwrap_or(text.len());
    if text[..plain].ends_with('@') && text[plain..].starts_with('(') {
        plain -= 1;
    }
    if plain > 0 {
        return Some((Piece::Text(&text[..plain]), &text[plain..]));
    }
    let (opening, separator, closing, optional) = match text.as_bytes() {
        [b'?', b'(', ..] => (2, '|', ')', true),
        [b'@', b'(', ..] => (2, '|', ')', false),
        [b'{', ..] => (1, ',', '}', false),
        [b'?', ..] => return Some((Piece::One, &text[1..])),
        _ => return None,
    };
    let (texts, behind) = text[opening..].split_once(closing)?;
    let is_text = |text: &str| text.bytes().all(is_plain);
    let is_group = texts.split(separator).all(is_text) && !texts.is_empty();
    // `{a}` stands for itself, and `{a..c}` is a class.
    let is_group = is_group && (separator == '|' || texts.contains(',') && !texts.contains(".."));
    is_group.then_some((Piece::Group(Alternatives { texts, separator, optional }), behind))
}

/// Whether a simple pattern matches a plain path. The first segment of the pattern must have a wildcard or a group.
fn takes_behind(mut text: &str, mut path: &str) -> bool {
    // The text after the last `**`, and the rest of the path with which this text was last compared. If they do not
    // match, the text is compared with the rest of the path after one more segment. No earlier `**` needs another try,
    // since the last `**` can match every segment that an earlier one could.
    let mut again = None;
    loop {
        let (segment, more) = first_segment(text);
        if segment == "**" {
            let Some(more) = more else { return true };
            text = more;
            again = Some((more, path));
            continue;
        }
        let (name, rest) = first_segment(path);
        match (more, rest) {
            (None, None) if fits(segment, name) => return true,
            // `a/**` matches `a` as well. picomatch makes an exception if a star ends the segment, as in `*/**`.
            (Some("**"), None) if !segment.ends_with('*') && fits(segment, name) => return true,
            (Some(more), Some(rest)) if fits(segment, name) => (text, path) = (more, rest),
            _ => {
                let Some((behind, from)) = again else { return false };
                let (_, Some(from)) = first_segment(from) else { return false };
                (text, path) = (behind, from);
                again = Some((behind, from));
            }
        }
    }
}

/// Whether a simple text could match something below a plain path.
pub(super) fn leads_below(text: &str, path: &str) -> bool {
    let (segment, more) = first_segment(text);
    let (name, rest) = first_segment(path);
    match (more, rest) {
        // `**` matches any number of segments.
        _ if segment == "**" => true,
        (None, _) => false,
        (Some(_), None) => fits(segment, name),
        (Some(more), Some(rest)) => fits(segment, name) && leads_below(more, rest),
    }
}

/// Returns the first segment, and the text after its slash.
fn first_segment(text: &str) -> (&str, Option<&str>) {
    text.split_once('/').map_or((text, None), |(first, more)| (first, Some(more)))
}

/// Whether a segment of the pattern matches a name.
fn fits(segment: &str, name: &str) -> bool {
    let (mut text, mut name) = (segment, name.as_bytes());
    let mut after_star = false;
    while let Some((before, behind)) = text.split_once('*') {
        // The star matches anything, so the text before it is matched as early and as short as possible.
        let last = if after_star { name.len() } else { 0 };
        let Some(rest) = (0..=last).find_map(|at| shortest(before, &name[at..])) else { return false };
        (text, name, after_star) = (behind, rest, true);
    }
    let whole = |name: &[u8]| takes_first(text, name, &mut |rest: &[u8]| rest.is_empty());
    match piece(text) {
        None if after_star => true,
        Some((Piece::Text(text), "")) if after_star => name.ends_with(text.as_bytes()),
        _ if after_star => (0..=name.len()).any(|at| whole(&name[at..])),
        _ => whole(name),
    }
}

/// Returns the rest of a name after the shortest beginning that the pieces match; `None` if they match no beginning.
fn shortest<'n>(pieces: &str, name: &'n [u8]) -> Option<&'n [u8]> {
    let mut longest: Option<&[u8]> = None;
    takes_first(pieces, name, &mut |rest| {
        longest = longest.filter(|longest| longest.len() >= rest.len()).or(Some(rest));
        false
    });
    longest
}

/// Whether the pieces match a beginning of the name such that `will_do` accepts the rest.
fn takes_first<'n>(pieces: &str, name: &'n [u8], will_do: &mut impl FnMut(&'n [u8]) -> bool) -> bool {
    let Some((piece, more)) = piece(pieces) else { return will_do(name) };
    match piece {
        Piece::Text(text) => name.strip_prefix(text.as_bytes()).is_some_and(|rest| takes_first(more, rest, will_do)),
        Piece::One => behind_character(name).is_some_and(|rest| takes_first(more, rest, will_do)),
        Piece::Group(alternatives) => alternatives
            .iter()
            .any(|text| name.strip_prefix(text.as_bytes()).is_some_and(|rest| takes_first(more, rest, will_do))),
    }
}

/// Returns the rest after the first character; `None` if there is no character.
fn behind_character(name: &[u8]) -> Option<&[u8]> {
    let continues = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let (_, rest) = name.split_first().filter(|(first, _)| !continues(first))?;
    Some(&rest[rest.iter().take_while(continues).count()..])
}

/// Returns the segments that a path must have so that a simple text matches it.
pub(super) fn demands(text: &str) -> Vec<Demand<'_>> {
    let mut walk = Walk::default();
    for (index, segment) in text.split('/').enumerate() {
        if index > 0 {
            walk.slash();
        }
        let mut rest = segment;
        while !rest.is_empty() {
            let (piece, behind) = piece(rest).unzip();
            match piece {
                Some(Piece::Text(text)) => walk.append(&[text]),
                Some(Piece::Group(alternatives)) => walk.append(&alternatives.iter().collect::<Vec<_>>()),
                Some(Piece::One) | None => walk.unknown(),
            }
            // If there is no piece, the next byte is a star.
            rest = behind.unwrap_or(&rest[1..]);
        }
    }
    walk.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::expression_tree::Node;
    use crate::glob::key::Part;
    use crate::glob::machine::Machine;
    use crate::glob::parse::read;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_is_simple() {
        for (text, simple) in [
            ("services/@acme/api_1/**", true),
            ("**/*.{ts,tsx}", true),
            (".github/workflows/api.y?(a)ml", true),
            ("src/@(a|b)/**/x?y*z.*", true),
            ("**", true),
            ("", false),
            ("a//b", false),
            ("./a", false),
            ("a/", false),
            ("a/**b", false),
            ("**/**", false),
            ("[ab]", false),
            ("!a", false),
            ("{a}", false),
            ("{1..3}", false),
            ("{a,{b,c}}", false),
            ("a/{,b}", false),
            ("+(a)", false),
            ("?(a)?", false),
            ("c++", false),
            ("\u{fc}", false),
        ] {
            assert_eq!(is_simple(text), simple, "{text}");
        }
        assert!(!is_simple(&"a".repeat(MAX_LENGTH + 1)));
        assert!(!is_simple(&"{a,b}".repeat(5)));
    }

    /// Returns every text of this length over an alphabet.
    fn texts(alphabet: &[char], length: usize) -> impl Iterator<Item = String> {
        let count = alphabet.len().pow(u32::try_from(length).unwrap());
        let place = move |at: usize| alphabet.len().pow(u32::try_from(at).unwrap());
        (0..count).map(move |number| (0..length).map(|at| alphabet[number / place(at) % alphabet.len()]).collect())
    }

    #[test]
    fn a_simple_text_can_always_be_read() {
        let alphabet = ['a', '.', '@', '/', '*', '?', '{', '}', '(', ')', ',', '|'];
        let simple = (1..=4).flat_map(|length| texts(&alphabet, length)).filter(|text| is_simple(text));
        for text in simple {
            let reading = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(!reading.negated && Node::build(&reading.terms).is_ok(), "{text}");
        }
    }

    fn agrees(text: &str, path: &str) -> Result<(), TestCaseError> {
        let machine = Machine::new(&Node::build(&read(text).unwrap().terms).unwrap());
        let run = machine.run(path, usize::MAX).unwrap();
        prop_assert_eq!(Simple::read(text).unwrap().takes(text, path), run.matches, "{} {}", text, path);
        if run.matches {
            for Demand { part, texts } in demands(text) {
                let has = |segment: &str| {
                    texts.iter().any(|text| match part {
                        Part::Whole => segment == text,
                        Part::Beginning => segment.starts_with(&**text),
                        Part::Ending => segment.ends_with(&**text),
                    })
                };
                prop_assert!(path.split('/').any(has), "{} {} {:?}", text, path, texts);
            }
        }
        Ok(())
    }

    fn segment() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a", "b", "ab", ".", "@", "*", "*", "?", "{a,b}", "{a,ab}", "{,b}", "@(a|.b)", "?(a)", "?(b|ba)",
        ]);
        prop_oneof![2 => Just("**".to_owned()), 5 => prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())]
    }

    fn plain_segment() -> impl Strategy<Value = String> {
        "[.]{0,2}[ab@\u{e9}][ab.@\u{e9}]{0,4}"
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, max_global_rejects: 40_000, ..ProptestConfig::default() })]

        #[test]
        fn the_text_answers_what_the_machine_answers(
            segments in prop::collection::vec(segment(), 1..5),
            path in prop::collection::vec(plain_segment(), 1..5),
        ) {
            let text = segments.join("/");
            prop_assume!(is_simple(&text));
            agrees(&text, &path.join("/"))?;
        }
    }

    #[test]
    fn short_texts_answer_what_the_machine_answers() {
        let paths: Vec<String> = (1..=4)
            .flat_map(|length| texts(&['a', '.', '/'], length))
            .filter(|path| path.split('/').all(|segment| !matches!(segment, "" | "." | "..")))
            .collect();
        for text in (1..=4).flat_map(|length| texts(&['a', '.', '/', '*', '?'], length)).filter(|text| is_simple(text))
        {
            for path in &paths {
                agrees(&text, path).unwrap();
            }
        }
    }
}
