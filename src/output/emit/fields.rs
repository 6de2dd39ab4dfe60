use std::str::FromStr;

use serde_json::{Value, json};

use crate::model::name::nearest;
use crate::plan::{Plan, PlannedService};

/// A value of a service that an entry of a job matrix can contain (`--fields`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// `service`: its name.
    Service,
    /// `path`: its directory, or its name if it has no directory.
    Path,
    /// `version`: the version of the service; empty if it is unknown.
    Version,
    /// `tag`: the first tag, without the image.
    Tag,
    /// `environment`: the plan's environment.
    Environment,
    /// `image`: the image without a tag; empty if there is none.
    Image,
    /// `tags`: full references, one per line.
    Tags,
    /// `labels`: `key=value`, one per line.
    Labels,
    /// `platforms`: separated by commas, as docker accepts them.
    Platforms,
    /// `push`: whether the image may be pushed.
    Push,
    /// `level`: its level in the build order.
    Level,
    /// `needs`: the planned services that must be built before it.
    Needs,
    /// `fingerprint`: the fingerprint of its content.
    Fingerprint,
    /// `seconds`: how long its build will take, estimated from earlier builds; 0 if that is not known.
    Seconds,
}

/// A field that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field `{name}`{}", nearest.map(|field| format!(", did you mean `{field}`?")).unwrap_or_default())]
pub struct UnknownField {
    name: String,
    nearest: Option<&'static str>,
}

impl Field {
    /// Every field, in the order of a matrix entry.
    pub const ALL: [Self; 14] = [
        Self::Service,
        Self::Path,
        Self::Version,
        Self::Tag,
        Self::Environment,
        Self::Image,
        Self::Tags,
        Self::Labels,
        Self::Platforms,
        Self::Push,
        Self::Level,
        Self::Needs,
        Self::Fingerprint,
        Self::Seconds,
    ];

    /// The default fields. The image is not one of them: GitHub drops an output that contains a secret, and the name of
    /// an image often contains one, the registry's user.
    pub const DEFAULT: [Self; 5] = [Self::Service, Self::Path, Self::Version, Self::Tag, Self::Environment];

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Path => "path",
            Self::Version => "version",
            Self::Tag => "tag",
            Self::Environment => "environment",
            Self::Image => "image",
            Self::Tags => "tags",
            Self::Labels => "labels",
            Self::Platforms => "platforms",
            Self::Push => "push",
            Self::Level => "level",
            Self::Needs => "needs",
            Self::Fingerprint => "fingerprint",
            Self::Seconds => "seconds",
        }
    }

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
        let names = || Self::ALL.into_iter().map(Self::name);
        Self::ALL
            .into_iter()
            .find(|field| field.name() == name)
            .ok_or_else(|| UnknownField { name: name.to_owned(), nearest: nearest(name, names()) })
    }
}
