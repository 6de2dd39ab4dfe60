//! Tags that move from one image to the next, such as `latest`, in runs that record. Such a run moves the built ref of
//! each service, which names the commit at which the service was last built. rebake puts the tags afterwards, so that a
//! run of an older commit cannot take these tags from the image of a newer commit. The job that builds and the job that
//! records may be two: then the report hands the tags from the one to the other.

use super::later_tags::put_later;
use crate::cli::printing::Output;
use crate::inputs::registry::Registries;
use crate::naming::image::TagMovement;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, Report};
use crate::plan::{Plan, PlannedService, Pushes};

/// Whether tags are held back until built refs have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldTags {
    /// The builds are recorded, by this run or by a later job.
    UntilRecorded,
    /// No build is recorded, so no tag waits for that.
    Never,
}

impl HeldTags {
    /// Whether a tag of a service is held back. No tag is held back if the service has no content tag (a tag that
    /// identifies the image by all inputs), since its build would have nothing to push.
    pub(crate) fn holds(self, service: &PlannedService, tag: &str) -> bool {
        let has_content = service.pushes != Pushes::Tags && service.content_reference().is_some();
        let is_floating = service.movement(tag) == TagMovement::Floating;
        self == Self::UntilRecorded && service.push && has_content && is_floating
    }

    /// Makes builds push only the content tag of an image whose tags are held back.
    pub(crate) fn hold(self, plan: &mut Plan) {
        for service in &mut plan.services {
            if service.pushes == Pushes::All && service.tags.iter().any(|tag| self.holds(service, tag)) {
                service.pushes = Pushes::Content;
            }
        }
    }

    /// Adds to each built image the tags that its build did not push and that are not held back. Lists in the report the
    /// tags that are held back.
    pub(crate) fn put_others(
        self,
        plan: &Plan,
        report: &mut Report,
        registries: impl FnOnce() -> Registries,
        output: &Output,
    ) {
        let tags = |planned: &PlannedService, service: &ServiceReport| match service.outcome {
            Outcome::Succeeded => planned.later_tags().into_iter().filter(|tag| !self.holds(planned, tag)).collect(),
            _ => Vec::new(),
        };
        put_later(plan, report, tags, registries, output);
        for service in &mut report.services {
            let Some(planned) = plan.service(&service.service) else { continue };
            service.held_tags = self.of(planned, service);
        }
    }

    /// Returns the tags of a service that are put after its record; none if it has no result. A tag that is on the image
    /// already is one of them, since a run of another commit may take it before the record.
    pub(crate) fn of(self, planned: &PlannedService, service: &ServiceReport) -> Vec<String> {
        let held = planned.tags.iter().filter(|tag| service.outcome.has_result() && self.holds(planned, tag));
        held.cloned().collect()
    }
}
