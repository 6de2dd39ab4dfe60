//! Decides which builds may start: a pure data structure, without clock, process or thread.
//!
//! Each build has a critical path. Take all chains of builds that begin with this build, and in which each build waits
//! for the one before it: the critical path is the chain that takes longest. Of the builds that may start, the one with
//! the longest critical path starts first; if several are equal, the first one in the plan. A build whose lock is held
//! is skipped. A build that is too heavy for the free jobs is not skipped, since many light builds could delay it for
//! ever.

mod task;
#[cfg(test)]
mod tests;

use crate::model::choice::Choice;
use std::cmp::Reverse;
use std::collections::BTreeSet;

pub use task::{Task, Tasks, UNMEASURED};

use super::outcome::{Ending, Failure, Outcome};

/// The position of a build in its run, from 0 in the order of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildId(pub(super) usize);

/// What a failure does to other builds, besides blocking those that need the failed service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// Nothing: all other builds still run, to their end.
    #[default]
    Finish,
    /// No further build is started; running builds go on to their end.
    Stop,
    /// No further build is started, and running ones are stopped.
    Kill,
}

impl Choice for OnFailure {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Finish, "finish", "Finish all other builds"),
        (Self::Stop, "stop", "Start no further build"),
        (Self::Kill, "kill", "Start no further build, and stop the running builds"),
    ];
}

/// The token of a started build. It must be passed back with the build's ending, and cannot be copied or used twice.
#[derive(Debug)]
#[must_use = "a build that was started has to end"]
pub struct Running(BuildId);

/// The state of a run: which builds may start, which run, and the outcomes of the others.
#[derive(Debug)]
pub struct Schedule {
    tasks: Vec<Task>,
    dependents: Vec<Vec<BuildId>>,
    states: Vec<State>,
    /// The builds that may start, each with its position in the order of all builds: the longest critical path first.
    ready: BTreeSet<(usize, BuildId)>,
    turns: Vec<usize>,
    held: BTreeSet<String>,
    jobs: u32,
    busy: u32,
    unsettled: usize,
    on_failure: OnFailure,
    stopped: bool,
    /// The builds that became blocked since [`Schedule::newly_blocked`] was called.
    blocked: Vec<BuildId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { needs: usize },
    Ready,
    Running,
    Resting(Failure),
    Blocked(BuildId),
    Ended(Ending),
}

impl BuildId {
    /// Returns the position in the plan, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

impl Running {
    /// Returns the build.
    #[must_use]
    pub fn build(&self) -> BuildId {
        self.0
    }
}

impl Schedule {
    /// Creates the schedule of a run. At most `jobs` builds run at once, where a build counts as often as its weight
    /// says. 0 jobs are raised to 1.
    #[must_use]
    pub fn new(tasks: Tasks, jobs: u32, on_failure: OnFailure) -> Self {
        let jobs = jobs.max(1);
        let mut tasks = tasks.into_vec();
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (at, task) in tasks.iter_mut().enumerate() {
            task.weight = task.weight.clamp(1, jobs);
            for need in &task.needs {
                dependents[need.0].push(BuildId(at));
            }
        }
        let paths = task::critical_paths(&tasks);
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|at| (Reverse(paths[*at]), *at));
        let mut turns = vec![0; tasks.len()];
        for (turn, at) in order.into_iter().enumerate() {
            turns[at] = turn;
        }
        let states = tasks.iter().map(|task| State::Waiting { needs: task.needs.len() }).collect();
        let mut schedule = Self {
            tasks,
            dependents,
            states,
            ready: BTreeSet::new(),
            turns,
            held: BTreeSet::new(),
            jobs,
            busy: 0,
            unsettled: 0,
            on_failure,
            stopped: false,
            blocked: Vec::new(),
        };
        for at in 0..schedule.states.len() {
            if schedule.states[at] == (State::Waiting { needs: 0 }) {
                schedule.make_ready(BuildId(at));
            }
        }
        schedule
    }

    /// Returns the build that is to start next, and its weight; `None` if no build may start now.
    #[must_use]
    pub fn next(&self) -> Option<(BuildId, u32)> {
        if self.stopped {
            return None;
        }
        let free = |build: &BuildId| self.tasks[build.0].locks.iter().all(|lock| !self.held.contains(lock));
        let build = self.ready.iter().map(|(_, build)| *build).find(free)?;
        let weight = self.tasks[build.0].weight;
        (weight <= self.jobs - self.busy).then_some((build, weight))
    }

    /// Starts the next build and returns its token; `None` if no build may start now.
    pub fn start(&mut self) -> Option<Running> {
        let (build, weight) = self.next()?;
        self.ready.remove(&(self.turns[build.0], build));
        self.states[build.0] = State::Running;
        self.busy += weight;
        self.unsettled += 1;
        self.held.extend(self.tasks[build.0].locks.iter().cloned());
        Some(Running(build))
    }

    /// Records how a build ended. A failure blocks all builds that need the failed one, directly or not, and stops the
    /// run if `on_failure` says so.
    pub fn end(&mut self, running: Running, ending: Ending) {
        let build = self.release(running);
        self.settle(build, ending);
    }

    /// Records that an attempt failed and that there will be another one. Until [`Schedule::wake`] the build occupies
    /// no job.
    ///
    /// If the run is stopped, there is no further attempt, and the build has failed.
    pub fn retry(&mut self, running: Running, failure: Failure) {
        let build = self.release(running);
        if self.stopped {
            self.settle(build, Ending::Failed(failure));
        } else {
            self.unsettled += 1;
            self.states[build.0] = State::Resting(failure);
        }
    }

    /// Ends the pause of a build before its next attempt. After that, the build may start. For any other build, this
    /// does nothing.
    pub fn wake(&mut self, build: BuildId) {
        if matches!(self.states[build.0], State::Resting(_)) {
            self.unsettled -= 1;
            self.make_ready(build);
        }
    }

    /// Prevents every further start. Builds that wait for their next attempt end as failed.
    pub fn stop(&mut self) {
        self.stopped = true;
        for at in 0..self.states.len() {
            if let State::Resting(failure) = self.states[at] {
                self.unsettled -= 1;
                self.settle(BuildId(at), Ending::Failed(failure));
            }
        }
    }

    /// Whether nothing runs and nothing will start: every build has its outcome.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.unsettled == 0 && (self.stopped || self.ready.is_empty())
    }

    /// Whether further starts are prevented.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Returns all builds, in the order of the plan.
    pub fn builds(&self) -> impl Iterator<Item = BuildId> + use<> {
        (0..self.states.len()).map(BuildId)
    }

    /// Returns how many builds may still be started, now or later.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let waits = |state: &&State| matches!(state, State::Waiting { .. } | State::Ready | State::Resting(_));
        if self.stopped { 0 } else { self.states.iter().filter(waits).count() }
    }

    /// Returns the outcome of a build; `None` while it has none.
    #[must_use]
    pub fn outcome(&self, build: BuildId) -> Option<Outcome> {
        match self.states[build.0] {
            State::Ended(ending) => Some(ending.into()),
            State::Blocked(_) => Some(Outcome::Blocked),
            State::Running | State::Resting(_) => None,
            State::Waiting { .. } | State::Ready => self.is_over().then_some(Outcome::NotStarted),
        }
    }

    /// Returns the builds that became blocked since the last call.
    pub fn newly_blocked(&mut self) -> Vec<BuildId> {
        std::mem::take(&mut self.blocked)
    }

    /// Returns the build whose failure blocks this build; `None` if this build is not blocked.
    #[must_use]
    pub fn blocker(&self, build: BuildId) -> Option<BuildId> {
        match self.states[build.0] {
            State::Blocked(by) => Some(by),
            _ => None,
        }
    }

    fn release(&mut self, Running(build): Running) -> BuildId {
        let task = &self.tasks[build.0];
        self.busy -= task.weight;
        self.unsettled -= 1;
        for lock in &task.locks {
            self.held.remove(lock);
        }
        build
    }

    fn settle(&mut self, build: BuildId, ending: Ending) {
        self.states[build.0] = State::Ended(ending);
        match ending {
            Ending::Succeeded | Ending::Exists | Ending::Promoted | Ending::Superseded => {
                self.release_dependents(build);
            }
            Ending::Failed(_) => {
                self.block_dependents(build);
                if self.on_failure != OnFailure::Finish && !self.stopped {
                    self.stop();
                }
            }
            Ending::Cancelled => {}
        }
    }

    fn release_dependents(&mut self, build: BuildId) {
        for at in 0..self.dependents[build.0].len() {
            let dependent = self.dependents[build.0][at];
            if let State::Waiting { needs } = &mut self.states[dependent.0] {
                *needs -= 1;
                if *needs == 0 {
                    self.make_ready(dependent);
                }
            }
        }
    }

    fn block_dependents(&mut self, failed: BuildId) {
        let mut reached = vec![failed];
        while let Some(build) = reached.pop() {
            for dependent in &self.dependents[build.0] {
                if matches!(self.states[dependent.0], State::Waiting { .. }) {
                    self.states[dependent.0] = State::Blocked(failed);
                    self.blocked.push(*dependent);
                    reached.push(*dependent);
                }
            }
        }
    }

    fn make_ready(&mut self, build: BuildId) {
        self.states[build.0] = State::Ready;
        self.ready.insert((self.turns[build.0], build));
    }
}
