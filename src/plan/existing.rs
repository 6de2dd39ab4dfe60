use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Plan, PlannedService, level};

/// An existing image of a service in a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Exists {
    /// Its full reference, with the service's content tag or with the tag of a release.
    pub reference: String,
    /// Its digest, `sha256:…`. For an image with several platforms, this is the digest of the index.
    pub digest: String,
    /// The tags of the service that the image lacks, or may lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

impl Plan {
    /// Returns the plan with only the services that still have to be built: without libraries, and without services
    /// whose image exists.
    #[must_use]
    pub fn to_build(&self) -> Cow<'_, Self> {
        self.without(|service| service.library || service.exists.is_some())
    }

    /// Returns the plan without libraries.
    #[must_use]
    pub fn without_libraries(&self) -> Cow<'_, Self> {
        self.without(|service| service.library)
    }

    /// Returns the plan without some services. A dependent of an omitted library gets the library's own needs instead.
    /// A dependent of a service whose image exists loses this need, since its build does not wait for the image.
    fn without(&self, is_left_out: impl Fn(&PlannedService) -> bool) -> Cow<'_, Self> {
        if !self.services.iter().any(&is_left_out) {
            return Cow::Borrowed(self);
        }
        let mut services: Vec<PlannedService> = Vec::new();
        // For each service, the positions of the services that its dependents wait for.
        let mut stands_for: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for service in &self.services {
            let needs = service.needs.iter().filter_map(|need| stands_for.get(need.as_str()));
            let needs: BTreeSet<usize> = needs.flatten().copied().collect();
            let stands_for_it = match (is_left_out(service), service.library) {
                (false, _) => BTreeSet::from([services.len()]),
                (true, true) => needs.clone(),
                (true, false) => BTreeSet::new(),
            };
            stands_for.insert(&service.service, stands_for_it);
            if !is_left_out(service) {
                let level = level(needs.iter().map(|need| services[*need].level));
                let needs = needs.iter().map(|need| services[*need].service.clone()).collect();
                services.push(PlannedService { needs, level, ..service.clone() });
            }
        }
        Cow::Owned(Self { any: !services.is_empty(), services, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_is_no_step_on_the_way() {
        let service = |name: &str, needs: &[&str], level: usize| {
            serde_json::json!({
                "service": name, "causes": [], "needs": needs, "level": level, "tags": [], "labels": {},
                "platforms": [], "push": true, "matrix": {},
            })
        };
        let plan = serde_json::json!({
            "schema": 1, "rebake": "0", "trigger": {"kind": "push"}, "environment": "staging",
            "range": {"source": "test", "worktree": false}, "degraded": [],
            "services": [
                service("base", &[], 0), service("lib", &["base"], 1),
                service("api", &["base", "lib"], 2), service("web", &["lib"], 2),
            ],
            "unaffected": [], "removed": [], "unmatched": [], "filters": {}, "any": true,
        });
        let mut plan: Plan = serde_json::from_value(plan).unwrap();
        assert_eq!(*plan.to_build(), plan);
        let there =
            Exists { reference: "r.io/lib:fp2-x".to_owned(), digest: "sha256:00".to_owned(), lacks: Vec::new() };
        plan.services[1].exists = Some(there.clone());
        let left = plan.to_build();
        let steps: Vec<_> = left
            .services
            .iter()
            .map(|service| (service.service.as_str(), service.needs.join(" "), service.level))
            .collect();
        assert_eq!(steps, [("base", String::new(), 0), ("api", "base".to_owned(), 1), ("web", String::new(), 0)]);
        plan.services.iter_mut().for_each(|service| service.exists = Some(there.clone()));
        assert!(!plan.to_build().any);
    }

    #[test]
    fn what_needs_a_library_needs_what_the_library_needs() {
        let service = |name: &str, needs: &[&str], level: usize, library: bool| {
            serde_json::json!({
                "service": name, "library": library, "causes": [], "needs": needs, "level": level, "tags": [],
                "labels": {}, "platforms": [], "push": false, "matrix": {},
            })
        };
        let plan = serde_json::json!({
            "schema": 1, "rebake": "0", "trigger": {"kind": "push"}, "environment": "staging",
            "range": {"source": "test", "worktree": false}, "degraded": [],
            "services": [
                service("base", &[], 0, false), service("lib", &["base"], 1, true), service("more", &["lib"], 2, true),
                service("api", &["lib", "more"], 3, false),
            ],
            "unaffected": [], "removed": [], "unmatched": [], "filters": {}, "any": true,
        });
        let plan: Plan = serde_json::from_value(plan).unwrap();
        for left in [plan.to_build(), plan.without_libraries()] {
            let steps = left.services.iter().map(|service| (&*service.service, service.needs.join(" "), service.level));
            assert_eq!(steps.collect::<Vec<_>>(), [("base", String::new(), 0), ("api", "base".to_owned(), 1)]);
        }
    }
}
