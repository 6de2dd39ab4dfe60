//! GitHub Actions, and Gitea and Forgejo Actions, which set the same variables and write the same event file.
//!
//! Events and their contents: <https://docs.github.com/actions/reference/events-that-trigger-workflows>. A called
//! workflow (`workflow_call`) sees its caller's event, so it has no row of its own.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own, own_when};
use super::facts::{Fact, Facts};
use super::manual_inputs::names_services;
use super::{Kind, Landmark, Origin};

const NAME: Fact = Fact::Variable("GITHUB_EVENT_NAME");
const REF: Fact = Fact::Variable("GITHUB_REF");
const SHA: Fact = Fact::Variable("GITHUB_SHA");
/// The branch's tip after a push; all zeros if the push deleted the ref. Gitea's event file has no key `deleted`.
const AFTER: Fact = Fact::Event("/after");
const ACTION: Fact = Fact::Event("/action");
/// The pull request's own head.
const PULL_REQUEST: Fact = Fact::Event("/pull_request/head/sha");
/// The commit in which GitHub merged an open pull request into its target for testing. For a merged pull request, it is
/// the commit with which the pull request was added to the target branch.
const MERGED: Fact = Fact::Event("/pull_request/merge_commit_sha");
const TARGET_TIP: Fact = Fact::Event("/pull_request/base/sha");
const TARGET: Fact = Fact::AnyOf(&[Fact::Event("/pull_request/base/ref"), Fact::Variable("GITHUB_BASE_REF")]);
const RELEASE_TAG: Fact = Fact::AnyOf(&[Fact::Event("/release/tag_name"), Fact::Variable("GITHUB_REF_NAME")]);
const RUN: Fact = Fact::Event("/workflow_run/event");
const RUN_HEAD: Fact = Fact::Event("/workflow_run/head_sha");
/// The branch of the run that started this run. It may also be the name of a tag, since the event file does not say
/// which of the two it is.
const RUN_BRANCH: Reference = Reference::Branch(Fact::Event("/workflow_run/head_branch"));

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "workflow_dispatch, create, deployment, deployment_status",
    when: |facts| facts.is(NAME, &["workflow_dispatch", "create", "deployment", "deployment_status"]),
    kind: Kind::Manual,
    reference: Reference::Full(REF),
    subject: &[SHA],
    base: Base::None,
    origin: own,
};

/// The row for the event `delete`. The rows for other deletions take the fields that they do not set from this row.
const DELETED: Row = Row {
    event: "delete",
    when: |facts| facts.is(NAME, &["delete"]),
    kind: Kind::Delete,
    reference: Reference::None,
    base: Base::Gone,
    ..BY_HAND
};

/// The row for pull requests without a merge commit. The rows for other pull requests take the fields that they do not
/// set from this row.
const WITHOUT_MERGE: Row = Row {
    event: "pull_request without a merge commit (Gitea, Forgejo)",
    when: is_pull_request,
    kind: Kind::PullRequest,
    subject: &[SHA, PULL_REQUEST],
    base: Base::PullRequest { merge: None, base: Some(TARGET_TIP), branch: Some(TARGET) },
    origin: pull_request,
    ..BY_HAND
};

/// The row for the event `workflow_run` after a run for which there is no other row. The other `workflow_run` rows take
/// the fields that they do not set from this row.
const BEHIND_RUN: Row = Row {
    event: "workflow_run behind any other run",
    when: |facts| facts.is(NAME, &["workflow_run"]),
    reference: RUN_BRANCH,
    subject: &[RUN_HEAD],
    origin: workflow_run,
    ..BY_HAND
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["GITHUB_EVENT_NAME"],
    default_branch: DefaultBranch::Named(Fact::Event("/repository/default_branch")),
    rows: &[
        Row {
            event: "push that deletes a branch or tag",
            // In this event, GITHUB_REF is the default branch, and GITHUB_SHA is its tip.
            when: |facts| facts.is(NAME, &["push"]) && (facts.flag("/deleted") || facts.is_zero(AFTER)),
            reference: Reference::Full(Fact::Event("/ref")),
            ..DELETED
        },
        DELETED,
        Row {
            event: "merge_group: destroyed",
            when: |facts| facts.is(NAME, &["merge_group"]) && facts.is(ACTION, &["destroyed"]),
            reference: Reference::Full(Fact::Event("/merge_group/head_ref")),
            ..DELETED
        },
        Row {
            event: "release: deleted, unpublished",
            when: |facts| facts.is(NAME, &["release"]) && facts.is(ACTION, &["deleted", "unpublished"]),
            reference: Reference::Tag(RELEASE_TAG),
            ..DELETED
        },
        Row {
            event: "push to a merge queue's branch",
            when: |facts| facts.is(NAME, &["push"]) && facts.begins(REF, &format!("refs/heads/{MERGE_QUEUE}")),
            kind: Kind::MergeGroup,
            ..BY_HAND
        },
        Row {
            event: "merge_group",
            when: |facts| facts.is(NAME, &["merge_group"]),
            kind: Kind::MergeGroup,
            subject: &[SHA, Fact::Event("/merge_group/head_sha")],
            base: Base::Commit(Fact::Event("/merge_group/base_sha"), Landmark::MergeQueue),
            ..BY_HAND
        },
        Row {
            event: "release: created, edited, any other that publishes nothing",
            // A release that never was a draft is `created` and `published` at once.
            when: |facts| facts.is(NAME, &["release"]) && facts.text(ACTION).is_some() && !facts.is(ACTION, PUBLISHES),
            kind: Kind::Release,
            reference: Reference::Tag(RELEASE_TAG),
            base: Base::Unpublished,
            ..BY_HAND
        },
        Row {
            event: "release: published, prereleased, released",
            when: |facts| facts.is(NAME, &["release"]),
            kind: Kind::Release,
            reference: Reference::Tag(RELEASE_TAG),
            base: Base::Named,
            ..BY_HAND
        },
        Row {
            event: "pull_request_target: merged",
            when: |facts| facts.is(NAME, &["pull_request_target"]) && facts.flag("/pull_request/merged"),
            reference: Reference::None,
            subject: &[MERGED, PULL_REQUEST],
            base: Base::Commit(TARGET_TIP, Landmark::BeforeMerge),
            ..WITHOUT_MERGE
        },
        Row {
            event: "pull_request: merged",
            // In this event, GITHUB_REF is the target branch, and head is on that branch. So the merge base of the two
            // would be head itself.
            when: |facts| is_pull_request(facts) && facts.flag("/pull_request/merged"),
            reference: Reference::None,
            base: Base::Commit(TARGET_TIP, Landmark::BeforeMerge),
            ..WITHOUT_MERGE
        },
        Row {
            event: "pull_request_target",
            // GITHUB_REF and GITHUB_SHA are the target branch in this event, which is checked out by default.
            when: |facts| facts.is(NAME, &["pull_request_target"]),
            reference: Reference::None,
            subject: &[PULL_REQUEST, MERGED],
            base: Base::PullRequest { merge: Some(MERGED), base: Some(TARGET_TIP), branch: Some(TARGET) },
            ..WITHOUT_MERGE
        },
        Row {
            event: "pull_request, pull_request_review…",
            when: |facts| is_pull_request(facts) && facts.text(REF).is_some_and(|name| name.ends_with("/merge")),
            base: Base::PullRequest { merge: Some(SHA), base: Some(TARGET_TIP), branch: Some(TARGET) },
            ..WITHOUT_MERGE
        },
        WITHOUT_MERGE,
        Row {
            event: "workflow_run behind a pull request",
            when: |facts| facts.is(NAME, &["workflow_run"]) && facts.begins(RUN, "pull_request"),
            kind: Kind::PullRequest,
            reference: Reference::None,
            // The list `pull_requests` is empty for a fork's pull request.
            base: Base::PullRequest {
                merge: None,
                base: Some(Fact::Event("/workflow_run/pull_requests/0/base/sha")),
                branch: Some(Fact::Event("/workflow_run/pull_requests/0/base/ref")),
            },
            origin: |_| Origin::Privileged,
            ..BEHIND_RUN
        },
        Row {
            event: "workflow_run behind a push",
            when: |facts| facts.is(NAME, &["workflow_run"]) && facts.is(RUN, &["push"]),
            kind: Kind::Push,
            ..BEHIND_RUN
        },
        Row {
            event: "workflow_run behind a merge queue",
            when: |facts| facts.is(NAME, &["workflow_run"]) && facts.is(RUN, &["merge_group"]),
            kind: Kind::MergeGroup,
            ..BEHIND_RUN
        },
        Row {
            event: "workflow_run behind a schedule",
            when: |facts| facts.is(NAME, &["workflow_run"]) && facts.is(RUN, &["schedule"]),
            kind: Kind::Schedule,
            ..BEHIND_RUN
        },
        Row {
            event: "workflow_run behind a release",
            when: |facts| facts.is(NAME, &["workflow_run"]) && facts.is(RUN, &["release"]),
            kind: Kind::Release,
            reference: Reference::Tag(Fact::Event("/workflow_run/head_branch")),
            base: Base::Named,
            ..BEHIND_RUN
        },
        BEHIND_RUN,
        Row {
            event: "push of a tag, run by hand on one",
            when: |facts| facts.begins(REF, "refs/tags/") && (facts.is(NAME, &["push"]) || !names_services(facts)),
            kind: Kind::Tag,
            base: Base::Named,
            origin: any_other,
            ..BY_HAND
        },
        Row {
            event: "push",
            when: |facts| facts.is(NAME, &["push"]),
            kind: Kind::Push,
            base: Base::Commit(Fact::Event("/before"), Landmark::Push),
            ..BY_HAND
        },
        Row { event: "schedule", when: |facts| facts.is(NAME, &["schedule"]), kind: Kind::Schedule, ..BY_HAND },
        BY_HAND,
    ],
    otherwise: Row {
        event: "issue_comment, repository_dispatch, any other",
        // In these events, GITHUB_SHA is the tip of the default branch, whatever the event is about.
        when: |_| true,
        subject: &[],
        origin: any_other,
        ..BY_HAND
    },
};

/// The actions of an event that publish a release.
const PUBLISHES: &[&str] = &["published", "prereleased", "released"];

/// Whether the event is `pull_request`, `pull_request_target`, `pull_request_review`, `pull_request_review_comment`, or
/// one of Gitea's own `pull_request_…`.
fn is_pull_request(facts: &Facts) -> bool {
    facts.begins(NAME, "pull_request")
}

fn pull_request(facts: &Facts) -> Origin {
    if facts.is(NAME, &["pull_request_target"]) {
        return Origin::Privileged;
    }
    // `head.repo` is null if the fork was deleted. `head.repo.fork` is true in a fork's own pull requests to itself.
    let [head, base] = ["/pull_request/head/repo/full_name", "/pull_request/base/repo/full_name"].map(Fact::Event);
    own_when(facts.same(head, base))
}

fn workflow_run(facts: &Facts) -> Origin {
    let [head, base] = ["/workflow_run/head_repository/full_name", "/repository/full_name"].map(Fact::Event);
    if facts.same(head, base) { Origin::Own } else { Origin::Privileged }
}

fn any_other(facts: &Facts) -> Origin {
    if facts.is(NAME, &["issue_comment"]) { Origin::Privileged } else { Origin::Own }
}
