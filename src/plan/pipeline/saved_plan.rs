//! Checks a saved plan against the checked-out configuration, since the plan may come from anywhere.

use std::collections::BTreeSet;

use super::saved_names::SavedNames;
use super::snapshot::{Files, Moment};
use super::{ConfigFile, PushRequest, Snapshot, follow_links, with_local_sources};
use crate::analysis::fingerprint::Fingerprints;
use crate::config::{self, Config, Push};
use crate::inputs::git::{self, Repository};
use crate::inputs::trigger::{Kind, Origin, Trigger};
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, Escaped, ServiceId};
use crate::naming::image::ImageTag;
use crate::plan::{Plan, PlannedService};

/// The facts against which a saved plan is checked.
#[derive(Clone, Copy)]
pub struct SavedPlanContext<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The file that the configuration comes from.
    pub file: &'a ConfigFile,
    /// The configuration.
    pub config: &'a Config,
    /// The event of this run.
    pub trigger: &'a Trigger,
    /// Whether the command line of this run requires or forbids a push.
    pub push: PushRequest,
    /// The version that is given on the command line of this run.
    pub version: Option<&'a str>,
}

impl SavedPlanContext<'_> {
    /// Returns descriptions of the contradictions between a plan and the configuration. A version or a tag is accepted
    /// if the configuration can give it for the plan's event, commit and environment.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn contradictions(&self, plan: &Plan) -> Result<Vec<String>, git::GitError> {
        let Some(environment) = self.config.environments.get(&plan.environment) else {
            let name = Escaped::new(&plan.environment);
            return Ok(vec![format!("there is no environment `{name}` in filters.yaml")]);
        };
        let mut found: Vec<String> = self.of_event(plan).into_iter().collect();
        let mut known = Vec::new();
        let saved = SavedNames::of(self, plan, environment)?;
        for service in &plan.services {
            let name = Escaped::new(&service.service).to_string();
            // `Workspace::recipe` reports a service that the configuration lacks, or has with another path.
            let Some(id) = self.config.graph.id(&service.service) else { continue };
            let named = saved.as_ref().and_then(|saved| saved.contradiction(&self.config.services[id.0], service));
            let said =
                self.of_service(plan, service, id).into_iter().chain(self.of_push(service, environment)).chain(named);
            found.extend(said.map(|said| format!("`{name}`: {said}")));
            known.push((id, service));
        }
        found.extend(self.of_content(plan, &known)?);
        Ok(found)
    }

    /// Returns the contradiction that the plan is for another branch or tag than this run; `None` if it is not. The
    /// jobs of one pipeline have the same branch or tag. Other refs are not compared, since some jobs do not know the
    /// ref of their pull request.
    fn of_event(&self, plan: &Plan) -> Option<String> {
        let named = |reference: &Option<String>| {
            let is_named =
                |named: &String| ["refs/heads/", "refs/tags/"].iter().any(|prefix| named.starts_with(prefix));
            reference.clone().filter(is_named)
        };
        self.trigger.engine?;
        let run = named(&self.trigger.reference)?;
        let planned = named(&plan.trigger.reference)?;
        (run != planned)
            .then(|| format!("it is for {}, and this run is for {}", Escaped::new(&planned), Escaped::new(&run)))
    }

    fn of_service(&self, plan: &Plan, service: &PlannedService, id: ServiceId) -> Vec<String> {
        let configured = &self.config.services[id.0];
        let mut found = Vec::new();
        let image = configured.image.name.as_ref().map(ToString::to_string);
        if service.image != image {
            found.push("filters.yaml has another image".to_owned());
        }
        let tag = |tag: &String| match &image {
            Some(image) => tag.strip_prefix(image.as_str()).and_then(|rest| rest.strip_prefix(':')).map(str::to_owned),
            None => Some(tag.clone()),
        };
        let foreign = service.tags.iter().find(|text| tag(text).is_none_or(|tag| ImageTag::parse(&tag).is_err()));
        if let Some(foreign) = foreign {
            found.push(format!("`{}` is not a tag of its image", Escaped::new(foreign)));
        }
        if service.platforms != configured.platforms {
            found.push("filters.yaml has other platforms".to_owned());
        }
        let planned: BTreeSet<&str> = plan.services.iter().map(|other| other.service.as_str()).collect();
        let needed: BTreeSet<&str> = service.needs.iter().map(String::as_str).collect();
        let configured = self.config.graph.dependencies(id);
        let configured = configured.iter().map(|need| self.config.graph.name(*need).as_str());
        if let Some(need) = configured.filter(|need| planned.contains(need)).find(|need| !needed.contains(need)) {
            found.push(format!("it does not need `{}`, unlike in filters.yaml", Escaped::new(need)));
        }
        found
    }

    /// Returns the contradiction that a service is to be pushed although the environment or the event of this run does
    /// not allow it; `None` if there is none, or if the command line of this run requires or forbids a push. On a
    /// developer's machine there is no event, so a plan that was made with `--push` is accepted there.
    fn of_push(&self, service: &PlannedService, environment: &config::Environment) -> Option<String> {
        let allowed = self.trigger.engine.is_none()
            || environment.push == Push::Allowed
                && !matches!(self.trigger.kind, Kind::PullRequest | Kind::MergeGroup | Kind::Local)
                && self.trigger.origin == Origin::Own;
        let asked = self.push != PushRequest::AsConfigured;
        (service.push && !asked && !allowed).then(|| {
            "it is to be pushed, which neither filters.yaml nor the event allows: ask for it with `--push`".to_owned()
        })
    }

    /// Returns the contradictions about content: fingerprints that differ from those at the plan's commit, and existing
    /// images that do not have the services' content.
    fn of_content(&self, plan: &Plan, known: &[(ServiceId, &PlannedService)]) -> Result<Vec<String>, git::GitError> {
        let mut found = Vec::new();
        let said = |(_, service): &(ServiceId, &PlannedService), what: &str| {
            format!("`{}`: {what}", Escaped::new(&service.service))
        };
        for one in known {
            let content = one.1.content_reference().map(|reference| reference.to_string());
            if one.1.exists.as_ref().is_some_and(|exists| Some(&exists.reference) != content.as_ref()) {
                found.push(said(one, "the image that exists is not the one of its content"));
            }
        }
        // The fingerprint of a dirty tree belongs to no commit, and names no image.
        let clean =
            |service: &PlannedService| service.fingerprint.as_ref().is_some_and(|print| !print.ends_with("-dirty"));
        let printed: Vec<(ServiceId, &PlannedService)> =
            known.iter().filter(|(_, service)| clean(service)).copied().collect();
        let head = plan.range.head.as_ref().and_then(|head| head.parse::<CommitId>().ok());
        let (Some(head), false) = (head, printed.is_empty()) else { return Ok(found) };
        let ids: Vec<ServiceId> = printed.iter().map(|(id, _)| *id).collect();
        let (repository, none) = (self.repository, ChangeSet::default());
        let followed = match follow_links(repository, self.config, &ids, Some(&head), &none) {
            // If this clone lacks a tree or a file, the fingerprints cannot be checked.
            Err(git::GitError::MissingTree { .. } | git::GitError::MissingBlob { .. }) => return Ok(found),
            followed => followed?,
        };
        let local = with_local_sources(repository, self.file, followed.config, &ids, Some(&head), &none);
        let config = match local {
            Err(git::GitError::MissingTree { .. } | git::GitError::MissingBlob { .. }) => return Ok(found),
            local => &*local?,
        };
        let moment = Moment { commit: &head, on_top: &none, files: Files::InPart };
        let snapshot = match Snapshot::read(repository, self.file, config, &ids, moment) {
            Err(git::GitError::MissingTree { .. } | git::GitError::MissingBlob { .. }) => return Ok(found),
            snapshot => snapshot?,
        };
        let content = snapshot.content(config);
        let prints = Fingerprints::of(&content, &ids);
        for one in &printed {
            if prints.get(one.0).map(ToString::to_string) != one.1.fingerprint {
                found.push(said(one, "its fingerprint is another one at this commit"));
            }
        }
        Ok(found)
    }
}
