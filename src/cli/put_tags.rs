//! Adds tags to images in registries, and describes the outcome.

use crate::inputs::registry::{Registries, RegistryFailure, TagOutcome, Tagged, Tagging};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, Listed};
use crate::naming::image::{ImageName, ImageTag};
use crate::plan::PlannedService;

/// How many tags a message names.
const NAMED: usize = 5;

/// The image of a service, and the tags to add to it.
pub(crate) struct Wanted<'a> {
    pub(crate) service: &'a PlannedService,
    /// The digest of the image.
    pub(crate) digest: String,
    /// The tags as full references: `ghcr.io/acme/api:main`.
    pub(crate) tags: Vec<String>,
}

/// The outcome of adding tags to an image.
pub(crate) enum TaggingOutcome {
    /// The image has the tags, except for tags that stay on another image.
    Tagged {
        /// The tags that the image has now.
        has: Vec<String>,
        /// The tags that stay on another image.
        stays: Vec<String>,
        /// Whether one of the tags was added now.
        is_new: bool,
    },
    /// The registry has no such image.
    Gone,
    /// The image cannot be read.
    Unread(RegistryFailure),
    /// Not all tags could be added, for this reason.
    Failed(String),
}

/// Adds tags to images. Returns the outcomes in the order of the images.
pub(crate) fn put(wanted: &[Wanted], registries: &Registries) -> Vec<TaggingOutcome> {
    let taggings: Vec<Tagging> = wanted.iter().filter_map(Wanted::tagging).collect();
    // An image whose name cannot be read is in no plan.
    debug_assert_eq!(taggings.len(), wanted.len());
    registries.tag(&taggings).into_iter().zip(&taggings).map(|(tagged, tagging)| outcome(tagged, tagging)).collect()
}

/// Returns the note that these tags, which name commits, stay on other images; `None` if there are no tags.
pub(crate) fn staying(tags: &[String]) -> Option<Diagnostic> {
    let shown = Listed::new(tags.iter().map(|tag| format!("`{}`", Escaped::new(tag))), NAMED);
    let message = format!("these tags of commits stay on the images that have them: {shown}");
    (!tags.is_empty()).then(|| Diagnostic::new(Severity::Note, "tag-stays", message))
}

impl Wanted<'_> {
    fn tagging(&self) -> Option<Tagging> {
        let mut tags: Vec<_> = self
            .tags
            .iter()
            .filter_map(|tag| Some((ImageTag::parse(tag.rsplit_once(':')?.1).ok()?, self.service.movement(tag))))
            .collect();
        tags.sort_by_key(|(_, movement)| std::cmp::Reverse(*movement));
        let name = ImageName::parse(self.service.image.as_deref()?).ok()?;
        Some(Tagging { name, digest: self.digest.clone(), tags })
    }
}

fn outcome(tagged: Tagged, tagging: &Tagging) -> TaggingOutcome {
    let outcomes = match tagged {
        Tagged::Gone => return TaggingOutcome::Gone,
        Tagged::Unread(failure) => return TaggingOutcome::Unread(failure),
        Tagged::Tags(outcomes) => outcomes,
    };
    let (mut has, mut stays) = (Vec::new(), Vec::new());
    let is_new = outcomes.iter().any(|(_, outcome)| *outcome == TagOutcome::Put);
    for (tag, outcome) in outcomes {
        let reference = tagging.name.reference(&tag);
        let shown = Escaped::new(&reference);
        match outcome {
            TagOutcome::There | TagOutcome::Put => has.push(reference),
            TagOutcome::Stays { .. } => stays.push(reference),
            TagOutcome::Taken { at } => return TaggingOutcome::Failed(taken(&reference, &at)),
            TagOutcome::Moved { to } => {
                let where_to = to.map_or_else(|| "was gone".to_owned(), |to| format!("was on {to}"));
                return TaggingOutcome::Failed(format!(
                    "the tag `{shown}` was put, and {where_to} afterwards: another run may have moved it; build again"
                ));
            }
            TagOutcome::Failed(RegistryFailure { registry, reason }) => {
                return TaggingOutcome::Failed(format!(
                    "whether the tag `{shown}` is there is not known: `{}` cannot be asked or written to: {reason}; {}",
                    Escaped::new(&registry),
                    reason.help(&registry)
                ));
            }
        }
    }
    TaggingOutcome::Tagged { has, stays, is_new }
}

/// Returns the message that the tag of a release is on another image.
pub(crate) fn taken(reference: &str, at: &str) -> String {
    format!(
        "the tag `{}` is on another image, {}, and that of a release never moves: make a new version with `rebake release`",
        Escaped::new(reference),
        Escaped::new(at)
    )
}
