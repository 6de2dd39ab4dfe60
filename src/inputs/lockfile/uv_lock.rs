//! uv.lock.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{LockedPackage, Lockfile, LockfileError, Need, NeededFor, python_identity, tidy};

#[derive(Deserialize)]
struct File {
    version: Option<u64>,
    #[serde(default)]
    manifest: BTreeMap<String, Value>,
    #[serde(default)]
    package: Vec<Entry>,
    #[serde(flatten)]
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    source: BTreeMap<String, Value>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Dependency>>,
    sdist: Option<Value>,
    #[serde(default)]
    wheels: Vec<Value>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    version: Option<String>,
    #[serde(default)]
    source: BTreeMap<String, Value>,
    #[serde(default)]
    extra: Vec<String>,
    #[serde(default)]
    marker: String,
}

/// Reads a uv.lock of version 1.
pub(super) fn read(text: &str) -> Result<Lockfile, LockfileError> {
    let mut file: File = toml::from_str(text).map_err(LockfileError::malformed)?;
    if file.version != Some(1) {
        let version = file.version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        return Err(LockfileError::UnknownVersion(version));
    }
    let members: BTreeSet<String> = match file.manifest.remove("members") {
        Some(Value::Array(members)) => members.into_iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
        _ => BTreeSet::new(),
    };
    // The revision of the format does not matter to the packages.
    file.settings.remove("revision");
    let mut lockfile = Lockfile::default();
    let settings = file.settings.iter().chain(&file.manifest);
    lockfile.settings.extend(settings.map(|(key, value)| (key.clone(), value.to_string())));
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, entry) in file.package.iter().enumerate() {
        by_name.entry(&entry.name).or_default().push(position);
        entry.add(&mut lockfile, &members)?;
    }
    let mut extras: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for (position, entry) in file.package.iter().enumerate() {
        for extra in entry.optional_dependencies.keys() {
            let with_extra = lockfile.add(LockedPackage {
                name: format!("{}[{extra}]", entry.name),
                version: entry.version.clone(),
                identity: format!("extra {extra} of {}", lockfile.packages[position].identity),
                local: None,
            })?;
            extras.insert((position, extra), with_extra);
            lockfile.need(with_extra, Need::to(position, NeededFor::Use))?;
            if entry.directory().is_some() {
                lockfile.need(position, Need::to(with_extra, NeededFor::Use))?;
            }
        }
    }
    let reader = Reader { packages: &file.package, by_name, extras };
    for (position, entry) in file.package.iter().enumerate() {
        reader.add(&mut lockfile, position, &entry.dependencies, NeededFor::Use)?;
        for (extra, listed) in &entry.optional_dependencies {
            reader.add(&mut lockfile, reader.extras[&(position, extra.as_str())], listed, NeededFor::Use)?;
        }
        for listed in entry.dev_dependencies.values() {
            reader.add(&mut lockfile, position, listed, NeededFor::Development)?;
        }
    }
    Ok(lockfile.finished())
}

struct Reader<'f> {
    packages: &'f [Entry],
    by_name: BTreeMap<&'f str, Vec<usize>>,
    /// A package with one of its extras is added as a package of its own, such as `requests[socks]`. These are the
    /// positions of such packages, by the position of the package without the extra and the name of the extra.
    extras: BTreeMap<(usize, &'f str), usize>,
}

impl Reader<'_> {
    fn add(
        &self,
        lockfile: &mut Lockfile,
        from: usize,
        listed: &[Dependency],
        purpose: NeededFor,
    ) -> Result<(), LockfileError> {
        for dependency in listed {
            let fits = |position: &&usize| {
                let package = &self.packages[**position];
                dependency.version.as_ref().is_none_or(|version| *version == package.version)
                    && (dependency.source.is_empty() || dependency.source == package.source)
            };
            let named = self.by_name.get(dependency.name.as_str()).map(Vec::as_slice).unwrap_or_default();
            lockfile.spend(8 * named.len() * (1 + dependency.extra.len()))?;
            let mut found: Vec<usize> = named.iter().filter(fits).copied().collect();
            if found.is_empty() {
                found.push(lockfile.add_unknown(&dependency.name, dependency.version.as_deref().unwrap_or_default())?);
            }
            for to in found {
                let extras = dependency.extra.iter().filter_map(|extra| self.extras.get(&(to, extra.as_str())));
                for to in std::iter::once(&to).chain(extras) {
                    lockfile.need(from, Need { to: *to, purpose, label: dependency.marker.clone() })?;
                }
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Returns the directory from which the package is installed; `None` if its source is not a directory.
    fn directory(&self) -> Option<&str> {
        ["editable", "virtual", "directory"].into_iter().find_map(|kind| self.source.get(kind)?.as_str())
    }

    fn add(&self, lockfile: &mut Lockfile, members: &BTreeSet<String>) -> Result<usize, LockfileError> {
        let directory = self.directory();
        if let Some(directory) = directory.filter(|at| *at == "." || members.contains(&self.name)) {
            return lockfile.add_member(&self.name, Some(directory));
        }
        let archive = self.source.get("path").and_then(Value::as_str);
        let files = self.sdist.iter().chain(&self.wheels);
        let hash = |file: &Value| file.get("hash").or(file.get("url")).map(ToString::to_string).unwrap_or_default();
        lockfile.add(LockedPackage {
            name: self.name.clone(),
            version: self.version.clone(),
            identity: python_identity(&self.version, &self.source, files.map(hash).collect()),
            local: directory.or(archive).map(tidy),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn extras_groups_and_local_sources_are_told_apart() {
        let text = r#"
            version = 1
            revision = 5
            requires-python = ">=3.11"
            [manifest]
            members = ["a", "b", "root"]
            overrides = [{ name = "x", specifier = "==1" }]
            [[package]]
            name = "a"
            version = "0.1.0"
            source = { editable = "packages/a" }
            dependencies = [{ name = "b" }, { name = "x", extra = ["fast"], marker = "os_name == 'nt'" }, { name = "l" }]
            [package.optional-dependencies]
            more = [{ name = "y", version = "2.0" }]
            [package.dev-dependencies]
            dev = [{ name = "y", version = "1.0" }]
            [[package]]
            name = "b"
            source = { virtual = "packages/b" }
            [[package]]
            name = "l"
            version = "0.1"
            source = { directory = "../vendor/l" }
            [[package]]
            name = "root"
            source = { virtual = "." }
            [[package]]
            name = "x"
            version = "1.0"
            source = { registry = "https://r" }
            sdist = { url = "u", hash = "sha256:1" }
            [package.optional-dependencies]
            fast = [{ name = "y", version = "1.0" }]
            [[package]]
            name = "y"
            version = "1.0"
            source = { registry = "https://r" }
            [[package]]
            name = "y"
            version = "2.0"
            source = { registry = "https://r" }
        "#;
        let lockfile = read(text).unwrap();
        assert_eq!(
            shown(&lockfile),
            [
                ". ->",
                "a[more] 0.1.0 -> packages/a, y 2.0",
                "packages/a -> a[more] 0.1.0, dev y 1.0, l 0.1 from ../vendor/l, packages/b, x 1.0 as os_name == 'nt', x[fast] 1.0 as os_name == 'nt'",
                "packages/b ->",
                "x[fast] 1.0 -> x 1.0, y 1.0"
            ]
        );
        assert_eq!(lockfile.settings().keys().collect::<Vec<_>>(), ["overrides", "requires-python"]);
    }

    #[test]
    fn other_versions_are_not_known() {
        for text in ["", "version = 2"] {
            assert!(matches!(read(text), Err(LockfileError::UnknownVersion(_))), "{text}");
        }
    }
}
