//! `{{name}}` templates in the style of Handlebars, but strict: an unknown name is an error with a place.
//!
//! An expression may have arguments, which are quoted: `{{date 'YYYYMMDD' tz='UTC'}}`. [`parts`] reads any expression;
//! a [`Template`] allows only names.
//!
//! Rendered text is data. It is never inserted into a text that a shell reads.

/// A text with names to fill in: `{{path}}@{{version}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A name between double braces.
    Name {
        /// The name, without the braces and the blanks around it.
        name: String,
        /// The arguments after the name, in order; empty in a [`Template`].
        arguments: Vec<Argument>,
        /// Offset in bytes of the opening braces in the template's text.
        offset: usize,
    },
}

/// An argument of an expression: `'YYYYMMDD'`, or `tz='UTC'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The word before the `=`, if there is one.
    pub key: Option<String>,
    /// The text between the quotes.
    pub value: String,
    /// Offset in bytes of `value` in the template's text.
    pub offset: usize,
}

/// What is wrong with a template, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` is never closed")]
    Unclosed {
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
    /// The text between the braces is not a name.
    #[error("`{name}` is not a name: letters, digits and `_`")]
    NotAName {
        /// The text between the braces.
        name: String,
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
    /// The text after a name is not an argument.
    #[error("`{text}` is not an argument of `{name}`: arguments are quoted, as in `'this'` or `key='this'`")]
    NotAnArgument {
        /// The name before the text.
        name: String,
        /// The text after the name.
        text: String,
        /// Offset in bytes of the text after the name.
        offset: usize,
    },
    /// A name has arguments in a [`Template`], which allows only names.
    #[error("`{{{{{name}}}}}` takes no arguments")]
    Arguments {
        /// The name.
        name: String,
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
    /// A name that has no value here.
    #[error("there is no `{{{{{name}}}}}` here")]
    Unknown {
        /// The name.
        name: String,
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
}

impl TemplateError {
    /// Returns the position of the error in the template's text, in bytes: the position of the wrong argument, or of
    /// the opening braces.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self {
            Self::Unclosed { offset }
            | Self::NotAName { offset, .. }
            | Self::NotAnArgument { offset, .. }
            | Self::Arguments { offset, .. }
            | Self::Unknown { offset, .. } => *offset,
        }
    }
}

/// Reads the pieces of a template, with any names.
///
/// # Errors
/// When braces are not closed, or contain anything but a name and quoted arguments.
pub fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut end = 0;
    while let Some(before) = text[end..].find("{{") {
        let offset = end + before;
        let Some(length) = closing(&text[offset + 2..]) else { return Err(TemplateError::Unclosed { offset }) };
        if before > 0 {
            parts.push(Part::Text(text[end..offset].to_owned()));
        }
        parts.push(expression(&text[offset + 2..offset + 2 + length], offset)?);
        end = offset + 2 + length + 2;
    }
    if end < text.len() {
        parts.push(Part::Text(text[end..].to_owned()));
    }
    Ok(parts)
}

/// Returns the length of the text before the closing braces. These are the first `}}` outside of quotes, or the first
/// `}}` of all if a quote is not closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = None;
    for (at, c) in text.char_indices() {
        match open {
            None if text[at..].starts_with("}}") => return Some(at),
            None if c == '\'' || c == '"' => open = Some(c),
            Some(quote) if c == quote => open = None,
            _ => {}
        }
    }
    text.find("}}")
}

/// Reads the expression whose opening braces are at `offset`.
fn expression(inside: &str, offset: usize) -> Result<Part, TemplateError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let text = inside.trim();
    let (name, mut rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    if !is_name(name) {
        return Err(TemplateError::NotAName { name: text.to_owned(), offset });
    }
    let text_end = offset + 2 + inside.trim_end().len();
    let mut arguments = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Part::Name { name: name.to_owned(), arguments, offset });
        }
        let here = text_end - rest.len();
        let refuse = || TemplateError::NotAnArgument { name: name.to_owned(), text: rest.to_owned(), offset: here };
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (key, quoted) = match rest[word..].strip_prefix('=') {
            Some(quoted) if word > 0 => (Some(rest[..word].to_owned()), quoted),
            _ => (None, rest),
        };
        let quote = quoted.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or_else(refuse)?;
        let (value, behind) = quoted[1..].split_once(quote).ok_or_else(refuse)?;
        if !behind.is_empty() && !behind.starts_with(char::is_whitespace) {
            return Err(refuse());
        }
        arguments.push(Argument { key, value: value.to_owned(), offset: text_end - quoted.len() + 1 });
        rest = behind;
    }
}

/// Whether a text is a name: letters, digits and `_`, and, after a first dot, also the other characters of service
/// names.
fn is_name(text: &str) -> bool {
    let (word, rest) = text.split_once('.').map_or((text, None), |(word, rest)| (word, Some(rest)));
    let is_word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || more.contains(c))
    };
    is_word(word, "") && rest.is_none_or(|rest| is_word(rest, "./@-"))
}

impl Template {
    /// Reads a template and checks that it has only known names, without arguments.
    ///
    /// # Errors
    /// When braces are not closed, or contain anything but a known name.
    pub fn parse(text: &str, is_offered: impl Fn(&str) -> bool) -> Result<Self, TemplateError> {
        let parts = parts(text)?;
        for part in &parts {
            let Part::Name { name, arguments, offset } = part else { continue };
            if !is_offered(name) {
                return Err(TemplateError::Unknown { name: name.clone(), offset: *offset });
            }
            if !arguments.is_empty() {
                return Err(TemplateError::Arguments { name: name.clone(), offset: *offset });
            }
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Returns the template as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the pieces, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Returns the text with each name replaced by its value.
    ///
    /// # Errors
    /// When `value` returns `None` for a name: `parse` accepted the name, but it has no value here.
    pub fn render(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Name { name, offset, .. } => {
                    value(name).ok_or_else(|| TemplateError::Unknown { name: name.clone(), offset: *offset })
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in() {
        let template = Template::parse("{{path}}@{{ version }}!", |name| ["path", "version"].contains(&name)).unwrap();
        let text = template.render(|name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(text, "<path>@<version>!");
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = |text| Template::parse(text, |name| name == "name").unwrap_err();
        assert_eq!(error("a{{name"), TemplateError::Unclosed { offset: 1 });
        assert_eq!(error("ab{{x}}"), TemplateError::Unknown { name: "x".into(), offset: 2 });
        assert_eq!(error("{{name}}{{#if}}"), TemplateError::NotAName { name: "#if".into(), offset: 8 });
        assert_eq!(error("{{}}"), TemplateError::NotAName { name: String::new(), offset: 0 });
        assert_eq!(error("-{{name 'x'}}"), TemplateError::Arguments { name: "name".into(), offset: 1 });
    }

    #[test]
    fn a_name_may_lead_to_a_service() {
        let template = Template::parse("{{needs.acme/api-go@v2.x}}:{{a}}", |name| name != "b").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["needs.acme/api-go@v2.x", "a"]);
        for text in ["{{needs.}}", "{{.x}}", "{{a-b}}", "{{needs.a b}}", "{{needs.#}}"] {
            Template::parse(text, |_| true).unwrap_err();
        }
    }

    #[test]
    fn arguments_are_quoted() {
        let argument =
            |key: Option<&str>, value: &str, offset| Argument { key: key.map(Into::into), value: value.into(), offset };
        let arguments = |text| match parts(text).unwrap().pop() {
            Some(Part::Name { name, arguments, .. }) if name == "date" => arguments,
            other => panic!("{other:?}"),
        };
        assert_eq!(arguments("a{{ date }}"), []);
        assert_eq!(arguments("a{{ date 'YYYY' }}"), [argument(None, "YYYY", 10)]);
        assert_eq!(arguments("{{date \"it's\" tz='}}'}}"), [argument(None, "it's", 8), argument(Some("tz"), "}}", 18)]);

        let error = |text| parts(text).unwrap_err();
        let refused =
            |text: &str, offset| TemplateError::NotAnArgument { name: "date".into(), text: text.into(), offset };
        assert_eq!(error("{{date YYYY}}"), refused("YYYY", 7));
        assert_eq!(error("{{date 'a'b}}"), refused("'a'b", 7));
        assert_eq!(error("{{date 'a}}"), refused("'a", 7));
        assert_eq!(error("{{date tz=UTC}}"), refused("tz=UTC", 7));
        assert_eq!(error("{{date ='x'}}"), refused("='x'", 7));
        assert_eq!(error("{{it's}}"), TemplateError::NotAName { name: "it's".into(), offset: 0 });
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_at_a_place_inside(text in "[{}'\"=a é]{0,24}") {
            match parts(&text) {
                Ok(_) => {}
                Err(error) => proptest::prop_assert!(text.is_char_boundary(error.offset()) && error.offset() < text.len()),
            }
        }
    }
}
