use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Plan, PlannedService, SCHEMA, level};
use crate::model::diagnostic::LineColumn;
use crate::model::malformed_json::MalformedJson;
use crate::model::name::Escaped;
use crate::naming::image::ImageTag;
use crate::naming::version::has_form_of_version;

/// Why a text is not a plan that this program can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The text is not JSON, or its JSON does not have the form of a plan.
    #[error("this is not a plan: {0}")]
    NotAPlan(#[from] MalformedJson),
    /// The text is a plan of another schema, from another version of rebake.
    #[error("the plan has schema {found}, and this rebake reads schema {SCHEMA}")]
    Schema {
        /// The schema in the text.
        found: u32,
    },
    /// The plan has an invalid version, commit or tag.
    #[error("this is not a plan: {0}")]
    Name(String),
    /// The parts of the plan contradict each other.
    #[error("the plan contradicts itself: {0}")]
    Contradiction(String),
}

impl PlanError {
    /// Returns the line and column of the problem in the text, if they are known.
    #[must_use]
    pub fn place(&self) -> Option<LineColumn> {
        match self {
            Self::NotAPlan(malformed) => malformed.place,
            Self::Schema { .. } | Self::Name(_) | Self::Contradiction(_) => None,
        }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotAPlan(_) | Self::Name(_) | Self::Contradiction(_) => "write it with `rebake plan --format json`",
            Self::Schema { .. } => "make the plan and use it with the same version of rebake",
        }
    }
}

/// Reads a saved plan. The plan is checked, since it may come from anywhere. A plan contains no commands.
///
/// # Errors
/// When the text is not JSON or not a plan, or has another schema. When a service occurs twice, or needs a service that
/// does not come before it. When a version or a commit is invalid, or a content tag belongs to other content.
pub fn read(text: &str) -> Result<Plan, PlanError> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let Head { schema } = serde_json::from_str(text).map_err(MalformedJson::from)?;
    if schema != SCHEMA {
        return Err(PlanError::Schema { found: schema });
    }
    let mut plan: Plan = serde_json::from_str(text).map_err(MalformedJson::from)?;
    names(&plan).map_err(PlanError::Name)?;
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    for service in &mut plan.services {
        let name = &service.service;
        if let Some(need) = service.needs.iter().find(|need| !before.contains_key(need.as_str())) {
            let contradiction = format!("`{name}` needs `{need}`, which does not come before it");
            return Err(PlanError::Contradiction(contradiction));
        }
        // The level follows from the needs, so the number in the text is not trusted.
        service.level = level(service.needs.iter().filter_map(|need| before.get(need)).copied());
        if before.insert(name.clone(), service.level).is_some() {
            return Err(PlanError::Contradiction(format!("`{name}` occurs twice")));
        }
    }
    plan.any = plan.services.iter().any(|service| !service.library);
    Ok(plan)
}

/// Checks the commits, versions and tags of a plan, since builds and jobs receive them.
fn names(plan: &Plan) -> Result<(), String> {
    let range = [&plan.range.base, &plan.range.head].into_iter().flatten();
    let seen = plan.built.iter().chain([&plan.begun]).flat_map(BTreeMap::values);
    let of = |service: &'_ PlannedService| {
        let base = service.base.as_ref().map(|base| base.commit.clone());
        base.into_iter().chain(service.described.as_ref().map(|described| described.commit.clone()))
    };
    let commits = range.chain(seen).cloned().chain(plan.services.iter().flat_map(of));
    if let Some(commit) = commits.into_iter().find(|commit| !is_hexadecimal(commit)) {
        return Err(format!("`{}` is not a commit", Escaped::new(&commit)));
    }
    for service in &plan.services {
        service.check_names().map_err(|said| format!("`{}`: {said}", Escaped::new(&service.service)))?;
    }
    Ok(())
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl PlannedService {
    /// Checks the version and the tags, since the plan may come from anywhere.
    ///
    /// # Errors
    /// When the version is invalid, or a tag is the content tag of other content.
    pub fn check_names(&self) -> Result<(), String> {
        if let Some(version) = self.version.as_deref().filter(|version| !has_form_of_version(version)) {
            return Err(format!("`{}` is not a version", Escaped::new(version)));
        }
        if let Some(content) = &self.content_tag {
            let bound_to = self.fingerprint.as_deref().and_then(|print| content.strip_prefix(print));
            if !ImageTag::is_of_content(content) || bound_to.is_none() {
                return Err(format!("`{}` is the tag of another content", Escaped::new(content)));
            }
        }
        let own = self.content_reference().map(|reference| reference.to_string());
        let is_content = |tag: &&String| {
            let written = tag.rsplit_once(':').map_or(tag.as_str(), |(_, written)| written);
            ImageTag::is_of_content(written)
        };
        match self.tags.iter().filter(is_content).find(|tag| Some(*tag) != own.as_ref()) {
            Some(tag) => Err(format!("`{}` is the tag of another content", Escaped::new(tag))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;

    fn says(change: impl Fn(&mut Value)) -> String {
        let mut plan = json!({
            "schema": 1, "rebake": "1", "trigger": {"kind": "push"}, "environment": "local", "degraded": [],
            "range": {"base": "ab12", "head": "ab13", "source": "given", "worktree": false},
            "services": [{
                "service": "api", "causes": [], "base": {"commit": "ab12", "source": "given"}, "needs": [], "level": 0,
                "version": "1.0.9-0047-188f7a2+b5", "described": {"distance": 1, "commit": "ab13"}, "labels": {},
                "fingerprint": "fp2-4oymiquy7qobjgx36tejs35zeq", "image": "r.io:5/api", "platforms": [], "matrix": {},
                "content_tag": "fp2-4oymiquy7qobjgx36tejs35zeq",
                "tags": ["r.io:5/api:1", "r.io:5/api:fp2-4oymiquy7qobjgx36tejs35zeq"], "push": true,
            }],
            "unaffected": [], "built": {"api": "ab12"}, "removed": [], "unmatched": [], "filters": {}, "any": true,
        });
        change(&mut plan);
        read(&plan.to_string()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn versions_and_commits_are_no_commands_and_tags_no_other_contents() {
        assert_eq!(says(|_| ()), "");
        for version in ["$(id)", "--output=x", "../../x", "'; id; '", "a b", "", "1/2", "1\nX=1"] {
            let said = says(|plan| plan["services"][0]["version"] = version.into());
            assert!(said.ends_with("is not a version"), "{version}: {said}");
        }
        for version in ["v1", "2!1.0.post1.dev4+g188f7a2", "sha-188f7a2", "2026.04.1", "1.2-rc_1-dirty"] {
            assert_eq!(says(|plan| plan["services"][0]["version"] = version.into()), "");
        }
        for place in
            ["/range/base", "/range/head", "/services/0/base/commit", "/services/0/described/commit", "/built/api"]
        {
            for commit in ["--output=pwned", "$(id)\nX=1", "", "HEAD"] {
                let said = says(|plan| *plan.pointer_mut(place).unwrap() = commit.into());
                assert!(said.ends_with("is not a commit"), "{place}: {said}");
            }
        }
        for tag in ["r.io:5/api:fp2-aaaaaaaaaaaaaaaaaaaaaaaaaa", "r.io:5/web:fp2-4oymiquy7qobjgx36tejs35zeq"] {
            let said = says(|plan| plan["services"][0]["tags"][0] = tag.into());
            assert!(said.ends_with("is the tag of another content"), "{tag}: {said}");
        }
        for tag in ["fp2-aaaaaaaaaaaaaaaaaaaaaaaaaa", "latest", "fp2-4oymiquy7qobjgx36tejs35zeq-x"] {
            let said = says(|plan| plan["services"][0]["content_tag"] = tag.into());
            assert!(said.ends_with("is the tag of another content"), "{tag}: {said}");
        }
        let bound = "fp2-4oymiquy7qobjgx36tejs35zeq-abcdefghij234";
        let said = says(|plan| {
            plan["services"][0]["content_tag"] = bound.into();
            plan["services"][0]["tags"] = serde_json::json!([format!("r.io:5/api:{bound}")]);
        });
        assert_eq!(said, "");
        let said = says(|plan| plan["services"][0]["fingerprint"] = "fp2-4oymiquy7qobjgx36tejs35zeq-dirty".into());
        assert!(said.ends_with("is the tag of another content"), "{said}");
    }
}
