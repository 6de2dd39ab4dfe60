//! The images of services, as builds of their dependents need them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::builder::Output;
use super::service_build::{Build, Work};
use crate::model::safe_json;
use crate::plan;

/// The image of a service, as `$REBAKE_NEEDS` describes it to a build that needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeededImage {
    /// The image, without a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The reference of the image: by its digest if the image is in a registry, else by its first tag.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The digest of the image in a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The version of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Full references of the image; tags alone if there is no image.
    pub tags: Vec<String>,
    /// The value of a builder's named context with this image: `docker-image://REFERENCE`.
    #[serde(skip)]
    source: Option<String>,
}

/// The images of the services that a build needs, by name.
pub type NeededServices = BTreeMap<String, NeededImage>;

/// Where the image of a successful build is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In its registry, since it is pushed.
    Registry,
    /// In docker's engine, by its first tag.
    Engine,
    /// In the user's store of buildah and podman. The id of the image is in a file of the scratch directory.
    Store,
    /// In a directory of the scratch directory, as an OCI layout.
    Layout,
    /// The build's command decides. The command may have written the image's digest.
    Elsewhere,
    /// Nowhere: there is no image.
    Nowhere,
}

impl Kept {
    /// The name of the file in [`Build::scratch`] with the image's id.
    pub(super) const ID: &'static str = "image-id";
    /// The name of the directory in [`Build::scratch`] with the image.
    pub(super) const LAYOUT: &'static str = "image";
}

/// An argument of a command. It may contain references to images of needed services, which are not known before the
/// build begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandArgument(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The reference of a service's image.
    Reference(String),
    /// The named context with a service's image.
    Source(String),
}

impl NeededImage {
    /// Returns the image of a service in a registry.
    #[must_use]
    pub fn in_registry(service: &plan::PlannedService, digest: &str) -> Option<Self> {
        let reference = format!("{}@{digest}", service.image.as_deref()?);
        let source = Some(format!("docker-image://{reference}"));
        Some(Self { digest: Some(digest.to_owned()), reference: Some(reference), source, ..Self::named(service) })
    }

    /// Returns a placeholder for a service whose image does not exist yet.
    pub(super) fn placeholder(reference: &str, source: String) -> Self {
        let reference = Some(reference.to_owned());
        Self { image: None, reference, digest: None, version: None, tags: Vec::new(), source: Some(source) }
    }

    /// Returns the image of a successful build.
    pub(super) fn of(build: &Build, output: &Output) -> Self {
        let service = build.service;
        let digest = output.digest.as_deref();
        let is_in_registry = match (&build.work, build.kept) {
            (Work::Exists { .. }, _) | (Work::Steps(_), Kept::Registry) => true,
            (Work::Steps(_), Kept::Elsewhere) => service.push,
            (Work::Steps(_), Kept::Engine | Kept::Store | Kept::Layout | Kept::Nowhere)
            | (Work::Superseded { .. } | Work::Unnamed(_), _) => false,
        };
        if let Some(digest) = digest.filter(|_| is_in_registry) {
            return Self::in_registry(service, digest).unwrap_or_else(|| Self::named(service));
        }
        let named = Self::named(service);
        // Other tags may be added to the image only after the run.
        let tag = service.built_tags().into_iter().next().or_else(|| named.tags.first().cloned());
        let tag = tag.filter(|_| named.image.is_some());
        let source = match build.kept {
            Kept::Store => output.id.as_ref().or(tag.as_ref()).map(|image| format!("container-image://{image}")),
            Kept::Layout => digest.map(|digest| {
                let layout = build.scratch.join(Kept::LAYOUT);
                format!("oci-layout://{}@{digest}", layout.display())
            }),
            Kept::Registry | Kept::Engine | Kept::Elsewhere => tag.as_ref().map(|tag| format!("docker-image://{tag}")),
            Kept::Nowhere => None,
        };
        Self { reference: tag.filter(|_| build.kept != Kept::Nowhere), source, ..named }
    }

    fn named(service: &plan::PlannedService) -> Self {
        Self {
            image: service.image.clone(),
            reference: None,
            digest: None,
            version: service.version.clone(),
            tags: local_tags(service).into_owned(),
            source: None,
        }
    }
}

/// Returns the full references of a service's image. If the plan has no tags for the image, the reference has its
/// content tag, or the tag `rebake`, since an image needs a name.
pub(super) fn local_tags(service: &plan::PlannedService) -> Cow<'_, [String]> {
    match (service.tags.as_slice(), service.image.as_ref()) {
        ([], Some(image)) => {
            let content = service.content_reference().map(|reference| reference.to_string());
            Cow::Owned(vec![content.unwrap_or_else(|| format!("{image}:rebake"))])
        }
        (tags, _) => Cow::Borrowed(tags),
    }
}

/// Returns the images before they are built, each by its first tag, since its digest and its id are not known yet. An
/// image in an OCI layout has no tag there: the words `<digest of api>` replace its digest.
#[must_use]
pub fn expected_images(builds: &[Build]) -> NeededServices {
    let expected = |build: &Build| {
        let service = &build.service.service;
        let output = match (&build.work, build.kept) {
            (Work::Exists { .. }, _) => Output::of_existing(build),
            (_, Kept::Layout) => Output { digest: Some(format!("<digest of {service}>")), id: None },
            _ => Output::default(),
        };
        (service.clone(), NeededImage::of(build, &output))
    };
    builds.iter().map(expected).collect()
}

/// The most bytes of `$REBAKE_NEEDS`. Linux does not pass a variable longer than 128 KiB to a program.
const LONGEST: usize = 100_000;

/// Returns the images of services as a line of JSON, the value of `$REBAKE_NEEDS`. If they do not fit, the last ones are
/// left out.
pub(super) fn in_json(needs: &NeededServices) -> String {
    let mut text = "{".to_owned();
    for (service, image) in needs {
        let entry = format!("{}:{}", safe_json::line(service), safe_json::line(image));
        if text.len() + entry.len() > LONGEST {
            break;
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&entry);
    }
    text.push('}');
    text
}

impl CommandArgument {
    /// Returns an argument that is the reference of a service's image.
    pub(super) fn reference(service: &str) -> Self {
        Self(vec![Piece::Reference(service.to_owned())])
    }

    /// Returns an argument that is the value of a named context with a service's image.
    pub(super) fn source(service: &str) -> Self {
        Self(vec![Piece::Source(service.to_owned())])
    }

    /// Returns this argument with a text before it.
    pub(super) fn behind(mut self, text: &str) -> Self {
        self.0.insert(0, Piece::Text(text.to_owned()));
        self
    }

    /// Appends another argument.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the text of the argument; `None` if an image has to be filled in.
    pub(super) fn text(&self) -> Option<String> {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Reference(_) | Piece::Source(_) => None,
        };
        self.0.iter().map(text).collect()
    }

    /// Returns the text of the argument with the images of services filled in.
    ///
    /// # Errors
    /// When the image of a service is missing. The error is the name of that service.
    pub(super) fn fill(&self, needs: &NeededServices) -> Result<String, String> {
        self.0.iter().map(|piece| piece.fill(needs).map_err(str::to_owned)).collect()
    }

    /// Returns the argument as it is shown before the builds. `<image of api>` replaces a missing image.
    pub(super) fn preview(&self, needs: &NeededServices) -> String {
        self.0.iter().map(|piece| piece.fill(needs).unwrap_or_else(|service| format!("<image of {service}>"))).collect()
    }
}

impl Piece {
    /// Returns the text with the image of a service filled in.
    ///
    /// # Errors
    /// When the image is missing. The error is the name of the service.
    fn fill(&self, needs: &NeededServices) -> Result<String, &str> {
        let (service, filled) = match self {
            Self::Text(text) => return Ok(text.clone()),
            Self::Reference(service) => (service, needs.get(service).and_then(|image| image.reference.clone())),
            Self::Source(service) => (service, needs.get(service).and_then(|image| image.source.clone())),
        };
        filled.ok_or(service.as_str())
    }
}

/// Writes the argument as in filters.yaml: `BASE={{needs.base}}`.
impl fmt::Display for CommandArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Reference(service) | Piece::Source(service) => write!(f, "{{{{needs.{service}}}}}"),
        })
    }
}

impl<T: Into<String>> From<T> for CommandArgument {
    fn from(text: T) -> Self {
        Self(vec![Piece::Text(text.into())])
    }
}
