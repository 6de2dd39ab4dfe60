use std::borrow::Cow;

use super::name_notes::NameMessages;
use super::{Found, Namer, Standings};
use crate::inputs::trigger::{Kind, Trigger};
use crate::model::name::{ServiceId, TagName};
use crate::naming::image::{ImageEvent, ImageFacts, ImageRelease, OWN_LABELS, ReleaseRank, TagMovement};
use crate::naming::version::{FilesState, Purpose};
use crate::plan::Names;
use crate::plan::pipeline::Dirty;

/// The release that gives a service's result its names.
struct NamedRelease<'a> {
    tag: &'a TagName,
    /// The text of the version in the tag.
    written: &'a str,
    standing: ReleaseRank,
}

impl Namer<'_> {
    /// Returns all names of a service's result with this version.
    pub(super) fn image(
        &self,
        service: ServiceId,
        version: String,
        known: &Standings<'_>,
        source: Option<&str>,
        messages: &mut NameMessages,
    ) -> Names {
        let definition = self.service(service);
        let (name, image) = (&definition.name.value, &definition.image);
        let called = self.called(service, known);
        let is_clean = known.found.files == FilesState::Clean;
        // Uncommitted content is not a release, and not the content of the commit.
        let release = called.as_ref().filter(|_| is_clean).and_then(|called| {
            Some(ImageRelease { tag: called.tag.to_str()?, version: called.written, standing: called.standing })
        });
        let facts = ImageFacts {
            service: name,
            version: &version,
            release,
            purpose: self.environment.purpose(),
            event: event(self.workspace.trigger),
            default_branch: self.workspace.trigger.default_branch.as_deref(),
            commit: known.found.described.commit,
            time: known.found.committed,
            abbrev: self.naming.abbrev,
        };
        let mut names = self.nameless(service, known.found);
        names.labels = image.labels.fill(&facts, source);
        // Later runs compare commits with the commit in these labels. Uncommitted content belongs to no commit, so its
        // image does not get them.
        if is_clean && image.name.is_some() {
            names.labels.insert(OWN_LABELS.0.to_owned(), name.as_str().to_owned());
            names.labels.insert(OWN_LABELS.1.to_owned(), facts.commit.to_string());
        }
        let rules = if is_clean { Cow::Borrowed(&*image.rules) } else { Cow::Owned(image.rules.for_modified_files()) };
        match rules.tags(&facts) {
            Ok(tags) => {
                if let Some(image) = &image.name {
                    names.tags = tags.names.iter().map(|tag| image.reference(tag)).collect();
                    let held = |movement| {
                        let held = tags.held.iter().filter(move |(_, held)| *held == movement);
                        held.map(|(tag, _)| image.reference(tag)).collect()
                    };
                    (names.fixed, names.once) = (held(TagMovement::Fixed), held(TagMovement::Once));
                    names.left_out = tags.left_out.iter().map(|left| left.tag.to_string()).collect();
                    messages.left_out(name, &tags.left_out);
                    if tags.names.is_empty() {
                        messages.untagged(name, &tags.skipped);
                    }
                } else {
                    names.tags = tags.names.iter().map(|tag| tag.as_str().to_owned()).collect();
                }
            }
            Err(errors) => names.unnamed = Some(messages.bad_tags(name, &errors)),
        }
        names.version = Some(version);
        names
    }

    /// Returns the names of a service's result that do not depend on a version.
    pub(super) fn nameless(&self, service: ServiceId, found: &Found) -> Names {
        Names {
            image: self.service(service).image.name.as_ref().map(ToString::to_string),
            pushable: found.files == FilesState::Clean || self.naming.dirty == Dirty::Local,
            described: Some(found.described.clone()),
            ..Names::default()
        }
    }

    /// Returns the release that gives a service's result its names: the release with the version that was given by
    /// hand, else the release at head.
    fn called<'a>(&self, service: ServiceId, known: &Standings<'a>) -> Option<NamedRelease<'a>> {
        let definition = self.service(service);
        let name = &definition.name.value;
        if let Some(manual) = known.manual {
            let is_new = !known.releases.has(name, &manual.version);
            let standing = match self.environment.purpose() {
                Purpose::Builds if is_new => ReleaseRank::Unreleased,
                Purpose::Builds | Purpose::Releases => known.releases.standing(name, &manual.version),
            };
            return Some(NamedRelease { tag: manual.tag.as_ref()?, written: manual.text(), standing });
        }
        let tag = known.found.described.tag.as_ref().filter(|_| known.found.is_release())?;
        let (pattern, version) = definition.tag.iter().find_map(|pattern| Some((pattern, pattern.read(tag)?)))?;
        let written = std::str::from_utf8(pattern.version_of(tag.as_bytes())?).ok()?;
        Some(NamedRelease { tag, written, standing: known.releases.standing(name, &version) })
    }
}

/// Returns the facts about an event on which image tags depend.
pub(in crate::plan::pipeline) fn event(trigger: &Trigger) -> ImageEvent<'_> {
    match trigger.kind {
        Kind::Schedule => ImageEvent::Schedule(trigger.branch()),
        Kind::PullRequest => match trigger.pull_request() {
            Some(number) => ImageEvent::PullRequest { number, base: None },
            None => ImageEvent::Other,
        },
        Kind::Tag | Kind::Release => {
            trigger.tag().map_or(ImageEvent::Other, |name| ImageEvent::Tag { name, base: None })
        }
        Kind::Push | Kind::MergeGroup | Kind::Manual | Kind::Delete | Kind::Local => {
            trigger.branch().map_or(ImageEvent::Other, ImageEvent::Branch)
        }
    }
}
