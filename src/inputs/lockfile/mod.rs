//! Lockfiles: the exact versions of the packages that a repository depends on. Each format has a reader, which converts
//! the text of a lockfile to a [`Lockfile`].
//!
//! A reader returns a [`LockfileError`] for a file that it does not fully understand. The caller decides what to do
//! then. No reader runs a tool, opens a file or uses the network.

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

/// The size of the largest lockfile that is read, in bytes.
pub const MAX_LOCKFILE: usize = 32 << 20;

/// The largest number of packages that are read from a lockfile, and the largest number of dependencies between them.
const MOST: usize = 2_000_000;

/// The limit of the work for one lockfile, in addition to one pass over its text. The unit is about one byte that is
/// compared or copied. Without a limit, the time for a lockfile that names the same package many times would grow with
/// the square of its size. The limit is lower in tests.
const MOST_WORK: usize = if cfg!(test) { 1 << 22 } else { 1 << 28 };

/// A lockfile: packages, and the dependencies of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockfile {
    packages: Vec<LockedPackage>,
    /// How many packages have a local source.
    local_count: usize,
    /// The dependencies of each package, at the package's position in `packages`.
    needs: Vec<Vec<Need>>,
    /// The number of all dependencies.
    need_count: usize,
    /// The work so far, in the unit of [`MOST_WORK`].
    work: usize,
    /// Settings in the lockfile that apply to all packages, by name: the version of the format, overrides, and others
    /// that affect how a tool installs packages.
    settings: BTreeMap<String, String>,
    /// The positions of the repository's own packages, by directory. A directory is relative to the directory of the
    /// lockfile, which is `.`.
    directories: BTreeMap<String, usize>,
    /// The positions of the repository's own packages, by name. Several packages may have the same name.
    names: BTreeMap<String, Vec<usize>>,
}

/// A package that a lockfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name.
    pub name: String,
    /// Its version, for display. Empty for packages of the workspace and for linked directories.
    pub version: String,
    /// A text that distinguishes the package from other packages with the same name. It contains what the lockfile
    /// states about the package, such as its version, source, integrity hash, patch and peer dependencies. For a
    /// package of the workspace, it is `member` and the package's directory or name.
    pub identity: String,
    /// The path of the directory or archive from which the package is installed, or of a patch that is applied to it.
    /// The path is relative to the directory of the lockfile. Packages of the workspace have it only in lockfiles of
    /// npm and of yarn 1, and only if another package depends on them by path.
    pub local: Option<String>,
}

/// A dependency of one package on another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The position of the needed package in [`Lockfile::packages`].
    pub to: usize,
    /// The purpose for which it is needed.
    pub purpose: NeededFor,
    /// For an alias, the name under which the package is installed. For Python, the requirement or the condition of the
    /// dependency, such as `sys_platform == 'win32'`. Otherwise empty.
    pub label: String,
}

/// The purpose for which a package is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededFor {
    /// For the use of the package that needs it.
    Use,
    /// For developing, testing or building the package that needs it.
    Development,
}

impl LockedPackage {
    /// Returns the package's name, or its directory if it has no name.
    #[must_use]
    pub fn called(&self) -> &str {
        if self.name.is_empty() { self.identity.trim_start_matches("member ") } else { &self.name }
    }

    /// Whether the lockfile lists this package only as a dependency of others, and has no entry for it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.identity.starts_with("unknown ")
    }
}

impl Lockfile {
    /// Reads a lockfile. `manifests` are the contents of package.json files, by directory relative to the directory of
    /// the lockfile. Only a yarn.lock needs them. Every yarn.lock needs the package.json in its own directory, since
    /// the `resolutions` there override dependencies. A yarn.lock of yarn 1 also needs the package.json files of all
    /// packages of the workspace, since it does not list their dependencies.
    ///
    /// # Errors
    /// When the lockfile is too large, is a bun.lockb (which is binary), has conflict markers, has an unknown format
    /// version, or is not complete and valid.
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

    /// Whether a yarn.lock is from yarn 1. For such a lockfile, [`read`](Self::read) needs the package.json files of
    /// all packages of the workspace.
    #[must_use]
    pub fn asks_manifests(text: &str) -> bool {
        yarn_classic::is(text)
    }

    /// Returns all packages.
    #[must_use]
    pub fn packages(&self) -> &[LockedPackage] {
        &self.packages
    }

    /// Whether any package has a [local](LockedPackage::local) path: it is installed from a directory or an archive of
    /// the repository, or changed by a patch file of the repository.
    #[must_use]
    pub fn has_local_sources(&self) -> bool {
        self.local_count > 0
    }

    /// Returns the dependencies of the package at a position in [`packages`](Self::packages).
    #[must_use]
    pub fn needs(&self, package: usize) -> &[Need] {
        &self.needs[package]
    }

    /// Returns the settings in the lockfile that apply to all packages, by name.
    #[must_use]
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Returns the position of the repository's own package in a directory; `None` if there is none. The directory is
    /// relative to the directory of the lockfile.
    #[must_use]
    pub fn in_directory(&self, directory: &str) -> Option<usize> {
        self.directories.get(directory).copied()
    }

    /// Returns the positions of the repository's own packages with a name.
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
        self.packages.push(package);
        self.needs.push(Vec::new());
        Ok(self.packages.len() - 1)
    }

    /// Adds one of the repository's own packages, and returns its position.
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

    /// Adds a package that is requested but has no entry in the lockfile, and returns its position. Its identity
    /// differs from the identities of all packages with an entry.
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

    /// Adds to the work so far. Fails if the sum is more than [`MOST_WORK`].
    fn spend(&mut self, work: usize) -> Result<(), LockfileError> {
        self.work = self.work.saturating_add(work);
        if self.work > MOST_WORK { Err(LockfileError::TooLarge) } else { Ok(()) }
    }

    /// Returns the lockfile with the dependencies of each package sorted and without duplicates, so that their order in
    /// the file does not matter.
    fn finished(mut self) -> Self {
        self.local_count = self.packages.iter().filter(|package| package.local.is_some()).count();
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

    /// Returns a dependency on a package whose name is `name` and that is installed as `alias`. The label is `alias`,
    /// or empty if both names are the same.
    fn under(to: usize, purpose: NeededFor, alias: &str, name: &str) -> Self {
        let label = if alias == name { String::new() } else { alias.to_owned() };
        Self { to, purpose, label }
    }
}

/// Returns the name in a descriptor `name@range` of npm, pnpm, yarn or bun: `@x/lib` for `@x/lib@^1.0.0`.
fn name_of(descriptor: &str) -> &str {
    let scope = usize::from(descriptor.starts_with('@'));
    descriptor[scope..].find('@').map_or(descriptor, |at| &descriptor[..scope + at])
}

/// Returns the [identity](LockedPackage::identity) of a Python package: its version, its source, and the hashes of its
/// files, sorted.
fn python_identity(version: &str, source: &BTreeMap<String, Value>, mut hashes: Vec<String>) -> String {
    let source: Vec<String> = source.iter().map(|(key, value)| format!("{key} {value}")).collect();
    hashes.sort_unstable();
    format!("{version} {} {}", source.join(" "), hashes.join(" "))
}

/// Whether a file has the conflict markers that git writes during a merge.
fn has_conflict(text: &str) -> bool {
    text.starts_with("<<<<<<< ") || text.contains("\n<<<<<<< ") || text.contains("\n>>>>>>> ")
}

/// Returns the local path in the requested version of a dependency: `../lib` for `file:../lib`, `link:../lib` and
/// `../lib`. `None` if the request is not for a local path.
fn local_path(wanted: &str) -> Option<&str> {
    let named = wanted.strip_prefix("file:").or_else(|| wanted.strip_prefix("link:"));
    named.or_else(|| (wanted.starts_with("./") || wanted.starts_with("../")).then_some(wanted))
}

/// Returns the path of a directory without empty parts and without `.`: `a/b` for `./a//b/`. The result is `.` if no
/// part is left.
fn tidy(directory: &str) -> String {
    let parts: Vec<&str> = directory.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Joins the directory `from` and a path that is relative to it: `a/c` for `a/b` and `../c`. The result has no `.` and
/// no `..` after a name; it is `.` if no part is left. The result begins with `..` if it is outside of the directory of
/// the lockfile.
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

    /// Returns the lockfile as sorted lines such as `a 1.0.0 -> b 2.0.0`. There is a line for each package with
    /// dependencies, and for each package whose directory is known.
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
