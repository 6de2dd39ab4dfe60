//! Triggers: what started a run, which is an event of a CI engine or a person at a terminal.
//!
//! This module reads neither environment variables nor files: the caller passes their values to [`Trigger::read`].
//!
//! Every event of every engine is a row of the table below, which a test compares with the code. The first row that
//! fits is used. The *kind* is the word for `on:` of an environment, the *subject* is the commits that the event is
//! about, and the *base* is the commit from which changes count:
//!
//! - *the default branch* means the merge base of `HEAD` and the default branch. If the event is about the default
//!   branch, or `HEAD` has no commits that the default branch lacks, everything is planned. Buildkite, Azure Pipelines,
//!   Bitbucket and Google Cloud Build do not name the commit before a push, so each push to the default branch plans
//!   everything, unless `--since built` is used.
//! - a commit id of zeros means that the branch is new. The base is then the merge base of `HEAD` and the default
//!   branch. If `HEAD` has no commits that the default branch lacks, nothing is planned. If the new branch is the
//!   default branch itself, everything is planned. Where an engine also sets zeros for other reasons, they mean *the
//!   default branch*.
//! - after a forced push, the base is still the commit before the push, since it was built last, although no branch
//!   contains it any more.
//!
//! The base in the table is used if `HEAD` is one of the subjects or descends from one. Otherwise, or if the event has
//! no subject, the base is the merge base of `HEAD` and the default branch. If `HEAD` has no commits that the default
//! branch lacks, everything is then planned, and the plan reports a doubt, which is a reason why it may contain too
//! much.
//!
//! Names in lower case, such as `before`, are keys of the event file; names in capitals are variables. Gitea and
//! Forgejo Actions use GitHub's variables and rows. A called workflow (`workflow_call`) has the event of its caller.
//! GitHub raises no event for a draft of a release. A pre-release counts as a release. A pull request that was closed
//! without being merged still counts as a pull request. A child pipeline of GitLab is read like its parent if the
//! parent is for a merge request or a tag, and otherwise as a push.
//!
//! | Engine | Event | Kind | Subject | Base |
//! | --- | --- | --- | --- | --- |
//! | GitHub Actions | push that deletes a branch or tag | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | delete | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | merge_group: destroyed | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | release: deleted, unpublished | `delete` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | push to a merge queue's branch | `merge_group` | `GITHUB_SHA` | the default branch |
//! | GitHub Actions | merge_group | `merge_group` | `GITHUB_SHA`, `merge_group.head_sha` | `merge_group.base_sha`: the commit that the merge queue builds on |
//! | GitHub Actions | release: created, edited, any other that publishes nothing | `release` | `GITHUB_SHA` | none: nothing is planned |
//! | GitHub Actions | release: published, prereleased, released | `release` | `GITHUB_SHA` | none: the tag names its service |
//! | GitHub Actions | pull_request_target: merged | `pull_request` | `pull_request.merge_commit_sha`, `pull_request.head.sha` | first parent of the merge; where HEAD is none also `pull_request.base.sha`: the target branch before the merge |
//! | GitHub Actions | pull_request: merged | `pull_request` | `GITHUB_SHA`, `pull_request.head.sha` | first parent of the merge; where HEAD is none also `pull_request.base.sha`: the target branch before the merge |
//! | GitHub Actions | pull_request_target | `pull_request` | `pull_request.head.sha`, `pull_request.merge_commit_sha` | first parent of `pull_request.merge_commit_sha` where that is HEAD, else merge base with `pull_request.base.sha`, else with `pull_request.base.ref` or `GITHUB_BASE_REF` |
//! | GitHub Actions | pull_request, pull_request_review… | `pull_request` | `GITHUB_SHA`, `pull_request.head.sha` | first parent of `GITHUB_SHA` where that is HEAD, else merge base with `pull_request.base.sha`, else with `pull_request.base.ref` or `GITHUB_BASE_REF` |
//! | GitHub Actions | pull_request without a merge commit (Gitea, Forgejo) | `pull_request` | `GITHUB_SHA`, `pull_request.head.sha` | merge base with `pull_request.base.sha`, else with `pull_request.base.ref` or `GITHUB_BASE_REF` |
//! | GitHub Actions | workflow_run behind a pull request | `pull_request` | `workflow_run.head_sha` | merge base with `workflow_run.pull_requests.0.base.sha`, else with `workflow_run.pull_requests.0.base.ref` |
//! | GitHub Actions | workflow_run behind a push | `push` | `workflow_run.head_sha` | the default branch |
//! | GitHub Actions | workflow_run behind a merge queue | `merge_group` | `workflow_run.head_sha` | the default branch |
//! | GitHub Actions | workflow_run behind a schedule | `schedule` | `workflow_run.head_sha` | the default branch |
//! | GitHub Actions | workflow_run behind a release | `release` | `workflow_run.head_sha` | none: the tag names its service |
//! | GitHub Actions | workflow_run behind any other run | `manual` | `workflow_run.head_sha` | the default branch |
//! | GitHub Actions | push of a tag, run by hand on one | `tag` | `GITHUB_SHA` | none: the tag names its service |
//! | GitHub Actions | push | `push` | `GITHUB_SHA` | `before`: the push before this one |
//! | GitHub Actions | schedule | `schedule` | `GITHUB_SHA` | the default branch |
//! | GitHub Actions | workflow_dispatch, create, deployment, deployment_status | `manual` | `GITHUB_SHA` | the default branch |
//! | GitHub Actions | issue_comment, repository_dispatch, any other | `manual` | none | the default branch |
//! | GitLab | merge train | `merge_group` | `CI_COMMIT_SHA`, `CI_MERGE_REQUEST_SOURCE_BRANCH_SHA` | `CI_MERGE_REQUEST_TARGET_BRANCH_SHA`: the commit that the merge queue builds on |
//! | GitLab | merge request, merged results | `pull_request` | `CI_COMMIT_SHA`, `CI_MERGE_REQUEST_SOURCE_BRANCH_SHA` | `CI_MERGE_REQUEST_TARGET_BRANCH_SHA`: the tip of the target branch |
//! | GitLab | merge request, its own head | `pull_request` | `CI_COMMIT_SHA` | merge base with `CI_MERGE_REQUEST_DIFF_BASE_SHA`, else with `CI_MERGE_REQUEST_TARGET_BRANCH_NAME` |
//! | GitLab | pull request of a GitHub repository | `pull_request` | `CI_COMMIT_SHA` | merge base with `CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA`, else with `CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME` |
//! | GitLab | tag, pushed or run by hand | `tag` | `CI_COMMIT_SHA` | none: the tag names its service |
//! | GitLab | schedule | `schedule` | `CI_COMMIT_SHA` | the default branch |
//! | GitLab | web, api, trigger, chat, pipeline | `manual` | `CI_COMMIT_SHA` | the default branch |
//! | GitLab | push | `push` | `CI_COMMIT_SHA` | `CI_COMMIT_BEFORE_SHA`: the push before this one |
//! | GitLab | parent_pipeline, any other | `push` | `CI_COMMIT_SHA` | `CI_COMMIT_BEFORE_SHA`: the push before this one; the default branch where it is all zeros |
//! | Buildkite | merge queue | `merge_group` | `BUILDKITE_COMMIT` | `BUILDKITE_MERGE_QUEUE_BASE_COMMIT`: the commit that the merge queue builds on |
//! | Buildkite | pull request | `pull_request` | `BUILDKITE_COMMIT` | merge base with `BUILDKITE_PULL_REQUEST_BASE_BRANCH` |
//! | Buildkite | tag, pushed or run by hand | `tag` | `BUILDKITE_COMMIT` | none: the tag names its service |
//! | Buildkite | schedule | `schedule` | `BUILDKITE_COMMIT` | the default branch |
//! | Buildkite | ui, api, trigger_job | `manual` | `BUILDKITE_COMMIT` | the default branch |
//! | Buildkite | push | `push` | `BUILDKITE_COMMIT` | the default branch |
//! | CircleCI | push to a merge queue's branch | `merge_group` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | pull request (GitHub App) | `pull_request` | `CIRCLE_SHA1` | merge base with `PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_SHA`, else with `PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_REF` |
//! | CircleCI | pull request whose target is not said | `pull_request` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | tag, pushed or run by hand | `tag` | `CIRCLE_SHA1` | none: the tag names its service |
//! | CircleCI | scheduled_pipeline | `schedule` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | api, explicit | `manual` | `CIRCLE_SHA1` | the default branch |
//! | CircleCI | push | `push` | `CIRCLE_SHA1` | `PIPELINE_GIT_BASE_REVISION`: the pipeline before this one |
//! | Azure Pipelines | PullRequest | `pull_request` | `BUILD_SOURCEVERSION`, `SYSTEM_PULLREQUEST_SOURCECOMMITID` | first parent of `BUILD_SOURCEVERSION` where that is HEAD, else merge base with `SYSTEM_PULLREQUEST_TARGETBRANCH` |
//! | Azure Pipelines | push to a merge queue's branch | `merge_group` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | tag, pushed or run by hand | `tag` | `BUILD_SOURCEVERSION` | none: the tag names its service |
//! | Azure Pipelines | Schedule | `schedule` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | Manual, ResourceTrigger, BuildCompletion | `manual` | `BUILD_SOURCEVERSION` | the default branch |
//! | Azure Pipelines | IndividualCI, BatchedCI, any other | `push` | `BUILD_SOURCEVERSION` | the default branch |
//! | Bitbucket Pipelines | pull request | `pull_request` | `BITBUCKET_COMMIT` | merge base with `BITBUCKET_PR_DESTINATION_COMMIT`, else with `BITBUCKET_PR_DESTINATION_BRANCH` |
//! | Bitbucket Pipelines | run by hand or by a schedule, with services filled in | `manual` | `BITBUCKET_COMMIT` | the default branch |
//! | Bitbucket Pipelines | tag | `tag` | `BITBUCKET_COMMIT` | none: the tag names its service |
//! | Bitbucket Pipelines | push, any other | `push` | `BITBUCKET_COMMIT` | the default branch |
//! | Jenkins | change request | `pull_request` | `GIT_COMMIT` | merge base with `CHANGE_TARGET` |
//! | Jenkins | run by hand, with services filled in | `manual` | `GIT_COMMIT` | the default branch |
//! | Jenkins | tag | `tag` | `GIT_COMMIT` | none: the tag names its service |
//! | Jenkins | push to a merge queue's branch | `merge_group` | `GIT_COMMIT` | the default branch |
//! | Jenkins | push, multibranch | `push` | `GIT_COMMIT` | `GIT_PREVIOUS_SUCCESSFUL_COMMIT`: the last build that succeeded |
//! | Jenkins | push, any other | `push` | `GIT_COMMIT` | `GIT_PREVIOUS_SUCCESSFUL_COMMIT`: the last build that succeeded |
//! | AWS CodeBuild | pull request | `pull_request` | `CODEBUILD_RESOLVED_SOURCE_VERSION` | merge base with `CODEBUILD_WEBHOOK_BASE_REF` |
//! | AWS CodeBuild | push of a tag, release | `tag` | `CODEBUILD_RESOLVED_SOURCE_VERSION` | none: the tag names its service |
//! | AWS CodeBuild | push to a merge queue's branch | `merge_group` | `CODEBUILD_RESOLVED_SOURCE_VERSION` | the default branch |
//! | AWS CodeBuild | push | `push` | `CODEBUILD_RESOLVED_SOURCE_VERSION` | `CODEBUILD_WEBHOOK_PREV_COMMIT`: the push before this one |
//! | AWS CodeBuild | run by hand, by a schedule or by a pipeline | `manual` | `CODEBUILD_RESOLVED_SOURCE_VERSION` | the default branch |
//! | Google Cloud Build | pull request | `pull_request` | `COMMIT_SHA` | merge base with `_BASE_BRANCH` |
//! | Google Cloud Build | push of a tag | `tag` | `COMMIT_SHA` | none: the tag names its service |
//! | Google Cloud Build | push to a merge queue's branch | `merge_group` | `COMMIT_SHA` | the default branch |
//! | Google Cloud Build | push to a branch | `push` | `COMMIT_SHA` | the default branch |
//! | Google Cloud Build | submitted by hand | `manual` | `COMMIT_SHA` | the default branch |

mod azure;
mod base;
mod bitbucket;
mod buildkite;
mod ci_detection;
mod circleci;
mod cloud_build;
mod codebuild;
mod engine;
mod error;
mod facts;
mod github;
mod gitlab;
mod manual_inputs;
mod jenkins;
mod kind;
mod origin;
mod event_subject;
mod dialect;

pub use base::{BaseHint, Landmark};
pub use ci_detection::CiSign;
pub use engine::Engine;
pub use error::TriggerError;
pub use event_subject::EventSubject;
pub use kind::Kind;
pub use manual_inputs::{InputVariable, ManualInputs};
pub use origin::Origin;

use serde_json::Value;

use dialect::Dialect;
use facts::Facts;

/// The event that a plan is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The CI engine; `None` if it is not known, or the run is not in CI.
    pub engine: Option<Engine>,
    /// The sign that the program runs in CI; `None` outside of CI.
    pub ci: Option<CiSign>,
    /// The name of the event in the table, or `local`.
    pub event: &'static str,
    /// The kind of event.
    pub kind: Kind,
    /// The full ref that the event is about, such as `refs/heads/main`; `None` if the event is about no ref.
    pub reference: Option<String>,
    /// The commits that the event is about. Another commit may be checked out.
    pub subject: EventSubject,
    /// The base that the event states: the commit to compare with.
    pub base: BaseHint,
    /// The name of the repository's default branch, if the engine states it.
    pub default_branch: Option<String>,
    /// Who may have written the code that the run sees.
    pub origin: Origin,
    /// The inputs of the run; empty unless it was started manually or by a schedule.
    pub inputs: ManualInputs,
    /// Whether nektos/act runs the workflow on a developer's machine. Then plans may include uncommitted changes, and
    /// nothing is pushed unless `--push` asks for it.
    pub rehearsal: bool,
}

impl Trigger {
    /// Returns the trigger of a run outside of any CI engine.
    #[must_use]
    pub fn local() -> Self {
        Self {
            engine: None,
            ci: None,
            event: "local",
            kind: Kind::Local,
            reference: None,
            subject: EventSubject::CheckedOut,
            base: BaseHint::None,
            default_branch: None,
            origin: Origin::Own,
            inputs: ManualInputs::default(),
            rehearsal: false,
        }
    }

    /// Reads the event of a CI engine. If the engine is not known, returns [`Trigger::local`], with the sign of CI if
    /// there is one.
    ///
    /// `variable` returns the value of an environment variable. A variable that is set but empty counts as unset.
    /// `event` is the text of the file that `GITHUB_EVENT_PATH` names.
    ///
    /// # Errors
    /// When an engine is recognised, but a variable that the engine always sets is missing, or the event file is not
    /// JSON.
    pub fn read(variable: impl Fn(&str) -> Option<String>, event: Option<&str>) -> Result<Self, TriggerError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let Some(engine) = Engine::detect(&variable) else {
            return Ok(Self { ci: CiSign::of(&variable), ..Self::local() });
        };
        let event = match event {
            None => Value::Null,
            Some(text) => serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|error| TriggerError::NotJson { engine, reason: error.to_string() })?,
        };
        Dialect::of(engine).read(engine, &Facts { variable: &variable, event })
    }

    /// Whether a person runs the program outside of CI. Then plans may include uncommitted changes.
    #[must_use]
    pub fn is_attended(&self) -> bool {
        self.ci.is_none()
    }

    /// Returns the branch that the event is about; `None` if the event is not about a branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/")
    }

    /// Returns the number of the pull or merge request of the event, if its ref contains one: 7 for `refs/pull/7/merge`
    /// and `refs/merge-requests/7/head`.
    #[must_use]
    pub fn pull_request(&self) -> Option<u64> {
        let reference = self.reference.as_deref()?;
        let rest = ["refs/pull/", "refs/merge-requests/"].iter().find_map(|prefix| reference.strip_prefix(prefix))?;
        rest.split('/').next()?.parse().ok()
    }

    /// Returns the tag that the event is about; `None` if the event is not about a tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/tags/")
    }
}
