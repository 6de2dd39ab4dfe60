use std::collections::BTreeMap;

use super::{Services, checked_name};
use crate::config::problems::Problems;
use crate::config::raw;
use crate::config::read::{Named, Text};
use crate::diagnostic::{Diagnostic, Located};
use crate::graph::{Cycle, Graph};
use crate::name::{Escaped, ServiceId, ServiceName};

/// Checks what services depend on, and returns the graph of it; none when there is a circle.
pub(super) fn check(services: &Services, problems: &mut Problems<'_>) -> Option<Graph> {
    for service in services.values() {
        let mut seen = BTreeMap::new();
        for dependency in listed(&service.value.value) {
            let name = dependency.value.0.as_str();
            if !services.contains_key(name) {
                unknown(dependency, services, problems);
            }
            if let Some(first) = seen.insert(name, dependency.defined) {
                let message = format!("`{}` stands twice in `depends_on`", Escaped::new(name));
                let problem = Diagnostic::warning("duplicate-dependency", message);
                let problem = problem.located(problems.file(), dependency, "the second one");
                problems.push(problem.label(problems.file(), first, "the first one"));
            }
        }
    }
    let edges = |(name, service): (&String, &Named<raw::Service>)| {
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

/// Returns what a service of a graph depends on, each once, in the order of its list.
pub(super) fn of(graph: &Graph, service: &raw::Service) -> Vec<Located<ServiceId>> {
    let mut dependencies: Vec<Located<ServiceId>> = Vec::new();
    for dependency in listed(service) {
        if let Some(id) = graph.id(&dependency.value.0)
            && dependencies.iter().all(|known| known.value != id)
        {
            dependencies.push(Located { value: id, used: dependency.used, defined: dependency.defined });
        }
    }
    dependencies
}

fn listed(service: &raw::Service) -> &[Located<Text>] {
    service.depends_on.value().map_or(&[], |list| &list.0)
}

fn unknown(dependency: &Located<Text>, services: &Services, problems: &mut Problems<'_>) {
    let name = dependency.value.0.as_str();
    let problem = Diagnostic::error("unknown-dependency", format!("there is no service `{}`", Escaped::new(name)));
    let problem = problem.located(problems.file(), dependency, "not a service of this file");
    let path = services.iter().find(|(_, service)| {
        service.value.value.path.value().is_some_and(|path| path.0.to_string() == name.trim_end_matches('/'))
    });
    let meant = path.map(|(name, _)| name.as_str());
    let meant = meant.or_else(|| problems.did_you_mean(name, services.keys().map(String::as_str)));
    problems.push(match (path, meant) {
        (Some(_), Some(meant)) => problem.help(format!("`depends_on` takes names: write `{}`", Escaped::new(meant))),
        (None, Some(meant)) => problem.help(format!("did you mean `{}`?", Escaped::new(meant))),
        _ => problem.help("`depends_on` takes names out of `services`"),
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
    problems.push(problem.help("take one of them out"));
}
