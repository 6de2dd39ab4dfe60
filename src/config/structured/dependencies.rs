use std::cell::LazyCell;
use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::{Services, checked_name};
use crate::analysis::graph::{Cycle, Graph};
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::config::read::{Named, Text};
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{ServiceId, ServiceName};

/// Checks the dependencies of services, and returns their graph, or `None` if there is a cycle.
pub(super) fn check(services: &Services, problems: &mut Problems<'_>) -> Option<Graph> {
    let by_path = LazyCell::new(|| by_path(services));
    for service in services.values() {
        let mut seen = BTreeMap::new();
        for dependency in listed(&service.value.value) {
            let name = dependency.value.0.as_str();
            if !services.contains_key(name) {
                unknown(dependency, services, &by_path, problems);
            }
            if let Some(first) = seen.insert(name, dependency.defined) {
                let message = format!("`{}` is twice in `depends_on`", shown(name));
                let problem = Diagnostic::warning("duplicate-dependency", message);
                let problem = problem.located(problems.file(), dependency, "the second one");
                problems.push(problem.label(problems.file(), first, "the first one"));
            }
        }
    }
    let edges = |(name, service): (&String, &Named<Box<raw::Service>>)| {
        let dependencies = listed(&service.value.value).iter().filter_map(|name| checked_name(&name.value.0));
        Some((checked_name(name)?, dependencies.collect::<Vec<ServiceName>>()))
    };
    match Graph::new(&services.iter().filter_map(edges).collect::<Vec<_>>()) {
        Ok(graph) => Some(graph),
        Err(cycles) => {
            for found in cycles {
                cycle(&found, services, problems);
            }
            None
        }
    }
}

/// Returns the ids of the services that a list names, each once, in the order of the list. Unknown names are left out.
pub(super) fn of(graph: &Graph, list: &[Located<Text>]) -> Vec<Located<ServiceId>> {
    let mut dependencies: Vec<Located<ServiceId>> = Vec::new();
    for dependency in list {
        if let Some(id) = graph.id(&dependency.value.0)
            && dependencies.iter().all(|known| known.value != id)
        {
            dependencies.push(Located { value: id, used: dependency.used, defined: dependency.defined });
        }
    }
    dependencies
}

/// Returns the service names in a service's `depends_on`, each once. Texts that are no valid service names are left
/// out.
pub(super) fn named(service: &raw::Service) -> Vec<ServiceName> {
    let names: IndexSet<ServiceName> = listed(service).iter().filter_map(|name| checked_name(&name.value.0)).collect();
    names.into_iter().collect()
}

pub(super) fn listed(service: &raw::Service) -> &[Located<Text>] {
    service.depends_on.value().map_or(&[], |list| &list.0)
}

/// Returns the names of services by their paths, since `depends_on` may name a path by mistake.
fn by_path(services: &Services) -> BTreeMap<&str, &str> {
    let named = services.iter().filter_map(|(name, service)| {
        let path = service.value.value.path.value()?;
        Some((path.0.as_str(), name.as_str()))
    });
    named.collect()
}

fn unknown(
    dependency: &Located<Text>,
    services: &Services,
    by_path: &BTreeMap<&str, &str>,
    problems: &mut Problems<'_>,
) {
    let name = dependency.value.0.as_str();
    let problem = Diagnostic::error("unknown-dependency", format!("there is no service `{}`", shown(name)));
    let problem = problem.located(problems.file(), dependency, "not a service of this file");
    let path = name.trim_start_matches("./").trim_end_matches('/');
    problems.push(if let Some(meant) = by_path.get(path) {
        problem.help(format!("`depends_on` takes names: write `{}`", shown(meant)))
    } else if let Some(meant) = problems.did_you_mean(name, services.keys().map(String::as_str)) {
        problem.help(format!("did you mean `{}`?", shown(meant)))
    } else {
        problem.help("`depends_on` takes names from `services`")
    });
}

fn cycle(cycle: &Cycle, services: &Services, problems: &mut Problems<'_>) {
    let members = cycle.members();
    let message = match members {
        [alone] => format!("the service `{alone}` depends on itself"),
        _ => format!("services depend on themselves in a circle: {cycle}"),
    };
    let mut problem = Diagnostic::error("dependency-cycle", message);
    for (member, next) in members.iter().zip(members.iter().cycle().skip(1)) {
        let edges = services.get(member.as_str()).map_or(&[][..], |service| listed(&service.value.value));
        if let Some(edge) = edges.iter().find(|edge| edge.value.0 == next.as_str()) {
            let label = match members {
                [_] => "this one".to_owned(),
                _ => format!("`{member}` depends on `{next}`"),
            };
            problem = problem.located(problems.file(), edge, label);
        }
    }
    problems.push(problem.help("remove one of them"));
}
