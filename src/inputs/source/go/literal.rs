//! String literals of Go: `"interpreted"`, with escapes, and `` `raw` ``.

use std::borrow::Cow;

/// Returns the length and the value of the literal at the start of a text; `None` if there is no literal, or if it does
/// not end.
pub(super) fn read(text: &str) -> Option<(usize, Cow<'_, str>)> {
    if let Some(raw) = text.strip_prefix('`') {
        let length = raw.find('`')?;
        return Some((length + 2, Cow::Borrowed(&raw[..length])));
    }
    let inner = text.strip_prefix('"')?;
    let length = end(inner)?;
    let inner = &inner[..length];
    Some((length + 2, if inner.contains('\\') { Cow::Owned(unescaped(inner)) } else { Cow::Borrowed(inner) }))
}

/// Returns the offset of the quote that ends an interpreted literal; `None` if it does not end on its line.
fn end(inner: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Resolves escapes for characters that a path can have: `\\`, `\"`, `\x…`, `\u…` and `\U…`. Others stay as written.
fn unescaped(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let digits = match escape.as_bytes().first() {
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(b'x') => 2,
            _ => 0,
        };
        let code = escape.get(1..=digits).filter(|_| digits > 0);
        if let Some(c) = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            text.push(c);
            rest = &escape[1 + digits..];
        } else if let Some(c) = escape.chars().next().filter(|c| matches!(c, '\\' | '"')) {
            text.push(c);
            rest = &escape[1..];
        } else {
            text.push('\\');
            rest = escape;
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_end_at_their_own_quote() {
        for (text, length, value) in [
            (r#""a/b" x"#, 5, "a/b"),
            (r#""a\"b""#, 6, "a\"b"),
            (r#""\u00e9\x61\\""#, 14, "éa\\"),
            ("`a\\\nb`;", 6, "a\\\nb"),
        ] {
            assert_eq!(read(text), Some((length, Cow::Borrowed(value))), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_literal_is_none() {
        for text in ["", "a", "\"a", "`a", "\"a\nb\"", r#""a\""#] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
