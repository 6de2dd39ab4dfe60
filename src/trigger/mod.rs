//! What asked for the plan: the CI engine's event, or somebody at a keyboard (spec section 9).
//!
//! Values in, [`Trigger`] out: this room reads neither the environment nor files.
//!
//! Every event of every engine is a row of the table below, which is the code's own; a test holds the two equal. The
//! first row that fits is taken. The *kind* is the word for `on:` of an environment, *head* is the commit that the event
//! is about, *base* is where changes are counted from:
//!
//! - *the default branch*: what is ahead of it counts; where nothing is, everything. Buildkite, Azure Pipelines and
//!   Bitbucket do not say what was there before a push, so that each push to the default branch plans everything there.
//!   The records of `--since built` are the way to plan less.
//! - a commit of zeros means that the branch is new: what is ahead of the default branch counts.
//! - a forced push is a push: what was built last is what `before` holds, though no branch leads to it any more.
//!
//! Facts without capitals stand in the event file. Gitea and Forgejo Actions speak GitHub's language and have its rows.
//! A workflow that is called (`workflow_call`) has the event of its caller. GitHub raises no event for the draft of a
//! release; a pre-release is a release. A pull request that was closed without being merged is a pull request still.
//! Child pipelines of GitLab are read as their parent is.
//!
//! | Engine | Event | Kind | Head | Base |
//! | --- | --- | --- | --- | --- |
//! | GitHub Actions | push that deletes a branch or tag | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | delete | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | merge_group: destroyed | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | release: deleted, unpublished | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | push to a merge queue's branch | `merge_group` | `GITHUB_SHA` | the default branch |
//! | GitHub Actions | merge_group | `merge_group` | `GITHUB_SHA` | `merge_group.base_sha`: the commit that the merge queue builds on |
//! | GitHub Actions | release: any other | `release` | `GITHUB_SHA` | none: the tag names its service |
//! | GitHub Actions | pull_request, pull_request_target: merged | `pull_request` | `GITHUB_SHA` | `pull_request.base.sha`: the tip of the target branch |
//! | GitHub Actions | pull_request_target | `pull_request` | `GITHUB_SHA` | first parent of `pull_request.merge_commit_sha` where that is HEAD, else merge base with `pull_request.base.ref` or `GITHUB_BASE_REF` or `pull_request.base.sha` |
//! | GitHub Actions | pull_request, pull_request_review… | `pull_request` | `GITHUB_SHA` | first parent of `GITHUB_SHA` where that is HEAD, else merge base with `pull_request.base.ref` or `GITHUB_BASE_REF` or `pull_request.base.sha` |
//! | GitHub Actions | pull_request without a merge commit (Gitea, Forgejo) | `pull_request` | `GITHUB_SHA` | merge base with `pull_request.base.ref` or `GITHUB_BASE_REF` or `pull_request.base.sha` |
//! | GitHub Actions | workflow_run behind a pull request | `pull_request` | `workflow_run.head_sha` | merge base with `workflow_run.pull_requests.0.base.ref` or `workflow_run.pull_requests.0.base.sha` |
//! | GitHub Actions | workflow_run behind a push | `push` | `workflow_run.head_sha` | the default branch |
//! | GitHub Actions | push of a tag, run by hand on one | `tag` | `GITHUB_SHA` | none: the tag names its service |
//! | GitHub Actions | push | `push` | `GITHUB_SHA` | `before`: the push before this one |
//! | GitHub Actions | schedule | `schedule` | `GITHUB_SHA` | the default branch |
//! | GitHub Actions | workflow_dispatch, repository_dispatch, any other | `manual` | `GITHUB_SHA` | the default branch |
//! | GitLab | merge train | `merge_group` | `CI_COMMIT_SHA` | `CI_MERGE_REQUEST_TARGET_BRANCH_SHA`: the commit that the merge queue builds on |
//! | GitLab | merge request, merged results | `pull_request` | `CI_COMMIT_SHA` | `CI_MERGE_REQUEST_TARGET_BRANCH_SHA`: the tip of the target branch |
//! | GitLab | merge request, its own head | `pull_request` | `CI_COMMIT_SHA` | merge base with `CI_MERGE_REQUEST_TARGET_BRANCH_NAME` or `CI_MERGE_REQUEST_DIFF_BASE_SHA` |
//! | GitLab | pull request of a GitHub repository | `pull_request` | `CI_COMMIT_SHA` | merge base with `CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME` or `CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA` |
//! | GitLab | tag, pushed or run by hand | `tag` | `CI_COMMIT_SHA` | none: the tag names its service |
//! | GitLab | schedule | `schedule` | `CI_COMMIT_SHA` | the default branch |
//! | GitLab | web, api, trigger, chat, pipeline | `manual` | `CI_COMMIT_SHA` | the default branch |
//! | GitLab | push, any other | `push` | `CI_COMMIT_SHA` | `CI_COMMIT_BEFORE_SHA`: the push before this one |
//! | Buildkite | merge queue | `merge_group` | `BUILDKITE_COMMIT` | `BUILDKITE_MERGE_QUEUE_BASE_COMMIT`: the commit that the merge queue builds on |
//! | Buildkite | pull request | `pull_request` | `BUILDKITE_COMMIT` | merge base with `BUILDKITE_PULL_REQUEST_BASE_BRANCH` |
//! | Buildkite | tag, pushed or run by hand | `tag` | `BUILDKITE_COMMIT` | none: the tag names its service |
//! | Buildkite | schedule | `schedule` | `BUILDKITE_COMMIT` | the default branch |
//! | Buildkite | ui, api, trigger_job | `manual` | `BUILDKITE_COMMIT` | the default branch |
//! | Buildkite | push | `push` | `BUILDKITE_COMMIT` | the default branch |
//! | CircleCI | push to a merge queue's branch | `merge_group` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | pull request (GitHub App) | `pull_request` | `CIRCLE_SHA1` | merge base with `PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_REF` or `PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_SHA` |
//! | CircleCI | pull request whose target is not said | `pull_request` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | tag, pushed or run by hand | `tag` | `CIRCLE_SHA1` | none: the tag names its service |
//! | CircleCI | scheduled_pipeline | `schedule` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | api, explicit | `manual` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | push | `push` | `CIRCLE_SHA1` | `PIPELINE_GIT_BASE_REVISION`: the pipeline before this one |
//! | Azure Pipelines | PullRequest | `pull_request` | `BUILD_SOURCEVERSION` | first parent of `BUILD_SOURCEVERSION` where that is HEAD, else merge base with `SYSTEM_PULLREQUEST_TARGETBRANCH` |
//! | Azure Pipelines | push to a merge queue's branch | `merge_group` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | tag, pushed or run by hand | `tag` | `BUILD_SOURCEVERSION` | none: the tag names its service |
//! | Azure Pipelines | Schedule | `schedule` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | Manual, ResourceTrigger, BuildCompletion | `manual` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | IndividualCI, BatchedCI, any other | `push` | `BUILD_SOURCEVERSION` | the default branch |
//! | Bitbucket Pipelines | pull request | `pull_request` | `BITBUCKET_COMMIT` | merge base with `BITBUCKET_PR_DESTINATION_BRANCH` or `BITBUCKET_PR_DESTINATION_COMMIT` |
//! | Bitbucket Pipelines | run by hand or by a schedule, with services filled in | `manual` | `BITBUCKET_COMMIT` | the default branch |
//! | Bitbucket Pipelines | tag | `tag` | `BITBUCKET_COMMIT` | none: the tag names its service |
//! | Bitbucket Pipelines | push, any other | `push` | `BITBUCKET_COMMIT` | the default branch |
//! | Jenkins | change request | `pull_request` | `GIT_COMMIT` | merge base with `CHANGE_TARGET` |
//! | Jenkins | run by hand, with services filled in | `manual` | `GIT_COMMIT` | the default branch |
//! | Jenkins | tag | `tag` | `GIT_COMMIT` | none: the tag names its service |
//! | Jenkins | push to a merge queue's branch | `merge_group` | `GIT_COMMIT` | the default branch |
//! | Jenkins | push, multibranch | `push` | `GIT_COMMIT` | `GIT_PREVIOUS_SUCCESSFUL_COMMIT`: the last build that succeeded |
//! | Jenkins | push, any other | `push` | `GIT_COMMIT` | `GIT_PREVIOUS_SUCCESSFUL_COMMIT`: the last build that succeeded |

mod azure;
mod base;
mod bitbucket;
mod buildkite;
mod circleci;
mod engine;
mod error;
mod facts;
mod github;
mod gitlab;
mod inputs;
mod jenkins;
mod kind;
mod origin;
mod table;

pub use base::{BaseHint, Landmark};
pub use engine::Engine;
pub use error::TriggerError;
pub use inputs::Inputs;
pub use kind::Kind;
pub use origin::Origin;

use serde_json::Value;

use crate::name::CommitId;
use facts::Facts;
use table::Dialect;

/// What asked for the plan, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The CI engine, where there is one.
    pub engine: Option<Engine>,
    /// The event in the engine's own words: the row of the table.
    pub event: &'static str,
    /// The kind of event.
    pub kind: Kind,
    /// The full ref that it is about, such as `refs/heads/main`, where it has one.
    pub reference: Option<String>,
    /// The commit that it is about, where it names one; the work tree may hold another.
    pub commit: Option<CommitId>,
    /// What it says of the commit to compare with.
    pub base: BaseHint,
    /// The repository's default branch, where the engine names it.
    pub default_branch: Option<String>,
    /// Whose code the run may have before it.
    pub origin: Origin,
    /// What was asked for by hand; empty unless somebody or a clock started the run.
    pub inputs: Inputs,
}

impl Trigger {
    /// Returns the trigger of a run outside of any CI engine.
    #[must_use]
    pub fn local() -> Self {
        Self {
            engine: None,
            event: "local",
            kind: Kind::Local,
            reference: None,
            commit: None,
            base: BaseHint::None,
            default_branch: None,
            origin: Origin::Own,
            inputs: Inputs::default(),
        }
    }

    /// Reads what a CI engine says, [`Trigger::local`] where there is none.
    ///
    /// `variable` gives the value of an environment variable, `event` the text of the file that `GITHUB_EVENT_PATH`
    /// names. A variable that is set but empty counts as unset.
    ///
    /// # Errors
    /// When an engine is there, but does not say what it always says.
    pub fn read(variable: impl Fn(&str) -> Option<String>, event: Option<&str>) -> Result<Self, TriggerError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let Some(engine) = Engine::detect(&variable) else { return Ok(Self::local()) };
        let event = match event {
            None => Value::Null,
            Some(text) => serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|error| TriggerError::NotJson { engine, reason: error.to_string() })?,
        };
        Dialect::of(engine).read(engine, &Facts { variable: &variable, event })
    }

    /// Returns the branch that the event is about, where it is about one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/")
    }

    /// Returns the number of the pull or merge request that the event is about, where its ref names one:
    /// `refs/pull/7/merge`, `refs/merge-requests/7/head`.
    #[must_use]
    pub fn pull_request(&self) -> Option<u64> {
        let reference = self.reference.as_deref()?;
        let rest = ["refs/pull/", "refs/merge-requests/"].iter().find_map(|prefix| reference.strip_prefix(prefix))?;
        rest.split('/').next()?.parse().ok()
    }

    /// Returns the tag that the event is about, where it is about one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/tags/")
    }
}
