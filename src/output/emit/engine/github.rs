use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::jobs::{Job, jobs_of_any_name};
use super::{JobOptions, Pack, at_most, by_level, jobs};
use crate::model::name::{LevelOutput, PlanOutput};
use crate::model::safe_json;
use crate::output::emit::step_outputs::{Output, check_size};
use crate::output::emit::{EmitError, Field, matrix};
use crate::plan::Plan;

/// The most jobs that GitHub allows in a matrix.
const MOST_JOBS: usize = 256;

/// Returns lines for the file in `GITHUB_OUTPUT`: `any`, `count`, `matrix` with all jobs, and the same jobs by level:
/// `levels`, the number of levels, and for each level, counted from 0, `any_N`, which is `true`, and `matrix_N`.
///
/// In the workflow, the job with the matrix of a level needs the job with the matrix of the level before it. Without
/// services `any` is `false` and `levels` is 0. The workflow must skip a job whose `any_N` is missing, since GitHub
/// refuses an empty matrix. Every value is one line of ASCII. There are no blank lines, which the runners of act, Gitea
/// and Forgejo refuse.
///
/// # Errors
/// When there are more than 256 jobs, there are more levels than the workflow has jobs for, the outputs are larger than
/// 450 kB, or services are packed into jobs and an engine or a shell could interpret a service's name.
pub fn github(plan: &Plan, options: &JobOptions) -> Result<String, EmitError> {
    let outputs = level_outputs(plan, options)?;
    check_size(&outputs)?;
    Ok(outputs.iter().fold(String::new(), |mut text, output| {
        let _ = writeln!(text, "{}={}", output.name(), output.value());
        text
    }))
}

/// Returns the outputs of [`github`], without a check of their size.
pub(in crate::output::emit) fn level_outputs(plan: &Plan, options: &JobOptions) -> Result<Vec<Output>, EmitError> {
    let JobOptions { fields, pack, levels, .. } = options;
    // The entry of a job with several services joins their names with commas, so the names must be valid. The entry of
    // a job with one service has the name only as data, so any name is accepted.
    let jobs = match jobs_of_any_name(plan, *pack)? {
        jobs if is_alone(*pack) && jobs.iter().all(|job| job.services.len() == 1) => jobs,
        _ => jobs(plan, *pack)?,
    };
    at_most("GitHub Actions", "the number of jobs of the matrix", jobs.len(), MOST_JOBS)?;
    let levels = by_level(&jobs, *levels)?;
    let matrix = |jobs: &mut dyn Iterator<Item = &Job>| {
        let include: Vec<Map<String, Value>> = jobs.map(|job| entry(plan, fields, job, *pack)).collect();
        safe_json::ascii_line(&json!({ "include": include }))
    };
    let mut outputs = vec![
        Output::new(PlanOutput::Any, plan.any.to_string()),
        Output::new(PlanOutput::Count, plan.services.len().to_string()),
        Output::new(PlanOutput::Matrix, matrix(&mut jobs.iter())),
        Output::new(PlanOutput::Levels, levels.len().to_string()),
    ];
    for (number, jobs) in levels.iter().enumerate() {
        outputs.push(Output::new(LevelOutput::Any.of(number), "true".to_owned()));
        outputs.push(Output::new(LevelOutput::Matrix.of(number), matrix(&mut jobs.iter().copied())));
    }
    Ok(outputs)
}

/// Returns the matrix entry of a job. The entry of a packed job has `job`, the job's name; `service`, the names of its
/// services separated by commas, as `--only` accepts them; and if build times are known, `seconds`, the sum of its
/// services' times.
fn entry(plan: &Plan, fields: &[Field], job: &Job, pack: Pack) -> Map<String, Value> {
    match job.services.as_slice() {
        [service] if is_alone(pack) => matrix::entry(plan, service, fields),
        services => {
            let mut entry =
                Map::from_iter([("job".to_owned(), json!(job.name)), ("service".to_owned(), json!(job.only()))]);
            if plan.estimate.is_some() {
                let seconds: f64 = services.iter().filter_map(|service| service.seconds).sum();
                entry.insert(Field::Seconds.name().to_owned(), json!(seconds));
            }
            entry
        }
    }
}

/// Whether each service has a job of its own, apart from services that must be built on the same machine.
fn is_alone(pack: Pack) -> bool {
    matches!(pack, Pack::Image | Pack::Service)
}
