//! pnpm-workspace.yaml.

use serde::Deserialize;

use super::unreadable;
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// A pnpm-workspace.yaml: the patterns of the workspace's packages.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PnpmWorkspace {
    /// The patterns of the packages; `None` if the file has no `packages`.
    pub packages: Option<Vec<String>>,
}

impl PnpmWorkspace {
    /// Reads a pnpm-workspace.yaml.
    ///
    /// # Errors
    /// When it is not a YAML mapping, or its `packages` are not a list of texts.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let read: Result<Option<Self>, serde_yaml::Error> = serde_yaml::from_str(file.text());
        read.map(Option::unwrap_or_default).map_err(|error| {
            let start = error.location().map_or(0, |location| location.index());
            unreadable(file, Span { start, end: start }, error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_may_be_absent() {
        let of =
            |text: &str| PnpmWorkspace::read(&SourceFile::new("pnpm-workspace.yaml", text)).map(|read| read.packages);
        assert_eq!(of("packages:\n  - 'a/*'\n  - '!a/b'\n").unwrap(), Some(vec!["a/*".to_owned(), "!a/b".to_owned()]));
        assert_eq!(of("catalog:\n  react: ^19\n").unwrap(), None);
        assert_eq!(of("# nothing\n").unwrap(), None);
        assert!(of("packages: {a: b}").is_err());
    }
}
