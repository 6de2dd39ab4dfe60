//! Groups services by their own bases: their last release, their last build, or their published image.

use std::collections::{BTreeMap, BTreeSet};

use super::built::RefState;
use super::published_images::{by_published_image, without_image};
use super::{Error, Request, WorkspaceView};
use crate::analysis::base::{AllAffected, Changes, Comparison, Doubt, Notes, Since, Tip};
use crate::config::Config;
use crate::inputs::git::{DescribeOptions, Freshness, Missing, RemoteTags, Repository};
use crate::model::built_ref;
use crate::model::name::{CommitId, Escaped, ServiceId, ServiceName, TagName};
use crate::model::shallow_clone::WHOLE_HISTORY;
use crate::naming::version::{TagPattern, Trust};
use crate::plan;

/// Services that are compared with the same base.
pub(super) struct Group {
    /// What the services are compared with.
    pub(super) comparison: Comparison,
    /// The services.
    pub(super) services: Vec<ServiceId>,
}

/// A service's own base, which replaces the base of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnBase {
    pub(super) commit: CommitId,
    pub(super) source: String,
}

impl OwnBase {
    /// Returns the base as it is written in the plan.
    pub(super) fn published(&self) -> plan::Base {
        plan::Base { commit: self.commit.to_string(), source: self.source.clone() }
    }
}

/// What is known about the base of one service.
pub(super) enum Known {
    At(OwnBase),
    Nothing,
    Unreachable(Doubt),
}

/// Services in groups, each with a common base.
pub(super) struct Grouped {
    pub(super) groups: Vec<Group>,
    /// For each service, its own base, which replaces the base of the plan; `None` if the service has no base of its
    /// own.
    pub(super) bases: Vec<Option<OwnBase>>,
    /// The built refs; `None` if they were not read.
    pub(super) standing: Option<RefState>,
}

impl Grouped {
    /// Returns the commits that services are compared with. The base of a group whose services are all affected is left
    /// out.
    pub(super) fn compared(&self) -> BTreeSet<CommitId> {
        let compared = self.groups.iter().filter(|group| group.comparison.everyone.is_none());
        compared.flat_map(|group| group.comparison.bases.iter().flatten()).copied().collect()
    }

    /// Returns all services in one group, with a common base.
    pub(super) fn together(config: &Config, comparison: Comparison) -> Self {
        let services = config.graph.services().collect();
        let group = Group { comparison, services };
        Self { groups: vec![group], bases: vec![None; config.services.len()], standing: None }
    }

    /// Returns all services in one group without a base. Since their bases are not known, every service counts as
    /// affected.
    fn unknown(config: &Config, doubt: Doubt) -> (Self, Notes) {
        let comparison = Comparison::nothing("", Some(AllAffected::BaseUnreachable));
        (Self::together(config, comparison), doubt.into())
    }

    /// Returns the services in groups. Services with the same own base form one group.
    pub(super) fn apart(
        view: &WorkspaceView,
        environment: &str,
        request: &Request,
        since: Since,
        tip: &Tip,
    ) -> Result<(Self, Notes), Error> {
        let WorkspaceView { repository, config, trigger, .. } = *view;
        match since {
            Since::Release => {
                let tags = repository.renew_tags();
                if tags == RemoteTags::Unknown {
                    return Ok(Self::unknown(config, stale("the tags")));
                }
                let doubtful = Doubtful { tags, is_attended: trigger.is_attended() };
                let known = by_release(repository, config, &doubtful, tip)?;
                Ok(Self::of(config, known, since, None))
            }
            Since::Built => {
                let before = RefState::here(repository, environment)?;
                let remote = remote(repository, request);
                let Some(standing) = renewed(repository, environment, &remote)? else {
                    return Ok(Self::unknown(config, stale("the built refs")));
                };
                // A fetch keeps refs that the remote no longer has. At a terminal, a person may be about to push them.
                let kept = if trigger.is_attended() { BTreeSet::new() } else { before.built_refs() };
                let Ok(alone) = repository.alone_here(kept, &remote, &built_ref::prefix(environment)) else {
                    return Ok(Self::unknown(config, stale("the built refs")));
                };
                Ok(Self::built(repository, config, standing.with_alone(alone)))
            }
            Since::Published => {
                let known = by_published_image(repository, config, &request.published);
                let (grouped, mut notes) = Self::of(config, known, since, None);
                notes.warnings.extend(without_image(config));
                Ok((grouped, notes))
            }
        }
    }

    /// Returns services in groups by the commits at which they were last built.
    pub(super) fn built(repository: &Repository, config: &Config, standing: RefState) -> (Self, Notes) {
        let mut notes = Notes::default();
        notes.doubts.extend(standing.doubt());
        let known = by_built_ref(repository, config, &standing);
        let grouped = notes.keep(Self::of(config, known, Since::Built, Some(standing)));
        (grouped, notes)
    }

    fn of(config: &Config, known: Vec<Known>, since: Since, standing: Option<RefState>) -> (Self, Notes) {
        let mut doubts = Vec::new();
        let mut bases = Vec::new();
        let mut groups: BTreeMap<(Option<CommitId>, bool), Vec<ServiceId>> = BTreeMap::new();
        for (service, known) in config.graph.services().zip(known) {
            // A library is never built, so it has no base: its changes count since the base of each service that is
            // built from it. A service without an image publishes nothing.
            let definition = &config.services[service.0];
            if definition.is_library() || (since == Since::Published && definition.image.name.is_none()) {
                bases.push(None);
                continue;
            }
            let (base, key) = match known {
                Known::At(base) => (Some(base.clone()), (Some(base.commit), false)),
                Known::Nothing => (None, (None, false)),
                Known::Unreachable(doubt) => {
                    doubts.push(doubt);
                    (None, (None, true))
                }
            };
            bases.push(base);
            groups.entry(key).or_default().push(service);
        }
        let others = doubts.len().saturating_sub(1);
        let doubt = doubts.into_iter().next().map(|first| match others {
            0 => first,
            // A single doubt is reported, however many services have one.
            others => {
                Doubt { message: format!("{}; the same holds for {others} more services", first.message), ..first }
            }
        });
        let group = |((base, unreachable), services): ((Option<CommitId>, bool), Vec<ServiceId>)| {
            let everyone = match base {
                Some(_) => None,
                None if unreachable => Some(AllAffected::BaseUnreachable),
                None => Some(match since {
                    Since::Release => AllAffected::NeverReleased,
                    Since::Built => AllAffected::NeverBuilt,
                    Since::Published => AllAffected::NeverPublished,
                }),
            };
            let bases = base.map(Some).into_iter().collect();
            let comparison = Comparison { source: String::new(), bases, changes: Changes::Compared, everyone };
            Group { comparison, services }
        };
        let grouped = Self { groups: groups.into_iter().map(group).collect(), bases, standing };
        (grouped, doubt.map(Notes::from).unwrap_or_default())
    }
}

/// Returns the built refs for a plan that records its builds although the event replaces `--since built`, as a release
/// tag does. `None` if they cannot be fetched.
pub(super) fn beside_event(
    repository: &Repository,
    environment: &str,
    request: &Request,
) -> Result<Option<RefState>, Error> {
    renewed(repository, environment, &remote(repository, request))
}

/// Returns the built refs of all runners, which the remote has. They are fetched in one go, with the commits to which
/// they point. `None` if they cannot be fetched.
fn renewed(repository: &Repository, environment: &str, remote: &str) -> Result<Option<RefState>, Error> {
    let refs = Missing::Refs { remote: remote.to_owned(), prefixes: RefState::prefixes(environment) };
    Ok(match repository.renew_refs(refs) {
        Freshness::Unknown => None,
        Freshness::Current | Freshness::AsItIs | Freshness::Absent => Some(RefState::here(repository, environment)?),
    })
}

/// Returns the remote that has the built refs.
fn remote(repository: &Repository, request: &Request) -> String {
    request.remote.clone().unwrap_or_else(|| repository.remote())
}

/// Returns the doubt about refs that cannot be fetched and so may be older in this clone than on the remote.
fn stale(refs: &str) -> Doubt {
    Doubt::no_base(
        &format!("{refs} cannot be fetched, and those of this clone may be older than the remote's"),
        "let git reach the remote; or fetch them before rebake runs, and give it `--no-fetch`",
    )
}

/// The tags that differ between this clone and the remote.
struct Doubtful {
    tags: RemoteTags,
    /// Whether a person runs rebake. A person may be about to push tags.
    is_attended: bool,
}

impl Doubtful {
    /// Returns the doubt about the newest release of a service; `None` if there is no doubt. `newest` is the tag of its
    /// newest release in this clone.
    fn of(&self, service: &ServiceName, patterns: &[TagPattern], newest: Option<&TagName>) -> Option<Doubt> {
        let RemoteTags::Here { moved, alone } = &self.tags else { return None };
        let moved = patterns.iter().find_map(|pattern| {
            let prefix = pattern.prefix().as_bytes();
            let mut own = moved.range(TagName::from_git(prefix)..).take_while(|tag| tag.as_bytes().starts_with(prefix));
            own.find(|tag| pattern.version_of(tag.as_bytes()).is_some())
        });
        let alone = newest.filter(|tag| !self.is_attended && alone.contains(*tag));
        let (what, help) = match (moved, alone) {
            (Some(tag), _) => (
                format!("the tag {tag} points to another commit in this clone than on the remote"),
                "take the remote's: `git fetch --tags --force`".to_owned(),
            ),
            (None, Some(tag)) => (
                format!("the remote does not have the tag {tag}"),
                format!(
                    "push it: `git push origin refs/tags/{tag}`; or delete it in this clone too: `git tag --delete {tag}`"
                ),
            ),
            (None, None) => return None,
        };
        let message = format!("{what}, so the newest release of `{service}` is not known, and it counts as affected");
        Some(Doubt { kind: "base-unreachable", message, help: Some(help), cure: None })
    }
}

/// Returns the bases of services by their newest releases at or before head, with one walk of history for all services.
fn by_release(repository: &Repository, config: &Config, doubtful: &Doubtful, tip: &Tip) -> Result<Vec<Known>, Error> {
    let Some(head) = &tip.commit else { return Ok(config.services.iter().map(|_| Known::Nothing).collect()) };
    let wanted: Vec<_> = config.services.values().map(|service| service.tag.clone()).collect();
    let (tags, described) = loop {
        let tags = repository.tags()?;
        let described = repository.describe_by(&tags, head, &wanted, DescribeOptions::default())?.services;
        let certain = described.iter().all(|described| described.trust == Trust::Exact);
        if certain || !repository.fetch_missing(&Missing::History(vec![*head])) {
            break (tags, described);
        }
    };
    let known = described.into_iter().zip(config.services.keys()).zip(&wanted).map(|((described, service), patterns)| {
        if let Some(doubt) = doubtful.of(service, patterns, described.tag.as_ref()) {
            return Known::Unreachable(doubt);
        }
        // The list is sorted by name.
        let at = described.tag.and_then(|name| tags.binary_search_by(|tag| tag.name.cmp(&name)).ok());
        let tag = at.map(|at| &tags[at]);
        match tag {
            Some(tag) => Known::At(OwnBase { commit: tag.object(), source: format!("its release {}", tag.name) }),
            None if described.trust == Trust::Exact => Known::Nothing,
            None => Known::Unreachable(Doubt {
                kind: "base-unreachable",
                message: format!(
                    "the release of `{service}` lies beyond the history of this shallow clone; so it counts as affected"
                ),
                help: Some(WHOLE_HISTORY.to_owned()),
                cure: None,
            }),
        }
    });
    Ok(known.collect())
}

/// Returns the bases of services by their built refs. A commit that is missing in this clone was dropped by a
/// force-push, or was not fetched.
fn by_built_ref(repository: &Repository, config: &Config, standing: &RefState) -> Vec<Known> {
    // Thousands of services were built at few commits.
    let commits: BTreeSet<CommitId> = config.services.keys().filter_map(|service| standing.built(service)).collect();
    let here: BTreeSet<CommitId> = commits.into_iter().filter(|commit| repository.contains(commit)).collect();
    let known = config.services.keys().map(|service| match standing.built(service) {
        None => Known::Nothing,
        Some(_) if standing.is_alone(service) => {
            let reference = built_ref::reference(standing.environment(), service.as_str());
            Known::Unreachable(Doubt {
                kind: "base-unreachable",
                message: format!(
                    "the remote does not have {reference}, which this clone has; so `{service}` counts as affected"
                ),
                help: Some(format!(
                    "push it: `git push origin {reference}`; or delete it in this clone too: `git update-ref -d {reference}`"
                )),
                cure: None,
            })
        }
        Some(commit) if here.contains(&commit) => {
            let source = format!("its record in {}", Escaped::new(standing.environment()));
            Known::At(OwnBase { commit, source })
        }
        Some(commit) => Known::Unreachable(Doubt {
            kind: "base-unreachable",
            message: format!(
                "`{service}` was last built at {}, which is not in this clone; so it counts as affected",
                commit.short(7)
            ),
            help: Some(format!("fetch it: `git fetch origin {commit}`; a force-push may have dropped it")),
            cure: None,
        }),
    });
    known.collect()
}
