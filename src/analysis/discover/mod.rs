//! Services and their dependencies, as a repository's own files declare them.
//!
//! Each ecosystem has one function that reads a [`SourceTree`] and returns a [`Contribution`]: packages, and the edges
//! between them. [`discover`] joins the contributions. A package is affected by the files in its directory and by the
//! files that its manifest names elsewhere. A subdirectory that is a package of its own does not count, unless the
//! image of the outer package copies it. If something is not known, more files count rather than fewer.

mod container_builds;
mod contribution;
mod copied_lockfiles;
mod crates;
mod existing_filters;
mod go_packages;
mod image_names;
mod image_reads;
mod join;
mod member_globs;
mod npm;
mod npm_range;
mod python_packages;
mod service_names;
mod workspace_packages;
#[cfg(test)]
mod tests;

pub use contribution::{Contribution, Package, PackageEdge, Standalone};

use std::collections::{BTreeMap, BTreeSet};

use crate::inputs::source::{DeclaredAt, DeclaredBuild, Ecosystem, PathFilter, SourceTree};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::{RepoDir, ServiceName};

/// The services that a repository's files declare, and their dependencies.
#[derive(Debug, Clone, Default)]
pub struct Discovered {
    /// The services, in the order of their directories.
    pub services: Vec<DiscoveredService>,
    /// All declared edges between services, in the order of services.
    pub edges: Vec<DiscoveredEdge>,
    /// The circles of services that are built from each other: for each circle the positions of its services, in order.
    /// A change that affects one of them affects all.
    pub circles: Vec<Vec<usize>>,
    /// The path filters that the repository has already, in the order of their files.
    pub filters: Vec<DiscoveredFilter>,
    /// The builds of images, each with the position of its service.
    pub builds: Vec<(usize, DeclaredBuild)>,
    /// Diagnostics about files that could not be read or resolved.
    pub problems: Vec<Diagnostic>,
}

/// A service that files of the repository declare.
#[derive(Debug, Clone)]
pub struct DiscoveredService {
    /// Its name. No other service has the same name or the same slug.
    pub name: ServiceName,
    /// Its directory.
    pub directory: RepoDir,
    /// Where a file declares it.
    pub at: DeclaredAt,
    /// The files that affect it. A later entry overrides earlier ones.
    pub takes: Vec<Taken>,
}

/// Some files that affect a service, or that do not affect it ([`Area::Ceded`]).
#[derive(Debug, Clone)]
pub struct Taken {
    /// The files.
    pub area: Area,
    /// Why the files affect the service.
    pub why: TakenFor,
    /// Where a file declares that these files affect the service.
    pub at: DeclaredAt,
}

/// Why some files affect a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TakenFor {
    /// The files are in the service's own directory.
    Directory,
    /// A file names these files as inputs: a manifest, a Dockerfile, the source code or a filter of the service.
    Manifest,
    /// The file is a lockfile that the service's image copies together with manifests of other packages.
    Lockfile,
    /// The files are lockfiles, manifests or settings at the root of the service's workspace.
    Workspace,
}

/// Some files of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Everything below a directory.
    Below(RepoDir),
    /// The files directly in a directory, without its subdirectories.
    Directly(RepoDir),
    /// One file, which need not exist.
    File(String),
    /// The files below a directory do not affect the service: they belong to another service.
    Ceded(RepoDir),
}

/// A path filter that the repository has already.
#[derive(Debug, Clone)]
pub struct DiscoveredFilter {
    /// The filter.
    pub filter: PathFilter,
    /// Where the filter is written.
    pub at: DeclaredAt,
    /// Where each of its patterns is written.
    pub places: Vec<DeclaredAt>,
}

/// An edge between two services, by their positions.
#[derive(Debug, Clone)]
pub struct DiscoveredEdge {
    /// The service that is built.
    pub from: usize,
    /// The service that it is built from.
    pub to: usize,
    /// Where a file declares it.
    pub at: DeclaredAt,
}

impl Discovered {
    /// Returns the areas that affect the services of a circle. First come their directories, the outermost first, each
    /// with the directories below it that belong to services outside of the circle. Then come the other areas that
    /// affect some of the services, but not all.
    #[must_use]
    pub fn taken_in_circle(&self, members: &[usize]) -> Vec<&Taken> {
        let mut services: Vec<&DiscoveredService> = members.iter().map(|member| &self.services[*member]).collect();
        services.sort_by_key(|service| service.directory.depth());
        let takes = services.iter().flat_map(|service| &service.takes);
        let (directories, besides): (Vec<&Taken>, Vec<&Taken>) =
            takes.partition(|taken| taken.why == TakenFor::Directory);
        let own: BTreeSet<&RepoDir> = services.iter().map(|service| &service.directory).collect();
        let is_others = |taken: &&Taken| !matches!(&taken.area, Area::Ceded(directory) if own.contains(directory));
        // An area that affects all services of the circle is left out, since each service has it already.
        let mut counts: BTreeMap<(TakenFor, &Area), usize> = BTreeMap::new();
        for taken in &besides {
            *counts.entry((taken.why, &taken.area)).or_default() += 1;
        }
        let mut seen = BTreeSet::new();
        let is_of_some =
            |taken: &&Taken| counts.get(&(taken.why, &taken.area)).is_some_and(|count| *count < members.len());
        let besides = besides.into_iter().filter(is_of_some).filter(|taken| seen.insert((taken.why, &taken.area)));
        directories.into_iter().filter(is_others).chain(besides).collect()
    }

    /// Returns the services in the directories below a directory, without the one in the directory itself.
    pub fn services_below<'d>(&'d self, directory: &'d RepoDir) -> impl Iterator<Item = &'d DiscoveredService> {
        let first = self.services.partition_point(|service| service.directory.parts().le(directory.parts()));
        self.services[first..].iter().take_while(|service| directory.holds(&service.directory))
    }

    /// Returns the service in a directory; `None` if there is none.
    #[must_use]
    pub fn service_in(&self, directory: &RepoDir) -> Option<&DiscoveredService> {
        let found = self.services.binary_search_by(|service| service.directory.parts().cmp(directory.parts()));
        found.ok().map(|position| &self.services[position])
    }

    /// Returns the files that declare the services, their areas, their edges and their builds, in no particular order. A
    /// file may occur several times.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        let services = self.services.iter().flat_map(|service| {
            let taken = service.takes.iter().map(|taken| &taken.at);
            std::iter::once(&service.at).chain(taken)
        });
        let builds = self.builds.iter().map(|(_, build)| &build.at);
        services.chain(self.edges.iter().map(|edge| &edge.at)).chain(builds).map(|at| &at.file)
    }
}

/// Returns the services that the files of a tree declare in these ecosystems. The result depends on nothing else.
#[must_use]
pub fn discover(tree: &SourceTree, ecosystems: &[Ecosystem]) -> Discovered {
    let mut all = Contribution { problems: tree.problems().cloned().collect(), ..Contribution::default() };
    for ecosystem in Ecosystem::ALL.into_iter().filter(|ecosystem| ecosystems.contains(ecosystem)) {
        all.append(match ecosystem {
            Ecosystem::Cargo => crates::read(tree),
            Ecosystem::Docker => container_builds::read(tree),
            Ecosystem::Go => go_packages::read(tree),
            Ecosystem::Npm => npm::read(tree),
            Ecosystem::Python => python_packages::read(tree),
        });
    }
    let mut filters = Vec::new();
    if ecosystems.contains(&Ecosystem::Docker) {
        filters = existing_filters::read(tree, &mut all.problems);
        existing_filters::add(tree, &filters, &mut all);
    }
    copied_lockfiles::add(tree, &mut all);
    let builds = std::mem::take(&mut all.builds);
    let found = join::join(all);
    let positions = found.services.iter().enumerate().map(|(position, service)| (&service.directory, position));
    let positions: BTreeMap<&RepoDir, usize> = positions.collect();
    let builds =
        builds.into_iter().filter_map(|(directory, build)| Some((*positions.get(&directory)?, build))).collect();
    Discovered { filters, builds, ..found }
}
