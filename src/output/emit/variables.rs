//! A plan as a few variables, for engines whose jobs read them: `any`, `count` and `environment`.
//!
//! GitLab and CircleCI get only these three, so that the size never depends on the repository: GitLab allows 20
//! variables and 5 KB in a dotenv report, without line breaks, and CircleCI requires a declaration of each parameter.

use serde_json::{Map, Value, json};

use super::EmitError;
use crate::model::name::{Escaped, OutputName, PlanOutput};
use crate::model::published_name::published_names;
use crate::model::safe_json;
use crate::plan::Plan;

published_names! {
    /// A variable with a value of the plan.
    pub enum PlanVariable {
        /// `true` if something is to be built.
        Any = "REBAKE_ANY",
        /// How many services are to be built.
        Count = "REBAKE_COUNT",
        /// Where the results go.
        Environment = "REBAKE_ENVIRONMENT",
    }
}

impl PlanVariable {
    /// Returns the name of CircleCI's pipeline parameter with the same value, such as `rebake-any`.
    fn parameter(self) -> String {
        self.name().to_ascii_lowercase().replace('_', "-")
    }

    fn of(self, plan: &Plan) -> Result<Value, EmitError> {
        Ok(match self {
            Self::Any => json!(plan.any),
            Self::Count => json!(plan.services.len()),
            Self::Environment => json!(environment(plan)?),
        })
    }
}

/// Returns lines such as `REBAKE_ANY=true`, for a dotenv report of GitLab or for `.` in a shell.
///
/// # Errors
/// When the environment's name has characters that a shell or an engine could interpret.
pub fn dotenv(plan: &Plan) -> Result<String, EmitError> {
    let line = |variable: &PlanVariable| {
        let value = variable.of(plan)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(format!("{}={value}\n", variable.name()))
    };
    PlanVariable::ALL.iter().map(line).collect()
}

/// Returns the pipeline parameters `rebake-any`, `rebake-count` and `rebake-environment`, for CircleCI's continuation.
///
/// # Errors
/// As for [`dotenv`].
pub fn circleci_parameters(plan: &Plan) -> Result<String, EmitError> {
    let parameter = |variable: &PlanVariable| Ok((variable.parameter(), variable.of(plan)?));
    let parameters: Map<String, Value> = PlanVariable::ALL.iter().map(parameter).collect::<Result<_, EmitError>>()?;
    Ok(safe_json::ascii_line(&parameters) + "\n")
}

/// Returns the logging commands that set a step's output variables in Azure Pipelines: `any`, `count`, `environment`
/// and `services`, a JSON array.
///
/// # Errors
/// As for [`dotenv`].
pub fn azure_variables(plan: &Plan) -> Result<String, EmitError> {
    let names: Vec<&str> = plan.services.iter().map(|service| service.service.as_str()).collect();
    let variables = [
        (PlanOutput::Any, plan.any.to_string()),
        (PlanOutput::Count, plan.services.len().to_string()),
        (PlanOutput::Environment, environment(plan)?.to_owned()),
        (PlanOutput::Services, safe_json::ascii_line(&names)),
    ];
    Ok(variables.into_iter().map(|(name, value)| azure_variable(&name.into(), &value)).collect())
}

/// Returns the line that sets an output variable of a step.
pub(super) fn azure_variable(name: &OutputName, value: &str) -> String {
    format!("##vso[task.setvariable variable={};isOutput=true]{}\n", name.as_str(), azure_escaped(value))
}

/// Escapes a value in the form that the agent of Azure Pipelines decodes. The escaped value has no line breaks.
fn azure_escaped(value: &str) -> String {
    value.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns the name of the environment.
///
/// # Errors
/// When the name is not valid in filters.yaml: it has a character besides ASCII letters, digits and `._/@-`.
pub(super) fn environment(plan: &Plan) -> Result<&str, EmitError> {
    let is_read_as_it_is = |c: char| c.is_ascii_alphanumeric() || "._/@-".contains(c);
    if plan.environment.chars().all(is_read_as_it_is) {
        Ok(&plan.environment)
    } else {
        Err(EmitError::Environment { name: Escaped::new(&plan.environment).to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_for_azure_stays_on_its_line() {
        assert_eq!(azure_escaped("100%\r\n##vso[x]y"), "100%AZP25%0D%0A##vso[x]y");
    }
}
