use std::str::FromStr;

use serde_json::{Value, json};

use crate::model::name::nearest;
use crate::model::published_name::published_names;
use crate::plan::{Plan, PlannedService};

published_names! {
    /// A value of a service that an entry of a job matrix can contain (`--fields`).
    #[non_exhaustive]
    pub enum Field {
        /// The name of the service.
        Service = "service",
        /// Its directory, or its name if it has no directory.
        Path = "path",
        /// Its version; empty if it is unknown.
        Version = "version",
        /// The first of its image tags, which are in the order of their priorities, without the image.
        Tag = "tag",
        /// Where the results go.
        Environment = "environment",
        /// Its image without a tag; empty if there is none.
        Image = "image",
        /// Its image tags with the image before them, a line each.
        Tags = "tags",
        /// The labels of its image, `key=value`, a line each.
        Labels = "labels",
        /// The platforms of its image, with commas between.
        Platforms = "platforms",
        /// Whether the image may be pushed: true or false, no text.
        Push = "push",
        /// Its level in the build order, a number.
        Level = "level",
        /// The planned services that must be built before it, as a list.
        Needs = "needs",
        /// The hash of all that affects its build; empty if it is unknown.
        Fingerprint = "fingerprint",
        /// How long its build will take, a number that is estimated from earlier builds; 0 if that is not known.
        Seconds = "seconds",
    }
}

/// A field that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field `{name}`{}", nearest.map(|field| format!(", did you mean `{field}`?")).unwrap_or_default())]
pub struct UnknownField {
    name: String,
    nearest: Option<&'static str>,
}

impl Field {
    /// The default fields. The image is not one of them: GitHub drops an output that contains a secret, and the name of
    /// an image often contains one, the registry's user.
    pub const DEFAULT: [Self; 5] = [Self::Service, Self::Path, Self::Version, Self::Tag, Self::Environment];

    pub(super) fn of(self, plan: &Plan, service: &PlannedService) -> Value {
        match self {
            Self::Service => json!(service.service),
            Self::Path => json!(service.path.as_ref().unwrap_or(&service.service)),
            Self::Version => json!(service.version.as_deref().unwrap_or_default()),
            Self::Tag => json!(service.tags.first().map_or("", |tag| tag_of(tag))),
            Self::Environment => json!(plan.environment),
            Self::Image => json!(service.image.as_deref().unwrap_or_default()),
            Self::Tags => json!(service.tags.join("\n")),
            Self::Labels => {
                let labels = service.labels.iter().map(|(key, value)| format!("{key}={value}"));
                json!(labels.collect::<Vec<_>>().join("\n"))
            }
            Self::Platforms => json!(service.platforms.join(",")),
            Self::Push => json!(service.push),
            Self::Level => json!(service.level),
            Self::Needs => json!(service.needs),
            Self::Fingerprint => json!(service.fingerprint.as_deref().unwrap_or_default()),
            Self::Seconds => json!(service.seconds.unwrap_or_default()),
        }
    }
}

/// Returns the tag of a full reference: the text after the last `:`, unless that is the port of a registry.
fn tag_of(reference: &str) -> &str {
    match reference.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => reference,
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let names = || Self::ALL.iter().copied().map(Self::name);
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.name() == name)
            .ok_or_else(|| UnknownField { name: name.to_owned(), nearest: nearest(name, names()) })
    }
}
