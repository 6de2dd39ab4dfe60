use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::clock;
use crate::output::exec::builder::Output;
use crate::output::exec::needed_services::{NeededImage, NeededServices};
use crate::output::exec::outcome::Outcome;
use crate::output::exec::report::{AttemptReport, Report, ReportHead, SCHEMA, ServiceReport};
use crate::output::exec::schedule::{BuildId, Schedule};
use crate::output::exec::service_build::{Build, Work};

/// The results of builds so far.
pub(super) struct Results {
    entries: Vec<Entry>,
    /// The images of the services that are built.
    images: NeededServices,
}

struct Entry {
    service: ServiceReport,
    settled: bool,
}

impl Results {
    pub(super) fn new(builds: &[Build]) -> Self {
        let entries = builds.iter().map(|build| Entry { service: not_started(build), settled: false }).collect();
        Self { entries, images: NeededServices::default() }
    }

    /// Records the image of a build, for builds that use it.
    pub(super) fn record_image(&mut self, build: BuildId, what: &Build, output: &Output) {
        let service = self.service(build).service.clone();
        self.images.insert(service, NeededImage::of(what, output));
    }

    /// Returns the images of the services that a build needs.
    pub(super) fn needs(&self, build: &Build) -> NeededServices {
        build.needs(&self.images)
    }

    /// Begins an attempt and returns its number, from 1.
    pub(super) fn begin(&mut self, build: BuildId, log: PathBuf) -> u32 {
        let service = self.service(build);
        if service.attempts > 0 {
            let last = AttemptReport::last_of(service);
            service.earlier.push(last);
        }
        service.attempts += 1;
        (service.exit, service.signal, service.message, service.leaky) = (None, None, None, false);
        service.started = Some(clock::instant());
        service.log = Some(log);
        service.attempts
    }

    /// Returns how many attempts at a build were begun.
    pub(super) fn attempts(&mut self, build: BuildId) -> u32 {
        self.service(build).attempts
    }

    /// Records how the current attempt ended.
    pub(super) fn end(&mut self, build: BuildId, status: Option<ExitStatus>, took: Duration, leaky: bool) {
        let service = self.service(build);
        (service.exit, service.signal) = (status.and_then(|s| s.code()), status.and_then(|s| s.signal()));
        (service.seconds, service.leaky) = (took.as_secs_f64(), leaky);
    }

    /// Adds a message to a build's entry in the report.
    pub(super) fn say(&mut self, build: BuildId, message: &str) {
        let said = &mut self.service(build).message;
        *said = Some(said.take().map_or_else(|| message.to_owned(), |said| format!("{said}; {message}")));
    }

    pub(super) fn digest(&mut self, build: BuildId, digest: Option<String>) {
        self.service(build).digest = digest;
    }

    /// Gives a build an outcome, and returns its entry in the report.
    pub(super) fn outcome(&mut self, build: BuildId, outcome: Outcome) -> ServiceReport {
        self.service(build).outcome = outcome;
        self.service(build).clone()
    }

    /// Like [`Results::outcome`], for the final outcome.
    pub(super) fn settle(&mut self, build: BuildId, outcome: Outcome) -> ServiceReport {
        self.entries[build.index()].settled = true;
        self.outcome(build, outcome)
    }

    /// Like [`Results::settle`], for a build that is blocked by another one.
    pub(super) fn block(&mut self, build: BuildId, by: BuildId) -> ServiceReport {
        let by = self.service(by).service.clone();
        self.service(build).blocked_by = Some(by);
        self.settle(build, Outcome::Blocked)
    }

    /// Gives an outcome to each build that has none yet, and returns the entries of these builds in the report, in
    /// order.
    pub(super) fn settle_rest(&mut self, schedule: &Schedule) -> Vec<ServiceReport> {
        let mut settled = Vec::new();
        for build in schedule.builds() {
            if !self.entries[build.index()].settled {
                settled.push(match schedule.blocker(build) {
                    Some(by) => self.block(build, by),
                    None => self.settle(build, schedule.outcome(build).unwrap_or(Outcome::NotStarted)),
                });
            }
        }
        settled
    }

    pub(super) fn into_report(self, head: ReportHead) -> Report {
        Report { schema: SCHEMA, head, services: self.entries.into_iter().map(|entry| entry.service).collect() }
    }

    fn service(&mut self, build: BuildId) -> &mut ServiceReport {
        &mut self.entries[build.index()].service
    }
}

fn not_started(build: &Build) -> ServiceReport {
    let planned = build.service;
    ServiceReport {
        service: planned.service.clone(),
        outcome: Outcome::NotStarted,
        needs: planned.needs.clone(),
        built_on: match &build.work {
            Work::Steps(_) => build.held.keys().cloned().collect(),
            Work::Exists { .. } | Work::Superseded { .. } | Work::Unnamed(_) => Vec::new(),
        },
        attempts: 0,
        started: None,
        exit: None,
        signal: None,
        seconds: 0.0,
        earlier: Vec::new(),
        log: None,
        fingerprint: planned.fingerprint.clone(),
        content_tag: planned.content_tag.clone(),
        version: planned.version.clone(),
        image: planned.image.clone(),
        // Tags that are added after the build are reported once the image has them.
        tags: match &build.work {
            Work::Exists { tags, .. } => tags.clone(),
            Work::Steps(_) | Work::Superseded { .. } | Work::Unnamed(_) => planned.built_tags(),
        },
        held_tags: Vec::new(),
        push: planned.push,
        digest: match &build.work {
            Work::Exists { digest, .. } => Some(digest.clone()),
            Work::Steps(_) | Work::Superseded { .. } | Work::Unnamed(_) => None,
        },
        blocked_by: None,
        leaky: false,
        message: None,
        record: None,
    }
}
