use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Plan, SCHEMA};

/// Why a text is not a plan that this program can use.
#[derive(Debug, thiserror::Error)]
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
    let plan: Plan = serde_json::from_str(text)?;
    let mut before: BTreeSet<&str> = BTreeSet::new();
    for service in &plan.services {
        let name = &service.service;
        if let Some(need) = service.needs.iter().find(|need| !before.contains(need.as_str())) {
            let contradiction = format!("`{name}` needs `{need}`, which does not stand before it");
            return Err(PlanError::Contradiction(contradiction));
        }
        if !before.insert(name) {
            return Err(PlanError::Contradiction(format!("`{name}` stands in it twice")));
        }
    }
    Ok(plan)
}
