//! Bake files of buildx: the builds of images that they declare, with their contexts and Dockerfiles.

mod bake_value;
mod hcl;
mod json;
mod matrix;

use std::collections::{BTreeMap, BTreeSet};

use bake_value::{Expression, Kind, Variables};
use hcl::{Block, Body, BrokenHcl};

use super::declared_build::Filled;
use super::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, NamedContext, unreadable};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// Whether this is the name of a bake file that buildx finds by itself.
#[must_use]
pub fn is_bake_file(name: &str) -> bool {
    let stem = name.strip_suffix(".hcl").or_else(|| name.strip_suffix(".json"));
    stem.is_some_and(|stem| ["docker-bake", "docker-bake.override"].contains(&stem))
}

/// Returns the builds of a bake file, in the order of the file. Paths are relative to `directory`, the directory in
/// which bake is called. Variables have their default values. A target that is in no group is left out if others
/// inherit from it, or if its name begins with `_`.
///
/// # Errors
/// When the file is not HCL, or, if its name ends with `.json`, not JSON.
pub fn bake_builds(file: &SourceFile, directory: &RepoDir) -> Result<Vec<DeclaredBuild>, Diagnostic> {
    let body = if file.name().ends_with(".json") {
        json::read(file)?
    } else {
        let broken = |BrokenHcl(at)| unreadable(file, at, "this is not what HCL has here");
        hcl::read(file.text()).map_err(broken)?
    };
    let bake = Bake::of(file, directory, &body);
    Ok(bake.targets.iter().filter(|target| !bake.is_abstract(target)).flat_map(|target| bake.builds(target)).collect())
}

/// The contents of a bake file.
struct Bake<'f> {
    file: &'f SourceFile,
    directory: &'f RepoDir,
    variables: Variables,
    /// The targets in the order of the file. Two blocks with the same name are two entries, and the later one takes
    /// precedence.
    targets: Vec<&'f Block>,
    inherited: BTreeSet<String>,
    grouped: BTreeSet<String>,
}

/// The blocks that have the attributes of a target: its own block, and the blocks of the targets that it inherits from.
struct Attributes<'f> {
    /// The target's own block first. Earlier blocks take precedence.
    blocks: Vec<&'f Block>,
    is_complete: bool,
}

impl<'f> Bake<'f> {
    fn of(file: &'f SourceFile, directory: &'f RepoDir, body: &'f Body) -> Self {
        let of_kind = |kind: &'static str| body.blocks.iter().filter(move |block| block.kind == kind);
        let mut variables = Variables::new();
        for block in of_kind("variable") {
            let default = attribute(&block.body, "default").and_then(|default| default.text(|_| None));
            variables.extend(default.map(|default| (block.label.clone(), default)));
        }
        let names = |kind: &'static str, key: &'static str| {
            let lists = of_kind(kind).filter_map(move |block| attribute(&block.body, key));
            lists.flat_map(Expression::list).filter_map(|name| name.text(|_| None)).collect()
        };
        Self {
            file,
            directory,
            variables,
            targets: of_kind("target").collect(),
            inherited: names("target", "inherits"),
            grouped: names("group", "targets"),
        }
    }

    fn is_abstract(&self, target: &Block) -> bool {
        let is_inherited = self.inherited.contains(&target.label) || target.label.starts_with('_');
        is_inherited && !self.grouped.contains(&target.label)
    }

    /// Returns the block of a target, followed by the blocks of the targets that it inherits from. Inherited targets
    /// that are later in `inherits` come first.
    fn attributes(&self, target: &'f Block) -> Attributes<'f> {
        let mut found = Attributes { blocks: Vec::new(), is_complete: true };
        let mut seen = BTreeSet::new();
        self.add(target, &mut found, &mut seen);
        found
    }

    fn add(&self, target: &'f Block, found: &mut Attributes<'f>, seen: &mut BTreeSet<&'f str>) {
        if !seen.insert(&target.label) {
            return;
        }
        found.blocks.push(target);
        let Some(inherits) = attribute(&target.body, "inherits") else { return };
        found.is_complete &= matches!(inherits.kind, Kind::List(_));
        for name in inherits.list().iter().rev() {
            let name = name.text(|name| self.variables.get(name).cloned());
            match self.targets.iter().rev().find(|block| name.as_ref() == Some(&block.label)) {
                Some(block) => self.add(block, found, seen),
                None => found.is_complete = false,
            }
        }
    }

    fn builds(&self, target: &'f Block) -> Vec<DeclaredBuild> {
        let attributes = self.attributes(target);
        let rows = match attributes.get("matrix") {
            Some(matrix) => matrix::rows(matrix),
            None => vec![Variables::new()],
        };
        let build = |row: Variables| {
            let mut variables = self.variables.clone();
            variables.extend(row);
            self.build(target, &attributes, &variables)
        };
        rows.into_iter().map(build).collect()
    }

    fn build(&self, target: &Block, attributes: &Attributes<'_>, variables: &Variables) -> DeclaredBuild {
        let filled = |value: &Expression| value.filled(variables, self.file.slice(value.at));
        let text = |key: &str| attributes.get(key).map(filled);
        let context = match text("context") {
            Some(context) => BuildContext::of(self.directory, context),
            // The target may inherit its context from a target that only another file declares.
            None if !attributes.is_complete => BuildContext::Unknown(target.label.clone()),
            None => BuildContext::Directory(self.directory.clone()),
        };
        let dockerfile = match text("dockerfile-inline") {
            Some(Filled::Known(text)) => DockerfileOf::Inline(text),
            _ => context.dockerfile(text("dockerfile")),
        };
        let named = |(name, value): (&String, &Expression)| {
            (name.clone(), NamedContext::of(self.directory, filled(value), "target:"))
        };
        let value = |(name, value): (&String, &Expression)| (name.clone(), value.text(|_| None));
        let likely = |(name, value): (&String, &Expression)| Some((name.clone(), filled(value).known()?));
        let tags = attributes.get("tags").into_iter().flat_map(Expression::list);
        let tag = |tag: &Expression| match filled(tag) {
            Filled::Known(text) | Filled::Unknown(text) => text.trim_matches('"').to_owned(),
        };
        DeclaredBuild {
            name: attributes.name(target, variables),
            at: DeclaredAt {
                file: self.file.clone(),
                span: attributes.get("context").map_or(target.at, |value| value.at),
            },
            context,
            dockerfile,
            target: BuildTarget::of(text("target")),
            arguments: attributes.merged("args").into_iter().map(value).collect(),
            likely: attributes.merged("args").into_iter().filter_map(likely).collect(),
            contexts: attributes.merged("contexts").into_iter().map(named).collect(),
            variables: BTreeSet::new(),
            images: tags.map(tag).collect(),
        }
    }
}

impl<'f> Attributes<'f> {
    fn get(&self, key: &str) -> Option<&'f Expression> {
        let found = self.blocks.iter().find_map(|block| attribute(&block.body, key));
        found.filter(|value| value.kind != Kind::Null)
    }

    /// Returns the entries of the mapping `key`, merged from all blocks.
    fn merged(&self, key: &str) -> BTreeMap<&'f String, &'f Expression> {
        let mut merged = BTreeMap::new();
        for block in self.blocks.iter().rev() {
            let entries = attribute(&block.body, key).into_iter().flat_map(Expression::mapping);
            merged.extend(entries.map(|(name, value)| (name, value)));
        }
        merged
    }

    /// Returns the value of `name`, which differs between the rows of a matrix, or else the label of the target.
    fn name(&self, target: &Block, variables: &Variables) -> String {
        let name = self.get("name").and_then(|name| name.text(|name| variables.get(name).cloned()));
        name.unwrap_or_else(|| target.label.clone())
    }
}

fn attribute<'f>(body: &'f Body, key: &str) -> Option<&'f Expression> {
    body.attributes.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds(name: &str, text: &str) -> Vec<DeclaredBuild> {
        bake_builds(&SourceFile::new(name, text), &RepoDir::root()).unwrap()
    }

    fn shown(build: &DeclaredBuild) -> String {
        format!("{} {:?} {:?} {:?} {}", build.name, build.context, build.dockerfile, build.target, build.at)
    }

    fn dir(path: &str) -> BuildContext {
        BuildContext::Directory(RepoDir::parse(path).unwrap())
    }

    const HCL: &str = r#"
variable "TAG" { default = "dev" }
variable "SECRET" {}
group "default" { targets = ["api", "web"] }
target "_common" {
  args = { A = "1", B = TAG, C = "x" }
  dockerfile = "docker/${TAG}.Dockerfile"
}
target "api" {
  inherits = ["_common"]
  context = "services/api"
  target = "prod"
  args = { A = "2" }
  contexts = { base = "target:web", lib = "./lib", img = "docker-image://alpine" }
  tags = ["acme/api:${TAG}", "acme/api:${SECRET}"]
}
target "web" {}
target "elsewhere" { inherits = ["docker-metadata-action"] }
"#;

    #[test]
    fn targets_inherit_and_fill_in_defaults() {
        let builds = builds("docker-bake.hcl", HCL);
        let [api, web, elsewhere] = &builds[..] else { panic!("{builds:?}") };
        assert_eq!(api.context, dir("services/api"));
        assert_eq!(api.dockerfile, DockerfileOf::File("services/api/docker/dev.Dockerfile".to_owned()));
        assert_eq!(api.target, BuildTarget::Stage("prod".to_owned()));
        let arguments: Vec<_> = api.arguments.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(arguments, [("A", Some("2")), ("B", None), ("C", Some("x"))]);
        assert_eq!(api.contexts["base"], NamedContext::Build("web".to_owned()));
        assert_eq!(api.contexts["lib"], NamedContext::Directory(RepoDir::parse("lib").unwrap()));
        assert_eq!(api.contexts["img"], NamedContext::Image("alpine".to_owned()));
        assert_eq!(api.images, ["acme/api:dev", "acme/api:${SECRET}"]);
        assert_eq!(api.at.to_string(), "docker-bake.hcl:11:13");
        assert_eq!((&web.context, web.at.to_string().as_str()), (&dir("."), "docker-bake.hcl:17:1"));
        assert_eq!(elsewhere.context, BuildContext::Unknown("elsewhere".to_owned()));
    }

    #[test]
    fn a_matrix_makes_a_build_of_each_row() {
        let text = "target \"app\" {\n  name = \"app-${item.name}-${os}\"\n  matrix = {\n    item = [{name = \"a\", dir = \"x\"}, {name = \"b\", dir = \"y\"}]\n    os = [\"l\"]\n  }\n  context = \"./${item.dir}\"\n}\n";
        let builds = builds("docker-bake.hcl", text);
        let shown: Vec<_> = builds.iter().map(|build| (build.name.as_str(), &build.context)).collect();
        assert_eq!(shown, [("app-a-l", &dir("x")), ("app-b-l", &dir("y"))]);
    }

    #[test]
    fn json_says_the_same() {
        let text = r#"{
  "variable": {"TAG": {"default": "dev"}},
  "group": {"default": {"targets": ["api"]}},
  "target": {
    "base": {"dockerfile": "Dockerfile.${TAG}"},
    "api": {"inherits": ["base"], "context": "api", "args": {"N": 1, "T": "${TAG}"}}
  }
}"#;
        let builds = builds("docker-bake.json", text);
        assert_eq!(
            builds.iter().map(shown).collect::<Vec<_>>(),
            [r#"api Directory(RepoDir("api")) File("api/Dockerfile.dev") Last docker-bake.json:6:46"#]
        );
        assert_eq!((builds[0].arguments["N"].as_deref(), builds[0].arguments["T"].as_deref()), (Some("1"), None));
    }

    #[test]
    fn circles_end() {
        let builds = builds(
            "docker-bake.hcl",
            "target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }\ngroup \"g\" { targets = [\"a\"] }\n",
        );
        assert_eq!(builds.len(), 1);
    }

    #[test]
    fn broken_files_say_where() {
        let problem =
            bake_builds(&SourceFile::new("docker-bake.hcl", "target \"a\" {\n  b\n}"), &RepoDir::root()).unwrap_err();
        assert_eq!(problem.labels[0].file.at(problem.labels[0].span), "docker-bake.hcl:2:4");
        assert!(bake_builds(&SourceFile::new("docker-bake.json", "["), &RepoDir::root()).is_err());
    }
}
