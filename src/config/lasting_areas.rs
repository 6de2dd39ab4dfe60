//! The files that a service takes, in a form that also covers files that are added later.
//!
//! Discovery says which files a `COPY` takes today. Where the `COPY` names a directory or has wildcards, a filters.yaml
//! with these files would miss those that are added tomorrow.

use crate::analysis::discover::{Area, Taken, TakenFor};
use crate::inputs::source::DeclaredAt;
use crate::model::name::RepoDir;

/// Returns what a service takes. Files that one declaration takes without naming each of them are replaced by the
/// directory that holds them. The order stays the same otherwise.
pub(super) fn lasting(takes: &[&Taken]) -> Vec<Taken> {
    let mut lasting: Vec<Taken> = Vec::new();
    let mut rest = takes;
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|taken| is_by_the_same(taken, first)).count().max(1);
        let (group, others) = rest.split_at(count);
        rest = others;
        match directory_of(group) {
            Some(directory) => lasting.push(Taken { area: Area::Below(directory), ..(*first).clone() }),
            None => lasting.extend(group.iter().map(|taken| (*taken).clone())),
        }
    }
    lasting
}

/// Whether the same word of the same file declares both, and both may be replaced by a directory.
fn is_by_the_same(one: &Taken, other: &Taken) -> bool {
    let is_manifest =
        |taken: &Taken| taken.why == TakenFor::Manifest && matches!(taken.area, Area::Below(_) | Area::File(_));
    let place = |taken: &Taken| (taken.at.file.name().to_owned(), taken.at.span);
    is_manifest(one) && is_manifest(other) && place(one) == place(other)
}

/// Returns the directory that replaces what one declaration takes; `None` if the declaration names it, or names nothing.
fn directory_of(group: &[&Taken]) -> Option<RepoDir> {
    let source = source(&group[0].at)?;
    let is_named = |path: &str| path == source || path.strip_suffix(source).is_some_and(|before| before.ends_with('/'));
    match group {
        [Taken { area: Area::File(path), .. }] if is_named(path) => return None,
        [Taken { area: Area::File(_), why: TakenFor::Manifest, .. }] | [_, _, ..] => {}
        _ => return None,
    }
    let directories = group.iter().map(|taken| match &taken.area {
        Area::Below(directory) | Area::Directly(directory) | Area::Ceded(directory) => directory.clone(),
        Area::File(path) => RepoDir::of_file(path),
    });
    let common = directories
        .reduce(|one, other| one.and_above().find(|directory| directory.holds(&other)).unwrap_or_else(RepoDir::root))?;
    // A wildcard may match in other directories than today.
    let wildcard = source.find(['*', '?', '[', '$', '\\']);
    let beginning = match wildcard {
        Some(wildcard) => source[..wildcard].rsplit_once('/').map_or("", |(directory, _)| directory),
        None => source,
    };
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
        lasting(&takes).into_iter().map(shown).skip(1).collect()
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
            (".", &["./"]),
        ] {
            assert_eq!(areas(&format!("FROM scratch\nCOPY {copied} /\n")), expected, "{copied}");
        }
    }
}
