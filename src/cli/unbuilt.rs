//! Services that rebake does not build, since no filters.yaml says how, and no Dockerfile does.

use std::collections::{BTreeMap, BTreeSet};

use super::printing::Output;
use crate::config::{self, discovered_builds};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, Listed};
use crate::plan::Plan;
use crate::plan::pipeline::Workspace;

/// How many services a message names.
const NAMED: usize = 5;

/// How many declarations that builds leave out a message lists.
const LISTED: usize = 5;

const INIT: &str = "`rebake init --write` writes a filters.yaml, where `run` gives a service a command";

/// Whether a service of a derived configuration has nothing that rebake could build: no Dockerfile of it is known, or the
/// work tree lacks the Dockerfile or the context, which a job of a workflow may make. A service of a filters.yaml is never
/// such a service, since the file is to say how it is built.
pub(crate) fn is_unbuilt(workspace: &Workspace, service: &config::Service) -> bool {
    if !workspace.file.is_derived() || service.is_library() {
        return false;
    }
    // A derived service has the name of an image exactly if it has a Dockerfile.
    service.image.name.is_none() || lacks_files(workspace, service)
}

fn lacks_files(workspace: &Workspace, service: &config::Service) -> bool {
    let (Some(root), Some(own)) = (workspace.repository.work_dir(), &service.path) else { return false };
    let context = service.context.as_ref().map_or(own, |context| &context.value);
    let dockerfile = service.dockerfile.as_ref().map_or_else(|| own.join("Dockerfile"), |file| file.value.clone());
    !root.join(context.git_path()).is_dir() || !root.join(dockerfile).is_file()
}

/// Returns a plan with only the services that rebake builds, and prints what it leaves out. A dependent of an omitted
/// service waits for that service's own dependencies.
pub(crate) fn buildable(mut plan: Plan, workspace: &Workspace, output: &Output) -> Plan {
    let unbuilt: BTreeSet<&str> = workspace
        .config
        .services
        .iter()
        .filter(|(_, service)| is_unbuilt(workspace, service))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut left_out = Vec::new();
    for service in plan.services.iter_mut().filter(|service| unbuilt.contains(service.service.as_str())) {
        service.library = true;
        left_out.push(format!("`{}`", Escaped::new(&service.service)));
    }
    let plan = plan.without_libraries().into_owned();
    output.say(not_built(&left_out, workspace).as_slice());
    output.say(incomplete(&plan, workspace).as_slice());
    plan
}

/// Returns the message about services that are not built; `None` if there are none.
fn not_built(names: &[String], workspace: &Workspace) -> Option<Diagnostic> {
    let is_built = |service: &config::Service| !service.is_library() && !is_unbuilt(workspace, service);
    let problem = if names.is_empty() {
        return None;
    } else if !workspace.config.services.values().any(is_built) {
        Diagnostic::warning("nothing-built", "no service here has a Dockerfile or a command, so rebake builds nothing")
    } else {
        let what = "rebake builds only services with a Dockerfile and a context in the work tree";
        let message = format!("{what}, and not {}", Listed::new(names, NAMED));
        Diagnostic::new(Severity::Note, "not-built", message)
    };
    Some(problem.help(INIT))
}

/// Returns the warning about builds that leave out something that the repository's files declare; `None` if there are
/// none.
fn incomplete(plan: &Plan, workspace: &Workspace) -> Option<Diagnostic> {
    if !workspace.file.is_derived() {
        return None;
    }
    let found = workspace.file.discovery.found();
    let builds: BTreeMap<&str, _> =
        found.services.iter().map(|service| service.name.as_str()).zip(discovered_builds(found)).collect();
    let left_out = plan.services.iter().flat_map(|service| {
        let build = builds.get(service.service.as_str()).and_then(Option::as_ref);
        let left_out = build.map(config::DiscoveredBuild::left_out).unwrap_or_default();
        left_out.iter().map(|left| format!("`{}`: {left}", Escaped::new(&service.service)))
    });
    let left_out: Vec<String> = left_out.collect();
    if left_out.is_empty() {
        return None;
    }
    let message = "the builds leave out some of what the repository's files declare for them";
    let warning = left_out.iter().take(LISTED).fold(Diagnostic::warning("incomplete-build", message), Diagnostic::help);
    let more = left_out.len().saturating_sub(LISTED);
    Some(if more > 0 { warning.help(format!("and {more} more; `rebake init` lists all")) } else { warning })
}
