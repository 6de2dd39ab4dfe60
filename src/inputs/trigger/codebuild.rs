//! `CodeBuild` of AWS.
//!
//! The variables: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>. A build that
//! was not started by a webhook has no variables that describe an event, so it is treated as run by hand.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own};
use super::facts::{Fact, Facts};
use super::{Kind, Landmark, Origin};

const COMMIT: Fact = Fact::Variable("CODEBUILD_RESOLVED_SOURCE_VERSION");
const EVENT: Fact = Fact::Variable("CODEBUILD_WEBHOOK_EVENT");
/// The ref of the event: `refs/heads/main`, `refs/tags/v1`.
const REF: Fact = Fact::Variable("CODEBUILD_WEBHOOK_HEAD_REF");
/// The branch, tag or pull request of the event: `branch/main`, `tag/v1`, `pr/7`.
const TRIGGER: Fact = Fact::Variable("CODEBUILD_WEBHOOK_TRIGGER");

/// The row for pushes. The other rows take the fields that they do not set from this row.
const PUSH: Row = Row {
    event: "push",
    when: |facts| facts.is(EVENT, &["PUSH"]),
    kind: Kind::Push,
    reference: Reference::Full(REF),
    subject: &[COMMIT],
    base: Base::Commit(Fact::Variable("CODEBUILD_WEBHOOK_PREV_COMMIT"), Landmark::Push),
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
    default_branch: DefaultBranch::Unstated,
    rows: &[
        Row {
            event: "pull request",
            when: is_pull_request,
            kind: Kind::PullRequest,
            reference: Reference::None,
            // No variable says from which repository the pull request is.
            origin: |_| Origin::Fork,
            base: Base::PullRequest {
                merge: None,
                base: None,
                branch: Some(Fact::Variable("CODEBUILD_WEBHOOK_BASE_REF")),
            },
            ..PUSH
        },
        Row {
            event: "push of a tag, release",
            when: |facts| facts.begins(TRIGGER, "tag/") || facts.begins(REF, "refs/tags/"),
            kind: Kind::Tag,
            base: Base::Named,
            ..PUSH
        },
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.begins(REF, &format!("refs/heads/{MERGE_QUEUE}")),
            kind: Kind::MergeGroup,
            base: Base::None,
            ..PUSH
        },
        PUSH,
    ],
    otherwise: Row {
        event: "run by hand, by a schedule or by a pipeline",
        when: |_| true,
        kind: Kind::Manual,
        base: Base::None,
        ..PUSH
    },
};

fn is_pull_request(facts: &Facts) -> bool {
    facts.begins(EVENT, "PULL_REQUEST_") || facts.begins(TRIGGER, "pr/")
}
