//! Names the result of each planned service.

mod images;
mod manual_version;
mod releases;
mod name_notes;
mod same_tag;
mod versions;

pub(super) use images::event;
pub(super) use name_notes::{ignored_tags, tag_hint};
pub(super) use versions::{Found, Versions};

use super::resolved_request::ResolvedRequest;
use super::{Dirty, Error, Naming, WorkspaceView};
use crate::analysis::base::Tip;
use crate::config::{Environment, Service, Shape};
use crate::model::change::{ChangeSet, HeadState};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::ServiceId;
use crate::naming::version::VersionError;
use crate::plan::Names;
use manual_version::Manual;
use name_notes::NameMessages;
use releases::Releases;

/// The facts from which names are made.
pub(super) struct Namer<'a> {
    pub(super) workspace: &'a WorkspaceView<'a>,
    pub(super) tip: &'a Tip,
    /// The environment's name.
    pub(super) place: &'a str,
    pub(super) environment: &'a Environment,
    pub(super) asked: &'a ResolvedRequest,
    pub(super) naming: &'a Naming,
}

/// The names of services.
#[derive(Default)]
pub(super) struct Named {
    /// The names, in the order of the services.
    pub(super) names: Vec<Names>,
    /// The warnings about the names.
    pub(super) warnings: Vec<Diagnostic>,
    /// The notes about the names.
    pub(super) notes: Vec<Diagnostic>,
    /// How many commits of history were walked for the names.
    pub(super) walked: u32,
}

impl Namer<'_> {
    /// Returns the names of services, with one walk of history for all of them.
    pub(super) fn names(&self, services: &[ServiceId]) -> Result<Named, Error> {
        let manual = Manual::of(self.asked, self.workspace.config, services)?;
        let Some(head) = self.tip.commit.filter(|_| !services.is_empty()) else {
            return Ok(Named { names: services.iter().map(|_| Names::default()).collect(), ..Named::default() });
        };
        let on_top = self.on_top()?;
        let versions = Versions {
            repository: self.workspace.repository,
            file: self.workspace.file,
            config: self.workspace.config,
            environment: Some(self.environment),
            naming: self.naming,
            head: &head,
            on_top: &on_top,
            pushed: self.asked.released.as_ref(),
        };
        let found = versions.find(services)?;
        let releases =
            Releases::of(self.workspace.config, &found, || self.workspace.repository.tags_outside(), manual.as_ref());
        let source = self.workspace.repository.remote_url().as_deref().and_then(crate::naming::image::source_url);
        let mut messages = NameMessages::default();
        let mut names = Vec::with_capacity(services.len());
        for (service, found) in services.iter().zip(&found.services) {
            // A library has no result to be named.
            if self.service(*service).is_library() {
                names.push(Names::default());
                continue;
            }
            let name = &self.service(*service).name.value;
            let version = match &manual {
                Some(manual) => Ok(manual.text().to_owned()),
                None => versions.write(*service, found),
            };
            names.push(match version {
                Ok(version) => {
                    let manual = manual.as_ref();
                    self.image(
                        *service,
                        version,
                        &Standings { found, manual, releases: &releases },
                        source.as_deref(),
                        &mut messages,
                    )
                }
                // A flat file does not ask for versions, and must work in a shallow clone as it does with paths-filter.
                Err(VersionError::Shallow { .. }) if self.workspace.config.shape == Shape::Flat => {
                    self.nameless(*service, found)
                }
                Err(error @ VersionError::Shallow { .. }) => {
                    return Err(Error::Version { service: name.clone(), error });
                }
                Err(error) => {
                    Names { unnamed: Some(messages.no_version(name, &error)), ..self.nameless(*service, found) }
                }
            });
        }
        same_tag::check(self.workspace.config, services, &names)?;
        let notes = messages.notes(self.place);
        let warnings = ignored_tags(&found.ignored).into_iter().chain(messages.warnings).collect();
        Ok(Named { names, warnings, notes, walked: found.walked })
    }

    /// Returns the work tree's changes on top of head, if the plan includes them or if they mark versions as dirty;
    /// else none.
    fn on_top(&self) -> Result<ChangeSet, Error> {
        let WorkspaceView { repository, .. } = *self.workspace;
        let is_head = self.asked.base.head.is_none() && repository.work_dir().is_some();
        if self.naming.dirty == Dirty::Everywhere && self.tip.state == HeadState::Commit && is_head {
            return Ok(repository.work_tree()?.changes);
        }
        Ok(self.tip.work_tree())
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.workspace.config.services[service.0]
    }
}

/// The facts about versions and releases from which the names of one service are made.
struct Standings<'a> {
    found: &'a Found,
    manual: Option<&'a Manual>,
    releases: &'a Releases,
}
