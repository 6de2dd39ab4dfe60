//! Jenkins, multibranch or not.
//!
//! The variables are set by the plugins git, branch-api and workflow-multibranch (`<JENKINS_URL>/env-vars.html`). No
//! variable says what started a run, so a manual run is recognised by its inputs.
//!
//! `GIT_PREVIOUS_SUCCESSFUL_COMMIT` is a valid base only if every build of the job builds everything that is affected.
//! So manual runs for single services should have a job of their own, or `--since built` should be used.
//! `GIT_PREVIOUS_COMMIT` is not used: it may be the commit of a failed build, whose changes would then not be built.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own, own_when};
use super::facts::Fact;
use super::manual_inputs::names_services;
use super::{Kind, Landmark};

const COMMIT: Fact = Fact::Variable("GIT_COMMIT");
const BRANCH: Fact = Fact::Variable("BRANCH_NAME");
/// The branch with the name of its remote before it, such as `origin/main`. It is used in a job that is not multibranch.
const REMOTE_BRANCH: Fact = Fact::Variable("GIT_BRANCH");
const SUCCESS: Base = Base::Commit(Fact::Variable("GIT_PREVIOUS_SUCCESSFUL_COMMIT"), Landmark::Success);

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "run by hand, with services filled in",
    when: names_services,
    kind: Kind::Manual,
    reference: Reference::Branch(BRANCH),
    subject: &[COMMIT],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &[],
    default_branch: DefaultBranch::This { branch: BRANCH, when: Fact::Variable("BRANCH_IS_PRIMARY") },
    rows: &[
        Row {
            event: "change request",
            when: |facts| facts.has("CHANGE_ID"),
            kind: Kind::PullRequest,
            reference: Reference::None,
            // The job's settings decide whether head is merged with the target, and no variable says so.
            base: Base::PullRequest { merge: None, base: None, branch: Some(Fact::Variable("CHANGE_TARGET")) },
            origin: |facts| own_when(!facts.has("CHANGE_FORK")),
            ..BY_HAND
        },
        BY_HAND,
        Row {
            event: "tag",
            when: |facts| facts.has("TAG_NAME"),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("TAG_NAME")),
            base: Base::Named,
            ..BY_HAND
        },
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.begins(BRANCH, MERGE_QUEUE),
            kind: Kind::MergeGroup,
            ..BY_HAND
        },
        Row {
            event: "push, multibranch",
            when: |facts| facts.text(BRANCH).is_some(),
            kind: Kind::Push,
            base: SUCCESS,
            ..BY_HAND
        },
    ],
    otherwise: Row {
        event: "push, any other",
        when: |_| true,
        kind: Kind::Push,
        reference: Reference::Remote(REMOTE_BRANCH),
        base: SUCCESS,
        ..BY_HAND
    },
};
