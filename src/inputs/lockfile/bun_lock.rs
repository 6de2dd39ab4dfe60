//! bun.lock.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::json_with_commas::strict;
use super::need_lists::NeedLists;
use super::{LockedPackage, Lockfile, LockfileError, local_path, name_of, tidy};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    lockfile_version: Value,
    #[serde(default)]
    workspaces: BTreeMap<String, Workspace>,
    /// The installed packages. The key of a package `b` is `b`, or `a/b` if only the package `a` uses it.
    #[serde(default)]
    packages: BTreeMap<String, Vec<Value>>,
    /// The paths of patch files. The key is the `name@version` of the package that the patch changes.
    #[serde(default)]
    patched_dependencies: BTreeMap<String, String>,
    #[serde(flatten)]
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    needs: NeedLists,
}

/// Reads a bun.lock of version 0, 1 or 2.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let file: File = serde_json::from_str(&strict(text)).map_err(LockfileError::malformed)?;
    if !matches!(file.lockfile_version.as_u64(), Some(0..=2)) {
        return Err(LockfileError::unknown_version(&file.lockfile_version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("lockfileVersion".to_owned(), file.lockfile_version.to_string());
    // A catalog only matters to the packages that use it, and their entries show its effect.
    let settings = file.settings.iter().filter(|(key, _)| !matches!(key.as_str(), "catalog" | "catalogs"));
    lockfile.settings.extend(settings.map(|(key, value)| (key.clone(), value.to_string())));
    let patched = &file.patched_dependencies;
    lockfile.settings.extend((!patched.is_empty()).then(|| ("patchedDependencies".to_owned(), format!("{patched:?}"))));
    for (directory, workspace) in &file.workspaces {
        lockfile.add_member(&workspace.name, Some(directory))?;
    }
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, entry) in &file.packages {
        let resolution = entry.first().and_then(Value::as_str).unwrap_or_default();
        let name = name_of(resolution);
        let source = resolution.get(name.len() + 1..).unwrap_or_default();
        let member = source.strip_prefix("workspace:").and_then(|directory| lockfile.in_directory(&tidy(directory)));
        let position = match member {
            Some(member) => member,
            None => lockfile.add(package(name, source, entry, patched.get(resolution)))?,
        };
        at.insert(place, position);
    }
    for (place, entry) in &file.packages {
        let listed = entry.iter().find(|item| item.is_object());
        let needs = listed.map(NeedLists::deserialize).transpose().map_err(LockfileError::malformed)?;
        let from = at[place.as_str()];
        let is_member = lockfile.packages[from].identity.starts_with("member ");
        if let Some(needs) = needs.filter(|_| !is_member) {
            needs.add_to(&mut lockfile, from, |name| find(&at, place, name))?;
        }
    }
    for (directory, workspace) in &file.workspaces {
        if let Some(from) = lockfile.in_directory(&tidy(directory)) {
            workspace.needs.add_to(&mut lockfile, from, |name| find(&at, &workspace.name, name))?;
        }
    }
    Ok(lockfile.finished())
}

/// Finds the dependency with the name `name` of a package. `place` is the key of the package in `packages`, or the name
/// of a package of the workspace. For the key `a/b` and the name `c`, the dependency is the first of `a/b/c`, `a/c` and
/// `c` that exists. Also returns the work of the search, for [`Lockfile::spend`].
fn find(at: &BTreeMap<&str, usize>, place: &str, name: &str) -> (Option<usize>, usize) {
    let (mut above, mut work) = (place, 0);
    while !above.is_empty() {
        work += above.len() / 2 + 8;
        if let Some(found) = at.get([above, "/", name].concat().as_str()) {
            return (Some(*found), work);
        }
        // This removes the last name, with its scope.
        let parent = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        let scope = parent.rsplit('/').next().unwrap_or_default();
        above = if scope.starts_with('@') { parent.rsplit_once('/').map_or("", |(parent, _)| parent) } else { parent };
    }
    (at.get(name).copied(), work)
}

fn package(name: &str, source: &str, entry: &[Value], patch: Option<&String>) -> LockedPackage {
    let rest: Vec<&str> = entry.iter().skip(1).filter_map(Value::as_str).collect();
    let local = local_path(source);
    let is_archive = [".tgz", ".tar.gz"].iter().any(|end| source.ends_with(end)) && !source.contains("://");
    LockedPackage {
        name: name.to_owned(),
        version: source.to_owned(),
        identity: format!("{source} {}", rest.join(" ")),
        local: local.or(is_archive.then_some(source)).or(patch.map(String::as_str)).map(tidy),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn places_say_who_gets_what() {
        let text = r#"{
          "lockfileVersion": 1,
          "workspaces": {
            "": {"name": "r", "devDependencies": {"t": "^1"},},
            "packages/a": {"name": "@x/a", "version": "1.0.0", "dependencies": {"b": "workspace:*", "c": "^1",},
                           "peerDependencies": {"absent": "*"}},
            "packages/b": {"name": "b", "dependencies": {"c": "^2", "l": "file:../l"}},
          },
          "overrides": {"c": "1"},
          "packages": {
            "@x/a": ["@x/a@workspace:packages/a"],
            "b": ["b@workspace:packages/b"],
            "b/c": ["c@2.0.0", "", {"dependencies": {"d": "1"}}, "sha512-2"],
            "c": ["c@1.0.0", "", {"dependencies": {"d": "1", "@s/e": "1"}}, "sha512-1"],
            "c/@s/e": ["@s/e@1.0.0", "", {"dependencies": {"d": "*"}}, "sha512-e"],
            "c/d": ["d@1.0.0", "", {}, "sha512-d1"],
            "d": ["d@2.0.0", "", {}, "sha512-d2"],
            "l": ["l@file:packages/l", {}],
            "t": ["t@1.0.0", "", {}, "sha512-t"],
          }
        }"#;
        assert_eq!(
            shown(&read(text).unwrap()),
            [
                ". -> dev t 1.0.0",
                "@s/e 1.0.0 -> d 1.0.0",
                "c 1.0.0 -> @s/e 1.0.0, d 1.0.0",
                "c 2.0.0 -> d 2.0.0",
                "packages/a -> c 1.0.0, packages/b",
                "packages/b -> c 2.0.0, l file:packages/l from packages/l"
            ]
        );
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in [r#"{"lockfileVersion": 3}"#, "{}"] {
            assert!(matches!(read(text), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
        assert!(matches!(read("{,"), Err(LockfileError::Malformed(_))));
    }
}
