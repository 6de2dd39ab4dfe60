use regex::Regex;

use super::image_facts::{ImageEvent, ImageFacts};
use super::scheme::{Scheme, Stability, VersionFields};
use super::tag_expression::{Expression, Global, VersionPart};
use super::tag_rule::{Enable, ShaFormat, Source};
use crate::model::name::Escaped;

/// The content of a rule's tag, between prefix and suffix.
pub(super) enum Body<'a> {
    /// An expression of literal text and values.
    Global(&'a Expression<Global>),
    /// A pattern for a version, and the parts of the version.
    Version(&'a Expression<VersionPart>, VersionFields),
    /// A single value, such as the name of a branch.
    Value(String),
}

/// The result of a rule for an event.
pub(super) enum Answer<'a> {
    Tag(Body<'a>),
    /// The rule is for other events.
    Silent,
    Skipped(String),
}

impl Enable {
    /// Whether a rule is enabled for an event.
    pub(super) fn holds(self, facts: &ImageFacts<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::OnDefaultBranch => facts.is_default_branch(),
            Self::OffDefaultBranch => !facts.is_default_branch(),
        }
    }
}

impl Source {
    /// Returns the result of a rule for an event.
    pub(super) fn answer<'a>(&'a self, facts: &ImageFacts<'_>) -> Answer<'a> {
        let value =
            |value: Option<&str>| value.map_or(Answer::Silent, |value| Answer::Tag(Body::Value(value.to_owned())));
        match self {
            Self::Schedule { pattern } => match facts.event {
                ImageEvent::Schedule(_) => Answer::Tag(Body::Global(pattern)),
                _ => Answer::Silent,
            },
            Self::Version { scheme, pattern, value, within } => {
                version(*scheme, pattern, &texts(value.as_ref(), facts), within.as_ref())
            }
            Self::Match { pattern, group, value } => matched(pattern, *group, &texts(value.as_ref(), facts)),
            Self::Edge { branch } => {
                let edge = branch.as_deref().or(facts.default_branch);
                value(facts.branch().filter(|branch| Some(*branch) == edge).map(|_| "edge"))
            }
            Self::RefBranch => value(facts.branch()),
            Self::RefTag => match facts.event {
                ImageEvent::Tag { name, .. } => value(Some(facts.release.map_or(name, |release| release.written()))),
                _ => Answer::Silent,
            },
            Self::RefPullRequest => match facts.event {
                ImageEvent::PullRequest { number, .. } => value(Some(&number.to_string())),
                _ => Answer::Silent,
            },
            Self::Raw { value } => Answer::Tag(Body::Global(value)),
            Self::Sha(ShaFormat::Short) => value(Some(&facts.commit.short(facts.abbrev))),
            Self::Sha(ShaFormat::Long) => value(Some(&facts.commit.to_string())),
        }
    }
}

/// Returns the texts in which a rule about versions looks for a version, the preferred text first. If the rule has a
/// `value`, this is the only text. Otherwise the texts are the version in the release's tag, and the whole tag.
fn texts(value: Option<&Expression<Global>>, facts: &ImageFacts<'_>) -> Vec<String> {
    match (value, facts.release) {
        (Some(value), _) => vec![value.text(|value| value.value(facts))],
        (None, Some(release)) => vec![release.written().to_owned(), release.tag.to_owned()],
        (None, None) => Vec::new(),
    }
}

fn version<'a>(
    scheme: Scheme,
    pattern: &'a Expression<VersionPart>,
    texts: &[String],
    within: Option<&Regex>,
) -> Answer<'a> {
    let Some(first) = texts.first() else { return Answer::Silent };
    let found = within.and_then(|regex| texts.iter().find_map(|text| regex.captures(text)?.get(1)));
    let text = found.map_or(first.as_str(), |found| found.as_str());
    let Some(fields) = scheme.read(text) else {
        return Answer::Skipped(format!("`{}` is not a {} version", Escaped::new(text), scheme.name()));
    };
    Answer::Tag(match (fields.stability, pattern.alone()) {
        (Stability::Stable, _) => Body::Version(pattern, fields),
        (Stability::Provisional, Some(VersionPart::Raw)) => Body::Value(fields.raw),
        (Stability::Provisional, _) => Body::Value(fields.version),
    })
}

fn matched<'a>(pattern: &Regex, group: usize, texts: &[String]) -> Answer<'a> {
    let Some(first) = texts.first() else { return Answer::Silent };
    let found = texts.iter().find_map(|text| pattern.captures(text)?.get(group));
    match found {
        Some(found) => Answer::Tag(Body::Value(found.as_str().to_owned())),
        None => Answer::Skipped(format!("`{}` does not match `{pattern}`", Escaped::new(first))),
    }
}
