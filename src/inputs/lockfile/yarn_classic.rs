//! yarn.lock of yarn 1. The file does not list the packages of the workspace. The dependencies of these packages are in
//! their package.json files.

use std::collections::{BTreeMap, BTreeSet};

use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor, local_path, name_of, resolved, tidy};
use crate::inputs::source::{NeedList, PackageJson};

const FIRST: &str = "# yarn lockfile v1";

/// Whether a yarn.lock is from yarn 1.
pub(super) fn is(text: &str) -> bool {
    text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty()).any(|line| line.trim() == FIRST)
}

/// An entry of the file, which is about one package.
#[derive(Default)]
struct Entry<'t> {
    /// Names and requested versions: `a@^1.0.0`.
    descriptors: Vec<&'t str>,
    version: &'t str,
    resolved: &'t str,
    integrity: &'t str,
    needs: Vec<(&'t str, &'t str)>,
}

/// Reads a yarn.lock. `manifests` are the package.json files of the workspace's packages, by directory.
pub(super) fn read(text: &str, manifests: &BTreeMap<String, PackageJson>) -> Result<Lockfile, LockfileError> {
    let entries = entries(text)?;
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("lockfileVersion".to_owned(), "1".to_owned());
    let root = manifests.get(".");
    let replaced = root.map(PackageJson::resolved_names).unwrap_or_default();
    let mut reader = Reader { replaced, ..Reader::default() };
    for entry in &entries {
        let name = entry.descriptors.first().map_or("", |descriptor| name_of(descriptor));
        let archive = entry.resolved.strip_prefix("file:").and_then(|path| path.split('#').next());
        let local = entry.descriptors.iter().find_map(|descriptor| path_of(descriptor)).or(archive);
        let local = local.map(|path| resolved(".", path));
        let position = lockfile.add(LockedPackage {
            name: name.to_owned(),
            version: entry.version.to_owned(),
            identity: [entry.version, entry.resolved, entry.integrity, local.as_deref().unwrap_or_default()].join(" "),
            local,
        })?;
        for descriptor in &entry.descriptors {
            reader.by_descriptor.insert(descriptor, position);
            if let Some(path) = path_of(descriptor) {
                reader.by_place.insert((name_of(descriptor), resolved(".", path)), position);
            }
            reader.by_name.entry(name_of(descriptor)).or_default().push(position);
        }
    }
    for (directory, manifest) in manifests {
        lockfile.add_member(manifest.name.as_deref().unwrap_or_default(), Some(directory))?;
    }
    for (from, entry) in entries.iter().enumerate() {
        for (name, wanted) in &entry.needs {
            reader.add(&mut lockfile, from, (name, wanted), NeededFor::Use)?;
        }
    }
    for (directory, manifest) in manifests {
        let Some(from) = lockfile.in_directory(&tidy(directory)) else { continue };
        for dependency in &manifest.dependencies {
            let purpose = match dependency.list {
                NeedList::Development => NeededFor::Development,
                NeedList::Dependencies | NeedList::Optional => NeededFor::Use,
                NeedList::Peer => continue,
            };
            let wanted = dependency.wanted.as_str();
            if let Some(path) = local_path(wanted) {
                let to = reader.local(&mut lockfile, &dependency.name, resolved(directory, path))?;
                lockfile.need(from, Need::to(to, purpose))?;
                continue;
            }
            reader.add(&mut lockfile, from, (&dependency.name, wanted), purpose)?;
        }
    }
    Ok(lockfile.finished())
}

#[derive(Default)]
struct Reader<'t> {
    by_descriptor: BTreeMap<&'t str, usize>,
    by_name: BTreeMap<&'t str, Vec<usize>>,
    /// The positions of the packages that come from directories and archives of the repository, by name and path.
    by_place: BTreeMap<(&'t str, String), usize>,
    /// The names of packages for which `resolutions` may override the requested range.
    replaced: BTreeSet<&'t str>,
}

impl Reader<'_> {
    /// Adds a dependency of the package `from` on each package to which a name and a range may refer:
    ///
    /// - If the file has an entry for the name and the range, this is the package of the entry. If `resolutions` may
    ///   override the range, these are all packages in the file with that name.
    /// - If the file has no such entry, these are the packages of the workspace with that name, or if there are none,
    ///   all packages in the file with that name.
    fn add(
        &self,
        lockfile: &mut Lockfile,
        from: usize,
        (name, wanted): (&str, &str),
        purpose: NeededFor,
    ) -> Result<(), LockfileError> {
        let asked = self.by_descriptor.get([name, "@", wanted].concat().as_str());
        let found = match asked {
            Some(found) if !self.replaced.contains(name) => vec![*found],
            Some(_) => self.by_name.get(name).cloned().unwrap_or_default(),
            None => match (lockfile.named(name), self.by_name.get(name)) {
                ([], Some(all)) => all.clone(),
                ([], None) => vec![lockfile.add_unknown(name, wanted)?],
                (members, _) => members.to_vec(),
            },
        };
        for to in found {
            let need = Need::under(to, purpose, name, &lockfile.packages[to].name);
            lockfile.need(from, need)?;
        }
        Ok(())
    }

    /// Returns the position of the package whose directory or archive has the path `place`. If the lockfile has no such
    /// package, adds it.
    fn local(&self, lockfile: &mut Lockfile, name: &str, place: String) -> Result<usize, LockfileError> {
        if let Some(known) = self.by_place.get(&(name, place.clone())) {
            return Ok(*known);
        }
        if let Some(member) = lockfile.in_directory(&place) {
            lockfile.packages[member].local = Some(place);
            return Ok(member);
        }
        let identity = format!("link {place}");
        lockfile.add(LockedPackage { name: name.to_owned(), version: String::new(), identity, local: Some(place) })
    }
}

/// Returns the local path in a descriptor such as `name@file:../lib` or `name@link:../lib`; `None` if there is no local
/// path.
fn path_of(descriptor: &str) -> Option<&str> {
    local_path(descriptor[name_of(descriptor).len()..].strip_prefix('@')?)
}

/// Splits the file into its entries.
fn entries(text: &str) -> Result<Vec<Entry<'_>>, LockfileError> {
    let wrong = |number: usize| LockfileError::Malformed(format!("line {} is not understood", number + 1));
    let mut entries: Vec<Entry> = Vec::new();
    let mut in_needs = false;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let content = content.trim_end();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if indent == 0 {
            let keys = content.strip_suffix(':').ok_or_else(|| wrong(number))?;
            entries.push(Entry { descriptors: keys.split(", ").map(unquoted).collect(), ..Entry::default() });
            in_needs = false;
            continue;
        }
        let entry = entries.last_mut().ok_or_else(|| wrong(number))?;
        if indent == 2 {
            in_needs = matches!(content, "dependencies:" | "optionalDependencies:");
            if let Some((key, value)) = content.split_once(' ') {
                match key {
                    "version" => entry.version = unquoted(value),
                    "resolved" => entry.resolved = unquoted(value),
                    "integrity" => entry.integrity = unquoted(value),
                    _ => {}
                }
            }
        } else if in_needs {
            let end = match content.strip_prefix('"') {
                Some(rest) => rest.find('"').map(|end| end + 2),
                None => content.find(' '),
            };
            let (name, wanted) = content.split_at_checked(end.unwrap_or_default()).ok_or_else(|| wrong(number))?;
            if name.is_empty() || wanted.is_empty() {
                return Err(wrong(number));
            }
            entry.needs.push((unquoted(name), unquoted(wanted.trim_start())));
        }
    }
    Ok(entries)
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;
    use crate::model::diagnostic::SourceFile;

    fn manifests(list: &[(&str, &str)]) -> BTreeMap<String, PackageJson> {
        let read = |text: &str| PackageJson::read(&SourceFile::new("package.json", text)).unwrap();
        list.iter().map(|(directory, text)| ((*directory).to_owned(), read(text))).collect()
    }

    #[test]
    fn manifests_say_what_packages_of_the_workspace_need() {
        let text = "# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n\n\"@s/x@^1.0.0\", \"@s/x@^1.1.0\":\n  version \"1.2.0\"\n  resolved \"https://r/x#1\"\n  integrity sha512-x\n  dependencies:\n    \"@s/y\" \"^2\"\n    z \"1 || 2\"\n\n\"@s/y@^3\":\n  version \"3.0.0\"\n\nz@\"1 || 2\", \"z@1 || 2\":\n  version \"2.0.0\"\n";
        let manifests = manifests(&[
            (".", r#"{"name": "r", "workspaces": ["a", "b"], "devDependencies": {"z": "1 || 2"}}"#),
            (
                "a",
                r#"{"name": "a", "dependencies": {"b": "*", "@s/x": "^1.1.0", "l": "link:../l"}, "peerDependencies": {"p": "*"}}"#,
            ),
            ("b", r#"{"name": "b", "dependencies": {"gone": "^1"}}"#),
        ]);
        assert!(is(text));
        assert_eq!(
            shown(&read(text, &manifests).unwrap()),
            [". -> dev z 2.0.0", "@s/x 1.2.0 -> @s/y 3.0.0, z 2.0.0", "a -> @s/x 1.2.0, b, l from l", "b -> gone ^1"]
        );
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for text in ["a@1\n  version \"1\"\n", "  version \"1\"\n", "a@1:\n  dependencies:\n    b\n"] {
            assert!(read(&format!("{FIRST}\n{text}"), &BTreeMap::new()).is_err(), "{text}");
        }
        assert!(!is("__metadata:\n  version: 8\n"));
    }
}
