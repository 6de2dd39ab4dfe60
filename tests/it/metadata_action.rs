//! The published test cases of docker/metadata-action, as facts: what it was asked, and the tags that it answered.
//!
//! A line of `tests/data/metadata-action.jsonl` has the `case` (its table and name there), the `event` (`name`, `ref` and
//! `base`), the `sha`, the lines of `tags` and `flavor`, and the tags `expected` there. Where we differ on purpose the
//! line also has `ours`, the tags, or `refused`, the message, and `why`. A case without `tags` stands for the four lines
//! that are its default; ours is another one.

use rebake::model::name::{CommitId, ServiceName};
use rebake::naming::image::{Flavor, ImageEvent, ImageFacts, ImageRelease, ReleaseRank, RuleError, TagRules};
use rebake::naming::version::Purpose;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    event: Asked,
    sha: String,
    #[serde(default = "default_tags")]
    tags: Vec<String>,
    #[serde(default)]
    flavor: Vec<String>,
    expected: Vec<String>,
    ours: Option<Vec<String>>,
    refused: Option<String>,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "ref")]
    reference: String,
    base: Option<String>,
}

fn default_tags() -> Vec<String> {
    ["type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr"].map(str::to_owned).into()
}

impl Asked {
    fn read(&self) -> ImageEvent<'_> {
        let base = self.base.as_deref();
        if let Some(branch) = self.reference.strip_prefix("refs/heads/") {
            if self.name == "schedule" { ImageEvent::Schedule(Some(branch)) } else { ImageEvent::Branch(branch) }
        } else if let Some(name) = self.reference.strip_prefix("refs/tags/") {
            ImageEvent::Tag { name, base }
        } else if let Some(pull) = self.reference.strip_prefix("refs/pull/") {
            ImageEvent::PullRequest { number: pull.trim_end_matches("/merge").parse().unwrap(), base }
        } else {
            ImageEvent::Other
        }
    }

    /// The release that a service would see in the tag: what follows the last `/` and a `v` is its version.
    fn release(&self) -> Option<ImageRelease<'_>> {
        let tag = self.reference.strip_prefix("refs/tags/")?;
        let last = tag.rsplit('/').next()?;
        let version = last.strip_prefix('v').unwrap_or(last);
        let stable = semver::Version::parse(version).is_ok_and(|version| version.pre.is_empty());
        let standing = if stable { ReleaseRank::Highest } else { ReleaseRank::Other };
        Some(ImageRelease { tag, version, standing })
    }
}

impl Case {
    fn answer(&self) -> Result<Vec<String>, Vec<RuleError>> {
        let service = ServiceName::parse("app").unwrap();
        let commit: CommitId = self.sha.parse().unwrap_or_else(|_| "0".repeat(40).parse().unwrap());
        let facts = ImageFacts {
            service: &service,
            version: "0.0.0-0001-0000000",
            release: self.event.release(),
            purpose: if self.event.release().is_some() { Purpose::Releases } else { Purpose::Builds },
            event: self.event.read(),
            default_branch: Some("master"),
            commit,
            // 2020-01-10T00:30:00Z, the time that the cases were run at.
            time: 1_578_616_200,
            abbrev: 7,
        };
        let rules = TagRules::parse(&self.tags, Flavor::parse(&self.flavor)?)?;
        let tags = rules.tags(&facts).unwrap_or_else(|errors| panic!("{}: {errors:?}", self.name));
        Ok(tags.names.iter().map(ToString::to_string).collect())
    }

    /// What is wrong with our answer, if anything is.
    fn fault(&self) -> Option<String> {
        let Self { name, expected, ours, refused, why, .. } = self;
        let differs = ours.is_some() || refused.is_some();
        if differs != why.is_some() {
            return Some(format!("{name}: a difference and its reason go together"));
        }
        if ours.as_ref() == Some(expected) {
            return Some(format!("{name}: marked as a difference, but is none"));
        }
        match (self.answer(), refused) {
            (Ok(tags), None) if tags == *ours.as_ref().unwrap_or(expected) => None,
            (Err(errors), Some(message)) if errors.iter().any(|error| error.message.contains(message)) => None,
            (Ok(tags), _) => Some(format!("{name}: gave {tags:?}, expected {expected:?}, ours {ours:?}")),
            (Err(errors), _) => Some(format!("{name}: refused with {errors:?}, expected {expected:?}")),
        }
    }
}

#[test]
fn every_published_case_is_answered_alike_or_differs_for_a_reason() {
    let cases: Vec<Case> = include_str!("../data/metadata-action.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let faults: Vec<String> = cases.iter().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}
