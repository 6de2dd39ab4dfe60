//! Checks whether the jobs of a workflow did what its plan asked for: the only required check of a repository.
//!
//! The names of the jobs of a matrix are not known beforehand, and GitHub counts a skipped job as passed. So a single
//! job with a fixed name reads GitHub's `needs`, and fails if anything is wrong. A job is *due* if an output of the
//! plan says that it must run.

use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::name::{Escaped, LevelOutput, OWN_PREFIX, PlanOutput, is_own_output};

/// GitHub's `needs`: the jobs that a job has waited for, in GitHub's order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct NeededJobs(#[serde(deserialize_with = "each_once")] IndexMap<String, Job>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Job {
    result: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    outputs: IndexMap<String, String>,
}

/// Reads outputs. act writes `null` if a job has none.
fn null_is_empty<'de, D: Deserializer<'de>>(value: D) -> Result<IndexMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    struct Outputs(#[serde(deserialize_with = "each_once")] IndexMap<String, String>);
    Ok(Option::<Outputs>::deserialize(value)?.map(|outputs| outputs.0).unwrap_or_default())
}

/// Reads a map. A duplicate key is an error, since it is not known which of its values is meant.
fn each_once<'de, D: Deserializer<'de>, V: Deserialize<'de>>(value: D) -> Result<IndexMap<String, V>, D::Error> {
    struct EachOnce<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for EachOnce<V> {
        type Value = IndexMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut read = IndexMap::new();
            while let Some((key, value)) = map.next_entry::<String, V>()? {
                let twice = format!("`{}` stands in it twice", Escaped::new(&key));
                if read.insert(key, value).is_some() {
                    return Err(A::Error::custom(twice));
                }
            }
            Ok(read)
        }
    }
    value.deserialize_map(EachOnce(PhantomData))
}

impl Job {
    /// Whether the value of an output is empty: the number 0, an empty list, or a matrix with an empty `include`.
    /// `None` if the output is missing, or is neither a number nor a list nor a matrix.
    fn is_empty(&self, output: &str) -> Option<bool> {
        match serde_json::from_str(self.outputs.get(output)?).ok()? {
            Value::Number(count) => Some(count.as_u64()? == 0),
            Value::Array(list) => Some(list.is_empty()),
            matrix => Some(matrix.get("include")?.as_array()?.is_empty()),
        }
    }

    /// Returns the job with rebake's own outputs under their plain names. If a filter has the name of such an output,
    /// the plan's job sets the output as `rebake_<name>`.
    fn uncovered(&self) -> Self {
        let mut outputs = self.outputs.clone();
        for (name, value) in &self.outputs {
            if let Some(own) = name.strip_prefix(OWN_PREFIX).filter(|own| is_own_output(own)) {
                outputs.insert(own.to_owned(), value.clone());
            }
        }
        Self { result: self.result.clone(), outputs }
    }

    fn says(&self, output: &str, value: &str) -> bool {
        self.outputs.get(output).is_some_and(|found| found == value)
    }
}

/// The expectations about the jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The job that made the plan; it must succeed.
    pub plan: String,
    /// The outputs that the job `plan` must have set.
    pub outputs: Vec<String>,
    /// By job, the output of the plan that says whether the job is due. For a job that is not listed, it is
    /// [`Expected::ANY`]; for the job [`Expected::PROMOTES`], it is [`Expected::PROMOTE`] if the plan has that output.
    pub due: IndexMap<String, String>,
    /// Jobs that may always be skipped.
    pub optional: Vec<String>,
}

impl Expected {
    /// The output that says whether anything is to be built.
    pub const ANY: &'static str = PlanOutput::Any.name();

    /// The output that says whether an existing image lacks a tag.
    pub const PROMOTE: &'static str = PlanOutput::Promote.name();

    /// The name of the job that is due by [`Expected::PROMOTE`] unless [`Expected::due`] says otherwise.
    pub const PROMOTES: &'static str = "promote";

    /// Returns the output of the plan that says whether a job is due.
    fn due_by(&self, job: &str, plan: &Job) -> &str {
        let usual =
            if job == Self::PROMOTES && plan.outputs.contains_key(Self::PROMOTE) { Self::PROMOTE } else { Self::ANY };
        self.due.get(job).map_or(usual, String::as_str)
    }
}

/// A problem that the check found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A job did not succeed.
    #[error("the job `{job}` ended with `{result}`")]
    Ended {
        /// The job, escaped.
        job: String,
        /// Its result, escaped: `failure` or `cancelled`, or an unknown word.
        result: String,
    },
    /// The job that makes the plan never ran, so it is not known which jobs were due.
    #[error("the job `{job}` was skipped, so it is unknown what must be built")]
    NoPlan {
        /// The job.
        job: String,
    },
    /// An output is missing or empty; GitHub does not distinguish the two.
    #[error("the output `{output}` of the job `{job}` is missing")]
    Lost {
        /// The job that made the plan.
        job: String,
        /// The output.
        output: String,
    },
    /// An output that says whether a job is due has another value than `true` or `false`.
    #[error("the output `{output}` of the job `{job}` is `{value}`, which is neither `true` nor `false`")]
    NoAnswer {
        /// The job that made the plan.
        job: String,
        /// The output.
        output: String,
        /// Its value, escaped.
        value: String,
    },
    /// The value of a matrix output is not a matrix.
    #[error("the output `{output}` of the job `{job}` is `{value}`, which is not a matrix")]
    NoMatrix {
        /// The job that made the plan.
        job: String,
        /// The output.
        output: String,
        /// Its value, escaped.
        value: String,
    },
    /// An output that says whether there is something to build contradicts an output that lists or counts it.
    #[error(
        "the outputs of the job `{job}` contradict each other: `{output}` is `{value}`, but `{list}` {}",
        if *value { "has nothing" } else { "has something" }
    )]
    Contradiction {
        /// The job that made the plan.
        job: String,
        /// The output that says whether there is something to build.
        output: String,
        /// Its value: `true` or `false`.
        value: bool,
        /// The output that lists or counts what is to be built.
        list: String,
    },
    /// An output says that there is something to do, and `needs` has no job for it.
    #[error("the plan's output `{output}` is `true`, but `needs` has no job for it")]
    Unwatched {
        /// The output that says that there is something to do, escaped.
        output: String,
    },
    /// A job was skipped that should have run.
    #[error("the job `{job}` was skipped, though the plan's output `{output}` is `true`")]
    Skipped {
        /// The job, escaped.
        job: String,
        /// The output that says that the job is due.
        output: String,
    },
}

impl Problem {
    /// Returns what the user can do about the problem.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "its log says why; run the failed jobs again once that is fixed",
            Self::NoPlan { .. } => {
                "the job that plans must have no `if`, and its own `needs` no job that can be skipped"
            }
            Self::Lost { .. } => {
                "GitHub drops an output that contains a secret, such as the name of a registry's user: keep \
                 that as a variable (`vars`), or choose fewer `--fields`; or list the output under the job's `outputs`"
            }
            Self::NoAnswer { .. } | Self::NoMatrix { .. } => {
                "`outputs` of that job must pass the step's output on unchanged"
            }
            Self::Contradiction { .. } => {
                "pass on both outputs of one step unchanged; a filter of such a name hides rebake's own output"
            }
            Self::Unwatched { .. } => {
                "list the jobs that build under `needs` of the job that runs this; a job for another output than \
                 `any` has to be named with `--due JOB=OUTPUT`"
            }
            Self::Skipped { .. } => {
                "compare its `if` with the output; name a job that may be skipped with `--optional`, and one for \
                 another output with `--due JOB=OUTPUT`"
            }
        }
    }
}

/// A job that the command line names and that is not in `needs`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`needs` has no job `{0}`")]
pub struct UnknownJob(pub String);

impl NeededJobs {
    /// Returns the jobs and their results, as GitHub wrote them.
    pub fn results(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, job)| (name.as_str(), job.result.as_str()))
    }

    fn job(&self, name: &str) -> Result<&Job, UnknownJob> {
        self.0.get(name).ok_or_else(|| UnknownJob(Escaped::new(name).to_string()))
    }
}

/// Returns all problems, first those of the job that made the plan, then those of the other jobs in the order of
/// `needs`; none if every job that was due succeeded.
///
/// # Errors
/// When `expected` names a job that is not in `needs`. Without that job, the check would be weaker than intended.
pub fn verdict(needs: &NeededJobs, expected: &Expected) -> Result<Vec<Problem>, UnknownJob> {
    let plan = &needs.job(&expected.plan)?.uncovered();
    for named in expected.due.keys().chain(&expected.optional) {
        needs.job(named)?;
    }
    let jobs = needs.0.iter().filter(|(name, _)| **name != expected.plan);
    let mut problems: Vec<Problem> = match plan.result.as_str() {
        "success" => {
            let said = [lost, odd_matrices, contradictions].map(|check| check(plan, expected)).concat();
            [said, unwatched(needs, plan, expected)].concat()
        }
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

/// Finds matrix outputs whose values are not matrices. With such a value, no job of the matrix has run. If no output
/// `matrix` is expected, nothing is checked, since an output of that name may belong to a filter.
fn odd_matrices(plan: &Job, expected: &Expected) -> Vec<Problem> {
    const MATRIX: &str = PlanOutput::Matrix.name();
    if expected.outputs.iter().all(|output| output != MATRIX) {
        return Vec::new();
    }
    let is_level = |suffix: &str| suffix.strip_prefix('_').is_some_and(|level| level.parse::<usize>().is_ok());
    let is_matrix = |output: &str| output.strip_prefix(MATRIX).is_some_and(|rest| rest.is_empty() || is_level(rest));
    let is_read = |value: &str| {
        let value: Option<Value> = serde_json::from_str(value).ok();
        // A matrix without `include` lists nothing, and contradicts nothing.
        let entries = value.as_ref().and_then(Value::as_object).map(|matrix| matrix.get("include"));
        entries.is_some_and(|entries| entries.is_none_or(Value::is_array))
    };
    let odd = plan.outputs.iter().filter(|(output, value)| is_matrix(output) && !value.is_empty() && !is_read(value));
    let problem = |(output, value): (&String, &String)| {
        let (job, value) = (expected.plan.clone(), Escaped::new(value).to_string());
        Problem::NoMatrix { job, output: output.clone(), value }
    };
    odd.map(problem).collect()
}

/// Returns the suffixes of the outputs `any` and `matrix`: `_N` for each level, and the empty text for the whole plan.
fn suffixes(plan: &Job) -> impl Iterator<Item = &str> {
    plan.outputs.keys().filter_map(|output| output.strip_prefix(Expected::ANY))
}

/// Whether an output says that there is something to build at a level.
fn is_of_level(output: &str) -> bool {
    output.starts_with(LevelOutput::Any.prefix())
}

/// Finds contradictions between two kinds of outputs: `any`, or `any_N` for a level, says whether there is something to
/// build, and other outputs list or count it. A workflow may read either kind.
fn contradictions(plan: &Job, expected: &Expected) -> Vec<Problem> {
    let contradiction = |suffix: &str, list: String| {
        let (job, output) = (expected.plan.clone(), format!("{}{suffix}", Expected::ANY));
        let value = plan.is_empty(&list)?;
        plan.says(&output, &value.to_string()).then_some(Problem::Contradiction { job, output, value, list })
    };
    let whole = [PlanOutput::Services, PlanOutput::Count, PlanOutput::Levels];
    let whole = whole.into_iter().filter_map(|list| contradiction("", list.name().to_owned()));
    let matrix = PlanOutput::Matrix.name();
    let matrices = suffixes(plan).filter_map(|suffix| contradiction(suffix, format!("{matrix}{suffix}")));
    // If there is something to build at a level, `any` must be `true`.
    let nothing = plan.says(Expected::ANY, "false");
    let level = suffixes(plan).map(|suffix| format!("{}{suffix}", Expected::ANY));
    let level = level.filter(|any| is_of_level(any) && nothing && plan.says(any, "true"));
    let levels = level.map(|list| {
        let (job, output) = (expected.plan.clone(), Expected::ANY.to_owned());
        Problem::Contradiction { job, output, value: false, list: Escaped::new(&list).to_string() }
    });
    matrices.chain(whole).chain(levels).collect()
}

/// Finds outputs that say that there is something to do, while `needs` has no job that is due by them. If jobs are due
/// by level, each level needs a job.
fn unwatched(needs: &NeededJobs, plan: &Job, expected: &Expected) -> Vec<Problem> {
    let jobs = needs.0.keys().filter(|job| **job != expected.plan && !expected.optional.contains(job));
    let watched: Vec<&str> = jobs.map(|job| expected.due_by(job, plan)).collect();
    let is_watched = |output: &str| match output {
        Expected::ANY => watched.iter().any(|output| *output != Expected::PROMOTE),
        Expected::PROMOTE => watched.contains(&Expected::PROMOTE),
        level => watched.contains(&level) || !watched.iter().copied().any(is_of_level),
    };
    suffixes(plan)
        .map(|suffix| format!("{}{suffix}", Expected::ANY))
        .filter(|output| output == Expected::ANY || is_of_level(output))
        .chain([Expected::PROMOTE.to_owned()])
        .filter(|output| plan.says(output, "true") && !is_watched(output))
        .map(|output| Problem::Unwatched { output: Escaped::new(&output).to_string() })
        .collect()
}

/// Returns the problem of a skipped job; `None` if the job was not due. The result is `None` too if another problem
/// explains the skip and is reported on its own: the plan's job did not succeed, or an expected output is missing.
fn skipped(name: &str, plan: &Job, expected: &Expected) -> Option<Problem> {
    if plan.result != "success" {
        return None;
    }
    let output = expected.due_by(name, plan).to_owned();
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
mod tests;
