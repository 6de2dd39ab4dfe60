//! Cargo.toml.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_place::{span, table, text, texts};
use super::{DeclaredAt, unreadable};
use crate::model::diagnostic::{Diagnostic, Located, SourceFile, Span};

/// A Cargo.toml: its package and its workspace.
#[derive(Debug, Clone)]
pub struct CargoToml {
    /// The name of its package, if it has one.
    pub name: Option<Located<String>>,
    /// The directory of the workspace's root, if the package names it (`package.workspace`).
    pub workspace_root: Option<String>,
    /// Its `[workspace]`, if the file is the root of a workspace.
    pub workspace: Option<CargoWorkspace>,
    /// The dependencies of the package, for every purpose and target.
    pub dependencies: Vec<CargoDependency>,
    /// The paths of source files that it names: of its build script, library, programs, examples, tests and benchmarks.
    pub sources: Vec<Located<String>>,
    /// The entries of `[patch]` that replace a crate by a directory. Cargo only uses those in the root of a workspace.
    pub patches: Vec<CargoDependency>,
}

/// The packages that share a Cargo.lock.
#[derive(Debug, Clone, Default)]
pub struct CargoWorkspace {
    /// Patterns of the members' directories.
    pub members: Vec<Located<String>>,
    /// Directories that are not members.
    pub exclude: Vec<Located<String>>,
    /// The dependencies that members inherit with `workspace = true`.
    pub dependencies: Vec<CargoDependency>,
}

/// A dependency on a crate.
#[derive(Debug, Clone)]
pub struct CargoDependency {
    /// The name of the crate. It is the value of `package` if the entry renames the crate, or else the key of the
    /// entry.
    pub name: String,
    /// The key of the entry.
    pub key: String,
    /// The source of the crate.
    pub from: CrateSource,
    /// The place of the entry.
    pub at: Span,
}

/// The source of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A directory, relative to the directory of the manifest.
    Path(String),
    /// The entry with the same key in the root of the workspace.
    Workspace,
    /// A registry, or another repository.
    Elsewhere,
}

/// The names of the tables of dependencies. Cargo still reads the old names with `_`.
const NEEDS: [&str; 5] =
    ["dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"];

/// The names of the lists of build targets. Each target may have a `path`.
const TARGETS: [&str; 4] = ["bin", "example", "test", "bench"];

impl CargoToml {
    /// Reads a Cargo.toml.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let root = DeTable::parse(file.text()).map_err(|error| {
            let at = error.span().map_or_else(Span::default, |range| Span { start: range.start, end: range.end });
            unreadable(file, at, error.message())
        })?;
        let root = root.get_ref();
        let package = table(root, &["package"]).or_else(|| table(root, &["project"]));
        let mut dependencies: Vec<CargoDependency> = NEEDS.iter().flat_map(|key| listed(root, key)).collect();
        for (_, target) in table(root, &["target"]).into_iter().flatten() {
            let Some(target) = target.get_ref().as_table() else { continue };
            dependencies.extend(NEEDS.iter().flat_map(|key| listed(target, key)));
        }
        let mut sources: Vec<Located<String>> = Vec::new();
        sources.extend(package.and_then(|package| package.get("build")).and_then(text));
        sources.extend(table(root, &["lib"]).and_then(|lib| lib.get("path")).and_then(text));
        for key in TARGETS {
            let list = root.get(key).and_then(|value| value.get_ref().as_array()).into_iter().flatten();
            sources.extend(list.filter_map(|target| text(target.get_ref().as_table()?.get("path")?)));
        }
        let patches = table(root, &["patch"]).into_iter().flatten();
        let patches = patches.filter_map(|(_, crates)| crates.get_ref().as_table()).flatten().map(dependency);
        let workspace = table(root, &["workspace"]);
        Ok(Self {
            name: package.and_then(|package| package.get("name")).and_then(text),
            workspace_root: package.and_then(|package| package.get("workspace")).and_then(text).map(|root| root.value),
            workspace: workspace.map(|workspace| CargoWorkspace {
                members: texts(workspace.get("members")),
                exclude: texts(workspace.get("exclude")),
                dependencies: listed(workspace, "dependencies"),
            }),
            dependencies,
            sources,
            patches: patches.filter(|patch| matches!(patch.from, CrateSource::Path(_))).collect(),
        })
    }

    /// Returns the place in the file where the package is declared: the package's name, or else the start of the file.
    #[must_use]
    pub fn at(&self, file: &SourceFile) -> DeclaredAt {
        let span = self.name.as_ref().map_or_else(Span::default, |name| name.defined);
        DeclaredAt { file: file.clone(), span }
    }
}

/// Returns the dependencies in the table with a key.
fn listed(holder: &DeTable<'_>, key: &str) -> Vec<CargoDependency> {
    table(holder, &[key]).into_iter().flatten().map(dependency).collect()
}

fn dependency((key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)) -> CargoDependency {
    let of = |name: &str| value.get_ref().as_table().and_then(|table| table.get(name));
    let is_shared = of("workspace").is_some_and(|value| value.get_ref().as_bool() == Some(true));
    let from = match of("path").and_then(text) {
        Some(path) => CrateSource::Path(path.value),
        None if is_shared => CrateSource::Workspace,
        None => CrateSource::Elsewhere,
    };
    let key_name = key.get_ref().to_string();
    let name = of("package").and_then(text).map_or_else(|| key_name.clone(), |name| name.value);
    CargoDependency { name, key: key_name, from, at: span(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_needed_is_found() {
        let text = "[package]\nname = 'a'\nbuild = '../build.rs'\n[lib]\npath = 'x.rs'\n[[bin]]\nname = 'b'\npath = 'b.rs'\n\
                    [dependencies]\nx = '1'\ny = { path = '../y' }\nz.workspace = true\n\
                    [target.'cfg(unix)'.dev-dependencies]\nw = { package = 'other', path = '../w' }\n\
                    [workspace]\nmembers = ['m/*']\nexclude = ['e']\ndependencies.z = { path = 'z' }\n\
                    [patch.crates-io]\np = { path = 'p' }\nq = { git = 'https://x' }\n";
        let file = SourceFile::new("Cargo.toml", text);
        let read = CargoToml::read(&file).unwrap();
        let shown = |list: &[CargoDependency]| -> Vec<String> {
            list.iter().map(|need| format!("{} {} {:?}", need.name, file.slice(need.at), need.from)).collect()
        };
        assert_eq!(read.at(&file).to_string(), "Cargo.toml:2:8");
        assert_eq!(
            shown(&read.dependencies),
            ["x x Elsewhere", "y y Path(\"../y\")", "z z Workspace", "other w Path(\"../w\")"]
        );
        let workspace = read.workspace.unwrap();
        assert_eq!((workspace.members[0].value.as_str(), workspace.exclude[0].value.as_str()), ("m/*", "e"));
        assert_eq!(shown(&workspace.dependencies), ["z z Path(\"z\")"]);
        assert_eq!(shown(&read.patches), ["p p Path(\"p\")"]);
        let sources: Vec<&str> = read.sources.iter().map(|source| source.value.as_str()).collect();
        assert_eq!(sources, ["../build.rs", "x.rs", "b.rs"]);
        assert!(CargoToml::read(&SourceFile::new("Cargo.toml", "[package")).is_err());
    }
}
