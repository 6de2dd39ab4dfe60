//! Ends builds early. Each gets a signal (SIGTERM, or the one that the run received), and SIGKILL after the grace
//! period.

use super::Run;
use super::attempt::{Active, Phase};
use super::clock::Moment;
use crate::output::exec::run_event::RunEvent;
use crate::output::exec::signal::Signal;

/// Why an attempt is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It exceeded its time limit.
    Overdue,
    /// The run is ended early.
    Cancelled,
}

impl Run<'_> {
    /// Handles a signal to the run. The second termination signal kills the running builds.
    pub(super) fn obey(&mut self, signal: Signal) {
        match signal {
            Signal::Suspend => {
                self.signal_all(signal);
                self.events.suspended();
                self.clock.stop();
                let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
            }
            Signal::Continue => {
                self.clock.go_on();
                self.signal_all(signal);
                self.events.send(RunEvent::Resumed);
            }
            Signal::Hangup | Signal::Interrupt | Signal::Quit | Signal::Terminate | Signal::Kill => {
                let again = self.interrupted.is_some();
                self.events.send(RunEvent::Interrupted { signal: signal.name().to_owned(), again });
                if again {
                    let now = self.clock.now();
                    self.active.values_mut().for_each(|active| active.kill(now));
                    self.signals.obey();
                } else {
                    self.interrupted = Some(signal);
                    self.cancel(signal);
                }
            }
        }
    }

    fn signal_all(&self, signal: Signal) {
        for active in self.active.values() {
            active.signal(signal);
        }
    }

    /// Prevents further starts, and sends running builds a signal to end.
    pub(super) fn cancel(&mut self, signal: Signal) {
        self.schedule.stop();
        self.resting.clear();
        let kill_at = self.clock.now() + self.settings.grace;
        for active in self.active.values_mut() {
            active.stop(Stop::Cancelled, signal, kill_at);
        }
    }
}

impl Active {
    /// Sends its group a signal to end, and sets the time at which the group is killed.
    pub(super) fn stop(&mut self, why: Stop, signal: Signal, kill_at: Moment) {
        self.attempt.stop.get_or_insert(why);
        self.attempt.overdue_at = None;
        self.kill_at.get_or_insert(kill_at);
        self.signal(signal);
    }

    /// Kills its group, and does not wait for processes that have left the group.
    pub(super) fn kill(&mut self, now: Moment) {
        self.kill_at = None;
        self.signal(Signal::Kill);
        if let Phase::Lingering { until, .. } = &mut self.phase {
            *until = now;
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(process) = self.process() {
            process.signal(signal);
        }
    }
}
