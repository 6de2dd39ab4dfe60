//! From the packages of all ecosystems to services: one for each directory, and no circles.

use std::collections::{BTreeMap, BTreeSet};

use super::service_names::{self, Called};
use super::{
    Area, Contribution, Discovered, DiscoveredEdge, DiscoveredService, Package, PackageEdge, Standalone, Taken,
    TakenFor,
};
use crate::analysis::graph::knots;
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// A service before its circles are known.
struct Draft {
    directory: RepoDir,
    package: Option<String>,
    at: DeclaredAt,
    /// What it takes beside its directory.
    takes: Vec<Taken>,
    /// The directories of others below its own.
    ceded: Vec<Taken>,
    /// What it is built from.
    edges: BTreeMap<usize, DeclaredAt>,
}

/// Makes services of packages.
pub(super) fn join(contribution: Contribution) -> Discovered {
    let Contribution { packages, edges, problems, .. } = contribution;
    let mut drafts = by_directory(packages);
    connect(&mut drafts, edges);
    let all: Vec<(usize, usize)> =
        drafts.iter().enumerate().flat_map(|(from, draft)| draft.edges.keys().map(move |to| (from, *to))).collect();
    let knots = knots(drafts.len(), all);
    let mut knot_of = vec![None; drafts.len()];
    for (knot, members) in knots.iter().enumerate() {
        for member in members {
            knot_of[*member] = Some(knot);
        }
    }
    let called = drafts.iter().map(|draft| Called { package: draft.package.as_deref(), directory: &draft.directory });
    let names = service_names::assign(&called.collect::<Vec<_>>());
    let edges = drafts.iter().enumerate().flat_map(|(from, draft)| {
        draft.edges.iter().map(move |(to, at)| DiscoveredEdge { from, to: *to, at: at.clone() })
    });
    let edges = edges.collect();
    let services = drafts.iter().enumerate().zip(names).map(|((id, draft), name)| {
        let alone = [id];
        let members = knot_of[id].map_or(&alone[..], |knot| &knots[knot]);
        DiscoveredService {
            name,
            directory: draft.directory.clone(),
            at: draft.at.clone(),
            takes: taken(&drafts, id, members),
            depends_on: outward(&drafts, members),
        }
    });
    Discovered { services: services.collect(), edges, problems: sorted(problems), ..Discovered::default() }
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
    drafts.sort_by(|(a, _), (b, _)| parts(&a.directory).cmp(parts(&b.directory)));
    // Each stands behind the directories that hold it, and is ceded by the nearest.
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

/// Adds the edges. What leads to no package takes the directory.
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

/// Returns what the services of a circle take, of which this is one: all directories, from the outermost, each less what
/// others own below it.
fn taken(drafts: &[Draft], id: usize, members: &[usize]) -> Vec<Taken> {
    let own: BTreeSet<&RepoDir> = members.iter().map(|member| &drafts[*member].directory).collect();
    let is_others = |taken: &&Taken| !matches!(&taken.area, Area::Ceded(directory) if own.contains(directory));
    // A directory stands behind those that hold it, so that it is taken whatever they cede.
    let mut members = members.to_vec();
    members.sort_by_key(|member| (parts(&drafts[*member].directory).count(), *member));
    let mut takes = Vec::new();
    for member in &members {
        let Draft { directory, ceded, .. } = &drafts[*member];
        let (why, at) = if *member == id {
            (TakenFor::Directory, &drafts[id].at)
        } else {
            (TakenFor::Circle, into_circle(drafts, id, &members))
        };
        takes.push(Taken { area: Area::Below(directory.clone()), why, at: at.clone() });
        takes.extend(ceded.iter().filter(is_others).map(|ceded| Taken { why, ..ceded.clone() }));
    }
    let mut besides: BTreeMap<(TakenFor, &Area), &Taken> = BTreeMap::new();
    for taken in members.iter().flat_map(|member| &drafts[*member].takes) {
        besides.entry((taken.why, &taken.area)).or_insert(taken);
    }
    takes.extend(besides.into_values().cloned());
    takes
}

/// Returns what makes a service part of its circle.
fn into_circle<'d>(drafts: &'d [Draft], id: usize, members: &[usize]) -> &'d DeclaredAt {
    let edge = drafts[id].edges.iter().find(|(to, _)| members.contains(to));
    edge.map_or(&drafts[id].at, |(_, at)| at)
}

/// Returns what the services of a circle are built from outside of it.
fn outward(drafts: &[Draft], members: &[usize]) -> Vec<(usize, DeclaredAt)> {
    let mut outward: BTreeMap<usize, &DeclaredAt> = BTreeMap::new();
    for (to, at) in members.iter().flat_map(|member| &drafts[*member].edges) {
        if !members.contains(to) {
            outward.entry(*to).or_insert(at);
        }
    }
    outward.into_iter().map(|(to, at)| (to, at.clone())).collect()
}

/// The names on the way to a directory; none for the root.
fn parts(directory: &RepoDir) -> impl Iterator<Item = &str> {
    directory.as_str().split('/').filter(|part| *part != ".")
}

/// Puts problems in the order of their files.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |problem: &Diagnostic| problem.labels.first().map(|label| (label.file.name().to_owned(), label.span));
    problems.sort_by_cached_key(|problem| (place(problem), problem.message.clone()));
    problems
}
