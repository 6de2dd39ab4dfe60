//! The files that a service takes, in a form that also covers files that are added later.
//!
//! Discovery says which files a `COPY` takes today. Where the `COPY` names a directory or has wildcards, a filters.yaml
//! with these files would miss those that are added tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::discover::{Area, Taken, TakenFor};
use crate::inputs::source::DeclaredAt;
use crate::inputs::source::docker::before_wildcards;
use crate::model::diagnostic::Span;
use crate::model::name::RepoDir;

/// The contexts in which each Dockerfile is built, by its path.
pub(super) type Contexts<'f> = BTreeMap<&'f str, Vec<&'f RepoDir>>;

/// Returns what a service takes. Files that one declaration takes without naming each of them are replaced by the
/// directory that holds them. The order stays the same otherwise.
pub(super) fn lasting(takes: &[&Taken], contexts: &Contexts<'_>) -> Vec<Taken> {
    let mut groups: BTreeMap<Place<'_>, Vec<&Taken>> = BTreeMap::new();
    for taken in takes {
        if let Some(place) = place(taken) {
            groups.entry(place).or_default().push(taken);
        }
    }
    let areas = groups.into_iter().filter_map(|(place, group)| Some((place, area_of(&group, contexts)?)));
    let areas: BTreeMap<Place<'_>, Area> = areas.collect();
    let mut lasting: Vec<Taken> = Vec::new();
    for taken in takes {
        let area = place(taken).and_then(|place| areas.get(&place)).unwrap_or(&taken.area).clone();
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

/// Returns what replaces the files that one declaration takes; `None` if the declaration names them.
fn area_of(group: &[&Taken], contexts: &Contexts<'_>) -> Option<Area> {
    let source = source(&group[0].at)?;
    let is_named = |path: &str| path == source || path.strip_suffix(source).is_some_and(|before| before.ends_with('/'));
    let path = |taken: &&Taken| match &taken.area {
        Area::Below(directory) | Area::Directly(directory) | Area::Ceded(directory) => directory.as_str().to_owned(),
        Area::File(path) => path.clone(),
    };
    let paths: Vec<String> = group.iter().map(path).collect();
    // The value of a variable is a part of the definition, so another value is seen as a change of it.
    if matches!(&paths[..], [single] if is_named(single) || source.contains('$')) {
        return None;
    }
    let before_variable = source
        .split_once('$')
        .map_or(source, |(before, _)| before.rsplit_once('/').map_or("", |(directory, _)| directory));
    let beginning = before_wildcards(before_variable);
    let named = |context: &RepoDir| RepoDir::parse(&context.join(beginning)).ok();
    let holds = |directory: &RepoDir| paths.iter().all(|path| directory.as_str() == path || directory.holds_file(path));
    let of_dockerfile = contexts.get(group[0].at.file.name()).into_iter().flatten();
    let directory = of_dockerfile.filter_map(|context| named(context)).find(holds).unwrap_or_else(|| {
        let first = group[0];
        let mut above = match &first.area {
            Area::File(path) => RepoDir::of_file(path),
            Area::Below(directory) | Area::Directly(directory) | Area::Ceded(directory) => directory.clone(),
        }
        .and_above();
        above.find(holds).unwrap_or_else(RepoDir::root)
    });
    // `package*.json` matches files, and hardly directories.
    let (above, last) = source.rsplit_once('/').unwrap_or(("", source));
    let is_of_files = above == beginning
        && last.rsplit_once(['*', '?', ']']).is_some_and(|(_, behind)| behind.contains('.'))
        && group.iter().all(|taken| matches!(&taken.area, Area::File(path) if RepoDir::of_file(path) == directory));
    Some(if is_of_files { Area::Directly(directory) } else { Area::Below(directory) })
}

/// Returns the word that a Dockerfile has at a place, without `./` before it and slashes after it; `None` if another
/// kind of file declares it.
fn source(at: &DeclaredAt) -> Option<&str> {
    let name = at.file.name().rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_dockerfile = ["dockerfile", "containerfile"].iter().any(|word| name.contains(word));
    let word = at.file.text().get(at.span.start..at.span.end).filter(|_| is_dockerfile)?;
    let word = match word.strip_prefix("--mount=") {
        Some(mount) => {
            let options = mount.split(',').filter_map(|option| option.trim().split_once('='));
            options
                .filter(|(name, _)| matches!(*name, "source" | "src"))
                .map(|(_, value)| value)
                .next_back()
                .unwrap_or_default()
        }
        None => word,
    };
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
            (".dockerignore", "**/secret\n**/README\n"),
            ("web/Dockerfile", dockerfile),
            ("go.mod", ""),
            ("lib/a/x.ts", ""),
            ("lib/a/secret", ""),
            ("lib/b/y.ts", ""),
            ("libs/README", ""),
            ("libs/core/secret", ""),
            ("libs/core/z.ts", ""),
            ("sql/1.sql", ""),
            ("sql/2.md", ""),
            ("sql/secret", ""),
        ];
        let found = discover(&SourceTree::of_texts(&files), &[Ecosystem::Docker]);
        let takes: Vec<&Taken> = found.services[0].takes.iter().collect();
        let shown = |taken: Taken| match taken.area {
            Area::Below(directory) => format!("{}/", directory.as_str()),
            Area::File(path) => path,
            Area::Directly(directory) => format!("{}/*", directory.as_str()),
            area @ Area::Ceded(_) => format!("{area:?}"),
        };
        let root = RepoDir::root();
        let contexts = Contexts::from([("web/Dockerfile", vec![&root])]);
        lasting(&takes, &contexts).into_iter().map(shown).skip(1).collect()
    }

    #[test]
    fn what_is_not_named_file_by_file_is_a_directory() {
        for (copied, expected) in [
            ("go.mod ./go.mod", &["go.mod"][..]),
            ("lib", &["lib/"]),
            ("lib/a", &["lib/a/"]),
            ("./lib/a/ go.mod", &["go.mod", "lib/a/"]),
            ("sql/*.sql", &["sql/*"]),
            ("*.mod", &["./*"]),
            ("li* /", &["./"]),
            ("libs", &["libs/"]),
            ("lib/*/x.ts", &["lib/"]),
            ("lib/a sql", &["lib/a/", "sql/"]),
            ("lib sql/*.sql go.mod", &["lib/", "go.mod", "sql/*"]),
            (".", &["./"]),
        ] {
            assert_eq!(areas(&format!("FROM scratch\nCOPY {copied} /\n")), expected, "{copied}");
        }
    }
}
