use std::fmt;

use super::SourceTree;
use crate::model::diagnostic::{SourceFile, Span};

/// The place of a declaration in a file. `Display` is `path:line:column`.
#[derive(Debug, Clone)]
pub struct DeclaredAt {
    /// The file; its name is its path in the repository.
    pub file: SourceFile,
    /// The place in it.
    pub span: Span,
}

impl DeclaredAt {
    /// Returns the start of a file, as the place of a declaration by the whole file.
    #[must_use]
    pub fn start_of(file: &SourceFile) -> Self {
        Self { file: file.clone(), span: Span::default() }
    }

    /// Returns the start of the file at a path, as the place of a declaration by the whole file. The text of the file
    /// need not be in `tree`.
    #[must_use]
    pub fn whole(tree: &SourceTree, path: &str) -> Self {
        tree.text(path).map_or_else(|| Self::start_of(&SourceFile::new(path, "")), Self::start_of)
    }
}

impl fmt::Display for DeclaredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.at(self.span))
    }
}
