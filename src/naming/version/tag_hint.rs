use std::collections::{BTreeMap, BTreeSet};

use super::{Parsed, ReleaseTags, Scheme, Version};
use crate::model::name::{RepoDir, ServiceName, TagName};

/// A tag that is probably a release of a service, although the service has another tag format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagHint {
    /// The tag.
    pub tag: TagName,
    /// The format of the tag, for `tag` in filters.yaml: `{{name}}-v{{version}}`.
    pub format: String,
}

/// Returns, for each service, the highest tag that is probably meant as its release, although its tag format does not
/// fit. Such a tag consists of the service's name, its path, or the last part of either, and a version. If no tag
/// belongs to any service, the result for each service is the highest tag that consists of a version alone. The tags
/// are read once, whatever the number of services is.
#[must_use]
pub fn tag_hints<'a>(
    services: &[(&ServiceName, Option<&RepoDir>, Scheme)],
    tags: impl IntoIterator<Item = &'a TagName>,
    releases: &ReleaseTags,
) -> Vec<Option<TagHint>> {
    let aliases = aliases(services);
    let schemes: BTreeSet<Scheme> = services.iter().map(|(.., scheme)| *scheme).collect();
    let mut own: Vec<Highest> = vec![None; services.len()];
    let mut of_all: BTreeMap<Scheme, Highest> = BTreeMap::new();
    let mut has_own = false;
    for tag in tags {
        let parsed = releases.parse(tag);
        has_own |= matches!(parsed, Parsed::Release { .. });
        let (Some(text), Parsed::Unknown { .. }) = (tag.to_str(), parsed) else { continue };
        for (at, _) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            let (prefix, version) = text.split_at(at);
            let called = prefix.strip_suffix(['v', 'V']).unwrap_or(prefix).trim_end_matches(['@', '/', '-', '_', '.']);
            let hint = |word: &str| TagHint {
                tag: tag.clone(),
                format: format!("{word}{}{{{{version}}}}", &prefix[called.len()..]),
            };
            if called.is_empty() {
                for scheme in &schemes {
                    keep(of_all.entry(*scheme).or_default(), scheme.read(version), || hint(""));
                }
            } else if let Some(Some((service, word))) = aliases.get(called) {
                keep(&mut own[*service], services[*service].2.read(version), || hint(word));
            }
        }
    }
    has_own |= own.iter().any(Option::is_some);
    let all = |scheme| of_all.get(scheme).cloned().flatten().filter(|_| !has_own);
    let hints = own.into_iter().zip(services).map(|(own, (.., scheme))| own.or_else(|| all(scheme)));
    hints.map(|found| found.map(|(_, hint)| hint)).collect()
}

/// The highest version so far, with the tag that has it.
type Highest = Option<(Version, TagHint)>;

fn keep(highest: &mut Highest, version: Option<Version>, hint: impl Fn() -> TagHint) {
    if let Some(version) = version
        && highest.as_ref().is_none_or(|(known, _)| *known < version)
    {
        *highest = Some((version, hint()));
    }
}

/// The texts by which a tag may name a service, each with the service's position and the text that stands for the
/// service in a tag format, such as `{{name}}`. The value is `None` if two services share the text.
type ServiceAliases<'a> = BTreeMap<&'a str, Option<(usize, &'a str)>>;

fn aliases<'a>(services: &[(&'a ServiceName, Option<&'a RepoDir>, Scheme)]) -> ServiceAliases<'a> {
    let mut aliases = ServiceAliases::new();
    let last = |text: &'a str| text.rsplit('/').next().unwrap_or(text);
    for (place, (name, path, _)) in services.iter().enumerate() {
        let (name, path) = (name.as_str(), path.map(RepoDir::as_str).filter(|path| *path != "."));
        let whole = [Some((name, "{{name}}")), path.map(|path| (path, "{{path}}"))];
        let parts = [Some(last(name)), path.map(last)].map(|part| part.map(|part| (part, part)));
        for (called, word) in whole.into_iter().chain(parts).flatten() {
            let known = aliases.entry(called).or_insert(Some((place, word)));
            if known.is_some_and(|(known, _)| known != place) {
                *known = None;
            }
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::version::TagPattern;

    #[test]
    fn tags_that_look_like_a_release_are_found() {
        let names = ["api", "acme/web", "tools/web", "docs"].map(ServiceName::of_flat_filter);
        let paths = ["services/api", "apps/site", "tools/w", "docs"].map(|path| RepoDir::parse(path).unwrap());
        let services: Vec<_> =
            names.iter().zip(&paths).map(|(name, path)| (name, Some(path), Scheme::Semver)).collect();
        let patterns: Vec<[TagPattern; 1]> =
            paths.iter().map(|path| [TagPattern::new(format!("{}@", path.as_str()), "")]).collect();
        let releases = ReleaseTags::new(names.iter().zip(patterns.iter().map(<[_; 1]>::as_slice)));
        let hints = |tags: &[&str]| -> Vec<Option<String>> {
            let tags: Vec<TagName> = tags.iter().map(|tag| TagName::from_git(*tag)).collect();
            let hints = tag_hints(&services, &tags, &releases);
            hints.into_iter().map(|hint| hint.map(|hint| format!("{} {}", hint.tag, hint.format))).collect()
        };
        let all =
            ["api-v1.2.0", "api-v1.10.0", "apps/site/v2.0.0", "web@1.0.0", "docs_1.0.0-rc.1", "nightly", "v1.0.0"];
        assert_eq!(
            hints(&all),
            [
                Some("api-v1.10.0 {{name}}-v{{version}}".to_owned()),
                Some("apps/site/v2.0.0 {{path}}/v{{version}}".to_owned()),
                None,
                Some("docs_1.0.0-rc.1 {{name}}_{{version}}".to_owned()),
            ]
        );
        assert_eq!(hints(&["site-2.0.0"])[1].as_deref(), Some("site-2.0.0 site-{{version}}"));
        // A version alone counts for all services, unless a service has releases.
        assert_eq!(hints(&["v1.0.0", "v1.1.0"]), vec![Some("v1.1.0 v{{version}}".to_owned()); 4]);
        assert_eq!(hints(&["v1.0.0", "services/api@1.0.0"]), [None, None, None, None]);
        // Tags without a version, and tags of no service.
        assert_eq!(hints(&["api-v1", "apis-1.0.0", "my-api-1.0.0"]), [None, None, None, None]);
    }
}
