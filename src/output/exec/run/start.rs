use std::fs;
use std::io;
use std::process::{Command, Stdio};

use jobserver::Acquired;

use super::attempt::{Active, Attempt};
use super::{BuildMoment, Jobserver, Message, Run};
use crate::inputs::file;
use crate::model::name::Escaped;
use crate::output::exec::builder::Output;
use crate::output::exec::outcome::{Ending, Failure};
use crate::output::exec::process::{Log, Marker, Process};
use crate::output::exec::run_event::RunEvent;
use crate::output::exec::schedule::Running;
use crate::output::exec::service_build::{Build, Work};

/// Starts builds.
impl Run<'_> {
    /// Starts builds while the schedule has a next build and the jobserver has enough tokens for it.
    pub(super) fn start_ready(&mut self) {
        while let Some((_, weight)) = self.schedule.next() {
            if self.active.is_empty() {
                self.tokens.mend();
            } else if !has_descriptors() {
                // Running builds close their files when they end. Then this function is called again.
                return;
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
            Work::Exists { promoted, .. } => {
                self.results.record_image(id, build, &Output::of_existing(build));
                return self.end(running, if *promoted { Ending::Promoted } else { Ending::Exists });
            }
            Work::Superseded { by } => {
                self.results.say(id, by);
                return self.end(running, Ending::Superseded);
            }
            Work::Unnamed(reason) => {
                self.results.say(id, reason);
                return self.end(running, Ending::Failed(Failure::Error));
            }
        }
        if let Some(doubt) = (self.doubt)(build, BuildMoment::Before) {
            self.results.say(id, &format!("not built: {doubt}"));
            return self.end(running, Ending::Failed(Failure::Error));
        }
        let number = self.results.attempts(id) + 1;
        let path = build.scratch.join(format!("attempt-{number}.log"));
        self.results.begin(id, path.clone());
        let (service, events) = (self.name(id), self.events.clone());
        let log = make_room(build).and_then(|()| {
            let service = service.clone();
            Log::create(path.clone(), self.settings.mask.clone(), move |log| events.grown(&service, number, log))
        });
        match log {
            Ok(log) => {
                self.events.send(RunEvent::Started { service, attempt: number, log: path });
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

    /// Starts the next step of an attempt, or ends the attempt if no step is left.
    pub(super) fn step(&mut self, attempt: Attempt) {
        let id = attempt.build();
        let build = &self.builds[id.index()];
        let Some(step) = build.work.steps().get(attempt.step) else {
            return self.conclude(attempt, Ok(()));
        };
        let needs = self.results.needs(build);
        let arguments = match step.fill(&needs) {
            Ok(arguments) => arguments,
            Err(service) => {
                let message = format!("the image of {} is not there", Escaped::new(&service));
                attempt.log.note(&message);
                self.results.say(id, &message);
                return self.conclude(attempt, Err(Failure::Error));
            }
        };
        let mut command = Command::new(&step.program);
        command.args(arguments).current_dir(&build.directory);
        if self.settings.jobserver == Jobserver::Shared {
            self.tokens.share(&mut command);
        }
        command.envs(build.variables(&needs));
        command.env(Marker::VARIABLE, self.marker.of_build(id.index()).as_str());
        let (serial, outbox) = (self.next_serial, self.outbox.clone());
        self.next_serial += 1;
        let notify = move |notice| outbox.send(Message::Process(serial, notice)).unwrap_or_default();
        let program = step.starts.as_ref().unwrap_or(&step.program);
        let is_there = step.starts.as_deref().map_or(Ok(()), |program| find_program(program, build));
        match is_there.and_then(|()| Process::spawn(command, &attempt.log, notify)) {
            Ok(process) => {
                if let Some(watchdog) = &self.watchdog {
                    watchdog.guard(process.pid());
                }
                self.active.insert(serial, Active::working(attempt, process));
            }
            Err(error) => {
                let message = format!("{} could not be started: {error}", Escaped::new(program));
                attempt.log.note(&message);
                self.results.say(id, &message);
                self.conclude(attempt, Err(Failure::Error));
            }
        }
    }
}

/// Checks, with a shell, that a build would find a program.
///
/// # Errors
/// When the shell does not find the program, or cannot be started.
fn find_program(program: &str, build: &Build) -> io::Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "command -v -- \"$1\"", "sh", program]).current_dir(&build.directory);
    shell.envs(build.environment.iter().map(|(name, value)| (name, value)));
    let found = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if found.success() { Ok(()) } else { Err(rustix::io::Errno::NOENT.into()) }
}

/// Whether this process can open as many files as a build needs.
fn has_descriptors() -> bool {
    // Two pipes each for its log, its output, its start and its display.
    const PIPES: usize = 8;
    (0..PIPES).map(|_| io::pipe()).collect::<io::Result<Vec<_>>>().is_ok()
}

/// Creates the build's directory, and removes results of an earlier attempt.
fn make_room(build: &Build) -> io::Result<()> {
    file::make_directory(&build.scratch)?;
    match build.digest.file().map(|name| fs::remove_file(build.scratch.join(name))) {
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
