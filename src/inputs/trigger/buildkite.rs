//! Buildkite.
//!
//! The variables: <https://buildkite.com/docs/pipelines/configure/environment-variables>. No variable names the commit
//! before a push, so every push to the default branch plans everything unless `--since built` is used.

use super::dialect::{Base, DefaultBranch, Dialect, MERGE_QUEUE, Reference, Row, own, own_when};
use super::facts::{Fact, Facts};
use super::manual_inputs::names_services;
use super::{Kind, Landmark, Origin};

const SOURCE: Fact = Fact::Variable("BUILDKITE_SOURCE");
/// The commit, or the word `HEAD` in a build that was started without a commit.
const COMMIT: Fact = Fact::Variable("BUILDKITE_COMMIT");
const BRANCH: Fact = Fact::Variable("BUILDKITE_BRANCH");
const DEFAULT_BRANCH: Fact = Fact::Variable("BUILDKITE_PIPELINE_DEFAULT_BRANCH");
const PULL_REQUEST: Fact = Fact::Variable("BUILDKITE_PULL_REQUEST");

/// The row for manual runs. The other rows take the fields that they do not set from this row.
const BY_HAND: Row = Row {
    event: "ui, api, trigger_job",
    when: is_manual,
    kind: Kind::Manual,
    reference: Reference::Branch(BRANCH),
    subject: &[COMMIT],
    base: Base::None,
    origin: own,
};

pub(super) static DIALECT: Dialect = Dialect {
    always: &["BUILDKITE_BRANCH"],
    default_branch: DefaultBranch::Named(DEFAULT_BRANCH),
    rows: &[
        Row {
            event: "merge queue",
            when: |facts| facts.has("BUILDKITE_MERGE_QUEUE_BASE_COMMIT") || facts.begins(BRANCH, MERGE_QUEUE),
            kind: Kind::MergeGroup,
            base: Base::Commit(Fact::Variable("BUILDKITE_MERGE_QUEUE_BASE_COMMIT"), Landmark::MergeQueue),
            ..BY_HAND
        },
        Row {
            event: "pull request",
            when: is_pull_request,
            kind: Kind::PullRequest,
            // BUILDKITE_BRANCH may be the branch of a fork, which may have the name `main` too.
            reference: Reference::None,
            base: Base::PullRequest {
                merge: None,
                base: None,
                branch: Some(Fact::Variable("BUILDKITE_PULL_REQUEST_BASE_BRANCH")),
            },
            origin: pull_request,
            ..BY_HAND
        },
        Row {
            event: "tag, pushed or run by hand",
            when: |facts| facts.has("BUILDKITE_TAG") && !(is_manual(facts) && names_services(facts)),
            kind: Kind::Tag,
            reference: Reference::Tag(Fact::Variable("BUILDKITE_TAG")),
            base: Base::Named,
            ..BY_HAND
        },
        Row { event: "schedule", when: |facts| facts.is(SOURCE, &["schedule"]), kind: Kind::Schedule, ..BY_HAND },
        BY_HAND,
    ],
    otherwise: Row { event: "push", when: |_| true, kind: Kind::Push, ..BY_HAND },
};

fn is_manual(facts: &Facts) -> bool {
    facts.is(SOURCE, &["ui", "api", "trigger_job"])
}

/// Whether the build is for a pull request. A build for a push to the default branch does not count, even if a pull
/// request from that branch into another branch is open.
fn is_pull_request(facts: &Facts) -> bool {
    let is_one = facts.text(PULL_REQUEST).is_some_and(|number| number != "false");
    is_one && !(facts.same(BRANCH, DEFAULT_BRANCH) && pull_request(facts) == Origin::Own)
}

fn pull_request(facts: &Facts) -> Origin {
    let [source, target] = ["BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"]
        .map(|name| facts.text(Fact::Variable(name)).map(|url| owner_and_name(&url)));
    own_when(source.is_some() && source == target)
}

/// Returns the owner and the name of a repository from any of its addresses: `acme/shop` for
/// `git://github.com/acme/shop.git` and `git@github.com:Acme/shop`.
fn owner_and_name(url: &str) -> String {
    let path = url.trim_end_matches('/').trim_end_matches(".git").to_lowercase();
    let mut parts = path.rsplit(['/', ':']);
    let name = parts.next().unwrap_or_default();
    format!("{}/{name}", parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_many_addresses() {
        for url in [
            "git://github.com/acme/shop.git",
            "git@github.com:Acme/shop.git",
            "https://github.com/acme/Shop/",
            "ssh://git@github.com:22/acme/shop",
        ] {
            assert_eq!(owner_and_name(url), "acme/shop", "{url}");
        }
        assert_ne!(owner_and_name("git@github.com:mallory/shop.git"), "acme/shop");
        assert_eq!(owner_and_name("shop"), "/shop");
    }
}
