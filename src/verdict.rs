//! Whether the jobs of a workflow did what its plan asked for (spec section 11): the one check to require.
//!
//! The jobs of a matrix have names that nobody knows beforehand, and a job that is skipped counts as passed where a check
//! is required. So one constant job reads GitHub's `needs` and fails where anything is not as it should be.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::name::Escaped;

/// GitHub's `needs`: the jobs that a job waited for, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Needs(IndexMap<String, Job>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Job {
    result: String,
    #[serde(default)]
    outputs: IndexMap<String, String>,
}

/// What is expected of the jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The job that made the plan; it must succeed.
    pub plan: String,
    /// The outputs of that job that must have arrived.
    pub outputs: Vec<String>,
    /// The output of the plan that says whether a job is due; [`Expected::ANY`] for a job that is not named here.
    pub due: IndexMap<String, String>,
    /// Jobs that may be skipped whatever the plan says.
    pub optional: Vec<String>,
}

impl Expected {
    /// The output that says whether anything is affected.
    pub const ANY: &'static str = "any";
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A job did not succeed.
    #[error("the job `{job}` ended with `{result}`")]
    Ended {
        /// The job, escaped.
        job: String,
        /// Its result, escaped: `failure` or `cancelled`, or a word that GitHub has added since.
        result: String,
    },
    /// The job that makes the plan never ran, so nobody knows what was due.
    #[error("the job `{job}` was skipped, so nobody knows what is to be built")]
    NoPlan {
        /// The job.
        job: String,
    },
    /// An output is missing, or empty, which GitHub does not tell apart.
    #[error("the output `{output}` of the job `{job}` did not arrive")]
    Lost {
        /// The job that made the plan.
        job: String,
        /// The output.
        output: String,
    },
    /// An output that says whether something is due says something else.
    #[error("the output `{output}` of the job `{job}` is `{value}`, which is neither `true` nor `false`")]
    NoAnswer {
        /// The job that made the plan.
        job: String,
        /// The output.
        output: String,
        /// Its value, escaped.
        value: String,
    },
    /// A job was skipped that should have run.
    #[error("the job `{job}` was skipped, though the plan's output `{output}` is `true`")]
    Skipped {
        /// The job, escaped.
        job: String,
        /// The output that says that it is due.
        output: String,
    },
}

impl Problem {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "its log says why; run the failed jobs again once that is mended",
            Self::NoPlan { .. } => {
                "the job that plans must have no `if`, and none in its own `needs` that can be skipped"
            }
            Self::Lost { .. } => {
                "GitHub drops an output in which it finds a secret, such as a registry's user that is kept as one: keep \
                 that as a variable (`vars`), or choose fewer `--fields`; or the job does not list it under `outputs`"
            }
            Self::NoAnswer { .. } => "`outputs` of that job must hand the step's output on as it is",
            Self::Skipped { .. } => {
                "compare its `if` with the output; a job that may be skipped is named with `--optional`, one that \
                 another output asks for with `--due JOB=OUTPUT`"
            }
        }
    }
}

/// A job that was named and that `needs` does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`needs` has no job `{0}`")]
pub struct UnknownJob(pub String);

impl Needs {
    /// Returns the jobs and their results, as GitHub wrote them.
    pub fn results(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, job)| (name.as_str(), job.result.as_str()))
    }

    fn job(&self, name: &str) -> Result<&Job, UnknownJob> {
        self.0.get(name).ok_or_else(|| UnknownJob(Escaped::new(name).to_string()))
    }
}

/// Returns all that is not as it should be, in the order of `needs`; nothing where every build that was due succeeded.
///
/// # Errors
/// When a job is expected that `needs` does not have: the check would mean less than it says.
pub fn verdict(needs: &Needs, expected: &Expected) -> Result<Vec<Problem>, UnknownJob> {
    let plan = needs.job(&expected.plan)?;
    for named in expected.due.keys().chain(&expected.optional) {
        needs.job(named)?;
    }
    let jobs = needs.0.iter().filter(|(name, _)| **name != expected.plan);
    let mut problems: Vec<Problem> = match plan.result.as_str() {
        "success" => lost(plan, expected),
        "skipped" => vec![Problem::NoPlan { job: expected.plan.clone() }],
        result => vec![ended(&expected.plan, result)],
    };
    for (name, job) in jobs {
        match job.result.as_str() {
            "success" => {}
            "skipped" if expected.optional.contains(name) => {}
            "skipped" => problems.extend(skipped(name, plan, expected)),
            result => problems.push(ended(name, result)),
        }
    }
    Ok(problems)
}

fn ended(job: &str, result: &str) -> Problem {
    Problem::Ended { job: Escaped::new(job).to_string(), result: Escaped::new(result).to_string() }
}

fn lost(plan: &Job, expected: &Expected) -> Vec<Problem> {
    let missing = expected.outputs.iter().filter(|name| plan.outputs.get(*name).is_none_or(String::is_empty));
    missing.map(|output| Problem::Lost { job: expected.plan.clone(), output: output.clone() }).collect()
}

/// A skipped job is well where the plan said that nothing was due for it. Where the plan itself is in trouble, that has
/// been said, and explains the skipping.
fn skipped(name: &str, plan: &Job, expected: &Expected) -> Option<Problem> {
    if plan.result != "success" {
        return None;
    }
    let output = expected.due.get(name).map_or(Expected::ANY, String::as_str).to_owned();
    let job = expected.plan.clone();
    match plan.outputs.get(&output).map(String::as_str) {
        Some("false") => None,
        Some("true") => Some(Problem::Skipped { job: Escaped::new(name).to_string(), output }),
        None | Some("") if expected.outputs.contains(&output) => None,
        None | Some("") => Some(Problem::Lost { job, output }),
        Some(value) => Some(Problem::NoAnswer { job, output, value: Escaped::new(value).to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The problems of jobs `build` and `late`, which is due by `any_1`, and `deploy`, which may be skipped.
    fn says(outputs: &Value, [build, late, deploy]: [&str; 3]) -> Vec<String> {
        says_of(&json!({
            "plan": {"result": "success", "outputs": outputs},
            "build": {"result": build, "outputs": {}},
            "late": {"result": late},
            "deploy": {"result": deploy, "outputs": {}},
        }))
    }

    fn says_of(needs: &Value) -> Vec<String> {
        let needs: Needs = serde_json::from_value(needs.clone()).unwrap();
        verdict(&needs, &expected()).unwrap().iter().map(ToString::to_string).collect()
    }

    fn expected() -> Expected {
        Expected {
            plan: "plan".to_owned(),
            outputs: vec!["any".to_owned(), "matrix".to_owned()],
            due: [("late".to_owned(), "any_1".to_owned())].into(),
            optional: vec!["deploy".to_owned()],
        }
    }

    #[test]
    fn builds_that_were_due_must_have_run() {
        let all = json!({"any": "true", "any_1": "true", "matrix": "{}"});
        let first = json!({"any": "true", "any_1": "false", "matrix": "{}"});
        let none = json!({"any": "false", "any_1": "false", "matrix": "{}"});
        assert_eq!(says(&all, ["success"; 3]), [""; 0]);
        assert_eq!(says(&first, ["success", "skipped", "skipped"]), [""; 0]);
        assert_eq!(says(&none, ["skipped"; 3]), [""; 0]);
        assert_eq!(
            says(&all, ["skipped"; 3]),
            [
                "the job `build` was skipped, though the plan's output `any` is `true`",
                "the job `late` was skipped, though the plan's output `any_1` is `true`"
            ]
        );
    }

    #[test]
    fn a_job_that_did_not_succeed_is_a_problem_whatever_was_due() {
        let none = json!({"any": "false", "any_1": "false", "matrix": "{}"});
        assert_eq!(
            says(&none, ["failure", "cancelled", "neutral"]),
            [
                "the job `build` ended with `failure`",
                "the job `deploy` ended with `neutral`",
                "the job `late` ended with `cancelled`"
            ]
        );
    }

    #[test]
    fn an_output_that_did_not_arrive_is_a_problem() {
        let masked = json!({"any": "true", "any_1": "true"});
        assert_eq!(says(&masked, ["success"; 3]), ["the output `matrix` of the job `plan` did not arrive"]);
        let empty = json!({"any": "", "matrix": "{}"});
        assert_eq!(
            says(&empty, ["skipped"; 3]),
            [
                "the output `any` of the job `plan` did not arrive",
                "the output `any_1` of the job `plan` did not arrive"
            ]
        );
        let wrong = json!({"any": "True\n", "any_1": "false", "matrix": "{}"});
        assert_eq!(
            says(&wrong, ["skipped"; 3]),
            ["the output `any` of the job `plan` is `True\\n`, which is neither `true` nor `false`"]
        );
    }

    #[test]
    fn without_a_plan_that_alone_is_said() {
        let needs = |plan: &str| {
            json!({"plan": {"result": plan}, "build": {"result": "skipped"}, "late": {"result": "skipped"},
                "deploy": {"result": "skipped"}})
        };
        assert_eq!(says_of(&needs("failure")), ["the job `plan` ended with `failure`"]);
        assert_eq!(says_of(&needs("skipped")), ["the job `plan` was skipped, so nobody knows what is to be built"]);
    }

    #[test]
    fn a_job_that_needs_does_not_have_is_an_error() {
        let needs: Needs = serde_json::from_value(json!({"plan": {"result": "success"}})).unwrap();
        assert_eq!(verdict(&needs, &expected()), Err(UnknownJob("late".to_owned())));
    }
}
