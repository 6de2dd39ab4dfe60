use std::fmt::Write as _;

/// Quotes a word for a shell, as little as it takes. One with control characters stands in `$'…'`, which POSIX knows
/// since 2024 and shells long before, so that it can do no harm to a terminal.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.chars().any(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\\' | '\'' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => {
                for byte in c.to_string().bytes() {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_every_word() {
        let words = [
            "",
            "plain/a-b:1",
            "a b",
            "it's",
            "$(id) `id` $HOME",
            "a\nb\t\\n'\u{1b}[2J\u{85}1",
            "größe",
            "-rf",
            "~",
            "#",
            "*",
        ];
        let script = format!("printf '%s\\0' {}", words.map(shell_word).join(" "));
        assert!(!script.chars().any(char::is_control), "{script}");
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
        assert_eq!(read, words, "{script}");
    }
}
