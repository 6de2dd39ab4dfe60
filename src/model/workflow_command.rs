//! Commands to the runner of GitHub Actions. Each is a line, such as `::error file=a.yaml,line=1::text`.

/// The number of annotations of one kind, such as errors, that GitHub shows for a step.
pub const ANNOTATIONS: usize = 10;

/// Returns the command with this name, these properties and this text, without a line break.
#[must_use]
pub fn command(name: &str, properties: &[(&str, &str)], text: &str) -> String {
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let blank = if properties.is_empty() { "" } else { " " };
    format!("::{name}{blank}{}::{}", properties.join(","), data(text))
}

/// Decodes the text of a command as the runner does: `%0A` becomes a line break.
#[must_use]
pub fn text(data: &str) -> String {
    data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(value: &str) -> String {
    data(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_line() {
        assert_eq!(command("group", &[], "a: 1, 2\r\n"), "::group::a: 1, 2%0D%0A");
        let properties = [("file", "a,b:c\n.yaml"), ("line", "2")];
        assert_eq!(command("error", &properties, "100%"), "::error file=a%2Cb%3Ac%0A.yaml,line=2::100%25");
        assert_eq!(text("100%25%0D%0A%250A"), "100%\r\n%0A");
    }
}
