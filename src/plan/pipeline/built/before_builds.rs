use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};

use super::{Begun, Newer, Outlook, Recording, RefState, Rule, seen};
use crate::inputs::git::{RemoteError, Swap, Swapped};
use crate::model::built_ref;
use crate::model::name::{CommitId, ServiceId};
use crate::plan::Plan;
use crate::plan::pipeline::Error;

/// The steps of a run before its builds.
impl Recording<'_> {
    /// Reads the built refs and marks: those of the remote if the run pushes refs to it, else those of this clone.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn standing(&self) -> Result<RefState, Error> {
        Ok(match &self.remote {
            Some(remote) => RefState::at(self.repository, remote, self.environment)?,
            None => RefState::here(self.repository, self.environment)?,
        })
    }

    /// Returns the services of a plan that need not be built, since a run of a later commit has built them, and the
    /// services that this run cannot record. `before` has the refs from when the run begins.
    #[must_use]
    pub fn outlook(&self, plan: &Plan, before: &RefState) -> Outlook {
        let graph = &self.config.graph;
        let services: Vec<ServiceId> = plan.services.iter().filter_map(|service| graph.id(&service.service)).collect();
        let mut outlook = Outlook::default();
        for (service, foreseen) in services.iter().zip(self.foresee(&services, before)) {
            // The result of the dependency is of a later commit, so a service that needs it cannot be built at this
            // commit.
            let need = self.stands_on(*service).into_iter().find(|on| outlook.superseded.contains_key(on));
            match (foreseen, need) {
                (Swapped::Elsewhere(at), _) => outlook.elsewhere.push((*service, at)),
                (Swapped::Superseded(by), _) => _ = outlook.superseded.insert(*service, Newer::Itself(by)),
                (Swapped::Moved(_) | Swapped::There, Some(need)) => {
                    _ = outlook.superseded.insert(*service, Newer::Needed(need));
                }
                (Swapped::Moved(_) | Swapped::There, None) => {}
            }
        }
        outlook
    }

    /// Returns, for each of these services, the outcome that recording the service will have if no run moves its ref in
    /// the meantime.
    pub(super) fn foresee(&self, services: &[ServiceId], standing: &RefState) -> Vec<Swapped> {
        self.foresee_from(services, standing, standing)
    }

    /// Returns the same for a run that has begun when the refs were as in `before`, and they are as in `now`.
    pub(super) fn foresee_from(&self, services: &[ServiceId], before: &RefState, now: &RefState) -> Vec<Swapped> {
        let swaps: Vec<Swap> = services.iter().map(|service| self.swap(*service, before)).collect();
        let at: Vec<Option<CommitId>> = services.iter().map(|service| now.built(self.name(*service))).collect();
        if let Some(remote) = &self.remote {
            let refs = swaps.iter().zip(&at).filter_map(|(swap, at)| Some((swap.reference.as_str(), (*at)?)));
            self.repository.bring(remote, refs);
        }
        swaps.iter().zip(at).map(|(swap, at)| self.repository.judge(swap, at)).collect()
    }

    /// Marks services as begun. Until their builds are recorded, it is not known which results the environment has.
    /// Also returns the error of the remote, if there was one.
    ///
    /// # Errors
    /// When a mark cannot be written in this clone.
    pub fn begin(&self, services: &[ServiceId], before: RefState) -> Result<(Begun, Option<RemoteError>), Error> {
        let token = self.repository.token(&random())?;
        let marks: Vec<_> = services.iter().map(|service| (*service, token)).collect();
        self.begin_with(&marks, token, before)
    }

    /// Sets the mark of each of these services to an object. `token` is the one that is this run's own. If another run
    /// has marked a service at the remote since `before` was read, the service is contested.
    fn begin_with(
        &self,
        marks: &[(ServiceId, CommitId)],
        token: CommitId,
        before: RefState,
    ) -> Result<(Begun, Option<RemoteError>), Error> {
        let marked = marks.iter().map(|(service, _)| *service).collect();
        let here = RefState::here(self.repository, self.environment)?;
        let refs: Vec<_> = marks.iter().map(|(service, token)| self.mark(*service, *token)).collect();
        self.repository.put_refs(&refs)?;
        let mut contested = BTreeSet::new();
        let mut trouble = None;
        if let Some(remote) = self.remote.as_ref().filter(|_| !refs.is_empty()) {
            let seen = marks.iter().map(|(service, _)| before.begun(self.name(*service)));
            let pushed = self.repository.replace_refs(remote, refs.into_iter().zip(seen));
            match pushed.and_then(|are_all| {
                if are_all { Ok(None) } else { RefState::at(self.repository, remote, self.environment).map(Some) }
            }) {
                Ok(None) => {}
                Ok(Some(now)) => {
                    let is_lost =
                        |(service, mark): &&(ServiceId, CommitId)| now.begun(self.name(*service)) != Some(*mark);
                    contested = marks.iter().filter(is_lost).map(|(service, _)| *service).collect();
                }
                Err(error) => trouble = Some(error),
            }
        }
        let is_refused = trouble.as_ref().is_some_and(RemoteError::is_refusal);
        let started = BTreeSet::new();
        Ok((
            Begun {
                before,
                here,
                marked,
                token: Some(token),
                started,
                contested,
                is_refused,
                unmarked: BTreeSet::new(),
            },
            trouble,
        ))
    }

    /// Marks services whose builds have ended in other jobs, as [`begin`](Self::begin) does; `ended` has all services of
    /// these jobs. If another run has marked a service since the plan was made, it is not known which of the two
    /// results the environment has, so the service keeps a mark that no run takes for its own. `what` is what these jobs
    /// report: the marks of a record that is made once more are the same.
    ///
    /// # Errors
    /// When a mark cannot be written in this clone.
    pub fn begin_after(
        &self,
        services: &BTreeSet<ServiceId>,
        ended: &BTreeSet<ServiceId>,
        before: RefState,
        what: &str,
    ) -> Result<(Begun, Option<RemoteError>), Error> {
        let token = self.repository.token(&hashed(self.plan, what))?;
        let here = RefState::here(self.repository, self.environment)?;
        let is_of_another = |service: &ServiceId, at: &RefState| {
            let name = self.name(*service);
            let seen = || self.plan?.begun.get(name.as_str())?.parse().ok();
            at.begun(name).is_some_and(|mark| mark != token && Some(mark) != seen())
        };
        let is_contested = |service: &ServiceId| {
            self.rule != Rule::Anywhere && [&before, &here].into_iter().any(|at| is_of_another(service, at))
        };
        let mut contested: BTreeSet<ServiceId> = services.union(ended).copied().filter(is_contested).collect();
        let mut marks: Vec<_> = services.difference(&contested).map(|service| (*service, token)).collect();
        if !contested.is_empty() {
            let stray = self.repository.token(&random())?;
            marks.extend(contested.iter().map(|service| (*service, stray)));
        }
        let (begun, trouble) = self.begin_with(&marks, token, before)?;
        // A run that has marked a service since the refs were read was faster, and its mark stays.
        contested.extend(begun.contested.iter().copied());
        let marked = begun.marked.difference(&contested).copied().collect();
        Ok((Begun { marked, contested, ..begun }, trouble))
    }

    /// Marks services that a run without `--record` builds, as [`begin`](Self::begin) does. Only services with a built
    /// ref (in `before`, in this clone or in the plan) or with a mark of another run are marked. A service that was
    /// never built is due anyway.
    ///
    /// # Errors
    /// When a mark cannot be written in this clone.
    pub fn begin_unrecorded(
        &self,
        services: &[ServiceId],
        before: RefState,
    ) -> Result<(Begun, Option<RemoteError>), Error> {
        let here = RefState::here(self.repository, self.environment)?;
        let is_known = |service: &ServiceId| {
            let name = self.name(*service);
            let seen = || self.plan.and_then(|plan| seen(plan, name));
            let is_begun = before.begun(name).or_else(|| here.begun(name)).is_some();
            is_begun || before.built(name).or_else(|| here.built(name)).or_else(seen).is_some()
        };
        let known: Vec<ServiceId> = services.iter().copied().filter(is_known).collect();
        let (mut begun, trouble) =
            if known.is_empty() { (Begun::elsewhere(before, here), None) } else { self.begin(&known, before)? };
        begun.unmarked = services.iter().copied().filter(|service| !begun.marked.contains(service)).collect();
        Ok((begun, trouble))
    }

    /// Restores a service's mark in this clone if another run has replaced or removed it, so that the service stays due
    /// if this run is killed. This is for the moments just before and just after the service's build. A service without
    /// a mark gets one if another run has recorded or begun a build of it since this run began.
    ///
    /// # Errors
    /// When the mark cannot be read or written.
    pub fn mark_again(&self, begun: &mut Begun, service: ServiceId) -> Result<(), Error> {
        if begun.unmarked.contains(&service) {
            let name = self.name(service).as_str();
            let refs = [built_ref::reference(self.environment, name), built_ref::begun(self.environment, name)];
            if refs.iter().all(|name| self.repository.reference_id(name).is_none()) {
                return Ok(());
            }
            // Another run has recorded the service since this run began, or has begun to build it.
            begun.unmarked.remove(&service);
            begun.marked.insert(service);
            if begun.token.is_none() {
                begun.token = Some(self.repository.token(&random())?);
            }
        }
        let (true, Some(token)) = (begun.marked.contains(&service), begun.token) else { return Ok(()) };
        begun.started.insert(service);
        let (mark, token) = self.mark(service, token);
        if self.repository.reference_id(&mark) != Some(token) {
            begun.contested.insert(service);
            self.repository.put_refs(&[(mark, token)])?;
        }
        Ok(())
    }

    /// Restores the marks of this run at the remote, as [`mark_again`](Self::mark_again) does in this clone.
    ///
    /// # Errors
    /// When the remote cannot be reached or refuses the marks.
    pub fn mark_again_at_remote(&self, begun: &mut Begun) -> Result<(), RemoteError> {
        let (Some(remote), Some(token), false) = (&self.remote, begun.token, begun.is_refused) else { return Ok(()) };
        let now = RefState::at(self.repository, remote, self.environment)?;
        let is_lost = |service: &&ServiceId| now.begun(self.name(**service)) != Some(token);
        let lost: Vec<ServiceId> = begun.started.iter().filter(is_lost).copied().collect();
        let marks: Vec<_> = lost.iter().map(|service| self.mark(*service, token)).collect();
        begun.contested.extend(lost);
        if marks.is_empty() { Ok(()) } else { self.repository.push_refs(remote, &marks, &[]) }
    }
}

/// Returns a name for a run that no other run has.
fn random() -> String {
    let [first, second] = [(); 2].map(|()| RandomState::new().build_hasher().finish());
    format!("{first:016x}{second:016x}")
}

/// Returns a name for the runs that record what jobs report of a plan's builds.
fn hashed(plan: Option<&Plan>, what: &str) -> String {
    let mut hasher = DefaultHasher::new();
    plan.map(Plan::to_json).hash(&mut hasher);
    what.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
