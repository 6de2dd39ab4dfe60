use std::collections::BTreeMap;

use super::{TagPattern, Version};
use crate::model::name::{ServiceName, TagName};

/// The release tags of all services, to find out which service a tag releases.
#[derive(Debug, Clone, Default)]
pub struct ReleaseTags {
    /// By prefix: the patterns with that prefix, from the longest suffix to the shortest, each with the services that
    /// use it.
    by_prefix: BTreeMap<String, Vec<(TagPattern, Vec<ServiceName>)>>,
}

/// The meaning of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A release.
    Release {
        /// The service that it releases; several where services share a format such as `v{{version}}`. Never empty.
        services: Vec<ServiceName>,
        /// The version.
        version: Version,
    },
    /// A tag that seems to be a release, but whose version is not valid in the service's scheme: `api@1.0`.
    Malformed {
        /// The services with this prefix. Never empty.
        services: Vec<ServiceName>,
        /// The text in place of the version.
        version: String,
        /// The tag that was probably meant.
        meant: Option<TagName>,
    },
    /// A tag that has a service's prefix but no version, such as `api@latest`.
    Other {
        /// The services with this prefix. Never empty.
        services: Vec<ServiceName>,
    },
    /// A tag that belongs to no service.
    Unknown {
        /// The text before the version, if the tag seems to contain a version: `apj` of `apj@1.0.0`.
        claimed: Option<String>,
    },
}

impl ReleaseTags {
    /// Collects the patterns of each service.
    pub fn new<'a>(services: impl IntoIterator<Item = (&'a ServiceName, &'a [TagPattern])>) -> Self {
        let mut by_prefix: BTreeMap<String, Vec<(TagPattern, Vec<ServiceName>)>> = BTreeMap::new();
        for (service, patterns) in services {
            for pattern in patterns {
                let known = by_prefix.entry(pattern.prefix().to_owned()).or_default();
                match known.iter_mut().find(|(known, _)| known == pattern) {
                    None => known.push((pattern.clone(), vec![service.clone()])),
                    Some((_, users)) if users.contains(service) => {}
                    Some((_, users)) => users.push(service.clone()),
                }
            }
        }
        for patterns in by_prefix.values_mut() {
            patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.suffix().len()));
        }
        Self { by_prefix }
    }

    /// Returns the meaning of a tag. The patterns that fit are tried from the longest prefix to the shortest. The first
    /// pattern for which the text in place of `{{version}}` is a version, or begins like one, determines the meaning.
    #[must_use]
    pub fn parse(&self, tag: &TagName) -> Parsed {
        let Some(text) = tag.to_str() else { return Parsed::Unknown { claimed: None } };
        let mut other = None;
        for (pattern, services) in self.fitting(text) {
            let rest = &text[pattern.prefix().len()..text.len() - pattern.suffix().len()];
            if let Some(version) = pattern.scheme().read(rest) {
                return Parsed::Release { services: services.to_vec(), version };
            }
            let number = rest.strip_prefix(['v', 'V']).unwrap_or(rest);
            if number.starts_with(|c: char| c.is_ascii_digit()) {
                let meant = pattern.scheme().meant(number).and_then(|version| pattern.tag(&version).ok());
                return Parsed::Malformed { services: services.to_vec(), version: rest.to_owned(), meant };
            }
            // A bare `{{version}}` has an empty prefix, which every tag has.
            if !pattern.prefix().is_empty() {
                other.get_or_insert_with(|| Parsed::Other { services: services.to_vec() });
            }
        }
        other.unwrap_or_else(|| Parsed::Unknown { claimed: claimed(text) })
    }

    /// Returns the prefixes of all services, sorted.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.by_prefix.keys().map(String::as_str)
    }

    /// Returns the patterns whose prefix and suffix a tag has, each with its services, the longest prefix first.
    fn fitting<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = (&'a TagPattern, &'a [ServiceName])> {
        let prefixes = (0..=tag.len()).rev().filter_map(|end| self.by_prefix.get_key_value(tag.get(..end)?));
        prefixes.flat_map(move |(prefix, patterns)| {
            let rest = &tag[prefix.len()..];
            let fit = patterns.iter().filter(|(pattern, _)| rest.ends_with(pattern.suffix()));
            fit.map(|(pattern, services)| (pattern, services.as_slice()))
        })
    }
}

/// Returns the text before the version in a tag that belongs to no service. The tag is split at the last `@`, else at
/// the last `@v`, `/v` or `-v`. A digit must follow.
fn claimed(tag: &str) -> Option<String> {
    let versioned = |(before, after): (&str, &str)| {
        let is_version = after.starts_with(|c: char| c.is_ascii_digit());
        (is_version && !before.is_empty()).then(|| before.to_owned())
    };
    ["@", "@v", "/v", "-v"].into_iter().find_map(|separator| tag.rsplit_once(separator).and_then(versioned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::version::Scheme;

    fn name(text: &str) -> ServiceName {
        ServiceName::of_flat_filter(text)
    }

    fn semver(text: &str) -> Version {
        Scheme::Semver.read(text).unwrap()
    }

    fn tags() -> ReleaseTags {
        let services = [
            ("api", vec![TagPattern::new("services/api@", ""), TagPattern::new("api-v", "")]),
            ("api-golang", vec![TagPattern::new("services/api-golang@", "")]),
            ("scoped", vec![TagPattern::new("@scope/pkg@", "")]),
            ("a", vec![TagPattern::new("a-v", "")]),
            ("a-v2", vec![TagPattern::new("a-v2-v", "")]),
            ("go", vec![TagPattern::new("lib/go/v", "")]),
            ("all-1", vec![TagPattern::new("v", "")]),
            ("all-2", vec![TagPattern::new("v", "")]),
            ("suffixed", vec![TagPattern::new("rel/", "/web")]),
        ]
        .map(|(service, patterns)| (name(service), patterns));
        ReleaseTags::new(services.iter().map(|(service, patterns)| (service, patterns.as_slice())))
    }

    fn parse(tag: &str) -> Parsed {
        tags().parse(&TagName::from_git(tag))
    }

    #[test]
    fn the_longest_prefix_decides() {
        for (tag, services, version) in [
            ("services/api@1.0.9", &["api"][..], "1.0.9"),
            ("api-v1.0.9", &["api"], "1.0.9"),
            ("services/api-golang@1.0.9-rc.1", &["api-golang"], "1.0.9-rc.1"),
            ("@scope/pkg@1.2.3+b", &["scoped"], "1.2.3+b"),
            ("a-v2-v3.0.0", &["a-v2"], "3.0.0"),
            ("a-v2.0.0", &["a"], "2.0.0"),
            ("lib/go/v0.1.0", &["go"], "0.1.0"),
            ("v1.0.0", &["all-1", "all-2"], "1.0.0"),
            ("rel/1.0.0/web", &["suffixed"], "1.0.0"),
        ] {
            let services = services.iter().map(|service| name(service)).collect();
            assert_eq!(parse(tag), Parsed::Release { services, version: semver(version) }, "{tag}");
        }
    }

    #[test]
    fn what_looks_like_a_release_is_malformed() {
        for (tag, version, meant) in [
            ("services/api@1.0", "1.0", Some("services/api@1.0.0")),
            ("services/api@v1.0.9", "v1.0.9", Some("services/api@1.0.9")),
            ("services/api@01.2.3", "01.2.3", Some("services/api@1.2.3")),
            ("services/api@1-rc.1", "1-rc.1", Some("services/api@1.0.0-rc.1")),
            ("services/api@1.x", "1.x", None),
        ] {
            let meant = meant.map(|meant| TagName::parse(meant).unwrap());
            let malformed = Parsed::Malformed { services: vec![name("api")], version: version.into(), meant };
            assert_eq!(parse(tag), malformed, "{tag}");
        }
    }

    #[test]
    fn other_tags_are_told_apart() {
        assert_eq!(parse("services/api@latest"), Parsed::Other { services: vec![name("api")] });
        for (tag, claimed) in [
            ("services/apj@1.0.0", Some("services/apj")),
            ("@scope/x@1.0.0", Some("@scope/x")),
            ("lib/x/v1.0.0", Some("lib/x")),
            ("x-v1.0.0", Some("x")),
            ("nightly", None),
            ("@1.0.0", None),
        ] {
            assert_eq!(parse(tag), Parsed::Unknown { claimed: claimed.map(str::to_owned) }, "{tag}");
        }
        assert_eq!(tags().parse(&TagName::from_git(*b"api-v\xff")), Parsed::Unknown { claimed: None });
    }

    #[test]
    fn a_bare_version_claims_no_other_tag() {
        let (service, patterns) = (name("x"), [TagPattern::new("", "")]);
        let tags = ReleaseTags::new([(&service, &patterns[..])]);
        assert_eq!(tags.parse(&TagName::from_git("nightly")), Parsed::Unknown { claimed: None });
        let release = Parsed::Release { services: vec![service], version: semver("1.0.0") };
        assert_eq!(tags.parse(&TagName::from_git("1.0.0")), release);
    }
}
