//! Compose files: the builds of images that they declare, with their contexts and Dockerfiles.

mod env_file;
mod interpolation;
mod settings;

use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_yaml::Value;

use self::interpolation::filled;
use self::settings::Settings;
use super::yaml_place::{self, YamlPlaces};
use super::{DeclaredAt, DeclaredBuild, SourceTree, scalar};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// The parts of a compose file that are read. `depends_on` is not one of them, since it orders the start of containers
/// and not their builds.
#[derive(Debug, Default, Deserialize)]
struct ComposeFile {
    #[serde(default)]
    services: IndexMap<String, ComposeService>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ComposeService {
    image: Option<String>,
    build: Option<ComposeBuild>,
    extends: Option<Extends>,
}

/// The service that another one extends.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Extends {
    /// A service of the same file.
    Service(String),
    /// A service of another file, or, without `file`, of the same file.
    Of { service: String, file: Option<String> },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum ComposeBuild {
    Context(String),
    Build(Box<LongBuild>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct LongBuild {
    context: Option<String>,
    dockerfile: Option<String>,
    dockerfile_inline: Option<String>,
    target: Option<String>,
    args: Pairs,
    additional_contexts: Pairs,
    tags: Vec<String>,
}

/// A mapping, or a list of `NAME=VALUE`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Pairs {
    Mapping(IndexMap<String, Value>),
    List(Vec<String>),
}

impl Default for Pairs {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Pairs {
    /// Returns the names and values; `None` for a value that is taken from the environment.
    fn texts(self) -> Vec<(String, Option<String>)> {
        match self {
            Self::Mapping(values) => values.into_iter().map(|(name, value)| (name, scalar(&value))).collect(),
            Self::List(pairs) => {
                let pair = |pair: String| match pair.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (pair, None),
                };
                pairs.into_iter().map(pair).collect()
            }
        }
    }
}

/// Whether this is the name of a compose file.
#[must_use]
pub fn is_compose_file(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        ["compose", "docker-compose"].iter().any(|word| {
            stem.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        })
    })
}

/// The compose files of a tree. A file whose services are extended by services of several other files is read only once
/// for all of them.
pub struct ComposeFiles<'t> {
    tree: &'t SourceTree,
    known: BTreeMap<String, Option<Rc<Compose>>>,
}

/// A compose file.
struct Compose {
    /// Its directory, to which its paths are relative.
    directory: RepoDir,
    services: IndexMap<String, ComposeService>,
    places: YamlPlaces,
    /// The path of the `.env` in the same directory; `None` if there is no such file.
    env_file: Option<String>,
    /// The variables of the `.env`. The environment of a build may set other values.
    variables: BTreeMap<String, String>,
}

impl Compose {
    fn read(tree: &SourceTree, file: &SourceFile) -> Result<Self, Diagnostic> {
        let (compose, places): (Option<ComposeFile>, _) = yaml_place::read(file)?;
        let directory = RepoDir::of_file(file.name());
        let env_file = Some(directory.join(".env")).filter(|path| tree.has(path));
        let text = env_file.as_deref().and_then(|path| tree.text(path));
        let variables = text.map(|file| env_file::variables(file.text())).unwrap_or_default();
        let services = compose.unwrap_or_default().services;
        Ok(Self { directory, services, places, env_file, variables })
    }
}

/// The largest number of services that are followed in a chain in which each extends the next.
const MOST_EXTENDED: usize = 16;

impl<'t> ComposeFiles<'t> {
    /// Creates a reader of the compose files of a tree. It reads each file only when it is needed.
    #[must_use]
    pub fn of(tree: &'t SourceTree) -> Self {
        Self { tree, known: BTreeMap::new() }
    }

    /// Returns the builds of a compose file, in the order of the file. A variable without a value in `.env` and without
    /// a default in the file is not known.
    ///
    /// # Errors
    /// When the file is not YAML, or does not have the form of a compose file.
    pub fn builds(&mut self, file: &SourceFile) -> Result<Vec<DeclaredBuild>, Diagnostic> {
        let compose = Rc::new(Compose::read(self.tree, file)?);
        self.known.insert(file.name().to_owned(), Some(Rc::clone(&compose)));
        let build = |name: &String| {
            let settings = self.settings(&compose, name, MOST_EXTENDED)?;
            let place = ["services", name, "build", "context"];
            settings.build(name.clone(), DeclaredAt { file: file.clone(), span: compose.places.at(place) })
        };
        Ok(compose.services.keys().filter_map(build).collect())
    }

    /// Returns the build settings of a service, including the settings that it inherits from the services that it
    /// extends; `None` if `compose` has no such service. Follows at most `left` services.
    fn settings(&mut self, compose: &Rc<Compose>, name: &str, left: usize) -> Option<Settings> {
        let service = compose.services.get(name)?;
        let own = Settings::of(compose, service);
        let (named, file) = match &service.extends {
            None => return Some(own),
            Some(Extends::Service(service)) => (service, None),
            Some(Extends::Of { service, file }) => (service, file.as_deref()),
        };
        let base = match file {
            None => Some(Rc::clone(compose)),
            Some(file) => self.file(compose, file),
        };
        let base = base.filter(|_| left > 0).and_then(|base| self.settings(&base, named, left - 1));
        Some(own.over(base.unwrap_or_else(|| Settings::unknown(named))))
    }

    /// Returns the compose file at the path `named`, relative to the directory of `from`; `None` if the tree has no
    /// such file, or it cannot be read.
    fn file(&mut self, from: &Compose, named: &str) -> Option<Rc<Compose>> {
        let path = from.directory.resolve_file(&filled(named, &from.variables).known()?).ok()?;
        let read = || Compose::read(self.tree, self.tree.text(&path)?).ok().map(Rc::new);
        let known = self.known.get(&path).cloned().unwrap_or_else(read);
        self.known.insert(path, known.clone());
        known
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BuildContext, BuildTarget, DockerfileOf, NamedContext};
    use super::*;

    fn builds(text: &str) -> Vec<DeclaredBuild> {
        of_tree(&[("deploy/compose.yaml", text)])
    }

    /// Returns the builds of the first of these files, in a tree of all of them.
    fn of_tree(files: &[(&str, &str)]) -> Vec<DeclaredBuild> {
        let tree = SourceTree::of_texts(files);
        ComposeFiles::of(&tree).builds(tree.text(files[0].0).unwrap()).unwrap()
    }

    fn dir(path: &str) -> BuildContext {
        BuildContext::Directory(RepoDir::parse(path).unwrap())
    }

    #[test]
    fn builds_are_read_in_both_forms() {
        let text = "services:\n  web:\n    build: ../web\n  api:\n    image: acme/api:${TAG:-dev}\n    build:\n      context: ..\n\
                    \x20     dockerfile: api/Dockerfile\n      target: prod\n      args: {A: 1, B: null, C: '${C}', D: x$$y}\n\
                    \x20     additional_contexts: [lib=../lib, base=service:web, img=docker-image://alpine, git=https://x/y.git]\n\
                    \x20 db:\n    image: postgres\n    depends_on: [api]\n";
        let builds = builds(text);
        let [web, api] = &builds[..] else { panic!("{builds:?}") };
        assert_eq!((web.name.as_str(), &web.context, &web.target), ("web", &dir("web"), &BuildTarget::Last));
        assert_eq!(web.dockerfile, DockerfileOf::File("web/Dockerfile".to_owned()));
        assert_eq!(web.at.to_string(), "deploy/compose.yaml:3:12");
        assert_eq!((&api.context, &api.target), (&dir("."), &BuildTarget::Stage("prod".to_owned())));
        assert_eq!(api.dockerfile, DockerfileOf::File("api/Dockerfile".to_owned()));
        assert_eq!(api.at.to_string(), "deploy/compose.yaml:7:16");
        assert_eq!(api.images, ["acme/api:${TAG:-dev}"]);
        let arguments: Vec<_> = api.arguments.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(arguments, [("A", Some("1")), ("B", None), ("C", None), ("D", Some("x$y"))]);
        assert_eq!(api.contexts["lib"], NamedContext::Directory(RepoDir::parse("lib").unwrap()));
        assert_eq!(api.contexts["base"], NamedContext::Build("web".to_owned()));
        assert_eq!(api.contexts["img"], NamedContext::Image("alpine".to_owned()));
        assert_eq!(api.contexts["git"], NamedContext::Elsewhere);
    }

    #[test]
    fn variables_have_their_defaults_or_are_unknown() {
        let text = "services:\n  a: {build: {context: '${DIR:-../a}/x', dockerfile: '${FILE}', target: $T}}\n\
                    \x20 b: {build: '${DIR}'}\n  c: {build: 'https://github.com/acme/c.git'}\n  d: {build: /abs}\n\
                    \x20 e: {build: ../../out}\n  f: {build: {dockerfile_inline: FROM scratch}}\n";
        let builds = builds(text);
        let contexts: Vec<&BuildContext> = builds.iter().map(|build| &build.context).collect();
        let unknown = BuildContext::Unknown("${DIR}".to_owned());
        let elsewhere = BuildContext::Elsewhere;
        assert_eq!(contexts, [&dir("a/x"), &unknown, &elsewhere, &elsewhere, &elsewhere, &dir("deploy")]);
        assert_eq!(builds[0].dockerfile, DockerfileOf::Unknown("${FILE}".to_owned()));
        assert_eq!(builds[0].target, BuildTarget::Unknown);
        assert_eq!(builds[5].dockerfile, DockerfileOf::Inline("FROM scratch".to_owned()));
    }

    #[test]
    fn a_service_begins_with_the_one_that_it_extends() {
        let compose = "services:\n  a: {extends: {file: ../base/compose.yml, service: base}, build: {target: prod}}\n\
                       \x20 b: {extends: c, image: b}\n  c: {build: {context: ./c, args: [X=1]}, image: c}\n\
                       \x20 d: {extends: d}\n  e: {extends: {file: gone.yaml, service: x}, build: {target: y}}\n\
                       \x20 f: {extends: {file: gone.yaml, service: x}}\n";
        let base = "services:\n  base: {extends: more, build: {dockerfile: $FILE}}\n  more: {build: ./app}\n";
        let files =
            [("deploy/compose.yaml", compose), ("base/compose.yml", base), ("base/.env", "FILE=x.Dockerfile\n")];
        let builds = of_tree(&files);
        let names: Vec<&str> = builds.iter().map(|build| build.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "e"]);
        assert_eq!((&builds[0].context, &builds[0].target), (&dir("base/app"), &BuildTarget::Stage("prod".to_owned())));
        assert_eq!(builds[0].dockerfile, DockerfileOf::File("base/app/x.Dockerfile".to_owned()));
        assert_eq!((&builds[1].context, &builds[1].images[..]), (&dir("deploy/c"), &["b".to_owned()][..]));
        assert_eq!(builds[1].arguments["X"].as_deref(), Some("1"));
        assert_eq!(builds[3].context, BuildContext::Unknown("x".to_owned()));
    }

    #[test]
    fn a_build_that_uses_variables_names_the_file_that_has_their_values() {
        let compose = "services:\n  a: {build: {context: ., args: {X: '${X}'}}}\n  b: {build: {context: ., args: [X]}}\n\
                       \x20 c: {build: {context: ., args: {X: 1, Y: $$}}, image: 'c:${TAG}'}\n  d: {extends: a}\n\
                       \x20 e: {build: {context: $DIR}}\n";
        let of = |files: &[(&str, &str)]| -> Vec<Vec<String>> {
            of_tree(files).into_iter().map(|build| build.variables.into_iter().collect()).collect()
        };
        let with = of(&[("deploy/compose.yaml", compose), ("deploy/.env", "X=1\n")]);
        let env = || vec!["deploy/.env".to_owned()];
        assert_eq!(with, [env(), env(), vec![], env(), env()]);
        assert!(of(&[("deploy/compose.yaml", compose), (".env", "X=1\n")]).iter().all(Vec::is_empty));
    }

    #[test]
    fn other_yaml_builds_nothing() {
        assert!(builds("# nothing\n").is_empty());
        assert!(builds("services: {}\nx: 1\n").is_empty());
        let file = SourceFile::new("compose.yaml", "services: [a]");
        assert!(ComposeFiles::of(&SourceTree::default()).builds(&file).is_err());
    }

    #[test]
    fn compose_files_are_known_by_their_names() {
        for name in ["compose.yaml", "docker-compose.yml", "docker-compose.prod.yml", "compose-dev.yaml"] {
            assert!(is_compose_file(name), "{name}");
        }
        for name in ["compose.json", "composer.yaml", "my-compose.yaml", "compose"] {
            assert!(!is_compose_file(name), "{name}");
        }
    }
}
