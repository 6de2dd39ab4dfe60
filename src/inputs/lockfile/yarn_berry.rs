//! yarn.lock of yarn 2 and later.

use std::collections::{BTreeMap, BTreeSet};

use super::plain_yaml::{PlainDocument, PlainYaml, documents};
use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor, name_of, resolved};
use crate::inputs::source::PackageJson;

/// Reads a yarn.lock. The file does not say which dependencies of a workspace package are only for development. `root`
/// is the package.json in the directory of the lockfile.
pub(super) fn read(text: &str, root: Option<&PackageJson>) -> Result<Lockfile, LockfileError> {
    let documents = documents(text)?;
    let document = documents.first().map(PlainDocument::root);
    let document = document.ok_or_else(|| LockfileError::Malformed("it is empty".to_owned()))?;
    let metadata = document.get("__metadata");
    let version = metadata.and_then(|metadata| metadata.text_of("version")).unwrap_or_default();
    if !matches!(version.parse::<u32>(), Ok(4..=10)) {
        return Err(LockfileError::unknown_version(&version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("version".to_owned(), version.to_owned());
    let replaced = root.map(PackageJson::resolved_names).unwrap_or_default();
    let mut reader = Reader { replaced, ..Reader::default() };
    let entries: Vec<(&str, PlainYaml)> = document.entries().filter(|(key, _)| *key != "__metadata").collect();
    for (key, entry) in &entries {
        let resolution = entry.text_of("resolution").unwrap_or_default();
        let name = name_of(resolution);
        let position = match resolution[name.len()..].strip_prefix("@workspace:") {
            Some(directory) => lockfile.add_member(name, Some(directory))?,
            None => lockfile.add(package(name, resolution, *entry))?,
        };
        for descriptor in key.split(", ") {
            let descriptor = descriptor.trim();
            reader.by_descriptor.insert(descriptor, position);
            let name = name_of(descriptor);
            reader.by_name.entry(name).or_default().push(position);
            if descriptor[name.len()..].starts_with("@patch:") {
                reader.patched.entry(name).or_default().push(position);
            }
        }
    }
    for (from, (_, entry)) in entries.iter().enumerate() {
        for (name, wanted) in entry.get("dependencies").into_iter().flat_map(PlainYaml::entries) {
            for to in reader.targets(&mut lockfile, name, wanted.text().unwrap_or_default())? {
                let need = Need::under(to, NeededFor::Use, name, &lockfile.packages[to].name);
                lockfile.need(from, need)?;
            }
        }
    }
    Ok(lockfile.finished())
}

#[derive(Default)]
struct Reader<'t> {
    by_descriptor: BTreeMap<&'t str, usize>,
    by_name: BTreeMap<&'t str, Vec<usize>>,
    patched: BTreeMap<&'t str, Vec<usize>>,
    /// The names of packages for which `resolutions` may override the requested range.
    replaced: BTreeSet<&'t str>,
}

impl Reader<'_> {
    /// Returns the positions of the packages to which a name and a range may refer. If the file has an entry for the
    /// name and the range, this is the package of the entry. If the file has no such entry, or `resolutions` may
    /// override the range, these are all packages with that name. Patched packages with that name are added in any
    /// case.
    fn targets(&self, lockfile: &mut Lockfile, name: &str, wanted: &str) -> Result<Vec<usize>, LockfileError> {
        let keys = [[name, "@", wanted].concat(), [name, "@npm:", wanted].concat()];
        let asked = keys.iter().find_map(|key| self.by_descriptor.get(key.as_str()));
        let mut found = match asked.filter(|_| !self.replaced.contains(name)) {
            Some(found) => vec![*found],
            None => match self.by_name.get(name) {
                Some(all) => all.clone(),
                None => vec![lockfile.add_unknown(name, wanted)?],
            },
        };
        found.extend(self.patched.get(name).into_iter().flatten());
        Ok(found)
    }
}

fn package(name: &str, resolution: &str, entry: PlainYaml<'_>) -> LockedPackage {
    let text = |key| entry.text_of(key).unwrap_or_default();
    LockedPackage {
        name: name.to_owned(),
        version: text("version").to_owned(),
        identity: format!("{resolution} {} {}", text("checksum"), text("conditions")),
        local: local(&resolution[name.len()..]),
    }
}

/// Returns the local path in a resolution, relative to the directory of the lockfile: `packages/x` for
/// `@file:../x#../x::hash=1&locator=a%40workspace%3Apackages%2Fa`. `None` if the resolution has no local path.
fn local(resolution: &str) -> Option<String> {
    let path = ["@file:", "@portal:", "@link:"].iter().find_map(|kind| resolution.strip_prefix(kind))?;
    let (path, bound) = path.split_once("::").unwrap_or((path, ""));
    let path = path.split('#').next().unwrap_or_default();
    let from = bound.split("workspace%3A").nth(1).unwrap_or(".").split('&').next().unwrap_or_default();
    Some(resolved(&from.replace("%2F", "/").replace("%40", "@"), path))
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn descriptors_lead_to_packages() {
        let text = "# This file is generated by running \"yarn install\"\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"@x/a@workspace:*, @x/a@workspace:packages/a\":\n  version: 0.0.0-use.local\n  resolution: \"@x/a@workspace:packages/a\"\n  dependencies:\n    b: \"workspace:^\"\n    is-odd: \"npm:^3.0.0\"\n    other: \"npm:^1\"\n    out: \"link:../../out\"\n    typescript: \"npm:^5\"\n  languageName: unknown\n  linkType: soft\n\n\"b@workspace:^, b@workspace:packages/b\":\n  version: 0.0.0-use.local\n  resolution: \"b@workspace:packages/b\"\n\n\"is-odd@npm:^3.0.0\":\n  version: 3.0.1\n  resolution: \"is-odd@npm:3.0.1\"\n  dependencies:\n    gone: \"npm:1\"\n  checksum: 10c0/a\n\n\"other@npm:1.5.0\":\n  version: 1.5.0\n  resolution: \"other@npm:1.5.0\"\n\n\"out@link:../../out::locator=%40x%2Fa%40workspace%3Apackages%2Fa\":\n  version: 0.0.0-use.local\n  resolution: \"out@link:../../out::locator=%40x%2Fa%40workspace%3Apackages%2Fa\"\n\n\"typescript@npm:^5\":\n  version: 5.0.0\n  resolution: \"typescript@npm:5.0.0\"\n\n\"typescript@patch:typescript@npm%3A^5#optional!builtin<compat/typescript>\":\n  version: 5.0.0\n  resolution: \"typescript@patch:typescript@npm%3A5.0.0#optional!builtin<compat/typescript>::version=5.0.0&hash=b\"\n";
        assert_eq!(
            shown(&read(text, None).unwrap()),
            [
                "is-odd 3.0.1 -> gone npm:1",
                "packages/a -> is-odd 3.0.1, other 1.5.0, out 0.0.0-use.local from out, packages/b, typescript 5.0.0, typescript 5.0.0",
                "packages/b ->"
            ]
        );
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in ["__metadata:\n  version: 11\n", "__metadata:\n  version: x\n", "a:\n  b: c\n"] {
            assert!(matches!(read(text, None), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
    }
}
