use super::{Scheme, Version, VersionStyle};
use crate::model::name::{CommitId, TagName};
use crate::model::shallow_clone::WHOLE_HISTORY;

/// Why there is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// The clone is too shallow to find the last release, or to count the commits since that release.
    #[error("this clone is too shallow to count the commits from the last release to {}", short(.commit))]
    Shallow {
        /// The commit that was to be described.
        commit: CommitId,
    },
    /// Style `release` requires that the commit has the service's tag.
    #[error("commit {} carries no release tag of the service{}", short(.commit), since(.base.as_ref(), *.distance))]
    NotOnTag {
        /// The commit.
        commit: CommitId,
        /// The distance from the last release.
        distance: u32,
        /// The last release.
        base: Option<Version>,
    },
    /// A tag is nearer than the last release, and the service's scheme cannot read it.
    #[error("the tag {tag} is nearer than any release of the service, and `scheme: {scheme}` cannot read its version")]
    Unread {
        /// The tag.
        tag: TagName,
        /// The service's scheme.
        scheme: Scheme,
        /// Another scheme, if one can read the version.
        other: Option<Scheme>,
        /// The tag that was probably meant.
        meant: Option<TagName>,
    },
    /// PEP 440 has no form for the pre-release on which the version is based.
    #[error("{version} has no form in PEP 440, which knows `alpha`, `beta` and `rc` with one number")]
    NoPep440 {
        /// The version of the last release.
        version: Version,
    },
    /// The next calendar version cannot be derived.
    #[error("the style `{style}` needs the next release, which does not follow from a calendar version")]
    NoNext {
        /// The style.
        style: VersionStyle,
    },
    /// A part of the version would exceed 64 bits.
    #[error("there is no version above this one: its parts are limited to 64 bits")]
    TooHigh,
}

impl VersionError {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Shallow { .. } => format!("`--fetch` fetches it; or {WHOLE_HISTORY}; or take the style `sha`"),
            Self::Unread { tag, other, meant, .. } => unread_help(tag, *other, meant.as_ref()),
            other => other.fixed_help().to_owned(),
        }
    }

    fn fixed_help(&self) -> &'static str {
        match self {
            Self::NotOnTag { .. } => {
                "check out the tag, make a release with `rebake release`, or use another `--style`"
            }
            Self::Shallow { .. } | Self::Unread { .. } => "",
            Self::NoNext { .. } => "use another `--style`, such as `extended`",
            Self::NoPep440 { .. } => "use another `--style`, or name pre-releases like `1.1.0-rc.1`",
            Self::TooHigh => "release a version with smaller numbers",
        }
    }
}

fn unread_help(tag: &TagName, other: Option<Scheme>, meant: Option<&TagName>) -> String {
    let scheme = other.map(|scheme| format!("set `scheme: {scheme}` for the service"));
    let tag_instead = meant.map(|meant| format!("tag the release {meant}"));
    let cures: Vec<String> = tag_instead.into_iter().chain(scheme).chain([format!("delete {tag}")]).collect();
    cures.join(", or ")
}

fn short(commit: &CommitId) -> String {
    commit.short(7)
}

fn since(base: Option<&Version>, distance: u32) -> String {
    match base {
        None => ", which has none yet".to_owned(),
        Some(base) if distance == 1 => format!(": it is 1 commit after {base}"),
        Some(base) => format!(": it is {distance} commits after {base}"),
    }
}
