use crate::template::{Template, TemplateError};

/// The format of a service's release tags: `{{path}}@{{version}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFormat(Template);

impl TagFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// When it is no template over `path`, `name` and `version`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Template::parse(text, &["path", "name", "version"]).map(Self)
    }

    /// Returns the format as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }
}
