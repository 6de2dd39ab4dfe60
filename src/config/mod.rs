//! Reads filters.yaml: turns its text into checked values.
//!
//! In a checked configuration every name is resolved, every pattern is compiled, and no service depends on itself, so
//! the analysis has no errors to report.
//!
//! Reading has four steps: bytes become text ([`decode`]), text becomes a tree with places (`yaml`), the tree becomes
//! values as written (`read` and `raw`, or `flat`), and these become a checked [`Config`] (`structured`). Every step
//! reports all problems that it finds.

mod definition;
mod discovered_builds;
mod draft;
mod flat;
mod copied_patterns;
mod key_places;
mod lacking;
mod lasting_areas;
mod linked_files;
mod lockfile_use;
mod problems;
mod raw;
mod read;
mod schema;
mod shape;
mod decode;
mod structured;
mod yaml;

pub use copied_patterns::{Copied, copied_patterns};
pub use decode::{MAX_BYTES, decode};
pub use discovered_builds::{DiscoveredBuild, discovered_builds};
pub use draft::draft;
pub use key_places::KeyPlaces;
pub use lacking::lacking;
pub use linked_files::Input;
pub use lockfile_use::{LockedClosure, LockfileUse};
pub use schema::schema;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use bstr::ByteSlice as _;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::definition::{Definition, Definitions};
use crate::analysis::discover::Discovered;
use crate::analysis::filter::{FilterId, Filters, Quantifier};
use crate::analysis::graph::Graph;
use crate::glob::Pattern;
use crate::inputs::source::Ecosystem;
use crate::inputs::trigger::Kind;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Located, SourceFile};
use crate::model::job_settings::JobSettings;
use crate::model::name::{RepoDir, RepoPath, ServiceId, ServiceName};
use crate::model::recipe::{Builder, Promote, Recipe};
use crate::naming::image::{ImageName, Labels, TagRules};
use crate::naming::version::{Count, Purpose, ReleaseTags, Scheme, TagPattern, VersionStyle};

/// Settings that do not come from filters.yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// How the rules of a flat filter are combined. The structured shape does not use it.
    pub quantifier: Quantifier,
}

/// A configuration without errors, with the warnings about it; or all problems of a configuration with errors, including
/// the warnings. Both are in the order of the file.
pub type CheckedConfig = Result<(Config, Vec<Diagnostic>), Diagnostics>;

/// The tree of values of a filters.yaml of either shape, before the values are checked.
pub struct ConfigTree<'s> {
    source: &'s SourceFile,
    /// `None` if the file is empty, or if an error stopped the reading.
    root: Option<yaml::Node<'s>>,
    problems: problems::Problems<'s>,
}

impl<'s> ConfigTree<'s> {
    /// Reads the text of a file.
    #[must_use]
    pub fn read(source: &'s SourceFile) -> Self {
        let mut problems = problems::Problems::new(source);
        let root = yaml::read(&mut problems);
        Self { source, root, problems }
    }

    /// Returns the ecosystems that the key `workspaces` names; an empty list if the key cannot be read.
    #[must_use]
    pub fn workspaces(&self) -> Vec<Ecosystem> {
        // The problems of the file are reported when it is checked.
        let mut unreported = problems::Problems::new(self.source);
        match self.root.as_ref().map(|root| (root, shape::of(root.view(), &mut unreported))) {
            Some((root, Some(Shape::Structured))) => structured::workspaces(root.view(), &mut unreported),
            _ => Vec::new(),
        }
    }

    /// Checks the values. `found` contains the services that were discovered in the ecosystems that the key
    /// `workspaces` names.
    ///
    /// # Errors
    /// When the file has an error.
    pub fn check(self, options: Options, found: &Discovered) -> CheckedConfig {
        let source = self.source.joined(found.files().cloned());
        let mut problems = problems::Problems::new(&source);
        problems.append(self.problems);
        if self.root.is_none() {
            shape::nothing(&mut problems);
        }
        let config = self.root.and_then(|root| match shape::of(root.view(), &mut problems)? {
            Shape::Flat => flat::read(root.view(), options.quantifier, &mut problems),
            Shape::Structured => structured::read(root, found, &mut problems),
        });
        match config.filter(|_| !problems.has_errors()) {
            Some(config) => Ok((config, problems.into_sorted())),
            None => Err(Diagnostics(problems.into_sorted())),
        }
    }
}

/// Reads and checks a filters.yaml, as [`ConfigTree::check`] does.
///
/// # Errors
/// As for [`ConfigTree::check`].
pub fn parse(source: &SourceFile, options: Options, found: &Discovered) -> CheckedConfig {
    ConfigTree::read(source).check(options, found)
}

/// Reads the definitions of the services in an older or newer version of filters.yaml. A key that this program does not
/// know is no error. `narrowed` contains the positions in `found` of services some of whose files belong to other
/// services now. The definitions of these services are unknown.
///
/// # Errors
/// When the text is not YAML, or has no configuration.
pub fn definitions(
    source: &SourceFile,
    options: Options,
    found: &Discovered,
    narrowed: &BTreeSet<usize>,
) -> Result<Definitions, Diagnostic> {
    let source = source.joined(found.files().cloned());
    let mut problems = problems::Problems::new(&source);
    let root = yaml::read(&mut problems);
    let malformed = problems.has_errors();
    let definitions =
        root.as_ref().filter(|_| !malformed).and_then(|root| match shape::of(root.view(), &mut problems)? {
            Shape::Flat => flat::definitions(root.view(), options.quantifier, &mut problems),
            Shape::Structured => structured::definitions(root.view(), found, narrowed, &mut problems),
        });
    if root.is_none() {
        shape::nothing(&mut problems);
    }
    definitions.ok_or_else(|| {
        let error = problems.into_sorted().into_iter().find(Diagnostic::is_error);
        error.unwrap_or_else(|| Diagnostic::error("wrong-type", "this is not a configuration"))
    })
}

/// Whether a filters.yaml may have the key `workspaces`. Most files do not have it, and are not read for it.
#[must_use]
pub fn may_have_workspaces(bytes: &[u8]) -> bool {
    bytes.contains_str("workspaces")
}

/// Returns the ecosystems that the key `workspaces` of a filters.yaml names; an empty list if the key cannot be read.
#[must_use]
pub fn workspaces(name: &str, bytes: &[u8]) -> Vec<Ecosystem> {
    match decode(name, bytes) {
        Ok(source) if may_have_workspaces(bytes) => ConfigTree::read(&source).workspaces(),
        _ => Vec::new(),
    }
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from.
    pub source: SourceFile,
    /// Which of the two shapes the file has.
    pub shape: Shape,
    /// The services, in the order of the file. In a flat file, the order is that of paths-filter, with numbers first.
    pub services: IndexMap<ServiceName, Service>,
    /// The graph of dependencies. Its ids are positions in `services`.
    pub graph: Graph,
    /// All lists of patterns in the file, compiled together.
    pub filters: Filters,
    /// The filters that have their own outputs, by name: the entries of the top-level `filters:` in the structured
    /// shape, or every key of a flat file.
    pub named: IndexMap<String, FilterId>,
    /// The filter of `global`. If it matches a path, the path affects every service that does not opt out.
    pub global: FilterId,
    /// The filter of `unowned`, which matches paths that belong to no service.
    pub unowned: FilterId,
    /// The environments by name, each with the events that it is for. The first environment that fits an event is used.
    pub environments: IndexMap<String, Environment>,
    /// The patterns that services had before [`Config::with_lockfiles`] excluded lockfiles from them.
    lockfiles: lockfile_use::LockfilePatterns,
    /// Values that are computed from the other fields when they are first needed.
    computed: Computed,
}

/// Values that are computed from a configuration when they are first needed. Most commands do not need them.
#[derive(Debug, Clone, Default)]
struct Computed {
    definitions: OnceLock<Definitions>,
    release_tags: OnceLock<ReleaseTags>,
}

impl Config {
    /// Returns the filters for the files that a service is built from: the service's own filters, the filters of the
    /// libraries that it needs, directly or through other libraries, and `global`.
    #[must_use]
    pub fn filters_of(&self, service: ServiceId) -> BTreeSet<FilterId> {
        let mut filters = BTreeSet::from([self.global]);
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![service]);
        while let Some(service) = ahead.pop() {
            if seen.insert(service) {
                filters.extend(self.services[service.0].own_filters());
                let libraries = self.graph.dependencies(service).into_iter();
                ahead.extend(libraries.filter(|below| self.services[below.0].is_library()));
            }
        }
        filters
    }

    /// Returns the resolved definitions of all services.
    pub fn definitions(&self) -> &Definitions {
        self.computed.definitions.get_or_init(|| self.definitions_of(self.graph.services()))
    }

    /// Returns the resolved definitions of some services.
    pub fn definitions_of(&self, services: impl IntoIterator<Item = ServiceId>) -> Definitions {
        let global = definition::of_global(self.filters.get(self.global));
        let define = |id: ServiceId| {
            let service = &self.services[id.0];
            let depends_on = service.depends_on.iter().map(|other| self.graph.name(other.value).clone()).collect();
            let filter = self.filters.get(service.filter);
            (service.name.value.clone(), definition::of(service, filter, depends_on, global.as_ref()))
        };
        let mut definitions: IndexMap<ServiceName, Definition> = services.into_iter().map(define).collect();
        for (library, members) in self.circles() {
            if let Some(library) = definitions.get_mut(self.graph.name(library)) {
                let members = members.into_iter().map(define).collect::<Vec<_>>();
                definition::of_circle(library, members.iter().map(|(name, member)| (name, member)));
            }
        }
        Definitions(definitions)
    }

    /// Returns the circles, that is, the sets of services that are built from each other. Each item has the library
    /// that rebake added for the circle, and the services of the circle. The order is that of the file.
    pub fn circles(&self) -> Vec<(ServiceId, Vec<ServiceId>)> {
        let libraries = self.graph.services().filter(|id| self.services[id.0].origin == ServiceOrigin::Circle);
        let mut circles: IndexMap<FilterId, (ServiceId, Vec<ServiceId>)> =
            libraries.map(|id| (self.services[id.0].filter, (id, Vec::new()))).collect();
        if circles.is_empty() {
            return Vec::new();
        }
        for id in self.graph.services() {
            if let Some((_, members)) = self.services[id.0].circle.and_then(|circle| circles.get_mut(&circle)) {
                members.push(id);
            }
        }
        circles.into_values().collect()
    }

    /// Returns the release tags of all services.
    pub fn release_tags(&self) -> &ReleaseTags {
        let all = || self.services.iter().map(|(name, service)| (name, service.tag.as_slice()));
        self.computed.release_tags.get_or_init(|| ReleaseTags::new(all()))
    }
}

/// The two shapes of filters.yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// The shape of dorny/paths-filter: each key is a filter, and a service of the same name.
    Flat,
    /// The shape with a top-level `services:`.
    #[default]
    Structured,
}

impl Shape {
    /// Whether it is the shape with `services:`.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        *self == Self::Structured
    }
}

/// A service, with defaults applied.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name, with its place in the file.
    pub name: Located<ServiceName>,
    /// Its origin.
    pub origin: ServiceOrigin,
    /// Its directory; `None` in a flat file, or if the service has no `path`.
    pub path: Option<RepoDir>,
    /// The filter whose matches affect it.
    pub filter: FilterId,
    /// The filter for the files that its image is built from, whether or not `filter` matches them; `None` if no such
    /// files are known.
    pub inputs: Option<FilterId>,
    /// If it is in a circle (services that are built from each other), the filter that matches the files of all services
    /// of the circle. It is the filter of the library that rebake adds for the circle.
    pub circle: Option<FilterId>,
    /// The path of its Dockerfile from the root of the repository, if filters.yaml names one.
    pub dockerfile: Option<Located<String>>,
    /// Its build context, if filters.yaml names one.
    pub context: Option<Located<RepoDir>>,
    /// Its build context, if the context has files outside of `path` and the service has no `filters`. In this case,
    /// the files that the Dockerfile copies affect the service ([`Config::with_copied`]).
    pub wide_context: Option<Located<RepoDir>>,
    /// The files and directories that its image is built from: those that keys name, and those that its builder uses by
    /// default.
    pub declared: Vec<Declared>,
    /// How lockfiles affect it.
    pub lockfile: LockfileUse,
    /// Whether a `global` match affects it.
    pub global: Global,
    /// The services that it is built from. They are built first.
    pub depends_on: Vec<Located<ServiceId>>,
    /// The formats of its release tags. Tags of all formats are read; new tags have the first.
    pub tag: Vec<TagPattern>,
    /// How the versions of its releases are read and ordered.
    pub scheme: Scheme,
    /// The style of its versions, if it has its own.
    pub style: Option<VersionStyle>,
    /// Which commits the number in its versions counts.
    pub count: Count,
    /// Its image.
    pub image: Image,
    /// The platforms it is built for, such as `linux/amd64`.
    pub platforms: Vec<String>,
    /// Whether an existing image of the same content is used in place of a build.
    pub promote: Promote,
    /// Values that are passed on to the CI job unchanged.
    pub matrix: serde_json::Map<String, serde_json::Value>,
    /// The settings of its jobs in generated pipelines.
    pub ci: JobSettings,
    /// A description for people.
    pub description: Option<String>,
    /// How it is built.
    pub recipe: Recipe,
    /// The places of the keys that say how it is built.
    pub keys: KeyPlaces,
}

/// The origin of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServiceOrigin {
    /// filters.yaml contains it.
    #[default]
    Written,
    /// Other files of the repository declare it.
    Discovered,
    /// The service is the library that rebake adds for a circle, that is, for services that are built from each other.
    /// The filter of the library matches the files of all of these services.
    Circle,
}

impl Service {
    /// Whether it is a library. Changes of a library affect its dependents, but no job builds it.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.recipe.builder == Some(Builder::Nothing)
    }

    /// Returns the place in the file of an item within a key's list or mapping. If there is no such item, returns the
    /// place of the key's whole value; if the service does not have the key, the place of the service's name.
    #[must_use]
    pub fn place(&self, key: &str, item: &str) -> Located<()> {
        self.keys.find(key, item).cloned().unwrap_or_else(|| self.name.as_ref().map(|_| ()))
    }

    /// Returns its own filters: `filter` and, if there is one, `inputs`.
    pub fn own_filters(&self) -> impl Iterator<Item = FilterId> {
        std::iter::once(self.filter).chain(self.inputs)
    }
}

/// A file or directory that an image is built from.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its path from the root of the repository, with the place of the text in filters.yaml, or in a manifest, that
    /// declares it.
    pub path: Located<RepoPath>,
    /// The kind of path.
    pub what: DeclaredKind,
    /// The key that names the path, such as `dockerfile`, if the path must exist; `None` if the path may be missing.
    pub key: Option<&'static str>,
}

/// The kind of a declared path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredKind {
    /// A file.
    File,
    /// A directory of which every file is an input.
    Directory,
    /// A directory of which only the files that `filters` match are inputs.
    Listed,
}

/// The image of a service.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its name, without a tag; `None` if the service has no `image`.
    pub name: Option<ImageName>,
    /// The rules that decide which tags it gets.
    pub rules: Arc<TagRules>,
    /// Its labels besides the OCI ones.
    pub labels: Labels,
    /// The tags and labels as filters.yaml has them.
    pub written: WrittenTags,
}

/// The image of a service that has no keys about images.
impl Default for Image {
    fn default() -> Self {
        let (labels, written) = (Labels::default(), WrittenTags::default());
        Self { name: None, rules: TagRules::usual(), labels, written }
    }
}

/// The tags and labels of an image as filters.yaml has them.
#[derive(Debug, Clone, Default)]
pub struct WrittenTags {
    /// The lines of `tags`, in the syntax of docker/metadata-action.
    pub tags: Vec<Located<String>>,
    /// The lines of `flavor`.
    pub flavor: Vec<Located<String>>,
    /// The labels.
    pub labels: IndexMap<String, String>,
}

/// Whether a `global` match affects a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Global {
    /// Yes.
    #[default]
    Affects,
    /// No: the service has `global: false`.
    OptsOut,
}

/// An environment, such as `production`: the events that it is for, the style of its versions, and whether to push
/// images.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The kinds of event that it is for.
    pub on: Vec<Kind>,
    /// The branches that it is for.
    pub branches: Branches,
    /// The style of versions in this environment, if it sets one.
    pub version: Option<VersionStyle>,
    /// Whether images may be pushed in this environment.
    pub push: Push,
}

/// The branches that an environment is for.
#[derive(Debug, Clone)]
pub enum Branches {
    /// Every branch, and events without a branch.
    Any,
    /// Only the default branch.
    Default,
    /// Branches that one of these patterns matches.
    Like(Vec<Pattern>),
}

impl Environment {
    /// Returns the purpose of the environment: releases if its version style is `release`, else builds.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        if self.version == Some(VersionStyle::Release) { Purpose::Releases } else { Purpose::Builds }
    }
}

/// Whether images of an environment may be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Push {
    /// Yes.
    #[default]
    Allowed,
    /// Only with `--push`.
    OnRequest,
}
