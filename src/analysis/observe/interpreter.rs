/// The most interpreters that follow each other when a script names a script, as in Linux.
pub(super) const MOST_INTERPRETERS: usize = 5;

/// Returns the program that the first line of a script names: `#!/bin/sh -e`. The kernel opens it, without a call.
pub(super) fn interpreter(beginning: &[u8]) -> Option<&[u8]> {
    let line = beginning.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    line.split(|byte| [b' ', b'\t', b'\0'].contains(byte)).find(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_a_program() {
        for text in ["#!/bin/sh", "#! \t/bin/sh -e\nrest", "#!/bin/sh\n", "#!/bin/sh\t-x"] {
            assert_eq!(interpreter(text.as_bytes()), Some(&b"/bin/sh"[..]), "{text}");
        }
        for text in ["", "#", "#!", "#! \n/bin/sh", "/bin/sh", "\x7fELF"] {
            assert_eq!(interpreter(text.as_bytes()), None, "{text}");
        }
    }
}
