//! The event loop over the schedule: one thread owns all state, and all other threads send messages to it.

mod attempt;
mod clock;
mod messages;
mod results;
mod settings;
mod start;
mod termination;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use attempt::Active;
use clock::{Clock, Moment};
use results::Results;

pub use settings::{Backoff, Jobserver, Settings};

use super::event_channel::{EventSender, pair};
use super::incoming_signals::Incoming;
use super::jobserver::Tokens;
use super::process::{Marker, Notice, Strays, Watchdog, Whose};
use super::report::{Report, ReportHead};
use super::run_event::{RunEvent, Sink};
use super::schedule::{BuildId, Schedule, Task, Tasks, UNMEASURED};
use super::service_build::Build;
use super::signal::Signal;

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The report on all services.
    pub report: Report,
    /// The signal that ended the run, if one did. The program then exits with the number of the signal plus 128.
    pub interrupted: Option<Signal>,
}

/// A message to the event loop.
enum Message {
    Signal(Signal),
    Process(Serial, Notice),
    Token(io::Result<jobserver::Acquired>),
}

/// The number of a process in a run. A message about a process has this number, so that a late message is not mistaken
/// for a message about another process.
type Serial = u64;

/// A function that returns an objection to a build, such as files that changed meanwhile; `None` if there is none.
pub type Objections<'a> = &'a mut dyn FnMut(&Build, BuildMoment) -> Option<String>;

/// When a build is checked for objections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildMoment {
    /// Before each attempt.
    Before,
    /// After an attempt that succeeded.
    After,
}

/// Runs builds until each has an outcome. `builds` are in the order of the plan. If `doubt` returns an objection before
/// an attempt, the build fails; an objection after an attempt is added to the build's message.
///
/// The function also returns the signals that this process receives. Until that value is dropped, the first termination
/// signal after the run does not end this process, unless the run was interrupted already.
///
/// During the run, this process passes signals on to the builds. It treats every new child that it did not start itself
/// as a stray of a build. So a process must have one run at a time, and start no other programs meanwhile.
///
/// # Errors
/// When the system refuses something that the run itself needs: threads, pipes, signal handlers. An error of a single
/// build is in the build's outcome.
pub fn run(builds: &[Build], settings: &Settings, doubt: Objections, sink: impl Sink) -> io::Result<(Ended, Incoming)> {
    let (events, receiver) = pair();
    // Signals are handled until all events are shown.
    thread::scope(|scope| {
        thread::Builder::new().name("events".to_owned()).spawn_scoped(scope, move || receiver.listen(sink))?;
        Ok(Run::new(builds, settings, doubt, events)?.go())
    })
}

struct Run<'a> {
    builds: &'a [Build<'a>],
    settings: &'a Settings,
    doubt: Objections<'a>,
    schedule: Schedule,
    /// When the run began, in UTC and the format of RFC 3339.
    started_at: String,
    clock: Clock,
    tokens: Tokens,
    /// The running attempts, in the order in which they began.
    active: BTreeMap<Serial, Active>,
    /// Failed builds, and when they are tried again.
    resting: Vec<(Moment, BuildId)>,
    results: Results,
    alive_at: Option<Moment>,
    interrupted: Option<Signal>,
    next_serial: Serial,
    inbox: Receiver<Message>,
    outbox: Sender<Message>,
    events: EventSender,
    marker: Marker,
    signals: Incoming,
    watchdog: Option<Watchdog>,
    strays: Strays,
}

impl<'a> Run<'a> {
    fn new(
        builds: &'a [Build<'a>],
        settings: &'a Settings,
        doubt: Objections<'a>,
        events: EventSender,
    ) -> io::Result<Self> {
        let (outbox, inbox) = channel();
        let send = outbox.clone();
        let signals = Incoming::listen(move |signal| send.send(Message::Signal(signal)).unwrap_or_default())?;
        let send = outbox.clone();
        let jobs = settings.jobs.clamp(1, Settings::MOST_JOBS);
        let tokens = Tokens::new(jobs, move |token| send.send(Message::Token(token)).unwrap_or_default())?;
        let strays = Strays::adopt();
        let marker = Marker::of_run(settings.outer.as_deref());
        let watchdog = settings.watchdog.as_deref().map(|argv| Watchdog::start(argv, &marker)).transpose()?;
        let clock = Clock::start();
        let services = builds.iter().map(|build| build.service.service.clone()).collect();
        let expected = builds.iter().map(|build| Some(build.expected?.as_secs_f64())).collect();
        events.send(RunEvent::Begun { services, expected, jobs });
        Ok(Self {
            builds,
            settings,
            doubt,
            schedule: Schedule::new(tasks(builds), jobs, settings.on_failure),
            alive_at: settings.heartbeat.map(|period| clock.now() + period),
            started_at: clock::date(),
            clock,
            tokens,
            active: BTreeMap::new(),
            resting: Vec::new(),
            results: Results::new(builds),
            interrupted: None,
            next_serial: 0,
            inbox,
            outbox,
            events,
            marker,
            signals,
            watchdog,
            strays,
        })
    }

    /// Runs until everything is over and no process is left.
    fn go(mut self) -> (Ended, Incoming) {
        self.start_ready();
        while !(self.active.is_empty() && self.schedule.is_over()) {
            if let Some(message) = self.wait() {
                self.handle(message);
            }
            self.do_what_is_due();
            self.start_ready();
        }
        self.strays.sweep(Whose::All, &self.started());
        drop(self.watchdog);
        match self.interrupted {
            Some(_) => self.signals.obey(),
            None => self.signals.obey_the_second(),
        }
        for service in self.results.settle_rest(&self.schedule) {
            self.events.send(RunEvent::Finished { service });
        }
        let head = ReportHead {
            rebake: Some(env!("CARGO_PKG_VERSION").to_owned()),
            commit: self.settings.commit.clone(),
            environment: self.settings.environment.clone(),
            started: Some(self.started_at),
            seconds: Some(self.clock.now().as_secs_f64()),
            jobs: Some(self.settings.jobs.clamp(1, Settings::MOST_JOBS)),
        };
        let report = self.results.into_report(head);
        self.events.send(RunEvent::Ended { report: report.clone() });
        (Ended { report, interrupted: self.interrupted }, self.signals)
    }

    /// Waits for a message, or until a deadline; `None` if the deadline came first.
    fn wait(&self) -> Option<Message> {
        let active = self.active.values().filter_map(Active::deadline);
        let resting = self.resting.iter().map(|(at, _)| *at);
        match active.chain(resting).chain(self.alive_at).min() {
            Some(deadline) => self.inbox.recv_timeout(self.clock.until(deadline)).ok(),
            None => self.inbox.recv().ok(),
        }
    }

    /// Returns the processes that we started ourselves.
    fn started(&self) -> Vec<rustix::process::Pid> {
        let builds = self.active.values().filter_map(|active| Some(active.process()?.pid()));
        builds.chain(self.watchdog.as_ref().map(Watchdog::pid)).collect()
    }

    fn name(&self, build: BuildId) -> String {
        self.builds[build.index()].service.service.clone()
    }
}

fn tasks(builds: &[Build]) -> Tasks {
    let mut places: BTreeMap<&str, BuildId> = BTreeMap::new();
    let mut tasks = Tasks::default();
    for build in builds {
        let needs = build.service.needs.iter().filter_map(|need| places.get(need.as_str()).copied()).collect();
        let expected = build.expected.unwrap_or(UNMEASURED);
        let id = tasks.add(Task { needs, weight: build.weight, locks: build.locks.clone(), expected });
        places.insert(&build.service.service, id);
    }
    tasks
}
