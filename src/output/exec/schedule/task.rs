use std::time::Duration;

use super::BuildId;

/// The assumed duration of a build that was never measured.
pub const UNMEASURED: Duration = Duration::from_secs(1);

/// A build, as far as the schedule needs it.
#[derive(Debug, Clone)]
pub struct Task {
    /// The builds that must succeed before it.
    pub needs: Vec<BuildId>,
    /// How many of the run's jobs it occupies. A weight above the number of jobs is reduced to that number, so that the
    /// build can run alone; 0 is raised to 1.
    pub weight: u32,
    /// Names of locks. Only one build at a time may hold each.
    pub locks: Vec<String>,
    /// How long it took last time; [`UNMEASURED`] if that is not known.
    pub expected: Duration,
}

/// The builds of a run. Each build is added after the builds that it needs, so there are no cycles.
#[derive(Debug, Clone, Default)]
pub struct Tasks(Vec<Task>);

impl Default for Task {
    fn default() -> Self {
        Self { needs: Vec::new(), weight: 1, locks: Vec::new(), expected: UNMEASURED }
    }
}

impl Tasks {
    /// Adds a build and returns its position. Builds in its `needs` that were not added before are ignored.
    pub fn add(&mut self, mut task: Task) -> BuildId {
        let id = BuildId(self.0.len());
        task.needs.retain(|need| *need < id);
        task.needs.sort_unstable();
        task.needs.dedup();
        self.0.push(task);
        id
    }

    pub(super) fn into_vec(self) -> Vec<Task> {
        self.0
    }
}

/// Returns, for each task, the length of its critical path: its own duration, plus the duration of the longest chain of
/// tasks that wait for it.
pub(super) fn critical_paths(tasks: &[Task]) -> Vec<Duration> {
    let mut waiting = vec![Duration::ZERO; tasks.len()];
    let mut paths = vec![Duration::ZERO; tasks.len()];
    for (at, task) in tasks.iter().enumerate().rev() {
        paths[at] = task.expected.saturating_add(waiting[at]);
        for need in &task.needs {
            waiting[need.0] = waiting[need.0].max(paths[at]);
        }
    }
    paths
}
