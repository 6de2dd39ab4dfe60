//! A model of runs over time: whatever came before, after a run that went well an environment holds what a clean build
//! of its commit makes.
//!
//! Histories have branches, merges and reverts, and environments follow them forward, back and across. Runs fail in
//! part, are cancelled, killed, limited to some services, record nothing, find another commit checked out, build long after they planned, or while others build. A build writes what it makes
//! into the environment, wherever that leads: what it reads of its dependencies is what the environment has of them.

mod run;
mod world;

use std::cell::RefCell;

use crate::history::History;
use crate::random::{Random, for_seeds};
use crate::repo::Repo;
use run::{Environment, Open, Planned};
use world::World;

const COMMITS: usize = 30;
const STEPS: usize = 50;

/// What was counted over all seeds.
#[derive(Default)]
struct Figures {
    steps: usize,
    /// Runs after which the environment was compared with a clean build.
    checked: usize,
    planned: usize,
    /// Planned services that the environment had as they are at the commit.
    needless: usize,
    superseded: usize,
    refused: usize,
    /// Runs during which another one built.
    overlapping: usize,
    /// Runs that were killed while or after others built.
    killed_late: usize,
}

/// Fifty steps a seed; `REBAKE_SEED=0..2000` makes it 100,000.
#[test]
fn an_environment_holds_what_a_clean_build_makes() {
    let figures = RefCell::new(Figures::default());
    for_seeds(4, |random| sequence(random, &mut figures.borrow_mut()));
    let Figures { steps, checked, planned, needless, superseded, refused, overlapping, killed_late } =
        figures.into_inner();
    println!(
        "{steps} steps, {checked} compared with clean builds; {planned} services planned, {needless} of them needlessly; \
         {superseded} superseded, {refused} runs refused, {overlapping} overlapping, \
         {killed_late} killed after others built"
    );
    assert!(checked * 4 > steps, "too little is compared");
}

/// A history, and the worlds of its commits.
fn history(random: &mut Random) -> (Repo, Vec<World>, Vec<rebake::model::name::CommitId>, Vec<Vec<usize>>) {
    let repo = Repo::new();
    let mut history = History::default();
    let mut worlds = vec![World::first(random)];
    let mut parents: Vec<Vec<usize>> = vec![Vec::new()];
    history.commit(&worlds[0].files(), &[], 0);
    for number in 1..COMMITS {
        // Near the end as a rule, so that lines are long.
        let recent = |random: &mut Random| number - 1 - random.below(number.min(4));
        let parent = if random.one_in(3) { recent(random) } else { number - 1 };
        let other = recent(random);
        let (mut world, of) = if other != parent && random.one_in(4) {
            (worlds[parent].merged(&worlds[other], random), vec![parent, other])
        } else if random.one_in(4) {
            // A revert: the content of an earlier commit, behind this one.
            (worlds[random.below(number)].clone(), vec![parent])
        } else {
            (worlds[parent].clone(), vec![parent])
        };
        if random.one_in(3) || of.len() == 1 {
            world.edit(random);
        }
        history.commit(&world.files(), &of, i64::try_from(number).unwrap());
        worlds.push(world);
        parents.push(of);
    }
    let commits = history.import(&repo);
    (repo, worlds, commits, parents)
}

fn sequence(random: &mut Random, figures: &mut Figures) {
    let (repo, worlds, commits, parents) = history(random);
    let repository = repo.open();
    let mut environments = [Environment::new("one"), Environment::new("two")];
    let mut tips = [0, 0];
    let mut late: Vec<(usize, Planned)> = Vec::new();
    let mut open: Vec<(usize, Open)> = Vec::new();
    for step in 0..STEPS {
        figures.steps += 1;
        if !late.is_empty() && random.one_in(5) {
            let (at, run) = late.remove(random.below(late.len()));
            environments[at].carry_out(&repository, &worlds, run, random, figures);
            continue;
        }
        if !open.is_empty() && random.one_in(2) {
            let (at, run) = open.remove(random.below(open.len()));
            environments[at].finish(&repository, &worlds, run, random, figures);
            continue;
        }
        let at = random.below(2);
        tips[at] = next(tips[at], &parents, step, random);
        let commit = (tips[at], commits[tips[at]]);
        let run = environments[at].plan(&repository, repo.dir(), &worlds, commit, random, figures);
        match random.below(12) {
            0 | 1 => late.push((at, run)),
            2 => open.extend(environments[at].start(&repository, &worlds, run, random, figures).map(|run| (at, run))),
            _ => environments[at].carry_out(&repository, &worlds, run, random, figures),
        }
    }
}

/// The commit that an environment follows next: a later one, an earlier one, or the same again.
fn next(tip: usize, parents: &[Vec<usize>], step: usize, random: &mut Random) -> usize {
    match random.below(8) {
        0 => tip,
        // A reset.
        1 => parents[tip].first().copied().unwrap_or(tip),
        2 => random.below(parents.len().min(step + 2)),
        _ => {
            let children: Vec<usize> = (0..parents.len()).filter(|commit| parents[*commit].contains(&tip)).collect();
            if children.is_empty() { random.below(parents.len()) } else { *random.pick(&children) }
        }
    }
}
