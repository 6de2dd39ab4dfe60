use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{EmitError, Pack};
use crate::model::job_settings::JobEngine;
use crate::model::name::{Escaped, ServiceName};
use crate::plan::{Plan, PlannedService, level};

/// A job of a CI engine.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job<'a> {
    /// Its name: for one service the service's name (`api`), for several services that share a job the name of the
    /// first and the number of the others (`api+2`), for a packed job a word and a number (`level-0`).
    pub(super) name: String,
    /// The services that it builds, in build order.
    pub(super) services: Vec<&'a PlannedService>,
    /// The positions of the jobs that must succeed before this job. They are smaller than the position of this job.
    pub(super) needs: Vec<usize>,
    /// Its level: 0 for a job that needs no other job, else one more than the highest level of the jobs that it needs.
    pub(super) level: usize,
}

impl Job<'_> {
    /// Returns the names of its services separated by commas, as `--only` accepts them.
    pub(super) fn only(&self) -> String {
        self.services.iter().map(|service| service.service.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Returns the settings that its services have for jobs of an engine (`ci` in filters.yaml).
    ///
    /// When two of its services have different settings, or a service has a setting that jobs of this engine do not
    /// accept. A plan that rebake made has no such setting, but a saved plan may have been edited.
    pub(super) fn settings(&self, engine: JobEngine) -> Result<Map<String, Value>, EmitError> {
        let Some(first) = self.services.first() else { return Ok(Map::new()) };
        let settings = asked(first, engine)?;
        for other in &self.services[1..] {
            if asked(other, engine)? != settings {
                let [one, other] = [first, other].map(|service| Escaped::new(&service.service).to_string());
                return Err(EmitError::DifferentSettings { engine: engine.word(), one, other });
            }
        }
        Ok(settings)
    }

    /// Returns its time limit in minutes: the sum of the time limits of its services' builds, plus [`AROUND_MINUTES`].
    /// `None` if the build of a service has no time limit.
    pub(super) fn minutes(&self) -> Option<u64> {
        let seconds = self
            .services
            .iter()
            .map(|service| service.time_limit)
            .try_fold(0u64, |sum, limit| limit.map(|limit| sum.saturating_add(limit)))?;
        Some(seconds.div_ceil(60).saturating_add(AROUND_MINUTES))
    }
}

/// Returns the settings that a service has for jobs of an engine.
///
/// # Errors
/// When the service has a setting that jobs of this engine do not accept.
fn asked(service: &PlannedService, engine: JobEngine) -> Result<Map<String, Value>, EmitError> {
    let settings = service.ci.get(&engine).cloned().unwrap_or_default();
    match settings.keys().find(|key| !engine.takes(key)) {
        Some(key) => Err(EmitError::Setting { engine: engine.word(), key: Escaped::new(key).to_string() }),
        None => Ok(settings),
    }
}

/// Returns the settings of the job that tags existing images: those of the first service whose image lacks a tag.
///
/// # Errors
/// When that service has a setting that jobs of this engine do not accept. A plan that rebake made has none, but a
/// saved plan may have been edited.
pub(super) fn promote_settings(plan: &Plan, engine: JobEngine) -> Result<Map<String, Value>, EmitError> {
    let lacks = |service: &&PlannedService| service.exists.as_ref().is_some_and(|exists| !exists.lacks.is_empty());
    let first = plan.services.iter().find(lacks);
    first.map_or_else(|| Ok(Map::new()), |service| asked(service, engine))
}

/// How many minutes a job may take in addition to its builds: to fetch the repository and the plan, and to push
/// results.
const AROUND_MINUTES: u64 = 10;

/// The most bytes of the list of a job's services. Jobs get it in a variable, and Linux does not pass a variable longer
/// than 128 KiB to a program.
const LONGEST_ONLY: usize = 100_000;

/// Returns the jobs of a plan in build order.
///
/// # Errors
/// When an engine or a shell could interpret a service's name (in a flat filters.yaml any key is a name), or the names
/// of the services that share a job are too long for a variable.
pub(super) fn jobs(plan: &Plan, pack: Pack) -> Result<Vec<Job<'_>>, EmitError> {
    check_names(plan)?;
    jobs_of_any_name(plan, pack)
}

/// Checks the names of the plan's services.
///
/// # Errors
/// When a CI engine or a shell could interpret a service's name.
pub(super) fn check_names(plan: &Plan) -> Result<(), EmitError> {
    match plan.services.iter().find(|service| ServiceName::parse(&service.service).is_err()) {
        Some(service) => Err(EmitError::ServiceName { name: Escaped::new(&service.service).to_string() }),
        None => Ok(()),
    }
}

/// Returns the jobs of a plan in build order, without a check of the services' names, for formats in which neither an
/// engine nor a shell interprets names. The level of a job is computed from `needs`, since the levels in a saved plan
/// may have been edited.
///
/// # Errors
/// When the names of the services that share a job are too long for a variable.
pub(super) fn jobs_of_any_name(plan: &Plan, pack: Pack) -> Result<Vec<Job<'_>>, EmitError> {
    let needs = needs(plan);
    let jobs = match pack {
        Pack::Image => alone(plan, Groups::of(&needs, &unpushed(plan, &needs))),
        Pack::Service => alone(plan, Groups::of(&needs, &vec![false; needs.len()])),
        Pack::Level => {
            let groups = Groups::of(&needs, &unpushed(plan, &needs));
            let levels: Vec<usize> = groups.numbers.iter().map(|group| groups.levels[*group]).collect();
            let mut jobs = packed(plan, "level", &levels);
            for (level, job) in jobs.iter_mut().enumerate() {
                (job.level, job.needs) = (level, level.checked_sub(1).into_iter().collect());
            }
            jobs
        }
        Pack::Component => packed(plan, "component", &components(&needs)),
        Pack::Jobs(most) => {
            let components = components(&needs);
            packed(plan, "part", &spread(&components, &loads(plan, &components), most.get()))
        }
    };
    match jobs.iter().map(|job| job.only().len()).find(|length| *length > LONGEST_ONLY) {
        Some(length) => Err(EmitError::Limit {
            engine: "the variable of a job",
            what: "the length of its services' names",
            size: length.to_string(),
            limit: LONGEST_ONLY.to_string(),
            cure: "put fewer services into one job with a higher `--pack N`, or choose fewer services with `--only`",
        }),
        None => Ok(jobs),
    }
}

/// Returns a job for each group. A job with one service has the service's name (`api`). A job with several services has
/// the name of the first one and the number of the others (`api+2`).
fn alone<'a>(plan: &'a Plan, groups: Groups) -> Vec<Job<'a>> {
    let Groups { numbers, needs, levels } = groups;
    let mut services = vec![Vec::new(); levels.len()];
    for (service, number) in plan.services.iter().zip(numbers) {
        services[number].push(service);
    }
    let job = |((services, needs), level): ((Vec<&'a PlannedService>, BTreeSet<usize>), usize)| Job {
        // No service has a `+` in its name.
        name: match services.as_slice() {
            [service] => service.service.clone(),
            services => format!("{}+{}", services[0].service, services.len() - 1),
        },
        services,
        needs: needs.into_iter().collect(),
        level,
    };
    services.into_iter().zip(needs).zip(levels).map(job).collect()
}

/// Returns, for each service, whether its dependents must be built on the same machine because its image is not pushed.
/// For a service without an image, the answer is true if it is true for one of its dependencies.
fn unpushed(plan: &Plan, needs: &[Vec<usize>]) -> Vec<bool> {
    let mut unpushed: Vec<bool> = Vec::with_capacity(needs.len());
    for (service, needs) in plan.services.iter().zip(needs) {
        unpushed.push(match service.image {
            Some(_) => !service.push,
            None => needs.iter().any(|need| unpushed[*need]),
        });
    }
    unpushed
}

/// The groups of services that share a job. They are numbered in an order in which the jobs can run.
#[derive(Debug, PartialEq)]
struct Groups {
    /// The number of each service's group.
    numbers: Vec<usize>,
    /// The numbers of the groups that each group needs. They are smaller than its own number.
    needs: Vec<BTreeSet<usize>>,
    /// The level of each group: 0 if it needs no other group, else one more than the highest level of the groups that
    /// it needs.
    levels: Vec<usize>,
}

impl Groups {
    /// Puts a service and a dependency into the same group if both must be built on the same machine: if `unpushed` is
    /// true for the dependency.
    fn of(needs: &[Vec<usize>], unpushed: &[bool]) -> Self {
        let joins = |needs: &Vec<usize>| needs.iter().copied().filter(|need| unpushed[*need]).collect();
        let numbers = components(&needs.iter().map(joins).collect::<Vec<_>>());
        Self::in_order(needs, &numbers).unwrap_or_else(|stuck| {
            // A path of dependencies leads out of a group and back into it, so all services on the path share a job.
            let is_stuck: Vec<bool> = numbers.iter().map(|number| stuck.contains(number)).collect();
            let joins = |(place, needs): (usize, &Vec<usize>)| {
                let joins = |need: &usize| unpushed[*need] || (is_stuck[place] && is_stuck[*need]);
                needs.iter().copied().filter(joins).collect()
            };
            let numbers = components(&needs.iter().enumerate().map(joins).collect::<Vec<_>>());
            Self::in_order(needs, &numbers).unwrap_or_else(|_| {
                let numbers = components(needs);
                let count = numbers.iter().max().map_or(0, |last| last + 1);
                Self { numbers, needs: vec![BTreeSet::new(); count], levels: vec![0; count] }
            })
        })
    }

    /// Numbers groups so that each comes after the groups that it needs. If several groups could be next, the one with
    /// the smallest number in `numbers` comes first.
    ///
    /// # Errors
    /// When groups need each other. The error has the numbers of these groups and of those that need them, directly or
    /// not.
    fn in_order(needs: &[Vec<usize>], numbers: &[usize]) -> Result<Self, BTreeSet<usize>> {
        let count = numbers.iter().max().map_or(0, |last| last + 1);
        let (mut before, mut behind) = (vec![BTreeSet::new(); count], vec![BTreeSet::new(); count]);
        for (place, needs) in needs.iter().enumerate() {
            for need in needs.iter().filter(|need| numbers[**need] != numbers[place]) {
                before[numbers[place]].insert(numbers[*need]);
                behind[numbers[*need]].insert(numbers[place]);
            }
        }
        let mut open: Vec<usize> = before.iter().map(BTreeSet::len).collect();
        let mut ready: BTreeSet<usize> = (0..count).filter(|group| open[*group] == 0).collect();
        let (mut order, mut anew) = (Vec::new(), vec![0; count]);
        while let Some(group) = ready.pop_first() {
            anew[group] = order.len();
            order.push(group);
            for next in &behind[group] {
                open[*next] -= 1;
                if open[*next] == 0 {
                    ready.insert(*next);
                }
            }
        }
        if order.len() < count {
            return Err((0..count).filter(|group| open[*group] > 0).collect());
        }
        let needs = order.iter().map(|group| before[*group].iter().map(|need| anew[*need]).collect());
        let needs: Vec<BTreeSet<usize>> = needs.collect();
        let mut levels: Vec<usize> = Vec::with_capacity(count);
        for needs in &needs {
            levels.push(level(needs.iter().map(|need| levels[*need])));
        }
        Ok(Self { numbers: numbers.iter().map(|number| anew[*number]).collect(), needs, levels })
    }
}

/// Returns the positions in the plan of each service's dependencies. Only dependencies that are before the service in
/// the plan count.
fn needs(plan: &Plan) -> Vec<Vec<usize>> {
    let names = plan.services.iter().enumerate().map(|(place, service)| (service.service.as_str(), place));
    let places: BTreeMap<&str, usize> = names.collect();
    let before = |place: usize, service: &PlannedService| {
        service
            .needs
            .iter()
            .filter_map(|need| places.get(need.as_str()).copied())
            .filter(|need| *need < place)
            .collect()
    };
    plan.services.iter().enumerate().map(|(place, service)| before(place, service)).collect()
}

/// Returns, for each service, the number of its connected component in the dependency graph. Components are numbered in
/// the order of their first services.
fn components(needs: &[Vec<usize>]) -> Vec<usize> {
    // Union-find: each position points to an earlier position of its component, and the first one points to itself.
    let mut leads: Vec<usize> = (0..needs.len()).collect();
    let first = |leads: &mut Vec<usize>, mut place: usize| {
        while leads[place] != place {
            leads[place] = leads[leads[place]];
            place = leads[place];
        }
        place
    };
    for (place, needs) in needs.iter().enumerate() {
        for need in needs {
            let (one, other) = (first(&mut leads, place), first(&mut leads, *need));
            leads[one.max(other)] = one.min(other);
        }
    }
    let mut numbers = BTreeMap::new();
    (0..needs.len())
        .map(|place| {
            let next = numbers.len();
            *numbers.entry(first(&mut leads, place)).or_insert(next)
        })
        .collect()
}

/// Returns the expected build times, in seconds, of the jobs into which `--pack N` packs a plan; `None` for every other
/// value of `--pack`.
#[must_use]
pub fn part_seconds(plan: &Plan, pack: Pack) -> Option<Vec<f64>> {
    let Pack::Jobs(most) = pack else { return None };
    let components = components(&needs(plan));
    let parts = spread(&components, &loads(plan, &components), most.get());
    let mut seconds = vec![0.0; parts.iter().max().map_or(0, |last| last + 1)];
    for (service, part) in plan.services.iter().zip(parts) {
        seconds[part] += service.seconds.unwrap_or_default();
    }
    Some(seconds)
}

/// Returns the load of each component: the sum of its services' expected build times in seconds, or the number of its
/// services if the plan has no times.
fn loads(plan: &Plan, components: &[usize]) -> Vec<f64> {
    let is_timed = plan.services.iter().any(|service| service.seconds.is_some());
    let mut loads = vec![0.0; components.iter().max().map_or(0, |last| last + 1)];
    for (service, component) in plan.services.iter().zip(components) {
        loads[*component] += if is_timed { service.seconds.unwrap_or_default() } else { 1.0 };
    }
    loads
}

/// Returns, for each service, the number of its part, of at most `most` parts. Each component belongs to one part: the
/// heaviest component is assigned first, and each is assigned to the part that has the least load so far. The load of
/// the heaviest part is at most 4/3 of the least possible (Graham, 1969).
fn spread(components: &[usize], weights: &[f64], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|one, two| weights[*two].total_cmp(&weights[*one]));
    let mut loads: Vec<f64> = vec![0.0; most.min(weights.len())];
    let mut parts = vec![0; weights.len()];
    for component in order {
        let lightest = (0..loads.len()).min_by(|one, two| loads[*one].total_cmp(&loads[*two])).unwrap_or_default();
        parts[component] = lightest;
        loads[lightest] += weights[component];
    }
    components.iter().map(|component| parts[*component]).collect()
}

/// Returns a job for each number in `numbers`, with the services that have this number, named `KIND-NUMBER`.
fn packed<'a>(plan: &'a Plan, kind: &str, numbers: &[usize]) -> Vec<Job<'a>> {
    let mut jobs: BTreeMap<usize, Vec<&PlannedService>> = BTreeMap::new();
    for (service, number) in plan.services.iter().zip(numbers) {
        jobs.entry(*number).or_default().push(service);
    }
    let job = |(number, services)| Job { name: format!("{kind}-{number}"), services, needs: Vec::new(), level: 0 };
    jobs.into_iter().map(job).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_takes_as_long_as_all_its_builds() {
        let minutes = |limits: &[Option<u64>]| {
            let services = limits.iter().zip(0..).map(|(limit, number)| {
                let service = format!("s{number}");
                json!({
                    "service": service, "path": service, "causes": [{"kind": "forced"}], "needs": [], "level": 0,
                    "labels": {}, "platforms": [], "push": false, "tags": [], "matrix": {}, "time_limit": limit,
                })
            });
            let plan = json!({
                "schema": 1, "rebake": "0.1.0", "trigger": {"kind": "push"}, "environment": "staging",
                "range": {"source": "given", "worktree": false}, "degraded": [],
                "services": services.collect::<Vec<_>>(), "unaffected": [], "removed": [], "unmatched": [],
                "filters": {}, "any": true,
            });
            let plan = crate::plan::read(&plan.to_string()).unwrap();
            let packed = jobs(&plan, Pack::Level).unwrap();
            assert_eq!(packed.len(), 1);
            packed[0].minutes()
        };
        assert_eq!(minutes(&[Some(900)]), Some(15 + AROUND_MINUTES));
        assert_eq!(minutes(&[Some(61)]), Some(2 + AROUND_MINUTES), "a begun minute counts");
        // The sum is rounded, not each service.
        assert_eq!(minutes(&[Some(900), Some(330), Some(30)]), Some(21 + AROUND_MINUTES));
        assert_eq!(minutes(&[Some(900), None, Some(30)]), None);
    }

    #[test]
    fn components_follow_from_needs() {
        // 0 ← 2 ← 3, 1 ← 4, 5 alone.
        assert_eq!(components(&[vec![], vec![], vec![0], vec![2, 0], vec![1], vec![]]), [0, 1, 0, 0, 1, 2]);
    }

    fn groups(needs: &[Vec<usize>], unpushed: &[usize]) -> (Vec<usize>, Vec<Vec<usize>>, Vec<usize>) {
        let unpushed: Vec<bool> = (0..needs.len()).map(|place| unpushed.contains(&place)).collect();
        let Groups { numbers, needs, levels } = Groups::of(needs, &unpushed);
        (numbers, needs.into_iter().map(|needs| needs.into_iter().collect()).collect(), levels)
    }

    #[test]
    fn services_that_hand_nothing_on_have_jobs_of_their_own() {
        let needs = [vec![], vec![], vec![0], vec![2, 0], vec![1], vec![]];
        let alone = vec![vec![], vec![], vec![0], vec![0, 2], vec![1], vec![]];
        assert_eq!(groups(&needs, &[]), ((0..6).collect(), alone, vec![0, 0, 1, 2, 1, 0]));
        assert_eq!(groups(&[], &[]), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_is_handed_on_joins_those_that_take_it() {
        // 0 ← 2 ← 3, 1 ← 4, 5 alone.
        let needs = [vec![], vec![], vec![0], vec![2, 0], vec![1], vec![]];
        // The image of 0 is not pushed, so 2, which needs it, shares its job, and so does 3.
        assert_eq!(
            groups(&needs, &[0]),
            (vec![0, 1, 0, 0, 2, 3], vec![vec![], vec![], vec![1], vec![]], vec![0, 0, 1, 0])
        );
        assert_eq!(groups(&needs, &[0, 1, 2]).0, [0, 1, 0, 0, 1, 2]);
        // 1 is needed by the group that begins before it.
        assert_eq!(groups(&[vec![], vec![], vec![0, 1]], &[0]), (vec![1, 0, 1], vec![vec![], vec![0]], vec![0, 1]));
    }

    #[test]
    fn a_way_out_of_a_job_and_back_joins_what_it_passes() {
        // The image of 0, which 1 and 3 need, is not pushed; 1 ← 2 ← 3 are pushed. 4 and 5 are unrelated.
        let needs = [vec![], vec![0], vec![1], vec![2, 0], vec![], vec![4]];
        assert_eq!(groups(&needs, &[0]), (vec![0, 0, 0, 0, 1, 2], vec![vec![], vec![], vec![1]], vec![0, 0, 1]));
    }

    #[test]
    fn a_late_edge_joins_two_components() {
        assert_eq!(components(&[vec![], vec![], vec![1], vec![0, 2], vec![]]), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn parts_are_about_equal_and_no_more_than_asked() {
        let components = [0, 1, 0, 0, 1, 2];
        let sizes = [3.0, 2.0, 1.0];
        assert_eq!(spread(&components, &sizes, 2), [0, 1, 0, 0, 1, 1]);
        assert_eq!(spread(&components, &sizes, 1), [0; 6]);
        assert_eq!(spread(&components, &sizes, 9), [0, 1, 0, 0, 1, 2]);
        assert_eq!(spread(&[], &[], 3), [0; 0]);
    }

    #[test]
    fn heavy_components_are_spread_first() {
        // In the order of their numbers, 0 would share a part with 2.
        assert_eq!(spread(&[0, 1, 2], &[1.0, 2.0, 40.0], 2), [1, 1, 0]);
    }

    /// Tries all ways to assign weights to parts, and returns the least load that the heaviest part can have.
    fn least(weights: &[f64], loads: &mut [f64]) -> f64 {
        let Some((weight, rest)) = weights.split_first() else {
            return loads.iter().copied().fold(0.0, f64::max);
        };
        let mut best = f64::INFINITY;
        for part in 0..loads.len() {
            loads[part] += weight;
            best = best.min(least(rest, loads));
            loads[part] -= weight;
        }
        best
    }

    #[test]
    fn the_heaviest_part_is_within_four_thirds_of_the_least() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        for round in 0..400 {
            let weights: Vec<f64> = (0..=next(8)).map(|_| f64::from(u16::try_from(1 + next(60)).unwrap())).collect();
            let most = usize::try_from(1 + next(3)).unwrap();
            let components: Vec<usize> = (0..weights.len()).collect();
            let mut loads = vec![0.0; most];
            for (part, weight) in spread(&components, &weights, most).into_iter().zip(&weights) {
                loads[part] += weight;
            }
            let heaviest = loads.into_iter().fold(0.0, f64::max);
            let least = least(&weights, &mut vec![0.0; most]);
            assert!(heaviest <= least * 4.0 / 3.0 + 1e-9, "round {round}: {weights:?} in {most}: {heaviest}, {least}");
        }
    }
}
