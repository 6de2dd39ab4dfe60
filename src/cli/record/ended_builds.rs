//! From the report of builds to what is recorded of them, and back.

use std::collections::BTreeSet;

use super::held_tags::HeldTags;
use crate::inputs::git::Swapped;
use crate::model::name::ServiceId;
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Outcome, RecordOutcome, Report};
use crate::plan::Plan;
use crate::plan::pipeline::{EndedBuilds, Recorded, Recording, Written};

/// Returns how the builds of a report ended. `asked` is the plan without the services that are built only because others
/// need them, and `built` the plan with these services. Of the services of `asked`, those in `recorded` may be recorded.
pub(crate) fn ended_builds(
    report: &Report,
    (asked, built): (&Plan, &Plan),
    recorded: &BTreeSet<ServiceId>,
    held: HeldTags,
    recording: &Recording,
) -> EndedBuilds {
    let id = |name: &String| recording.config.graph.id(name);
    let mut ended = EndedBuilds::default();
    for service in &report.services {
        let Some(service_id) = id(&service.service) else { continue };
        ended.beside.extend(service.built_on.iter().filter_map(id));
        if asked.service(&service.service).is_none() {
            // The service was built only because other services need it.
            ended.beside.extend(service.outcome.is_success().then_some(service_id));
            ended.failed.extend((service.attempts > 0).then_some(service_id));
            continue;
        }
        let has_held = |service: &ServiceReport| {
            built.service(&service.service).is_some_and(|planned| !held.of(planned, service).is_empty())
        };
        ended.awaiting_tags.extend(has_held(service).then_some(service_id));
        let (is_recorded, is_doubtful) =
            (recorded.contains(&service_id), service.record == Some(RecordOutcome::Doubtful));
        match service.outcome {
            Outcome::Succeeded if !is_recorded => _ = ended.failed.insert(service_id),
            Outcome::Succeeded if is_doubtful => _ = ended.doubtful.insert(service_id),
            Outcome::Succeeded => _ = ended.built.insert(service_id),
            Outcome::Exists | Outcome::Promoted if !is_recorded => {}
            Outcome::Exists | Outcome::Promoted => _ = ended.found.insert(service_id),
            Outcome::Superseded | Outcome::NotStarted | Outcome::Blocked => {}
            Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled if service.attempts == 0 => {}
            Outcome::Failed | Outcome::TimedOut | Outcome::Cancelled => _ = ended.failed.insert(service_id),
        }
    }
    ended
}

/// Adds to a report what was recorded of each service.
pub(crate) fn note_recorded(report: &mut Report, written: &Written, recording: &Recording) {
    for service in &mut report.services {
        let id = recording.config.graph.id(&service.service);
        service.record = id.and_then(|id| written.services.get(&id)).map(|recorded| outcome(*recorded));
    }
}

fn outcome(recorded: Recorded) -> RecordOutcome {
    match recorded {
        Recorded::Swapped(Swapped::Moved(_) | Swapped::There) => RecordOutcome::Recorded,
        Recorded::Swapped(Swapped::Superseded(_)) => RecordOutcome::Superseded,
        Recorded::Swapped(Swapped::Elsewhere(_)) => RecordOutcome::Elsewhere,
        Recorded::StandsOn(_) => RecordOutcome::StandsOnDue,
        Recorded::Doubtful => RecordOutcome::Doubtful,
        Recorded::NotSent(_) => RecordOutcome::NotSent,
    }
}
