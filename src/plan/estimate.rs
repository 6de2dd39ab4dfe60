use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Plan, longest_chain};

/// How long the builds of a plan will take, estimated from earlier runs. Each job is assumed to run one build at a
/// time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Estimate {
    /// How many services have a known time. The others count as the median of these.
    pub known: usize,
    /// The seconds of all builds, one after the other.
    pub one_job: f64,
    /// The number of jobs of `--pack N`, and the seconds until the last one ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<PackedTime>,
    /// The number of seconds that no number of jobs can beat: those of the longest chain of services in which each
    /// needs the one before it, or, if it is longer, an equal share of all builds in the jobs of `--pack N`.
    pub at_least: f64,
    /// The longest such chain, in build order.
    pub critical: Vec<String>,
    /// The seconds of the longest chain.
    pub critical_seconds: f64,
}

/// How long packed jobs take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PackedTime {
    /// The number of jobs.
    pub jobs: usize,
    /// The seconds of the longest one.
    pub seconds: f64,
}

impl PackedTime {
    /// Returns the time of jobs with these loads; `None` for no job.
    #[must_use]
    pub fn of(loads: &[f64]) -> Option<Self> {
        let seconds = loads.iter().copied().max_by(f64::total_cmp)?;
        Some(Self { jobs: loads.len(), seconds })
    }
}

impl Plan {
    /// Adds how long each service will take, and an estimate for all of them. `took` returns how long a build took
    /// before. If no time is known, it adds nothing.
    ///
    /// `loads` returns the seconds of each packed job, if jobs are packed.
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

    /// Returns the longest chain of services in which each needs the one before it, in build order: its seconds (if no
    /// time is known, the number of its services), and its services.
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
