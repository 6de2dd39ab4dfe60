//! Joins the packages of all ecosystems into services, one for each directory.

use std::collections::BTreeMap;

use super::service_names::{self, NameSource};
use super::{
    Area, Contribution, Discovered, DiscoveredEdge, DiscoveredService, Package, PackageEdge, Standalone, Taken,
    TakenFor,
};
use crate::analysis::graph::cyclic_components;
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// A service before it has a name.
struct Draft {
    directory: RepoDir,
    package: Option<String>,
    at: DeclaredAt,
    /// The files that affect it besides its directory.
    takes: Vec<Taken>,
    /// The directories below its own that belong to other services.
    ceded: Vec<Taken>,
    /// The positions of the services that it is built from.
    edges: BTreeMap<usize, DeclaredAt>,
}

/// Makes services from packages.
pub(super) fn join(contribution: Contribution) -> Discovered {
    let Contribution { packages, edges, problems, .. } = contribution;
    let mut drafts = by_directory(packages);
    connect(&mut drafts, edges);
    let called =
        drafts.iter().map(|draft| NameSource { package: draft.package.as_deref(), directory: &draft.directory });
    let names = service_names::assign(&called.collect::<Vec<_>>());
    let (mut services, mut edges) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (from, (draft, name)) in drafts.into_iter().zip(names).enumerate() {
        let Draft { directory, at, takes, ceded, edges: own, .. } = draft;
        edges.extend(own.into_iter().map(|(to, at)| DiscoveredEdge { from, to, at }));
        let takes = taken(&directory, &at, takes, ceded);
        services.push(DiscoveredService { name, directory, at, takes });
    }
    let circles = cyclic_components(services.len(), edges.iter().map(|edge| (edge.from, edge.to)));
    Discovered { services, edges, circles, problems: sorted(problems), ..Discovered::default() }
}

/// Makes one draft for each directory, in the order of directories.
fn by_directory(packages: Vec<Package>) -> Vec<Draft> {
    let mut drafts: BTreeMap<RepoDir, (Draft, Standalone)> = BTreeMap::new();
    for Package { directory, name, at, standalone, takes, .. } in packages {
        let (draft, apart) = drafts.entry(directory).or_insert_with_key(|directory| {
            let draft = Draft {
                directory: directory.clone(),
                package: None,
                at,
                takes: Vec::new(),
                ceded: Vec::new(),
                edges: BTreeMap::new(),
            };
            (draft, standalone)
        });
        draft.package = draft.package.take().or(name);
        draft.takes.extend(takes);
        if standalone == Standalone::Yes {
            *apart = Standalone::Yes;
        }
    }
    let mut drafts: Vec<(Draft, Standalone)> = drafts.into_values().collect();
    drafts.sort_by(|(a, _), (b, _)| a.directory.parts().cmp(b.directory.parts()));
    // Each directory comes after the directories that contain it, and the nearest of these cedes it.
    let mut above: Vec<usize> = Vec::new();
    for id in 0..drafts.len() {
        while above.last().is_some_and(|last| !drafts[*last].0.directory.holds(&drafts[id].0.directory)) {
            above.pop();
        }
        if drafts[id].1 == Standalone::Unsure {
            continue;
        }
        let Draft { directory, at, .. } = &drafts[id].0;
        let area = Area::Ceded(directory.clone());
        let ceded = Taken { area, why: TakenFor::Directory, at: at.clone() };
        if let Some(nearest) = above.last() {
            drafts[*nearest].0.ceded.push(ceded);
        }
        above.push(id);
    }
    drafts.into_iter().map(|(draft, _)| draft).collect()
}

/// Adds the edges. If an edge leads to a directory without a package, all files below that directory affect the service
/// at the other end of the edge instead.
fn connect(drafts: &mut [Draft], edges: Vec<PackageEdge>) {
    let ids: BTreeMap<RepoDir, usize> =
        drafts.iter().enumerate().map(|(id, draft)| (draft.directory.clone(), id)).collect();
    for PackageEdge { from, to, at } in edges {
        let Some(from) = ids.get(&from).copied() else { continue };
        match ids.get(&to) {
            Some(to) if *to == from => {}
            Some(to) => _ = drafts[from].edges.entry(*to).or_insert(at),
            None => drafts[from].takes.push(Taken { area: Area::Below(to), why: TakenFor::Manifest, at }),
        }
    }
}

/// Returns the areas that affect a service, each once: its directory, without the directories below it that belong to
/// other services, and the areas in `besides`. If its image copies a directory of another service, that directory
/// affects both.
fn taken(directory: &RepoDir, at: &DeclaredAt, besides: Vec<Taken>, mut ceded: Vec<Taken>) -> Vec<Taken> {
    let own = Taken { area: Area::Below(directory.clone()), why: TakenFor::Directory, at: at.clone() };
    ceded.retain(|ceded| !besides.iter().any(|taken| holds(&taken.area, &ceded.area)));
    let is_covered = |area: &Area| {
        holds(&own.area, area) && !ceded.iter().any(|ceded| matches!(&ceded.area, Area::Ceded(of) if is_in(area, of)))
    };
    let mut each: BTreeMap<(TakenFor, Area), Taken> = BTreeMap::new();
    for taken in besides {
        if matches!(taken.why, TakenFor::Lockfile | TakenFor::Workspace) || !is_covered(&taken.area) {
            each.entry((taken.why, taken.area.clone())).or_insert(taken);
        }
    }
    std::iter::once(own).chain(ceded).chain(each.into_values()).collect()
}

/// Whether an area contains all files of another one.
fn holds(area: &Area, other: &Area) -> bool {
    matches!(area, Area::Below(directory) if is_in(other, directory))
}

/// Whether all files of an area are in a directory.
fn is_in(area: &Area, directory: &RepoDir) -> bool {
    match area {
        Area::Below(other) | Area::Directly(other) | Area::Ceded(other) => directory.holds(other),
        Area::File(path) => directory.holds_file(path),
    }
}

/// Puts problems in the order of their files.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |problem: &Diagnostic| problem.labels.first().map(|label| (label.file.name().to_owned(), label.span));
    problems.sort_by_cached_key(|problem| (place(problem), problem.message.clone()));
    problems
}
