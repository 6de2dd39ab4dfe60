use super::history_commits::Commits;
use super::reachability::{Flags, Probe, Question, Reachability, WIDTH, pass};
use super::replay::replay;
use super::tag_search::{CANDIDATES, TagSearches, Track};
use super::walk::{Recording, Walk};
use crate::inputs::git::{HistoryError, WalkCounts};
use crate::naming::version::Trust;

/// The tag that was found for one [`Track`], and its distance from head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    /// The index in [`Track::candidates`] of the candidate that wins; `None` if there is no tag to report.
    pub(super) candidate: Option<usize>,
    pub(super) distance: u32,
    pub(super) trust: Trust,
}

/// A track without an answer, and the facts that are known about its candidates.
struct Contest {
    track: usize,
    /// The candidate to look at next.
    current: usize,
    /// For each candidate, whether it is reachable from an earlier candidate. Such a candidate cannot win.
    beaten: [bool; CANDIDATES],
    contenders: Vec<Contender>,
}

#[derive(Clone, Copy)]
struct Contender {
    candidate: usize,
    /// The number of commits that are reachable from the candidate, among the commits that are walked before git stops
    /// looking for candidates.
    within: u32,
    flow: Reachability,
}

/// Finds the answer of each track that has none yet, if the walk has gone far enough for it.
///
/// A candidate that is reachable from an earlier candidate cannot win, since all commits that are reachable from the
/// later candidate are reachable from the earlier one too. So the first candidates of all tracks are followed first,
/// and a second candidate is followed only if it is not reachable from the first.
pub(super) fn decide(
    tracks: &TagSearches,
    walk: &mut Walk,
    commits: &mut Commits<'_>,
    answers: &mut [Option<Decision>],
    work: &mut WalkCounts,
) -> Result<(), HistoryError> {
    let open = (0..tracks.len()).filter(|track| answers[*track].is_none());
    let open = open.filter(|track| !tracks.track(*track).candidates.is_empty());
    let mut contests: Vec<Contest> = open.map(Contest::new).collect();
    let mut flags = Vec::new();
    let recording = walk.recording();
    let mut decided = Vec::new();
    while !contests.is_empty() {
        contests.sort_unstable_by_key(|contest| contest.position(tracks));
        let mut rest = &mut contests[..];
        while !rest.is_empty() {
            let (together, others) = rest.split_at_mut(fitting(tracks, rest));
            follow(tracks, &recording, together, &mut flags);
            work.passes += 1;
            rest = others;
        }
        contests.retain_mut(|contest| {
            let candidates = tracks.track(contest.track).candidates.len();
            let next = (contest.current + 1..candidates).find(|candidate| !contest.beaten[*candidate]);
            match next {
                Some(next) => contest.current = next,
                None => decided.push((contest.track, std::mem::take(&mut contest.contenders))),
            }
            next.is_some()
        });
    }
    drop(recording);
    for (track, contenders) in decided {
        answers[track] = decision(tracks, track, &contenders, walk, commits, work)?;
    }
    Ok(())
}

/// Returns how many contests, counted from the first, fit into one pass. The contests are sorted by the positions of
/// their current candidates.
fn fitting(tracks: &TagSearches, contests: &[Contest]) -> usize {
    let mut columns = 0;
    let mut last = None;
    contests
        .iter()
        .take_while(|contest| {
            let position = Some(contest.position(tracks));
            columns += usize::from(position != last);
            last = position;
            columns <= WIDTH
        })
        .count()
}

/// Runs one pass over the recording for the current candidate of each contest, and stores the results in the contests.
fn follow(tracks: &TagSearches, recording: &Recording<'_>, contests: &mut [Contest], flags: &mut Vec<Flags>) {
    let mut columns: Vec<u32> = Vec::new();
    let mut probes = Vec::new();
    for (index, contest) in contests.iter().enumerate() {
        let position = contest.position(tracks);
        if columns.last() != Some(&position) {
            columns.push(position);
        }
        let probe = |at, question| Probe { at, column: columns.len() - 1, track: index, question, answer: 0 };
        let track = tracks.track(contest.track);
        probes.push(probe(track.stop.map_or(recording.len, |stop| stop.min(recording.len)), Question::Within));
        let later = track.candidates.iter().enumerate().skip(contest.current + 1);
        let open = later.filter(|(candidate, _)| !contest.beaten[*candidate]);
        probes.extend(open.map(|(candidate, place)| probe(place.at, Question::LeadsTo(candidate))));
    }
    probes.sort_by_key(|probe| probe.at);
    let flows = pass(recording, &columns, &mut probes, flags);
    for Probe { track, column, question, answer, .. } in probes {
        let contest = &mut contests[track];
        match question {
            Question::LeadsTo(candidate) => contest.beaten[candidate] = answer == 1,
            Question::Within => {
                contest.contenders.push(Contender { candidate: contest.current, within: answer, flow: flows[column] });
            }
        }
    }
}

/// Returns the winner and its distance; `None` if the walk has not gone far enough for both to be certain.
fn decision(
    tracks: &TagSearches,
    track: usize,
    contenders: &[Contender],
    walk: &Walk,
    commits: &mut Commits<'_>,
    work: &mut WalkCounts,
) -> Result<Option<Decision>, HistoryError> {
    let Track { candidates, stop, .. } = tracks.track(track);
    // If equally many commits are reachable from two candidates, the candidate that was found first wins.
    let better = |best: Contender, next: &Contender| if next.within > best.within { *next } else { best };
    let Some((first, others)) = contenders.split_first() else { return Ok(None) };
    let best = others.iter().fold(*first, better);
    let settled = |distance, covers_the_unfetched| {
        let trust = if covers_the_unfetched { Trust::Exact } else { Trust::Shallow };
        Some(Decision { candidate: Some(best.candidate), distance, trust })
    };
    // Tags on commits that were not fetched can change where git stops, unless git finds ten candidates before the
    // boundary.
    let stops_before = |boundary: u32| candidates.len() == CANDIDATES && stop.is_some_and(|stop| stop <= boundary);
    let stop_is_known = walk.boundary().is_none_or(stops_before);
    // Git puts the commit at which it stops back into the queue, behind other commits of the same second. This can
    // change which commits are walked next, unless all commits in the queue are reachable from the winner.
    let requeued = stop.filter(|stop| *stop < walk.len() && walk.is_tie(*stop));
    if let Some(stop) = requeued.filter(|stop| !(best.flow.covers_the_rest && best.flow.end <= *stop)) {
        work.replays += 1;
        let winner = walk.node(candidates[best.candidate].at);
        let replayed = replay(commits, walk.node(0), winner, stop, walk.parents())?;
        return Ok(settled(replayed.distance, replayed.covers_the_unfetched && stop_is_known));
    }
    let choice_is_known = contenders.len() == 1 || stop_is_known;
    let sure = walk.is_finished() || best.flow.covers_the_rest;
    Ok(sure.then(|| settled(best.flow.distance, best.flow.covers_the_unfetched && choice_is_known)).flatten())
}

impl Contest {
    fn new(track: usize) -> Self {
        Self { track, current: 0, beaten: [false; CANDIDATES], contenders: Vec::with_capacity(1) }
    }

    fn position(&self, tracks: &TagSearches) -> u32 {
        tracks.track(self.track).candidates[self.current].at
    }
}
