//! Adds tags to images after they are built.

use std::borrow::Borrow;

use crate::cli::printing::Output;
use crate::cli::put_tags::{TaggingOutcome, Wanted, put, staying};
use crate::inputs::registry::{ImagePresence, Question, Registries};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, Report};
use crate::plan::{Plan, PlannedService};

/// Adds to the image of each service the tags that `tags` returns for the service, and lists the image's tags in the
/// report. If the tags of a service cannot be added, the service has failed.
pub(super) fn put_later<R: Borrow<Registries>>(
    plan: &Plan,
    report: &mut Report,
    tags: impl Fn(&PlannedService, &ServiceReport) -> Vec<String>,
    registries: impl FnOnce() -> R,
    output: &Output,
) {
    let built = |service: &ServiceReport| {
        let planned = plan.service(&service.service)?;
        let tags = tags(planned, service);
        (!tags.is_empty()).then(|| (planned, service.digest.clone(), tags))
    };
    let built: Vec<_> = report.services.iter().filter_map(built).collect();
    if built.is_empty() {
        return;
    }
    let registries = registries();
    let registries = registries.borrow();
    let mut wanted = Vec::new();
    let mut came: Vec<(&PlannedService, Result<PresentTags, String>)> = Vec::new();
    for (service, digest, tags) in built {
        match digest.or_else(|| pushed(service, registries)) {
            Some(digest) => wanted.push(Wanted { service, digest, tags }),
            None => came.push((service, Err(UNKNOWN.to_owned()))),
        }
    }
    let mut stay = Vec::new();
    for (wanted, became) in wanted.iter().zip(put(&wanted, registries)) {
        let outcome = match became {
            TaggingOutcome::Tagged { has, stays, is_new } => {
                stay.extend(stays);
                Ok(PresentTags { has, is_new })
            }
            TaggingOutcome::Gone => {
                Err(format!("its registry does not have what was built, {}", Escaped::new(&wanted.digest)))
            }
            TaggingOutcome::Unread(failure) => Err(format!(
                "its tags are not put, since `{}` does not show what was built: {}; {}",
                Escaped::new(&failure.registry),
                failure.reason,
                failure.reason.help(&failure.registry)
            )),
            TaggingOutcome::Failed(reason) => Err(reason),
        };
        came.push((wanted.service, outcome));
    }
    let mut said: Vec<Diagnostic> = staying(&stay).into_iter().collect();
    for (planned, outcome) in came {
        let Some(service) = report.services.iter_mut().find(|service| service.service == planned.service) else {
            continue;
        };
        match outcome {
            Ok(got) => got.add_to(service, planned),
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

/// The tags that an image has now.
struct PresentTags {
    has: Vec<String>,
    /// Whether one of these tags was added now.
    is_new: bool,
}

impl PresentTags {
    /// Adds the tags to the report of a service, tags of the plan first.
    fn add_to(self, service: &mut ServiceReport, planned: &PlannedService) {
        let content = planned.content_reference().map(|content| content.to_string());
        let is_built = service.outcome == Outcome::Succeeded;
        let had = std::mem::take(&mut service.tags);
        let tags = planned.tags.iter().filter(|tag| self.has.contains(tag) || had.contains(tag)).cloned();
        let others = had.iter().filter(|tag| !planned.tags.contains(tag));
        let others = others.filter(|tag| !is_built || Some(*tag) != content.as_ref());
        service.tags = tags.chain(others.cloned()).collect();
        if self.is_new && service.outcome == Outcome::Exists {
            service.outcome = Outcome::Promoted;
        }
    }
}

const UNKNOWN: &str = "its tags are not put, since nothing says which image was built: a command that pushes by itself \
    writes `digest=sha256:…` into the file $REBAKE_OUTPUT, or pushes $REBAKE_CONTENT_TAG";

/// Returns the digest of the image with a service's content tag; `None` if it is not found.
fn pushed(service: &PlannedService, registries: &Registries) -> Option<String> {
    let question = Question { reference: service.content_reference()?, platforms: Vec::new() };
    match registries.ask(&[question]).pop()? {
        ImagePresence::Exists { digest } => Some(digest),
        ImagePresence::Missing | ImagePresence::Unknown(_) => None,
    }
}
