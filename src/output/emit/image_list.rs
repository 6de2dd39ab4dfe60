use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::EmitError;
use super::columns::Column;
use super::table::{HEADING, NAME, Palette};
use super::versions::variable;
use crate::model::name::Escaped;
use crate::model::safe_json;

/// The image of a service, for a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceImage {
    /// The service.
    pub service: String,
    /// The version of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The image, without a tag.
    pub image: String,
    /// The digest of the image, `sha256:…`.
    pub digest: String,
    /// The full references of the image, each with a tag.
    pub tags: Vec<String>,
    /// Where the image was found.
    pub found: FoundIn,
    /// Whether the image was built from content that differs from the service's content at the commit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub behind: bool,
}

/// Where the image of a service was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundIn {
    /// In the report of a build.
    Report,
    /// In the registry, by the content tag (a tag with the fingerprint) that the service has at the commit of its built
    /// ref. A built ref is a git ref at the commit at which a service was last built.
    Built,
    /// In the registry, by the content tag that the service has at the commit.
    Exists,
    /// In the registry, by a tag that moves from image to image, such as `latest`.
    Published,
}

impl FoundIn {
    fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Built => "built",
            Self::Exists => "exists",
            Self::Published => "published",
        }
    }
}

impl ServiceImage {
    /// Creates a value without a version and tags.
    #[must_use]
    pub fn new(service: &str, image: &str, digest: String, found: FoundIn) -> Self {
        let (service, image) = (service.to_owned(), image.to_owned());
        Self { service, version: None, image, digest, tags: Vec::new(), found, behind: false }
    }

    /// Returns the reference by which to pull the image: `IMAGE@DIGEST`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}@{}", self.image, self.digest)
    }

    fn origin(&self) -> String {
        format!("{}{}", self.found.word(), if self.behind { ", behind" } else { "" })
    }
}

/// How many characters of a digest the table shows: `sha256:` and twelve digits.
const DIGEST: usize = 19;

/// Returns images as a table. Names from the repository are escaped.
#[must_use]
pub fn images_table(images: &[ServiceImage], palette: Palette) -> String {
    let name = |image: &ServiceImage| Escaped::new(&image.service).to_string();
    let version = |image: &ServiceImage| Escaped::new(image.version.as_deref().unwrap_or("none")).to_string();
    let names = Column::under("SERVICE", images.iter().map(name));
    let versions = Column::under("VERSION", images.iter().map(version));
    let found = Column::under("FOUND", images.iter().map(ServiceImage::origin));
    let heading = format!("{}  {}  {}  IMAGE", names.pad("SERVICE"), versions.pad("VERSION"), found.pad("FOUND"));
    let mut text = format!("{}\n", palette.paint(HEADING, &heading));
    for image in images {
        let _ = writeln!(
            text,
            "{}  {}  {}  {}@{}",
            palette.paint(NAME, &names.pad(&name(image))),
            versions.pad(&version(image)),
            found.pad(&image.origin()),
            Escaped::new(&image.image),
            Escaped::new(image.digest.get(..DIGEST).unwrap_or(&image.digest)),
        );
    }
    text
}

/// Returns images as a JSON array, one per line.
#[must_use]
pub fn images_json(images: &[ServiceImage]) -> String {
    let lines: Vec<String> = images.iter().map(safe_json::line).collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n  {}\n]\n", lines.join(",\n  ")) }
}

/// Returns one line `NAME_IMAGE=IMAGE@DIGEST` per service, for `.env` files and `$GITHUB_ENV`. Names and digests of
/// images contain no character with a meaning in a shell.
///
/// # Errors
/// When the names of two services result in the same variable.
pub fn images_env(images: &[ServiceImage]) -> Result<String, EmitError> {
    let mut text = String::new();
    let mut services: BTreeMap<String, &str> = BTreeMap::new();
    for image in images {
        let variable = variable(&image.service, "IMAGE");
        let _ = writeln!(text, "{variable}={}", image.reference());
        if let Some(other) = services.insert(variable.clone(), &image.service) {
            let [one, other] = [other, &image.service].map(|name| Escaped::new(name).to_string());
            return Err(EmitError::SameVariable { variable, one, other });
        }
    }
    Ok(text)
}

/// Returns a component of Kustomize that replaces each image's tag by its digest.
///
/// # Errors
/// When two services have the same image.
pub fn images_kustomize(images: &[ServiceImage]) -> Result<String, EmitError> {
    let mut text = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:".to_owned();
    text.push_str(if images.is_empty() { " []\n" } else { "\n" });
    let mut services: BTreeMap<&str, &str> = BTreeMap::new();
    for image in images {
        let _ = writeln!(text, "  - name: {}\n    digest: {}", safe_json::line(&image.image), image.digest);
        if let Some(other) = services.insert(&image.image, &image.service) {
            let [one, other] = [other, &image.service].map(|name| Escaped::new(name).to_string());
            return Err(EmitError::SameImage { image: image.image.clone(), one, other });
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(service: &str, image: &str) -> ServiceImage {
        ServiceImage::new(service, image, format!("sha256:{}", "0".repeat(64)), FoundIn::Exists)
    }

    #[test]
    fn a_format_says_which_services_it_cannot_hold_both() {
        let two = [image("web/api", "r.io/api"), image("web-api", "r.io/api")];
        let error = images_env(&two).unwrap_err().to_string();
        assert_eq!(error, "`web/api` and `web-api` would both be the variable WEB_API_IMAGE");
        let error = images_kustomize(&two).unwrap_err().to_string();
        assert_eq!(
            error,
            "`web/api` and `web-api` have the same image r.io/api, and this format can only name one digest for it"
        );
    }

    #[test]
    fn no_image_is_valid_in_each_format() {
        assert_eq!(images_json(&[]), "[]\n");
        assert_eq!(images_env(&[]).unwrap(), "");
        assert!(images_kustomize(&[]).unwrap().ends_with("images: []\n"));
    }
}
