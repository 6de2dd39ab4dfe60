//! `git describe` for all services in one walk of history.
//!
//! A commit and its ancestors are *reachable* from the commit. Git's rule for a service is: Walk from head, newest
//! commit first. The first ten tagged commits are candidates. Each candidate counts the walked commits that are not
//! reachable from it. The candidate with the lowest count wins; of equal counts, the candidate that was found first.
//! The winner continues to count until all commits in the queue of the walk are reachable from it. Its count is then
//! the distance.
//!
//! Some tags are excluded; git has the same result if it is told to exclude them (`--exclude`). Of several tags of a
//! service on one commit, only one is used: the tag that was pushed, else the highest stable version, else the highest
//! version. A tag is a release only if the service's version scheme can read its version. A tag is almost a release if
//! another scheme can read its version, or if its version has a typing error. If such a tag is nearer than the release,
//! the answer names both.
//!
//! The order of the walk does not depend on the tags, so the walk is recorded once for all services ([`walk`]). A pass
//! over the recording finds the commits that are reachable from a candidate: each commit has one bit per candidate, and
//! passes its bits to its parents. One pass handles 256 candidates ([`reachability::pass`]). When each service has its
//! answer ([`decide`]), the walk ends.

mod history_commits;
mod frontier;
mod header;
mod packs;
mod reachability;
mod replay;
mod decide;
mod since;
mod tag_search;
mod walk;

use self::decide::Decision;
use self::history_commits::Commits;
use self::tag_search::{Search, TagSearches};
use self::walk::Walk;
use super::{DescribeOptions, Descriptions, HistoryError, Repository, Tag, WalkCounts};
use crate::model::name::CommitId;
use crate::naming::version::{Described, TagPattern, Trust};

pub(super) fn describe(
    repository: &Repository,
    tags: &[Tag],
    head: &CommitId,
    wanted: &[Vec<TagPattern>],
    options: DescribeOptions<'_>,
) -> Result<Descriptions, HistoryError> {
    let mut commits = Commits::open(repository)?;
    let mut tracks = TagSearches::new(tags, wanted, options.pushed);
    let mut walk = Walk::from_head(&mut commits, head, options.parents)?;
    let mut work = WalkCounts::default();

    let mut answers: Vec<Option<Decision>> = vec![None; tracks.len()];
    while answers.iter().any(Option::is_none) && !walk.is_finished() {
        // A service cannot be decided before the walk finds its first tag, so `decide` is not called until each service
        // has one.
        while tracks.waiting_for_a_tag()
            && let Some(at) = walk.step(&mut commits)?
        {
            tracks.visit(at, commits.id(walk.node(at)), options.stop);
        }
        let goal = walk.len() + walk.len() / 2 + 32;
        while walk.len() < goal
            && let Some(at) = walk.step(&mut commits)?
        {
            tracks.visit(at, commits.id(walk.node(at)), options.stop);
        }
        decide::decide(&tracks, &mut walk, &mut commits, &mut answers, &mut work)?;
        for search in tracks.searches() {
            leave_what_is_not_nearer(&tracks, *search, &mut answers);
        }
    }

    work.commits = walk.len();
    work.objects = commits.objects_read();
    let all = Decision {
        candidate: None,
        distance: walk.len(),
        trust: if walk.boundary().is_none() { Trust::Exact } else { Trust::Shallow },
    };
    let tag = |track: usize, decision: Decision| Some(tags[tracks.tag(track, decision.candidate?)].name.clone());
    let described = |search: Search| {
        let release = answers[search.releases].unwrap_or(all);
        let mut described = Described {
            tag: tag(search.releases, release),
            distance: release.distance,
            commit: *head,
            trust: release.trust,
            unread: None,
        };
        let almost = search.almost.map(|track| (track, answers[track].unwrap_or(all)));
        match almost.filter(|(_, almost)| almost.candidate.is_some() && almost.distance < release.distance) {
            Some((_, almost)) if almost.trust == Trust::Shallow => described.trust = Trust::Shallow,
            Some((track, almost)) => described.unread = tag(track, almost),
            None => {}
        }
        described
    };
    Ok(Descriptions {
        services: tracks.of_services().map(described).collect(),
        ignored: tracks.ignored().map(|tag| tags[tag].name.clone()).collect(),
        work,
    })
}

/// Ends the search for tags that are almost releases, with an answer without a tag, if none of these tags can be nearer
/// than the release that was found. The distance of a tag is at least the number of commits that the walk visits before
/// it.
fn leave_what_is_not_nearer(tracks: &TagSearches, search: Search, answers: &mut [Option<Decision>]) {
    let (Some(release), Some(almost)) = (answers[search.releases], search.almost) else { return };
    let first = tracks.track(almost).candidates.first().map(|candidate| candidate.at);
    if answers[almost].is_none() && first.is_none_or(|first| first >= release.distance) {
        answers[almost] = Some(Decision { candidate: None, ..release });
    }
}

pub(super) fn object_id(commit: &CommitId) -> gix::ObjectId {
    gix::oid::from_bytes_unchecked(commit.as_bytes()).to_owned()
}

pub(super) fn commit_id(id: &gix::oid) -> CommitId {
    CommitId::from_bytes(id.as_bytes()).expect("gix knows ids of 20 and 32 bytes only")
}
