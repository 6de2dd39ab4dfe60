//! `{{name}}` templates in the manner of Handlebars, strict: a name that is not offered is an error with a place.
//!
//! Rendered text is data. It is never put into a text that a shell will read (spec section 2).

/// A text with names to fill in: `{{path}}@{{version}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands as it is.
    Text(String),
    /// A name between double braces.
    Name {
        /// The name, without the braces and the blanks around it.
        name: String,
        /// Offset in bytes of the opening braces in the template's text.
        offset: usize,
    },
}

/// What is wrong with a template, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` is never closed")]
    Unclosed {
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
    /// What stands between the braces is not a name.
    #[error("`{name}` is not a name: letters, digits and `_`")]
    NotAName {
        /// What stands there.
        name: String,
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
    /// A name that nothing is offered for.
    #[error("there is no `{{{{{name}}}}}` here")]
    Unknown {
        /// The name.
        name: String,
        /// Offset in bytes of the opening braces.
        offset: usize,
    },
}

impl TemplateError {
    /// Returns the offset in bytes, in the template's text, of the braces that are wrong.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self {
            Self::Unclosed { offset } | Self::NotAName { offset, .. } | Self::Unknown { offset, .. } => *offset,
        }
    }
}

impl Template {
    /// Reads a template and checks that it uses only names out of `offered`.
    ///
    /// # Errors
    /// When braces are not closed, hold something else than a name, or a name that is not offered.
    pub fn parse(text: &str, offered: &[&str]) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let offset = text.len() - rest.len() + before.len();
            let Some((inside, behind)) = after.split_once("}}") else {
                return Err(TemplateError::Unclosed { offset });
            };
            let name = inside.trim().to_owned();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(TemplateError::NotAName { name, offset });
            }
            if !offered.contains(&name.as_str()) {
                return Err(TemplateError::Unknown { name, offset });
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name { name, offset });
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
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

    /// Returns the text with each name replaced by what `value` says of it.
    ///
    /// # Errors
    /// When `value` has nothing for a name: one that was offered when the template was read, and is not known
    /// in this case.
    pub fn render(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Name { name, offset } => {
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
        let template = Template::parse("{{path}}@{{ version }}!", &["path", "version"]).unwrap();
        let text = template.render(|name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(text, "<path>@<version>!");
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = |text| Template::parse(text, &["name"]).unwrap_err();
        assert_eq!(error("a{{name"), TemplateError::Unclosed { offset: 1 });
        assert_eq!(error("ab{{x}}"), TemplateError::Unknown { name: "x".into(), offset: 2 });
        assert_eq!(error("{{name}}{{#if}}"), TemplateError::NotAName { name: "#if".into(), offset: 8 });
        assert_eq!(error("{{}}"), TemplateError::NotAName { name: String::new(), offset: 0 });
    }
}
