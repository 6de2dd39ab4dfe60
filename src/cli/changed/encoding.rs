//! Converts the text of a list of paths to UTF-8, for example from UTF-16, which redirections on Windows write.

/// Returns a text as UTF-8 without a byte-order mark. Bytes without a mark are returned unchanged, since a path need
/// not be text.
///
/// # Errors
/// When the text has the byte-order mark of UTF-16 and is not valid UTF-16.
pub(super) fn decoded(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let units = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks_exact(2);
        let is_whole = pairs.remainder().is_empty();
        let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
        let text = String::from_utf16(&units).ok().filter(|_| is_whole);
        text.map(String::into_bytes).ok_or_else(|| "it begins like UTF-16 text, but is not valid UTF-16".to_owned())
    };
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(rest.to_vec()),
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_how_a_text_is_written() {
        let little: Vec<u8> = "\u{feff}api/ä\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}api/ä\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big, "\u{feff}api/ä\n".into(), "api/ä\n".into()] {
            assert_eq!(decoded(bytes).unwrap(), "api/ä\n".as_bytes());
        }
        assert_eq!(decoded(vec![b'a', 0xff]).unwrap(), [b'a', 0xff]);
        assert!(decoded(vec![0xff, 0xfe, b'a']).is_err());
        assert!(decoded(vec![0xff, 0xfe, 0x00, 0xd8]).is_err());
    }
}
