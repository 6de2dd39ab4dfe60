//! package.json, as npm, pnpm, yarn and bun read it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{DeclaredAt, unreadable};
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// A package.json: the package, its workspace and its dependencies. Values with an unexpected type are ignored, as
/// package managers ignore them.
#[derive(Debug, Clone)]
pub struct PackageJson {
    /// The place of its name, or the start of the file if it has no name.
    pub at: DeclaredAt,
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The patterns of the workspace's packages, if it is the root of a workspace.
    pub workspaces: Option<Vec<String>>,
    /// Its dependencies, for every purpose.
    pub dependencies: Vec<PackageDependency>,
    /// The keys of `resolutions`, with which yarn overrides the versions that packages request.
    pub resolutions: Vec<String>,
}

/// A dependency of a package.
#[derive(Debug, Clone)]
pub struct PackageDependency {
    /// Its name in the package.json.
    pub name: String,
    /// The requested version or source: a range of versions, `workspace:*`, `file:../lib`.
    pub wanted: String,
    /// The list that contains it.
    pub list: NeedList,
    /// Its place.
    pub at: DeclaredAt,
}

/// A list of dependencies in a package.json.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedList {
    /// `dependencies`.
    Dependencies,
    /// `devDependencies`.
    Development,
    /// `optionalDependencies`.
    Optional,
    /// `peerDependencies`.
    Peer,
}

/// The keys under which a package.json lists its dependencies.
const NEEDS: [(&str, NeedList); 4] = [
    ("dependencies", NeedList::Dependencies),
    ("devDependencies", NeedList::Development),
    ("optionalDependencies", NeedList::Optional),
    ("peerDependencies", NeedList::Peer),
];

/// The value of `workspaces`: a list of patterns, or a mapping with such a list at `packages`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Workspaces {
    List(Vec<String>),
    Map {
        #[serde(default)]
        packages: Vec<String>,
    },
}

impl PackageJson {
    /// Reads a package.json.
    ///
    /// # Errors
    /// When it is not a JSON object.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let text = file.text().trim_start_matches('\u{feff}');
        let skipped = file.text().len() - text.len();
        let keys: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| {
            let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
            let start = skipped + lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            unreadable(file, Span { start, end: start }, error)
        })?;
        // A value is borrowed from the text, so the difference of the addresses is its offset.
        let at = |value: &RawValue| {
            let start = skipped + value.get().as_ptr().addr() - text.as_ptr().addr();
            DeclaredAt { file: file.clone(), span: Span { start, end: start + value.get().len() } }
        };
        let word = |key: &str| -> Option<String> { serde_json::from_str(keys.get(key)?.get()).ok() };
        let mut dependencies = Vec::new();
        for (key, list) in NEEDS {
            let Some(listed) = keys.get(key) else { continue };
            let Ok(listed) = serde_json::from_str::<BTreeMap<String, &RawValue>>(listed.get()) else { continue };
            dependencies.extend(listed.into_iter().filter_map(|(name, value)| {
                Some(PackageDependency { name, wanted: serde_json::from_str(value.get()).ok()?, list, at: at(value) })
            }));
        }
        dependencies.sort_by_key(|dependency| dependency.at.span);
        let workspaces = keys.get("workspaces").and_then(|value| serde_json::from_str(value.get()).ok());
        Ok(Self {
            at: keys.get("name").map_or_else(|| DeclaredAt::start_of(file), |name| at(name)),
            name: word("name").filter(|name| !name.is_empty()),
            version: word("version"),
            workspaces: workspaces.map(|workspaces| match workspaces {
                Workspaces::List(patterns) | Workspaces::Map { packages: patterns } => patterns,
            }),
            dependencies,
            resolutions: keys
                .get("resolutions")
                .and_then(|value| serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()).ok())
                .map(|listed| listed.into_keys().collect())
                .unwrap_or_default(),
        })
    }

    /// Returns the names of the packages whose versions `resolutions` may override. A key such as `a/**/b` overrides
    /// only `b`, but may have a path and ranges, so the result has every part of the key that may be a name: `a`, `**`
    /// and `b`.
    #[must_use]
    pub fn resolved_names(&self) -> BTreeSet<&str> {
        let of_key = |key: &'_ str| -> Vec<(usize, usize)> {
            let starts = std::iter::once(0).chain(key.match_indices('/').map(|(at, _)| at + 1));
            let name = |start: usize| {
                let rest = &key[start..];
                let scope = if rest.starts_with('@') { rest.find('/').map_or(1, |slash| slash + 1) } else { 0 };
                let end = rest[scope..].find(['@', '/']).map_or(rest.len(), |at| scope + at);
                (start, start + end)
            };
            starts.map(name).collect()
        };
        self.resolutions.iter().flat_map(|key| of_key(key).into_iter().map(|(start, end)| &key[start..end])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PackageJson, Diagnostic> {
        PackageJson::read(&SourceFile::new("a/package.json", text))
    }

    #[test]
    fn what_it_needs_has_a_place() {
        let text = "\u{feff}{\n  \"name\": \"@acme/a\",\n  \"devDependencies\": {\n    \"b\": \"workspace:*\",\n    \"x\": 1\n  },\n  \
                    \"dependencies\": {\"c\\u0064\": \"^1\"}\n}";
        let package = read(text).unwrap();
        assert_eq!(
            (package.name.as_deref(), package.at.to_string().as_str()),
            (Some("@acme/a"), "a/package.json:2:11")
        );
        let found: Vec<String> =
            package.dependencies.iter().map(|need| format!("{} {} {}", need.name, need.wanted, need.at)).collect();
        assert_eq!(found, ["b workspace:* a/package.json:4:10", "cd ^1 a/package.json:7:31"]);
    }

    #[test]
    fn workspaces_have_two_shapes() {
        let of = |text: &str| read(text).unwrap().workspaces;
        assert_eq!(of(r#"{"workspaces": ["a/*"]}"#), Some(vec!["a/*".to_owned()]));
        assert_eq!(of(r#"{"workspaces": {"packages": ["a"], "nohoist": []}}"#), Some(vec!["a".to_owned()]));
        assert_eq!(of(r#"{"workspaces": 1}"#), None);
        assert_eq!(of("{}"), None);
    }

    #[test]
    fn resolutions_are_about_names() {
        let of = |key: &str| {
            let package = read(&format!("{{\"resolutions\": {{\"{key}\": \"1\"}}}}")).unwrap();
            package.resolved_names().into_iter().map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        for (key, names) in [
            ("b", "b"),
            ("@s/b", "@s/b b"),
            ("a/**/@s/b", "** @s/b a b"),
            ("a@npm:^1/b@npm:^1", "a b"),
            ("b@https://x/y", " b x y"),
            ("@", "@"),
            ("/", ""),
        ] {
            assert_eq!(of(key), names, "{key}");
        }
        assert!(read("{\"resolutions\": [1]}").unwrap().resolved_names().is_empty());
    }

    #[test]
    fn what_is_no_json_says_where() {
        let problem = read("{\n  \"name\": oops\n}").unwrap_err();
        assert_eq!(problem.labels[0].file.at(problem.labels[0].span), "a/package.json:2:11");
        assert!(read("[]").is_err());
    }
}
