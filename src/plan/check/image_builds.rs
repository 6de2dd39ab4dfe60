//! The builds of images that services and filters are responsible for.

use std::collections::{BTreeMap, BTreeSet};

use super::gates::{Gate, MentionedTarget, StepPlace};
use super::ground::{Certainty, Ground};
use super::positions::Positions;
use super::unread_builds::UnreadBuilds;
use crate::config::{Config, Service, Shape};
use crate::inputs::source::docker::{
    BuildRequest, ContextReads, Dockerfile, IgnoreFile, ListedContexts, RefusedDockerfile, ignore_files,
};
use crate::inputs::source::{BuildContext, BuildTarget, DeclaredBuild, DockerfileOf, SourceTree};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::{RepoDir, ServiceId, ServiceName, slug};
use crate::model::recipe::Builder;

/// A build of an image that a service or a filter is responsible for.
pub(super) struct ImageBuild<'a> {
    pub(super) set: usize,
    /// The service, or the filter.
    pub(super) service: ServiceId,
    /// How certain it is that this service or filter is responsible.
    pub(super) certainty: Certainty,
    /// The path of the workflow that declares the build; `None` if another kind of file does.
    pub(super) workflow: Option<String>,
    pub(super) context: RepoDir,
    /// The Dockerfile.
    pub(super) file: &'a SourceFile,
    pub(super) reads: ContextReads,
    /// The ignore file, which is empty if there is no such file; `None` if the file cannot be read.
    pub(super) ignore: Option<IgnoreFile>,
    pub(super) ignore_path: Option<String>,
    /// The files whose changes trigger the build.
    pub(super) cover: Positions,
    /// The services and filters that trigger the build, each with its set.
    pub(super) asked: Vec<(usize, ServiceId)>,
}

impl ImageBuild<'_> {
    pub(super) fn name<'g>(&self, ground: &Ground<'g>) -> &'g ServiceName {
        &ground.config(self.set).services[self.service.0].name.value
    }
}

/// Returns the builds of all services and filters, and the problems of builds that could not be read.
pub(super) fn all<'a>(ground: &Ground<'a>) -> (Vec<ImageBuild<'a>>, Vec<Diagnostic>) {
    let mut unread = UnreadBuilds::default();
    let mut found = Vec::new();
    for set in 0..ground.sets.len() {
        let config = ground.config(set);
        if config.shape == Shape::Structured {
            let reads = services_reads(ground.tree, config);
            for (service, reads) in config.graph.services().zip(reads) {
                found.extend(of_service(ground, (set, service), reads, &mut unread));
            }
        }
    }
    found.extend(of_filters(ground, &mut unread));
    (found, unread.into_problems())
}

/// Returns what the image of each service reads, by its Dockerfile; `None` for a service whose Dockerfile has no known
/// text.
fn services_reads(tree: &SourceTree, config: &Config) -> Vec<Option<Result<ContextReads, RefusedDockerfile>>> {
    let reads = |service: &Service| {
        let file = tree.text(&dockerfile(tree, service, service.recipe.image_builder()?)?)?;
        let recipe = &service.recipe;
        let arguments = recipe.build_args.iter();
        let arguments = arguments.map(|(name, value)| (name.clone(), value.render(|_| None).ok())).collect();
        let contexts: BTreeSet<String> = recipe.contexts.keys().cloned().collect();
        let request = BuildRequest { arguments: &arguments, target: recipe.target.as_deref(), contexts: &contexts };
        Some(read(file, &request))
    };
    let services: Vec<&Service> = config.services.values().collect();
    ListedContexts::for_builds(services.iter().map(|service| context(service)), |_, at| reads(services[at]))
}

fn read(file: &SourceFile, request: &BuildRequest) -> Result<ContextReads, RefusedDockerfile> {
    Dockerfile::parse(file.text()).map(|dockerfile| dockerfile.reads(request))
}

/// Returns the build of a service in a configuration with `services:`. `reads` is what its Dockerfile says, if its text
/// is known.
fn of_service<'a>(
    ground: &Ground<'a>,
    (set, id): (usize, ServiceId),
    reads: Option<Result<ContextReads, RefusedDockerfile>>,
    unread: &mut UnreadBuilds,
) -> Option<ImageBuild<'a>> {
    let service = &ground.config(set).services[id.0];
    let builder = service.recipe.image_builder()?;
    let path = dockerfile(ground.tree, service, builder)?;
    if !ground.tree.has(&path) {
        unread.missing(ground, set, id, &path);
        return None;
    }
    let context = context(service)?.clone();
    let file = unread.text(ground, &path)?;
    let reads = unread.accepted(file, reads?)?;
    Some(build(ground, (set, id), file, context, reads, unread))
}

fn context(service: &Service) -> Option<&RepoDir> {
    service.context.as_ref().map(|context| &context.value).or(service.path.as_ref())
}

/// Returns the path of a service's Dockerfile: the one that the configuration names, or the first existing one of the
/// builder's default names.
fn dockerfile(tree: &SourceTree, service: &Service, builder: Builder) -> Option<String> {
    if let Some(named) = &service.dockerfile {
        return Some(named.value.clone());
    }
    let path = service.path.as_ref()?;
    builder.dockerfiles().iter().map(|name| path.join(name)).find(|path| tree.has(path))
}

fn build<'a>(
    ground: &Ground<'a>,
    (set, service): (usize, ServiceId),
    file: &'a SourceFile,
    context: RepoDir,
    reads: ContextReads,
    unread: &mut UnreadBuilds,
) -> ImageBuild<'a> {
    let ignore_path = ignore_files(file.name(), context.as_str()).into_iter().find(|path| ground.tree.has(path));
    let ignore = match &ignore_path {
        Some(path) => unread.text(ground, path).and_then(|file| unread.ignore_file(file)),
        None => Some(IgnoreFile::default()),
    };
    let asked = vec![(set, service)];
    let cover = ground.cover(asked.iter().copied());
    let (certainty, workflow) = (Certainty::Sure, None);
    ImageBuild { set, service, certainty, workflow, context, file, reads, ignore, ignore_path, cover, asked }
}

/// The filters that may be responsible for builds, and the builds of jobs.
struct Owners<'a> {
    /// The filters for the directory of each discovered service.
    of_home: BTreeMap<usize, Vec<(usize, ServiceId, Certainty)>>,
    /// The filters that name each file.
    of_file: BTreeMap<&'a str, Vec<(usize, ServiceId)>>,
    /// The steps that declare a build.
    steps: BTreeSet<StepPlace<'a>>,
    /// For each Dockerfile, the filters that jobs wait for if the jobs declare a build of this Dockerfile. For such a
    /// filter, only the builds of these jobs count: another file may declare a build of other stages.
    waited_for: BTreeMap<&'a str, BTreeSet<(usize, ServiceId)>>,
}

impl<'a> Owners<'a> {
    fn of(ground: &Ground<'a>, flat: &[usize]) -> Self {
        let (mut of_home, mut of_file): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
        for set in flat {
            let config = ground.config(*set);
            for (service, homes) in config.graph.services().zip(ground.homes(*set)) {
                for (home, certainty) in homes {
                    of_home.entry(home).or_default().push((*set, service, certainty));
                }
                let filter = config.filters.get(config.services[service.0].filter);
                for pattern in filter.including().filter(|pattern| !pattern.value.has_wildcard()) {
                    of_file.entry(pattern.value.text()).or_default().push((*set, service));
                }
            }
        }
        let mut steps = BTreeSet::new();
        let mut waited_for: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (_, declared) in &ground.found.builds {
            let (DockerfileOf::File(path), BuildContext::Directory(_)) = (&declared.dockerfile, &declared.context)
            else {
                continue;
            };
            let known = Some(declared).filter(|declared| declared.target != BuildTarget::Unknown);
            if let Some(step) = known.and_then(|declared| ground.gates.step_of_build(declared)) {
                steps.insert(step);
                let gated = gate_services(ground, &ground.gates.of_build(declared));
                waited_for.entry(path.as_str()).or_default().extend(gated);
            }
        }
        Self { of_home, of_file, steps, waited_for }
    }
}

/// Returns the builds for which filters are responsible. If the job of a build waits for filters, one of these is
/// responsible; else a filter for the directory of the build, or a filter that names its Dockerfile.
fn of_filters<'a>(ground: &Ground<'a>, unread: &mut UnreadBuilds) -> Vec<ImageBuild<'a>> {
    let mut found = Vec::new();
    let flat: Vec<usize> = (0..ground.sets.len()).filter(|set| ground.config(*set).shape == Shape::Flat).collect();
    if flat.is_empty() {
        return found;
    }
    let owners = Owners::of(ground, &flat);
    let mut mentions: BTreeMap<&str, BTreeMap<MentionedTarget, Gate>> = BTreeMap::new();
    for (home, declared) in &ground.found.builds {
        let DockerfileOf::File(path) = &declared.dockerfile else { continue };
        let gate = ground.gates.of_build(declared);
        let mut by_target = BTreeMap::from([(None, gate)]);
        if by_target.values().all(|gate| gate.filters.is_empty()) {
            by_target = mentions.entry(path).or_insert_with(|| ground.gates.of_mentions(path, &owners.steps)).clone();
        }
        by_target.retain(|_, gate| !gate_services(ground, gate).is_empty());
        if by_target.is_empty() {
            let mut responsible = ungated(ground, (*home, declared), path, &owners);
            let waited_for = owners.waited_for.get(path.as_str());
            responsible
                .retain(|(set, service, _)| waited_for.is_none_or(|filters| !filters.contains(&(*set, *service))));
            found.extend(of_responsible(ground, declared, path, &responsible, &[], unread));
        }
        for (target, gate) in by_target {
            let gated = gate_services(ground, &gate);
            let responsible = owner(*home, path, &owners, &gated).map(|(set, service)| {
                (set, service, if gate.is_unclear { Certainty::Likely } else { Certainty::Sure })
            });
            let target = target.map_or_else(|| declared.target.clone(), BuildTarget::Stage);
            let declared = DeclaredBuild { target, ..declared.clone() };
            found.extend(of_responsible(ground, &declared, path, responsible.as_slice(), &gated, unread));
        }
    }
    found
}

/// Returns the filter that is responsible for a build, of the filters that the job of the build waits for: the filter
/// for the directory of the build, or one that names its Dockerfile, or else the first one.
fn owner(home: usize, path: &str, owners: &Owners<'_>, gated: &[(usize, ServiceId)]) -> Option<(usize, ServiceId)> {
    let of_home = owners.of_home.get(&home).map_or(&[][..], Vec::as_slice);
    let of_file = owners.of_file.get(path).map_or(&[][..], Vec::as_slice);
    let is_at_home = |pair: &&(usize, ServiceId)| of_home.iter().any(|(set, service, _)| (*set, *service) == **pair);
    let owner = gated.iter().find(is_at_home).or_else(|| gated.iter().find(|pair| of_file.contains(pair)));
    owner.or(gated.first()).copied()
}

/// Returns a declared build once for each filter that is responsible for the build. `gated` has the filters that the
/// job of the build waits for.
fn of_responsible<'a>(
    ground: &Ground<'a>,
    declared: &DeclaredBuild,
    path: &str,
    responsible: &[(usize, ServiceId, Certainty)],
    gated: &[(usize, ServiceId)],
    unread: &mut UnreadBuilds,
) -> Vec<ImageBuild<'a>> {
    let mut found = Vec::new();
    for (set, service, certainty) in responsible {
        let Some(made) = of_declared(ground, (*set, *service), declared, path, unread) else { continue };
        let asked = if gated.is_empty() { made.asked } else { gated.to_vec() };
        let asked: Vec<(usize, ServiceId)> = asked.into_iter().chain(ground.together(*set, *service)).collect();
        let cover = ground.cover(asked.iter().copied());
        let workflow = ground.workflows.contains_key(declared.at.file.name());
        let workflow = workflow.then(|| declared.at.file.name().to_owned());
        found.push(ImageBuild { certainty: *certainty, workflow, cover, asked, ..made });
    }
    found
}

/// Returns the filters that are probably responsible for a build whose job waits for no filter.
fn ungated(
    ground: &Ground<'_>,
    (home, declared): (usize, &DeclaredBuild),
    path: &str,
    owners: &Owners<'_>,
) -> Vec<(usize, ServiceId, Certainty)> {
    let of_home = owners.of_home.get(&home).map_or(&[][..], Vec::as_slice);
    let of_file = owners.of_file.get(path).map_or(&[][..], Vec::as_slice);
    if !of_home.is_empty() {
        // If several filters in several workflows have the directory's name, only one of these workflows builds the
        // image, and it is not certain which one does.
        let is_alone = of_home.iter().filter(|(_, _, certainty)| *certainty == Certainty::Sure).count() == 1;
        let certainty = |certainty: Certainty| if is_alone { certainty } else { Certainty::Likely };
        return of_home.iter().map(|(set, service, own)| (*set, *service, certainty(*own))).collect();
    }
    let name = |(set, service): &(usize, ServiceId)| ground.config(*set).graph.name(*service).as_str();
    let called: Vec<&str> =
        declared.arguments.values().flatten().map(String::as_str).chain([declared.name.as_str()]).collect();
    let is_called = |pair: &&(usize, ServiceId)| called.iter().any(|called| slug(called) == slug(name(pair)));
    let named: Vec<_> =
        of_file.iter().filter(is_called).map(|(set, service)| (*set, *service, Certainty::Sure)).collect();
    match (&named[..], of_file) {
        ([], [(set, service)]) => vec![(*set, *service, Certainty::Likely)],
        _ => named,
    }
}

/// Returns the filters of a gate that are in flat sets, each with its set.
fn gate_services(ground: &Ground<'_>, gate: &Gate) -> Vec<(usize, ServiceId)> {
    let named = gate.filters.iter().filter_map(|(set, name)| Some((*set, ground.config(*set).graph.id(name)?)));
    named.filter(|(set, _)| ground.config(*set).shape == Shape::Flat).collect()
}

fn of_declared<'a>(
    ground: &Ground<'a>,
    service: (usize, ServiceId),
    declared: &DeclaredBuild,
    path: &str,
    unread: &mut UnreadBuilds,
) -> Option<ImageBuild<'a>> {
    let BuildContext::Directory(context) = &declared.context else { return None };
    let target = match &declared.target {
        BuildTarget::Last => None,
        BuildTarget::Stage(name) => Some(name.as_str()),
        BuildTarget::Unknown => return None,
    };
    let contexts: BTreeSet<String> = declared.contexts.keys().cloned().collect();
    let request = BuildRequest { arguments: &declared.arguments, target, contexts: &contexts };
    let file = unread.text(ground, path)?;
    let reads = unread.accepted(file, read(file, &request))?;
    // A Dockerfile that nothing in the repository builds may have any context.
    let is_asked_for = declared.at.file.name() != path;
    let context = if is_asked_for { context.clone() } else { likely_context(ground, path, &reads)? };
    Some(build(ground, service, file, context, reads, unread))
}

/// Returns the directory of a Dockerfile, or its nearest parent, that has all files that the Dockerfile copies; `None`
/// if no directory has them.
fn likely_context(ground: &Ground<'_>, path: &str, reads: &ContextReads) -> Option<RepoDir> {
    let plain = reads.sources.iter().filter(|source| !source.path.is_empty() && !source.has_wildcards());
    let plain: Vec<&str> = plain.map(|source| source.path.as_str()).collect();
    let mut directory = RepoDir::of_file(path);
    loop {
        let has = |source: &&str| {
            let path = directory.join(source);
            ground.tree.has(&path) || ground.is_directory(&path)
        };
        if plain.iter().all(has) {
            return Some(directory);
        }
        if directory.is_root() {
            return None;
        }
        directory = RepoDir::of_file(directory.as_str());
    }
}
