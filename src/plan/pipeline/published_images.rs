use std::collections::{BTreeMap, BTreeSet};

use super::base_groups::{Known, OwnBase};
use crate::analysis::base::Doubt;
use crate::config::Config;
use crate::inputs::git::{Missing, Repository};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, Listed};

/// The greatest number of services that a warning names.
const NAMED: usize = 5;

/// The published image of a service, according to its registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishedImage {
    /// The image was built from a commit.
    Of {
        /// The commit.
        commit: CommitId,
        /// The reference of the image: `ghcr.io/acme/api:main`.
        reference: String,
    },
    /// There is no image, or the image does not name its commit.
    WithoutCommit,
    /// The registry gives no clear answer.
    Unknown {
        /// What is wrong, in a sentence without a full stop.
        reason: String,
        /// What to do about it.
        help: String,
    },
}

/// The published images of services, by the names of the services.
pub type PublishedImages = BTreeMap<String, PublishedImage>;

/// Returns the bases of services: the commits of their published images.
pub(super) fn by_published_image(repository: &Repository, config: &Config, published: &PublishedImages) -> Vec<Known> {
    // Thousands of services were built at few commits.
    let commits: BTreeSet<CommitId> = published.values().filter_map(PublishedImage::commit).collect();
    let is_here =
        |commit: &CommitId| repository.contains(commit) || repository.fetch_missing(&Missing::Commit(*commit));
    let here: BTreeSet<CommitId> = commits.into_iter().filter(is_here).collect();
    let known = config.services.keys().map(|service| match published.get(service.as_str()) {
        Some(PublishedImage::Of { commit, reference }) if here.contains(commit) => {
            Known::At(OwnBase { commit: *commit, source: format!("its image {}", Escaped::new(reference)) })
        }
        Some(PublishedImage::Of { commit, reference }) => Known::Unreachable(Doubt {
            kind: "base-unreachable",
            message: format!(
                "{} was built of {}, which is not in this clone; so `{service}` counts as affected",
                Escaped::new(reference),
                commit.short(7)
            ),
            help: Some(format!("fetch it: `git fetch origin {commit}`; a force-push may have dropped it")),
            cure: None,
        }),
        Some(PublishedImage::Unknown { reason, help }) => Known::Unreachable(Doubt {
            kind: "base-unreachable",
            message: format!("{reason}; so `{service}` counts as affected"),
            help: Some(help.clone()),
            cure: None,
        }),
        Some(PublishedImage::WithoutCommit) | None => Known::Nothing,
    });
    known.collect()
}

/// Returns the warning about services without an image, whose changes affect only the services that are built from
/// them; `None` if there are no such services.
pub(super) fn without_image(config: &Config) -> Option<Diagnostic> {
    let services = config.services.values().filter(|service| !service.is_library() && service.image.name.is_none());
    let names: Vec<String> = services.map(|service| format!("`{}`", service.name.value)).collect();
    let message = format!(
        "services without an image publish nothing, so their changes only count for the services built from them: {}",
        Listed::new(&names, NAMED)
    );
    (!names.is_empty()).then(|| Diagnostic::warning("no-image", message).help("plan them with `--since built`"))
}

impl PublishedImage {
    fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Of { commit, .. } => Some(*commit),
            Self::WithoutCommit | Self::Unknown { .. } => None,
        }
    }
}
