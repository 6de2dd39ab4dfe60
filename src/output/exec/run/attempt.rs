use std::process::ExitStatus;
use std::time::Duration;

use jobserver::Acquired;

use super::clock::Moment;
use super::termination::Stop;
use crate::output::exec::process::{Log, Notice, Process};
use crate::output::exec::schedule::{BuildId, Running};
use crate::output::exec::signal::Signal;

/// How long the other processes of a group may go on writing after their leader has ended by itself.
const LINGER: Duration = Duration::from_millis(200);

/// One attempt at a build.
pub(super) struct Attempt {
    /// Its token from the schedule.
    pub(super) running: Running,
    /// Its tokens of the jobserver. Dropping the tokens gives them back to the pool.
    pub(super) tokens: Vec<Acquired>,
    /// The number of the attempt, from 1.
    pub(super) number: u32,
    pub(super) log: Log,
    pub(super) began: Moment,
    /// The step of the build that is next, or running.
    pub(super) step: usize,
    /// How the last finished step ended.
    pub(super) status: Option<ExitStatus>,
    /// Why it is being stopped; `None` if it is not.
    pub(super) stop: Option<Stop>,
    pub(super) overdue_at: Option<Moment>,
    pub(super) slow_at: Option<Moment>,
    /// Whether it left processes behind although nothing stopped it.
    pub(super) leaky: bool,
}

/// An attempt with a running process.
pub(super) struct Active {
    pub(super) attempt: Attempt,
    pub(super) phase: Phase,
    /// When its group is killed; `None` unless the group has received a signal to end.
    pub(super) kill_at: Option<Moment>,
}

pub(super) enum Phase {
    /// The leader runs.
    Working { process: Process, closed: bool },
    /// The leader has ended, but another process of its group still has the output open.
    Lingering { process: Process, until: Moment },
    /// The group is killed and the leader reaped; the last bytes of output are on their way to the log.
    Closing { status: ExitStatus, until: Moment },
}

/// The next step for an attempt.
pub(super) enum Next {
    /// The attempt goes on.
    Wait(Active),
    /// Its process has to be finished, with the rest of its group.
    Finish { attempt: Attempt, process: Process, closed: bool },
    /// Its process is gone, and the log has its output.
    Done { attempt: Attempt, status: ExitStatus },
}

impl Attempt {
    pub(super) fn build(&self) -> BuildId {
        self.running.build()
    }
}

impl Active {
    pub(super) fn working(attempt: Attempt, process: Process) -> Self {
        Self { attempt, phase: Phase::Working { process, closed: false }, kill_at: None }
    }

    /// Returns an attempt that waits for the last output of a process that has ended.
    pub(super) fn closing(attempt: Attempt, status: ExitStatus, now: Moment) -> Self {
        Self { attempt, phase: Phase::Closing { status, until: now + LINGER }, kill_at: None }
    }

    /// Returns its process; `None` if the process is reaped.
    pub(super) fn process(&self) -> Option<&Process> {
        match &self.phase {
            Phase::Working { process, .. } | Phase::Lingering { process, .. } => Some(process),
            Phase::Closing { .. } => None,
        }
    }

    /// Returns when [`Active::on_time`] has to be called next; `None` if there is no deadline.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let until = match &self.phase {
            Phase::Working { .. } => None,
            Phase::Lingering { until, .. } | Phase::Closing { until, .. } => Some(*until),
        };
        [until, self.kill_at, self.attempt.overdue_at, self.attempt.slow_at].into_iter().flatten().min()
    }

    pub(super) fn hear(mut self, notice: Notice, now: Moment) -> Next {
        let attempt = self.attempt;
        self.phase = match (self.phase, notice) {
            (Phase::Working { process, closed: true }, Notice::Exited)
            | (Phase::Lingering { process, .. }, Notice::Closed) => {
                return Next::Finish { attempt, process, closed: true };
            }
            (Phase::Working { process, .. }, Notice::Exited) => {
                // After a signal to end, the group has its whole grace period, even if its leader, such as a shell,
                // ends at once.
                let until = self.kill_at.unwrap_or_default().max(now + LINGER);
                Phase::Lingering { process, until }
            }
            (Phase::Working { process, .. }, Notice::Closed) => Phase::Working { process, closed: true },
            (Phase::Closing { status, .. }, Notice::Closed) => return Next::Done { attempt, status },
            (phase @ (Phase::Lingering { .. } | Phase::Closing { .. }), Notice::Exited) => phase,
        };
        Next::Wait(Self { attempt, ..self })
    }

    /// Handles the deadlines that have passed.
    pub(super) fn on_time(mut self, now: Moment) -> Next {
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = None;
            self.signal(Signal::Kill);
        }
        match self.phase {
            Phase::Lingering { process, until } if until <= now => {
                let mut attempt = self.attempt;
                attempt.leaky |= attempt.stop.is_none();
                Next::Finish { attempt, process, closed: false }
            }
            Phase::Closing { status, until } if until <= now => Next::Done { attempt: self.attempt, status },
            phase => Next::Wait(Self { phase, ..self }),
        }
    }
}
