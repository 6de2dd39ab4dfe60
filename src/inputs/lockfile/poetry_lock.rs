//! poetry.lock.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor, python_identity, tidy};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Entry>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    lock_version: String,
    python_versions: String,
    /// The files of each package, in lockfiles of versions before 2.
    files: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    version: String,
    /// The dependency groups that need the package, in lockfiles since version 2.1.
    groups: Option<Vec<String>>,
    #[serde(default)]
    markers: Option<Value>,
    #[serde(default)]
    source: BTreeMap<String, Value>,
    #[serde(default)]
    files: Vec<Value>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
}

/// Reads a poetry.lock of version 1 or 2. The only project of the lockfile is in the same directory, and depends on all
/// packages.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let file: File = toml::from_str(text).map_err(LockfileError::malformed)?;
    let version = &file.metadata.lock_version;
    if !matches!(version.split('.').next(), Some("1" | "2")) {
        return Err(LockfileError::unknown_version(version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("lock-version".to_owned(), version.clone());
    lockfile.settings.insert("python-versions".to_owned(), file.metadata.python_versions.clone());
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, entry) in file.package.iter().enumerate() {
        by_name.entry(&entry.name).or_default().push(position);
        let former = file.metadata.files.get(&entry.name).map(ToString::to_string);
        let hashes = entry.files.iter().map(ToString::to_string).chain(former).collect();
        let kind = entry.source.get("type").and_then(Value::as_str);
        let local =
            entry.source.get("url").and_then(Value::as_str).filter(|_| matches!(kind, Some("directory" | "file")));
        lockfile.add(LockedPackage {
            name: entry.name.clone(),
            version: entry.version.clone(),
            identity: python_identity(&entry.version, &entry.source, hashes),
            local: local.map(tidy),
        })?;
    }
    let project = lockfile.add_member("", Some("."))?;
    for (position, entry) in file.package.iter().enumerate() {
        let is_used = entry.groups.as_ref().is_none_or(|groups| groups.iter().any(|group| group == "main"));
        let purpose = if is_used { NeededFor::Use } else { NeededFor::Development };
        let label = entry.markers.as_ref().map(ToString::to_string).unwrap_or_default();
        lockfile.need(project, Need { to: position, purpose, label })?;
        for (name, wanted) in &entry.dependencies {
            // A dependency may spell the name of a package in another way. A package that is not found by name is still
            // a dependency of the project.
            for to in by_name.get(name.to_lowercase().replace(['_', '.'], "-").as_str()).into_iter().flatten() {
                lockfile.need(position, Need { to: *to, purpose: NeededFor::Use, label: wanted.to_string() })?;
            }
        }
    }
    Ok(lockfile.finished())
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn the_project_beside_it_gets_all() {
        let text = r#"
            [[package]]
            name = "flask"
            version = "3.0"
            groups = ["main", "dev"]
            files = [{file = "f.whl", hash = "sha256:1"}]
            [package.dependencies]
            Click = ">=8"
            [[package]]
            name = "click"
            version = "8.1"
            groups = ["main"]
            [[package]]
            name = "lib"
            version = "0.1"
            groups = ["dev"]
            [package.source]
            type = "directory"
            url = "../lib"
            [metadata]
            lock-version = "2.1"
            python-versions = ">=3.11"
            content-hash = "1"
        "#;
        assert_eq!(
            shown(&read(text).unwrap()),
            [". -> click 8.1, dev lib 0.1 from ../lib, flask 3.0", "flask 3.0 -> click 8.1 as \">=8\""]
        );
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in ["", "[metadata]\nlock-version = '3.0'\n"] {
            assert!(matches!(read(text), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
    }
}
