use gix::hashtable::HashMap;
use indexmap::IndexSet;

use crate::git::{StopRule, Tag};
use crate::version::TagPattern;

/// The search for the tag of each service. Services with the same patterns share one track.
pub(super) struct Tracks {
    all: Vec<Track>,
    of_services: Vec<usize>,
    /// The tags that count, by the object they stand for. Looked up by id alone; its order is never seen.
    targets: HashMap<gix::ObjectId, Vec<Winner>>,
    without_candidate: usize,
}

/// The search for one service's tag.
#[derive(Default)]
pub(super) struct Track {
    /// How many objects its tags stand for, those that head does not lead to among them.
    pub(super) names: usize,
    /// Its tagged commits in the order in which the walk met them.
    pub(super) candidates: Vec<Candidate>,
    /// The position at which git stops looking for candidates, once the walk has come so far.
    pub(super) stop: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) at: u32,
    tag: usize,
}

/// The tag of a track that wins among those of one object.
struct Winner {
    track: usize,
    tag: usize,
}

/// How many candidates git compares.
pub(super) const CANDIDATES: usize = 10;

impl Tracks {
    /// Finds the tags of each service. `tags` are sorted by name. `tagger_seconds` is asked only where it decides.
    pub(super) fn new(tags: &[Tag], wanted: &[Vec<TagPattern>], tagger_seconds: impl Fn(&Tag) -> u64) -> Self {
        let mut distinct = IndexSet::new();
        let of_services = wanted.iter().map(|patterns| distinct.insert_full(patterns).0).collect();
        let mut targets: HashMap<gix::ObjectId, Vec<Winner>> = HashMap::default();
        let mut tracks = Vec::with_capacity(distinct.len());
        for (track, patterns) in distinct.into_iter().enumerate() {
            let mut names = 0;
            for tag in matching(tags, patterns) {
                let winners = targets.entry(tags[tag].peeled).or_default();
                match winners.last_mut().filter(|winner| winner.track == track) {
                    None => {
                        winners.push(Winner { track, tag });
                        names += 1;
                    }
                    Some(winner) if outdoes(&tags[tag], &tags[winner.tag], &tagger_seconds) => winner.tag = tag,
                    Some(_) => {}
                }
            }
            tracks.push(Track { names, ..Track::default() });
        }
        let without_candidate = tracks.len();
        Self { all: tracks, of_services, targets, without_candidate }
    }

    /// Takes note of a commit of the walk.
    pub(super) fn visit(&mut self, at: u32, id: &gix::oid, rule: StopRule) {
        for winner in self.targets.get(id).into_iter().flatten() {
            let track = &mut self.all[winner.track];
            if track.candidates.len() == CANDIDATES {
                if rule == StopRule::Git247 {
                    track.stop.get_or_insert(at);
                }
                continue;
            }
            self.without_candidate -= usize::from(track.candidates.is_empty());
            track.candidates.push(Candidate { at, tag: winner.tag });
            if rule == StopRule::Git248 && track.candidates.len() == CANDIDATES.min(track.names) {
                track.stop = Some(at + 1);
            }
        }
    }

    /// Whether there is a service without a candidate.
    pub(super) fn waiting_for_a_tag(&self) -> bool {
        self.without_candidate > 0
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn track(&self, track: usize) -> &Track {
        &self.all[track]
    }

    /// Returns the tag of a candidate.
    pub(super) fn tag(&self, track: usize, candidate: usize) -> usize {
        self.all[track].candidates[candidate].tag
    }

    /// Returns the track of each service, in the services' order.
    pub(super) fn of_services(&self) -> impl Iterator<Item = usize> {
        self.of_services.iter().copied()
    }
}

/// Returns the tags that fit any of the patterns, in the order of their names.
fn matching(tags: &[Tag], patterns: &[TagPattern]) -> Vec<usize> {
    let mut found = Vec::new();
    for pattern in patterns {
        let prefix = pattern.prefix().as_bytes();
        let from = tags.partition_point(|tag| tag.name.as_bytes() < prefix);
        let with_prefix = tags[from..].iter().take_while(|tag| tag.name.as_bytes().starts_with(prefix));
        let fits = |(_, tag): &(usize, &Tag)| pattern.version_of(tag.name.as_bytes()).is_some();
        found.extend((from..).zip(with_prefix).filter(fits).map(|(tag, _)| tag));
    }
    if patterns.len() > 1 {
        found.sort_unstable();
        found.dedup();
    }
    found
}

/// Whether git prefers a tag to another one of the same object whose name comes first: a tag object to a bare ref, and
/// of two tag objects the one made later.
fn outdoes(tag: &Tag, first: &Tag, tagger_seconds: impl Fn(&Tag) -> u64) -> bool {
    match (tag.is_annotated(), first.is_annotated()) {
        (true, true) => tagger_seconds(tag) > tagger_seconds(first),
        (annotated, first_annotated) => annotated && !first_annotated,
    }
}
