use std::collections::BTreeMap;

use crate::model::calendar::CalendarTime;
use crate::output::exec::Outcome;
use crate::output::exec::report::Report;
use crate::plan::longest_chain;

/// The times of a run's builds, in seconds from the beginning of the first build.
pub(super) struct Timeline<'a> {
    report: &'a Report,
    /// When the last build ended.
    pub seconds: f64,
    bars: Vec<Vec<Bar>>,
    needs: Vec<Vec<usize>>,
    /// The critical path: builds by number, in build order, where each needs the one before it. Of all such chains of
    /// builds, this is the one that took longest.
    pub critical: Vec<usize>,
    /// How long the builds of the critical path took.
    pub critical_seconds: f64,
}

/// An attempt at a build.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub from: f64,
    pub to: f64,
    pub outcome: Outcome,
    /// The number of the worker that ran the attempt, from 1. A worker runs one build at a time.
    pub worker: usize,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let mut bars: Vec<Vec<Bar>> = report
            .services
            .iter()
            .map(|service| {
                let earlier = service.earlier.iter().map(|at| (&at.started, at.seconds, at.outcome));
                let last = (&service.started, service.seconds, service.outcome);
                earlier
                    .chain([last])
                    .filter_map(|(started, seconds, outcome)| bar(started.as_deref()?, seconds, outcome))
                    .collect()
            })
            .collect();
        let all = || bars.iter().flatten();
        let begin = all().map(|bar| bar.from).min_by(f64::total_cmp).unwrap_or_default();
        let end = all().map(|bar| bar.to).max_by(f64::total_cmp).unwrap_or_default();
        for bar in bars.iter_mut().flatten() {
            bar.from -= begin;
            bar.to -= begin;
        }
        give_workers(&mut bars);
        let names: BTreeMap<&str, usize> =
            report.services.iter().enumerate().map(|(number, service)| (service.service.as_str(), number)).collect();
        let known = |names: &Vec<String>, below: usize, numbers: &BTreeMap<&str, usize>| {
            names.iter().filter_map(|name| numbers.get(name.as_str()).copied()).filter(|need| *need < below).collect()
        };
        // Services are in build order. In a report from elsewhere they may not be, so only earlier services count, and
        // there are no cycles.
        let needs = report.services.iter().enumerate().map(|(number, service)| known(&service.needs, number, &names));
        let needs: Vec<Vec<usize>> = needs.collect();
        let (critical_seconds, critical) =
            longest_chain(&bars.iter().map(|bars| took(bars)).collect::<Vec<_>>(), &needs);
        Self { report, seconds: end - begin, bars, needs, critical, critical_seconds }
    }

    /// Whether the report has no times of builds.
    pub(super) fn is_empty(&self) -> bool {
        self.bars.iter().all(Vec::is_empty)
    }

    pub(super) fn name(&self, number: usize) -> &str {
        &self.report.services[number].service
    }

    pub(super) fn bars(&self, number: usize) -> &[Bar] {
        &self.bars[number]
    }

    /// Returns how long all attempts at a service took.
    pub(super) fn took(&self, number: usize) -> f64 {
        took(&self.bars[number])
    }

    /// Returns when the build of a service could have begun: when all services that it needs had been built.
    pub(super) fn ready(&self, number: usize) -> f64 {
        let ends = self.needs[number].iter().filter_map(|need| self.bars[*need].last()).map(|bar| bar.to);
        let ready = ends.fold(0.0, f64::max);
        self.bars[number].first().map_or(ready, |bar| ready.min(bar.from))
    }

    /// Returns how long the build of a service waited after it could have begun.
    pub(super) fn waited(&self, number: usize) -> f64 {
        self.bars[number].first().map_or(0.0, |bar| bar.from - self.ready(number))
    }

    /// Returns the service whose build waited longest after it could have begun, if that was at least half a second.
    pub(super) fn waited_most(&self) -> Option<usize> {
        let longest = (0..self.bars.len()).max_by(|one, two| self.waited(*one).total_cmp(&self.waited(*two)))?;
        (self.waited(longest) >= 0.5).then_some(longest)
    }

    /// Returns the services in the order in which their builds began, and then those that were not built.
    pub(super) fn order(&self) -> Vec<usize> {
        let began = |number: &usize| self.bars[*number].first().map_or(f64::INFINITY, |bar| bar.from);
        let mut order: Vec<usize> = (0..self.bars.len()).collect();
        order.sort_by(|one, two| began(one).total_cmp(&began(two)));
        order
    }

    /// Whether a failed build blocked another one.
    pub(super) fn has_blocked(&self) -> bool {
        self.report.services.iter().any(|service| service.outcome == Outcome::Blocked)
    }

    /// Returns the position of a moment on the time axis, in percent.
    pub(super) fn percent(&self, at: f64) -> f64 {
        if self.seconds > 0.0 { (at / self.seconds * 100.0).clamp(0.0, 100.0) } else { 0.0 }
    }

    /// Returns the marks of the time axis, at most six: for each its position in percent, and its moment, a round
    /// number of seconds.
    pub(super) fn ticks(&self) -> Vec<(f64, f64)> {
        let step = self.step();
        let ticks = (0..6).map(|tick| f64::from(tick) * step).filter(|at| *at <= self.seconds * 0.93);
        ticks.map(|at| (self.percent(at), at)).collect()
    }

    /// Returns the distance between two marks of the time axis, in percent.
    pub(super) fn step_percent(&self) -> f64 {
        self.percent(self.step())
    }

    fn step(&self) -> f64 {
        const ROUND: [f64; 15] =
            [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];
        ROUND.into_iter().find(|step| self.seconds / step <= 5.0).unwrap_or(self.seconds / 5.0)
    }
}

/// Returns the bar of an attempt, in seconds since 1970; `None` if `started` is not a time in RFC 3339.
fn bar(started: &str, seconds: f64, outcome: Outcome) -> Option<Bar> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a float for many thousand years")]
    let from = CalendarTime::milliseconds(started)? as f64 / 1000.0;
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    Some(Bar { from, to: from + seconds, outcome, worker: 0 })
}

fn took(bars: &[Bar]) -> f64 {
    bars.iter().map(|bar| bar.to - bar.from).sum()
}

/// Assigns a worker to each attempt: the first worker that is free when the attempt begins.
fn give_workers(bars: &mut [Vec<Bar>]) {
    /// The inaccuracy of the recorded times, in seconds.
    const SLACK: f64 = 0.02;
    let mut order: Vec<&mut Bar> = bars.iter_mut().flatten().collect();
    order.sort_by(|one, two| one.from.total_cmp(&two.from));
    let mut free_at: Vec<f64> = Vec::new();
    for bar in order {
        let worker = free_at.iter().position(|at| *at <= bar.from + SLACK).unwrap_or_else(|| {
            free_at.push(0.0);
            free_at.len() - 1
        });
        free_at[worker] = bar.to;
        bar.worker = worker + 1;
    }
}
