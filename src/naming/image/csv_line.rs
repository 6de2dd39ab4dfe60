use super::rule_error::Problem;

/// A field of a line: `key=value`, or a bare value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// The word before the first `=`, in lower case; `None` for a bare value.
    pub(super) key: Option<String>,
    /// The text after the `=`, or the bare value.
    pub(super) value: Text,
    /// Offset of the field in the line.
    pub(super) offset: usize,
}

/// A text from a line, with the offset of each of its bytes in that line. Two quotes of the line may be one quote of
/// the text, so the offsets may have gaps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text {
    text: String,
    /// For each byte of the text its offset in the line, and at the end the offset where the text ends.
    offsets: Vec<usize>,
}

impl Text {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a problem, with its offset in this text replaced by the offset in the line.
    pub(super) fn place(&self, problem: Problem) -> Problem {
        let offset = self.offsets.get(problem.offset).or(self.offsets.last()).copied().unwrap_or_default();
        Problem { offset, ..problem }
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.offsets.extend(at..at + c.len_utf8());
    }

    fn trimmed(&self, start: usize, end: usize) -> Self {
        let text = &self.text[start..end];
        let from = start + (text.len() - text.trim_start().len());
        let to = from + text.trim().len();
        Self { text: self.text[from..to].to_owned(), offsets: self.offsets[from..=to].to_vec() }
    }
}

/// Reads a line as a record of comma-separated values (RFC 4180). A field with a comma must be quoted as a whole,
/// `"pattern=a{1,2}"`, and quotes inside it are doubled.
pub(super) fn fields(line: &str) -> Result<Vec<Field>, Problem> {
    let mut fields = Vec::new();
    let mut rest = line.char_indices().peekable();
    loop {
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let offset = rest.peek().map_or(line.len(), |(at, _)| *at);
        let mut text = Text::default();
        if rest.next_if(|(_, c)| *c == '"').is_some() {
            loop {
                match rest.next() {
                    None => return Err(Problem::at(offset, "the quote is never closed")),
                    Some((_, '"')) if rest.next_if(|(_, c)| *c == '"').is_none() => break,
                    Some((at, c)) => text.push(c, at),
                }
            }
            while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            if let Some((at, c)) = rest.peek().filter(|(_, c)| *c != ',') {
                return Err(Problem::at(*at, format!("a comma is missing between the closing quote and {c:?}")));
            }
        } else {
            while let Some((at, c)) = rest.next_if(|(_, c)| *c != ',') {
                if c == '"' {
                    let problem = Problem::at(at, "a quote is inside an attribute");
                    return Err(problem.help("quote the attribute as a whole: `\"pattern=a{1,2}\"`"));
                }
                text.push(c, at);
            }
        }
        text.offsets.push(rest.peek().map_or(line.len(), |(at, _)| *at));
        fields.push(field(&text, offset));
        if rest.next().is_none() {
            return Ok(fields);
        }
    }
}

fn field(text: &Text, offset: usize) -> Field {
    let end = text.text.len();
    // `{{date 'YYYY' tz='UTC'}}` is a value, although it holds a `=`.
    let is_word = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match text.text.find('=').filter(|at| is_word(text.text[..*at].trim())) {
        Some(at) => {
            Field { key: Some(text.text[..at].trim().to_ascii_lowercase()), value: text.trimmed(at + 1, end), offset }
        }
        None => Field { key: None, value: text.trimmed(0, end), offset },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(Option<String>, String, usize)> {
        let fields = fields(line).unwrap();
        fields.into_iter().map(|f| (f.key, f.value.text.clone(), f.value.place(Problem::at(0, "")).offset)).collect()
    }

    #[test]
    fn fields_know_their_places() {
        let some = |key: &str| Some(key.to_owned());
        assert_eq!(read("foo"), [(None, "foo".into(), 0)]);
        assert_eq!(read("type=raw, Foo = a=b "), [(some("type"), "raw".into(), 5), (some("foo"), "a=b".into(), 16)]);
        assert_eq!(
            read(r#""pattern=a""{1,2}" ,group=1,"#),
            [(some("pattern"), "a\"{1,2}".into(), 9), (some("group"), "1".into(), 26), (None, String::new(), 28)]
        );
        assert_eq!(read("=x"), [(None, "=x".into(), 0)]);
        let doubled = &fields(r#""v=a""b""#).unwrap()[0];
        assert_eq!(doubled.value.place(Problem::at(2, "")).offset, 6, "the b, behind a doubled quote");
    }

    #[test]
    fn quotes_are_whole() {
        let offset = |line| fields(line).unwrap_err().offset;
        assert_eq!(offset(r#"a,"b"#), 2);
        assert_eq!(offset(r#""a"b"#), 3);
        assert_eq!(offset(r#"pattern="a""#), 8);
    }

    proptest::proptest! {
        #[test]
        fn every_place_is_inside_of_the_line(line in "[a=,\" é]{0,20}") {
            for field in fields(&line).into_iter().flatten() {
                for at in 0..=field.value.text.len() {
                    proptest::prop_assert!(field.value.place(Problem::at(at, "")).offset <= line.len());
                }
            }
        }
    }
}
