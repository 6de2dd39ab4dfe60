//! Manifests of other workspace members that an image has only so that its package manager accepts the lockfile.
//!
//! A package manager refuses a lockfile if the manifest of a member is absent, so a Dockerfile copies all of them. What
//! the image gets is in the lockfile, which is a file of the image itself.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::image_builds::ImageBuild;
use super::positions::Positions;
use super::uncovered_copy::{LOCKFILES, MANIFESTS};
use super::unlisted_dependency::{built_from, edges};
use crate::analysis::discover::{Area, DiscoveredEdge, TakenFor};
use crate::model::name::RepoDir;

/// The workspace members of a repository, and what they are built from.
pub(super) struct LoneManifests<'a> {
    ground: &'a Ground<'a>,
    /// The edges of each discovered service.
    edges: Vec<Vec<&'a DiscoveredEdge>>,
    /// The discovered services, by directory.
    services: BTreeMap<&'a str, usize>,
    /// For each set, the discovered services that correspond to each of its services.
    homes: Vec<Vec<BTreeSet<usize>>>,
}

impl<'a> LoneManifests<'a> {
    pub(super) fn of(ground: &'a Ground<'a>) -> Self {
        let services = ground.found.services.iter().enumerate();
        let services = services.map(|(at, service)| (service.directory.as_str(), at)).collect();
        let places = |homes: Vec<(usize, _)>| homes.into_iter().map(|(home, _)| home).collect();
        let homes = (0..ground.sets.len()).map(|set| ground.homes(set).into_iter().map(places).collect());
        Self { ground, edges: edges(ground), services, homes: homes.collect() }
    }

    /// Returns the lone manifests among the files that a build reads, by position. `read` are all files that it reads.
    ///
    /// The manifest of a workspace member is a lone one if the build reads the lockfile of the workspace and nothing
    /// else of the member, and if no package of the image is built from the member.
    pub(super) fn among(&self, build: &ImageBuild<'_>, read: &[usize]) -> BTreeSet<usize> {
        let uncovered: Vec<usize> = read.iter().copied().filter(|position| !build.cover.has(*position)).collect();
        if uncovered.is_empty() {
            return BTreeSet::new();
        }
        let positions = Positions::of(self.ground.listing().len(), read.iter().copied());
        let mut members: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for position in uncovered {
            if let Some(member) = self.member(position, &positions) {
                members.entry(member).or_default().insert(position);
            }
        }
        members.retain(|member, manifests| {
            let mut below = self.ground.below(&self.ground.found.services[*member].directory);
            !below.any(|position| positions.has(position) && !manifests.contains(&position))
        });
        if members.is_empty() {
            return BTreeSet::new();
        }
        let needed = self.needed(build, read, &members);
        members.into_iter().filter(|(member, _)| !needed.contains(member)).flat_map(|(_, files)| files).collect()
    }

    /// Returns the workspace member whose manifest is at a position. `None` if there is none, or if the build does not
    /// read the lockfile of the workspace.
    fn member(&self, position: usize, read: &Positions) -> Option<usize> {
        let path = self.ground.path(position);
        let (directory, name) = path.rsplit_once('/').filter(|(_, name)| MANIFESTS.contains(name))?;
        let member = *self.services.get(directory)?;
        let is_read = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let position = self.ground.listing().position(path.as_bytes());
            LOCKFILES.contains(&name) && position.is_some_and(|position| read.has(position))
        };
        let mut shared =
            self.ground.found.services[member].takes.iter().filter(|taken| taken.why == TakenFor::Workspace);
        let is_locked = shared.any(|taken| matches!(&taken.area, Area::File(path) if is_read(path)));
        (is_locked && name.len() < path.len()).then_some(member)
    }

    /// Returns the packages of an image, and the packages that they are built from.
    fn needed(
        &self,
        build: &ImageBuild<'_>,
        read: &[usize],
        members: &BTreeMap<usize, BTreeSet<usize>>,
    ) -> BTreeSet<usize> {
        let asked = std::iter::once((build.set, build.service)).chain(build.asked.iter().copied());
        let mut packages: BTreeSet<usize> =
            asked.flat_map(|(set, service)| &self.homes[set][service.0]).copied().collect();
        let lone = |position: &usize| members.values().any(|manifests| manifests.contains(position));
        packages
            .extend(read.iter().filter(|position| !lone(position)).filter_map(|position| self.innermost(*position)));
        packages.extend(self.services.get(RepoDir::of_file(build.file.name()).as_str()));
        built_from(&self.edges, packages)
    }

    /// Returns the discovered service with the nearest directory above a file; `None` if there is no such service, or
    /// if its directory is the root.
    fn innermost(&self, position: usize) -> Option<usize> {
        let path = self.ground.path(position);
        let above =
            RepoDir::of_file(&path).and_above().find_map(|directory| self.services.get(directory.as_str()).copied());
        above.filter(|at| !self.ground.found.services[*at].directory.is_root())
    }
}
