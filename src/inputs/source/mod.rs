//! Files that declare what a repository builds: manifests, Dockerfiles, compose files, workflows.
//!
//! There is one reader for each kind of file. It converts the text to typed values, with their places in the file. No
//! reader runs a tool, opens a file or uses the network: [`SourceTree`] has the texts of one revision.

mod bake_file;
mod cargo_toml;
mod compose;
mod declared_at;
mod declared_build;
pub mod docker;
mod ecosystem;
pub mod go;

mod package_json;
mod path_filters;
mod pnpm_workspace;
pub mod python;
mod source_tree;
mod toml_place;
mod workflow;
mod yaml_place;

pub use bake_file::{bake_builds, is_bake_file};
pub use cargo_toml::{CargoDependency, CargoToml, CargoWorkspace, CrateSource};
pub use compose::{ComposeFiles, is_compose_file};
pub use declared_at::DeclaredAt;
pub use declared_build::{BuildContext, BuildTarget, DeclaredBuild, DockerfileOf, NamedContext};
pub use ecosystem::Ecosystem;
pub use package_json::{NeedList, PackageDependency, PackageJson};
pub use path_filters::{FilterPattern, PathFilter, is_filter_file, path_filters};
pub use pnpm_workspace::PnpmWorkspace;
pub use source_tree::{MAX_SOURCE, SourceTree};
pub use workflow::{
    PathFilterStep, StepFilters, Workflow, WorkflowEvent, WorkflowJob, WorkflowStart, WorkflowStep, is_action_file,
    is_workflow_file,
};

use serde_yaml::Value;

use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// Returns a YAML scalar as text; `None` for null, a list or a mapping.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns the warning that a file cannot be read. Nothing that such a file declares is known.
fn unreadable(file: &SourceFile, at: Span, reason: impl std::fmt::Display) -> Diagnostic {
    let message = format!("`{}` cannot be read, so nothing that it declares is known", file.name());
    Diagnostic::warning("unreadable-source", message).label(file, at, reason.to_string())
}
