use std::fs;
use std::io;
use std::process::Command;

use jobserver::Acquired;

use super::attempt::{Active, Attempt};
use super::{Jobserver, Message, Run};
use crate::exec::build::{Build, Work};
use crate::exec::event::Event;
use crate::exec::outcome::{Ending, Failure};
use crate::exec::process::{Log, Marker, Process};
use crate::exec::schedule::Running;
use crate::name::Escaped;

/// How builds begin.
impl Run<'_> {
    /// Starts builds as long as the schedule lets one start and its jobs are free.
    pub(super) fn start_what_may(&mut self) {
        while let Some((_, weight)) = self.schedule.next() {
            if self.active.is_empty() {
                self.tokens.mend();
            }
            let Some(tokens) = self.tokens.take(weight) else {
                return;
            };
            if let Some(running) = self.schedule.start() {
                self.begin(running, tokens);
            }
        }
        self.tokens.give_back();
    }

    fn begin(&mut self, running: Running, tokens: Vec<Acquired>) {
        let id = running.build();
        let build = &self.builds[id.index()];
        match &build.work {
            Work::Steps(_) => {}
            Work::Exists { .. } => return self.end(running, Ending::Exists),
            Work::Superseded { by } => {
                self.results.say(id, by);
                return self.end(running, Ending::Superseded);
            }
        }
        let number = self.results.attempts(id) + 1;
        let path = build.scratch.join(format!("attempt-{number}.log"));
        self.results.begin(id, path.clone());
        let (service, teller) = (self.name(id), self.teller.clone());
        let log = make_room(build).and_then(|()| {
            let service = service.clone();
            Log::create(path.clone(), move |log| teller.grown(&service, number, log))
        });
        match log {
            Ok(log) => {
                self.teller.event(Event::Started { service, attempt: number, log: path });
                let began = self.clock.now();
                self.step(Attempt {
                    running,
                    tokens,
                    number,
                    log,
                    began,
                    step: 0,
                    status: None,
                    stop: None,
                    overdue_at: build.timeout.map(|timeout| began + timeout),
                    slow_at: self.settings.slow.map(|slow| began + slow),
                    leaky: false,
                });
            }
            Err(error) => {
                self.results.say(id, &format!("{} could not be written: {error}", path.display()));
                self.end(running, Ending::Failed(Failure::Error));
            }
        }
    }

    /// Starts the next step of an attempt, or ends it when there is none left.
    pub(super) fn step(&mut self, attempt: Attempt) {
        let id = attempt.build();
        let build = &self.builds[id.index()];
        let Some(step) = build.work.steps().get(attempt.step) else {
            return self.conclude(attempt, Ok(()));
        };
        let mut command = Command::new(&step.program);
        command.args(&step.arguments).current_dir(&build.directory);
        if self.settings.jobserver == Jobserver::Shared {
            self.tokens.share(&mut command);
        }
        command.envs(build.environment.iter().map(|(name, value)| (name, value)));
        command.env(Marker::VARIABLE, self.marker.of_build(id.index()).as_str());
        let (serial, outbox) = (self.next_serial, self.outbox.clone());
        self.next_serial += 1;
        let notify = move |notice| outbox.send(Message::Process(serial, notice)).unwrap_or_default();
        match Process::spawn(command, &attempt.log, notify) {
            Ok(process) => {
                if let Some(watchdog) = &self.watchdog {
                    watchdog.guard(process.pid());
                }
                self.active.insert(serial, Active::working(attempt, process));
            }
            Err(error) => {
                let message = format!("{} could not be started: {error}", Escaped::new(&step.program));
                attempt.log.note(&message);
                self.results.say(id, &message);
                self.conclude(attempt, Err(Failure::Error));
            }
        }
    }
}

/// Makes the build's directory, and takes what an earlier attempt handed back out of it.
fn make_room(build: &Build) -> io::Result<()> {
    fs::create_dir_all(&build.scratch)?;
    match build.digest.file().map(|name| fs::remove_file(build.scratch.join(name))) {
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
