use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_action_file, is_bake_file, is_compose_file, is_filter_file, is_workflow_file};

/// A family of package managers that read the same manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Rust: Cargo.toml.
    Cargo,
    /// Images of containers: Dockerfiles, and the compose files, bake files and workflows that build them.
    Docker,
    /// Go: go.mod, go.work, and the imports of Go files.
    Go,
    /// JavaScript, with npm, pnpm, yarn or bun: package.json.
    Npm,
    /// Python, with uv or poetry: pyproject.toml.
    #[serde(rename = "uv")]
    Python,
}

impl Ecosystem {
    /// All ecosystems, in the order of their names.
    pub const ALL: [Self; 5] = [Self::Cargo, Self::Docker, Self::Go, Self::Npm, Self::Python];

    /// Whether discovery reads the file at this path.
    #[must_use]
    pub fn reads(self, path: &[u8]) -> bool {
        let file_name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        match self {
            Self::Cargo => file_name == b"Cargo.toml",
            Self::Docker => is_about_images(path, file_name),
            Self::Go => matches!(file_name, b"go.mod" | b"go.work") || file_name.ends_with(b".go"),
            Self::Npm => matches!(file_name, b"package.json" | b"pnpm-workspace.yaml"),
            Self::Python => file_name == b"pyproject.toml",
        }
    }
}

/// Whether the file at a path declares builds of images, or has path filters, judging by its name.
fn is_about_images(path: &[u8], file_name: &[u8]) -> bool {
    let contains = |word: &[u8]| file_name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if contains(b"dockerfile") || contains(b"containerfile") {
        return true;
    }
    if [&b".dockerignore"[..], b".env"].iter().any(|name| file_name.eq_ignore_ascii_case(name)) {
        return true;
    }
    // All other such files are YAML, HCL or JSON.
    if ![&b".yaml"[..], b".yml", b".hcl", b".json"].iter().any(|end| file_name.ends_with(end)) {
        return false;
    }
    let (Ok(path), Ok(name)) = (std::str::from_utf8(path), std::str::from_utf8(file_name)) else { return false };
    let is_of_github = is_workflow_file(path) || is_action_file(name) || is_filter_file(path);
    is_compose_file(name) || is_bake_file(name) || is_of_github
}
