use indexmap::IndexMap;
use serde_json::Value;

use super::job_label::Rule;
use super::jobs::Job;
use super::{JobOptions, JobVariable, by_level, jobs, labels};
use crate::model::job_settings::JobEngine;
use crate::model::name::{AzureLevelOutput, LevelOutput, PlanOutput};
use crate::model::safe_json;
use crate::output::emit::{EmitError, variables};
use crate::plan::Plan;

/// The rule for the names of a matrix's legs. Each name must begin with a letter.
const LEGS: Rule = Rule { engine: "Azure Pipelines", prefix: "build_", takes: "", instead: '_', longest: 100 };

/// Returns the logging commands that set a step's output variables in Azure Pipelines: `levels`, the number of levels;
/// and for each level, counted from 0, `any_N`, which is `true`, `matrix_N`, a matrix whose legs set `REBAKE_ONLY` to the
/// names of services, and `minutes_N`, the longest time limit of the level's jobs, absent if one of them has none. Without
/// services `levels` is 0. The pipeline skips a job if its `any_N` is not set.
///
/// The time limit is that of a level, since Azure computes `timeoutInMinutes` once for all legs of a matrix.
///
/// # Errors
/// When an engine or a shell could interpret a service's name, services that share a job have different settings, or
/// there are more levels than the pipeline has jobs for.
pub fn azure(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let jobs = jobs(plan, options.pack)?;
    let levels = by_level(&jobs, options.levels)?;
    let mut text = variables::azure_variable(&PlanOutput::Levels.into(), &levels.len().to_string());
    for (number, jobs) in levels.iter().enumerate() {
        let legs = labels(jobs.iter().map(|job| job.name.as_str()), &LEGS)?;
        let variables = |job: &Job| {
            let text = |(name, value): (String, Value)| match value {
                Value::String(text) => (name, text),
                value => (name, value.to_string()),
            };
            let settings = job.settings(JobEngine::Azure)?.into_iter().map(text);
            Ok(settings.chain([(JobVariable::Only.name().to_owned(), job.only())]).collect::<IndexMap<_, _>>())
        };
        let minutes = jobs.iter().map(|job| job.minutes()).collect::<Option<Vec<_>>>();
        let minutes = minutes.and_then(|minutes| minutes.into_iter().max());
        let legs = legs.into_iter().zip(jobs).map(|(leg, job)| Ok((leg, variables(job)?)));
        let matrix = safe_json::ascii_line(&legs.collect::<Result<IndexMap<_, _>, EmitError>>()?);
        text.push_str(&variables::azure_variable(&LevelOutput::Any.of(number), "true"));
        text.push_str(&variables::azure_variable(&LevelOutput::Matrix.of(number), &matrix));
        if let Some(minutes) = minutes {
            text.push_str(&variables::azure_variable(&AzureLevelOutput::Minutes.of(number), &minutes.to_string()));
        }
    }
    Ok(text)
}
