use std::fmt::Write as _;

use super::Escaped;

/// Quotes a word for a shell, with as little quoting as possible. A word that could harm a terminal or a log is written
/// as `$'…'` with escapes. POSIX has had this form since 2024, and shells had it long before.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if Escaped::new(word).to_string() == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            ' ' => quoted.push(c),
            // `:` and `#` begin commands in the logs of CI engines.
            c if is_plain(c) && c != ':' => quoted.push(c),
            c => {
                for byte in c.to_string().bytes() {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
        }
    }
    quoted + "'"
}

/// Quotes a text of several lines for a shell. Like [`shell_word`], but line breaks and tabs stay as they are, since not
/// every shell reads `$'…'`. A text that could harm a terminal or a log in another way is one word with escapes.
#[must_use]
pub fn shell_lines(text: &str) -> String {
    let is_harmless = |line: &str| {
        let line = line.replace('\t', " ");
        Escaped::new(&line).to_string() == line
    };
    if text.contains(['\n', '\t']) && text.split('\n').all(is_harmless) {
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        shell_word(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_reads_back_lines() {
        let texts = ["one word", "a\tb", "a\n\tb\n", "it's\n\n$(id) `id` \\\n"];
        let script = format!("printf '%s\\0' {}", texts.map(shell_lines).join(" "));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
        assert_eq!(read, texts, "{script}");
        for harmful in ["a\n\t::error::x", "a\n\u{1b}[2J", "a\n##[error]"] {
            assert_eq!(shell_lines(harmful), shell_word(harmful));
        }
    }

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
            "größe\u{202e}evil\u{2028}",
            "::error::x y",
            "a ##[error] b",
            "##vso[x]'\u{1b}",
            "-rf",
            "~",
            "#",
            "*",
        ];
        let script = format!("printf '%s\\0' {}", words.map(shell_word).join(" "));
        assert_eq!(Escaped::new(&script).to_string(), script);
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
        assert_eq!(read, words, "{script}");
    }
}
