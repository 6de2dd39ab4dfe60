use std::fmt;

use super::SourceTree;
use crate::model::diagnostic::{SourceFile, Span};

/// The place of what a file declares. `Display` is `path:line:column`.
#[derive(Debug, Clone)]
pub struct DeclaredAt {
    /// The file; its name is its path in the repository.
    pub file: SourceFile,
    /// The place in it.
    pub span: Span,
}

impl DeclaredAt {
    /// Returns the place of what a whole file declares.
    #[must_use]
    pub fn start_of(file: &SourceFile) -> Self {
        Self { file: file.clone(), span: Span::default() }
    }

    /// Returns the start of a file, for what the file as a whole declares. The file need not have been read.
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
