use std::borrow::Cow;
use std::fmt::{self, Write as _};

use bstr::ByteSlice as _;

/// Shows bytes from a repository so that they cannot harm a terminal or a log.
///
/// Control characters, bytes that are not UTF-8, and invisible characters become visible escapes, such as `\n`, `\x1b`,
/// `\xff` and `\u{202e}`. Invisible are Unicode's format and default-ignorable characters (such as U+FEFF, U+200B and
/// the marks that change the reading direction), spaces other than U+0020, and blank letters. CI engines read some
/// texts as commands: GitHub reads `::` at the start of a line, after any blanks, and `##[` anywhere; Azure reads
/// `##vso[` anywhere. A blank breaks up these texts: `: :`, `# #[`, `# #vso[`.
pub struct Escaped<'a>(&'a [u8]);

impl<'a> Escaped<'a> {
    /// Wraps text or bytes for display.
    pub fn new<T: AsRef<[u8]> + ?Sized>(text: &'a T) -> Self {
        Self(text.as_ref())
    }

    /// Returns the text if it needs no escapes: printable ASCII without `:` and `#`, as in nearly all names.
    fn harmless(&self) -> Option<&'a str> {
        let is_plain = self.0.iter().all(|byte| matches!(byte, b' '..=b'~' if !b":#".contains(byte)));
        std::str::from_utf8(self.0).ok().filter(|_| is_plain)
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.harmless() {
            return f.pad(text);
        }
        let safe = visible(self.0, push_visible);
        let safe = match safe.trim_start().strip_prefix("::") {
            Some(rest) => format!(": :{rest}"),
            None => safe,
        };
        f.pad(&safe.replace("##[", "# #[").replace("##vso[", "# #vso["))
    }
}

/// Escapes each line of a text with several lines. Existing escapes stay as they are.
#[must_use]
pub fn escaped_lines(text: &str) -> String {
    text.split('\n').map(|line| Escaped::new(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// Returns a text for programs in a form that cannot harm a terminal. Line breaks and tabs stay. Every other control
/// character, every invisible character, and bytes that are not UTF-8 are escaped.
#[must_use]
pub fn for_terminal(bytes: &[u8]) -> String {
    visible(bytes, |out, c| if ['\n', '\t'].contains(&c) { out.push(c) } else { push_visible(out, c) })
}

fn visible(bytes: &[u8], push: impl Fn(&mut String, char)) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut out, c));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// The characters of Unicode 16 with the property `Default_Ignorable_Code_Point` or the category `Cf`, `Zl`, `Zp` or
/// `Zs`, except the space of ASCII; and those that are blank by their names: BRAILLE PATTERN BLANK, EGYPTIAN HIEROGLYPH
/// FULL BLANK and HALF BLANK, KHITAN SMALL SCRIPT FILLER, MUSICAL SYMBOL NULL NOTEHEAD. Each item is the first and the
/// last character of a range. The ranges are in ascending order.
const INVISIBLE: [(char, char); 32] = [
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{13441}', '\u{13442}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

fn is_invisible(c: char) -> bool {
    let next = INVISIBLE.partition_point(|(first, _)| *first <= c);
    next > 0 && c <= INVISIBLE[next - 1].1
}

/// Whether a character is neither a control character nor an invisible one.
#[must_use]
pub fn is_visible(c: char) -> bool {
    !((c as u32) < 0x100 && c.is_control() || is_invisible(c))
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if (c as u32) < 0x100 && c.is_control() => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c if is_invisible(c) => {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.push(c),
    }
}

/// Returns a path or a tag as it is written in JSON: unchanged if it is UTF-8, else as git prints it
/// (`core.quotePath`): in double quotes, with octal and C escapes.
///
/// A name that itself begins with a double quote is quoted too, so that [`unquoted`] always gives the bytes back.
#[must_use]
pub fn quoted(bytes: &[u8]) -> Cow<'_, str> {
    match bytes.to_str() {
        Ok(text) if !text.starts_with('"') => Cow::Borrowed(text),
        _ => Cow::Owned(in_quotes(bytes)),
    }
}

/// Returns bytes in double quotes, with octal and C escapes, as git reads and prints them.
#[must_use]
pub fn in_quotes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            0x20..=0x7e => out.push(char::from(*byte)),
            other => {
                let _ = write!(out, "\\{other:03o}");
            }
        }
    }
    out.push('"');
    out
}

/// Returns the bytes of a text that [`quoted`] wrote, or of a path that git quoted; `None` if the quoting is broken.
#[must_use]
pub fn unquoted(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(inner) = text.strip_prefix(b"\"") else {
        return Some(Cow::Borrowed(text));
    };
    let inner = inner.strip_suffix(b"\"")?;
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => return None,
            b'\\' => out.push(unescaped(&mut rest)?),
            byte => out.push(byte),
        }
    }
    Some(Cow::Owned(out))
}

fn unescaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let octal = |digit: u8| digit.checked_sub(b'0').filter(|value| *value < 8).map(u16::from);
    Some(match rest.next()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        quote @ (b'"' | b'\\') => quote,
        first => {
            let value = octal(first)? * 64 + octal(rest.next()?)? * 8 + octal(rest.next()?)?;
            u8::try_from(value).ok()?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: &[u8]) -> String {
        Escaped::new(bytes).to_string()
    }

    #[test]
    fn hostile_names_become_visible() {
        assert_eq!(shown(b"a\nb\r\t"), "a\\nb\\r\\t");
        assert_eq!(shown(b"\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
        assert_eq!(shown(b"\xff\xfe"), "\\xff\\xfe");
        assert_eq!(shown("a\u{202e}gpj\u{85}".as_bytes()), "a\\u{202e}gpj\\x85");
        assert_eq!(shown("a\u{feff}b\u{200b}\u{ad}\u{e0041}".as_bytes()), "a\\u{feff}b\\u{200b}\\u{ad}\\u{e0041}");
        assert_eq!(shown("größe/日本".as_bytes()), "größe/日本");
    }

    #[test]
    fn a_terminal_obeys_line_breaks_and_tabs_alone() {
        assert_eq!(for_terminal(b"a\tb\n::x\x1b[2J\r\0\xff"), "a\tb\n::x\\x1b[2J\\r\\x00\\xff");
    }

    #[test]
    fn engine_commands_are_broken_up() {
        assert_eq!(shown(b"::set-output name=any::false"), ": :set-output name=any::false");
        assert_eq!(shown(b"  ::error::x"), ": :error::x");
        assert_eq!(shown(b"x##[add-mask]y"), "x# #[add-mask]y");
        assert_eq!(shown(b"##vso[task.setvariable]"), "# #vso[task.setvariable]");
        assert_eq!(shown(b"std::fmt"), "std::fmt");
    }

    #[test]
    fn quoting_is_gits() {
        assert_eq!(quoted(b"plain name"), "plain name");
        assert_eq!(quoted(b"\xffa\n"), r#""\377a\n""#);
        assert_eq!(quoted(br#""x"#), r#""\"x""#);
        assert_eq!(unquoted(br#""\303\244""#).unwrap().as_ref(), "ä".as_bytes());
        assert_eq!(unquoted(br#""open"#), None);
        assert_eq!(unquoted(br#""\9""#), None);
        assert_eq!(unquoted(br#""\777""#), None);
    }

    proptest! {
        #[test]
        fn quoting_loses_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let text = quoted(&bytes).into_owned();
            prop_assert_eq!(unquoted(text.as_bytes()).unwrap().into_owned(), bytes);
        }

        #[test]
        fn nothing_shown_is_a_control_character(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(shown(&bytes).chars().all(|c| !c.is_control()));
        }
    }
}
