//! Output as text, with one file for each format. A format is a function from a value, such as a [`Plan`] or the graph
//! of services, to text. `findings` has the formats for the findings of `rebake check`.

mod columns;
mod engine;
mod expected_time;
mod fields;
pub mod findings;
mod graph;
mod step_outputs;
mod heading;
mod image_list;
mod list;
mod list_files;
mod markdown;
mod matrix;
mod mermaid;
mod observed;
mod releases;
mod job_summary;
mod table;
mod variables;
mod versions;
mod why;
mod word_wrap;

pub use columns::Column;
pub(crate) use columns::without_middle;
pub use engine::{JobFlags, JobOptions, JobVariable, Pack, UnknownPack, part_seconds};
#[cfg(all(unix, feature = "exec"))]
pub(crate) use engine::{Rule, labels};
pub use engine::{argo, azure, bitbucket, buildkite, circleci, github, gitlab, jenkins};
pub(crate) use expected_time::rounded;
pub use fields::{Field, UnknownField};
pub use graph::{dot, graph_text, mermaid_graph};
pub use heading::heading;
pub use image_list::{FoundIn, ServiceImage, images_env, images_json, images_kustomize, images_table};
pub use job_summary::Summary;
pub use list::{Separator, names, paths};
pub use list_files::ListFiles;
pub use markdown::{code as markdown_code, markdown, prose as markdown_prose};
pub use matrix::matrix;
pub use mermaid::mermaid;
pub use observed::{observed_json, observed_text};
pub use releases::{changelog, releases_table};
pub use step_outputs::{Output, outputs, render as github_output};
pub(crate) use table::cause_sentence;
pub use table::{Palette, Room, table};
pub use variables::{PlanVariable, azure_variables, circleci_parameters, dotenv};
pub use versions::{versions_env, versions_images, versions_plain, versions_table};
pub use why::{reach, why};
pub use word_wrap::word_wrap;

use crate::plan::{Plan, PlannedRange};

/// Why a plan cannot be written in a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// A name has a line break, which would break the format.
    #[error("the name {name} has a line break, which a list of lines cannot hold")]
    LineBreak {
        /// The name, escaped.
        name: String,
    },
    /// A filter has a name that is not valid in GitHub's output file.
    #[error("the filter {name} cannot be an output of GitHub Actions: {reason}")]
    OutputName {
        /// The name, escaped.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The environment has a name that an engine or a shell could interpret. Only an edited plan can have such a name.
    #[error(
        "the environment {name} cannot be the value of a variable: its name has more than letters, digits and ._/@-"
    )]
    Environment {
        /// Its name, escaped.
        name: String,
    },
    /// The names of two services result in the same variable.
    #[error("`{one}` and `{other}` would both be the variable {variable}")]
    SameVariable {
        /// The variable.
        variable: String,
        /// A service, escaped.
        one: String,
        /// The other service, escaped.
        other: String,
    },
    /// Two services have the same image, and the format can only name one digest for it.
    #[error("`{one}` and `{other}` have the same image {image}, and this format can only name one digest for it")]
    SameImage {
        /// The image.
        image: String,
        /// A service, escaped.
        one: String,
        /// The other service, escaped.
        other: String,
    },
    /// The result exceeds a limit of the engine. The engine would refuse or cut such a result.
    #[error("{what} is {size}, and {engine} takes at most {limit}")]
    Limit {
        /// The engine.
        engine: &'static str,
        /// What is too large.
        what: &'static str,
        /// Its size.
        size: String,
        /// The limit of the engine.
        limit: String,
        /// What to do about it.
        cure: &'static str,
    },
    /// A service has a name that an engine or a shell could interpret.
    #[error("the service {name} cannot be in a pipeline: its name has more than letters, digits and `._/@-`")]
    ServiceName {
        /// The name, escaped.
        name: String,
    },
    /// Two services that share a job ask for different settings.
    #[error("`{one}` and `{other}` share a job, and their `ci.{engine}` differ")]
    DifferentSettings {
        /// The engine.
        engine: &'static str,
        /// A service, escaped.
        one: String,
        /// The other service, escaped.
        other: String,
    },
    /// A service has a setting that jobs of the engine do not accept. Only an edited plan can have such a setting.
    #[error("`{key}` cannot be set for a job of {engine}")]
    Setting {
        /// The engine.
        engine: &'static str,
        /// The key, escaped.
        key: String,
    },
    /// Two jobs would have the same name on the engine.
    #[error("`{one}` and `{other}` would both be the job {label}")]
    SameLabel {
        /// The name that both would have.
        label: String,
        /// The name that the plan has for the first job, escaped.
        one: String,
        /// The name that the plan has for the second job, escaped.
        other: String,
    },
}

impl EmitError {
    /// Returns what the user can do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::LineBreak { .. } => "use NUL instead of line breaks with `-z`, or `--format json`",
            Self::SameImage { .. } => "give each service an image of its own, or use `--format json`",
            Self::SameVariable { .. } => "name only one of them, or use `--format json`",
            Self::OutputName { .. } => "rename the filter",
            Self::Environment { .. } => "make the plan again; filters.yaml cannot have such a name",
            Self::ServiceName { .. } | Self::SameLabel { .. } => "rename it in filters.yaml",
            Self::DifferentSettings { .. } => "give both the same, or each a job of its own with `--pack service`",
            Self::Setting { .. } => "make the plan again; filters.yaml cannot have such a key",
            Self::Limit { cure, .. } => cure,
        }
    }
}

/// Returns the name of the environment. If the event is a push and no image will be pushed, the text says so.
fn environment(plan: &Plan) -> String {
    let stays = plan.trigger.kind.word() == "push" && plan.any && plan.services.iter().all(|service| !service.push);
    format!("{}{}", plan.environment, if stays { ", in which nothing is pushed" } else { "" })
}

/// Returns the first line of text output: what was compared, and why.
pub(crate) fn compared(range: &PlannedRange) -> String {
    let short = |id: &Option<String>| id.as_deref().map(|id| id.get(..7).unwrap_or(id).to_owned());
    let work_tree = if range.worktree { " and the work tree" } else { "" };
    match (short(&range.base), short(&range.head)) {
        (Some(base), Some(head)) if base != head => format!("{base}..{head}{work_tree}: {}", range.source),
        (_, Some(head)) => format!("{head}{work_tree}: {}", range.source),
        (_, None) => format!("no commit yet{work_tree}: {}", range.source),
    }
}
