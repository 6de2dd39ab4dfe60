//! JSON with comments and with commas before closing brackets.

use std::borrow::Cow;

/// Returns the text as strict JSON, without comments and trailing commas. Strings are unchanged.
pub(super) fn strict(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    // The position of the last comma in `out`, if only blanks follow it.
    let mut comma = None;
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => {
                let end = end_of_text(bytes, at);
                out.extend_from_slice(&bytes[at..end]);
                (comma, at) = (None, end);
                continue;
            }
            (b'/', Some(b'/')) => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            (b'/', Some(b'*')) => {
                let end = text[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
                at = end;
                continue;
            }
            (b',', _) => comma = Some(out.len()),
            (b'}' | b']', _) => {
                if let Some(comma) = comma.take() {
                    out[comma] = b' ';
                }
            }
            (byte, _) if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        out.push(bytes[at]);
        at += 1;
    }
    // Only whole comments were left out, and commas replaced, so this is UTF-8.
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Returns the position after the string that begins at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_comments_go() {
        let text = "{ // a\n \"a,}\": [1, 2,\n ], /* ] */ \"b\\\"//\": {\"c\": \"é\",},\n}\n";
        let read: serde_json::Value = serde_json::from_str(&strict(text)).unwrap();
        assert_eq!(read, serde_json::json!({"a,}": [1, 2], "b\"//": {"c": "é"}}));
        for text in ["", "\"", "\"\\", "/*", "/", ",}", "[,]"] {
            let _ = strict(text);
        }
    }
}
