//! The Plan: what must be rebuilt, why, what each result is called, and in what order.
//!
//! The only stage that is published: its JSON is versioned ([`SCHEMA`]), can be saved and
//! fed back, and carries neither commands nor secrets. The same commit and configuration give the same bytes.

mod assemble;
mod cause;
mod existing;
mod from_json;
mod versions;
pub mod pipeline;
pub mod why;

pub use crate::analysis::graph::level;
pub use crate::config::Shape;
pub use assemble::{Assembly, Found, Names, assemble, published};
pub use cause::{CauseKind, PlannedCause, Reason};
pub use existing::Exists;
pub use from_json::{PlanError, read};
pub use versions::{VersionOf, Versions};

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::trigger::Kind;

/// The version of the plan's JSON that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The version of this format: 1.
    pub schema: u32,
    /// The version of rebake that made it.
    pub rebake: String,
    /// The shape of the configuration; absent for the one with `services:`.
    #[serde(default, skip_serializing_if = "Shape::is_structured")]
    pub shape: Shape,
    /// What asked for it.
    pub trigger: PlannedTrigger,
    /// Where results go.
    pub environment: String,
    /// What was compared.
    pub range: PlannedRange,
    /// Where doubt widened the plan; empty when everything is certain.
    pub degraded: Vec<Degradation>,
    /// The affected services in build order; where that leaves a choice, in the order of filters.yaml.
    pub services: Vec<PlannedService>,
    /// The other services, in the order of filters.yaml.
    pub unaffected: Vec<String>,
    /// Those of the other services that are affected, and were not asked for, in build order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The commit of each built ref that it saw, of its services and of those that they depend on; absent where it did
    /// not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<BTreeMap<String, String>>,
    /// Services that the configuration at base has and this one has not, in their order there; for teardown.
    pub removed: Vec<String>,
    /// Changed paths that nothing matched, sorted; quoted as git quotes them where they are not UTF-8.
    pub unmatched: Vec<String>,
    /// The changed paths that each named filter matched, in the order of filters.yaml; sorted, quoted as above.
    pub filters: IndexMap<String, Vec<String>>,
    /// Whether anything is to be built.
    pub any: bool,
}

/// What asked for a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedTrigger {
    /// The kind of event.
    pub kind: Kind,
    /// The full ref that it is about, where it has one.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// What was compared, and how that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedRange {
    /// The commit that changes were counted from; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The commit that changes lead to; absent in a repository without commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// How the range was chosen, in words.
    pub source: String,
    /// Whether changes of the work tree on top of head count.
    pub worktree: bool,
}

/// A doubt that widened the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Degradation {
    /// What kind of doubt, a stable word such as `base-unreachable`.
    pub kind: String,
    /// What is not known, and what was done about it.
    pub message: String,
    /// How to have it certain next time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// An affected service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedService {
    /// Its name.
    pub service: String,
    /// Its directory, `.` for the root; absent where the configuration gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it is a library: its changes spread to what is built from it, and it is never built itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
    /// Why it is affected: all of its own causes, and the shortest chain to a dependency's.
    pub causes: Vec<PlannedCause>,
    /// The base that this service has for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The affected services that must be built before it, in build order.
    pub needs: Vec<String>,
    /// 0 for a service that needs none, else one more than the highest level it needs.
    pub level: usize,
    /// What the result is called; null where that cannot be told, because a shallow clone does not know, or for the
    /// reason in `unnamed`.
    #[serde(default)]
    pub version: Option<String>,
    /// Why the result has no version or no image tags, so that it cannot be built; absent where it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<String>,
    /// What `git describe` says of it; absent where a shallow clone leaves it unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<GitDescription>,
    /// What its content comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The image of this very content that a registry has already; absent where none has, or none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<Exists>,
    /// The image it becomes, without a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Full image references; tags alone where there is no image. The content tag, by which `--skip-existing` finds the
    /// image, stands here where no rule of `tags` gives another one.
    pub tags: Vec<String>,
    /// Image tags that its rules gave and that it does not get: those of releases in an environment that is not for
    /// releases, and those that only a higher release moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Labels of the image, sorted.
    pub labels: BTreeMap<String, String>,
    /// The platforms it is built for.
    pub platforms: Vec<String>,
    /// Whether the result may be pushed.
    pub push: bool,
    /// Values that the configuration hands on to the CI job.
    pub matrix: serde_json::Map<String, serde_json::Value>,
}

/// The base that a service has for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Base {
    /// The commit.
    pub commit: String,
    /// How it was found, in words.
    pub source: String,
}

/// What `git describe` says of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitDescription {
    /// The service's release tag; absent where no commit carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The commits since the tag; all there are where there is no tag.
    pub distance: u32,
    /// The commit that is described.
    pub commit: String,
}

impl Plan {
    /// Returns an affected service by its name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services.iter().find(|service| service.service == name)
    }

    /// Returns the names of its services and of the environment.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| service.service.as_str()).chain([self.environment.as_str()])
    }

    /// Keeps these services; the others are left out.
    pub fn keep(&mut self, is_kept: impl Fn(&PlannedService) -> bool) {
        let (kept, left_out): (Vec<PlannedService>, Vec<PlannedService>) =
            std::mem::take(&mut self.services).into_iter().partition(|service| is_kept(service));
        self.services = kept;
        self.left_out.extend(left_out.into_iter().map(|service| service.service));
    }

    /// Returns the JSON text of the plan, with a final newline.
    ///
    /// It may be printed to a log: `##[` and `##vso[`, which GitHub and Azure obey wherever they stand in a line, are
    /// escaped. They can stand in a string alone, and JSON reads the escape as what it stands for.
    ///
    /// # Errors
    /// Never in practice: every key is a string.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string_pretty(self)?;
        Ok(text.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[") + "\n")
    }

    /// Returns the JSON Schema of the plan, draft 2020-12.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Plan).to_value()
    }
}
