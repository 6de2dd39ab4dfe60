use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Returns a value as one line of ASCII; other characters are escaped.
///
/// Output files and job matrices are read by programs that split lines and guess encodings. One line of ASCII is safe
/// in all of them.
pub(super) fn ascii_line<T: Serialize>(value: &T) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and every map that is written here has strings for keys.
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, Ascii));
    debug_assert!(written.is_ok(), "a plan always serialises");
    unobeyed(&String::from_utf8(bytes).unwrap_or_default())
}

/// Returns a value as indented JSON with a final newline.
pub(crate) fn pretty<T: Serialize>(value: &T) -> String {
    let written = serde_json::to_string_pretty(value);
    debug_assert!(written.is_ok(), "every map that is written here has strings for keys");
    unobeyed(&written.unwrap_or_default()) + "\n"
}

/// Escapes commands that GitHub and Azure would obey anywhere in a line of a log. They can only be inside of strings.
fn unobeyed(json: &str) -> String {
    json.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[")
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0; 2];
        for c in fragment.chars() {
            if c.is_ascii() && c != '\u{7f}' {
                write!(writer, "{c}")?;
            } else {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        let text = "a\"\\\n\u{7f}ü\u{2028}😀";
        let line = ascii_line(&text);
        assert_eq!(line, r#""a\"\\\n\u007f\u00fc\u2028\ud83d\ude00""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    #[test]
    fn nothing_is_a_command_to_a_log() {
        let text = "##[add-mask]x##vso[task.complete]y::z";
        for json in [ascii_line(&text), pretty(&[text])] {
            assert!(!json.contains("##[") && !json.contains("##vso["), "{json}");
        }
        assert_eq!(serde_json::from_str::<String>(&ascii_line(&text)).unwrap(), text);
    }
}
