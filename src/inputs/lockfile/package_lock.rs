//! package-lock.json and npm-shrinkwrap.json.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::need_lists::NeedLists;
use super::{LockedPackage, Lockfile, LockfileError, local_path, resolved, tidy};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    lockfile_version: Value,
    #[serde(default)]
    packages: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
    link: bool,
    workspaces: Option<Value>,
    #[serde(flatten)]
    needs: NeedLists,
}

/// Reads a package-lock.json of version 2 or 3.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let file: File = serde_json::from_str(text).map_err(LockfileError::malformed)?;
    if !matches!(file.lockfile_version.as_u64(), Some(2 | 3)) {
        return Err(LockfileError::unknown_version(&file.lockfile_version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("lockfileVersion".to_owned(), file.lockfile_version.to_string());
    let linked = linked(&mut lockfile, &file)?;
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, entry) in &file.packages {
        if !entry.link {
            at.insert(place, add(&mut lockfile, place, entry, &linked)?);
        }
    }
    for (place, entry) in file.packages.iter().filter(|(_, entry)| entry.link) {
        let target = entry.resolved.as_deref().unwrap_or_default();
        let package = match at.get(target) {
            Some(package) => *package,
            None => lockfile.add_unknown(installed_name(place), target)?,
        };
        at.insert(place, package);
    }
    for (place, entry) in file.packages.iter().filter(|(_, entry)| !entry.link) {
        entry.needs.add_to(&mut lockfile, at[place.as_str()], |name| find(&at, place, name))?;
    }
    Ok(lockfile.finished())
}

/// Returns the directories on which the repository's own packages depend by path, such as `file:../lib`. If the
/// lockfile has no workspace, the targets of all links are included.
fn linked(lockfile: &mut Lockfile, file: &File) -> Result<BTreeSet<String>, LockfileError> {
    let has_workspace = file.packages.get("").is_some_and(|root| root.workspaces.is_some());
    let mut found = BTreeSet::new();
    for (place, entry) in &file.packages {
        if entry.link && !has_workspace {
            found.extend(entry.resolved.as_deref().map(tidy));
        }
        if !is_installed(place) {
            for path in entry.needs.wanted().filter_map(|(_, wanted, _)| local_path(wanted)) {
                lockfile.spend(place.len())?;
                found.insert(resolved(place, path));
            }
        }
    }
    Ok(found)
}

/// Whether a key of `packages` is a path in a `node_modules` directory. Any other key is a directory of the repository.
fn is_installed(place: &str) -> bool {
    place.split('/').any(|part| part == "node_modules")
}

fn add(lockfile: &mut Lockfile, place: &str, entry: &Entry, linked: &BTreeSet<String>) -> Result<usize, LockfileError> {
    if !is_installed(place) {
        let member = lockfile.add_member(entry.name.as_deref().unwrap_or(installed_name(place)), Some(place))?;
        lockfile.packages[member].local = linked.get(&tidy(place)).cloned();
        return Ok(member);
    }
    let name = entry.name.as_deref().unwrap_or_else(|| installed_name(place));
    let version = entry.version.clone().unwrap_or_default();
    let resolved = entry.resolved.as_deref().unwrap_or_default();
    lockfile.add(LockedPackage {
        name: name.to_owned(),
        identity: format!("{version} {resolved} {}", entry.integrity.as_deref().unwrap_or_default()),
        version,
        local: resolved.strip_prefix("file:").map(tidy),
    })
}

/// Returns the name under which the package with a key is installed: `@x/a` for `node_modules/@x/a`, `lib` for
/// `packages/lib`.
fn installed_name(place: &str) -> &str {
    place.rsplit_once("node_modules/").map_or_else(|| place.rsplit('/').next().unwrap_or_default(), |(_, name)| name)
}

/// Finds the dependency with the name `name` of the package in the directory `place`. As in Node.js, this is the
/// package in the nearest `node_modules` in that directory or above. Also returns the work of the search, for
/// [`Lockfile::spend`].
fn find(at: &BTreeMap<&str, usize>, place: &str, name: &str) -> (Option<usize>, usize) {
    let (mut directory, mut work) = (place, 0);
    loop {
        work += directory.len() / 2 + 8;
        let is_packages = directory == "node_modules" || directory.ends_with("/node_modules");
        let found = match directory {
            _ if is_packages => None,
            "" => at.get(["node_modules/", name].concat().as_str()),
            _ => at.get([directory, "/node_modules/", name].concat().as_str()),
        };
        if found.is_some() || directory.is_empty() {
            return (found.copied(), work);
        }
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn packages_are_found_as_node_finds_them() {
        let text = r#"{"name": "r", "lockfileVersion": 3, "requires": true, "packages": {
            "": {"name": "r", "workspaces": ["packages/*"], "devDependencies": {"t": "^1"}},
            "packages/a": {"name": "@x/a", "version": "1.0.0", "dependencies": {"b": "*", "c": "^1", "al": "npm:c@1"},
                           "peerDependencies": {"absent": "*"}, "optionalDependencies": {"gone": "1"}},
            "packages/b": {"version": "1.0.0", "dependencies": {"c": "^2", "missing": "1"}},
            "node_modules/@x/a": {"resolved": "packages/a", "link": true},
            "node_modules/b": {"resolved": "packages/b", "link": true},
            "node_modules/c": {"version": "1.1.0", "resolved": "https://r/c", "integrity": "i", "dependencies": {"d": "1"}},
            "node_modules/al": {"name": "c", "version": "1.1.0", "resolved": "https://r/c", "integrity": "i"},
            "node_modules/c/node_modules/d": {"version": "1.0.0"},
            "node_modules/d": {"version": "2.0.0", "dependencies": {"c": "*"}},
            "node_modules/t": {"version": "1.0.0", "resolved": "file:vendor/t.tgz", "dev": true},
            "packages/b/node_modules/c": {"version": "2.0.0", "dependencies": {"d": "2"}}
        }}"#;
        assert_eq!(
            shown(&read(text).unwrap()),
            [
                ". -> dev t 1.0.0 from vendor/t.tgz",
                "c 1.1.0 -> d 1.0.0",
                "c 2.0.0 -> d 2.0.0",
                "d 2.0.0 -> c 1.1.0",
                "packages/a -> c 1.1.0, c 1.1.0 as al, packages/b",
                "packages/b -> c 2.0.0, missing 1"
            ]
        );
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in [r#"{"lockfileVersion": 1, "dependencies": {}}"#, r#"{"lockfileVersion": "3"}"#, "{}"] {
            assert!(matches!(read(text), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
        for text in ["", "[", r#"{"lockfileVersion": 3, "packages": {"a": {"version": 1}}}"#] {
            assert!(matches!(read(text), Err(LockfileError::Malformed(_))), "{text}");
        }
    }
}
