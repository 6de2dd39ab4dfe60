/// The most interpreters that are looked up one after the other, if a script names another script as its interpreter.
/// Linux has the same limit.
pub(super) const MOST_INTERPRETERS: usize = 5;

/// Returns the program that the first line of a script names: `/bin/sh` for `#!/bin/sh -e`. The kernel itself opens
/// this program, so no system call shows that it was read.
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
