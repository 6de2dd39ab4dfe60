use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// The size limit of a filters.yaml, in bytes. Some 30,000 services fit.
pub const MAX_BYTES: usize = 8 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decodes the bytes of a filters.yaml. A UTF-8 byte order mark is removed first, so positions in the text do not count
/// it.
///
/// # Errors
/// When there are more than [`MAX_BYTES`] bytes, when one of them is NUL, or when they are not UTF-8.
pub fn decode(name: impl Into<String>, bytes: &[u8]) -> Result<SourceFile, Diagnostic> {
    let name = name.into();
    let shown = crate::model::name::Escaped::new(&name);
    if bytes.len() > MAX_BYTES {
        let message = format!("{shown} has more than {MAX_BYTES} bytes, and no more are read");
        return Err(Diagnostic::error("file-too-large", message).help("check that this is the right file"));
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if is_utf16(bytes) {
        let message = format!("{shown} is UTF-16 text");
        return Err(Diagnostic::error("not-utf8", message).help("save the file as UTF-8"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let message = format!("{shown} is not a text file: the byte at offset {at} is NUL");
        return Err(Diagnostic::error("binary-file", message).help("check that this is the right file"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(error) => {
            let at = error.valid_up_to();
            let message = format!("{shown} is not UTF-8 text: the byte 0x{:02x} is invalid here", bytes[at]);
            let file = SourceFile::new(name, String::from_utf8_lossy(bytes));
            let span = Span { start: at, end: at + char::REPLACEMENT_CHARACTER.len_utf8() };
            Err(Diagnostic::error("not-utf8", message).label(&file, span, "not UTF-8").help("save the file as UTF-8"))
        }
    }
}

/// Whether bytes look like UTF-16: they begin with its byte order mark, or with ASCII characters of two bytes each.
fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, second, ..] => second.is_ascii() && *second != 0,
        [first, 0, third, 0, ..] => first.is_ascii() && third.is_ascii() && *first != 0 && *third != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> &'static str {
        decode("filters.yaml", bytes).unwrap_err().code
    }

    #[test]
    fn text_is_taken_without_its_byte_order_mark() {
        assert_eq!(decode("f", b"\xef\xbb\xbfa: b").unwrap().text(), "a: b");
        assert_eq!(decode("f", b"").unwrap().text(), "");
        assert_eq!(decode("f", "ü: b".as_bytes()).unwrap().text(), "ü: b");
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(refused(b"\xff\xfea\0:\0"), "not-utf8");
        assert_eq!(refused(b"a\0:\0 \0"), "not-utf8");
        assert_eq!(refused(b"\0a\0:"), "not-utf8");
        assert_eq!(refused(b"\x7fELF\x02\x01\x01\0\0\0"), "binary-file");
        assert_eq!(refused(&vec![b'a'; MAX_BYTES + 1]), "file-too-large");
    }

    #[test]
    fn a_byte_that_is_not_utf8_has_a_place() {
        let error = decode("f", b"a: b\nc: \xe9t\xe9\n").unwrap_err();
        let label = &error.labels[0];
        assert_eq!(label.file.at(label.span), "f:2:4");
    }
}
