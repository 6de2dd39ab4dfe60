//! Adds tags to an image in a registry: puts the image's manifest, byte for byte, under each tag.

use ureq::http::Method;

use super::client::ManifestBytes;
use super::digest::Digest;
use super::manifest;
use super::registry_failure::{RegistryFailure, RegistryProblem};
use super::session::Session;
use crate::naming::image::{ImageName, ImageTag, TagMovement};

/// The largest number of attempts to put one tag.
const ATTEMPTS: u32 = 4;

/// An image, and the tags to add to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    /// The image.
    pub name: ImageName,
    /// Its digest, `sha256:…`.
    pub digest: String,
    /// The tags in the order in which they are put. Each tag has a rule that says whether the tag may move from another
    /// image.
    pub tags: Vec<(ImageTag, TagMovement)>,
}

/// The outcome of adding tags to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    /// The outcome of each tag, up to and including the first tag that failed.
    Tags(Vec<(ImageTag, TagOutcome)>),
    /// The registry has no such image.
    Gone,
    /// The image cannot be read, so no tag was put.
    Unread(RegistryFailure),
}

/// The outcome of adding a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOutcome {
    /// The image already had the tag.
    There,
    /// The tag was put on the image, and verified.
    Put,
    /// The tag is on another image, and was not moved, since it names a commit ([`TagMovement::Once`]).
    Stays {
        /// The digest of that image.
        at: String,
    },
    /// The tag is on another image, and was not moved, since it names a release ([`TagMovement::Fixed`]).
    Taken {
        /// The digest of that image.
        at: String,
    },
    /// The tag was put on the image, but the image did not have the tag afterwards.
    Moved {
        /// The digest of the image that had the tag then; `None` if the registry then had no such tag.
        to: Option<String>,
    },
    /// It is not known whether the image has the tag.
    Failed(RegistryFailure),
}

impl TagOutcome {
    /// Whether the image has the tag.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::There | Self::Put)
    }

    /// Whether the image should have the tag and does not have it.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::There | Self::Put | Self::Stays { .. } => false,
            Self::Taken { .. } | Self::Moved { .. } | Self::Failed(_) => true,
        }
    }
}

impl Session<'_> {
    /// Adds tags to an image. Reads each tag before and after it is put, and stops at the first tag that fails.
    pub(super) fn tag(mut self, wanted: &Tagging, registry: &str) -> Tagged {
        let failure = |reason| RegistryFailure { registry: registry.to_owned(), reason };
        let Some(digest) = Digest::parse(&wanted.digest) else {
            return Tagged::Unread(failure(RegistryProblem::Nonsense("its digest is not valid")));
        };
        let manifest = match self.manifest(&digest) {
            Ok(Some(manifest)) => manifest,
            Ok(None) => return Tagged::Gone,
            Err(reason) => return Tagged::Unread(failure(reason)),
        };
        let mut done: Vec<(ImageTag, TagOutcome)> = Vec::new();
        for (tag, movement) in &wanted.tags {
            let outcome = self.move_tag(tag, *movement, &digest, &manifest);
            let outcome = outcome.unwrap_or_else(|reason| TagOutcome::Failed(failure(reason)));
            let is_failure = outcome.is_failure();
            done.push((tag.clone(), outcome));
            if is_failure {
                break;
            }
        }
        Tagged::Tags(done)
    }

    /// Returns the manifest with a digest, ready to be put under a tag; `None` if the registry does not have it.
    fn manifest(&mut self, digest: &Digest) -> Result<Option<ManifestBytes>, RegistryProblem> {
        let Some(answered) = self.about(&Method::GET, &format!("manifests/{digest}"))? else { return Ok(None) };
        if Digest::of(&answered.body) != *digest {
            return Err(RegistryProblem::Nonsense("the content does not match its digest"));
        }
        let told = answered.header("content-type").filter(|told| manifest::is_manifest(told)).map(str::to_owned);
        let media_type = manifest::media_type(&answered.body).or(told);
        let media_type = media_type.ok_or(RegistryProblem::Nonsense("it is not a manifest"))?;
        Ok(Some(ManifestBytes { media_type, bytes: answered.body }))
    }

    /// Puts a tag on an image, unless the image has it already or the tag may not move. After an error that may be
    /// temporary, reads the tag to find out whether it was put.
    fn move_tag(
        &mut self,
        tag: &ImageTag,
        movement: TagMovement,
        digest: &Digest,
        manifest: &ManifestBytes,
    ) -> Result<TagOutcome, RegistryProblem> {
        let mut is_tried = false;
        for attempt in 1..=ATTEMPTS {
            match (self.digest_of(tag)?, movement) {
                (Some(at), _) if at == *digest => {
                    return Ok(if is_tried { TagOutcome::Put } else { TagOutcome::There });
                }
                (Some(at), TagMovement::Fixed) => return Ok(TagOutcome::Taken { at: at.to_string() }),
                (Some(at), TagMovement::Once) => return Ok(TagOutcome::Stays { at: at.to_string() }),
                (Some(_), TagMovement::Floating) | (None, _) => {}
            }
            is_tried = true;
            if self.put(tag.as_str(), manifest, attempt)? {
                // The registry accepted the tag, so it is not put again. If another image has the tag now, another run
                // may have moved it.
                return Ok(match self.digest_of(tag)? {
                    Some(at) if at == *digest => TagOutcome::Put,
                    to => TagOutcome::Moved { to: to.map(|to| to.to_string()) },
                });
            }
        }
        Ok(match self.digest_of(tag)? {
            Some(at) if at == *digest => TagOutcome::Put,
            to => TagOutcome::Moved { to: to.map(|to| to.to_string()) },
        })
    }

    /// Returns the digest of the image with a tag; `None` if the registry has no such tag.
    fn digest_of(&mut self, tag: &ImageTag) -> Result<Option<Digest>, RegistryProblem> {
        let what = format!("manifests/{tag}");
        let Some(head) = self.about(&Method::HEAD, &what)? else { return Ok(None) };
        match head.header("docker-content-digest") {
            Some(text) => Digest::parse(text).map(Some).ok_or(RegistryProblem::Nonsense("its digest is not valid")),
            None => Ok(self.about(&Method::GET, &what)?.map(|answered| Digest::of(&answered.body))),
        }
    }
}
