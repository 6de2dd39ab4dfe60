//! The Plan: what must be rebuilt, why, what each result is called, and in what order.
//!
//! The plan is the only published result of the stages. Its JSON has a version ([`SCHEMA`]), can be saved and read
//! again, and contains neither commands nor secrets. The same commit and configuration give the same bytes.

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
pub use assemble::{Assembly, Found, Names, StandingRefs, assemble, published};
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
    /// The version of rebake that made the plan.
    pub rebake: String,
    /// The shape of the configuration; absent for the shape with `services:`.
    #[serde(default, skip_serializing_if = "Shape::is_structured")]
    pub shape: Shape,
    /// The event for which the plan was made.
    pub trigger: PlannedTrigger,
    /// The environment's name.
    pub environment: String,
    /// The commits that were compared.
    pub range: PlannedRange,
    /// Reasons why the plan has more services than necessary; empty if there are none.
    pub degraded: Vec<Degradation>,
    /// The affected services that are planned, in build order. Services that do not depend on each other are in the
    /// order of filters.yaml.
    pub services: Vec<PlannedService>,
    /// The services that are not planned, in the order of filters.yaml.
    pub unaffected: Vec<String>,
    /// The services that are affected but not planned, since they were not requested, in build order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The commits to which the built refs point, by service: for the planned services and all services that they
    /// depend on. Absent if built refs were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<BTreeMap<String, String>>,
    /// The marks of builds that had begun and were not recorded when the plan was made: the ids of git objects, by
    /// service, for the same services as `built`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub begun: BTreeMap<String, String>,
    /// Services that the configuration at base has and the configuration at head does not have, in the order of the
    /// configuration at base. Their deployments may have to be removed.
    pub removed: Vec<String>,
    /// Changed paths that no filter matches, sorted. A path that is not UTF-8 is quoted as git quotes it.
    pub unmatched: Vec<String>,
    /// The changed paths that each named filter matches, by the name of the filter, in the order of filters.yaml. Each
    /// list is sorted, and its paths are quoted like those of `unmatched`.
    pub filters: IndexMap<String, Vec<String>>,
    /// Whether any existing image lacks one of its tags, or may lack one; absent if no registry was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote: Option<bool>,
    /// How long the builds will take; absent if no time of an earlier build is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Whether the plan has a service that is not a library, so that there is something to build.
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

/// The commits that were compared, and how they were chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedRange {
    /// The commit with which `head` was compared; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The commit that the plan is for; absent in a repository without commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// How the range was chosen, in words.
    pub source: String,
    /// Whether the plan includes the work tree's changes on top of `head`.
    pub worktree: bool,
}

/// A reason why the plan has more services than necessary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of the reason, a stable word such as `base-unreachable`.
    pub kind: String,
    /// The fact that is not known, and how the plan treats it.
    pub message: String,
    /// How to make this fact known next time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// An affected service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PlannedService {
    /// Its name.
    pub service: String,
    /// Its directory, `.` for the root of the repository; absent if the configuration names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it is a library: changes of a library affect its dependents, but the library itself is never built.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
    /// Why it is affected: all of its own causes, and the shortest chain of dependencies to a service with a cause of
    /// its own.
    pub causes: Vec<PlannedCause>,
    /// The service's own base (`--since`), which replaces the base of the plan; absent if the service has no base of
    /// its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// How many seconds its build will take, estimated from earlier builds; absent for a library, or if the plan has no
    /// `estimate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The planned services that must be built before it, in build order.
    pub needs: Vec<String>,
    /// 0 for a service without `needs`, else one more than the highest level of the services in `needs`.
    pub level: usize,
    /// The version of the result; null for a library, if versions were not requested, or if the version is not known
    /// because of a shallow clone or for the reason in `unnamed`.
    #[serde(default)]
    pub version: Option<String>,
    /// The reason why the result has no version or no image tags, so that the service cannot be built; absent if there
    /// is no such reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<String>,
    /// The `git describe` of the service; absent for a library, in a repository without commits, or if it was not
    /// requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<GitDescription>,
    /// The fingerprint of its content; absent if it is not known or was not requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The content tag, by which an image of the same content is found again. It has the fingerprint and, if the build
    /// can see the version, the commit or the environment, characters that depend on these. Absent if there is no
    /// image, or if the fingerprint is not known or belongs to no commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_tag: Option<String>,
    /// When an existing image of the same content is used instead of a build; absent for `auto`.
    #[serde(default, skip_serializing_if = "Promote::is_auto")]
    pub promote: Promote,
    /// Whether it is built even if an image of the same content exists. The reason is `--force` for this service or one
    /// that it is built from, or that a value on which their images depend, such as a version, is not known. Absent if
    /// false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuild: bool,
    /// The existing image of the same content; absent if there is none, or if no registry was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<Exists>,
    /// The name of the image, without a tag; absent if the service has no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Image references with a tag, such as `ghcr.io/acme/api:1.0`; tags without a name if the service has no image. If
    /// the service's `tags` give an image no tag, this has only the content tag.
    pub tags: Vec<String>,
    /// Those of `tags` that name a release. rebake adds them after the build, and they never move to another image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// Those of `tags` that name a commit. The first image of the commit gets them and keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub once: Vec<String>,
    /// Which image references its build pushes; absent for `all`.
    #[serde(default, skip_serializing_if = "Pushes::is_all")]
    pub pushes: Pushes,
    /// Image tags that the service's rules give, but that the image does not get: tags of releases in an environment
    /// that is not for releases, and tags that belong to a higher release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The labels of the image, sorted by name.
    pub labels: BTreeMap<String, String>,
    /// The platforms for which it is built.
    pub platforms: Vec<String>,
    /// Whether the result may be pushed.
    pub push: bool,
    /// Values that the configuration passes on to the CI job.
    pub matrix: serde_json::Map<String, serde_json::Value>,
    /// How many seconds all attempts of its build may take together; absent if the service has no `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<u64>,
    /// The settings for its job in generated pipelines, by CI engine; absent if the configuration has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: JobSettings,
}

/// The base with which one service is compared, if services are compared with bases of their own.
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
    /// The nearest release tag of the service; absent if neither the commit nor a known earlier one has a release tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// How many commits there are since the tag; without a tag, since the beginning.
    pub distance: u32,
    /// The commit that is described.
    pub commit: String,
}

impl Plan {
    /// Returns a planned service by its name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services.iter().find(|service| service.service == name)
    }

    /// Returns the names of the planned services, and of the environment.
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

    /// Returns the JSON text of the plan, with a final line break. The text is safe to print to a log.
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
