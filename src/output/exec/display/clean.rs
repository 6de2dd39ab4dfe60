use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use bstr::ByteSlice as _;

/// How lines of a build's output are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputStyle {
    /// Whether colours are kept.
    pub colours: Colours,
    /// Whether commands to the CI engine are kept.
    pub commands: Commands,
}

/// Whether colours of a build's output are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colours {
    /// All escape codes are removed.
    #[default]
    Removed,
    /// Colours are kept, and reset at the end of the line.
    Kept,
}

/// Whether the output of a build may contain commands to the CI engine: `::error::`, `##[group]`, `##vso[…]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Commands {
    /// The engine obeys the commands. Trusted builds may send commands: compilers and buildx make annotations with
    /// them.
    #[default]
    Obeyed,
    /// Commands are broken up with a blank and have no effect: for builds of untrusted code, such as a fork's pull
    /// request.
    Broken,
}

impl OutputStyle {
    /// Returns a line of a build's output, without its line break, in a form that is safe for a terminal: nothing moves
    /// the cursor, sets the title or rings the bell. Of a line with carriage returns, only the part after the last one
    /// is kept. Bytes that are not UTF-8 become U+FFFD.
    pub(super) fn line(self, bytes: &[u8]) -> Cow<'_, str> {
        let text = String::from_utf8_lossy(bytes);
        if self.leaves(bytes) && !bytes.contains(&b'\n') {
            return text;
        }
        let text = text.trim_end_matches(['\r', '\n']);
        let text = without_codes(text.rsplit('\r').next().unwrap_or_default(), self.colours);
        Cow::Owned(match self.commands {
            Commands::Obeyed => text,
            Commands::Broken => broken(&text),
        })
    }

    /// Whether lines of a build's output are certainly shown unchanged: they only have visible ASCII characters,
    /// blanks, tabs and line breaks, and nothing that could be a command to break up.
    pub(super) fn leaves(self, lines: &[u8]) -> bool {
        let is_seen = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
        // A fold that does not stop at the first other byte lets the processor check many bytes in one step.
        let all_seen = lines.iter().fold(true, |all, byte| all & is_seen(*byte));
        let may_command = || lines.contains_str("::") || lines.contains_str("##");
        all_seen && (self.commands == Commands::Obeyed || !may_command())
    }
}

fn without_codes(text: &str, colours: Colours) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut coloured = false;
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => {
                if let Some(colour) = code(&mut chars).filter(|_| colours == Colours::Kept) {
                    let _ = write!(out, "\x1b[{colour}m");
                    coloured = true;
                }
            }
            '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if coloured {
        out.push_str("\x1b[0m");
    }
    out
}

/// Reads an escape code (ECMA-48), and returns its parameters if it sets a colour.
fn code(chars: &mut Peekable<Chars>) -> Option<String> {
    match chars.next()? {
        // Parameters and intermediates, up to a letter.
        '[' => {
            let mut parameters = String::new();
            while let Some(c) = chars.next_if(|c| (' '..='?').contains(c)) {
                parameters.push(c);
            }
            let sets_colour = chars.next() == Some('m') && parameters.bytes().all(|c| b"0123456789;:".contains(&c));
            sets_colour.then_some(parameters)
        }
        // A control string, such as the title of the terminal, up to BEL or `ESC \`.
        ']' | 'P' | 'X' | '^' | '_' => {
            while let Some(c) = chars.next() {
                if c == '\x07' || (c == '\x1b' && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
            None
        }
        ' '..='/' => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next();
            None
        }
        _ => None,
    }
}

/// Breaks up commands to the CI engine, as [`crate::model::name::Escaped`] does. Commands after colour codes are broken
/// up too, since engines remove the codes first.
fn broken(text: &str) -> String {
    let text = text.replace("##[", "# #[").replace("##vso[", "# #vso[");
    let bare = without_codes(&text, Colours::Removed);
    if bare.trim_start().starts_with("::") {
        let start = bare.len() - bare.trim_start().len();
        return format!("{}: {}", &bare[..start], &bare[start + 1..]);
    }
    if bare.contains("##[") || bare.contains("##vso[") {
        return bare.replace("##[", "# #[").replace("##vso[", "# #vso[");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Broken };
    const COLOURED: OutputStyle = OutputStyle { colours: Colours::Kept, commands: Commands::Obeyed };

    #[test]
    fn what_moves_or_sets_the_terminal_is_removed() {
        let cases: [(&[u8], &str); 9] = [
            (b"\x1b[31mred\x1b[0m", "red"),
            (b"\x1b[2J\x1b[1;1Hclear", "clear"),
            (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link", "alink"),
            (b"10%\r20%\r100%\r\n", "100%"),
            (b"a\x08\x07b\tc\xff\x00", "ab\tc\u{fffd}"),
            ("c1 \u{9b}31m\u{85}".as_bytes(), "c1 31m"),
            (b"\x1b(Bcharset\x1b7\x1b", "charset"),
            (b"\x1b[?25lcursor \x1b[>4;1mkeys", "cursor keys"),
            (b"\x1b]52;c;never closed", ""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(PLAIN.line(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn colours_end_with_their_line() {
        assert_eq!(COLOURED.line(b"\x1b[1;31mred\x1b[K"), "\x1b[1;31mred\x1b[0m");
        assert_eq!(COLOURED.line(b"\x1b[>4;1mkeys"), "keys");
    }

    #[test]
    fn commands_are_broken_where_asked() {
        let broken = |bytes: &'static [u8]| PLAIN.line(bytes);
        assert_eq!(broken(b"::error::x"), ": :error::x");
        assert_eq!(broken(b" \x1b[1m::set-output name=a::b"), " : :set-output name=a::b");
        assert_eq!(broken(b"a ##[add-mask]b ##vso[task.x]c"), "a # #[add-mask]b # #vso[task.x]c");
        assert_eq!(broken(b"#\x1b[0m#[group]"), "# #[group]");
        assert_eq!(broken(b"std::fmt"), "std::fmt");
        assert_eq!(COLOURED.line(b"::error::x"), "::error::x");
        let kept = OutputStyle { colours: Colours::Kept, commands: Commands::Broken };
        assert_eq!(kept.line(b"\x1b[1m::error::x"), ": :error::x");
        assert_eq!(kept.line(b"#\x1b[1m#[group]"), "# #[group]");
    }

    proptest! {
        #[test]
        fn what_is_left_alone_is_shown_as_it_is(text in "[ -~\t:#\n\u{1b}é]{0,30}") {
            for style in [PLAIN, COLOURED].into_iter().filter(|style| style.leaves(text.as_bytes())) {
                for line in text.split('\n') {
                    let shown = without_codes(line, style.colours);
                    let shown = if style.commands == Commands::Broken { broken(&shown) } else { shown };
                    prop_assert_eq!(shown, line);
                }
            }
        }

        #[test]
        fn a_line_has_no_line_break(text in "[a-z]{0,3}\n") {
            prop_assert_eq!(PLAIN.line(text.as_bytes()), text.trim_end());
        }

        #[test]
        fn nothing_harmful_is_left(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'#')], 0..40)) {
            let plain = PLAIN.line(&bytes);
            prop_assert!(plain.chars().all(|c| c == '\t' || !c.is_control()), "{plain:?}");
            prop_assert!(!plain.trim_start().starts_with("::") && !plain.contains("##["), "{plain:?}");
            let coloured = COLOURED.line(&bytes);
            for code in coloured.split('\x1b').skip(1) {
                let end = code.find('m').unwrap();
                let parameters = code[..end].strip_prefix('[').unwrap();
                prop_assert!(parameters.chars().all(|c| c.is_ascii_digit() || ";:".contains(c)), "{coloured:?}");
            }
        }
    }
}
