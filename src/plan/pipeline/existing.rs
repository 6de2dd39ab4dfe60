use std::fmt::Display;

use crate::inputs::registry::{ImagePresence, Question, Registries, RegistryFailure};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, Listed};
use crate::model::recipe::Promote;
use crate::naming::image::Reference;
use crate::plan::{Exists, Plan, PlannedService};

/// The greatest number of services that a message names.
const NAMED: usize = 3;

/// Asks registries which images of a plan exist for all of their platforms, by content tag. Adds these images to the
/// plan, with the tags that they lack. Returns warnings about services whose images count as missing, since the
/// registry gave no clear answer or the service has no fingerprint.
#[must_use]
pub fn note_existing(plan: &mut Plan, registries: &Registries) -> Vec<Diagnostic> {
    let asked = |service: &PlannedService| {
        let is_built = service.rebuild || service.promote == Promote::Never;
        let reference = service.content_reference().filter(|_| !is_built)?;
        Some(Question { reference, platforms: service.platforms.clone() })
    };
    let (services, questions): (Vec<&mut PlannedService>, Vec<Question>) =
        plan.services.iter_mut().filter_map(|service| asked(service).map(|question| (service, question))).unzip();
    let mut doubts: Vec<(RegistryFailure, Vec<String>)> = Vec::new();
    for ((service, question), answer) in services.into_iter().zip(&questions).zip(registries.ask(&questions)) {
        match answer {
            ImagePresence::Exists { digest } => {
                service.exists = Some(Exists { reference: question.reference.to_string(), digest, lacks: Vec::new() });
            }
            ImagePresence::Missing => {}
            ImagePresence::Unknown(doubt) => match doubts.iter_mut().find(|(known, _)| *known == doubt) {
                Some((_, services)) => services.push(service.service.clone()),
                None => doubts.push((doubt, vec![service.service.clone()])),
            },
        }
    }
    note_lacking(plan, registries);
    let lacks = |service: &PlannedService| service.exists.as_ref().is_some_and(|exists| !exists.lacks.is_empty());
    plan.promote = Some(plan.services.iter().any(lacks));
    let mut warnings: Vec<Diagnostic> = doubts.iter().map(|(doubt, services)| unknown(doubt, services)).collect();
    let nameless = |service: &&PlannedService| service.image.is_some() && service.fingerprint.is_none();
    let nameless: Vec<String> = plan.services.iter().filter(nameless).map(|service| service.service.clone()).collect();
    if !nameless.is_empty() {
        let message = format!(
            "no registry can be asked about {}: this clone lacks files that their fingerprints need",
            listed(&nameless)
        );
        warnings.push(Diagnostic::warning("not-asked", message).help("clone with trees: `filter: blob:none`"));
    }
    warnings
}

/// Asks registries for the other tags of existing images, and adds the tags that the images lack or may lack to the
/// plan. A tag that is written only once is removed from the plan if another image has it.
fn note_lacking(plan: &mut Plan, registries: &Registries) {
    let wanted = |service: &PlannedService| -> Vec<Question> {
        let Some(exists) = service.exists.as_ref().filter(|_| service.push) else { return Vec::new() };
        let tags = service.tags.iter().filter(|tag| **tag != exists.reference);
        let question = |tag: &String| Some(Question { reference: Reference::parse(tag)?, platforms: Vec::new() });
        tags.filter_map(question).collect()
    };
    let wanted: Vec<Vec<Question>> = plan.services.iter().map(wanted).collect();
    let mut answers = registries.ask(&wanted.concat()).into_iter();
    for (service, questions) in plan.services.iter_mut().zip(wanted) {
        for (question, answer) in questions.iter().zip(answers.by_ref()) {
            let Some(exists) = &mut service.exists else { continue };
            let tag = question.reference.to_string();
            match answer {
                ImagePresence::Exists { digest } if digest == exists.digest => {}
                // A tag that is written only once stays on its image.
                ImagePresence::Exists { .. } if service.once.contains(&tag) => {
                    service.tags.retain(|other| *other != tag);
                    service.once.retain(|other| *other != tag);
                }
                ImagePresence::Exists { .. } | ImagePresence::Missing | ImagePresence::Unknown(_) => {
                    exists.lacks.push(tag);
                }
            }
        }
    }
}

fn unknown(doubt: &RegistryFailure, services: &[String]) -> Diagnostic {
    let (registry, names, reason) = (Escaped::new(&doubt.registry), listed(services), &doubt.reason);
    let message = if services.len() == 1 {
        format!("`{registry}` does not tell whether the image of {names} exists, so it counts as missing: {reason}")
    } else {
        format!("`{registry}` does not tell whether the images of {names} exist, so they count as missing: {reason}")
    };
    Diagnostic::warning("registry", message).help(reason.help(&doubt.registry))
}

/// Returns a list of services: `api`, `web`, `lib` and 4 more.
fn listed(services: &[String]) -> impl Display {
    Listed::new(services.iter().map(|service| format!("`{}`", Escaped::new(service))), NAMED)
}
