//! CircleCI.
//!
//! The variables: <https://circleci.com/docs/reference/variables>. CircleCI states the base in pipeline values, which
//! jobs do not get as variables. The job that makes the plan has to set a variable for each of these values. The name
//! of the variable is the name of the value in capitals, with `_` for the dots:
//!
//! ```yaml
//! environment:
//!   PIPELINE_GIT_BASE_REVISION: << pipeline.git.base_revision >>
//!   PIPELINE_GIT_BRANCH_IS_DEFAULT: << pipeline.git.branch.is_default >>
//!   PIPELINE_TRIGGER_SOURCE: << pipeline.trigger_source >>
//!   # With the GitHub App:
//!   PIPELINE_EVENT_GITHUB_PULL_REQUEST_NUMBER: << pipeline.event.github.pull_request.number >>
//!   PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_REF: << pipeline.event.github.pull_request.base.ref >>
//!   PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_SHA: << pipeline.event.github.pull_request.base.sha >>
//! ```
//!
//! Without these variables, plans are correct, but may contain more services.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own, own_when};
use super::facts::{Fact, Facts};
use super::manual_inputs::names_services;
use super::{Kind, Landmark, Origin};

const SHA: Fact = Fact::Variable("CIRCLE_SHA1");
const BRANCH: Fact = Fact::Variable("CIRCLE_BRANCH");
const SOURCE: Fact = Fact::Variable("PIPELINE_TRIGGER_SOURCE");
const IS_DEFAULT: Fact = Fact::Variable("PIPELINE_GIT_BRANCH_IS_DEFAULT");
const TARGET: Fact = Fact::Variable("PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_REF");

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "api, explicit",
    when: is_manual,
    kind: Kind::Manual,
    reference: Reference::Branch(BRANCH),
    subject: &[SHA],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["CIRCLE_SHA1"],
    default_branch: DefaultBranch::This { branch: BRANCH, when: IS_DEFAULT },
    rows: &[
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.begins(BRANCH, MERGE_QUEUE),
            kind: Kind::MergeGroup,
            ..BY_HAND
        },
        Row {
            event: "pull request (GitHub App)",
            when: |facts| is_pull_request(facts) && facts.text(TARGET).is_some(),
            kind: Kind::PullRequest,
            reference: Reference::None,
            base: Base::PullRequest {
                merge: None,
                base: Some(Fact::Variable("PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_SHA")),
                branch: Some(TARGET),
            },
            origin: pull_request,
            ..BY_HAND
        },
        Row {
            event: "pull request whose target is not said",
            when: is_pull_request,
            kind: Kind::PullRequest,
            reference: Reference::None,
            origin: pull_request,
            ..BY_HAND
        },
        Row {
            event: "tag, pushed or run by hand",
            when: |facts| facts.has("CIRCLE_TAG") && !(is_manual(facts) && names_services(facts)),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("CIRCLE_TAG")),
            base: Base::Named,
            ..BY_HAND
        },
        Row {
            event: "scheduled_pipeline",
            when: |facts| facts.is(SOURCE, &["scheduled_pipeline", "schedule"]),
            kind: Kind::Schedule,
            ..BY_HAND
        },
        BY_HAND,
    ],
    otherwise: Row {
        event: "push",
        when: |_| true,
        kind: Kind::Push,
        base: Base::Commit(Fact::Variable("PIPELINE_GIT_BASE_REVISION"), Landmark::Pipeline),
        ..BY_HAND
    },
};

fn is_manual(facts: &Facts) -> bool {
    facts.is(SOURCE, &["api", "explicit"])
}

/// Whether the build is for a pull request. A build for a push to the default branch does not count, even if a pull
/// request from that branch into another branch is open.
fn is_pull_request(facts: &Facts) -> bool {
    let signs = ["CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER", "PIPELINE_EVENT_GITHUB_PULL_REQUEST_NUMBER"];
    signs.into_iter().any(|sign| facts.has(sign)) && !facts.is_true(IS_DEFAULT)
}

/// Returns the origin of a pull request. Only pull requests from forks have the variables `CIRCLE_PR_…` and a branch
/// such as `pull/7`.
fn pull_request(facts: &Facts) -> Origin {
    let signs = ["CIRCLE_PR_NUMBER", "CIRCLE_PR_USERNAME", "CIRCLE_PR_REPONAME"];
    own_when(!signs.into_iter().any(|sign| facts.has(sign)) && !facts.begins(BRANCH, "pull/"))
}
