//! The files that a service takes, in a form that also covers files that are added later.
//!
//! Discovery says which files a `COPY` takes today. Where the `COPY` names a directory or has wildcards, a filters.yaml
//! with these files would miss those that are added tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::discover::{Area, Taken, TakenFor};
use crate::inputs::source::DeclaredAt;
use crate::model::diagnostic::Span;
use crate::model::name::RepoDir;

/// Returns what services take whose directories are `own`. Files that one declaration takes without naming each of them
/// are replaced by the directory that holds them. The order stays the same otherwise.
pub(super) fn lasting(takes: &[&Taken], own: &[&RepoDir]) -> Vec<Taken> {
    let mut groups: BTreeMap<Place<'_>, Vec<&Taken>> = BTreeMap::new();
    for taken in takes {
        if let Some(place) = place(taken) {
            groups.entry(place).or_default().push(taken);
        }
    }
    let directories = groups.into_iter().filter_map(|(place, group)| Some((place, directory_of(&group, own)?)));
    let directories: BTreeMap<Place<'_>, RepoDir> = directories.collect();
    let mut lasting: Vec<Taken> = Vec::new();
    for taken in takes {
        let directory = place(taken).and_then(|place| directories.get(&place));
        let area = directory.map_or_else(|| taken.area.clone(), |directory| Area::Below(directory.clone()));
        lasting.push(Taken { area, ..(*taken).clone() });
    }
    // A directory that belongs to another service, and counts all the same.
    let is_taken_back = |at: usize, directory: &RepoDir| {
        lasting[at..].iter().any(|later| matches!(&later.area, Area::Below(whole) if whole.holds(directory)))
    };
    let is_kept = |(at, taken): (usize, &Taken)| match &taken.area {
        Area::Ceded(directory) => !is_taken_back(at, directory),
        _ => true,
    };
    let kept: Vec<bool> = lasting.iter().enumerate().map(is_kept).collect();
    let mut seen = BTreeSet::new();
    let each = lasting.into_iter().zip(kept).filter(|(_, is_kept)| *is_kept).map(|(taken, _)| taken);
    each.filter(|taken| matches!(taken.area, Area::Ceded(_)) || seen.insert(taken.area.clone())).collect()
}

/// The name of a file, and the place of a word in it.
type Place<'t> = (&'t str, Span);

/// Returns the place of the word that declares these files; `None` if they are not to be replaced.
fn place(taken: &Taken) -> Option<Place<'_>> {
    let is_replaced = taken.why == TakenFor::Manifest && matches!(taken.area, Area::Below(_) | Area::File(_));
    is_replaced.then(|| (taken.at.file.name(), taken.at.span))
}

/// Returns the directory that replaces what one declaration takes; `None` if the declaration names it.
fn directory_of(group: &[&Taken], own: &[&RepoDir]) -> Option<RepoDir> {
    let source = source(&group[0].at)?;
    let is_named = |path: &str| path == source || path.strip_suffix(source).is_some_and(|before| before.ends_with('/'));
    match group {
        [Taken { area: Area::File(path), .. }] if !is_named(path) => {}
        [_] => return None,
        _ => {}
    }
    let directories = group.iter().filter_map(|taken| match &taken.area {
        Area::Below(directory) => Some(directory.clone()),
        Area::File(path) => Some(RepoDir::of_file(path)),
        Area::Directly(_) | Area::Ceded(_) => None,
    });
    // A wildcard may match in other directories than today.
    let beginning = match source.find(['*', '?', '[', '$', '\\']) {
        Some(wildcard) => source[..wildcard].rsplit_once('/').map_or("", |(directory, _)| directory),
        None => source,
    };
    // The context holds the services' own directories, of which no file is listed.
    let context = own.iter().filter(|_| beginning.is_empty()).map(|directory| (*directory).clone());
    let common = directories
        .chain(context)
        .reduce(|one, other| one.and_above().find(|directory| directory.holds(&other)).unwrap_or_else(RepoDir::root))?;
    let named = |directory: &RepoDir| {
        let path = directory.as_str();
        path == beginning || path.strip_suffix(beginning).is_some_and(|before| before.ends_with('/'))
    };
    Some(if beginning.is_empty() { common } else { common.and_above().find(named).unwrap_or(common) })
}

/// Returns the word that a Dockerfile has at a place, without `./` before it and slashes after it; `None` if another
/// kind of file declares it.
fn source(at: &DeclaredAt) -> Option<&str> {
    let name = at.file.name().rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_dockerfile = ["dockerfile", "containerfile"].iter().any(|word| name.contains(word));
    let word = at.file.text().get(at.span.start..at.span.end).filter(|_| is_dockerfile)?;
    let word = word.trim_matches(['"', '\'']).trim_end_matches('/').trim_start_matches('/');
    Some(if word == "." { "" } else { word.strip_prefix("./").unwrap_or(word) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::discover::discover;
    use crate::inputs::source::{Ecosystem, SourceTree};

    fn areas(dockerfile: &str) -> Vec<String> {
        let compose = "services: {web: {build: {context: ., dockerfile: web/Dockerfile}}}";
        let files = [
            ("compose.yaml", compose),
            (".dockerignore", "**/secret\n"),
            ("web/Dockerfile", dockerfile),
            ("go.mod", ""),
            ("lib/a/x.ts", ""),
            ("lib/a/secret", ""),
            ("lib/b/y.ts", ""),
            ("sql/1.sql", ""),
            ("sql/2.md", ""),
            ("sql/secret", ""),
        ];
        let found = discover(&SourceTree::of_texts(&files), &[Ecosystem::Docker]);
        let takes: Vec<&Taken> = found.services[0].takes.iter().collect();
        let shown = |taken: Taken| match taken.area {
            Area::Below(directory) => format!("{}/", directory.as_str()),
            Area::File(path) => path,
            area => format!("{area:?}"),
        };
        lasting(&takes, &[&found.services[0].directory]).into_iter().map(shown).skip(1).collect()
    }

    #[test]
    fn what_is_not_named_file_by_file_is_a_directory() {
        for (copied, expected) in [
            ("go.mod ./go.mod", &["go.mod"][..]),
            ("lib", &["lib/"]),
            ("lib/a", &["lib/a/"]),
            ("./lib/a/ go.mod", &["go.mod", "lib/a/"]),
            ("sql/*.sql", &["sql/"]),
            ("*.mod", &["./"]),
            ("lib/*/x.ts", &["lib/"]),
            ("lib/a sql", &["lib/a/", "sql/"]),
            ("lib sql/*.sql go.mod", &["lib/", "go.mod", "sql/"]),
            (".", &["./"]),
        ] {
            assert_eq!(areas(&format!("FROM scratch\nCOPY {copied} /\n")), expected, "{copied}");
        }
    }
}
