use std::collections::BTreeMap;

use super::image_facts::ImageFacts;
use super::rule_error::Problem;
use super::tag_expression::{Expression, Global};
use crate::model::calendar::CalendarTime;

/// The keys of the labels by which rebake recognises an image. One label has the service's name, the other one the
/// commit at which the image was built.
pub const OWN_LABELS: (&str, &str) = ("rebake.service", "rebake.commit");

/// The labels of a service's image, checked. Their values may contain the same expressions as tags.
#[derive(Debug, Clone, Default)]
pub struct Labels(Vec<(String, Expression<Global>)>);

/// What is wrong with the value of a label, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LabelError {
    /// The label's key.
    pub key: String,
    /// Offset in bytes in the label's value.
    pub offset: usize,
    /// What is wrong: without a full stop, in lower case.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Labels {
    /// Reads the labels of a service.
    ///
    /// # Errors
    /// When an expression in a value is wrong. All errors are returned.
    pub fn parse<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<LabelError>> {
        let mut read = Vec::new();
        let mut errors = Vec::new();
        for (key, value) in labels {
            match Expression::parse(value) {
                Ok(value) => read.push((key.to_owned(), value)),
                Err(Problem { offset, message, help }) => {
                    errors.push(LabelError { key: key.to_owned(), offset, message, help });
                }
            }
        }
        if errors.is_empty() { Ok(Self(read)) } else { Err(errors) }
    }

    /// Returns the keys of the labels whose values depend on more than the service's name, such as on the version.
    pub fn varying(&self) -> impl Iterator<Item = &str> {
        let varies = |value: &Expression<Global>| value.values().any(|value| !matches!(value, Global::Name));
        self.0.iter().filter(move |(_, value)| varies(value)).map(|(key, _)| key.as_str())
    }

    /// Returns all labels of the image: the standard ones of OCI (`org.opencontainers.image.*`), and the service's own,
    /// which replace standard labels with the same keys.
    ///
    /// The label `created` is the time of the commit, so that the same commit gives the same labels. The label `source`
    /// is the parameter `source`: the address of the repository, from [`source_url`](super::source_url). Without an
    /// address, there is no label `source`.
    #[must_use]
    pub fn fill(&self, facts: &ImageFacts<'_>, source: Option<&str>) -> BTreeMap<String, String> {
        let standard = [
            ("created", Some(CalendarTime::rfc3339(facts.time))),
            ("revision", Some(facts.commit.to_string())),
            ("source", source.map(str::to_owned)),
            ("title", Some(facts.service.as_str().to_owned())),
            ("version", Some(facts.version.to_owned())),
        ];
        let standard =
            standard.into_iter().filter_map(|(key, value)| Some((format!("org.opencontainers.image.{key}"), value?)));
        let own = self.0.iter().map(|(key, value)| (key.clone(), value.text(|value| value.value(facts))));
        standard.chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ImageEvent;
    use super::*;
    use crate::model::name::ServiceName;
    use crate::naming::version::Purpose;

    #[test]
    fn own_labels_win() {
        let service = ServiceName::parse("api").unwrap();
        let facts = ImageFacts {
            service: &service,
            version: "1.0.9+47",
            release: None,
            purpose: Purpose::Builds,
            event: ImageEvent::Branch("main"),
            default_branch: None,
            commit: "860c1904a1ce19322e91ac35af1ab07466440c37".parse().unwrap(),
            time: 1_578_616_200,
            abbrev: 7,
        };
        let own = [
            ("maintainer", "a=b {{branch}}"),
            ("org.opencontainers.image.title", "{{name}} of acme"),
            ("day", "{{commit_date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}"),
        ];
        let labels = Labels::parse(own).unwrap().fill(&facts, Some("https://github.com/acme/shop"));
        let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            labels,
            [
                ("day", "2020-01-10T00:30:00.000Z"),
                ("maintainer", "a=b main"),
                ("org.opencontainers.image.created", "2020-01-10T00:30:00Z"),
                ("org.opencontainers.image.revision", "860c1904a1ce19322e91ac35af1ab07466440c37"),
                ("org.opencontainers.image.source", "https://github.com/acme/shop"),
                ("org.opencontainers.image.title", "api of acme"),
                ("org.opencontainers.image.version", "1.0.9+47"),
            ]
        );
        assert!(!Labels::default().fill(&facts, None).contains_key("org.opencontainers.image.source"));
    }

    #[test]
    fn mistakes_have_places() {
        let errors = Labels::parse([("a", "{{x}}"), ("b", "ok"), ("c", "- {{nam}}")]).unwrap_err();
        let places: Vec<(&str, usize)> = errors.iter().map(|error| (error.key.as_str(), error.offset)).collect();
        assert_eq!(places, [("a", 0), ("c", 2)]);
        assert_eq!(errors[1].help.as_deref(), Some("did you mean `name`?"));
    }
}
