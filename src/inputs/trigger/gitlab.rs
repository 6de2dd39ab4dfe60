//! GitLab CI/CD.
//!
//! The variables: <https://docs.gitlab.com/ci/variables/predefined_variables>. A child pipeline has the merge request,
//! the tag and the `CI_COMMIT_BEFORE_SHA` of its parent, so a child of a pipeline for a merge request or a tag is read
//! like its parent. Any other child is read as a push, whatever started its parent.

use super::dialect::{Base, DefaultBranch, Dialect, Reference, Row, own, own_when};
use super::facts::{Fact, Facts};
use super::manual_inputs::names_services;
use super::{Kind, Landmark, Origin};

const SOURCE: Fact = Fact::Variable("CI_PIPELINE_SOURCE");
const SHA: Fact = Fact::Variable("CI_COMMIT_SHA");
const BEFORE: Fact = Fact::Variable("CI_COMMIT_BEFORE_SHA");
const BRANCH: Fact = Fact::Variable("CI_COMMIT_BRANCH");
const MERGE_REQUEST: Fact = Fact::Variable("CI_MERGE_REQUEST_EVENT_TYPE");
const MERGE_REQUEST_REF: Fact = Fact::Variable("CI_MERGE_REQUEST_REF_PATH");
/// The merge request's own head, in merged results pipelines and merge trains.
const SOURCE_TIP: Fact = Fact::Variable("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
/// The tip of the target branch with which the merge request was combined. It is set in merged results pipelines and
/// merge trains. It is used in place of head's first parent, since fast-forward merge trains rebase and make no merge
/// commit.
const TARGET_TIP: Fact = Fact::Variable("CI_MERGE_REQUEST_TARGET_BRANCH_SHA");

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "web, api, trigger, chat, pipeline",
    // CI_COMMIT_BEFORE_SHA is all zeros in these events, whether or not the branch is new.
    when: is_manual,
    kind: Kind::Manual,
    reference: Reference::Branch(BRANCH),
    subject: &[SHA],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["CI_PIPELINE_SOURCE"],
    default_branch: DefaultBranch::Named(Fact::Variable("CI_DEFAULT_BRANCH")),
    rows: &[
        Row {
            event: "merge train",
            when: |facts| facts.is(MERGE_REQUEST, &["merge_train"]),
            kind: Kind::MergeGroup,
            reference: Reference::Full(MERGE_REQUEST_REF),
            subject: &[SHA, SOURCE_TIP],
            base: Base::Commit(TARGET_TIP, Landmark::MergeQueue),
            origin: merge_request,
        },
        Row {
            event: "merge request, merged results",
            when: |facts| facts.is(MERGE_REQUEST, &["merged_result"]) && facts.text(TARGET_TIP).is_some(),
            kind: Kind::PullRequest,
            reference: Reference::Full(MERGE_REQUEST_REF),
            subject: &[SHA, SOURCE_TIP],
            base: Base::Commit(TARGET_TIP, Landmark::Target),
            origin: merge_request,
        },
        Row {
            event: "merge request, its own head",
            when: |facts| facts.is(SOURCE, &["merge_request_event"]) || facts.has("CI_MERGE_REQUEST_IID"),
            kind: Kind::PullRequest,
            reference: Reference::Full(MERGE_REQUEST_REF),
            base: Base::PullRequest {
                merge: None,
                base: Some(Fact::Variable("CI_MERGE_REQUEST_DIFF_BASE_SHA")),
                branch: Some(Fact::Variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
            },
            origin: merge_request,
            ..BY_HAND
        },
        Row {
            event: "pull request of a GitHub repository",
            when: |facts| facts.is(SOURCE, &["external_pull_request_event"]),
            kind: Kind::PullRequest,
            reference: Reference::None,
            base: Base::PullRequest {
                merge: None,
                base: Some(Fact::Variable("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")),
                branch: Some(Fact::Variable("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME")),
            },
            origin: |facts| {
                own_when(facts.same(
                    Fact::Variable("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"),
                    Fact::Variable("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"),
                ))
            },
            ..BY_HAND
        },
        Row {
            event: "tag, pushed or run by hand",
            when: |facts| facts.has("CI_COMMIT_TAG") && !(is_manual(facts) && names_services(facts)),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("CI_COMMIT_TAG")),
            base: Base::Named,
            ..BY_HAND
        },
        Row { event: "schedule", when: |facts| facts.is(SOURCE, &["schedule"]), kind: Kind::Schedule, ..BY_HAND },
        BY_HAND,
        Row {
            event: "push",
            when: |facts| facts.is(SOURCE, &["push"]),
            kind: Kind::Push,
            base: Base::Commit(BEFORE, Landmark::Push),
            ..BY_HAND
        },
    ],
    otherwise: Row {
        event: "parent_pipeline, any other",
        when: |_| true,
        kind: Kind::Push,
        // If the parent of a child pipeline was started by hand or by a schedule, CI_COMMIT_BEFORE_SHA is all zeros,
        // even if the branch is not new.
        base: Base::CommitUnlessZero(BEFORE, Landmark::Push),
        ..BY_HAND
    },
};

fn is_manual(facts: &Facts) -> bool {
    facts.is(SOURCE, &["web", "api", "trigger", "chat", "pipeline"])
}

fn merge_request(facts: &Facts) -> Origin {
    let [source, target] = ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID"].map(Fact::Variable);
    own_when(facts.same(source, target))
}
