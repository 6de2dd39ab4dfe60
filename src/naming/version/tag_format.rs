use super::TagPattern;
use crate::model::name::{RepoDir, ServiceName};
use crate::model::template::{Part, Template, TemplateError};

/// How release tags are written: `{{path}}@{{version}}`.
///
/// A format may contain the names `path`, `name` and `version`, and must contain `version` exactly once. Services that
/// use a format with `version` alone (`v{{version}}`) share their tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFormat(Template);

/// What is wrong with a tag format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagFormatError {
    /// It is not a template, or has an unknown name.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Without `{{version}}` every release would have the same tag.
    #[error("a tag format needs `{{{{version}}}}`")]
    NoVersion,
    /// The format has `{{version}}` more than once.
    #[error("a tag format has `{{{{version}}}}` only once")]
    SecondVersion {
        /// Offset in bytes of the second `{{version}}`.
        offset: usize,
    },
}

impl TagFormatError {
    /// Returns the offset of the error in the format's text, in bytes; 0 if `{{version}}` is missing.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self {
            Self::Template(error) => error.offset(),
            Self::SecondVersion { offset } => *offset,
            Self::NoVersion => 0,
        }
    }
}

impl TagFormat {
    /// The format of a service for which filters.yaml has no tag format.
    pub const DEFAULT: &'static str = "{{path}}@{{version}}";

    /// The format of a service for which filters.yaml has no tag format, if its path is the root or it has no path.
    pub const BY_NAME: &'static str = "{{name}}@{{version}}";

    /// Reads a format.
    ///
    /// # Errors
    /// When it is not a template, has other names, or does not contain `{{version}}` exactly once.
    pub fn parse(text: &str) -> Result<Self, TagFormatError> {
        let template = Template::parse(text, |name| ["path", "name", "version"].contains(&name))?;
        let mut versions = template.parts().iter().filter_map(|part| match part {
            Part::Name { name, offset, .. } if name == "version" => Some(*offset),
            Part::Name { .. } | Part::Text(_) => None,
        });
        versions.next().ok_or(TagFormatError::NoVersion)?;
        match versions.next() {
            Some(offset) => Err(TagFormatError::SecondVersion { offset }),
            None => Ok(Self(template)),
        }
    }

    /// Whether the format contains `{{path}}`. Only a service with a path can use such a format.
    #[must_use]
    pub fn uses_path(&self) -> bool {
        self.0.parts().iter().any(|part| matches!(part, Part::Name { name, .. } if name == "path"))
    }

    /// Returns the pattern of a service's tags.
    #[must_use]
    pub fn pattern(&self, service: &ServiceName, path: &RepoDir) -> TagPattern {
        let mut sides = [String::new(), String::new()];
        let mut side = 0;
        for part in self.0.parts() {
            match part {
                Part::Text(text) => sides[side].push_str(text),
                Part::Name { name, .. } if name == "version" => side = 1,
                Part::Name { name, .. } if name == "name" => sides[side].push_str(service.as_str()),
                Part::Name { .. } => sides[side].push_str(path.as_str()),
            }
        }
        let [prefix, suffix] = sides;
        TagPattern::new(prefix, suffix)
    }

    /// Returns the format as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TagName;
    use crate::naming::version::Scheme;

    #[test]
    fn formats_in_the_wild() {
        let service = ServiceName::parse("api").unwrap();
        let path = RepoDir::parse("services/go/api").unwrap();
        for (format, tag) in [
            (TagFormat::DEFAULT, "services/go/api@1.2.3"),
            ("{{name}}@{{version}}", "api@1.2.3"),
            ("{{path}}/v{{version}}", "services/go/api/v1.2.3"),
            ("{{name}}-v{{version}}", "api-v1.2.3"),
            ("{{name}}-{{version}}", "api-1.2.3"),
            ("@acme/{{name}}@{{version}}", "@acme/api@1.2.3"),
            ("v{{version}}", "v1.2.3"),
            ("release/{{ version }}/{{name}}", "release/1.2.3/api"),
        ] {
            let pattern = TagFormat::parse(format).unwrap().pattern(&service, &path);
            let version = Scheme::Semver.read("1.2.3").unwrap();
            assert_eq!(pattern.tag(&version).unwrap(), TagName::parse(tag).unwrap());
            assert_eq!(pattern.read(&TagName::parse(tag).unwrap()), Some(version));
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (format, offset) in [
            ("{{path}}", 0),
            ("", 0),
            ("{{version}}-{{version}}", 12),
            ("x{{tag}}@{{version}}", 1),
            ("{{path}}@{{version", 9),
        ] {
            assert_eq!(TagFormat::parse(format).unwrap_err().offset(), offset, "{format}");
        }
    }

    #[test]
    fn the_root_of_the_repository_makes_no_tag() {
        let pattern = TagFormat::parse(TagFormat::DEFAULT).unwrap();
        let pattern = pattern.pattern(&ServiceName::parse("x").unwrap(), &RepoDir::parse(".").unwrap());
        assert!(pattern.example().is_err());
    }
}
