//! Services that are named on the command line.

use std::path::Path;

use super::why::in_repository;
use crate::inputs::git::Repository;

/// Returns the names of services as they are given; `.`, `./web` and `../web` are paths of services, relative to the
/// current directory.
pub(crate) fn named(names: &[String], repository: &Repository, from: &Path) -> Vec<String> {
    let name = |name: &String| {
        if !name.starts_with('.') {
            return name.clone();
        }
        match in_repository(Path::new(name), repository, from).to_string() {
            root if root.is_empty() => ".".to_owned(),
            path => path,
        }
    };
    names.iter().map(name).collect()
}
