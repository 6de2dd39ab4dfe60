use crate::model::choice::Choice;
use crate::model::name::unquoted;
use crate::model::safe_json;

/// The format of the output `<name>_files`, the paths that a filter matched. The formats are those of the input
/// `list-files` of the action dorny/paths-filter, version 4.
///
/// Up to version 4.0.2, that action does not quote names with a line break (GHSA-7hc6-8hq5-9q2m). rebake quotes every
/// name with special characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListFiles {
    /// No output.
    #[default]
    None,
    /// A JSON array.
    Json,
    /// Separated by commas, with quotes where needed.
    Csv,
    /// Separated by blanks, with quotes for a POSIX shell.
    Shell,
    /// Separated by blanks, with a backslash before each special character.
    Escape,
}

impl Choice for ListFiles {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::None, "none", "No list"),
        (Self::Json, "json", "A JSON array"),
        (Self::Csv, "csv", "Separated by commas"),
        (Self::Shell, "shell", "Quoted for a POSIX shell"),
        (Self::Escape, "escape", "With backslashes for a POSIX shell"),
    ];
}

impl ListFiles {
    /// Returns the text of a list of paths; `None` for [`ListFiles::None`].
    pub(super) fn text(self, paths: &[String]) -> Option<String> {
        // The plan quotes a path that is not UTF-8. In these outputs such bytes become U+FFFD, as in paths-filter.
        let bytes =
            |path: &String| String::from_utf8_lossy(&unquoted(path.as_bytes()).unwrap_or_default()).into_owned();
        let paths: Vec<String> = paths.iter().map(bytes).collect();
        let joined = |one: fn(&str) -> String, between: &str| {
            Some(paths.iter().map(|path| one(path)).collect::<Vec<_>>().join(between))
        };
        match self {
            Self::None => None,
            Self::Json => Some(safe_json::ascii_line(&paths)),
            Self::Csv => joined(csv, ","),
            Self::Shell => joined(shell, " "),
            Self::Escape => joined(escape, " "),
        }
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._+:@%/-".contains(c)
}

fn csv(path: &str) -> String {
    if !path.is_empty() && path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("\"{}\"", path.replace('"', "\"\""))
    }
}

fn shell(path: &str) -> String {
    let plain = |c: char| is_plain(c) || c == ',';
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else if !path.contains('\'') {
        format!("'{path}'")
    } else if path.chars().all(|c| plain(c) || c == '\'' || c == ' ' || c == '\t') {
        format!("\"{path}\"")
    } else {
        // Each piece between two single quotes is quoted on its own, and the single quotes are escaped between the
        // pieces.
        let piece = |piece: &str| if piece.is_empty() { String::new() } else { shell(piece) };
        path.split('\'').map(piece).collect::<Vec<_>>().join("\\'")
    }
}

/// Escapes a path with backslashes. A line break becomes `$'\n'`, since a shell removes a line break after a backslash.
fn escape(path: &str) -> String {
    path.chars()
        .map(|c| match c {
            '\n' => "$'\\n'".to_owned(),
            c if is_plain(c) || c == ',' => c.to_string(),
            c => format!("\\{c}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::quoted;

    /// Writes hostile names in the formats for a shell. A shell must read each name unchanged.
    #[test]
    fn a_shell_reads_back_every_name() {
        let names = [
            "plain/name.txt",
            "a b",
            "it's",
            "it's\n$(touch pwned)",
            "$(touch pwned)",
            "`id`",
            "a;b",
            "a\nb",
            "-rf",
            "safe\n$(touch pwned)",
            "::set-output name=any::false",
            "x\r",
            "${{ github.token }}",
            "\"",
            "\\",
            "*?[a]",
            "größe",
            "😀",
            "a'b c'd",
            "'",
            "''",
            "\t",
            "~",
            "#x",
            "!x",
            "a,b",
            "{a,b}",
            "a=b",
            "<>|&",
        ];
        let paths: Vec<String> = names.iter().map(|name| quoted(name.as_bytes()).into_owned()).collect();
        for format in [ListFiles::Shell, ListFiles::Escape] {
            let text = format.text(&paths).unwrap();
            let script = format!("for name in {text}; do printf '%s\\0' \"$name\"; done");
            let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
            assert_eq!(read, names, "{format:?}: {text}");
        }
    }

    #[test]
    fn the_simple_cases_are_the_originals() {
        let paths = ["a b".to_owned(), "c\"d".to_owned(), "e".to_owned(), "it's".to_owned(), "a,b".to_owned()];
        assert_eq!(ListFiles::Csv.text(&paths).unwrap(), r#""a b","c""d",e,"it's","a,b""#);
        assert_eq!(ListFiles::Shell.text(&paths).unwrap(), r#"'a b' 'c"d' e "it's" a,b"#);
        assert_eq!(ListFiles::Escape.text(&paths).unwrap(), r#"a\ b c\"d e it\'s a,b"#);
        assert_eq!(ListFiles::Json.text(&paths).unwrap(), r#"["a b","c\"d","e","it's","a,b"]"#);
        assert_eq!(ListFiles::None.text(&paths), None);
    }
}
