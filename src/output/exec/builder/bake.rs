//! The file for `docker buildx bake` that builds all images of a plan in one build.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use indexmap::IndexMap;
use serde::Serialize;

use super::bake_flags::Flags;
use super::build_locations::Locations;
use super::contexts::{Dependency, Lookup, Supply, Ties, named};
use super::docker::DOCKER;
use super::image_build::Image;
use super::{BuilderError, cache, shown};
use crate::model::recipe::{Builder, Recipe};
use crate::model::safe_json;
use crate::output::emit::{EmitError, Rule, labels};
use crate::output::exec::needed_services::{CommandArgument, NeededImage, NeededServices};
use crate::plan::{Plan, PlannedService};

/// The rule for the names of targets.
const TARGETS: Rule = Rule { engine: "bake", prefix: "", takes: "_-", instead: '-', longest: 255 };

/// Why a plan cannot be written as one file for bake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BakeError {
    /// A service cannot be built on this machine, or is not built by docker.
    #[error(transparent)]
    Builder(#[from] BuilderError),
    /// Two targets would have the same name.
    #[error(transparent)]
    Target(#[from] EmitError),
}

/// The content of the file. It has no variables of bake, since bake would set them from the environment.
#[derive(Serialize)]
struct File {
    group: IndexMap<&'static str, Group>,
    // Bake refuses an empty map.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    target: IndexMap<String, Target>,
}

#[derive(Serialize)]
struct Group {
    targets: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    context: String,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    contexts: IndexMap<String, String>,
    dockerfile: String,
    #[serde(rename = "target", skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    args: IndexMap<String, String>,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    labels: IndexMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_from: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_to: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attest: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    output: Vec<String>,
    #[serde(flatten)]
    flags: Flags,
}

/// Returns a file for `docker buildx bake -f`, which has to run at the root of the work tree. It has a target for each
/// service that has to be built, with the options that [`prepare`](super::prepare) passes to docker, and a group
/// `default` with all targets, in build order. `recipes` has the recipe and the dependencies of each of the plan's
/// services.
///
/// If a Dockerfile names the image of a dependency, bake uses the dependency's target in its place, or the digest of
/// the existing image. So dependencies are built first, and the failure of one stops its dependents. An image that is
/// not pushed stays where the builder puts it.
///
/// # Errors
/// When a service cannot be built by docker on this machine, or two targets would have the same name.
pub fn bake(plan: &Plan, recipes: &[(&Recipe, Vec<Dependency>)], root: &Path) -> Result<String, BakeError> {
    let services: Vec<(&PlannedService, &(&Recipe, Vec<Dependency>))> = plan.services.iter().zip(recipes).collect();
    let built = || services.iter().filter(|(service, _)| service.exists.is_none());
    let names = labels(built().map(|(service, _)| service.service.as_str()), &TARGETS)?;
    let by_service: BTreeMap<&str, &String> =
        built().map(|(service, _)| service.service.as_str()).zip(&names).collect();
    let mut file = File {
        group: IndexMap::from([("default", Group { targets: names.clone() })]),
        target: IndexMap::with_capacity(names.len()),
    };
    for ((service, (recipe, dependencies)), name) in built().zip(&names) {
        let source = Locations::of(service, root)?;
        let needs = needs(dependencies, &by_service);
        file.target.insert(name.clone(), target(plan, service, recipe, dependencies, &needs, &source)?);
    }
    Ok(safe_json::document(&file))
}

fn target(
    plan: &Plan,
    service: &PlannedService,
    recipe: &Recipe,
    dependencies: &[Dependency],
    needs: &NeededServices,
    source: &Locations,
) -> Result<Target, BuilderError> {
    if !is_by_docker(service, recipe, source) {
        return Err(BuilderError::NotByDocker(shown(service)));
    }
    if recipe.before.is_some() {
        return Err(BuilderError::Before(shown(service)));
    }
    let image = Image::new(plan, service, recipe, Ties { dependencies, is_needed: false }, source, DOCKER, None)?;
    let filled = |key: &'static str, name: &str, value: &CommandArgument| match value.fill(needs) {
        Ok(value) => Ok((literal(name), value)),
        Err(_) => Err(BuilderError::Argument { service: shown(service), key, argument: name.to_owned() }),
    };
    let context_of = |(name, value): (String, CommandArgument)| {
        let (name, value) = filled("contexts", &name, &value)?;
        Ok((name, if value.starts_with('/') { local(source.root(), Path::new(&value)) } else { value }))
    };
    let contexts = named(&image, Lookup::Target, |dependency| CommandArgument::source(dependency.service));
    let (context, file) = (PathBuf::from(&image.context), source.real_file(service, Path::new(&image.file))?);
    let entries = |entries: &[String], own: &dyn Fn(&str) -> String| {
        entries.iter().map(|entry| literal(&from_root(&own(entry), service.path.as_deref()))).collect::<Vec<_>>()
    };
    let as_it_is = |entry: &str| entry.to_owned();
    let in_cache = |entry: &str| cache::for_docker(entry, &image);
    Ok(Target {
        context: literal(&local(source.root(), &context)),
        contexts: contexts
            .into_iter()
            .map(context_of)
            .map(|pair| pair.map(|(name, value)| (name, literal(&value))))
            .collect::<Result<_, BuilderError>>()?,
        dockerfile: literal(&relative(&context, &file)),
        stage: recipe.target.as_deref().map(literal),
        args: image
            .arguments
            .iter()
            .map(|(name, value)| filled("build_args", name, value).map(|(name, value)| (name, literal(&value))))
            .collect::<Result<_, BuilderError>>()?,
        tags: image.tags.iter().map(|tag| literal(tag)).collect(),
        labels: pairs(&image.labels),
        platforms: service.platforms.iter().map(|platform| literal(platform)).collect(),
        secret: entries(&recipe.secrets, &as_it_is),
        cache_from: entries(&recipe.cache_from, &in_cache),
        cache_to: entries(&recipe.cache_to, &in_cache),
        attest: recipe.attest.iter().map(|entry| literal(entry)).collect(),
        output: if service.push { vec!["type=registry".to_owned()] } else { Vec::new() },
        flags: Flags::of(service, recipe)?,
    })
}

fn pairs(entries: &[String]) -> IndexMap<String, String> {
    let pairs = entries.iter().filter_map(|entry| entry.split_once('='));
    pairs.map(|(key, value)| (literal(key), literal(value))).collect()
}

/// Whether docker can build the service: the service's `builder` is docker, Buildah or Podman, or it has neither `run`
/// nor `builder`, but a Dockerfile.
fn is_by_docker(service: &PlannedService, recipe: &Recipe, source: &Locations) -> bool {
    match (&recipe.run, recipe.builder) {
        (Some(_), _) | (None, Some(Builder::Task | Builder::Nothing)) => false,
        // Buildah and Podman build the same Dockerfile as docker.
        (None, Some(Builder::Docker | Builder::Buildah | Builder::Podman)) => true,
        (None, None) => source.has_dockerfile(service, recipe),
    }
}

/// Returns, by dependency, the image that a service is built from: a target of the same file, or an existing image.
fn needs(dependencies: &[Dependency], targets: &BTreeMap<&str, &String>) -> NeededServices {
    let stands = |dependency: &Dependency| match &dependency.supply {
        Supply::Existing(image) => Some(image.clone()),
        Supply::Run { .. } => {
            let target = targets.get(dependency.service)?;
            Some(NeededImage::placeholder(dependency.image.familiar(), format!("target:{target}")))
        }
    };
    let needs = dependencies.iter().map(|dependency| (dependency.service.to_owned(), stands(dependency)));
    needs.filter_map(|(service, image)| Some((service, image?))).collect()
}

/// Escapes a text for bake, which reads every string as a template.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// Returns the relative path from a directory to a file or directory; `.` if both are the same. Both paths are absolute
/// and without symbolic links.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component>, Vec<Component>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to[shared..].iter().copied()).collect();
    if way.as_os_str().is_empty() { ".".to_owned() } else { way.to_string_lossy().into_owned() }
}

/// Returns the path of a build context, relative to the root of the work tree. If bake could misunderstand the relative
/// path, returns the absolute path: for bake, `-` is standard input, and `github.com/…`, `git@…:…` and `…://…` are
/// remote contexts.
fn local(root: &Path, context: &Path) -> String {
    let way = relative(root, context);
    let first = way.split('/').next().unwrap_or_default();
    let is_plain = first.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !first.starts_with('-');
    if way == "." || is_plain { way } else { context.to_string_lossy().into_owned() }
}

/// Returns an entry such as `id=key,src=key.pem` with the path of its file relative to the root of the work tree. In
/// filters.yaml this path is relative to the service's directory, where builds of the service run.
fn from_root(entry: &str, path: Option<&str>) -> String {
    let field = |field: &str| match (field.split_once('='), path) {
        (Some((key @ ("src" | "source" | "dest"), file)), Some(path))
            if !file.starts_with(['/', '~']) && path != "." =>
        {
            format!("{key}={path}/{file}")
        }
        _ => field.to_owned(),
    };
    entry.split(',').map(field).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_relative() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/r", "/r"), ".");
        assert_eq!(way("/r", "/r/a/b"), "a/b");
        assert_eq!(way("/r/a", "/r/b/Dockerfile"), "../b/Dockerfile");
    }

    #[test]
    fn a_directory_is_nothing_elsewhere() {
        let context = |path: &str| local(Path::new("/r"), Path::new(path));
        assert_eq!(context("/r"), ".");
        assert_eq!(context("/r/services/github.com"), "services/github.com");
        for path in ["/r/github.com/acme/x", "/r/git@host:x", "/r/-", "/r/target:x", "/r/https:/x"] {
            assert_eq!(context(path), path);
        }
    }

    #[test]
    fn files_are_seen_from_the_root() {
        assert_eq!(from_root("id=key,src=key.pem", Some("services/api")), "id=key,src=services/api/key.pem");
        assert_eq!(from_root("id=key,src=/run/key", Some("services/api")), "id=key,src=/run/key");
        assert_eq!(from_root("type=local,dest=layers", Some(".")), "type=local,dest=layers");
        assert_eq!(from_root("id=npm,env=src", Some("a")), "id=npm,env=src");
    }
}
