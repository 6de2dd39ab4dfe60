use super::releases::{Head, Releases};
use super::{Error, Found, Namer};
use crate::image::{Event, Facts, Release};
use crate::name::ServiceId;
use crate::plan::Names;
use crate::trigger::Kind;
use crate::version::Files;

impl Namer<'_> {
    /// Returns all names of a service's result, once its version is known.
    pub(super) fn image(
        &self,
        service: ServiceId,
        version: Option<String>,
        found: &Found,
        releases: &Releases,
        source: Option<&str>,
    ) -> Result<Names, Error> {
        let definition = self.service(service);
        let image = &definition.image;
        let mut names = Names {
            image: image.name.as_ref().map(ToString::to_string),
            pushable: found.files == Files::Clean,
            described: Some(found.described.clone()),
            ..Names::default()
        };
        let Some(version) = version else { return Ok(names) };
        let head = self.head_release(service, found, releases);
        let release = head
            .as_ref()
            .and_then(|head| Some(Release { tag: head.tag.to_str()?, version: head.written, standing: head.standing }));
        let facts = Facts {
            service: &definition.name.value,
            version: &version,
            release,
            event: self.event(),
            default_branch: self.trigger.default_branch.as_deref(),
            commit: found.described.commit,
            time: found.committed,
            abbrev: self.naming.abbrev,
        };
        let tags = image
            .rules
            .tags(&facts)
            .map_err(|errors| Error::ImageTags { service: definition.name.value.clone(), errors })?;
        names.tags = tags
            .names
            .iter()
            .map(|tag| image.name.as_ref().map_or_else(|| tag.as_str().to_owned(), |image| image.reference(tag)))
            .collect();
        names.labels = image.labels.fill(&facts, source);
        names.version = Some(version);
        Ok(names)
    }

    /// Returns the release of the service that head is, where head carries its tag.
    fn head_release<'a>(&self, service: ServiceId, found: &'a Found, releases: &Releases) -> Option<Head<'a>> {
        let tag = found.described.tag.as_ref().filter(|_| found.described.distance == 0)?;
        let definition = self.service(service);
        let pattern = definition.tag.iter().find(|pattern| pattern.read(tag).is_some())?;
        let version = pattern.read(tag)?;
        let written = std::str::from_utf8(pattern.version_of(tag.as_bytes())?).ok()?;
        Some(Head { tag, written, standing: releases.standing(&definition.name.value, &version) })
    }

    /// Returns what asked, as far as tags depend on it.
    fn event(&self) -> Event<'_> {
        let trigger = self.trigger;
        match trigger.kind {
            Kind::Schedule => Event::Schedule(trigger.branch()),
            Kind::PullRequest => match trigger.pull_request() {
                Some(number) => Event::PullRequest { number, base: None },
                None => Event::Other,
            },
            Kind::Tag | Kind::Release => trigger.tag().map_or(Event::Other, |name| Event::Tag { name, base: None }),
            Kind::Push | Kind::MergeGroup | Kind::Manual | Kind::Delete | Kind::Local => {
                trigger.branch().map_or(Event::Other, Event::Branch)
            }
        }
    }
}
