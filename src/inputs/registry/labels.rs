//! The labels of images.

use std::collections::BTreeMap;

use super::digest::Digest;
use super::manifest::{self, Manifest};
use super::registry_failure::{RegistryFailure, RegistryProblem};
use super::session::Session;
use crate::naming::image::ImageTag;

/// The labels of an image, if the image exists and the labels are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageLabels {
    /// The image has these labels. If there are images for several platforms, these are the labels that all of them
    /// have with the same value.
    Labels {
        /// The digest, `sha256:…`. If there are images for several platforms, it is the digest of their index.
        digest: String,
        /// The labels.
        labels: BTreeMap<String, String>,
    },
    /// There is no such image.
    Missing,
    /// It is not known whether the image exists or which labels it has.
    Unknown(RegistryFailure),
}

impl Session<'_> {
    /// Reads the labels of the image with a tag.
    pub(super) fn labels(mut self, tag: &ImageTag) -> Result<ImageLabels, RegistryProblem> {
        let Some(body) = self.content(&format!("manifests/{tag}"), None)? else { return Ok(ImageLabels::Missing) };
        let digest = Digest::of(&body).to_string();
        let configs = match manifest::read(&body).ok_or(NO_MANIFEST)? {
            Manifest::Image { config } => vec![config],
            Manifest::Index(_) => {
                let mut configs = Vec::new();
                for child in manifest::images(&body).ok_or(NO_MANIFEST)? {
                    let body = self.content(&format!("manifests/{child}"), Some(&child))?;
                    match body.as_deref().and_then(manifest::read) {
                        Some(Manifest::Image { config }) => configs.push(config),
                        Some(Manifest::Index(_)) | None => return Err(NO_MANIFEST),
                    }
                }
                configs
            }
        };
        let mut common: Option<BTreeMap<String, String>> = None;
        for config in configs {
            let body = self.content(&format!("blobs/{config}"), Some(&config))?;
            let labels =
                body.as_deref().and_then(manifest::labels).ok_or(RegistryProblem::Nonsense("it has no labels"))?;
            common = Some(match common {
                Some(common) => common.into_iter().filter(|(key, value)| labels.get(key) == Some(value)).collect(),
                None => labels,
            });
        }
        Ok(ImageLabels::Labels { digest, labels: common.unwrap_or_default() })
    }
}

const NO_MANIFEST: RegistryProblem = RegistryProblem::Nonsense("its manifest is not valid");
