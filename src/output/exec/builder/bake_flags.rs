use serde::Serialize;

use super::bake::literal;
use super::{BuilderError, shown};
use crate::model::name::Escaped;
use crate::model::recipe::Recipe;
use crate::plan::PlannedService;

/// The keys of a bake target that have the effect of a service's `flags`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Flags {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_cache: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    no_cache_filter: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pull: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    shm_size: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh: Vec<String>,
}

impl Flags {
    /// Reads the flags of a service, each `--name=value`, `--name value` or `--name`.
    ///
    /// # Errors
    /// When bake files have no key for one of the flags.
    pub(super) fn of(service: &PlannedService, recipe: &Recipe) -> Result<Self, BuilderError> {
        let mut flags = Self::default();
        let mut words = recipe.flags.iter().peekable();
        while let Some(word) = words.next() {
            let (name, mut value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if value.is_none() && !matches!(name, "--no-cache" | "--pull") {
                value = words.next_if(|next| !next.starts_with('-')).cloned();
            }
            let is_on = value.as_deref().is_none_or(|value| value == "true");
            match (name, value) {
                ("--annotation", Some(value)) => flags.annotations.push(literal(&value)),
                ("--network", Some(value)) => flags.network = Some(literal(&value)),
                ("--no-cache", _) => flags.no_cache = is_on,
                ("--no-cache-filter", Some(value)) => flags.no_cache_filter.push(literal(&value)),
                ("--pull", _) => flags.pull = is_on,
                ("--shm-size", Some(value)) => flags.shm_size = Some(literal(&value)),
                ("--ssh", Some(value)) => flags.ssh.push(literal(&value)),
                _ => {
                    let (service, value) = (shown(service), Escaped::new(word).to_string());
                    return Err(BuilderError::Unknown { service, builder: "bake", key: "flags", value });
                }
            }
        }
        Ok(flags)
    }
}
