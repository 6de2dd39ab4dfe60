//! pnpm-lock.yaml.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::plain_yaml::{PlainDocument, PlainYaml, documents};
use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor, resolved, tidy};

/// The keys of a package's dependency lists.
const LISTS: [(&str, NeededFor); 3] = [
    ("dependencies", NeededFor::Use),
    ("optionalDependencies", NeededFor::Use),
    ("devDependencies", NeededFor::Development),
];

/// The keys with settings that apply to all packages.
const SETTINGS: [&str; 7] = [
    "settings",
    "overrides",
    "packageExtensionsChecksum",
    "pnpmfileChecksum",
    "ignoredOptionalDependencies",
    "neverBuiltDependencies",
    "onlyBuiltDependencies",
];

/// Reads a pnpm-lock.yaml of version 5.4, 6 or 9.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let documents = documents(text)?;
    let documents: Vec<PlainYaml> = documents.iter().map(PlainDocument::root).collect();
    let is_about_packages =
        |document: &PlainYaml| document.get("importers").is_some() || document.get("packages").is_some();
    // If there are several documents, the first ones are about pnpm itself.
    let at = documents.iter().rposition(is_about_packages).or(documents.len().checked_sub(1));
    let at = at.ok_or_else(|| LockfileError::Malformed("it is empty".to_owned()))?;
    let document = documents[at];
    let version = document.text_of("lockfileVersion").unwrap_or_default();
    if !matches!(version.split('.').next(), Some("6" | "9")) && version != "5.4" {
        return Err(LockfileError::unknown_version(&version));
    }
    let mut lockfile = Lockfile::default();
    lockfile.settings.insert("lockfileVersion".to_owned(), version.to_owned());
    for (key, value) in documents[..at].iter().chain(&documents[at + 1..]).flat_map(|other| other.entries()) {
        lockfile.settings.insert(format!("first document: {key}"), value.canonical());
    }
    for key in SETTINGS {
        if let Some(value) = document.get(key) {
            lockfile.settings.insert(key.to_owned(), value.canonical());
        }
    }
    Reader { lockfile, packages: IndexMap::default(), locals: BTreeMap::new() }.read(document)
}

struct Reader<'t> {
    lockfile: Lockfile,
    /// The key of each package in `packages` or `snapshots`, with the position of the package in `lockfile`.
    packages: IndexMap<&'t str, usize, RandomState>,
    /// The positions of linked directories (`link:`) that are not packages of the workspace, by path.
    locals: BTreeMap<String, usize>,
}

impl<'t> Reader<'t> {
    fn read(mut self, document: PlainYaml<'t>) -> Result<Lockfile, LockfileError> {
        let packages = document.get("packages");
        // Since version 9, `snapshots` has the dependencies of the packages in `packages`. If the file was cut off
        // before `snapshots`, no package is read.
        let snapshots = document.get("snapshots");
        let is_apart = document.text_of("lockfileVersion").is_some_and(|version| version.starts_with('9'));
        let described: IndexMap<&str, PlainYaml, RandomState> =
            packages.into_iter().flat_map(PlainYaml::entries).collect();
        let instances = if is_apart { snapshots } else { snapshots.or(packages) };
        for (key, instance) in instances.into_iter().flat_map(PlainYaml::entries) {
            let description = described.get(key).or_else(|| described.get(without_peers(key))).copied();
            let package = package(key, description.unwrap_or(instance));
            let package = self.lockfile.add(package)?;
            self.packages.insert(key, package);
        }
        let importers: Vec<(String, PlainYaml)> = match document.get("importers") {
            Some(importers) => importers.entries().map(|(directory, importer)| (tidy(directory), importer)).collect(),
            None => vec![(".".to_owned(), document)],
        };
        for (directory, _) in &importers {
            self.lockfile.add_member("", Some(directory))?;
        }
        for (key, instance) in instances.into_iter().flat_map(PlainYaml::entries) {
            let from = self.packages[key];
            self.add_needs(from, ".", instance)?;
        }
        for (directory, importer) in &importers {
            if let Some(from) = self.lockfile.in_directory(directory) {
                self.add_needs(from, directory, *importer)?;
            }
        }
        Ok(self.lockfile.finished())
    }

    fn add_needs(&mut self, from: usize, directory: &str, package: PlainYaml<'_>) -> Result<(), LockfileError> {
        for (list, purpose) in LISTS {
            for (name, wanted) in package.get(list).into_iter().flat_map(PlainYaml::entries) {
                // The value is a reference, or a mapping of the reference (`version`) and the requested range
                // (`specifier`).
                let reference = wanted.text().or_else(|| wanted.text_of("version")).unwrap_or_default();
                let to = self.target(name, reference, directory)?;
                let need = Need::under(to, purpose, name, &self.lockfile.packages[to].name);
                self.lockfile.need(from, need)?;
            }
        }
        Ok(())
    }

    /// Returns the position of the package with a name and a reference. The reference is a version, a key of the file,
    /// or `link:` with a path relative to `directory`. Adds the package if the file does not have it.
    fn target(&mut self, name: &str, reference: &str, directory: &str) -> Result<usize, LockfileError> {
        if let Some(path) = reference.strip_prefix("link:") {
            self.lockfile.spend(directory.len())?;
            let place = resolved(directory, path);
            if let Some(member) = self.lockfile.in_directory(&place) {
                return Ok(member);
            }
            return self.local(name, place);
        }
        let keys: [&[&str]; 4] =
            [&[name, "@", reference], &[reference], &["/", name, "@", reference], &["/", name, "/", reference]];
        let mut key = String::with_capacity(name.len() + reference.len() + 2);
        for parts in keys {
            key.clear();
            key.extend(parts.iter().copied());
            if let Some(package) = self.packages.get(key.as_str()) {
                return Ok(*package);
            }
        }
        self.lockfile.add_unknown(name, reference)
    }

    fn local(&mut self, name: &str, place: String) -> Result<usize, LockfileError> {
        if let Some(known) = self.locals.get(&place) {
            return Ok(*known);
        }
        let local = self.lockfile.add(LockedPackage {
            name: name.to_owned(),
            version: String::new(),
            identity: format!("link {place}"),
            local: Some(place.clone()),
        })?;
        self.locals.insert(place, local);
        Ok(local)
    }
}

/// Returns the package with a key. `description` is its entry in the file.
fn package(key: &str, description: PlainYaml<'_>) -> LockedPackage {
    let (name, version) = name_and_version(key);
    let name = description.text_of("name").unwrap_or(name);
    let version = description.text_of("version").unwrap_or(version);
    let resolution = description.get("resolution");
    let directory = resolution.and_then(|resolution| resolution.text_of("directory"));
    let archive = resolution.and_then(|resolution| resolution.text_of("tarball")?.strip_prefix("file:"));
    LockedPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        identity: format!("{key} {}", resolution.map(PlainYaml::canonical).unwrap_or_default()),
        local: directory.or(archive).map(tidy),
    }
}

/// Returns the name and the version in a key: `a` and `1.0.0` for `/a/1.0.0_peer@2.0.0`, `/a@1.0.0(peer@2.0.0)` and
/// `a@1.0.0(peer@2.0.0)`.
fn name_and_version(key: &str) -> (&str, &str) {
    let whole = without_peers(key);
    let text = whole.strip_prefix('/').unwrap_or(whole);
    let scope = if text.starts_with('@') { text.find('/').map_or(0, |slash| slash + 1) } else { 0 };
    let (name, version) = match text[scope..].find(['@', '/']) {
        Some(at) => (&text[..scope + at], &text[scope + at + 1..]),
        None => (text, ""),
    };
    (name, version.split('_').next().unwrap_or_default())
}

fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn version_9_has_what_packages_need_apart() {
        let text = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    devDependencies:\n      typescript:\n        specifier: ^5\n        version: 5.6.3\n\n  apps/web:\n    dependencies:\n      '@x/lib':\n        specifier: workspace:*\n        version: link:../../packages/lib\n      alias:\n        specifier: npm:react@18\n        version: react@18.3.1\n      ui:\n        specifier: ^1\n        version: 1.0.0(react@18.3.1)\n      out:\n        specifier: link:../../../vendor/out\n        version: link:../../vendor/out\n\n  packages/lib: {}\n\npackages:\n\n  react@18.3.1:\n    resolution: {integrity: sha512-r}\n\n  typescript@5.6.3:\n    resolution: {integrity: sha512-t}\n\n  ui@1.0.0:\n    resolution: {integrity: sha512-u}\n    peerDependencies:\n      react: '*'\n\nsnapshots:\n\n  react@18.3.1: {}\n\n  typescript@5.6.3: {}\n\n  ui@1.0.0(react@18.3.1):\n    dependencies:\n      react: 18.3.1\n";
        let lockfile = read(text).unwrap();
        assert_eq!(
            shown(&lockfile),
            [
                ". -> dev typescript 5.6.3",
                "apps/web -> out from vendor/out, packages/lib as @x/lib, react 18.3.1 as alias, ui 1.0.0",
                "packages/lib ->",
                "ui 1.0.0 -> react 18.3.1"
            ]
        );
        assert!(lockfile.settings()["settings"].contains("autoInstallPeers"));
        assert!(lockfile.packages()[2].identity.contains("(react@18.3.1)"));
    }

    #[test]
    fn version_6_and_5_have_older_keys() {
        let six = "lockfileVersion: '6.0'\nimporters:\n  a:\n    dependencies:\n      '@s/x':\n        specifier: ^1\n        version: 1.2.0(y@2.0.0)\npackages:\n  /@s/x@1.2.0(y@2.0.0):\n    resolution: {integrity: i}\n    dependencies:\n      y: 2.0.0\n    dev: false\n  /y@2.0.0:\n    resolution: {integrity: j}\n";
        assert_eq!(shown(&read(six).unwrap()), ["@s/x 1.2.0 -> y 2.0.0", "a -> @s/x 1.2.0"]);
        let five = "lockfileVersion: 5.4\nspecifiers:\n  '@s/x': ^1\ndependencies:\n  '@s/x': 1.2.0_y@2.0.0\n  g: github.com/o/r/0123\npackages:\n  /@s/x/1.2.0_y@2.0.0:\n    resolution: {integrity: i}\n    dependencies:\n      y: 2.0.0\n  /y/2.0.0:\n    resolution: {integrity: j}\n  github.com/o/r/0123:\n    resolution: {tarball: https://codeload.github.com/o/r}\n    name: g\n    version: 3.0.0\n";
        assert_eq!(shown(&read(five).unwrap()), [". -> @s/x 1.2.0, g 3.0.0", "@s/x 1.2.0 -> y 2.0.0"]);
    }

    #[test]
    fn documents_about_pnpm_itself_count_for_all_packages() {
        let text = |version: &str| {
            format!(
                "---\nlockfileVersion: '9.0'\npackageManagerDependencies: {{pnpm: {version}}}\n---\n\
                 lockfileVersion: '9.0'\nimporters:\n  a: {{}}\n"
            )
        };
        let [one, other] = ["11.0.0", "11.1.0"].map(|version| read(&text(version)).unwrap());
        assert_eq!(shown(&one), shown(&other));
        assert_ne!(one.settings(), other.settings());
    }

    #[test]
    fn other_versions_are_not_known() {
        for version in ["4", "5.3", "'10.0'", "[]"] {
            let refused = read(&format!("lockfileVersion: {version}\npackages: {{}}\n"));
            assert!(matches!(refused, Err(LockfileError::UnknownVersion(_))), "{version}");
        }
        assert!(read("").is_err() && read("[]").is_err());
    }
}
