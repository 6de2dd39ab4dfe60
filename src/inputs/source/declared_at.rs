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
    /// Returns the place of a declaration by a whole file.
    #[must_use]
    pub fn start_of(file: &SourceFile) -> Self {
        Self { file: file.clone(), span: Span::default() }
    }

    /// Returns the place of a declaration by a whole file, which need not have been read.
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
