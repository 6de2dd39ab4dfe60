use super::image_facts::{ImageEvent, ImageFacts, ImageRelease, ReleaseRank};
use super::image_tag::ImageTag;
use super::image_tags::TagMovement;
use super::tag_rules::TagRules;
use crate::model::name::{CommitId, ServiceName};
use crate::naming::version::Purpose;

/// The facts about an image that are the same for all commits of a branch.
#[derive(Debug, Clone, Copy)]
pub struct TagOccasion<'a> {
    /// What the environment is for.
    pub purpose: Purpose,
    /// The event.
    pub event: ImageEvent<'a>,
    /// The repository's default branch, if it is known.
    pub default_branch: Option<&'a str>,
}

/// An example commit: the facts that differ from commit to commit.
struct Example {
    version: &'static str,
    tag: &'static str,
    id: &'static str,
    time: i64,
}

/// Two commits that have nothing in common.
const EXAMPLES: [Example; 2] = [
    Example { version: "1.2.3", tag: "a@1.2.3", id: "1234567890123456789012345678901234567890", time: 981_173_106 },
    Example {
        version: "45.67.89",
        tag: "b@45.67.89",
        id: "abcdefabcdefabcdefabcdefabcdefabcdefabcd",
        time: 1_714_626_123,
    },
];

impl TagRules {
    /// Returns the tags that the images of all commits get on this occasion, such as `main` and `latest`. Such tags
    /// move from build to build.
    ///
    /// These are the tags that two example commits with nothing in common both get. The list is empty if a tag is not
    /// valid.
    #[must_use]
    pub fn lasting(&self, service: &ServiceName, occasion: TagOccasion<'_>) -> Vec<ImageTag> {
        let [one, other] = EXAMPLES.map(|example| self.of_example(service, occasion, &example));
        one.into_iter().filter(|tag| other.contains(tag)).collect()
    }

    fn of_example(&self, service: &ServiceName, occasion: TagOccasion<'_>, example: &Example) -> Vec<ImageTag> {
        let Ok(commit) = example.id.parse::<CommitId>() else { return Vec::new() };
        let is_release = occasion.purpose == Purpose::Releases;
        let release = ImageRelease { tag: example.tag, version: example.version, standing: ReleaseRank::Highest };
        let event = match occasion.event {
            ImageEvent::Tag { base, .. } => ImageEvent::Tag { name: example.tag, base },
            other => other,
        };
        let facts = ImageFacts {
            service,
            version: example.version,
            release: is_release.then_some(release),
            purpose: occasion.purpose,
            event,
            default_branch: occasion.default_branch,
            commit,
            time: example.time,
            abbrev: 7,
        };
        let Ok(tags) = self.tags(&facts) else { return Vec::new() };
        let is_held = |tag: &ImageTag| tags.held.iter().any(|(held, by)| held == tag && *by != TagMovement::Floating);
        tags.names.iter().filter(|tag| !is_held(tag)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::image::Flavor;

    #[test]
    fn a_lasting_tag_is_that_of_every_commit() {
        let lasting = |lines: &[&str], purpose, event| {
            let rules = TagRules::parse(lines, Flavor::default()).unwrap();
            let occasion = TagOccasion { purpose, event, default_branch: Some("main") };
            let tags = rules.lasting(&ServiceName::parse("api").unwrap(), occasion);
            tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let main = ImageEvent::Branch("main");
        let all = [
            "{{version}}",
            "type=sha",
            "{{date 'YYYY'}}",
            "type=ref,event=branch",
            "type=semver,pattern={{major}}",
            "type=raw,value=node-20.1.0",
            "stable-{{name}}",
            "type=edge",
        ];
        assert_eq!(lasting(&all, Purpose::Builds, main), "edge main stable-api");
        assert_eq!(lasting(&all, Purpose::Builds, ImageEvent::Other), "stable-api");
        let tag = ImageEvent::Tag { name: "api@1.0.9", base: None };
        assert_eq!(lasting(&all, Purpose::Releases, tag), "stable-api latest");
        assert_eq!(lasting(&[], Purpose::Builds, main), "");
    }
}
