//! `git describe` for all services in one walk.
//!
//! Git's rule, per service: walk from head, newest commit first; the first ten tagged commits are candidates; each
//! counts the commits walked that it does not lead to; the lowest count wins, the first found where counts are
//! equal; then the winner goes on counting until nothing is left that it does not lead to.
//!
//! The order of that walk does not depend on the tags. So it is recorded once ([`walk`]); who leads to what is a bit
//! for each candidate that flows down the recording, 256 candidates at a time ([`pass`]); and when each service has
//! its answer ([`settle`]), the walk need not go on.

mod commits;
mod frontier;
mod header;
mod packs;
mod pass;
mod replay;
mod settle;
mod since;
mod tracks;
mod walk;

use self::commits::Commits;
use self::settle::Settled;
use self::tracks::Tracks;
use self::walk::Walk;
use super::{DescribeOptions, Descriptions, HistoryError, Repository, Tag, Work};
use crate::name::CommitId;
use crate::version::{Described, TagPattern, Trust};

pub(super) use self::header::seconds;

pub(super) fn describe(
    repository: &Repository,
    tags: &[Tag],
    head: &CommitId,
    wanted: &[Vec<TagPattern>],
    options: DescribeOptions,
) -> Result<Descriptions, HistoryError> {
    let mut commits = Commits::open(repository)?;
    let mut tracks = Tracks::new(tags, wanted, |tag| repository.tagger_seconds(tag));
    let mut walk = Walk::from_head(&mut commits, head, options.parents)?;
    let mut work = Work::default();

    let mut answers: Vec<Option<Settled>> = vec![None; tracks.len()];
    while answers.iter().any(Option::is_none) && !walk.is_finished() {
        // A service that has met no tag yet cannot be settled, so there is no use in asking before.
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
        settle::settle(&tracks, &mut walk, &mut commits, &mut answers, &mut work)?;
    }

    work.commits = walk.len();
    work.objects = commits.objects_read();
    let all = Settled {
        candidate: None,
        distance: walk.len(),
        trust: if walk.boundary().is_none() { Trust::Exact } else { Trust::Shallow },
    };
    let described = |track: usize| {
        let settled = answers[track].unwrap_or(all);
        let tag = settled.candidate.map(|candidate| tags[tracks.tag(track, candidate)].name.clone());
        Described { tag, distance: settled.distance, commit: *head, trust: settled.trust }
    };
    Ok(Descriptions { services: tracks.of_services().map(described).collect(), work })
}

pub(super) fn object_id(commit: &CommitId) -> gix::ObjectId {
    gix::oid::from_bytes_unchecked(commit.as_bytes()).to_owned()
}

pub(super) fn commit_id(id: &gix::oid) -> CommitId {
    CommitId::from_bytes(id.as_bytes()).expect("gix knows ids of 20 and 32 bytes only")
}
