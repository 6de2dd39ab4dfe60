use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The name of a service: `[A-Za-z0-9][A-Za-z0-9._/@-]*`, or, in a flat file, any key that
/// paths-filter accepts.
///
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(Arc<str>);

/// The position of a service in its configuration, from 0 in the order of the file.
///
/// Code that handles thousands of services passes these ids instead of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub usize);

/// Why a text is not a service name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceNameError {
    /// The name is empty.
    #[error("a service name may not be empty")]
    Empty,
    /// The name does not begin with a letter or a digit.
    #[error("a service name begins with a letter or a digit, not with {0:?}")]
    First(char),
    /// The name contains a character that is not allowed.
    #[error("a service name is made of letters, digits and `.` `_` `/` `@` `-`; this one has {0:?}")]
    Character(char),
}

impl ServiceName {
    /// Checks a name of the structured shape.
    ///
    /// # Errors
    /// When it does not match `[A-Za-z0-9][A-Za-z0-9._/@-]*`.
    pub fn parse(text: &str) -> Result<Self, ServiceNameError> {
        let mut chars = text.chars();
        match chars.next() {
            None => return Err(ServiceNameError::Empty),
            Some(first) if !first.is_ascii_alphanumeric() => return Err(ServiceNameError::First(first)),
            Some(_) => {}
        }
        match chars.find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '/' | '@' | '-')) {
            Some(c) => Err(ServiceNameError::Character(c)),
            None => Ok(Self(text.into())),
        }
    }

    /// Returns the key of a flat file as a name, unchecked: paths-filter accepts any text.
    #[must_use]
    pub fn of_flat_filter(key: &str) -> Self {
        Self(key.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part after the last `/`: `api` of `@acme/api`.
    #[must_use]
    pub fn last_part(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&super::Escaped::new(self.as_str()), f)
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Borrow<str> for ServiceName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["a", "api-golang", "@acme/api".trim_start_matches('@'), "0/x@y_z.w"] {
            assert_eq!(ServiceName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(ServiceName::parse(""), Err(ServiceNameError::Empty));
        assert_eq!(ServiceName::parse("-rf"), Err(ServiceNameError::First('-')));
        assert_eq!(ServiceName::parse("a b"), Err(ServiceNameError::Character(' ')));
        assert_eq!(ServiceName::parse("a$(x)"), Err(ServiceNameError::Character('$')));
    }
}
