//! Runs in an environment: what they plan, build and record, and what they leave.

use std::collections::BTreeMap;
use std::path::Path;

use rebake::analysis::base::{self, Compare, Since};
use rebake::config::Config;
use rebake::inputs::git::Repository;
use rebake::inputs::trigger::Trigger;
use rebake::model::name::{CommitId, ServiceId};
use rebake::plan::Plan;
use rebake::plan::pipeline::{
    self, Begun, ConfigFile, Dead, EndedBuilds, Outlook, Recording, Request, Rule, Unmatched, WorkspaceView,
};

use super::Figures;
use super::world::{LIBRARIES, SERVICES, World};
use crate::random::Random;

/// An environment: what it holds of each service, and how it came to that.
pub(super) struct Environment {
    name: &'static str,
    holds: BTreeMap<usize, String>,
    told: Vec<String>,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To its end, whatever fails on the way.
    Whole,
    /// Some of its builds fail, after they have written something.
    Failing,
    /// Until somebody cancels it: what was built by then is recorded.
    Cancelled,
    /// Until it is killed: nothing is recorded.
    Killed,
    /// Without `--record`.
    Unrecorded,
}

/// A run that has planned, and is to build.
pub(super) struct Planned {
    plan: Plan,
    file: ConfigFile,
    config: Config,
    number: usize,
    commit: CommitId,
    kind: Kind,
    is_limited: bool,
    /// How much had happened when it planned.
    age: usize,
}

/// A run that builds.
pub(super) struct Open {
    run: Planned,
    begun: Begun,
    services: Vec<ServiceId>,
    /// How many of them had their turn, and how many will have.
    next: usize,
    end: usize,
    ended: EndedBuilds,
    /// Whether it is about all that is due now.
    is_whole: bool,
    age: usize,
}

impl Planned {
    fn recording<'a>(&'a self, repository: &'a Repository, environment: &'a str) -> Recording<'a> {
        Recording {
            repository,
            file: &self.file,
            config: &self.config,
            environment,
            commit: self.commit,
            plan: Some(&self.plan),
            remote: None,
            rule: Rule::Seen,
        }
    }
}

impl Kind {
    fn any(random: &mut Random) -> Self {
        *random.pick(&[
            Self::Whole,
            Self::Whole,
            Self::Whole,
            Self::Whole,
            Self::Failing,
            Self::Cancelled,
            Self::Killed,
            Self::Unrecorded,
        ])
    }
}

impl Environment {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, holds: BTreeMap::new(), told: Vec::new() }
    }

    /// Plans a run at a commit.
    pub(super) fn plan(
        &mut self,
        repository: &Repository,
        dir: &Path,
        worlds: &[World],
        (number, commit): (usize, CommitId),
        random: &mut Random,
        figures: &mut Figures,
    ) -> Planned {
        let kind = Kind::any(random);
        let file = ConfigFile::find(repository, None, dir, Some(&commit)).unwrap();
        let (file, checked) = file.check(repository, Some(&commit)).unwrap();
        let config = checked.unwrap().0;
        let compare = if random.one_in(8) { Compare::Everything } else { Compare::Since(Since::Built) };
        let only: Vec<String> =
            if random.one_in(5) { vec![format!("s{}", random.below(SERVICES))] } else { Vec::new() };
        let is_limited = !only.is_empty();
        let everything = matches!(compare, Compare::Everything);
        let request = Request {
            base: base::RangeRequest { head: Some(commit.to_string()), compare, default_branch: None },
            only,
            environment: Some(self.name.to_owned()),
            dead: Dead::Allow,
            unmatched: Unmatched::Ignore,
            ..Request::default()
        };
        let plan = pipeline::plan(
            &WorkspaceView { repository, file: &file, config: &config, trigger: &Trigger::local() },
            &request,
            &mut |_| {},
        )
        .unwrap()
        .plan;
        let plan = plan.without_libraries().into_owned();
        let names: Vec<&str> = plan.services.iter().map(|service| service.service.as_str()).collect();
        self.told.push(format!("{} plans {number} {kind:?}, limited: {is_limited}: {names:?}", self.name));
        if !everything {
            figures.planned += names.len();
            let has = |name: &&&str| self.holds.get(&number_of(name)) == Some(&worlds[number].clean(number_of(name)));
            figures.needless += names.iter().filter(has).count();
        }
        Planned { plan, file, config, number, commit, kind, is_limited, age: self.told.len() }
    }

    /// Builds and records what was planned, and compares what there is then.
    pub(super) fn carry_out(
        &mut self,
        repository: &Repository,
        worlds: &[World],
        run: Planned,
        random: &mut Random,
        figures: &mut Figures,
    ) {
        if let Some(open) = self.start(repository, worlds, run, random, figures) {
            self.finish(repository, worlds, open, random, figures);
        }
    }

    /// Begins to build, and gets so far that others may build in between; none where there is nothing to finish.
    pub(super) fn start(
        &mut self,
        repository: &Repository,
        worlds: &[World],
        run: Planned,
        random: &mut Random,
        figures: &mut Figures,
    ) -> Option<Open> {
        let is_late = run.age != self.told.len();
        self.told.push(format!("{} begins to build {}, late: {is_late}", self.name, run.number));
        let recording = run.recording(repository, self.name);
        let before = recording.standing().unwrap();
        let outlook = match run.kind {
            Kind::Unrecorded => Outlook::default(),
            _ => recording.outlook(&run.plan, &before),
        };
        if !outlook.elsewhere.is_empty() {
            figures.refused += 1;
            self.told.push("  refused".to_owned());
            return None;
        }
        figures.superseded += outlook.superseded.len();
        let ids = run.plan.services.iter().map(|service| run.config.graph.id(&service.service).unwrap());
        let services: Vec<ServiceId> = ids.filter(|id| !outlook.superseded.contains_key(id)).collect();
        let (begun, _) = match run.kind {
            Kind::Unrecorded => recording.begin_unrecorded(&services, before),
            _ => recording.begin(&services, before),
        }
        .unwrap();
        // Nothing can have overtaken a run that has just planned.
        let is_whole = !is_late && !run.is_limited;
        let end = match run.kind {
            Kind::Whole | Kind::Failing | Kind::Unrecorded => services.len(),
            Kind::Cancelled | Kind::Killed => random.below(services.len() + 1),
        };
        let mut open = Open { run, begun, services, next: 0, end, ended: EndedBuilds::default(), is_whole, age: 0 };
        let first = random.below(open.end + 1);
        self.build(repository, worlds, &mut open, first, random);
        open.age = self.told.len();
        Some(open)
    }

    /// Builds the rest, and records.
    pub(super) fn finish(
        &mut self,
        repository: &Repository,
        worlds: &[World],
        mut open: Open,
        random: &mut Random,
        figures: &mut Figures,
    ) {
        let is_alone = open.age == self.told.len();
        if !is_alone {
            figures.overlapping += 1;
            self.told.push(format!("{} goes on to build {}", self.name, open.run.number));
        }
        let is_killed = open.run.kind == Kind::Killed && !open.services.is_empty();
        let end = open.end;
        self.build(repository, worlds, &mut open, end, random);
        if is_killed {
            // Also after it has built over what a later run recorded.
            figures.killed_late += usize::from(!is_alone);
            return;
        }
        if open.run.kind == Kind::Unrecorded {
            let EndedBuilds { built, failed, doubtful, .. } = std::mem::take(&mut open.ended);
            open.ended.failed = [built, failed, doubtful].into_iter().flatten().collect();
        }
        let recording = open.run.recording(repository, self.name);
        let written = recording.end(&open.begun, &open.ended).unwrap();
        self.told.push(format!("  wrote {:?}", written.services));
        let is_recorded = written.services.values().all(|recorded| recorded.holds());
        if is_alone && open.is_whole && open.ended.built.len() == open.services.len() && is_recorded {
            figures.checked += 1;
            self.compare(&worlds[open.run.number]);
        }
    }

    /// Builds services in turn, up to one of them.
    fn build(&mut self, repository: &Repository, worlds: &[World], open: &mut Open, end: usize, random: &mut Random) {
        let Open { run, begun, services, ended, .. } = open;
        let recording = run.recording(repository, self.name);
        for id in &services[open.next..end] {
            let service = number_of(run.config.graph.name(*id).as_str());
            let planned = run.plan.service(run.config.graph.name(*id).as_str()).unwrap();
            let is_blocked = planned.needs.iter().any(|need| {
                let need = run.config.graph.id(need).unwrap();
                services.contains(&need) && !ended.built.contains(&need) && !ended.doubtful.contains(&need)
            });
            if is_blocked {
                continue;
            }
            recording.mark_again(begun, *id).unwrap();
            if matches!(run.kind, Kind::Failing | Kind::Unrecorded) && random.one_in(3) {
                self.told.push(format!("  s{service} fails"));
                if random.one_in(2) {
                    self.holds.insert(service, "half".to_owned());
                }
                ended.failed.insert(*id);
                continue;
            }
            let has = |other: usize| self.holds.get(&other).cloned().unwrap_or_default();
            // Another commit may be checked out while it is built.
            let moved = random.one_in(15).then(|| random.below(worlds.len()));
            let made = worlds[moved.unwrap_or(run.number)].build(service, &has);
            self.told.push(format!("  s{service} is built, of {moved:?}"));
            self.holds.insert(service, made);
            recording.mark_again(begun, *id).unwrap();
            match moved {
                Some(_) => _ = ended.doubtful.insert(*id),
                None => _ = ended.built.insert(*id),
            }
        }
        open.next = end;
    }

    fn compare(&self, world: &World) {
        for service in (0..SERVICES).filter(|service| !LIBRARIES.contains(service)) {
            let clean = world.clean(service);
            assert_eq!(self.holds.get(&service), Some(&clean), "s{service} was missed:\n{}", self.told.join("\n"));
        }
    }
}

fn number_of(name: &str) -> usize {
    name[1..].parse().unwrap()
}
