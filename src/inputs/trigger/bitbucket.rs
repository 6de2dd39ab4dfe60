//! Bitbucket Pipelines.
//!
//! The variables: <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>. No variable says what
//! started a run, so a manual run is recognised by its inputs. No variable names the commit before a push, so every
//! push to the default branch plans everything unless `--since built` is used.

use super::Kind;
use super::dialect::{Base, DefaultBranch, Dialect, Reference, Row, own};
use super::facts::Fact;
use super::manual_inputs::names_services;

const COMMIT: Fact = Fact::Variable("BITBUCKET_COMMIT");
const BRANCH: Fact = Fact::Variable("BITBUCKET_BRANCH");

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "run by hand or by a schedule, with services filled in",
    when: names_services,
    kind: Kind::Manual,
    reference: Reference::Branch(BRANCH),
    subject: &[COMMIT],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["BITBUCKET_COMMIT"],
    default_branch: DefaultBranch::Unstated,
    rows: &[
        Row {
            event: "pull request",
            when: |facts| facts.has("BITBUCKET_PR_ID"),
            kind: Kind::PullRequest,
            reference: Reference::None,
            // Bitbucket merges the target into the pull request before the run, so that head's first parent is the pull
            // request's own head. `BITBUCKET_PR_DESTINATION_COMMIT` has 12 digits, which may be ambiguous, so it is not
            // used unless it is a full id.
            base: Base::PullRequest {
                merge: None,
                base: Some(Fact::Variable("BITBUCKET_PR_DESTINATION_COMMIT")),
                branch: Some(Fact::Variable("BITBUCKET_PR_DESTINATION_BRANCH")),
            },
            // A fork's pull request starts no run of this repository.
            ..BY_HAND
        },
        BY_HAND,
        Row {
            event: "tag",
            when: |facts| facts.has("BITBUCKET_TAG"),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("BITBUCKET_TAG")),
            base: Base::Named,
            ..BY_HAND
        },
    ],
    otherwise: Row { event: "push, any other", when: |_| true, kind: Kind::Push, ..BY_HAND },
};
