//! A path, prepared once for matching with many patterns.

use super::character_set::ends_line;
use bstr::ByteSlice as _;
use std::borrow::Cow;

/// A path in the form in which patterns match it.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// The path as text. Bytes that are not UTF-8 count as U+FFFD, as in JavaScript.
    pub(super) text: Cow<'a, str>,
    /// Whether the path has no empty segment, no segment `.` or `..`, and no line break. Nearly all paths in git are
    /// plain.
    pub(super) plain: bool,
}

impl<'a> Subject<'a> {
    pub(super) fn new(path: &'a [u8]) -> Self {
        let text = path.to_str_lossy();
        let plain = is_plain(&text);
        Self { text, plain }
    }
}

fn is_plain(text: &str) -> bool {
    // How many dots the segment has, if it has nothing else.
    let mut dots = Some(0);
    for byte in text.bytes() {
        dots = match byte {
            b'/' if matches!(dots, Some(0..=2)) => return false,
            b'\n' | b'\r' => return false,
            b'/' => Some(0),
            b'.' => dots.map(|dots| dots + 1),
            _ => None,
        };
    }
    !matches!(dots, Some(0..=2)) && (text.is_ascii() || !text.contains(ends_line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_has_plain_paths() {
        for (path, plain) in [
            ("a/b.c", true),
            ("...", true),
            (".a/..b", true),
            ("", false),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("./a", false),
            ("a/..", false),
            ("a\nb", false),
            ("a\u{2028}b", false),
        ] {
            assert_eq!(Subject::new(path.as_bytes()).plain, plain, "{path:?}");
        }
        assert_eq!(Subject::new(b"a\xff").text, "a\u{fffd}");
    }
}
