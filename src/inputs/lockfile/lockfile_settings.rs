//! Files with settings that apply to all packages of a lockfile. Such a file is in the directory of the lockfile or in
//! a directory above it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::LockfileFormat;
use crate::inputs::source::Ecosystem;
use crate::model::name::RepoDir;

/// A kind of file whose settings affect all packages of a lockfile, such as `.npmrc`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingsFile {
    /// Its path, relative to the directory of the lockfile or to a directory above it, such as `.npmrc` or
    /// `.cargo/config.toml`.
    pub name: &'static str,
    /// The ecosystem whose package managers read the file.
    ecosystem: Ecosystem,
    /// The lockfile formats whose package managers also look for the file in the directories above the lockfile.
    above: &'static [LockfileFormat],
}

/// All kinds of files whose settings affect all packages of a lockfile.
pub static SETTINGS_FILES: [SettingsFile; 19] = {
    use Ecosystem::{Cargo, Npm, Python};
    const fn file(name: &'static str, ecosystem: Ecosystem, above: &'static [LockfileFormat]) -> SettingsFile {
        SettingsFile { name, ecosystem, above }
    }
    [
        file(".cargo/config", Cargo, &[LockfileFormat::Cargo]),
        file(".cargo/config.toml", Cargo, &[LockfileFormat::Cargo]),
        file(".npmrc", Npm, &[LockfileFormat::Yarn]),
        file(".pnpmfile.cjs", Npm, &[]),
        file(".pnpmfile.mjs", Npm, &[]),
        file(".python-version", Python, &[]),
        file(".python-versions", Python, &[]),
        file(".yarnclean", Npm, &[]),
        file(".yarnrc", Npm, &[LockfileFormat::Yarn]),
        file(".yarnrc.yml", Npm, &[LockfileFormat::Yarn]),
        file("Cargo.toml", Cargo, &[]),
        file("bunfig.toml", Npm, &[]),
        file("package.json", Npm, &[]),
        file("package.json5", Npm, &[]),
        file("package.yaml", Npm, &[]),
        file("pnpm-workspace.yaml", Npm, &[]),
        file("poetry.toml", Python, &[]),
        file("pyproject.toml", Python, &[]),
        file("uv.toml", Python, &[LockfileFormat::Uv]),
    ]
};

impl SettingsFile {
    /// Returns the kind of settings file at a path, and the directory to which [`SettingsFile::name`] is relative;
    /// `None` if the path is not the path of a settings file.
    #[must_use]
    pub fn at(path: &str) -> Option<(&'static Self, RepoDir)> {
        SETTINGS_FILES.iter().find_map(|file| {
            let before = path.strip_suffix(file.name)?;
            match before.strip_suffix('/') {
                Some(directory) => RepoDir::parse(directory).ok().map(|directory| (file, directory)),
                None => before.is_empty().then(|| (file, RepoDir::root())),
            }
        })
    }

    /// Returns the directories in which a file of this kind affects a lockfile, the nearest first. The first is the
    /// directory of the lockfile. The directories above it follow if the package managers of the format look there. If
    /// these package managers do not read such files, there are no directories.
    pub fn directories(&self, format: LockfileFormat, lockfile: &RepoDir) -> impl Iterator<Item = RepoDir> + use<> {
        let is_read = self.ecosystem == format.ecosystem();
        let is_read_above = self.above.contains(&format);
        lockfile.and_above().enumerate().filter(move |(up, _)| is_read && (*up == 0 || is_read_above)).map(|(_, at)| at)
    }

    /// Whether a file of this kind in the directory `beside` may affect a lockfile in the directory `lockfile`,
    /// whatever the lockfile's format. [`SettingsFile::name`] is relative to `beside`.
    #[must_use]
    pub fn may_matter(&self, beside: &RepoDir, lockfile: &RepoDir) -> bool {
        beside == lockfile || !self.above.is_empty() && beside.holds(lockfile)
    }
}

/// The keys of a package.json that apply to all packages of its workspace.
const OF_PACKAGE_JSON: [&str; 9] = [
    "dependenciesMeta",
    "devEngines",
    "engines",
    "overrides",
    "packageManager",
    "patchedDependencies",
    "pnpm",
    "resolutions",
    "trustedDependencies",
];

/// Returns the settings in a file that affect all packages of a lockfile of this format. Each key begins with `called`,
/// the file's display name. If rebake does not read the settings in such a file, or cannot parse it, the only key is
/// `called`, and its value is `id`, the id of the content.
#[must_use]
pub fn shared_settings(
    format: LockfileFormat,
    file: &SettingsFile,
    called: &str,
    content: &[u8],
    id: &str,
) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(content);
    let selected = match file.name {
        "package.json" => package_json(&text),
        "pnpm-workspace.yaml" if format == LockfileFormat::Pnpm => pnpm_workspace(&text),
        "pnpm-workspace.yaml" => Some(Vec::new()),
        "Cargo.toml" => cargo_toml(&text),
        "pyproject.toml" => pyproject(&text),
        _ => None,
    };
    match selected {
        Some(selected) => {
            selected.into_iter().map(|(key, value)| (format!("{called}: {key}"), value.to_string())).collect()
        }
        None => BTreeMap::from([(called.to_owned(), id.to_owned())]),
    }
}

/// The selected keys of a file and their values. `None` if the file is not parsed. Then every change of the file
/// matters.
type Selected = Option<Vec<(String, Value)>>;

fn package_json(text: &str) -> Selected {
    let keys: BTreeMap<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(keys.into_iter().filter(|(key, _)| OF_PACKAGE_JSON.contains(&key.as_str())).collect())
}

fn pnpm_workspace(text: &str) -> Selected {
    let keys: Option<BTreeMap<String, Value>> = serde_yaml::from_str(text).ok()?;
    let is_of_some = |key: &str| matches!(key, "packages" | "catalog" | "catalogs");
    Some(keys.unwrap_or_default().into_iter().filter(|(key, _)| !is_of_some(key)).collect())
}

fn cargo_toml(text: &str) -> Selected {
    let mut keys: BTreeMap<String, Value> = toml::from_str(text).ok()?;
    let mut selected: Vec<(String, Value)> = Vec::new();
    for key in ["cargo-features", "patch", "profile", "replace"] {
        selected.extend(keys.remove(key).map(|value| (key.to_owned(), value)));
    }
    // Without `resolver`, the edition decides which resolver Cargo uses.
    for key in ["edition", "resolver"] {
        let value = keys.get("package").and_then(|package| package.get(key));
        selected.extend(value.map(|value| (format!("package.{key}"), value.clone())));
    }
    if let Some(Value::Object(workspace)) = keys.remove("workspace") {
        for (key, mut value) in workspace {
            match key.as_str() {
                "members" | "exclude" | "default-members" | "metadata" | "lints" => continue,
                "dependencies" => without_versions(&mut value),
                _ => {}
            }
            selected.push((format!("workspace.{key}"), value));
        }
    }
    Some(selected)
}

/// Removes the requested versions from the `dependencies` of a Cargo workspace, since the lockfile has the resolved
/// versions. Removes entries that have nothing but a version.
fn without_versions(dependencies: &mut Value) {
    let Value::Object(dependencies) = dependencies else { return };
    dependencies.retain(|_, dependency| {
        if let Value::Object(dependency) = dependency {
            dependency.remove("version");
        }
        dependency.as_object().is_some_and(|rest| !rest.is_empty())
    });
}

fn pyproject(text: &str) -> Selected {
    let keys: BTreeMap<String, Value> = toml::from_str(text).ok()?;
    let of = |tool: &str| {
        keys.get("tool").and_then(|tools| tools.get(tool)).and_then(Value::as_object).into_iter().flatten()
    };
    let is_of_one = |key: &str| matches!(key, "workspace" | "sources" | "dev-dependencies" | "package");
    let uv = of("uv").filter(|(key, _)| !is_of_one(key)).map(|(key, value)| (format!("tool.uv.{key}"), value.clone()));
    // The other keys of poetry describe the project, and the lockfile shows their effect.
    let is_of_all = |key: &str| matches!(key, "build-constraints" | "requires-plugins" | "requires-poetry" | "source");
    let poetry = of("poetry").filter(|(key, _)| is_of_all(key));
    Some(uv.chain(poetry.map(|(key, value)| (format!("tool.poetry.{key}"), value.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(format: LockfileFormat, file_name: &str, text: &str) -> BTreeMap<String, String> {
        let (file, _) = SettingsFile::at(file_name).unwrap();
        shared_settings(format, file, file_name, text.as_bytes(), "id")
    }

    fn keys(file_name: &str, text: &str) -> Vec<String> {
        settings(LockfileFormat::Pnpm, file_name, text).into_keys().collect()
    }

    #[test]
    fn each_package_manager_has_its_files() {
        let root = RepoDir::root();
        let of = |format: LockfileFormat| -> Vec<&str> {
            let is_read = |file: &&SettingsFile| file.directories(format, &root).next().is_some();
            SETTINGS_FILES.iter().filter(is_read).map(|file| file.name).collect()
        };
        for (format, names) in [
            (
                LockfileFormat::Pnpm,
                &[".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs", "package.json", "pnpm-workspace.yaml"][..],
            ),
            (LockfileFormat::Npm, &[".npmrc", "package.json"]),
            (LockfileFormat::Yarn, &[".npmrc", ".yarnclean", ".yarnrc", ".yarnrc.yml", "package.json"]),
            (LockfileFormat::Bun, &[".npmrc", "bunfig.toml", "package.json"]),
            (LockfileFormat::Cargo, &[".cargo/config", ".cargo/config.toml", "Cargo.toml"]),
            (LockfileFormat::Uv, &[".python-version", "pyproject.toml", "uv.toml"]),
            (LockfileFormat::Poetry, &["poetry.toml", "pyproject.toml"]),
        ] {
            let found = of(format);
            assert!(names.iter().all(|name| found.contains(name)), "{format:?}: {found:?}");
        }
    }

    #[test]
    fn some_files_are_read_above_the_lockfile() {
        let directory = RepoDir::parse("a/b").unwrap();
        let read = |name: &str, format: LockfileFormat| -> Vec<String> {
            let (file, _) = SettingsFile::at(name).unwrap();
            file.directories(format, &directory).map(|at| at.as_str().to_owned()).collect()
        };
        assert_eq!(read(".cargo/config.toml", LockfileFormat::Cargo), ["a/b", "a", "."]);
        assert_eq!(read("uv.toml", LockfileFormat::Uv), ["a/b", "a", "."]);
        assert_eq!(read(".npmrc", LockfileFormat::Yarn), ["a/b", "a", "."]);
        assert_eq!(read(".npmrc", LockfileFormat::Npm), ["a/b"]);
        assert_eq!(read("poetry.toml", LockfileFormat::Poetry), ["a/b"]);
        assert_eq!(read("poetry.toml", LockfileFormat::Cargo), [""; 0]);
    }

    #[test]
    fn a_path_tells_whose_settings_it_holds() {
        let at = |path| SettingsFile::at(path).map(|(file, directory)| (file.name, directory.as_str().to_owned()));
        assert_eq!(at("rs/.cargo/config"), Some((".cargo/config", "rs".to_owned())));
        assert_eq!(at(".npmrc"), Some((".npmrc", ".".to_owned())));
        assert_eq!([at("x.npmrc"), at("config"), at("a/x.cargo/config")], [None, None, None]);
    }

    #[test]
    fn only_what_is_about_all_packages_counts() {
        assert_eq!(
            keys(
                "package.json",
                r#"{"name": "r", "scripts": {}, "dependencies": {}, "pnpm": {}, "packageManager": "x", "devEngines": {"packageManager": {}}}"#
            ),
            ["package.json: devEngines", "package.json: packageManager", "package.json: pnpm"]
        );
        assert_eq!(
            keys("pnpm-workspace.yaml", "packages: [a]\ncatalog: {a: b}\noverrides: {c: d}\n"),
            ["pnpm-workspace.yaml: overrides"]
        );
        let cargo = "[workspace]\nmembers = ['a']\nresolver = '2'\n[workspace.dependencies]\nx = '1'\n[profile.release]\nlto = true\n[package]\nname = 'r'\nedition = '2021'\nresolver = '2'\n";
        assert_eq!(
            keys("Cargo.toml", cargo),
            [
                "Cargo.toml: package.edition",
                "Cargo.toml: package.resolver",
                "Cargo.toml: profile",
                "Cargo.toml: workspace.dependencies",
                "Cargo.toml: workspace.resolver",
            ]
        );
        let same = cargo.replace("x = '1'", "x = { version = '2' }");
        let value = |text: &str| settings(LockfileFormat::Cargo, "Cargo.toml", text);
        assert_eq!(value(cargo), value(&same));
        assert_ne!(value(cargo), value(&cargo.replace("x = '1'", "x = { version = '1', features = ['y'] }")));
        assert_eq!(
            keys("pyproject.toml", "[project]\nname = 'a'\n[tool.uv]\nresolution = 'lowest'\nworkspace = {}\n"),
            ["pyproject.toml: tool.uv.resolution"]
        );
        assert_eq!(
            keys("pyproject.toml", "[tool.poetry]\nname = 'a'\n[[tool.poetry.source]]\nname = 'b'\n"),
            ["pyproject.toml: tool.poetry.source"]
        );
        assert_eq!(keys(".npmrc", "a=b"), [".npmrc"]);
        assert_eq!(keys("package.json", "{"), ["package.json"]);
    }
}
