//! Checks the versions and image tags of a saved plan: the configuration must be able to give them for the plan's
//! event, commit and environment.
//!
//! A plan does not record the flags with which it was made (`--version`, `--style`, `--abbrev`), and releases may have
//! been added since. So the check accepts the names that any values of these flags give, but no others.

use std::collections::BTreeSet;

use super::ABBREV;
use super::naming::event;
use super::saved_plan::SavedPlanContext;
use crate::config::{Environment, Service};
use crate::inputs::git;
use crate::inputs::trigger::Trigger;
use crate::model::choice::Choice as _;
use crate::model::name::{CommitId, Escaped, TagName, unquoted};
use crate::naming::image::{ImageFacts, ImageRelease, ReleaseRank};
use crate::naming::version::{FilesState, Parsed, Purpose, Trust, Version, VersionFacts, VersionStyle, render};
use crate::plan::{Plan, PlannedService};

/// The facts from which the names in a saved plan were made.
pub(super) struct SavedNames<'a> {
    context: &'a SavedPlanContext<'a>,
    environment: &'a Environment,
    /// The event of the plan.
    trigger: Trigger,
    head: CommitId,
    committed: i64,
}

/// A release that may have given a service's result its names.
struct PossibleRelease {
    tag: TagName,
    written: String,
    ranks: &'static [ReleaseRank],
}

const RELEASED: &[ReleaseRank] =
    &[ReleaseRank::Highest, ReleaseRank::HighestOfMajor, ReleaseRank::HighestOfMinor, ReleaseRank::Other];

const ALL_RANKS: &[ReleaseRank] = &[
    ReleaseRank::Unreleased,
    ReleaseRank::Highest,
    ReleaseRank::HighestOfMajor,
    ReleaseRank::HighestOfMinor,
    ReleaseRank::Other,
];

impl<'a> SavedNames<'a> {
    /// Returns the facts of a plan; `None` if the plan has no commit, and therefore no names.
    pub(super) fn of(
        context: &'a SavedPlanContext<'a>,
        plan: &Plan,
        environment: &'a Environment,
    ) -> Result<Option<Self>, git::GitError> {
        let Some(commit) = plan.range.head.as_ref().and_then(|head| head.parse::<CommitId>().ok()) else {
            return Ok(None);
        };
        let trigger = Trigger {
            kind: plan.trigger.kind,
            reference: plan.trigger.reference.clone(),
            default_branch: context.trigger.default_branch.clone(),
            ..Trigger::local()
        };
        Ok(Some(Self {
            context,
            environment,
            trigger,
            head: commit,
            committed: context.repository.commit_time(&commit)?,
        }))
    }

    /// Returns a description of a name of a service that the configuration cannot give; `None` if it can give all names
    /// of the service.
    pub(super) fn contradiction(&self, service: &Service, planned: &PlannedService) -> Option<String> {
        if service.is_library() {
            return None;
        }
        let described = match self.described(service, planned) {
            Ok(described) => described,
            Err(said) => return Some(said),
        };
        let mut foreign = foreign(service, planned);
        if let Some(version) = &planned.version {
            let is_given = self.context.version == Some(version);
            let released = self.released(service).filter(|_| !is_given);
            if let Some((tag, release)) = &released
                && !self.is_of_release(version, release)
            {
                return Some(format!("`{}` is not the version of the release tag {tag}", Escaped::new(version)));
            }
            let by_hand = self.by_hand(service, version);
            // An image of a release has the tags that its version gives. Only an image of modified files may have the
            // tags of a build that is no release.
            let is_release = described.is_some() || by_hand.as_ref().is_some_and(|release| release.ranks == RELEASED);
            let may_be_none = !is_release || version.ends_with("dirty");
            let by_hand = by_hand.filter(|_| released.is_none());
            let possible: Vec<PossibleRelease> = described.into_iter().chain(by_hand).collect();
            let ranked = possible.iter().flat_map(|release| release.ranks.iter().map(move |rank| (release, *rank)));
            let ranked = ranked.filter_map(|(release, standing)| {
                Some(ImageRelease { tag: release.tag.to_str()?, version: &release.written, standing })
            });
            let ranked: Vec<_> = ranked.map(Some).chain(may_be_none.then_some(None)).collect();
            self.remove_given(service, version, &ranked, &mut foreign);
        }
        let first = foreign.first()?;
        Some(format!("no rule of `tags` gives it `{}`", Escaped::new(first)))
    }

    /// Returns the release tag of this run's event and its version; `None` if the tag does not belong to the service.
    fn released(&self, service: &Service) -> Option<(TagName, Version)> {
        let tag = TagName::from_git(self.context.trigger.tag()?);
        match self.context.config.release_tags().parse(&tag) {
            Parsed::Release { services, version } if services.contains(&service.name.value) => Some((tag, version)),
            _ => None,
        }
    }

    /// Returns the release at head that gives a service its names in the plan; `None` if the plan has no such release.
    /// The error describes a release that does not belong to the service or is not at head.
    fn described(&self, service: &Service, planned: &PlannedService) -> Result<Option<PossibleRelease>, String> {
        let Some(described) = planned.described.as_ref().filter(|described| described.distance == 0) else {
            return Ok(None);
        };
        let Some(text) = described.tag.as_ref().and_then(|tag| unquoted(tag.as_bytes())) else { return Ok(None) };
        let tag = TagName::from_git(text.into_owned());
        let read = service.tag.iter().find_map(|pattern| {
            pattern.read(&tag)?;
            Some(std::str::from_utf8(pattern.version_of(tag.as_bytes())?).ok()?.to_owned())
        });
        let Some(written) = read else { return Err(format!("{tag} is not one of its release tags")) };
        // If this clone lacks the tag, its commit is not known.
        match tag.to_str().map(|tag| self.context.repository.resolve(&format!("refs/tags/{tag}"))) {
            Some(Ok(commit)) if commit != self.head => Err(format!("{tag} is a release of another commit")),
            _ => Ok(Some(PossibleRelease { tag, written, ranks: RELEASED })),
        }
    }

    /// Whether a version is the version of a release at head, in any style.
    fn is_of_release(&self, version: &str, release: &Version) -> bool {
        let facts = VersionFacts {
            base: Some(release.clone()),
            distance: 0,
            count: 0,
            trust: Trust::Exact,
            commit: self.head,
            committed: u64::try_from(self.committed).unwrap_or_default(),
            abbrev: ABBREV,
            files: FilesState::Clean,
            purpose: Purpose::Releases,
        };
        let clean = ["-dirty", "+dirty"].iter().find_map(|dirty| version.strip_suffix(dirty)).unwrap_or(version);
        // After one of these beginnings, any commit with any number of digits is accepted.
        let starts = [format!("{release}-0000-"), "sha-".to_owned()];
        starts.iter().any(|start| clean.starts_with(start))
            || VersionStyle::CHOICES.iter().any(|(style, ..)| render(*style, &facts).is_ok_and(|made| made == clean))
    }

    /// Removes from `foreign` the tags that the rules of a service can give for any of `releases`.
    fn remove_given(
        &self,
        service: &Service,
        version: &str,
        releases: &[Option<ImageRelease<'_>>],
        foreign: &mut BTreeSet<String>,
    ) {
        let branches = [self.trigger.default_branch.as_deref(), self.trigger.branch(), None];
        let rules = [&*service.image.rules, &service.image.rules.for_modified_files()];
        // The default number of digits is tried first.
        for abbrev in std::iter::once(ABBREV).chain(4..=64) {
            for (release, default_branch) in
                releases.iter().flat_map(|release| branches.map(|branch| (release, branch)))
            {
                if foreign.is_empty() {
                    return;
                }
                let facts = ImageFacts {
                    service: &service.name.value,
                    version,
                    release: *release,
                    purpose: self.environment.purpose(),
                    event: event(&self.trigger),
                    default_branch,
                    commit: self.head,
                    time: self.committed,
                    abbrev,
                };
                for tags in rules.iter().filter_map(|rules| rules.tags(&facts).ok()) {
                    tags.names.iter().for_each(|tag| _ = foreign.remove(tag.as_str()));
                }
            }
        }
    }

    /// Returns the release that a version stands for if the version was given by hand; `None` if the version is not
    /// valid for the service.
    fn by_hand(&self, service: &Service, version: &str) -> Option<PossibleRelease> {
        let pattern = service.tag.first()?;
        let tag = pattern.tag(&pattern.scheme().read(version)?).ok()?;
        let is_released = self.context.repository.reference_id(&format!("refs/tags/{}", tag.to_str()?)).is_some();
        let ranks = if is_released { RELEASED } else { ALL_RANKS };
        Some(PossibleRelease { tag, written: version.to_owned(), ranks })
    }
}

/// Returns the tags of a planned service without the name of its image. The content tag is not among them.
fn foreign(service: &Service, planned: &PlannedService) -> BTreeSet<String> {
    let content = planned.content_reference().map(|reference| reference.to_string());
    let image = service.image.name.as_ref().map(|name| format!("{name}:")).unwrap_or_default();
    let tags = planned.tags.iter().filter(|tag| Some(*tag) != content.as_ref());
    tags.map(|tag| tag.strip_prefix(&image).unwrap_or(tag).to_owned()).collect()
}
