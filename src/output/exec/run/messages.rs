use std::process::ExitStatus;

use super::attempt::{Active, Attempt, Next};
use super::clock::Moment;
use super::termination::Stop;
use super::{BuildMoment, Message, Run, Serial};
use crate::output::exec::builder::{Output, OutputError};
use crate::output::exec::outcome::{Ending, Failure, Outcome};
use crate::output::exec::process::{Process, Whose};
use crate::output::exec::run_event::{Alive, RunEvent};
use crate::output::exec::schedule::{BuildId, OnFailure, Running};
use crate::output::exec::signal::Signal;

/// Handles the messages and timeouts of a run.
impl Run<'_> {
    pub(super) fn handle(&mut self, message: Message) {
        match message {
            Message::Signal(signal) => self.obey(signal),
            Message::Process(serial, notice) => {
                if let Some(active) = self.active.remove(&serial) {
                    self.go_on(serial, active.hear(notice, self.clock.now()));
                }
            }
            Message::Token(token) => self.tokens.arrived(token),
        }
    }

    pub(super) fn do_what_is_due(&mut self) {
        let now = self.clock.now();
        let due = |active: &Active| active.deadline().is_some_and(|deadline| deadline <= now);
        let serials: Vec<Serial> =
            self.active.iter().filter(|(_, active)| due(active)).map(|(serial, _)| *serial).collect();
        for serial in serials {
            if let Some(mut active) = self.active.remove(&serial) {
                self.warn(&mut active, now);
                self.go_on(serial, active.on_time(now));
            }
        }
        while let Some(at) = self.resting.iter().position(|(at, _)| *at <= now) {
            let (_, build) = self.resting.remove(at);
            self.schedule.wake(build);
        }
        if let (Some(at), Some(period)) = (self.alive_at, self.settings.heartbeat)
            && at <= now
        {
            self.alive_at = Some(now + period);
            let running = self.active.values().map(|active| Alive {
                service: self.name(active.attempt.build()),
                seconds: (now.saturating_sub(active.attempt.began)).as_secs_f64(),
            });
            self.events.send(RunEvent::Alive { running: running.collect(), waiting: self.schedule.waiting() });
        }
    }

    /// Reports an attempt that is slow. Reports and stops an attempt that exceeds its time limit.
    fn warn(&self, active: &mut Active, now: Moment) {
        let (service, attempt) = (self.name(active.attempt.build()), active.attempt.number);
        let seconds = now.saturating_sub(active.attempt.began).as_secs_f64();
        if active.attempt.overdue_at.is_some_and(|at| at <= now) {
            self.events.send(RunEvent::Overdue { service, attempt, seconds });
            active.stop(Stop::Overdue, Signal::Terminate, now + self.settings.grace);
        } else if active.attempt.slow_at.is_some_and(|at| at <= now) {
            active.attempt.slow_at = None;
            self.events.send(RunEvent::Slow { service, attempt, seconds });
        }
    }

    fn go_on(&mut self, serial: Serial, next: Next) {
        match next {
            Next::Wait(active) => {
                self.active.insert(serial, active);
            }
            Next::Finish { attempt, process, closed } => {
                let (attempt, status) = self.finish(attempt, process);
                match status {
                    Some(status) if !closed => {
                        let closing = Active::closing(attempt, status, self.clock.now());
                        self.active.insert(serial, closing);
                    }
                    Some(status) => self.done(attempt, status),
                    None => self.conclude(attempt, Err(Failure::Error)),
                }
            }
            Next::Done { attempt, status } => self.done(attempt, status),
        }
    }

    /// Finishes a process with the rest of its group, and kills the strays of its build.
    fn finish(&self, mut attempt: Attempt, process: Process) -> (Attempt, Option<ExitStatus>) {
        if let Some(watchdog) = &self.watchdog {
            watchdog.forget(process.pid());
        }
        // The leader has ended, so this only fails if something else has reaped our child.
        let status = process.finish().ok();
        let marker = self.marker.of_build(attempt.build().index());
        let strays = self.strays.sweep(Whose::Build(&marker), &self.started());
        attempt.leaky |= strays > 0 && attempt.stop.is_none();
        (attempt, status)
    }

    fn done(&mut self, mut attempt: Attempt, status: ExitStatus) {
        attempt.status = Some(status);
        if status.success() && attempt.stop.is_none() {
            attempt.step += 1;
            self.step(attempt);
        } else {
            self.conclude(attempt, Err(Failure::Error));
        }
    }

    /// Ends an attempt, and schedules another one if there are retries left.
    pub(super) fn conclude(&mut self, attempt: Attempt, result: Result<(), Failure>) {
        let (id, now) = (attempt.build(), self.clock.now());
        drop(attempt.tokens);
        let result = result.and_then(|()| self.read_results(id));
        let ending = match (attempt.stop, result) {
            (Some(Stop::Cancelled), _) => Ending::Cancelled,
            (Some(Stop::Overdue), _) => Ending::Failed(Failure::Timeout),
            (None, Err(failure)) => Ending::Failed(failure),
            (None, Ok(())) => Ending::Succeeded,
        };
        self.results.end(id, attempt.status, now.saturating_sub(attempt.began), attempt.leaky);
        if attempt.log.is_incomplete() {
            self.results.say(id, "its log is incomplete: the disk could not take it");
        }
        let build = &self.builds[id.index()];
        if ending == Ending::Succeeded
            && let Some(doubt) = (self.doubt)(build, BuildMoment::After)
        {
            self.results.say(id, &format!("its files may have changed during the build: {doubt}"));
        }
        match ending {
            Ending::Failed(failure) if attempt.number <= build.retries && !self.schedule.is_stopped() => {
                let rest = self.settings.backoff.after(attempt.number);
                let service = self.results.outcome(id, Outcome::from(ending));
                self.events.send(RunEvent::Retrying { service, after: rest.as_secs_f64() });
                self.resting.push((now + rest, id));
                self.schedule.retry(attempt.running, failure);
            }
            ending => self.end(attempt.running, ending),
        }
    }

    /// Reads the results of a build after its commands succeeded.
    ///
    /// # Errors
    /// When the build should have pushed an image and did not.
    fn read_results(&mut self, id: BuildId) -> Result<(), Failure> {
        match Output::of(&self.builds[id.index()]) {
            Ok(output) => {
                self.results.record_image(id, &self.builds[id.index()], &output);
                self.results.digest(id, output.digest);
            }
            Err(error) => {
                self.results.say(id, &error.to_string());
                if matches!(error, OutputError::NotPushed) {
                    return Err(Failure::Error);
                }
            }
        }
        Ok(())
    }

    /// Reports the builds that have become blocked since the last call.
    fn report_blocked(&mut self) {
        for build in self.schedule.newly_blocked() {
            if let Some(by) = self.schedule.blocker(build) {
                let service = self.results.block(build, by);
                self.events.send(RunEvent::Finished { service });
            }
        }
    }

    /// Records the final outcome of a build, and reports it.
    pub(super) fn end(&mut self, running: Running, ending: Ending) {
        let service = self.results.settle(running.build(), ending.into());
        self.events.send(RunEvent::Finished { service });
        self.schedule.end(running, ending);
        self.report_blocked();
        if matches!(ending, Ending::Failed(_)) && self.settings.on_failure == OnFailure::Kill {
            self.cancel(Signal::Terminate);
        }
    }
}
