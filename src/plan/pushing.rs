use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlannedService;
use crate::naming::image::{ImageName, ImageTag, Reference, TagMovement};

/// The image references that a build pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pushes {
    /// The references with the service's tags, except for tags of releases, and the reference with the content tag.
    #[default]
    All,
    /// Only the reference with the content tag. rebake adds the other tags after the build.
    Content,
    /// Only the references with the service's tags, except for tags of releases, since the event may not write content
    /// tags.
    Tags,
}

impl Pushes {
    /// Whether this is `All`, the default.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}

impl PlannedService {
    /// Returns the reference with the content tag, by which an image of the same content is found again. `None` if the
    /// service has no image or no content tag.
    #[must_use]
    pub fn content_reference(&self) -> Option<Reference> {
        let name = ImageName::parse(self.image.as_deref()?).ok()?;
        let content = self.content_tag.as_deref().filter(|tag| ImageTag::is_of_content(tag))?;
        Some(Reference { name, tag: ImageTag::parse(content).ok()? })
    }

    /// Returns how one of the service's tags may move.
    #[must_use]
    pub fn movement(&self, tag: &str) -> TagMovement {
        let has = |tags: &[String]| tags.iter().any(|other| other == tag);
        if has(&self.fixed) {
            TagMovement::Fixed
        } else if has(&self.once) {
            TagMovement::Once
        } else {
            TagMovement::Floating
        }
    }

    /// Returns the image references with a tag that the build gives the image; tags without a name if the service has
    /// no image.
    #[must_use]
    pub fn built_tags(&self) -> Vec<String> {
        if !self.push || self.image.is_none() {
            return self.tags.clone();
        }
        let floating = || self.tags.iter().filter(|tag| self.movement(tag) != TagMovement::Fixed).cloned();
        let content = self.content_reference().map(|content| content.to_string());
        match self.pushes {
            Pushes::Content => content.into_iter().collect(),
            Pushes::Tags => floating().collect(),
            Pushes::All => {
                let tags: Vec<String> = floating().collect();
                if tags.is_empty() { content.into_iter().collect() } else { tags }
            }
        }
    }

    /// Returns the references that the build pushes, in the order of pushing. If a registry has the last of them, it
    /// has all.
    #[must_use]
    pub fn pushed_references(&self) -> Vec<String> {
        let mut tags = self.built_tags();
        let content = self.content_reference().map(|content| content.to_string());
        tags.extend(content.filter(|content| self.pushes != Pushes::Tags && !tags.contains(content)));
        tags
    }

    /// Returns the image references that rebake adds to the image after the build, those of releases first.
    #[must_use]
    pub fn later_tags(&self) -> Vec<String> {
        if !self.push || self.image.is_none() {
            return Vec::new();
        }
        let built = self.pushed_references();
        let mut later: Vec<String> = self.tags.iter().filter(|tag| !built.contains(tag)).cloned().collect();
        later.sort_by_key(|tag| std::cmp::Reverse(self.movement(tag)));
        later
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(change: impl Fn(&mut PlannedService)) -> PlannedService {
        let text = serde_json::json!({
            "service": "api", "causes": [], "needs": [], "level": 0, "labels": {}, "platforms": [], "push": true,
            "matrix": {}, "image": "r.io/api", "content_tag": "fp2-4oymiquy7qobjgx36tejs35zeq",
            "tags": ["r.io/api:1.0", "r.io/api:1.0.9", "r.io/api:sha-1"], "fixed": ["r.io/api:1.0.9"],
            "once": ["r.io/api:sha-1"],
        });
        let mut service = serde_json::from_value(text).unwrap();
        change(&mut service);
        service
    }

    #[test]
    fn a_build_pushes_no_tag_of_a_release() {
        let pushed = |pushes, change: fn(&mut PlannedService)| {
            let service = service(|service| {
                service.pushes = pushes;
                change(service);
            });
            let short = |tags: Vec<String>| tags.iter().map(|tag| tag[9..12].to_owned()).collect::<Vec<_>>().join(" ");
            [short(service.built_tags()), short(service.pushed_references()), short(service.later_tags())]
        };
        assert_eq!(pushed(Pushes::All, |_| ()), ["1.0 sha", "1.0 sha fp2", "1.0"]);
        assert_eq!(pushed(Pushes::All, |service| service.tags = service.fixed.clone()), ["fp2", "fp2", "1.0"]);
        assert_eq!(pushed(Pushes::Tags, |_| ()), ["1.0 sha", "1.0 sha", "1.0"]);
        assert_eq!(pushed(Pushes::Content, |_| ()), ["fp2", "fp2", "1.0 sha 1.0"]);
        assert_eq!(service(|service| service.pushes = Pushes::Content).later_tags()[0], "r.io/api:1.0.9");
        let unpushed = service(|service| service.push = false);
        assert_eq!((unpushed.built_tags(), unpushed.later_tags().is_empty()), (unpushed.tags.clone(), true));
    }

    #[test]
    fn content_that_no_commit_has_has_no_reference() {
        let reference = |image: Option<&str>, content: Option<&str>| {
            let changed = service(|service| {
                (service.image, service.content_tag) = (image.map(str::to_owned), content.map(str::to_owned));
            });
            changed.content_reference().map(|reference| reference.to_string())
        };
        let tag = "fp2-4oymiquy7qobjgx36tejs35zeq";
        let content = Some(tag);
        assert_eq!(reference(Some("r.io/api"), content).unwrap(), format!("r.io/api:{tag}"));
        assert_eq!(reference(Some("r.io/api"), Some("fp2-4oymiquy7qobjgx36tejs35zeq-dirty")), None);
        assert_eq!(reference(Some("r.io/api"), Some("latest")), None);
        assert_eq!(reference(Some("r.io/API"), content), None);
        assert_eq!(reference(None, content), None);
        assert_eq!(reference(Some("r.io/api"), None), None);
    }
}
