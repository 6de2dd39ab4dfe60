use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;

/// How long the builds of a plan will take, by how long they took before. One build at a time is assumed in each job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Estimate {
    /// How many services' times are known; the others count as the median of these.
    pub known: usize,
    /// The seconds of all builds, one after the other.
    pub one_job: f64,
    /// The number of jobs of `--pack N`, and the seconds until the last one ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<PackedTime>,
    /// The seconds that no number of jobs can beat: those of the longest chain of services that need each other, or
    /// those of an equal share of all builds in the jobs of `--pack N`.
    pub at_least: f64,
    /// The longest chain, in build order.
    pub critical: Vec<String>,
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
    /// Notes how long each service will take, and, by the time of each job, how long all will. `took` returns how long a
    /// build took before. Where nothing is known, nothing is noted.
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
        let (chain, critical) = to_build.longest_chain();
        let one_job = to_build.services.iter().filter_map(|service| service.seconds).sum();
        let packed = loads(&to_build).and_then(|loads| PackedTime::of(&loads));
        #[expect(clippy::cast_precision_loss, reason = "jobs are counted in hundreds")]
        let share = packed.as_ref().map_or(0.0, |packed| one_job / packed.jobs as f64);
        let at_least = f64::max(share, chain);
        self.estimate = Some(Estimate { known: known.len(), one_job, packed, at_least, critical });
    }

    /// Returns the longest chain of services that need each other, by their seconds: its seconds and its services, in
    /// build order.
    fn longest_chain(&self) -> (f64, Vec<String>) {
        let mut lengths: Vec<(f64, Option<usize>)> = Vec::with_capacity(self.services.len());
        let mut places = std::collections::BTreeMap::new();
        for (place, service) in self.services.iter().enumerate() {
            let needs = service.needs.iter().filter_map(|need| places.get(need.as_str()).copied());
            let longest = needs.max_by(|one: &usize, two| lengths[*one].0.total_cmp(&lengths[*two].0));
            let before = longest.map_or(0.0, |need| lengths[need].0);
            lengths.push((before + service.seconds.unwrap_or_default(), longest));
            places.insert(service.service.as_str(), place);
        }
        let mut at =
            (0..lengths.len()).max_by(|one, two| lengths[*one].0.total_cmp(&lengths[*two].0).then(two.cmp(one)));
        let seconds = at.map_or(0.0, |last| lengths[last].0);
        let mut chain = Vec::new();
        while let Some(place) = at {
            chain.push(self.services[place].service.clone());
            at = lengths[place].1;
        }
        chain.reverse();
        (seconds, chain)
    }
}
