//! Google Cloud Build.
//!
//! The event is described by substitutions:
//! <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>. A step gets them as environment
//! variables if the build's configuration has `options: {automapSubstitutions: true}`. No variable names the commit
//! before a push, so every push to the default branch plans everything unless `--since built` is used. A build with
//! neither a branch nor a tag was submitted by hand.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own};
use super::facts::Fact;
use super::{Kind, Origin};

const COMMIT: Fact = Fact::Variable("COMMIT_SHA");
const BRANCH: Fact = Fact::Variable("BRANCH_NAME");

/// The row for pushes to branches. The other rows take the fields that they do not set from this row.
const PUSH: Row = Row {
    event: "push to a branch",
    when: |facts| facts.has("BRANCH_NAME"),
    kind: Kind::Push,
    reference: Reference::Branch(BRANCH),
    subject: &[COMMIT],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &[],
    default_branch: DefaultBranch::Unstated,
    rows: &[
        Row {
            event: "pull request",
            when: |facts| facts.has("_PR_NUMBER"),
            kind: Kind::PullRequest,
            reference: Reference::None,
            // No variable says from which repository the pull request is.
            origin: |_| Origin::Fork,
            base: Base::PullRequest { merge: None, base: None, branch: Some(Fact::Variable("_BASE_BRANCH")) },
            ..PUSH
        },
        Row {
            event: "push of a tag",
            when: |facts| facts.has("TAG_NAME"),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("TAG_NAME")),
            base: Base::Named,
            ..PUSH
        },
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.begins(BRANCH, MERGE_QUEUE),
            kind: Kind::MergeGroup,
            ..PUSH
        },
        PUSH,
    ],
    otherwise: Row { event: "submitted by hand", when: |_| true, kind: Kind::Manual, ..PUSH },
};
