//! The builds of images that services and filters are responsible for.

use std::collections::{BTreeMap, BTreeSet};

use super::gates::Gate;
use super::ground::{Certainty, Ground};
use super::positions::Positions;
use super::unread_builds::UnreadBuilds;
use crate::config::{Service, Shape};
use crate::inputs::source::docker::{BuildRequest, ContextReads, IgnoreFile, ignore_files};
use crate::inputs::source::{BuildContext, BuildTarget, DeclaredBuild, DockerfileOf};
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
            for service in config.graph.services() {
                found.extend(of_service(ground, set, service, &mut unread));
            }
        }
    }
    found.extend(of_filters(ground, &mut unread));
    (found, unread.into_problems())
}

/// Returns the build of a service in a configuration with `services:`.
fn of_service<'a>(ground: &Ground<'a>, set: usize, id: ServiceId, unread: &mut UnreadBuilds) -> Option<ImageBuild<'a>> {
    let service = &ground.config(set).services[id.0];
    let builder = service.recipe.image_builder()?;
    let path = dockerfile(ground, service, builder)?;
    if !ground.tree.has(&path) {
        unread.missing(ground, set, id, &path);
        return None;
    }
    let context = service.context.as_ref().map(|context| context.value.clone()).or_else(|| service.path.clone())?;
    let recipe = &service.recipe;
    let arguments = recipe.build_args.iter().map(|(name, value)| (name.clone(), value.render(|_| None).ok())).collect();
    let contexts: BTreeSet<String> = recipe.contexts.keys().cloned().collect();
    let request = BuildRequest { arguments: &arguments, target: recipe.target.as_deref(), contexts: &contexts };
    build(ground, (set, id), &path, context, &request, unread)
}

/// Returns the path of a service's Dockerfile: the one that the configuration names, or the first existing one of the
/// builder's default names.
fn dockerfile(ground: &Ground<'_>, service: &Service, builder: Builder) -> Option<String> {
    if let Some(named) = &service.dockerfile {
        return Some(named.value.clone());
    }
    let path = service.path.as_ref()?;
    builder.dockerfiles().iter().map(|name| path.join(name)).find(|path| ground.tree.has(path))
}

fn build<'a>(
    ground: &Ground<'a>,
    (set, service): (usize, ServiceId),
    path: &str,
    context: RepoDir,
    request: &BuildRequest,
    unread: &mut UnreadBuilds,
) -> Option<ImageBuild<'a>> {
    let file = unread.text(ground, path)?;
    let reads = unread.parsed(file)?.reads(request);
    let ignore_path = ignore_files(path, context.as_str()).into_iter().find(|path| ground.tree.has(path));
    let ignore = match &ignore_path {
        Some(path) => unread.text(ground, path).and_then(|file| unread.ignore_file(file)),
        None => Some(IgnoreFile::default()),
    };
    let asked = vec![(set, service)];
    let cover = ground.cover(asked.iter().copied());
    let (certainty, workflow) = (Certainty::Sure, None);
    Some(ImageBuild { set, service, certainty, workflow, context, file, reads, ignore, ignore_path, cover, asked })
}

/// Returns the builds for which filters are responsible. If the job of a build waits for filters, one of these is
/// responsible; else a filter for the directory of the build, or a filter that names its Dockerfile.
fn of_filters<'a>(ground: &Ground<'a>, unread: &mut UnreadBuilds) -> Vec<ImageBuild<'a>> {
    let mut found = Vec::new();
    let flat: Vec<usize> = (0..ground.sets.len()).filter(|set| ground.config(*set).shape == Shape::Flat).collect();
    if flat.is_empty() {
        return found;
    }
    let mut owners: BTreeMap<usize, Vec<(usize, ServiceId, Certainty)>> = BTreeMap::new();
    let mut naming: BTreeMap<&str, Vec<(usize, ServiceId)>> = BTreeMap::new();
    for set in &flat {
        let config = ground.config(*set);
        for (service, homes) in config.graph.services().zip(ground.homes(*set)) {
            for (home, certainty) in homes {
                owners.entry(home).or_default().push((*set, service, certainty));
            }
            let filter = config.filters.get(config.services[service.0].filter);
            for pattern in filter.including().filter(|pattern| !pattern.value.has_wildcard()) {
                naming.entry(pattern.value.text()).or_default().push((*set, service));
            }
        }
    }
    let mut mentions: BTreeMap<&str, Gate> = BTreeMap::new();
    for (home, declared) in &ground.found.builds {
        let DockerfileOf::File(path) = &declared.dockerfile else { continue };
        let mut gate = ground.gates.of_build(declared);
        if gate.filters.is_empty() {
            gate = mentions.entry(path).or_insert_with(|| ground.gates.of_mentions(path)).clone();
        }
        let gated = gate_services(ground, &gate);
        let of_home = owners.get(home).map_or(&[][..], Vec::as_slice);
        let of_file = naming.get(path.as_str()).map_or(&[][..], Vec::as_slice);
        let responsible = match &gated[..] {
            [] => ungated(ground, declared, of_home, of_file),
            [first, ..] => {
                // The owner is one of the filters that the job waits for: the one with the directory of the build, or
                // with its Dockerfile.
                let is_owner =
                    |pair: &&(usize, ServiceId)| of_home.iter().any(|(set, service, _)| (*set, *service) == **pair);
                let owner = gated.iter().find(is_owner).or_else(|| gated.iter().find(|pair| of_file.contains(pair)));
                let (set, service) = *owner.unwrap_or(first);
                vec![(set, service, if gate.is_unclear { Certainty::Likely } else { Certainty::Sure })]
            }
        };
        for (set, service, certainty) in responsible {
            let made = of_declared(ground, (set, service), declared, path, unread);
            found.extend(made.map(|made| {
                let asked = if gated.is_empty() { made.asked } else { gated.clone() };
                let together = ground.together(set, service);
                let asked: Vec<(usize, ServiceId)> = asked.into_iter().chain(together).collect();
                let cover = ground.cover(asked.iter().copied());
                let workflow = ground.workflows.contains_key(declared.at.file.name());
                let workflow = workflow.then(|| declared.at.file.name().to_owned());
                ImageBuild { certainty, workflow, cover, asked, ..made }
            }));
        }
    }
    found
}

/// Returns the filters that are probably responsible for a build whose job waits for no filter.
fn ungated(
    ground: &Ground<'_>,
    declared: &DeclaredBuild,
    of_home: &[(usize, ServiceId, Certainty)],
    of_file: &[(usize, ServiceId)],
) -> Vec<(usize, ServiceId, Certainty)> {
    if !of_home.is_empty() {
        // If several filters in several workflows have the directory's name, only one of them builds it.
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
    // A Dockerfile that nothing in the repository builds may have any context.
    let is_asked_for = declared.at.file.name() != path;
    let context = if is_asked_for {
        context.clone()
    } else {
        let file = unread.text(ground, path)?;
        likely_context(ground, path, &unread.parsed(file)?.reads(&request))?
    };
    build(ground, service, path, context, &request, unread)
}

/// Returns the directory of a Dockerfile, or its nearest parent, that has all files that the Dockerfile copies; `None`
/// if no directory has them.
fn likely_context(ground: &Ground<'_>, path: &str, reads: &ContextReads) -> Option<RepoDir> {
    let plain = reads.sources.iter().map(|source| source.path.as_str());
    let plain: Vec<&str> = plain.filter(|path| !path.is_empty() && !path.contains(['*', '?', '[', '\\'])).collect();
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
