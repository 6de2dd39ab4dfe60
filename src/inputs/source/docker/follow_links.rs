//! Follows the symbolic links in the path of a source, as the builder does.

use std::collections::{BTreeMap, BTreeSet};

use super::ignore_file::clean;
use super::path_pattern::PathPattern;

/// The symbolic links of a context, with their targets.
pub(super) type Links<'a> = BTreeMap<&'a [u8], &'a [u8]>;

/// The largest number of paths that are followed for one source. If there are more, the source counts as the whole
/// context.
const MOST_STEPS: usize = 10_000;

/// Returns the paths and patterns that the builder reads for a source: the symbolic links in its path, and the paths to
/// which these links point. `None` if the source reads the whole context.
pub(super) fn follow(source: &str, links: &Links) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if links.is_empty() {
        found.insert(clean(source));
    } else {
        let mut seen = BTreeSet::new();
        let mut next = vec![clean(source)];
        while let Some(path) = next.pop() {
            if seen.len() == MOST_STEPS {
                return None;
            }
            if seen.insert(path.clone()) {
                step(&path, links, &mut found, &mut next);
            }
        }
    }
    (!found.contains(".")).then_some(found)
}

/// Follows a path up to its first symbolic link. Adds the link to `found`, and the paths to which it points to `next`.
/// Adds a path without links to `found`.
fn step(path: &str, links: &Links, found: &mut BTreeSet<String>, next: &mut Vec<String>) {
    let mut end = 0;
    while end < path.len() {
        let begin = if end == 0 { 0 } else { end + 1 };
        end = path[begin..].find('/').map_or(path.len(), |slash| begin + slash);
        let current = &path[..end];
        let targets = targets(current, &path[..begin], links);
        if !targets.is_empty() {
            found.insert(current.to_owned());
            next.extend(targets.into_iter().map(|target| clean(&format!("/{target}{}", &path[end..]))[1..].to_owned()));
            for path in next.iter_mut().filter(|path| path.is_empty()) {
                ".".clone_into(path);
            }
            return;
        }
    }
    found.insert(path.to_owned());
}

/// Returns the targets of the links that a path or pattern matches, relative to the root of the context. `parent` is
/// the path's directory, with `/` at its end.
fn targets(path: &str, parent: &str, links: &Links) -> Vec<String> {
    let name = &path[parent.len()..];
    let target = |link: &[u8], to: &[u8]| {
        let to = String::from_utf8_lossy(to);
        if to.starts_with('/') {
            return clean(&to)[1..].to_owned();
        }
        let link = String::from_utf8_lossy(link);
        let directory = link.rsplit_once('/').map_or("", |(directory, _)| directory);
        clean(&format!("/{directory}/{to}"))[1..].to_owned()
    };
    if !has_wildcards(name) {
        return links.get(path.as_bytes()).map(|to| target(path.as_bytes(), to)).into_iter().collect();
    }
    // In one part of a path, `**` matches no more than `*`.
    let Ok(pattern) = PathPattern::parse(name.replace("**", "*").as_bytes()) else { return Vec::new() };
    let beside = links.iter().filter(|(link, _)| {
        link.strip_prefix(parent.as_bytes()).is_some_and(|name| !name.contains(&b'/') && pattern.matches(name))
    });
    beside.map(|(link, to)| target(link, to)).collect()
}

fn has_wildcards(name: &str) -> bool {
    let mut escaped = false;
    name.chars().any(|c| {
        let wild = !escaped && matches!(c, '*' | '?' | '[');
        escaped = c == '\\' && !escaped;
        wild
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_in_the_context() {
        let links: Links =
            [("l", "us"), ("d/up", "../x/./y"), ("d/root", "/z"), ("c1", "c2"), ("c2", "c1"), ("r", ".")]
                .map(|(link, to)| (link.as_bytes(), to.as_bytes()))
                .into();
        for (source, expected) in [
            ("l/f", Some(&["l", "us/f"][..])),
            ("d/up/f", Some(&["d/up", "x/y/f"])),
            ("d/*/f", Some(&["d/*", "x/y/f", "z/f"])),
            ("c1/a", Some(&["c1", "c2"])),
            ("d/a", Some(&["d/a"])),
            ("r", None),
            ("*", None),
            ("", None),
        ] {
            let expected = expected.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect());
            assert_eq!(follow(source, &links), expected, "{source}");
        }
    }
}
