use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Plan, SCHEMA};

/// Why a text is not a plan that this program can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It is not JSON, or has other keys than a plan.
    #[error("this is not a plan: {0}")]
    NotAPlan(#[from] serde_json::Error),
    /// It was written by a version with another format.
    #[error("the plan has schema {found}, and this rebake reads schema {SCHEMA}")]
    Schema {
        /// The schema that it says it has.
        found: u32,
    },
    /// It contradicts itself.
    #[error("the plan contradicts itself: {0}")]
    Contradiction(String),
}

impl PlanError {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotAPlan(_) | Self::Contradiction(_) => "write it with `rebake plan --format json`",
            Self::Schema { .. } => "make the plan and use it with the same version of rebake",
        }
    }
}

/// Reads a saved plan. Nothing in it is trusted: that it is whole is checked here, and it carries no commands.
///
/// # Errors
/// When it is not JSON, has another schema, or names services in `needs` that do not stand before it.
pub fn read(text: &str) -> Result<Plan, PlanError> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let Head { schema } = serde_json::from_str(text)?;
    if schema != SCHEMA {
        return Err(PlanError::Schema { found: schema });
    }
    let mut plan: Plan = serde_json::from_str(text)?;
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    for service in &mut plan.services {
        let name = &service.service;
        if let Some(need) = service.needs.iter().find(|need| !before.contains_key(need.as_str())) {
            let contradiction = format!("`{name}` needs `{need}`, which does not stand before it");
            return Err(PlanError::Contradiction(contradiction));
        }
        // It follows from the rest, and a number out of nowhere is not counted on.
        service.level =
            service.needs.iter().filter_map(|need| before.get(need)).map(|level| level + 1).max().unwrap_or_default();
        if before.insert(name.clone(), service.level).is_some() {
            return Err(PlanError::Contradiction(format!("`{name}` is in it twice")));
        }
    }
    plan.any = plan.services.iter().any(|service| !service.library);
    Ok(plan)
}
