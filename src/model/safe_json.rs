//! JSON as rebake writes it: exact for programs, and harmless where people see it.
//!
//! Invisible characters (controls, marks that change the reading direction, blank letters) are written as JSON escapes.
//! In each text that a CI engine would read as a command in its log (`##[`, `##vso[`), one `#` is written as a JSON
//! escape.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::name::is_visible;

/// Returns a value as indented JSON with a final line break.
#[must_use]
pub fn document<T: Serialize + ?Sized>(value: &T) -> String {
    let written = serde_json::to_string_pretty(value);
    debug_assert!(written.is_ok(), "every map that is written has texts for keys");
    escaped(written.unwrap_or_default(), is_visible) + "\n"
}

/// Returns a value on one line, without a line break.
#[must_use]
pub fn line<T: Serialize + ?Sized>(value: &T) -> String {
    on_one_line(value, is_visible)
}

/// Returns a value as one line of ASCII, for programs that split lines or guess encodings: the runner's output file,
/// readers of YAML.
#[must_use]
pub fn ascii_line<T: Serialize + ?Sized>(value: &T) -> String {
    on_one_line(value, |c| c.is_ascii() && is_visible(c))
}

fn on_one_line<T: Serialize + ?Sized>(value: &T, is_kept: fn(char) -> bool) -> String {
    let written = serde_json::to_string(value);
    debug_assert!(written.is_ok(), "every map that is written has texts for keys");
    escaped(written.unwrap_or_default(), is_kept)
}

/// Escapes the characters for which `is_kept` is false, and breaks up `##[` and `##vso[`. All of these can only occur
/// in strings.
fn escaped(json: String, is_kept: fn(char) -> bool) -> String {
    let is_kept = |c: char| c == '\n' || is_kept(c);
    // Printable ASCII is never escaped, and most documents hold nothing else.
    let other = json.bytes().position(|byte| !matches!(byte, b' '..=b'~' | b'\n'));
    let visible = match other.and_then(|other| Some(other + json[other..].find(|c| !is_kept(c))?)) {
        None => Cow::Borrowed(json.as_str()),
        Some(first) => {
            let mut out = json[..first].to_owned();
            for c in json[first..].chars() {
                if is_kept(c) {
                    out.push(c);
                } else {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
            }
            Cow::Owned(out)
        }
    };
    if visible.contains("##") {
        return visible.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[");
    }
    match visible {
        Cow::Owned(visible) => visible,
        Cow::Borrowed(_) => json,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_seen_stays_as_it_is() {
        let text = "größe 日本 \u{202e}\u{2800}\u{7f}\u{9b}\n\u{1f600}\u{e0041}";
        assert_eq!(line(text), "\"größe 日本 \\u202e\\u2800\\u007f\\u009b\\n\u{1f600}\\udb40\\udc41\"");
        assert_eq!(document(&[text]), format!("[\n  {}\n]\n", line(text)));
        assert_eq!(ascii_line("a\"\\\nü\u{2028}\u{1f600}"), r#""a\"\\\n\u00fc\u2028\ud83d\ude00""#);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_all_of_it_is_seen(
            parts in prop::collection::vec(prop_oneof![any::<String>(), Just("##[".to_owned()), Just("##vso[".to_owned())], 0..8)
        ) {
            let text = parts.concat();
            for json in [line(&text), ascii_line(&text), document(&text)] {
                prop_assert_eq!(&serde_json::from_str::<String>(&json).unwrap(), &text);
                let json = json.trim_end_matches('\n');
                prop_assert!(json.chars().all(is_visible), "{}", json);
                prop_assert!(!json.contains("##[") && !json.contains("##vso["), "{}", json);
            }
            prop_assert!(ascii_line(&text).is_ascii());
        }
    }
}
