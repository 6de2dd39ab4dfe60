//! Lockfiles: the exact packages that the packages of a repository depend on. Each format has a reader, which converts
//! text to a common form.
//!
//! A reader refuses a file that it does not fully understand ([`LockfileError`]). The caller decides what a refused
//! file means. No reader runs a tool, or reads a file system or a network.

mod bun_lock;
mod cargo_lock;
mod error;
mod lockfile_format;
mod lockfile_settings;
mod json_with_commas;
mod need_lists;
mod package_lock;
mod plain_yaml;
mod pnpm_lock;
mod poetry_lock;
mod uv_lock;
mod yarn_berry;
mod yarn_classic;

pub use error::LockfileError;
pub use lockfile_format::{LOCKFILE_NAMES, LockfileFormat};
pub use lockfile_settings::{SETTINGS_FILES, SettingsFile, shared_settings};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::inputs::source::PackageJson;

/// The largest lockfile that is read, in bytes.
pub const MAX_LOCKFILE: usize = 32 << 20;

/// The most packages, and the most dependencies between them, that are read.
const MOST: usize = 2_000_000;

/// The limit of a reader's work, counted in comparisons and in bytes of texts that it makes, besides one pass over the
/// file. Without a limit, a lockfile that names the same package again and again would take the square of its size. In
/// tests it is lower.
const MOST_WORK: usize = if cfg!(test) { 1 << 22 } else { 1 << 28 };

/// A lockfile: packages, and the dependencies of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockfile {
    packages: Vec<LockedPackage>,
    /// How many packages have a local source.
    local_count: usize,
    /// The dependencies of each package, by its position.
    needs: Vec<Vec<Need>>,
    /// How many dependencies there are.
    need_count: usize,
    /// How much work was done; see [`MOST_WORK`].
    work: usize,
    /// Settings that apply to all packages: the version of the format, overrides, and whatever else decides how a tool
    /// installs.
    settings: BTreeMap<String, String>,
    /// The packages of the repository by their directories, relative to that of the lockfile, which is `.`.
    directories: BTreeMap<String, usize>,
    /// The packages of the repository by their names, which several may share.
    names: BTreeMap<String, Vec<usize>>,
}

/// A package that a lockfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name.
    pub name: String,
    /// Its version for display; empty for a package of the repository.
    pub version: String,
    /// The text that distinguishes it from others of the same name: version, source, integrity, patch, peers.
    pub identity: String,
    /// The directory or archive of the repository from which it is installed, or a patch that is applied to it,
    /// relative to the directory of the lockfile; mostly `None` for a package of the workspace.
    pub local: Option<String>,
}

/// A package that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The position of the package that is needed.
    pub to: usize,
    /// The purpose for which it is needed.
    pub purpose: NeededFor,
    /// The name under which it is installed, if that is not its own, or the condition of the dependency; empty if there
    /// is neither.
    pub label: String,
}

/// The purpose for which a package is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededFor {
    /// For the use of the package that needs it.
    Use,
    /// For developing, testing or building that package.
    Development,
}

impl LockedPackage {
    /// Returns its name, or its directory if it has no name.
    #[must_use]
    pub fn called(&self) -> &str {
        if self.name.is_empty() { self.identity.trim_start_matches("member ") } else { &self.name }
    }

    /// Whether the lockfile has no entry for it, and only mentions that another package needs it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.identity.starts_with("unknown ")
    }
}

impl Lockfile {
    /// Reads a lockfile. `manifests` are package.json files by their directories, relative to that of the lockfile.
    /// Only a yarn.lock needs any: the package.json beside it, since its `resolutions` change what packages depend on. A
    /// yarn.lock of yarn 1 also needs those of all packages of the workspace, since it does not list their dependencies.
    ///
    /// # Errors
    /// When it is too large, has an unknown version, or is not a whole file of its format.
    pub fn read(
        format: LockfileFormat,
        text: &str,
        manifests: &BTreeMap<String, PackageJson>,
    ) -> Result<Self, LockfileError> {
        if text.len() > MAX_LOCKFILE {
            return Err(LockfileError::TooLarge);
        }
        if has_conflict(text) {
            return Err(LockfileError::Conflict);
        }
        let text = text.trim_start_matches('\u{feff}');
        match format {
            LockfileFormat::Pnpm => pnpm_lock::read(text),
            LockfileFormat::Npm => package_lock::read(text),
            LockfileFormat::Yarn if yarn_classic::is(text) => yarn_classic::read(text, manifests),
            LockfileFormat::Yarn => yarn_berry::read(text, manifests.get(".")),
            LockfileFormat::Bun => bun_lock::read(text),
            LockfileFormat::BinaryBun => Err(LockfileError::Binary),
            LockfileFormat::Cargo => cargo_lock::read(text),
            LockfileFormat::Uv => uv_lock::read(text),
            LockfileFormat::Poetry => poetry_lock::read(text),
        }
    }

    /// Whether a yarn.lock can only be read with the package.json of all packages of its workspace.
    #[must_use]
    pub fn asks_manifests(text: &str) -> bool {
        yarn_classic::is(text)
    }

    /// Returns the packages.
    #[must_use]
    pub fn packages(&self) -> &[LockedPackage] {
        &self.packages
    }

    /// Whether any package is installed from a directory or an archive of the repository, or patched by one.
    #[must_use]
    pub fn has_local_sources(&self) -> bool {
        self.local_count > 0
    }

    /// Returns what a package needs.
    #[must_use]
    pub fn needs(&self, package: usize) -> &[Need] {
        &self.needs[package]
    }

    /// Returns the settings that apply to all packages.
    #[must_use]
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Returns the package of the repository in a directory, relative to that of the lockfile.
    #[must_use]
    pub fn in_directory(&self, directory: &str) -> Option<usize> {
        self.directories.get(directory).copied()
    }

    /// Returns the packages of the repository with a name.
    #[must_use]
    pub fn named(&self, name: &str) -> &[usize] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// Adds a package, and returns its position.
    fn add(&mut self, package: LockedPackage) -> Result<usize, LockfileError> {
        if self.packages.len() >= MOST {
            return Err(LockfileError::TooLarge);
        }
        self.spend(package.identity.len())?;
        self.local_count += usize::from(package.local.is_some());
        self.packages.push(package);
        self.needs.push(Vec::new());
        Ok(self.packages.len() - 1)
    }

    /// Adds a package of the repository, and returns its position.
    fn add_member(&mut self, name: &str, directory: Option<&str>) -> Result<usize, LockfileError> {
        let place = directory.unwrap_or(name);
        let member = self.add(LockedPackage {
            name: name.to_owned(),
            version: String::new(),
            identity: format!("member {place}"),
            local: None,
        })?;
        if !name.is_empty() {
            self.names.entry(name.to_owned()).or_default().push(member);
        }
        if let Some(directory) = directory {
            self.directories.insert(tidy(directory), member);
        }
        Ok(member)
    }

    /// Adds a package of which only the request is known, and returns its position. It is equal to no known package.
    fn add_unknown(&mut self, name: &str, wanted: &str) -> Result<usize, LockfileError> {
        self.add(LockedPackage {
            name: name.to_owned(),
            version: wanted.to_owned(),
            identity: format!("unknown {wanted}"),
            local: None,
        })
    }

    fn need(&mut self, from: usize, need: Need) -> Result<(), LockfileError> {
        if self.need_count >= MOST {
            return Err(LockfileError::TooLarge);
        }
        self.need_count += 1;
        self.spend(need.label.len())?;
        self.needs[from].push(need);
        Ok(())
    }

    /// Counts work, and fails beyond the limit.
    fn spend(&mut self, work: usize) -> Result<(), LockfileError> {
        self.work = self.work.saturating_add(work);
        if self.work > MOST_WORK { Err(LockfileError::TooLarge) } else { Ok(()) }
    }

    /// Sorts the dependencies of each package, so that their order in the file does not matter.
    fn finished(mut self) -> Self {
        for needs in &mut self.needs {
            needs.sort_unstable();
            needs.dedup();
        }
        self
    }
}

impl Need {
    fn to(to: usize, purpose: NeededFor) -> Self {
        Self { to, purpose, label: String::new() }
    }

    /// Returns a dependency on a package that is installed as `alias`. The label is empty if that is the package's own
    /// name.
    fn under(to: usize, purpose: NeededFor, alias: &str, name: &str) -> Self {
        let label = if alias == name { String::new() } else { alias.to_owned() };
        Self { to, purpose, label }
    }
}

/// Returns the name in `name@range`, as the package managers of JavaScript write it.
fn name_of(descriptor: &str) -> &str {
    let scope = usize::from(descriptor.starts_with('@'));
    descriptor[scope..].find('@').map_or(descriptor, |at| &descriptor[..scope + at])
}

/// Returns the identity of a package of Python: its version, its source and the hashes of its files, in any order.
fn python_identity(version: &str, source: &BTreeMap<String, Value>, mut hashes: Vec<String>) -> String {
    let source: Vec<String> = source.iter().map(|(key, value)| format!("{key} {value}")).collect();
    hashes.sort_unstable();
    format!("{version} {} {}", source.join(" "), hashes.join(" "))
}

/// Whether a file has the marks of a merge that was not finished.
fn has_conflict(text: &str) -> bool {
    text.starts_with("<<<<<<< ") || text.contains("\n<<<<<<< ") || text.contains("\n>>>>>>> ")
}

/// Returns the path of a directory or an archive in a requested version: `file:../lib`, `link:../lib`, `../lib`.
fn local_path(wanted: &str) -> Option<&str> {
    let named = wanted.strip_prefix("file:").or_else(|| wanted.strip_prefix("link:"));
    named.or_else(|| (wanted.starts_with("./") || wanted.starts_with("../")).then_some(wanted))
}

/// Returns a directory without `./`, and `.` for the empty one.
fn tidy(directory: &str) -> String {
    let parts: Vec<&str> = directory.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Returns the directory that a path leads to from the directory `from`. It begins with `..` if it is outside of the
/// lockfile's directory.
fn resolved(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a line for each package of the repository and each package with dependencies: its name and its
    /// dependencies. Lines are sorted.
    pub(super) fn shown(lockfile: &Lockfile) -> Vec<String> {
        let place =
            |package: usize| lockfile.directories.iter().find(|(_, at)| **at == package).map(|(place, _)| place);
        let name = |package: usize| {
            let LockedPackage { name, version, local, .. } = &lockfile.packages[package];
            let local = local.as_ref().map(|local| format!(" from {local}")).unwrap_or_default();
            let own = place(package).cloned();
            own.unwrap_or_else(|| format!("{name} {version}").trim_end().to_owned() + &local)
        };
        let need = |need: &Need| {
            let purpose = if need.purpose == NeededFor::Development { "dev " } else { "" };
            let label = if need.label.is_empty() { String::new() } else { format!(" as {}", need.label) };
            format!("{purpose}{}{label}", name(need.to))
        };
        let is_told = |package: &usize| !lockfile.needs(*package).is_empty() || place(*package).is_some();
        let told = (0..lockfile.packages.len()).filter(is_told);
        let line = |package: usize| {
            let mut needs: Vec<String> = lockfile.needs(package).iter().map(need).collect();
            needs.sort_unstable();
            format!("{} -> {}", name(package), needs.join(", ")).trim_end().to_owned()
        };
        let mut lines: Vec<String> = told.map(line).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn files_that_no_tool_left_are_refused() {
        let read = |format, text: &str| Lockfile::read(format, text, &BTreeMap::new());
        let merging = "lockfileVersion: '9.0'\n<<<<<<< HEAD\na: b\n=======\n>>>>>>> x\n";
        assert_eq!(read(LockfileFormat::Pnpm, merging), Err(LockfileError::Conflict));
        assert_eq!(read(LockfileFormat::BinaryBun, ""), Err(LockfileError::Binary));
        assert_eq!(read(LockfileFormat::Cargo, &" ".repeat(MAX_LOCKFILE + 1)), Err(LockfileError::TooLarge));
        let deep = "[".repeat(200_000);
        for (name, format) in LOCKFILE_NAMES {
            assert!(read(format, "").is_err(), "{name}");
            assert!(read(format, &format!("{{\"a\": {deep}")).is_err(), "{name}");
            assert!(read(format, &format!("a = {deep}")).is_err(), "{name}");
            assert_eq!(LockfileFormat::of(name.as_bytes()), Some(format));
        }
    }

    #[test]
    fn what_would_take_the_square_of_its_size_is_refused() {
        let many = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<Vec<_>>().join("\n");
        let cargo = |number: usize| format!("[[package]]\nname = 'a'\nversion = '1'\ndependencies = ['a {number}x']");
        let cargo = format!("version = 4\n{}", many(10_000, &cargo));
        let uv =
            |number: usize| format!("[[package]]\nname = 'a'\ndependencies = [{{name = 'a', version = '{number}'}}]");
        let uv = format!("version = 1\n{}", many(10_000, &uv));
        let marker = "x".repeat(200_000);
        let markers = format!(
            "version = 1\n[[package]]\nname = 'b'\ndependencies = [{{name = 'a', marker = '{marker}'}}]\n{}",
            many(2_000, &|_| "[[package]]\nname = 'a'".to_owned())
        );
        let extras: Vec<String> = (0..2_000).map(|number| format!("x{number} = []")).collect();
        let extras = format!(
            "version = 1\n[[package]]\nname = 'a'\nversion = '{marker}'\n[package.optional-dependencies]\n{}",
            extras.join("\n")
        );
        let peers: Vec<String> = (0..20_000).map(|number| format!("\"p{number}\": \"1\"")).collect();
        let place = "x/".repeat(1_000);
        let npm = format!(
            r#"{{"lockfileVersion": 3, "packages": {{"{place}": {{"peerDependencies": {{{}}}}}}}}}"#,
            peers.join(",")
        );
        let bun = format!(
            r#"{{"lockfileVersion": 1, "packages": {{"{place}": ["a@1", {{"peerDependencies": {{{}}}}}]}}}}"#,
            peers.join(",")
        );
        let links = many(20_000, &|number| format!("      p{number}: {{specifier: x, version: 'link:p'}}"));
        let pnpm =
            format!("lockfileVersion: '9.0'\nimporters:\n  {}:\n    dependencies:\n{links}\n", "x/".repeat(100_000));
        for (format, text) in [
            (LockfileFormat::Cargo, cargo),
            (LockfileFormat::Uv, uv),
            (LockfileFormat::Uv, markers),
            (LockfileFormat::Uv, extras),
            (LockfileFormat::Npm, npm),
            (LockfileFormat::Bun, bun),
            (LockfileFormat::Pnpm, pnpm),
        ] {
            let begin = &text[..text.len().min(200)];
            assert_eq!(Lockfile::read(format, &text, &BTreeMap::new()), Err(LockfileError::TooLarge), "{begin}");
        }
    }

    #[test]
    fn paths_are_resolved_from_a_directory() {
        for (from, path, found) in [
            (".", "a", "a"),
            ("apps/web", "../../packages/lib", "packages/lib"),
            ("a", "..", "."),
            ("a", "../../b", "../b"),
        ] {
            assert_eq!(resolved(from, path), found);
        }
    }
}
