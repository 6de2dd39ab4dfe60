//! The fields of `RUN --mount=type=bind,source=…`.

use super::instruction::RunMount;
use crate::model::diagnostic::Span;

/// Reads the fields of a mount. Variables in them stay as written.
pub(super) fn read(fields: &str, span: Span) -> RunMount {
    let mut mount = RunMount { span, kind: None, from: None, source: None };
    for field in separated(fields) {
        let Some((key, value)) = field.split_once('=') else { continue };
        match &*key.to_lowercase() {
            "type" => mount.kind = Some(value.to_owned()),
            "from" => mount.from = Some(value.to_owned()),
            "source" | "src" => mount.source = Some(value.to_owned()),
            _ => {}
        }
    }
    mount
}

/// Returns the fields of a line of CSV.
fn separated(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars().peekable();
    let mut quoted = false;
    while let Some(c) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_csv() {
        assert_eq!(separated(r#"a=b,"c=d,""e""",f"#), ["a=b", r#"c=d,"e""#, "f"]);
        let mount = read("TYPE=bind,src=a/b,target=/x,rw,from=c", Span::default());
        let text = |text: &str| Some(text.to_owned());
        assert_eq!((mount.kind, mount.source, mount.from), (text("bind"), text("a/b"), text("c")));
    }
}
