use std::collections::{BTreeMap, BTreeSet};

use super::{Begun, EndedBuilds, Recorded, Recording, RefState, Written, due_services};
use crate::inputs::git::{self, Missing, MovableFrom, RemoteError, Swap, Swapped};
use crate::model::built_ref;
use crate::model::name::{CommitId, ServiceId};
use crate::plan::pipeline::Error;

/// The steps of a run after its builds.
impl Recording<'_> {
    /// Moves the built refs of a run's services, and removes the marks of services whose results are known.
    ///
    /// # Errors
    /// When this clone cannot be read or written. A failure of the remote is not returned as an error but in
    /// [`Written::trouble`], since the refs in this clone are valid.
    pub fn end(&self, begun: &Begun, ended: &EndedBuilds) -> Result<Written, Error> {
        let (now, trouble) = match self.standing() {
            Ok(now) => (now, None),
            Err(Error::Remote(trouble)) => (RefState::here(self.repository, self.environment)?, Some(trouble)),
            Err(error) => return Err(error),
        };
        let held = self.held(begun, ended, &now)?;
        let foreseen = self.foresee_from(&held.keys().copied().collect::<Vec<_>>(), &begun.before, &now);
        let recorded = held.into_iter().zip(foreseen).map(|((service, on), foreseen)| match foreseen {
            // Another run has recorded the service, and its ref says more than the dependency.
            Swapped::Superseded(_) | Swapped::Elsewhere(_) => (service, Recorded::Swapped(foreseen)),
            Swapped::Moved(_) | Swapped::There => (service, Recorded::StandsOn(on)),
        });
        let mut services: BTreeMap<ServiceId, Recorded> = recorded.collect();
        let free: Vec<ServiceId> =
            ended.built.union(&ended.found).copied().filter(|service| !services.contains_key(service)).collect();
        let (recorded, trouble) = self.record(&free, &begun.before, trouble)?;
        services.extend(free.into_iter().zip(recorded));
        services.extend(ended.doubtful.iter().map(|service| (*service, Recorded::Doubtful)));
        let (awaiting_tags, unmarked) = self.settle_marks(begun, ended, &services, &now, trouble.is_none())?;
        let here = RefState::here(self.repository, self.environment)?;
        // The marks of services whose refs have moved are removed later, when the images have their tags.
        let is_settled_later = |service: &&ServiceId| {
            awaiting_tags.contains(service) && matches!(services.get(service), Some(Recorded::Swapped(_)))
        };
        let left = begun.marked.iter().filter(|service| !is_settled_later(service)).filter_map(|service| {
            let mark = here.begun(self.name(*service)).filter(|mark| Some(*mark) == begun.token)?;
            Some(self.mark(*service, mark))
        });
        let marks = left.collect();
        let is_recorded = |service: &&ServiceId| services.get(service).is_some_and(|recorded| recorded.holds());
        let contested = begun.contested.iter().filter(is_recorded).copied().collect();
        Ok(Written { services, awaiting_tags, contested, marks, trouble: trouble.or(unmarked) })
    }

    /// Returns each of these services whose built ref is now at a descendant of this run's commit, with this
    /// descendant.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn overtaken(&self, services: &[ServiceId]) -> Result<BTreeMap<ServiceId, CommitId>, Error> {
        let foreseen = self.foresee(services, &self.standing()?);
        let overtaken = services.iter().zip(foreseen).filter_map(|(service, swapped)| match swapped {
            Swapped::Superseded(by) => Some((*service, by)),
            Swapped::Moved(_) | Swapped::There | Swapped::Elsewhere(_) => None,
        });
        Ok(overtaken.collect())
    }

    /// Moves built refs back to where they were before this run moved them, except for refs that have been moved again
    /// since. Marks the services, so that they are due: the next plan contains them. Returns the error of the remote,
    /// if there was one.
    ///
    /// # Errors
    /// When this clone cannot be read or written.
    pub fn take_back(
        &self,
        begun: &Begun,
        services: &[(ServiceId, Option<CommitId>)],
    ) -> Result<Option<RemoteError>, Error> {
        let reference = |service: ServiceId| built_ref::reference(self.environment, self.name(service).as_str());
        let (mut swaps, mut take) = (Vec::new(), Vec::new());
        for (service, before) in services {
            match before {
                Some(before) => swaps.push(Swap {
                    reference: reference(*service),
                    to: *before,
                    from: MovableFrom::Seen(Some(self.commit)),
                }),
                None => take.push((reference(*service), self.commit)),
            }
        }
        let marks: Vec<_> = services.iter().filter_map(|(service, _)| self.own_mark(begun, *service)).collect();
        self.repository.put_refs(&marks)?;
        swaps.iter().try_for_each(|swap| self.repository.swap(swap).map(drop))?;
        self.repository.take_refs(&take)?;
        let Some(remote) = self.remote.as_deref() else { return Ok(None) };
        let marks = if begun.is_refused { Vec::new() } else { marks };
        let sent = self.repository.push_refs(remote, &marks, &take);
        let prefix = built_ref::prefix(self.environment);
        Ok(sent.and_then(|()| self.repository.push_swaps(remote, &prefix, &swaps).map(drop)).err())
    }

    /// Settles the marks of services whose images awaited their tags. It removes the marks of the services in `tagged`,
    /// whose images have their tags now, and restores the marks of those in `lost`, whose results turned out to be
    /// missing. Returns the error of the remote, if there was one.
    ///
    /// # Errors
    /// When this clone cannot be written.
    pub fn settle_tagged(
        &self,
        begun: &Begun,
        tagged: &BTreeSet<ServiceId>,
        lost: &BTreeSet<ServiceId>,
    ) -> Result<Option<RemoteError>, Error> {
        let marks = |services: &BTreeSet<ServiceId>| -> Vec<(String, CommitId)> {
            services.iter().filter_map(|service| self.own_mark(begun, *service)).collect()
        };
        let (put, take) = (marks(lost), marks(tagged));
        self.repository.put_refs(&put)?;
        self.repository.take_refs(&take)?;
        let remote = self.remote.as_deref().filter(|_| !begun.is_refused);
        Ok(remote.and_then(|remote| self.repository.push_refs(remote, &put, &take).err()))
    }

    /// Moves the built refs of services, first at the remote and then in this clone. The result at the remote decides.
    /// If there is no remote, or if it fails, the refs are moved only in this clone.
    fn record(
        &self,
        services: &[ServiceId],
        before: &RefState,
        trouble: Option<RemoteError>,
    ) -> Result<(Vec<Recorded>, Option<RemoteError>), Error> {
        let swaps: Vec<Swap> = services.iter().map(|service| self.swap(*service, before)).collect();
        let (there, trouble) = match (self.remote.as_deref(), trouble) {
            (Some(remote), None) => {
                let prefix = built_ref::prefix(self.environment);
                match self.repository.push_swaps(remote, &prefix, &swaps) {
                    Ok(there) => (Some(there), None),
                    Err(trouble) => (None, Some(trouble)),
                }
            }
            (_, trouble) => (None, trouble),
        };
        if let Some(there) = there {
            swaps.iter().zip(&there).try_for_each(|(swap, swapped)| self.copy(swap, *swapped))?;
            return Ok((there.into_iter().map(Recorded::Swapped).collect(), None));
        }
        let here = services.iter().zip(&swaps).map(|(service, swap)| {
            let swapped = self.repository.swap(swap)?;
            Ok(match trouble {
                Some(_) if swapped.holds() => Recorded::NotSent(before.built(self.name(*service))),
                _ => Recorded::Swapped(swapped),
            })
        });
        Ok((here.collect::<Result<_, git::GitError>>()?, trouble))
    }

    /// Sets a ref in this clone to the commit that it has at the remote.
    fn copy(&self, swap: &Swap, there: Swapped) -> Result<(), git::GitError> {
        let at = match there {
            Swapped::Moved(_) | Swapped::There => swap.to,
            Swapped::Superseded(at) | Swapped::Elsewhere(at) => at,
        };
        if self.repository.contains(&at) { self.repository.put_refs(&[(swap.reference.clone(), at)]) } else { Ok(()) }
    }

    /// Removes marks in this clone and at the remote: those of services that were recorded, and those of services whose
    /// builds did not begin. The marks of services whose results are not known stay. A mark that another run has
    /// replaced or removed is set again, since it is not known which of the two results the environment has.
    ///
    /// Returns the recorded services that keep their marks until their images have their tags, and the error of the
    /// remote, if there was one.
    fn settle_marks(
        &self,
        begun: &Begun,
        ended: &EndedBuilds,
        recorded: &BTreeMap<ServiceId, Recorded>,
        now: &RefState,
        is_remote_there: bool,
    ) -> Result<(BTreeSet<ServiceId>, Option<RemoteError>), Error> {
        let here = RefState::here(self.repository, self.environment)?;
        let is_ours = |service: ServiceId| {
            let stands = |at: &RefState| at.begun(self.name(service)) == begun.token;
            !begun.contested.contains(&service) && stands(&here) && (begun.is_refused || stands(now))
        };
        let (mut put, mut take, mut remote_take) = (Vec::new(), Vec::new(), Vec::new());
        let mut awaiting_tags = BTreeSet::new();
        for service in begun.marked.iter().chain(recorded.keys()).copied().collect::<BTreeSet<_>>() {
            let is_marked = begun.marked.contains(&service);
            let is_begun = [&ended.built, &ended.failed, &ended.doubtful].iter().any(|ended| ended.contains(&service));
            let holds = recorded.get(&service).is_some_and(|recorded| recorded.holds());
            if is_marked && is_begun && !is_ours(service) {
                put.extend(begun.token.map(|token| self.mark(service, token)));
                continue;
            }
            if begun.contested.contains(&service) {
                continue;
            }
            if holds && ended.awaiting_tags.contains(&service) {
                awaiting_tags.insert(service);
                continue;
            }
            let done = |before: &RefState, now: &RefState| {
                let earlier = before.begun(self.name(service));
                let expected = if is_marked { begun.token } else { earlier };
                let is_done = holds || (is_marked && !is_begun && earlier.is_none());
                let mark = now.begun(self.name(service)).filter(|mark| is_done && Some(*mark) == expected);
                mark.map(|mark| self.mark(service, mark))
            };
            take.extend(done(&begun.here, &here));
            remote_take.extend(done(&begun.before, now));
        }
        let is_remote_there = is_remote_there && !begun.is_refused;
        self.repository.put_refs(&put)?;
        self.repository.take_refs(&take)?;
        let remote = self.remote.as_deref().filter(|_| is_remote_there);
        let trouble = remote.and_then(|remote| self.repository.push_refs(remote, &put, &remote_take).err());
        Ok((awaiting_tags, trouble))
    }

    /// Returns the built services that may not be recorded, each with the dependency that is the reason. This
    /// dependency is due and was not built in this run, may not be recorded itself, or has a result that another run
    /// may have replaced.
    fn held(
        &self,
        begun: &Begun,
        ended: &EndedBuilds,
        now: &RefState,
    ) -> Result<BTreeMap<ServiceId, ServiceId>, Error> {
        let graph = &self.config.graph;
        let others: BTreeSet<ServiceId> = ended
            .built
            .iter()
            .flat_map(|service| self.stands_on(*service))
            .filter(|service| [&ended.built, &ended.found, &ended.beside].iter().all(|ended| !ended.contains(service)))
            .filter(|service| !self.is_known_to_be_done(*service, now))
            .collect();
        let is_missing = |service: &ServiceId| {
            now.built(self.name(*service)).is_some_and(|commit| !self.repository.contains(&commit))
        };
        if others.iter().any(is_missing) {
            let remote = self.remote.clone().unwrap_or_else(|| self.repository.remote());
            let prefixes = RefState::prefixes(self.environment);
            self.repository.fetch_missing(&Missing::Refs { remote, prefixes });
        }
        let due = if others.is_empty() { BTreeSet::new() } else { due_services::due(self, &others, now)? };
        // Whether this run built a service, and another run built it after that.
        let is_overtaken = |service: &ServiceId| {
            let is_lost = !begun.is_refused && now.begun(self.name(*service)) != begun.token;
            begun.contested.contains(service) || begun.marked.contains(service) && is_lost
        };
        let mut held = BTreeMap::new();
        for service in graph.build_order().iter().filter(|service| ended.built.contains(service)) {
            let is_other = |on: &ServiceId| held.contains_key(on) || due.contains(on) || is_overtaken(on);
            let on = self.stands_on(*service).into_iter().find(is_other);
            held.extend(on.map(|on| (*service, on)));
        }
        Ok(held)
    }

    /// Whether a service is certainly not due: its built ref is at this run's commit, and the service has no mark. The
    /// commits in a saved plan are not used for this, since the plan may come from anywhere.
    fn is_known_to_be_done(&self, service: ServiceId, now: &RefState) -> bool {
        let name = self.name(service);
        now.begun(name).is_none() && now.built(name) == Some(self.commit)
    }
}
