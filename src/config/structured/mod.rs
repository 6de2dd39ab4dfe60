//! The structured shape of filters.yaml: checks rules that involve several values, and replaces names by ids.

mod dependencies;
mod discovered_services;
mod environments;
mod image;
mod build_files;
mod circles;
mod commands;
mod libraries;
mod names;
mod needs;
mod same_tag;
mod service;
mod tags;

pub(super) use build_files::{below, below_directory, literal};
pub(super) use circles::circle_name;
pub(super) use discovered_services::{directly_in, shared_file};
pub(super) use environments::usual as usual_environments;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::copied_patterns::{add_inputs, including};
use super::lockfile_use::LockfilePatterns;
use super::problems::Problems;
use super::raw::{self, Patterns};
use super::read::{Field, List, Named, Read as _};
use super::yaml::{Node, View};
use super::{Computed, Config, Global, Service, Shape, definition};
use crate::analysis::definition::{Definition, Definitions};
use crate::analysis::discover::Discovered;
use crate::analysis::filter::{Filter, Filters};
use crate::inputs::source::Ecosystem;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::ServiceName;

/// The services with defaults applied, by name.
type Services = IndexMap<String, Named<Box<raw::Service>>>;

/// Reads a file of the structured shape; `None` if it has an error.
pub(super) fn read(root: Node<'_>, found: &Discovered, problems: &mut Problems<'_>) -> Option<Config> {
    let mut file = raw::File::read(root.view(), problems)?;
    // The tree takes many times the memory of the text, and the checks take memory too.
    drop(root);
    one_unowned(&mut file, problems);
    let mut added = discovered_services::add(&mut file, found, problems);
    libraries::check(&file, problems);
    commands::check(&file, problems);
    let services = with_defaults(&mut file);
    names::check(&services, &file, problems);
    let graph = dependencies::check(&services, problems);
    needs::check(&services, problems);
    tags::check(&services, problems);
    let environments = environments::check(&file.environments, problems);
    let mut filters = Vec::new();
    // Services are large, so the map gets its whole capacity at once.
    let mut list = IndexMap::with_capacity(services.len());
    for (name, service) in services {
        let Some(checked) = service::check(&name, service, problems) else { continue };
        let service::Checked { filter, mut inputs, depends_on, mut service } = checked;
        let name = service.name.value.as_str();
        inputs.extend(added.besides.remove(name).unwrap_or_default());
        service.origin = added.origins.get(name).copied().unwrap_or_default();
        service.filter = add(&mut filters, filter);
        service.inputs = (!inputs.is_empty()).then(|| add(&mut filters, Filter::Ordered(inputs)));
        service.depends_on = graph.as_ref().map(|graph| dependencies::of(graph, &depends_on)).unwrap_or_default();
        list.insert(service.name.value.clone(), service);
    }
    same_tag::check(&list, problems);
    let graph = graph.filter(|_| !problems.has_errors())?;
    for (member, library) in &added.circles {
        let Some(library) = list.get_index_of(library.as_str()) else { continue };
        let circle = list[library].filter;
        let Some(service) = list.get_mut(member.as_str()) else { continue };
        service.circle = Some(circle);
        let inputs = service.inputs.map(|inputs| including(&filters[inputs.position()])).unwrap_or_default();
        add_inputs(&mut filters, &mut list[library], inputs);
    }
    let ordered = |patterns: &Patterns| Filter::Ordered(patterns.0.clone());
    let named = file.filters.value().into_iter().flat_map(|map| &map.0);
    let named = named.map(|(name, value)| (name.clone(), add(&mut filters, ordered(&value.value.value)))).collect();
    let of =
        |field: &Field<Patterns>| Filter::Ordered(field.value().map_or_else(Vec::new, |patterns| patterns.0.clone()));
    let global = add(&mut filters, of(&file.global));
    let unowned = add(&mut filters, of(&file.unowned));
    Some(Config {
        source: problems.file().clone(),
        shape: Shape::Structured,
        services: list,
        graph,
        filters: Filters::new(filters),
        named,
        global,
        unowned,
        environments,
        lockfiles: LockfilePatterns::default(),
        computed: Computed::default(),
    })
}

/// Reads the definitions of the services in an older or newer version of the file, which may have keys and rules that
/// this program does not know. The definition of a service with an unreadable value equals no other definition.
pub(super) fn definitions(
    root: View<'_>,
    found: &Discovered,
    narrowed: &BTreeSet<usize>,
    problems: &mut Problems<'_>,
) -> Option<Definitions> {
    let mut file = raw::File::read(root, problems)?;
    let added = discovered_services::add(&mut file, found, problems);
    let narrowed = narrowed.iter().filter_map(|position| added.added_as(*position));
    let narrowed: BTreeSet<&str> =
        narrowed.flat_map(|name| std::iter::once(name).chain(added.circles.get(name).map(String::as_str))).collect();
    let is_whole = !file.defaults.is_broken();
    let watched = match &file.global {
        Field::Broken => None,
        global => Some(global.value().and_then(|patterns| definition::of_global(&Filter::Ordered(patterns.0.clone())))),
    };
    let services = with_defaults(&mut file);
    let define = |(name, named): (String, Named<Box<raw::Service>>)| {
        let depends_on = dependencies::named(&named.value.value);
        let is_whole = is_whole && named.value.value.is_whole() && !narrowed.contains(name.as_str());
        let checked = if is_whole { service::check(&name, named, problems) } else { None };
        let is_known = |service: &Service| watched.is_some() || service.global == Global::OptsOut;
        let definition = match checked.filter(|checked| is_known(&checked.service)) {
            Some(service::Checked { service, filter, .. }) => {
                definition::of(&service, &filter, depends_on, watched.as_ref().and_then(Option::as_ref))
            }
            None => Definition { canonical: None, global: None, depends_on },
        };
        Some((checked_name(&name)?, definition))
    };
    let mut definitions: IndexMap<ServiceName, Definition> = services.into_iter().filter_map(define).collect();
    let mut circles: BTreeMap<&str, Vec<(ServiceName, Definition)>> = BTreeMap::new();
    for (member, circle) in &added.circles {
        let member = checked_name(member).and_then(|name| definitions.get_key_value(&name));
        circles.entry(circle).or_default().extend(member.map(|(name, member)| (name.clone(), member.clone())));
    }
    for (circle, members) in circles {
        if let Some(library) = checked_name(circle).and_then(|name| definitions.get_mut(&name)) {
            definition::of_circle(library, members.iter().map(|(name, member)| (name, member)));
        }
    }
    Some(Definitions(definitions))
}

/// Returns the ecosystems that the key `workspaces` of a file names.
pub(super) fn workspaces(root: View<'_>, problems: &mut Problems<'_>) -> Vec<Ecosystem> {
    let field: Field<List<raw::Choice<Ecosystem>>> =
        root.get("workspaces").map_or(Field::Absent, |view| Field::read(view, problems));
    let asked: BTreeSet<Ecosystem> =
        field.value().into_iter().flat_map(|list| &list.0).map(|choice| choice.value.0).collect();
    asked.into_iter().collect()
}

/// Moves the value of `ignore`, the former name of `unowned`, to `unowned`, with a warning. A file with both keys is an
/// error.
fn one_unowned(file: &mut raw::File, problems: &mut Problems<'_>) {
    let former = std::mem::take(&mut file.ignore);
    let Some(at) = former.given() else { return };
    let message = "`ignore` is called `unowned` now: it excludes nothing";
    let both = file.unowned.given().map(|unowned| unowned.defined);
    let problem = if both.is_some() { Diagnostic::error } else { Diagnostic::warning };
    let problem = problem("former-key", message).located(problems.file(), at, "paths that belong to no service");
    problems.push(match both {
        Some(unowned) => problem.label(problems.file(), unowned, "and these").help("move its patterns to `unowned`"),
        None => problem
            .help("write `unowned` for it")
            .help("`exclude`, of a service or in `defaults`, says what must not affect a service"),
    });
    if both.is_none() {
        file.unowned = former;
    }
}

fn add(filters: &mut Vec<Filter>, filter: Filter) -> crate::analysis::filter::FilterId {
    filters.push(filter);
    Filters::id(filters.len() - 1)
}

/// Takes the services out of a file, and fills in the file's defaults for keys that they lack.
fn with_defaults(file: &mut raw::File) -> Services {
    let Field::Given(services) = std::mem::take(&mut file.services) else { return Services::new() };
    let services = services.value.0;
    let Some(defaults) = file.defaults.value() else { return services };
    let apply = |mut named: Named<Box<raw::Service>>| {
        let mut defaults = defaults.clone();
        // `run` and `builder` exclude each other, so a service's own value of one replaces the defaults of both.
        if !matches!(named.value.value.run, Field::Absent) {
            defaults.builder = Field::Absent;
            defaults.flags = Field::Absent;
        }
        if !matches!(named.value.value.builder, Field::Absent) {
            defaults.run = Field::Absent;
        }
        *named.value.value = std::mem::take(&mut *named.value.value).over(&defaults);
        named
    };
    services.into_iter().map(|(name, named)| (name, apply(named))).collect()
}

/// Returns a text as a service name; `None` if it is not valid, which `names::check` has reported.
fn checked_name(name: &str) -> Option<ServiceName> {
    ServiceName::parse(name).ok()
}
