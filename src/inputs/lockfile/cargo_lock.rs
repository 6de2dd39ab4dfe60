//! Cargo.lock.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor};

#[derive(Deserialize)]
struct File {
    version: Option<u64>,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    /// The dependencies. Each is written as `name`; as `name version` if several packages have the name; as `name
    /// version (source)` if several also have the version.
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Reads a Cargo.lock of version 3 or 4. The file does not say which dependencies of a workspace package are only for
/// development.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let file: File = toml::from_str(text).map_err(LockfileError::malformed)?;
    let version = file.version.unwrap_or_default();
    if !matches!(version, 3 | 4) {
        let version = file.version.map_or_else(|| "1 or 2".to_owned(), |version| version.to_string());
        return Err(LockfileError::UnknownVersion(version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("version".to_owned(), version.to_string());
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, entry) in file.package.iter().enumerate() {
        by_name.entry(&entry.name).or_default().push(position);
        match &entry.source {
            // A package without a source is a package of the repository, or a package that a package of the repository
            // names by its path.
            None => _ = lockfile.add_member(&entry.name, None)?,
            Some(source) => {
                let checksum = entry.checksum.as_deref().unwrap_or_default();
                lockfile.add(LockedPackage {
                    name: entry.name.clone(),
                    version: entry.version.clone(),
                    identity: format!("{} {source} {checksum}", entry.version),
                    local: None,
                })?;
            }
        }
    }
    for (from, entry) in file.package.iter().enumerate() {
        for dependency in &entry.dependencies {
            let mut words = dependency.splitn(3, ' ');
            let name = words.next().unwrap_or_default();
            let (version, source) = (words.next(), words.next());
            let source = source.map(|source| source.trim_start_matches('(').trim_end_matches(')'));
            let fits = |position: &&usize| {
                let package = &file.package[**position];
                let from = package.source.as_deref().unwrap_or_default();
                version.is_none_or(|version| package.version == version)
                    && source.is_none_or(|source| from == source || from.split('#').next() == Some(source))
            };
            let named = by_name.get(name).map(Vec::as_slice).unwrap_or_default();
            lockfile.spend(8 * named.len())?;
            let found: Vec<usize> = named.iter().filter(fits).copied().collect();
            for to in &found {
                lockfile.need(from, Need::to(*to, NeededFor::Use))?;
            }
            if found.is_empty() {
                let to = lockfile.add_unknown(name, version.unwrap_or_default())?;
                lockfile.need(from, Need::to(to, NeededFor::Use))?;
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
    fn dependencies_say_as_much_as_they_must() {
        let text = r#"
            version = 4
            [[package]]
            name = "a"
            version = "0.1.0"
            dependencies = ["b", "x 1.0.0", "y 1.0.0 (git+https://e/y)", "gone"]
            [[package]]
            name = "b"
            version = "0.1.0"
            dependencies = ["x 2.0.0"]
            [[package]]
            name = "x"
            version = "1.0.0"
            source = "registry+https://r"
            checksum = "1"
            [[package]]
            name = "x"
            version = "2.0.0"
            source = "registry+https://r"
            dependencies = ["x 1.0.0"]
            [[package]]
            name = "y"
            version = "1.0.0"
            source = "git+https://e/y#0123"
            [[package]]
            name = "y"
            version = "1.0.0"
            source = "registry+https://r"
            [[patch.unused]]
            name = "z"
            version = "1.0.0"
        "#;
        assert_eq!(
            shown(&read(text).unwrap()),
            ["a -> b, gone, x 1.0.0, y 1.0.0", "b -> x 2.0.0", "x 2.0.0 -> x 1.0.0"]
        );
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in ["", "version = 2", "version = 5"] {
            assert!(matches!(read(text), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
        assert!(matches!(read("version = 4\n[[package]]\nname = 'a'\n"), Err(LockfileError::Malformed(_))));
    }
}
