//! Python: pyproject.toml as uv and poetry read it.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_place::{parse, span, table, text, texts};
use crate::model::diagnostic::{Diagnostic, Located, SourceFile};

/// A pyproject.toml: the package, its dependencies and its workspace.
///
/// Names of packages are in their normal form: lower case, with `-` for each run of `-`, `_` and `.`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PyProject {
    /// The name of the package.
    pub name: Option<Located<String>>,
    /// Its dependencies for installation, build, development and tests, including optional groups.
    pub dependencies: Vec<Located<String>>,
    /// The sources in the repository from which uv and poetry take packages, by the name of the package. A package that
    /// uv takes from elsewhere, such as from a git repository, has an empty list.
    pub sources: BTreeMap<String, Vec<Located<PySource>>>,
    /// The uv workspace, if this file is its root.
    pub workspace: Option<PyWorkspace>,
}

/// A uv workspace: packages that uv resolves together. The packages are in the directory of this pyproject.toml and
/// below it. The package in that directory is always one of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PyWorkspace {
    /// Patterns of the members' directories.
    pub members: Vec<Located<String>>,
    /// Patterns of directories that are not members.
    pub exclude: Vec<Located<String>>,
}

/// The source of a package within the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PySource {
    /// A member of the workspace.
    Workspace,
    /// A file or a directory: relative to the directory of the pyproject.toml, or absolute.
    Path(String),
}

impl PyProject {
    /// Reads a pyproject.toml.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let root = parse(file)?;
        let mut project = Self::default();
        project.add_standard(&root);
        if let Some(uv) = table(&root, &["tool", "uv"]) {
            project.add_uv(uv);
        }
        if let Some(poetry) = table(&root, &["tool", "poetry"]) {
            project.add_poetry(poetry);
        }
        Ok(project)
    }

    fn add_standard(&mut self, root: &DeTable<'_>) {
        if let Some(project) = table(root, &["project"]) {
            self.name = project.get("name").and_then(text).map(normal);
            self.add_requirements(project.get("dependencies"));
            self.add_groups(project.get("optional-dependencies"));
        }
        self.add_groups(root.get("dependency-groups"));
        self.add_requirements(table(root, &["build-system"]).and_then(|build| build.get("requires")));
    }

    fn add_uv(&mut self, uv: &DeTable<'_>) {
        self.add_requirements(uv.get("dev-dependencies"));
        self.add_groups(uv.get("extra-build-dependencies"));
        for (name, value) in table(uv, &["sources"]).into_iter().flatten() {
            for source in alternatives(value) {
                let is_member = source.get("workspace").is_some_and(|value| value.get_ref().as_bool() == Some(true));
                let path = source.get("path").and_then(text).map(|path| path.map(PySource::Path));
                let found = path.or_else(|| is_member.then(|| Located::new(PySource::Workspace, span(name))));
                self.sources.entry(normal_name(name.get_ref())).or_default().extend(found);
            }
        }
        self.workspace = table(uv, &["workspace"]).map(|workspace| PyWorkspace {
            members: texts(workspace.get("members")),
            exclude: texts(workspace.get("exclude")),
        });
    }

    fn add_poetry(&mut self, poetry: &DeTable<'_>) {
        let name = || poetry.get("name").and_then(text).map(normal);
        self.name = self.name.take().or_else(name);
        let groups = table(poetry, &["group"]).into_iter().flat_map(|groups| groups.values());
        let of_groups = groups.filter_map(|group| group.get_ref().as_table()?.get("dependencies"));
        for dependencies in
            [poetry.get("dependencies"), poetry.get("dev-dependencies")].into_iter().flatten().chain(of_groups)
        {
            for (name, value) in dependencies.get_ref().as_table().into_iter().flatten() {
                let key = normal_name(name.get_ref());
                if key == "python" {
                    continue;
                }
                self.dependencies.push(Located::new(key.clone(), span(name)));
                let paths = alternatives(value).filter_map(|source| source.get("path").and_then(text));
                let mut paths = paths.map(|path| path.map(PySource::Path)).peekable();
                if paths.peek().is_some() {
                    self.sources.entry(key).or_default().extend(paths);
                }
            }
        }
    }

    /// Adds the requirements in a table of lists, such as the extras or the dependency groups of a package.
    fn add_groups(&mut self, groups: Option<&Spanned<DeValue<'_>>>) {
        for (_, requirements) in groups.and_then(|groups| groups.get_ref().as_table()).into_iter().flatten() {
            self.add_requirements(Some(requirements));
        }
    }

    /// Adds requirements such as `requests[socks] >= 2; python_version < "3.12"` or `lib @ file:../lib`.
    fn add_requirements(&mut self, list: Option<&Spanned<DeValue<'_>>>) {
        for requirement in texts(list) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let text = requirement.value.trim_start();
            let (name, rest) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
            if name.is_empty() {
                continue;
            }
            let name = normal_name(name);
            if let Some(path) = local_path(rest) {
                let path =
                    Located { value: PySource::Path(path), used: requirement.used, defined: requirement.defined };
                self.sources.entry(name.clone()).or_default().push(path);
            }
            self.dependencies.push(requirement.map(|_| name));
        }
    }
}

/// Returns the source tables in the value of a package: the value itself, or the items of a list of tables with
/// markers.
fn alternatives<'v, 't>(value: &'v Spanned<DeValue<'t>>) -> impl Iterator<Item = &'v DeTable<'t>> {
    let one = value.get_ref().as_table();
    let list = value.get_ref().as_array().into_iter().flatten().filter_map(|value| value.get_ref().as_table());
    one.into_iter().chain(list)
}

/// Returns the local path in a requirement such as `lib @ file:../lib`; `None` if there is no local path. `rest` is the
/// text after the name.
fn local_path(rest: &str) -> Option<String> {
    let reference = rest.split_once('@')?.1.split([' ', ';']).find(|word| !word.is_empty())?;
    // Hatch and pdm write the directory of the pyproject.toml in these ways.
    let below_root = ["{root:uri}", "file:///${PROJECT_ROOT}", "file://${PROJECT_ROOT}"];
    if let Some(path) = below_root.iter().find_map(|root| reference.strip_prefix(root)) {
        return Some(path.trim_start_matches('/').to_owned());
    }
    let path = reference.strip_prefix("file:")?;
    Some(path.strip_prefix("//").unwrap_or(path).to_owned())
}

fn normal(name: Located<String>) -> Located<String> {
    name.map(|name| normal_name(&name))
}

/// Returns the normal form of a package's name: `my-lib` for `My_.lib`.
fn normal_name(name: &str) -> String {
    let parts: Vec<&str> = name.trim().split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::Span;

    fn read(text: &str) -> PyProject {
        PyProject::read(&SourceFile::new("pyproject.toml", text)).unwrap()
    }

    fn names(project: &PyProject) -> Vec<&str> {
        project.dependencies.iter().map(|name| name.value.as_str()).collect()
    }

    fn path(path: &str) -> PySource {
        PySource::Path(path.to_owned())
    }

    fn source_of(project: &PyProject, name: &str) -> Vec<PySource> {
        project.sources[name].iter().map(|source| source.value.clone()).collect()
    }

    #[test]
    fn requirements_of_every_group_are_read() {
        let project = read(
            r#"
            [project]
            name = "My_App.core"
            dependencies = ["requests[socks]>=2 ; python_version < '3'", "lib @ file:../lib", "hatched @ {root:uri}/../h ; x"]
            [project.optional-dependencies]
            extra = ["Extra.Lib"]
            [dependency-groups]
            dev = ["pytest", {include-group = "lint"}]
            lint = ["ruff"]
            [build-system]
            requires = ["hatchling", "pdm-lib @ file:///${PROJECT_ROOT}/../p", "net @ https://example.com/net.whl"]
            "#,
        );
        assert_eq!(project.name.as_ref().unwrap().value, "my-app-core");
        assert_eq!(
            names(&project),
            ["requests", "lib", "hatched", "extra-lib", "pytest", "ruff", "hatchling", "pdm-lib", "net"]
        );
        assert_eq!(source_of(&project, "lib"), [path("../lib")]);
        assert_eq!(source_of(&project, "hatched"), [path("../h")]);
        assert_eq!(source_of(&project, "pdm-lib"), [path("../p")]);
        assert_eq!(project.sources.len(), 3);
    }

    #[test]
    fn sources_and_workspaces_of_uv_are_read_with_their_places() {
        let text = r#"
            [tool.uv]
            dev-dependencies = ["tester"]
            [tool.uv.sources]
            member = { workspace = true }
            Near = { path = "../near", editable = true }
            either = [{ path = "../a", marker = "x" }, { index = "pypi", marker = "y" }]
            far = { git = "https://example.com/far" }
            [tool.uv.workspace]
            members = ["packages/*", "apps/**"]
            exclude = ["packages/old"]
            "#;
        let project = read(text);
        assert_eq!(names(&project), ["tester"]);
        assert_eq!(source_of(&project, "member"), [PySource::Workspace]);
        assert_eq!(source_of(&project, "near"), [path("../near")]);
        assert_eq!(source_of(&project, "either"), [path("../a")]);
        assert_eq!(source_of(&project, "far"), []);
        let Span { start, end } = project.sources["near"][0].defined;
        assert_eq!(&text[start..end], "\"../near\"");
        let workspace = project.workspace.unwrap();
        assert_eq!((workspace.members.len(), workspace.exclude[0].value.as_str()), (2, "packages/old"));
    }

    #[test]
    fn dependencies_of_poetry_are_read() {
        let project = read(
            r#"
            [tool.poetry]
            name = "app"
            [tool.poetry.dependencies]
            python = "^3.11"
            flask = "^3"
            lib = { path = "../lib", develop = true }
            many = [{ path = "../a", python = "<3.12" }, { version = "1" }]
            [tool.poetry.dev-dependencies]
            old-dev = "*"
            [tool.poetry.group.test.dependencies]
            helper = { path = "../helper" }
            "#,
        );
        assert_eq!(project.name.as_ref().unwrap().value, "app");
        assert_eq!(names(&project), ["flask", "lib", "many", "old-dev", "helper"]);
        assert_eq!(source_of(&project, "lib"), [path("../lib")]);
        assert_eq!(source_of(&project, "many"), [path("../a")]);
        assert_eq!(source_of(&project, "helper"), [path("../helper")]);
        assert_eq!(project.sources.len(), 3);
    }

    #[test]
    fn an_unreadable_file_says_where() {
        let problem = PyProject::read(&SourceFile::new("a/pyproject.toml", "[project]\nname = \n")).unwrap_err();
        let place = &problem.labels[0];
        assert_eq!(place.file.at(place.span), "a/pyproject.toml:2:8");
        assert_eq!(read("project = 1\n[tool]\nuv = []\npoetry = {group = 1}\n"), PyProject::default());
    }
}
