//! Chooses which tags of its rules an image gets.

use super::floating::holds_version;
use super::image_facts::{ImageFacts, ImageRelease, ReleaseRank};
use super::image_tags::{TagMovement, TagRefusal};
use super::tag_body::Body;
use super::tag_expression::{Expression, Global, VersionPart};
use super::tag_rule::{Rule, Source};
use crate::naming::version::Purpose;

/// How much of a release's version a tag contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// The whole version: no other release has the tag.
    Whole,
    /// Its major and minor number.
    Minor,
    /// Its major number.
    Major,
    /// Nothing, like `stable` and `latest`.
    Nothing,
}

/// Returns how the tag that a rule made may move, or why the image does not get it.
pub(super) fn keeps(rule: &Rule, body: &Body<'_>, facts: &ImageFacts<'_>) -> Result<TagMovement, TagRefusal> {
    let says = facts.release.map_or(Says::Nothing, |release| says(rule, body, &release, facts));
    match facts.purpose {
        Purpose::Builds => {
            let is_of_releases = rule.source.is_of_releases() || is_bare_version(body, facts);
            let is_new = facts.release.is_some_and(|release| release.standing == ReleaseRank::Unreleased);
            if !is_of_releases || is_new && says == Says::Whole { Ok(()) } else { Err(TagRefusal::OfReleases) }
        }
        Purpose::Releases => {
            let floats =
                rule.source.is_of_releases() || matches!(rule.source, Source::Raw { .. }) && !names_commit(body);
            if floats { moves(says, facts) } else { Ok(()) }
        }
    }?;
    // People who write a whole version mean that one.
    let is_written = matches!(body, Body::Global(expression) if expression.fixed().is_some_and(holds_version));
    let is_release = match facts.purpose {
        Purpose::Builds => is_bare_version(body, facts),
        Purpose::Releases => says == Says::Whole,
    };
    Ok(match rule.source {
        _ if is_written || is_release => TagMovement::Fixed,
        Source::Sha(_) => TagMovement::Once,
        _ => TagMovement::Floating,
    })
}

/// Returns how the tag `latest` of a flavor may move, or why the image does not get it. The tag contains no part of a
/// version.
pub(super) fn keeps_latest(facts: &ImageFacts<'_>) -> Result<TagMovement, TagRefusal> {
    match facts.purpose {
        Purpose::Builds => Err(TagRefusal::OfReleases),
        Purpose::Releases => moves(Says::Nothing, facts).map(|()| TagMovement::Floating),
    }
}

/// Checks whether a tag may move to the release.
fn moves(says: Says, facts: &ImageFacts<'_>) -> Result<(), TagRefusal> {
    let Some(release) = facts.release else { return Err(TagRefusal::NotHighest) };
    let may = match says {
        Says::Whole => true,
        Says::Minor => {
            matches!(release.standing, ReleaseRank::Highest | ReleaseRank::HighestOfMajor | ReleaseRank::HighestOfMinor)
        }
        Says::Major => matches!(release.standing, ReleaseRank::Highest | ReleaseRank::HighestOfMajor),
        Says::Nothing => release.standing == ReleaseRank::Highest,
    };
    if may { Ok(()) } else { Err(TagRefusal::NotHighest) }
}

fn says(rule: &Rule, body: &Body<'_>, release: &ImageRelease<'_>, facts: &ImageFacts<'_>) -> Says {
    match body {
        // Of a pre-release such a rule gives the whole version, in its own spelling.
        Body::Value(_) if matches!(rule.source, Source::Version { .. }) => Says::Whole,
        Body::Version(pattern, _) => of_pattern(pattern),
        Body::Value(value) => of_text(value, release),
        Body::Global(expression) => of_text(&expression.text(|value| value.value(facts)), release),
    }
}

fn of_pattern(pattern: &Expression<VersionPart>) -> Says {
    let has = |part| pattern.values().any(|value| *value == part);
    let whole = has(VersionPart::Version) || has(VersionPart::Raw);
    match (has(VersionPart::Major), has(VersionPart::Minor), has(VersionPart::Patch)) {
        _ if whole => Says::Whole,
        (true, true, true) => Says::Whole,
        (true, true, false) => Says::Minor,
        (true, false, false) => Says::Major,
        _ => Says::Nothing,
    }
}

/// Returns how much of a release's version a text contains.
fn of_text(text: &str, release: &ImageRelease<'_>) -> Says {
    if holds(text, release.version) {
        return Says::Whole;
    }
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let begins = release.version.strip_prefix(numbers).is_some_and(|rest| rest.starts_with('.'));
    match numbers.split('.').count() {
        1 if begins => Says::Major,
        2 if begins => Says::Minor,
        _ => Says::Nothing,
    }
}

/// Whether a text contains a version that is not part of a longer one.
fn holds(text: &str, version: &str) -> bool {
    text.match_indices(version).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + version.len()..].chars().next();
        let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '+');
        !goes_on(before) && !goes_on(after)
    })
}

/// Whether a value is exactly the version of the release, with or without a `v`.
fn is_bare_version(body: &Body<'_>, facts: &ImageFacts<'_>) -> bool {
    let Some(release) = facts.release else { return false };
    let is_bare = |text: &str| text == release.version || text.strip_prefix('v') == Some(release.version);
    match body {
        Body::Value(value) => is_bare(value),
        // What people wrote out is theirs.
        Body::Global(expression) => {
            expression.fixed().is_none() && is_bare(&expression.text(|value| value.value(facts)))
        }
        Body::Version(..) => true,
    }
}

/// Whether a value contains the commit, so that no other commit has the tag.
fn names_commit(body: &Body<'_>) -> bool {
    matches!(body, Body::Global(expression) if expression.values().any(|value| matches!(value, Global::Sha)))
}
