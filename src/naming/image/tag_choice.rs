//! Decides whether an image gets a tag that a rule gives.

use super::floating::holds_version;
use super::image_facts::{ImageFacts, ImageRelease, ReleaseRank};
use super::image_tags::{TagMovement, TagRefusal};
use super::tag_body::Body;
use super::tag_expression::{Expression, Global, VersionPart};
use super::tag_rule::{Rule, Source};
use crate::naming::version::Purpose;

/// How much of a release's version a tag contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContainedVersion {
    /// The whole version: no other release has the tag.
    Whole,
    /// Its major and minor number.
    Minor,
    /// Its major number.
    Major,
    /// Nothing, as in `stable` and `latest`.
    Nothing,
}

/// Decides whether an image gets the tag of a rule. Returns how the tag may move, or the reason why the image does not
/// get the tag.
pub(super) fn keeps(rule: &Rule, body: &Body<'_>, facts: &ImageFacts<'_>) -> Result<TagMovement, TagRefusal> {
    let contained =
        facts.release.map_or(ContainedVersion::Nothing, |release| contained_version(rule, body, &release, facts));
    match facts.purpose {
        Purpose::Builds => {
            let is_of_releases = rule.source.is_of_releases() || is_bare_version(body, facts);
            let is_new = facts.release.is_some_and(|release| release.standing == ReleaseRank::Unreleased);
            if !is_of_releases || is_new && contained == ContainedVersion::Whole {
                Ok(())
            } else {
                Err(TagRefusal::OfReleases)
            }
        }
        Purpose::Releases => {
            let floats =
                rule.source.is_of_releases() || matches!(rule.source, Source::Raw { .. }) && !names_commit(body);
            if floats { moves(contained, facts) } else { Ok(()) }
        }
    }?;
    // If the literal value of a rule contains a whole version, the tag names that version and never moves.
    let is_written = matches!(body, Body::Global(expression) if expression.fixed().is_some_and(holds_version));
    let is_release = match facts.purpose {
        Purpose::Builds => is_bare_version(body, facts),
        Purpose::Releases => contained == ContainedVersion::Whole,
    };
    Ok(match rule.source {
        _ if is_written || is_release => TagMovement::Fixed,
        Source::Sha(_) => TagMovement::Once,
        _ => TagMovement::Floating,
    })
}

/// Decides whether an image gets the tag `latest` of a flavor, which contains no part of a version. Returns how the tag
/// may move, or the reason why the image does not get the tag.
pub(super) fn keeps_latest(facts: &ImageFacts<'_>) -> Result<TagMovement, TagRefusal> {
    match facts.purpose {
        Purpose::Builds => Err(TagRefusal::OfReleases),
        Purpose::Releases => moves(ContainedVersion::Nothing, facts).map(|()| TagMovement::Floating),
    }
}

/// Checks that a tag may move to the image's release. `contained` is how much of the release's version the tag
/// contains.
fn moves(contained: ContainedVersion, facts: &ImageFacts<'_>) -> Result<(), TagRefusal> {
    let Some(release) = facts.release else { return Err(TagRefusal::NotHighest) };
    let may = match contained {
        ContainedVersion::Whole => true,
        ContainedVersion::Minor => {
            matches!(release.standing, ReleaseRank::Highest | ReleaseRank::HighestOfMajor | ReleaseRank::HighestOfMinor)
        }
        ContainedVersion::Major => matches!(release.standing, ReleaseRank::Highest | ReleaseRank::HighestOfMajor),
        ContainedVersion::Nothing => release.standing == ReleaseRank::Highest,
    };
    if may { Ok(()) } else { Err(TagRefusal::NotHighest) }
}

fn contained_version(
    rule: &Rule,
    body: &Body<'_>,
    release: &ImageRelease<'_>,
    facts: &ImageFacts<'_>,
) -> ContainedVersion {
    match body {
        // A rule for versions has a plain value only for a pre-release. The value is the whole version.
        Body::Value(_) if matches!(rule.source, Source::Version { .. }) => ContainedVersion::Whole,
        Body::Version(pattern, _) => of_pattern(pattern),
        Body::Value(value) => of_text(value, release),
        Body::Global(expression) => of_text(&expression.text(|value| value.value(facts)), release),
    }
}

fn of_pattern(pattern: &Expression<VersionPart>) -> ContainedVersion {
    let has = |part| pattern.values().any(|value| *value == part);
    let whole = has(VersionPart::Version) || has(VersionPart::Raw);
    match (has(VersionPart::Major), has(VersionPart::Minor), has(VersionPart::Patch)) {
        _ if whole => ContainedVersion::Whole,
        (true, true, true) => ContainedVersion::Whole,
        (true, true, false) => ContainedVersion::Minor,
        (true, false, false) => ContainedVersion::Major,
        _ => ContainedVersion::Nothing,
    }
}

/// Returns how much of a release's version a text contains.
fn of_text(text: &str, release: &ImageRelease<'_>) -> ContainedVersion {
    if holds(text, release.version) {
        return ContainedVersion::Whole;
    }
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let begins = release.version.strip_prefix(numbers).is_some_and(|rest| rest.starts_with('.'));
    match numbers.split('.').count() {
        1 if begins => ContainedVersion::Major,
        2 if begins => ContainedVersion::Minor,
        _ => ContainedVersion::Nothing,
    }
}

/// Whether a text contains this version, and not only as a part of a longer version.
fn holds(text: &str, version: &str) -> bool {
    text.match_indices(version).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + version.len()..].chars().next();
        let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '+');
        !goes_on(before) && !goes_on(after)
    })
}

/// Whether a value is exactly the version of the release, with or without a `v`. Patterns of `semver` and `pep440`
/// rules count as such a value.
fn is_bare_version(body: &Body<'_>, facts: &ImageFacts<'_>) -> bool {
    let Some(release) = facts.release else { return false };
    let is_bare = |text: &str| text == release.version || text.strip_prefix('v') == Some(release.version);
    match body {
        Body::Value(value) => is_bare(value),
        // A literal value of a rule does not come from the release.
        Body::Global(expression) => {
            expression.fixed().is_none() && is_bare(&expression.text(|value| value.value(facts)))
        }
        Body::Version(..) => true,
    }
}

/// Whether a value contains the commit. No other commit has such a tag.
fn names_commit(body: &Body<'_>) -> bool {
    matches!(body, Body::Global(expression) if expression.values().any(|value| matches!(value, Global::Sha)))
}
