use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A family of package managers that read the same manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Rust: Cargo.toml.
    Cargo,
    /// Go: go.mod, go.work, and the imports of Go files.
    Go,
    /// JavaScript, with npm, pnpm, yarn or bun: package.json.
    Npm,
    /// Python, with uv or poetry: pyproject.toml.
    #[serde(rename = "uv")]
    Python,
}

impl Ecosystem {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 4] = [Self::Cargo, Self::Go, Self::Npm, Self::Python];

    /// Whether a file of this name is one whose content says what is built.
    #[must_use]
    pub fn reads(self, file_name: &[u8]) -> bool {
        match self {
            Self::Cargo => file_name == b"Cargo.toml",
            Self::Go => matches!(file_name, b"go.mod" | b"go.work") || file_name.ends_with(b".go"),
            Self::Npm => matches!(file_name, b"package.json" | b"pnpm-workspace.yaml"),
            Self::Python => file_name == b"pyproject.toml",
        }
    }
}
