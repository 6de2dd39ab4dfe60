//! Compose files: which images are built, and from what.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_yaml::Value;

use super::declared_build::Filled;
use super::yaml_place::{self, YamlPlaces};
use super::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, NamedContext};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::RepoDir;

/// What is read of a compose file. `depends_on` says what runs before what, not what is built from what.
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
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ComposeBuild {
    Context(String),
    Build(Box<LongBuild>),
}

#[derive(Debug, Default, Deserialize)]
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
#[derive(Debug, Deserialize)]
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
    /// Returns the values by their names; none for one that comes from the environment.
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

/// Returns the builds of a compose file, in its order. Variables without a default are unknown; `.env` is not read.
///
/// # Errors
/// When it is no compose file.
pub fn compose_builds(file: &SourceFile) -> Result<Vec<DeclaredBuild>, Diagnostic> {
    let (compose, places): (Option<ComposeFile>, _) = yaml_place::read(file)?;
    let directory = RepoDir::of_file(file.name());
    let services = compose.unwrap_or_default().services.into_iter();
    Ok(services.filter_map(|(name, service)| build(file, &places, &directory, name, service)).collect())
}

fn build(
    file: &SourceFile,
    places: &YamlPlaces,
    directory: &RepoDir,
    name: String,
    service: ComposeService,
) -> Option<DeclaredBuild> {
    let at = DeclaredAt { file: file.clone(), span: places.at(["services", &name, "build", "context"]) };
    let LongBuild { context, dockerfile, dockerfile_inline, target, args, additional_contexts, tags } =
        match service.build? {
            ComposeBuild::Context(context) => LongBuild { context: Some(context), ..LongBuild::default() },
            ComposeBuild::Build(build) => *build,
        };
    let context = BuildContext::of(directory, filled(context.as_deref().unwrap_or(".")));
    let dockerfile = match dockerfile_inline {
        Some(text) => DockerfileOf::Inline(text),
        None => context.dockerfile(dockerfile.as_deref().map(filled)),
    };
    let contexts = additional_contexts
        .texts()
        .into_iter()
        .filter_map(|(name, context)| Some((name, NamedContext::of(directory, filled(&context?), "service:"))));
    let arguments: BTreeMap<_, _> =
        args.texts().into_iter().map(|(name, value)| (name, value.and_then(|value| sure(&value)))).collect();
    Some(DeclaredBuild {
        at,
        context,
        dockerfile,
        target: BuildTarget::of(target.as_deref().map(filled)),
        arguments,
        contexts: contexts.collect(),
        images: service.image.into_iter().chain(tags).collect(),
        name,
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Fills variables in by their defaults, which hold unless the environment says otherwise.
fn filled(text: &str) -> Filled {
    interpolated(text).map_or_else(|| Filled::Unknown(text.to_owned()), Filled::Known)
}

/// Returns a text that the environment cannot change.
fn sure(text: &str) -> Option<String> {
    if text.replace("$$", "").contains('$') { None } else { Some(text.replace("$$", "$")) }
}

/// Fills in `${NAME:-default}` and `${NAME-default}`; none where a variable has no default.
fn interpolated(text: &str) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, variable)) = rest.split_once('$') {
        filled.push_str(before);
        if let Some(escaped) = variable.strip_prefix('$') {
            filled.push('$');
            rest = escaped;
            continue;
        }
        let inner = variable.strip_prefix('{')?;
        let end = closing_brace(inner)?;
        let name = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|at| *at < end)?;
        let operator = &inner[name..end];
        let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'))?;
        filled.push_str(&interpolated(default)?);
        rest = &inner[end + 1..];
    }
    filled.push_str(rest);
    Some(filled)
}

/// Returns the offset of the brace that closes what a text begins within.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds(text: &str) -> Vec<DeclaredBuild> {
        compose_builds(&SourceFile::new("deploy/compose.yaml", text)).unwrap()
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
    fn defaults_may_hold_defaults() {
        assert_eq!(interpolated("a${B:-${C-d}e}f$$").as_deref(), Some("adef$"));
        for text in ["$A", "${A", "${A}", "${A:?no}", "${A:+b}", "$"] {
            assert_eq!(interpolated(text), None, "{text}");
        }
    }

    #[test]
    fn other_yaml_builds_nothing() {
        assert!(builds("# nothing\n").is_empty());
        assert!(builds("services: {}\nx: 1\n").is_empty());
        assert!(compose_builds(&SourceFile::new("compose.yaml", "services: [a]")).is_err());
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
