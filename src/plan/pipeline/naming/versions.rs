use std::collections::BTreeMap;

use crate::config::{Config, Environment, Service};
use crate::inputs::git::{DescribeOptions, Repository, Tag};
use crate::inputs::trigger::Kind;
use crate::model::change::ChangeSet;
use crate::model::name::{CommitId, ServiceId, TagName};
use crate::naming::version::{
    self, Count, Described, FilesState, Purpose, Reading, TagPattern, Trust, Version, VersionError, VersionFacts,
    VersionStyle,
};
use crate::plan::pipeline::service_commits::{self, Results, Step};
use crate::plan::pipeline::{ConfigFile, Dirty, Error, Naming};

/// The facts from which versions are made.
pub(in crate::plan::pipeline) struct Versions<'a> {
    pub(in crate::plan::pipeline) repository: &'a Repository,
    pub(in crate::plan::pipeline) file: &'a ConfigFile,
    pub(in crate::plan::pipeline) config: &'a Config,
    /// The environment; `None` if no environment is for the event.
    pub(in crate::plan::pipeline) environment: Option<&'a Environment>,
    pub(in crate::plan::pipeline) naming: &'a Naming,
    pub(in crate::plan::pipeline) head: &'a CommitId,
    /// The work tree's changes on top of head.
    pub(in crate::plan::pipeline) on_top: &'a ChangeSet,
    /// The release tag that was pushed.
    pub(in crate::plan::pipeline) pushed: Option<&'a TagName>,
}

/// The facts that history tells about services.
pub(in crate::plan::pipeline) struct AllFound {
    /// The facts about each service, in the order of the services.
    pub(in crate::plan::pipeline) services: Vec<Found>,
    /// The tags of the repository.
    pub(in crate::plan::pipeline) tags: Vec<Tag>,
    /// The tags that look like release tags of a service but have no version.
    pub(in crate::plan::pipeline) ignored: Vec<TagName>,
    /// How many commits were walked.
    pub(super) walked: u32,
}

/// The facts that history tells about a service.
pub(in crate::plan::pipeline) struct Found {
    pub(in crate::plan::pipeline) described: Described,
    /// The number in the version of the service.
    count: u32,
    /// The commit in the version of the service.
    commit: CommitId,
    /// The time at which head was committed, in seconds since 1970.
    pub(super) committed: i64,
    pub(super) files: FilesState,
}

impl Found {
    /// Whether head is a release of the service.
    pub(super) fn is_release(&self) -> bool {
        self.described.tag.is_some() && self.described.distance == 0 && self.described.unread.is_none()
    }
}

impl Versions<'_> {
    /// Returns the facts that history tells about these services. It takes one walk of history for all services, and
    /// another one if a service counts only the commits that change it.
    pub(in crate::plan::pipeline) fn find(&self, services: &[ServiceId]) -> Result<AllFound, Error> {
        let wanted: Vec<_> = services.iter().map(|service| self.service(*service).tag.clone()).collect();
        let tags = self.repository.tags()?;
        let options =
            DescribeOptions { parents: self.naming.parents, pushed: self.pushed, ..DescribeOptions::default() };
        let mut found = self.repository.describe_by(&tags, self.head, &wanted, options)?;
        for (described, patterns) in found.services.iter_mut().zip(&wanted) {
            self.describe_pushed_tag(described, patterns, &tags);
        }
        let committed = self.repository.commit_time(self.head)?;
        let counts = self.counts(services, &tags, &found.services)?;
        let all = found.services.into_iter().zip(counts).zip(self.files(services)?);
        let services =
            all.map(|((described, (count, commit)), files)| Found { described, count, commit, committed, files });
        Ok(AllFound { services: services.collect(), tags, ignored: found.ignored, walked: found.work.commits })
    }

    /// Returns the text of a service's version.
    pub(in crate::plan::pipeline) fn write(&self, service: ServiceId, found: &Found) -> Result<String, VersionError> {
        let style = self.style(service);
        let facts = VersionFacts {
            // A style without releases needs no release tag that can be read.
            base: if style == VersionStyle::Sha { None } else { self.base(service, &found.described)? },
            distance: found.described.distance,
            count: found.count,
            trust: found.described.trust,
            commit: found.commit,
            committed: u64::try_from(self.committed(found)).unwrap_or_default(),
            abbrev: self.naming.abbrev,
            files: found.files,
            purpose: self.environment.map_or(Purpose::Builds, Environment::purpose),
        };
        version::render(style, &facts)
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.config.services[service.0]
    }

    /// Returns the time at which the commit in the version was committed, in seconds since 1970.
    fn committed(&self, found: &Found) -> i64 {
        if found.commit == *self.head {
            found.committed
        } else {
            self.repository.commit_time(&found.commit).unwrap_or(0)
        }
    }

    /// Returns the style of a service's version: the requested one, else the service's own, else the environment's,
    /// else the default.
    fn style(&self, service: ServiceId) -> VersionStyle {
        let of_environment = self.environment.and_then(|environment| environment.version);
        self.naming.style.or(self.service(service).style).or(of_environment).unwrap_or_default()
    }

    /// Describes head as the release of the pushed tag, if the tag belongs to the service and this clone has not
    /// fetched the tag.
    fn describe_pushed_tag(&self, described: &mut Described, patterns: &[TagPattern], tags: &[Tag]) {
        let Some(pushed) = self.pushed.filter(|pushed| tags.binary_search_by(|tag| tag.name.cmp(pushed)).is_err())
        else {
            return;
        };
        if patterns.iter().any(|pattern| pattern.read(pushed).is_some()) {
            let commit = described.commit;
            *described =
                Described { tag: Some(pushed.clone()), distance: 0, commit, trust: Trust::Exact, unread: None };
        }
    }

    /// Returns the version of the service's last release.
    fn base(&self, service: ServiceId, described: &Described) -> Result<Option<Version>, VersionError> {
        let patterns = &self.service(service).tag;
        if let Some(tag) = &described.unread {
            return Err(unread(tag, patterns));
        }
        Ok(described.tag.as_ref().and_then(|tag| patterns.iter().find_map(|pattern| pattern.read(tag))))
    }

    /// Returns, for each service, the number and the commit in its version. Usually, the number is the distance of `git
    /// describe`, and the commit is head. If the service counts only the commits that change its result, the number is
    /// how many such commits there are, and the commit is the last of them; if there are none, the commit of the
    /// release.
    fn counts(
        &self,
        services: &[ServiceId],
        tags: &[Tag],
        described: &[Described],
    ) -> Result<Vec<(u32, CommitId)>, Error> {
        let mut counts: Vec<_> = described.iter().map(|described| (described.distance, *self.head)).collect();
        let count = |service: ServiceId| self.naming.count.unwrap_or(self.service(service).count);
        // If history is too short to know the release, nothing is counted: styles that need the number return an error.
        let by_paths: Vec<usize> = (0..services.len())
            .filter(|at| count(services[*at]) == Count::Paths && described[*at].trust == Trust::Exact)
            .collect();
        if by_paths.is_empty() {
            return Ok(counts);
        }
        let commits: BTreeMap<_, _> = tags.iter().map(|tag| (&tag.name, tag.object())).collect();
        let since: Vec<Option<CommitId>> =
            by_paths.iter().map(|at| described[*at].tag.as_ref().and_then(|tag| commits.get(tag).copied())).collect();
        let groups: Vec<Vec<ServiceId>> = by_paths.iter().map(|at| vec![services[*at]]).collect();
        let mut results = Results::new(self.repository, self.file, self.config);
        let touches = |step: &Step<'_>| results.of_commit(step);
        let touching =
            service_commits::since(self.repository, self.head, &groups, &since, self.naming.parents, touches)?;
        for ((at, commits), since) in by_paths.into_iter().zip(touching).zip(since) {
            let last = commits.first().copied().or(since).unwrap_or(*self.head);
            counts[at] = (u32::try_from(commits.len()).unwrap_or(u32::MAX), last);
        }
        Ok(counts)
    }

    /// Returns whether each service has modified files in `on_top`. Changes of the configuration that a flag in the
    /// index hides from git count too, but only in an environment for local runs or with `--dirty`.
    fn files(&self, services: &[ServiceId]) -> Result<Vec<FilesState>, Error> {
        let is_local = self.environment.is_some_and(|environment| environment.on.contains(&Kind::Local));
        let is_said = is_local || self.naming.dirty == Dirty::Everywhere;
        if self.on_top.is_empty() && !(is_said && self.file.is_uncommitted(self.on_top)) {
            return Ok(vec![FilesState::Clean; services.len()]);
        }
        let dirty = Results::new(self.repository, self.file, self.config).of_work_tree(self.head, self.on_top)?;
        let state = |service: &ServiceId| if dirty.contains(service) { FilesState::Dirty } else { FilesState::Clean };
        Ok(services.iter().map(state).collect())
    }
}

/// Returns the error about a tag without a valid version that is nearer than any release, with the tag that may have
/// been meant.
fn unread(tag: &TagName, patterns: &[TagPattern]) -> VersionError {
    let almost = patterns.iter().find_map(|pattern| match pattern.reading(tag.as_bytes()) {
        Some(Reading::Almost(almost)) => Some((pattern, almost)),
        Some(Reading::Version(_) | Reading::Nothing) | None => None,
    });
    let scheme = almost.as_ref().map(|(pattern, _)| pattern.scheme()).unwrap_or_default();
    let meant = almost.as_ref().and_then(|(pattern, almost)| pattern.tag(almost.meant.as_ref()?).ok());
    let other = almost.and_then(|(_, almost)| almost.other);
    VersionError::Unread { tag: tag.clone(), scheme, other, meant }
}
