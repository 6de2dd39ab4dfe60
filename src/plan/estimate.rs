use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Plan, longest_chain};

/// An estimate from earlier runs: how long the builds of a plan will take, if each job runs one build at a time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Estimate {
    /// How many services have a known time. Every other service is assumed to take the median of the known times.
    pub known: usize,
    /// How many seconds all builds take one after the other, in a single job.
    pub one_job: f64,
    /// The number of jobs of `--pack N`, and the seconds until the last job ends; absent without `--pack`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<PackedTime>,
    /// How many seconds the builds take at least. This is the time of the longest chain of services in which each needs
    /// the one before it. With `--pack N`, it is no less than the time of all builds divided by the number of jobs.
    pub at_least: f64,
    /// The services of the longest chain, in build order.
    pub critical: Vec<String>,
    /// How many seconds the longest chain takes.
    pub critical_seconds: f64,
}

/// The jobs of `--pack N`, and how long they take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PackedTime {
    /// The number of jobs.
    pub jobs: usize,
    /// How many seconds the longest job takes.
    pub seconds: f64,
}

impl PackedTime {
    /// Returns the time of jobs; `None` if there are no jobs. `loads` has the seconds that each job takes.
    #[must_use]
    pub fn of(loads: &[f64]) -> Option<Self> {
        let seconds = loads.iter().copied().max_by(f64::total_cmp)?;
        Some(Self { jobs: loads.len(), seconds })
    }
}

impl Plan {
    /// Adds the estimated seconds of each service, and an estimate for the whole plan. `took` returns how many seconds
    /// an earlier build of a service took. If it returns no time for any service, nothing is added.
    ///
    /// `loads` returns the seconds of each packed job of a plan; `None` if jobs are not packed.
    pub fn note_times(&mut self, took: impl Fn(&str) -> Option<f64>, loads: impl Fn(&Self) -> Option<Vec<f64>>) {
        let times: Vec<Option<f64>> = self.services.iter().map(|service| took(&service.service)).collect();
        let mut known: Vec<f64> = times.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        let Some(median) = known.get(known.len() / 2).copied() else { return };
        for (service, time) in self.services.iter_mut().zip(times) {
            service.seconds = (!service.library).then_some(time.unwrap_or(median));
        }
        let to_build = self.to_build();
        let (chain, critical) = to_build.critical_path();
        let critical = critical.into_iter().map(str::to_owned).collect();
        let one_job = to_build.services.iter().filter_map(|service| service.seconds).sum();
        let packed = loads(&to_build).and_then(|loads| PackedTime::of(&loads));
        #[expect(clippy::cast_precision_loss, reason = "jobs are counted in hundreds")]
        let share = packed.as_ref().map_or(0.0, |packed| one_job / packed.jobs as f64);
        let at_least = f64::max(share, chain);
        self.estimate =
            Some(Estimate { known: known.len(), one_job, packed, at_least, critical, critical_seconds: chain });
    }

    /// Returns the length and the services of the longest chain in which each service needs the one before it. The
    /// services are in build order. The length is in seconds; if no time is known, it is the number of services.
    #[must_use]
    pub fn critical_path(&self) -> (f64, Vec<&str>) {
        let is_timed = self.services.iter().any(|service| service.seconds.is_some());
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut lengths, mut needs) = (Vec::new(), Vec::new());
        for (place, service) in self.services.iter().enumerate() {
            lengths.push(if is_timed { service.seconds.unwrap_or_default() } else { 1.0 });
            needs.push(service.needs.iter().filter_map(|need| places.get(need.as_str()).copied()).collect());
            places.insert(&service.service, place);
        }
        let (length, chain) = longest_chain(&lengths, &needs);
        (length, chain.into_iter().map(|place| self.services[place].service.as_str()).collect())
    }
}
