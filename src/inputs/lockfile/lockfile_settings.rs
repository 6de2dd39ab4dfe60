//! Settings beside a lockfile that apply to all packages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::LockfileFormat;
use crate::inputs::source::Ecosystem;

/// The files beside a lockfile that may affect all packages.
pub const SETTINGS_FILES: [(&str, Ecosystem); 13] = [
    (".cargo/config", Ecosystem::Cargo),
    (".cargo/config.toml", Ecosystem::Cargo),
    (".npmrc", Ecosystem::Npm),
    (".pnpmfile.cjs", Ecosystem::Npm),
    (".pnpmfile.mjs", Ecosystem::Npm),
    (".yarnrc", Ecosystem::Npm),
    (".yarnrc.yml", Ecosystem::Npm),
    ("Cargo.toml", Ecosystem::Cargo),
    ("bunfig.toml", Ecosystem::Npm),
    ("package.json", Ecosystem::Npm),
    ("pnpm-workspace.yaml", Ecosystem::Npm),
    ("pyproject.toml", Ecosystem::Python),
    ("uv.toml", Ecosystem::Python),
];

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

/// Returns what a file beside a lockfile of a format says of all packages, by its keys; for a file that is settings alone,
/// the id of its content.
#[must_use]
pub fn shared_settings(format: LockfileFormat, file_name: &str, content: &[u8], id: &str) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(content);
    let told = match file_name {
        "package.json" => package_json(&text),
        "pnpm-workspace.yaml" if format == LockfileFormat::Pnpm => pnpm_workspace(&text),
        "pnpm-workspace.yaml" => Some(Vec::new()),
        "Cargo.toml" => cargo_toml(&text),
        "pyproject.toml" => pyproject(&text),
        _ => None,
    };
    match told {
        Some(told) => told.into_iter().map(|(key, value)| (format!("{file_name}: {key}"), value.to_string())).collect(),
        None => BTreeMap::from([(file_name.to_owned(), id.to_owned())]),
    }
}

/// Keys and their values; `None` if the file cannot be read.
type Told = Option<Vec<(String, Value)>>;

fn package_json(text: &str) -> Told {
    let keys: BTreeMap<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(keys.into_iter().filter(|(key, _)| OF_PACKAGE_JSON.contains(&key.as_str())).collect())
}

fn pnpm_workspace(text: &str) -> Told {
    let keys: Option<BTreeMap<String, Value>> = serde_yaml::from_str(text).ok()?;
    let is_of_some = |key: &str| matches!(key, "packages" | "catalog" | "catalogs");
    Some(keys.unwrap_or_default().into_iter().filter(|(key, _)| !is_of_some(key)).collect())
}

fn cargo_toml(text: &str) -> Told {
    let mut keys: BTreeMap<String, Value> = toml::from_str(text).ok()?;
    let mut told: Vec<(String, Value)> = Vec::new();
    for key in ["cargo-features", "patch", "profile", "replace"] {
        told.extend(keys.remove(key).map(|value| (key.to_owned(), value)));
    }
    // The edition chooses the resolver where nothing else does.
    for key in ["edition", "resolver"] {
        let value = keys.get("package").and_then(|package| package.get(key));
        told.extend(value.map(|value| (format!("package.{key}"), value.clone())));
    }
    if let Some(Value::Object(workspace)) = keys.remove("workspace") {
        for (key, mut value) in workspace {
            match key.as_str() {
                "members" | "exclude" | "default-members" | "metadata" | "lints" => continue,
                "dependencies" => without_versions(&mut value),
                _ => {}
            }
            told.push((format!("workspace.{key}"), value));
        }
    }
    Some(told)
}

/// Removes the versions that the packages of a workspace ask for, since the lockfile says which they get.
fn without_versions(dependencies: &mut Value) {
    let Value::Object(dependencies) = dependencies else { return };
    dependencies.retain(|_, dependency| {
        if let Value::Object(dependency) = dependency {
            dependency.remove("version");
        }
        dependency.as_object().is_some_and(|rest| !rest.is_empty())
    });
}

fn pyproject(text: &str) -> Told {
    let keys: BTreeMap<String, Value> = toml::from_str(text).ok()?;
    let uv = keys.get("tool").and_then(|tool| tool.get("uv")).and_then(Value::as_object);
    let is_of_one = |key: &str| matches!(key, "workspace" | "sources" | "dev-dependencies" | "package");
    let told = uv.into_iter().flatten().filter(|(key, _)| !is_of_one(key));
    Some(told.map(|(key, value)| (format!("tool.uv.{key}"), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(file_name: &str, text: &str) -> Vec<String> {
        shared_settings(LockfileFormat::Pnpm, file_name, text.as_bytes(), "id").into_keys().collect()
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
        let value = |text: &str| shared_settings(LockfileFormat::Cargo, "Cargo.toml", text.as_bytes(), "");
        assert_eq!(value(cargo), value(&same));
        assert_ne!(value(cargo), value(&cargo.replace("x = '1'", "x = { version = '1', features = ['y'] }")));
        assert_eq!(
            keys("pyproject.toml", "[project]\nname = 'a'\n[tool.uv]\nresolution = 'lowest'\nworkspace = {}\n"),
            ["pyproject.toml: tool.uv.resolution"]
        );
        assert_eq!(keys(".npmrc", "a=b"), [".npmrc"]);
        assert_eq!(keys("package.json", "{"), ["package.json"]);
    }
}
