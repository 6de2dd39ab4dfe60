//! Azure Pipelines.
//!
//! The variables: <https://learn.microsoft.com/azure/devops/pipelines/build/variables>. No variable names the commit
//! before a push, so every push to the default branch plans everything unless `--since built` is used.

use super::Kind;
use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own, own_when};
use super::facts::{Fact, Facts};
use super::manual_inputs::names_services;

const REASON: Fact = Fact::Variable("BUILD_REASON");
const BRANCH: Fact = Fact::Variable("BUILD_SOURCEBRANCH");
const VERSION: Fact = Fact::Variable("BUILD_SOURCEVERSION");

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "Manual, ResourceTrigger, BuildCompletion",
    when: is_manual,
    kind: Kind::Manual,
    reference: Reference::Full(BRANCH),
    subject: &[VERSION],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["BUILD_REASON", "BUILD_SOURCEBRANCH"],
    default_branch: DefaultBranch::Unstated,
    rows: &[
        Row {
            event: "PullRequest",
            when: |facts| facts.is(REASON, &["PullRequest"]),
            kind: Kind::PullRequest,
            subject: &[VERSION, Fact::Variable("SYSTEM_PULLREQUEST_SOURCECOMMITID")],
            // The target branch is a full ref with Azure Repos, and a branch's name with GitHub. `HEAD` is
            // `refs/pull/<number>/merge`.
            base: Base::PullRequest {
                merge: Some(VERSION),
                base: None,
                branch: Some(Fact::Variable("SYSTEM_PULLREQUEST_TARGETBRANCH")),
            },
            origin: |facts| own_when(facts.is(Fact::Variable("SYSTEM_PULLREQUEST_ISFORK"), &["False", "false"])),
            ..BY_HAND
        },
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.begins(BRANCH, &format!("refs/heads/{MERGE_QUEUE}")),
            kind: Kind::MergeGroup,
            ..BY_HAND
        },
        Row {
            event: "tag, pushed or run by hand",
            when: |facts| facts.begins(BRANCH, "refs/tags/") && !(is_manual(facts) && names_services(facts)),
            kind: Kind::Tag,
            base: Base::Named,
            ..BY_HAND
        },
        Row { event: "Schedule", when: |facts| facts.is(REASON, &["Schedule"]), kind: Kind::Schedule, ..BY_HAND },
        BY_HAND,
    ],
    otherwise: Row { event: "IndividualCI, BatchedCI, any other", when: |_| true, kind: Kind::Push, ..BY_HAND },
};

fn is_manual(facts: &Facts) -> bool {
    facts.is(REASON, &["Manual", "ResourceTrigger", "BuildCompletion"])
}
