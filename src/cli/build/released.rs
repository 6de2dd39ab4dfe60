//! Finds releases that have their images already. The tags of a release never move to another image.

use crate::cli::put_tags::taken;
use crate::inputs::registry::{ImageLabels, ImagePresence, Question, Registries};
use crate::naming::image::{OWN_LABELS, Reference};
use crate::plan::{Exists, Plan, PlannedService, Pushes};

/// Looks up the tags of releases before anything is built. If the tags of a service's release are on an image of this
/// service and this commit, the service is not built again. If they are on any other image, the service cannot be
/// built. If a registry does not answer, the service counts as not released yet.
pub(super) fn look_up(plan: &mut Plan, is_forced: bool, registries: &Registries) {
    let head = plan.range.head.clone();
    let is_due = |service: &&mut PlannedService| {
        service.push && service.exists.is_none() && service.unnamed.is_none() && !service.fixed.is_empty()
    };
    let due: Vec<&mut PlannedService> = plan.services.iter_mut().filter(is_due).collect();
    let asked = |service: &PlannedService| -> Vec<Reference> {
        let fixed = service.fixed.iter().filter_map(|tag| Reference::parse(tag));
        fixed.chain(service.content_reference()).collect()
    };
    let asked: Vec<Vec<Reference>> = due.iter().map(|service| asked(service)).collect();
    let questions = asked.concat().into_iter().map(|reference| Question { reference, platforms: Vec::new() });
    let mut answers = registries.ask(&questions.collect::<Vec<_>>()).into_iter();
    for (service, asked) in due.into_iter().zip(&asked) {
        let answers: Vec<ImagePresence> = answers.by_ref().take(asked.len()).collect();
        let content = service.content_reference();
        let at = |reference: &Reference| {
            asked.iter().zip(&answers).find(|(asked, _)| *asked == reference).and_then(|(_, answer)| match answer {
                ImagePresence::Exists { digest } => Some(digest.clone()),
                ImagePresence::Missing | ImagePresence::Unknown(_) => None,
            })
        };
        let found: Vec<(Reference, String)> = asked
            .iter()
            .filter(|reference| Some(*reference) != content.as_ref())
            .filter_map(|reference| Some((reference.clone(), at(reference)?)))
            .collect();
        let Some((first, digest)) = found.first().cloned() else { continue };
        if is_forced && service.rebuild {
            service.unnamed =
                Some(format!("{}; `--force` builds no release again", taken(&first.to_string(), &digest)));
            continue;
        }
        let is_content = content.as_ref().and_then(at).as_ref() == Some(&digest);
        let other = found.iter().find(|(_, other)| *other != digest);
        let is_same = other.is_none() && (is_content || is_of(service, &first, &digest, head.as_deref(), registries));
        if is_same {
            let has = |tag: &String| found.iter().any(|(reference, _)| reference.to_string() == *tag);
            let lacks = service.tags.iter().filter(|tag| !has(tag)).cloned().collect();
            service.exists = Some(Exists { reference: first.to_string(), digest, lacks });
        } else {
            let (reference, at) = other.unwrap_or(&(first, digest)).clone();
            service.unnamed = Some(taken(&reference.to_string(), &at));
        }
    }
}

/// Whether the labels of an image name this service and the commit `head`.
fn is_of(
    service: &PlannedService,
    reference: &Reference,
    digest: &str,
    head: Option<&str>,
    registries: &Registries,
) -> bool {
    let Some(ImageLabels::Labels { digest: at, labels }) = registries.labels(std::slice::from_ref(reference)).pop()
    else {
        return false;
    };
    let says = |label: &str, value: Option<&str>| value.is_some() && labels.get(label).map(String::as_str) == value;
    at == digest && says(OWN_LABELS.0, Some(&service.service)) && says(OWN_LABELS.1, head)
}

/// Removes from a plan the tags that name commits and that registries have already, since such a tag stays at the image
/// of the first build. Returns the removed tags.
pub(super) fn leave_out_written(plan: &mut Plan, registries: &Registries) -> Vec<String> {
    let is_due = |service: &&mut PlannedService| {
        service.push && service.exists.is_none() && service.unnamed.is_none() && service.pushes != Pushes::Content
    };
    let mut left_out = Vec::new();
    for service in plan.services.iter_mut().filter(is_due).filter(|service| !service.once.is_empty()) {
        let references: Vec<Reference> = service.once.iter().filter_map(|tag| Reference::parse(tag)).collect();
        let question = |reference: &Reference| Question { reference: reference.clone(), platforms: Vec::new() };
        let answers = registries.ask(&references.iter().map(question).collect::<Vec<_>>());
        for (reference, answer) in references.iter().zip(answers) {
            let tag = reference.to_string();
            if matches!(answer, ImagePresence::Exists { .. }) {
                service.tags.retain(|other| *other != tag);
                service.once.retain(|other| *other != tag);
                left_out.push(tag);
            }
        }
    }
    left_out
}
