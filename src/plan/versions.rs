use serde::Serialize;

use super::GitDescription;
use crate::model::safe_json;

/// The versions of services at a commit, as `rebake version --format json` publishes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// The services.
    pub services: Vec<VersionOf>,
}

/// The version of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionOf {
    /// Its name.
    pub service: String,
    /// Its version; null if the version is not known.
    pub version: Option<String>,
    /// Why there is no version; absent if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<String>,
    /// Its image with that version as the tag; absent if the service has no image or no version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The `git describe` of the service.
    pub described: GitDescription,
}

impl Versions {
    /// Returns the JSON text, with a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        safe_json::document(self)
    }
}
