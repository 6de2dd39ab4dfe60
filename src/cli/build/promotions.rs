//! Adds tags to images that exist already, before anything is built.

use std::collections::BTreeMap;

use crate::cli::exit::Exit;
use crate::cli::printing::Output;
use crate::cli::put_tags::{TaggingOutcome, Wanted, put, staying};
use crate::cli::record::HeldTags;
use crate::inputs::registry::Registries;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::Escaped;
use crate::output::exec::Work;
use crate::plan::{Exists, Plan, PlannedService};

/// The outcome of adding tags to existing images, by service.
#[derive(Debug, Default)]
pub(super) struct Promotions(BTreeMap<String, PresentTags>);

/// The requested tags that an image has now.
#[derive(Debug)]
struct PresentTags {
    has: Vec<String>,
    /// Whether this run added one of these tags.
    is_new: bool,
}

impl Promotions {
    /// Whether an image of a plan exists and lacks a tag that is not held back.
    pub(super) fn are_due(plan: &Plan, held: HeldTags) -> bool {
        plan.services.iter().any(|service| !lacking(service, held).is_empty())
    }

    /// Adds the tags that existing images lack, except for tags that are held back. If an image is gone or cannot be
    /// read, its service is built. If the tags of an image cannot be added, its service fails.
    pub(super) fn put(plan: &mut Plan, held: HeldTags, registries: &Registries, output: &Output) -> Self {
        let wanted = |service: &'_ PlannedService| {
            let exists = service.exists.as_ref()?;
            let tags = lacking(service, held);
            (!tags.is_empty()).then(|| (service.clone(), exists.digest.clone(), tags))
        };
        let due: Vec<_> = plan.services.iter().filter_map(wanted).collect();
        let due: Vec<Wanted> = due
            .iter()
            .map(|(service, digest, tags)| Wanted { service, digest: digest.clone(), tags: tags.clone() })
            .collect();
        let mut promotions = Self::default();
        let mut said = Vec::new();
        for (wanted, became) in due.iter().zip(put(&due, registries)) {
            let name = &wanted.service.service;
            let Some(service) = plan.services.iter_mut().find(|service| service.service == *name) else { continue };
            match became {
                TaggingOutcome::Tagged { has, stays, is_new } => {
                    said.extend(staying(&stays));
                    promotions.0.insert(name.clone(), PresentTags { has, is_new });
                }
                TaggingOutcome::Gone => service.exists = None,
                TaggingOutcome::Unread(failure) => {
                    let (registry, reason) = (Escaped::new(&failure.registry).to_string(), &failure.reason);
                    let message = format!(
                        "`{registry}` does not show the image of `{}`, so it is built: {reason}",
                        Escaped::new(name)
                    );
                    said.push(Diagnostic::warning("registry", message).help(reason.help(&failure.registry)));
                    service.exists = None;
                }
                TaggingOutcome::Failed(reason) => {
                    service.exists = None;
                    service.unnamed = Some(reason);
                }
            }
        }
        output.say(&said);
        promotions
    }

    /// Returns the work for a service whose image exists.
    pub(super) fn work(&self, service: &PlannedService, exists: &Exists) -> Work {
        let got = self.0.get(&service.service);
        let has_got = |tag: &String| got.is_some_and(|got| got.has.contains(tag));
        let has = |tag: &&String| service.push && (!exists.lacks.contains(tag) || has_got(tag));
        let mut tags: Vec<String> = service.tags.iter().filter(has).cloned().collect();
        if !tags.contains(&exists.reference) {
            tags.push(exists.reference.clone());
        }
        Work::Exists { digest: exists.digest.clone(), tags, promoted: got.is_some_and(|got| got.is_new) }
    }
}

/// Removes from a plan the services that have neither an existing image nor a reason why they cannot be built. Prints
/// an error for each removed service for which `must` returns `true`. Returns [`Exit::Found`] if there is such an
/// error.
pub(super) fn leave_to_builds(plan: &mut Plan, must: impl Fn(&str) -> bool, output: &Output) -> Exit {
    let is_here = |service: &PlannedService| service.exists.is_some() || service.unnamed.is_some();
    let missing = plan.services.iter().filter(|service| !is_here(service) && must(&service.service));
    let missing: Vec<Diagnostic> = missing.map(not_there).collect();
    plan.keep(is_here);
    output.say(&missing);
    if missing.is_empty() { Exit::Done } else { Exit::Found }
}

fn not_there(service: &PlannedService) -> Diagnostic {
    let name = Escaped::new(&service.service).to_string();
    let message = match service.content_reference() {
        Some(content) => {
            format!("`{name}` has no image that could be promoted: {content} is not there, or cannot be seen")
        }
        None => format!("`{name}` has no image that could be promoted"),
    };
    Diagnostic::error("not-there", message).help("build it: `rebake build --skip-existing`")
}

/// Returns the tags that an existing image lacks, without those that are held back.
fn lacking(service: &PlannedService, held: HeldTags) -> Vec<String> {
    let lacks = service.exists.iter().filter(|_| service.push).flat_map(|exists| &exists.lacks);
    lacks.filter(|tag| !held.holds(service, tag)).cloned().collect()
}
