//! Names of the outputs that rebake sets for a step of a CI job.

use std::collections::BTreeMap;

/// The prefix of some of rebake's outputs: of `rebake_promote`, and of every output whose plain name is already taken,
/// for example by a filter.
pub const OWN_PREFIX: &str = "rebake_";

/// The outputs that rebake writes besides the outputs of filters and services.
const OWN: [&str; 7] = ["any", "count", "matrix", "levels", "environment", "services", "changes"];

/// The prefixes of the outputs that exist once for each level, such as `any_2`.
const BY_LEVEL: [&str; 2] = ["any_", "matrix_"];

/// Whether this is the name of one of rebake's own outputs. Engines ignore the case of names.
#[must_use]
pub fn is_own_output(name: &str) -> bool {
    let is_level = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
        || BY_LEVEL.iter().any(|start| behind(name, start).is_some_and(is_level))
        || behind(name, OWN_PREFIX).is_some()
}

/// Returns the rest of a name after a prefix, ignoring case.
fn behind<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns each pair of filters that have outputs of the same name: the positions of both, and the first such name. A
/// filter has the outputs `<name>`, `<name>_count` and `<name>_files`. Engines ignore case.
#[must_use]
pub fn outputs_in_common<'a>(filters: impl IntoIterator<Item = &'a str>) -> Vec<(usize, usize, String)> {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (place, name) in filters.into_iter().enumerate() {
        for output in ["", "_count", "_files"].map(|suffix| format!("{name}{suffix}")) {
            let owner = *owners.entry(output.to_ascii_lowercase()).or_insert(place);
            if owner != place {
                pairs.entry((owner, place)).or_insert(output);
            }
        }
    }
    pairs.into_iter().map(|((first, second), output)| (first, second, output)).collect()
}

/// Returns a name in lower-case ASCII letters, digits and `-`, which every file system and CI engine accepts. Each run
/// of other characters becomes one `-`, but not at the beginning or the end.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(part);
    }
    slug.make_ascii_lowercase();
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_outputs_are_known_in_any_case() {
        for name in ["any", "Any", "matrix", "any_0", "matrix_17", "CHANGES", "rebake_x", "Rebake_"] {
            assert!(is_own_output(name), "{name}");
        }
        for name in ["anyone", "any_", "any_x", "any_1x", "count_0", "api", "", "rebake"] {
            assert!(!is_own_output(name), "{name}");
        }
    }

    #[test]
    fn outputs_are_one_whatever_their_case() {
        let pair = |first, second, output: &str| (first, second, output.to_owned());
        assert_eq!(outputs_in_common(["API", "web", "api"]), [pair(0, 2, "api")]);
        assert_eq!(outputs_in_common(["a", "A_Count", "b_files", "B"]), [pair(0, 1, "A_Count"), pair(2, 3, "B_files")]);
        assert_eq!(outputs_in_common(["a", "a_counts", "count", "ä", "Ä"]), []);
    }

    #[test]
    fn a_slug_has_no_other_letters() {
        assert_eq!(slug("@Acme/web.ui__x-"), "acme-web-ui-x");
        assert_eq!(slug("é@"), "");
    }
}
