//! Tags that are put on images once they are built.

use crate::cli::printing::Output;
use crate::cli::put_tags::{Became, Wanted, put, staying};
use crate::inputs::registry::{ImagePresence, Question, Registries};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, Report};
use crate::plan::{Plan, PlannedService};

/// Puts on each image that was built the tags that its build did not give it, and says in the report which it has then. A
/// service whose tags cannot be put has failed.
pub(super) fn put_later(plan: &Plan, report: &mut Report, registries: impl FnOnce() -> Registries, output: &Output) {
    let built = |service: &ServiceReport| {
        let planned = plan.service(&service.service).filter(|_| service.outcome == Outcome::Succeeded)?;
        let tags = planned.later_tags();
        (!tags.is_empty()).then(|| (planned, service.digest.clone(), tags))
    };
    let built: Vec<_> = report.services.iter().filter_map(built).collect();
    if built.is_empty() {
        return;
    }
    let registries = registries();
    let mut wanted = Vec::new();
    let mut came: Vec<(&PlannedService, Result<Vec<String>, String>)> = Vec::new();
    for (service, digest, tags) in built {
        match digest.or_else(|| pushed(service, &registries)) {
            Some(digest) => wanted.push(Wanted { service, digest, tags }),
            None => came.push((service, Err(UNKNOWN.to_owned()))),
        }
    }
    let mut stay = Vec::new();
    for (wanted, became) in wanted.iter().zip(put(&wanted, &registries)) {
        let outcome = match became {
            Became::Tagged { has, stays, .. } => {
                stay.extend(stays);
                Ok(has)
            }
            Became::Gone => Err(format!("its registry does not have what was built, {}", Escaped::new(&wanted.digest))),
            Became::Unread(failure) => Err(format!(
                "its tags are not put, since `{}` does not show what was built: {}; {}",
                Escaped::new(&failure.registry),
                failure.reason,
                failure.reason.help(&failure.registry)
            )),
            Became::Failed(reason) => Err(reason),
        };
        came.push((wanted.service, outcome));
    }
    let mut said: Vec<Diagnostic> = staying(&stay).into_iter().collect();
    for (planned, outcome) in came {
        let Some(service) = report.services.iter_mut().find(|service| service.service == planned.service) else {
            continue;
        };
        match outcome {
            Ok(has) => {
                // What people call it by comes first.
                let content = planned.content_reference().map(|content| content.to_string());
                let others = std::mem::take(&mut service.tags).into_iter().filter(|tag| Some(tag) != content.as_ref());
                service.tags = planned.tags.iter().filter(|tag| has.contains(tag)).cloned().chain(others).collect();
            }
            Err(reason) => {
                said.push(Diagnostic::error("not-tagged", format!("`{}`: {reason}", Escaped::new(&planned.service))));
                service.outcome = Outcome::Failed;
                service.message =
                    Some(service.message.take().map_or_else(|| reason.clone(), |said| format!("{said}; {reason}")));
            }
        }
    }
    output.say(&said);
}

const UNKNOWN: &str = "its tags are not put, since nothing says which image was built: a command that pushes by itself \
    writes `digest=sha256:…` into the file $REBAKE_OUTPUT, or pushes $REBAKE_CONTENT_TAG";

/// Returns the digest of what has a service's content tag.
fn pushed(service: &PlannedService, registries: &Registries) -> Option<String> {
    let question = Question { reference: service.content_reference()?, platforms: Vec::new() };
    match registries.ask(&[question]).pop()? {
        ImagePresence::Exists { digest } => Some(digest),
        ImagePresence::Missing | ImagePresence::Unknown(_) => None,
    }
}
