//! The Plan: what must be rebuilt, why, what each result is called, and in what order.
//!
//! It is the only stage that is published. Its JSON is versioned ([`SCHEMA`]), can be saved and read again, and
//! contains neither commands nor secrets. The same commit and configuration give the same bytes.

mod assemble;
mod cause;
mod estimate;
mod existing;
mod from_json;
mod pushing;
mod versions;
pub mod check;
pub mod graph;
pub mod observed;
pub mod pipeline;
pub mod why;

pub use crate::analysis::graph::{level, longest_chain};
pub use crate::config::Shape;
pub use assemble::{Assembly, Found, Names, assemble, published};
pub use cause::{CauseKind, PlannedCause, PlannedPackage, Reason};
pub use estimate::{Estimate, PackedTime};
pub use existing::Exists;
pub use from_json::{PlanError, read};
pub use pushing::Pushes;
pub use versions::{VersionOf, Versions};

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::trigger::Kind;
use crate::model::job_settings::JobSettings;
use crate::model::recipe::Promote;
use crate::model::safe_json;

/// The version of the plan's JSON that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Plan {
    /// The version of this format: 1.
    pub schema: u32,
    /// The version of rebake that made it.
    pub rebake: String,
    /// The shape of the configuration; absent for the one with `services:`.
    #[serde(default, skip_serializing_if = "Shape::is_structured")]
    pub shape: Shape,
    /// The event for which it was made.
    pub trigger: PlannedTrigger,
    /// The environment's name.
    pub environment: String,
    /// What was compared.
    pub range: PlannedRange,
    /// Reasons why the plan is wider than necessary; empty if everything is known.
    pub degraded: Vec<Degradation>,
    /// The affected services in build order; services that do not depend on each other are in the order of
    /// filters.yaml.
    pub services: Vec<PlannedService>,
    /// The other services, in the order of filters.yaml.
    pub unaffected: Vec<String>,
    /// Those of the other services that are affected, but were not asked for, in build order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The commits of the built refs that the plan has read: of its services and of all that they depend on; absent if
    /// it has read none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<BTreeMap<String, String>>,
    /// Services in the configuration at base that are no longer in this one, in their order there; for teardown.
    pub removed: Vec<String>,
    /// Changed paths that nothing matched, sorted; quoted as git quotes them if they are not UTF-8.
    pub unmatched: Vec<String>,
    /// The changed paths that each named filter matched, in the order of filters.yaml; each list is sorted, and quoted
    /// as above.
    pub filters: IndexMap<String, Vec<String>>,
    /// Whether an existing image lacks a tag, or may lack one; absent if no registry was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote: Option<bool>,
    /// How long the builds will take; absent if no earlier run tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Whether anything has to be built.
    pub any: bool,
}

/// The event of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedTrigger {
    /// The kind of event.
    pub kind: Kind,
    /// The full ref of the event, if it has one.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// What was compared, and how that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedRange {
    /// The commit from which changes were counted; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The commit up to which changes were counted; absent in a repository without commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// How the range was chosen, in words.
    pub source: String,
    /// Whether changes of the work tree on top of head count.
    pub worktree: bool,
}

/// A reason why the plan is wider than necessary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of the reason, a stable word such as `base-unreachable`.
    pub kind: String,
    /// What is not known, and what was done about it.
    pub message: String,
    /// How to make it known next time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// An affected service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedService {
    /// Its name.
    pub service: String,
    /// Its directory, `.` for the root; absent if the configuration gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it is a library: its changes affect its dependents, and it is never built itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
    /// Why it is affected: all of its own causes, and the shortest chain to the cause of a dependency.
    pub causes: Vec<PlannedCause>,
    /// The base of this service alone, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// How many seconds its build will take, estimated from earlier builds; absent if the plan has no `estimate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The affected services that must be built before it, in build order.
    pub needs: Vec<String>,
    /// 0 for a service without needs, else one more than the highest level of its needs.
    pub level: usize,
    /// The version of the result; null if it is not known, because of a shallow clone or for the reason in `unnamed`.
    #[serde(default)]
    pub version: Option<String>,
    /// Why the result has no version or no image tags, so that it cannot be built; absent if it has both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<String>,
    /// Its `git describe`; absent if a shallow clone hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<GitDescription>,
    /// The fingerprint of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The content tag, by which an image of the same content is found again: the fingerprint, and letters for the
    /// version, commit and environment that its build can see. Absent if there is no image, or if no commit has the
    /// content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_tag: Option<String>,
    /// Whether an existing image of the same content is used in place of a build; absent for `auto`.
    #[serde(default, skip_serializing_if = "Promote::is_auto")]
    pub promote: Promote,
    /// Whether it is built although an image of the same content may exist: because of `--force` for it or for a
    /// service that it is built from, or because the version of such a service is not known. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuild: bool,
    /// The image of the same content in a registry; absent if there is none, or registries were not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<Exists>,
    /// The image, without a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Full image references; tags alone where there is no image. Without a tag from the rules of `tags`, it is the
    /// content tag.
    pub tags: Vec<String>,
    /// The `tags` that name a release. rebake adds them after the build, and they never move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// The `tags` that name a commit. The first build keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub once: Vec<String>,
    /// The references by which its build pushes it; absent for `all`.
    #[serde(default, skip_serializing_if = "Pushes::is_all")]
    pub pushes: Pushes,
    /// Image tags that its rules gave but it does not get: tags of releases in an environment that is not for releases,
    /// and tags that belong to a higher release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Labels of the image, sorted.
    pub labels: BTreeMap<String, String>,
    /// The platforms for which it is built.
    pub platforms: Vec<String>,
    /// Whether the result may be pushed.
    pub push: bool,
    /// Values that the configuration passes on to the CI job.
    pub matrix: serde_json::Map<String, serde_json::Value>,
    /// How many seconds its build may take with all attempts; absent if it has no `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<u64>,
    /// The job settings that it asks for in generated pipelines, by engine; absent if it asks for none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: JobSettings,
}

/// The base of one service alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Base {
    /// The commit.
    pub commit: String,
    /// How it was found, in words.
    pub source: String,
}

/// The `git describe` of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct GitDescription {
    /// The service's release tag; absent if no commit has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The commits since the tag; without a tag, all commits.
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

    /// Keeps the services for which `is_kept` returns true, and adds the names of the others to `left_out`.
    pub fn keep(&mut self, is_kept: impl Fn(&PlannedService) -> bool) {
        let (kept, left_out): (Vec<PlannedService>, Vec<PlannedService>) =
            std::mem::take(&mut self.services).into_iter().partition(|service| is_kept(service));
        self.services = kept;
        self.left_out.extend(left_out.into_iter().map(|service| service.service));
    }

    /// Returns the JSON text of the plan, with a final line break. It may be printed to a log.
    #[must_use]
    pub fn to_json(&self) -> String {
        safe_json::document(self)
    }

    /// Returns the JSON Schema of the plan, draft 2020-12.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Plan).to_value()
    }
}
