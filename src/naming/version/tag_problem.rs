use std::collections::BTreeSet;

use super::TagPattern;
use crate::model::name::{ServiceName, TagName, TagNameError};

/// Why the tag formats of a configuration cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagProblem {
    /// Git refuses every tag of the service.
    #[error("git refuses tags like `{pattern}`: {error}")]
    Refused {
        /// The service.
        service: ServiceName,
        /// The pattern of its tags.
        pattern: TagPattern,
        /// Why git refuses them.
        error: TagNameError,
    },
    /// Tags of one service look like releases of another service: `api-2-1.0.0` fits the pattern `api-[0-9]*`.
    #[error("the release tags of {other} (`{other_pattern}`) look like those of {service} (`{pattern}`)")]
    Overlap {
        /// The service that would read the other service's tags as its own releases.
        service: ServiceName,
        /// Its pattern.
        pattern: TagPattern,
        /// The other service, whose tags would be misread.
        other: ServiceName,
        /// The pattern of the other's tags.
        other_pattern: TagPattern,
    },
    /// A tag of one service would be a directory of another service's tag: `v1.0.0-x` and `v1.0.0-x/web`. Git cannot
    /// store both.
    #[error(
        "git cannot store the tags of {service} (`{pattern}`) and of {other} (`{other_pattern}`): one would be a directory of the other"
    )]
    Directory {
        /// The service whose tag would be a directory.
        service: ServiceName,
        /// Its pattern.
        pattern: TagPattern,
        /// The service whose tags are in that directory.
        other: ServiceName,
        /// The pattern of the other's tags.
        other_pattern: TagPattern,
    },
}

impl TagProblem {
    /// Returns the service whose format has to be changed.
    #[must_use]
    pub fn service(&self) -> &ServiceName {
        match self {
            Self::Refused { service, .. } | Self::Overlap { service, .. } | Self::Directory { service, .. } => service,
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "give the service a `tag:` of its own, such as `my-name@{{version}}`",
            Self::Overlap { .. } => "end the part before `{{version}}` with a sign that names do not have, such as `@`",
            Self::Directory { .. } => "put something before or behind `{{version}}` in one of the two formats",
        }
    }
}

/// Returns the problems of the tag patterns of all services, in the order of the services. Services with the same
/// pattern share their releases, which is no problem.
#[must_use]
pub fn tag_problems(services: &[(ServiceName, Vec<TagPattern>)]) -> Vec<TagProblem> {
    // Thousands of services may share one pattern. Sorting puts them side by side.
    let mut sorted: Vec<Holder> = Vec::with_capacity(services.len());
    sorted.extend(services.iter().flat_map(|(name, all)| all.iter().map(move |pattern| (pattern, name))));
    sorted.sort_by_key(|(pattern, _)| *pattern);
    let lengths: BTreeSet<usize> = sorted.iter().map(|(pattern, _)| pattern.prefix().len()).collect();
    let mut problems = Vec::new();
    for (other, other_pattern) in services.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one))) {
        if let Err(error) = other_pattern.example() {
            problems.push(TagProblem::Refused { service: other.clone(), pattern: other_pattern.clone(), error });
        }
        // Only a pattern whose prefix is the beginning of the other's can match its tags or be a directory of them.
        let text = other_pattern.prefix();
        let shorter = lengths.range(..=text.len()).filter_map(|end| Some(with_prefix(&sorted, text.get(..*end)?)));
        let differing = shorter.flat_map(by_pattern).filter(|sharing| sharing[0].0 != other_pattern);
        // A message names only one of the services that share a pattern.
        let differing = differing.filter_map(|sharing| sharing.iter().find(|(_, service)| *service != other));
        for (pattern, service) in differing.copied() {
            let takes = overlaps(pattern, other_pattern);
            if takes || is_directory(pattern, other_pattern) {
                let (service, pattern) = (service.clone(), pattern.clone());
                let (other, other_pattern) = (other.clone(), other_pattern.clone());
                problems.push(if takes {
                    TagProblem::Overlap { service, pattern, other, other_pattern }
                } else {
                    TagProblem::Directory { service, pattern, other, other_pattern }
                });
            }
        }
    }
    problems
}

/// A pattern, and a service with that pattern.
type Holder<'s> = (&'s TagPattern, &'s ServiceName);

/// Returns the part of a sorted list whose patterns have this prefix.
fn with_prefix<'l, 's>(sorted: &'l [Holder<'s>], prefix: &str) -> &'l [Holder<'s>] {
    let from = &sorted[sorted.partition_point(|(pattern, _)| pattern.prefix() < prefix)..];
    &from[..from.partition_point(|(pattern, _)| pattern.prefix() == prefix)]
}

/// Splits a sorted list into parts with equal patterns.
fn by_pattern<'l, 's>(mut left: &'l [Holder<'s>]) -> impl Iterator<Item = &'l [Holder<'s>]> {
    std::iter::from_fn(move || {
        let (first, _) = left.first()?;
        let (sharing, others) = left.split_at(left.partition_point(|(pattern, _)| pattern <= first));
        left = others;
        Some(sharing)
    })
}

/// Whether a tag of `other` can also be read as a tag of `pattern`. The prefix of `pattern` must be the beginning of
/// the prefix of `other`.
fn overlaps(pattern: &TagPattern, other: &TagPattern) -> bool {
    let between = &other.prefix()[pattern.prefix().len()..];
    other.suffix().ends_with(pattern.suffix())
        && (between.is_empty() || between.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a tag of `pattern` can be a directory of a tag of `other`. The prefix of `pattern` must be the beginning of
/// the prefix of `other`.
fn is_directory(pattern: &TagPattern, other: &TagPattern) -> bool {
    let release = |directory: &str| pattern.read(&TagName::from_git(directory)).is_some();
    let prefix = other.prefix();
    let within = prefix.match_indices('/').any(|(slash, _)| release(&prefix[..slash]));
    let mut behind = other.suffix().match_indices('/').map(|(slash, _)| &other.suffix()[..slash]);
    within || pattern.prefix() == prefix && behind.any(|suffix| suffix == pattern.suffix())
}

/// Returns the existing tag that prevents a new tag, such as `services/go` for `services/go/api`: git would have to
/// store one of the two as a directory of the other. `existing` is sorted.
#[must_use]
pub fn in_the_way<'a>(new: &TagName, existing: &'a [TagName]) -> Option<&'a TagName> {
    let find = |name: &[u8]| existing.binary_search_by(|tag| tag.as_bytes().cmp(name)).ok().map(|at| &existing[at]);
    let slashes = new.as_bytes().iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let above = slashes.map(|(slash, _)| &new.as_bytes()[..slash]).find_map(find);
    let directory = [new.as_bytes(), b"/"].concat();
    let below = existing.get(existing.partition_point(|tag| tag.as_bytes() < directory.as_slice()));
    above.or_else(|| below.filter(|tag| tag.as_bytes().starts_with(&directory)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(services: &[(&str, &str, &str)]) -> Vec<String> {
        let services: Vec<_> = services
            .iter()
            .map(|(name, prefix, suffix)| (ServiceName::of_flat_filter(name), vec![TagPattern::new(*prefix, *suffix)]))
            .collect();
        tag_problems(&services).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn good_formats_live_together() {
        assert_eq!(
            problems(&[
                ("api", "svc/api@", ""),
                ("api-golang", "svc/api-golang@", ""),
                ("all", "v", ""),
                ("everything", "v", ""),
                ("go", "lib/go/v", ""),
                ("go/x", "lib/go/x/v", ""),
            ]),
            [""; 0]
        );
    }

    #[test]
    fn many_services_may_share_a_pattern() {
        let names: Vec<String> = (0..20_000).map(|number| format!("s{number}")).collect();
        let services: Vec<_> = names.iter().map(|name| (name.as_str(), "v", "")).collect();
        let begin = std::time::Instant::now();
        assert_eq!(problems(&services), [""; 0]);
        // Comparing each with each other takes a minute.
        assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    }

    #[test]
    fn names_that_git_refuses_are_found() {
        assert_eq!(
            problems(&[("slug", "app/[slug]@", ""), ("root", ".@", "")]),
            [
                "git refuses tags like `app/[slug]@[0-9]*`: git refuses '[' in a tag name",
                "git refuses tags like `.@[0-9]*`: git refuses a tag name with `..`, with a part that begins with `.`, \
                 or that ends with `.`",
            ]
        );
    }

    #[test]
    fn a_service_that_takes_the_tags_of_another_is_found() {
        assert_eq!(
            problems(&[
                ("api", "api-", ""),
                ("api-2", "api-2-", ""),
                ("a", "a-v", ""),
                ("a-v2", "a-v2-v", ""),
                ("web", "", "-web"),
                ("all", "", "")
            ]),
            [
                "the release tags of api-2 (`api-2-[0-9]*`) look like those of api (`api-[0-9]*`)",
                "the release tags of a-v2 (`a-v2-v[0-9]*`) look like those of a (`a-v[0-9]*`)",
                "the release tags of web (`[0-9]*-web`) look like those of all (`[0-9]*`)",
            ]
        );
    }

    #[test]
    fn a_tag_that_would_be_a_directory_is_found() {
        assert_eq!(
            problems(&[("all", "v", ""), ("old", "v1.0.0/x@", ""), ("web", "r", "-x/web"), ("base", "r", "-x")]),
            [
                "the release tags of old (`v1.0.0/x@[0-9]*`) look like those of all (`v[0-9]*`)",
                "git cannot store the tags of base (`r[0-9]*-x`) and of web (`r[0-9]*-x/web`): one would be a directory of the other",
            ]
        );
    }

    #[test]
    fn an_existing_tag_stands_in_the_way() {
        let tag = |name| TagName::from_git(name);
        let existing = [tag("a"), tag("services/go"), tag("services/go-x"), tag("x/y/z")];
        for (new, obstacle) in [
            ("services/go/api@1.0.0", Some("services/go")),
            ("x", Some("x/y/z")),
            ("x/y", Some("x/y/z")),
            ("x/y/z", None),
            ("services/go-x@1.0.0", None),
            ("b", None),
        ] {
            assert_eq!(in_the_way(&tag(new), &existing), obstacle.map(tag).as_ref(), "{new}");
        }
    }
}
