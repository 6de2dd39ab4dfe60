use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Plan, Service};
use crate::image::{ImageName, ImageTag, Reference};

/// The image that a registry has already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exists {
    /// Its full reference, whose tag is the service's fingerprint.
    pub reference: String,
    /// Its digest, `sha256:…`: of the index where it is for many platforms.
    pub digest: String,
}

impl Service {
    /// Returns the reference by which an image of the same content is found again: what a builder pushes besides the
    /// `tags`, and what `--skip-existing` asks for (spec section 13). None where there is no image, or where the
    /// content is no commit's.
    #[must_use]
    pub fn content_reference(&self) -> Option<Reference> {
        let name = ImageName::parse(self.image.as_deref()?).ok()?;
        let tag = ImageTag::of_fingerprint(self.fingerprint.as_deref()?)?;
        Some(Reference { name, tag })
    }
}

impl Plan {
    /// Returns the plan of what is left to be built: without the services whose image exists.
    #[must_use]
    pub fn to_build(&self) -> Cow<'_, Self> {
        if self.services.iter().all(|service| service.exists.is_none()) {
            return Cow::Borrowed(self);
        }
        let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
        let mut services = Vec::new();
        for service in self.services.iter().filter(|service| service.exists.is_none()) {
            let needs = service.needs.iter().filter(|need| levels.contains_key(need.as_str())).cloned().collect();
            let level = service.needs.iter().filter_map(|need| levels.get(need.as_str())).map(|level| level + 1).max();
            let level = level.unwrap_or_default();
            levels.insert(&service.service, level);
            services.push(Service { needs, level, ..service.clone() });
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
        let there = Exists { reference: "r.io/lib:fp1-x".to_owned(), digest: "sha256:00".to_owned() };
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
    fn content_that_no_commit_has_has_no_reference() {
        let reference = |image: Option<&str>, fingerprint: &str| {
            let text = serde_json::json!({
                "service": "api", "causes": [], "needs": [], "level": 0, "tags": [], "labels": {}, "platforms": [],
                "push": true, "matrix": {}, "fingerprint": fingerprint, "image": image,
            });
            let service: Service = serde_json::from_value(text).unwrap();
            service.content_reference().map(|reference| reference.to_string())
        };
        let fingerprint = "fp1-4oymiquy7qobjgx36tejs35zeq";
        assert_eq!(reference(Some("r.io/api"), fingerprint).unwrap(), format!("r.io/api:{fingerprint}"));
        assert_eq!(reference(Some("r.io/api"), "fp1-4oymiquy7qobjgx36tejs35zeq-dirty"), None);
        assert_eq!(reference(Some("r.io/API"), fingerprint), None);
        assert_eq!(reference(None, fingerprint), None);
    }
}
