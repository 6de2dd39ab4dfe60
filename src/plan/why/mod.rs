//! Explains why a service is affected or not, and which services a change of a path would affect.

mod miss;
mod reach;

pub use miss::{Exclusion, Miss, PatternPlace, TakenBack, misses};
pub use reach::{Reach, Reached, Spared, reach};

use serde::Serialize;

use crate::plan::{Base, CauseKind, Plan, PlannedCause, PlannedRange};

/// Why services are affected or not, as published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhyReport {
    /// The commits that were compared.
    pub range: PlannedRange,
    /// The services in question.
    pub services: Vec<ServiceExplanation>,
}

/// Why one service is affected or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceExplanation {
    /// Its name.
    pub service: String,
    /// Whether it is affected.
    pub affected: bool,
    /// The service's own base, which replaces the base of the plan; absent if the service has no base of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Its causes; empty if it is not affected.
    pub causes: Vec<PlannedCause>,
    /// The last service of each dependency chain in `causes`, with its own causes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<ChainRoot>,
    /// The changes that came nearest to affecting the service, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub misses: Vec<Miss>,
}

/// A service with a cause of its own, which affects other services through dependencies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChainRoot {
    /// Its name.
    pub service: String,
    /// Its causes.
    pub causes: Vec<PlannedCause>,
}

impl ServiceExplanation {
    /// Returns the explanation of a service from a plan; `None` if the plan does not contain the service.
    #[must_use]
    pub fn of_plan(plan: &Plan, name: &str) -> Option<Self> {
        let told = |affected, causes: &[PlannedCause]| Self {
            service: name.to_owned(),
            affected,
            base: plan.service(name).and_then(|service| service.base.clone()),
            causes: causes.to_vec(),
            roots: roots(plan, causes),
            misses: Vec::new(),
        };
        match plan.service(name) {
            Some(service) => Some(told(true, &service.causes)),
            None => plan.unaffected.iter().any(|unaffected| unaffected == name).then(|| told(false, &[])),
        }
    }
}

/// Returns the last service of each dependency chain in these causes, with its own causes. Services that the plan
/// omits (`--only`) are not among them.
fn roots(plan: &Plan, causes: &[PlannedCause]) -> Vec<ChainRoot> {
    let ends = causes.iter().filter(|cause| cause.kind == CauseKind::Dependency).filter_map(|cause| cause.chain.last());
    ends.filter_map(|end| plan.service(end))
        .map(|root| ChainRoot { service: root.service.clone(), causes: root.causes.clone() })
        .collect()
}
