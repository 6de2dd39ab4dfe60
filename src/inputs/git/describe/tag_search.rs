use std::collections::BTreeSet;

use gix::hashtable::HashMap;
use indexmap::IndexSet;

use crate::inputs::git::{StopRule, Tag};
use crate::model::name::TagName;
use crate::naming::version::{Reading, TagPattern, Version};

/// The searches for the tags of all services. Services with the same patterns share one search.
pub(super) struct TagSearches {
    all: Vec<Track>,
    searches: Vec<Search>,
    of_services: Vec<usize>,
    /// The tags that are used, by the id of the object to which they point. The map is only used for lookups, so its
    /// order does not matter.
    targets: HashMap<gix::ObjectId, Vec<Winner>>,
    without_candidate: usize,
    ignored: BTreeSet<usize>,
}

/// The tracks of one service, by their numbers in [`TagSearches`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    /// The track of the service's releases.
    pub(super) releases: usize,
    /// The track of the service's tags that are almost releases; `None` if there is no such tag.
    pub(super) almost: Option<usize>,
}

/// The search for the nearest of some tags: the releases of a service, or its tags that are almost releases.
#[derive(Default)]
pub(super) struct Track {
    /// The number of objects to which the tags point, including objects that are not reachable from head.
    pub(super) names: usize,
    /// The tagged commits that the walk has visited, in its order, up to [`CANDIDATES`].
    pub(super) candidates: Vec<Candidate>,
    /// The position at which git stops looking for candidates; `None` if the walk has not come that far.
    pub(super) stop: Option<u32>,
    is_almost: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) at: u32,
    tag: usize,
}

/// The tag of a track that is used for an object: of all tags of the track on that object, it has the highest rank.
struct Winner {
    track: usize,
    tag: usize,
    rank: Rank,
}

/// The rank of a tag among the tags on one object. The tag that was pushed has the highest rank, then stable releases,
/// then other tags; within these groups, a higher version has a higher rank.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_pushed: bool,
    is_stable: bool,
    version: Option<Version>,
}

/// The highest number of candidates that git compares.
pub(super) const CANDIDATES: usize = 10;

impl TagSearches {
    /// Selects the tags of each service, by the service's patterns in `wanted`. `tags` are sorted by name.
    pub(super) fn new(tags: &[Tag], wanted: &[Vec<TagPattern>], pushed: Option<&TagName>) -> Self {
        let mut distinct = IndexSet::new();
        let of_services = wanted.iter().map(|patterns| distinct.insert_full(patterns).0).collect();
        let mut tracks = Self {
            all: Vec::with_capacity(distinct.len()),
            searches: Vec::with_capacity(distinct.len()),
            of_services,
            targets: HashMap::default(),
            without_candidate: distinct.len(),
            ignored: BTreeSet::new(),
        };
        for patterns in distinct {
            let Matching { releases, almost, ignored } = Matching::of(tags, patterns);
            tracks.ignored.extend(ignored);
            let rank = |(tag, version): (usize, Version)| {
                let is_pushed = Some(&tags[tag].name) == pushed;
                (tag, Rank { is_pushed, is_stable: !version.is_pre_release(), version: Some(version) })
            };
            let releases = tracks.add(tags, releases.into_iter().map(rank));
            // Of several tags on one commit that are almost releases, any one may be reported.
            let rank = |tag| (tag, Rank { is_pushed: false, is_stable: false, version: None });
            let almost = (!almost.is_empty()).then(|| tracks.add(tags, almost.into_iter().map(rank)));
            if let Some(almost) = almost {
                tracks.all[almost].is_almost = true;
            }
            tracks.searches.push(Search { releases, almost });
        }
        tracks
    }

    /// Adds a track for tags, which are given as ascending positions in `tags`. Returns the number of the track.
    fn add(&mut self, tags: &[Tag], ranked: impl Iterator<Item = (usize, Rank)>) -> usize {
        let track = self.all.len();
        let mut names = 0;
        for (tag, rank) in ranked {
            let winners = self.targets.entry(tags[tag].peeled).or_default();
            match winners.last_mut().filter(|winner| winner.track == track) {
                None => {
                    winners.push(Winner { track, tag, rank });
                    names += 1;
                }
                Some(winner) if rank > winner.rank => (winner.tag, winner.rank) = (tag, rank),
                Some(_) => {}
            }
        }
        self.all.push(Track { names, ..Track::default() });
        track
    }

    /// Adds a walked commit to the candidates of each track that has a tag on the commit.
    pub(super) fn visit(&mut self, at: u32, id: &gix::oid, rule: StopRule) {
        for winner in self.targets.get(id).into_iter().flatten() {
            let track = &mut self.all[winner.track];
            if track.candidates.len() == CANDIDATES {
                if rule == StopRule::Git247 {
                    track.stop.get_or_insert(at);
                }
                continue;
            }
            self.without_candidate -= usize::from(track.candidates.is_empty() && !track.is_almost);
            track.candidates.push(Candidate { at, tag: winner.tag });
            if rule == StopRule::Git248 && track.candidates.len() == CANDIDATES.min(track.names) {
                track.stop = Some(at + 1);
            }
        }
    }

    /// Whether some service has no release among its candidates yet.
    pub(super) fn waiting_for_a_tag(&self) -> bool {
        self.without_candidate > 0
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn track(&self, track: usize) -> &Track {
        &self.all[track]
    }

    /// Returns the tag of a candidate, as a position in the tags of [`TagSearches::new`].
    pub(super) fn tag(&self, track: usize, candidate: usize) -> usize {
        self.all[track].candidates[candidate].tag
    }

    /// Returns the search of each service, in the services' order.
    pub(super) fn of_services(&self) -> impl Iterator<Item = Search> {
        self.of_services.iter().map(|search| self.searches[*search])
    }

    /// Returns the searches, without repeating a search that several services share.
    pub(super) fn searches(&self) -> &[Search] {
        &self.searches
    }

    /// Returns the tags that look like tags of a service but have no version that a scheme can read, as positions in
    /// the tags of [`TagSearches::new`].
    pub(super) fn ignored(&self) -> impl Iterator<Item = usize> {
        self.ignored.iter().copied()
    }
}

/// The tags of one service, as positions in the list of all tags, in the order of their names.
#[derive(Default)]
struct Matching {
    /// The releases, with their versions.
    releases: Vec<(usize, Version)>,
    /// Tags that are almost releases: another scheme can read their version, or their version has a typing error.
    almost: Vec<usize>,
    /// Tags without a version that a scheme can read.
    ignored: Vec<usize>,
}

impl Matching {
    /// Selects the tags that fit any of the patterns. A tag that fits several patterns is a release if any of these
    /// patterns reads it as a release. Otherwise, it is almost a release if any of these patterns reads it as such.
    fn of(tags: &[Tag], patterns: &[TagPattern]) -> Self {
        let mut found = Self::default();
        for pattern in patterns {
            let prefix = pattern.prefix().as_bytes();
            let from = tags.partition_point(|tag| tag.name.as_bytes() < prefix);
            let with_prefix = tags[from..].iter().take_while(|tag| tag.name.as_bytes().starts_with(prefix));
            for (at, tag) in (from..).zip(with_prefix) {
                let name = tag.name.as_bytes();
                match pattern.reading(name) {
                    Some(Reading::Version(version)) => found.releases.push((at, version)),
                    Some(Reading::Almost(_)) => found.almost.push(at),
                    Some(Reading::Nothing) => found.ignored.push(at),
                    None if pattern.is_other(name) => found.ignored.push(at),
                    None => {}
                }
            }
        }
        if patterns.len() > 1 {
            found.releases.sort_unstable();
            found.releases.dedup_by_key(|(tag, _)| *tag);
            let is_release = |tag: &usize| found.releases.binary_search_by_key(tag, |(tag, _)| *tag).is_ok();
            found.almost.retain(|tag| !is_release(tag));
            found.almost.sort_unstable();
            found.almost.dedup();
            found.ignored.retain(|tag| !is_release(tag) && found.almost.binary_search(tag).is_err());
        }
        found
    }
}
