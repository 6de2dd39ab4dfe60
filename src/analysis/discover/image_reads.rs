//! The files and the images that builds of images read.

use std::collections::BTreeSet;

use super::{Area, Taken, TakenFor};
use crate::inputs::source::docker::{
    BuildRequest, ContextReads, Dockerfile, IgnoreFile, ListedContext, ListedContexts, before_wildcards, ignore_files,
};
use crate::inputs::source::{BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, SourceTree};
use crate::model::diagnostic::{SourceFile, Span};
use crate::model::name::RepoDir;
use crate::model::tree::Mode;

/// The files and the images that a build reads.
#[derive(Default)]
pub(super) struct ImageReads {
    /// The files that the build reads from its context.
    pub(super) takes: Vec<Taken>,
    /// The images whose names are known, each with where the Dockerfile names it.
    pub(super) images: Vec<(String, DeclaredAt)>,
}

/// Returns the files that a build reads from its context, and the images that it reads. If the files are not known,
/// returns the whole context.
pub(super) fn read<'t>(
    tree: &'t SourceTree,
    build: &DeclaredBuild,
    context: &RepoDir,
    contexts: &mut ListedContexts<'t>,
) -> ImageReads {
    let whole = || Taken { area: Area::Below(context.clone()), why: TakenFor::Manifest, at: build.at.clone() };
    let (file, path) = match &build.dockerfile {
        DockerfileOf::Inline(text) => (Some(SourceFile::new(build.at.file.name(), text.as_str())), None),
        DockerfileOf::File(path) => (tree.text(path).cloned(), Some(path.as_str())),
        DockerfileOf::Unknown(_) => (None, None),
    };
    let Some((file, dockerfile)) =
        file.and_then(|file| Dockerfile::parse(file.text()).ok().map(|parsed| (file, parsed)))
    else {
        return ImageReads { takes: vec![whole()], images: Vec::new() };
    };
    let named: BTreeSet<String> = build.contexts.keys().cloned().collect();
    let target = if let BuildTarget::Stage(name) = &build.target { Some(name.as_str()) } else { None };
    let reads = dockerfile.reads(&BuildRequest { arguments: &build.arguments, target, contexts: &named });
    let at = |span: Span| match path {
        Some(_) => DeclaredAt { file: file.clone(), span },
        None => build.at.clone(),
    };
    let mut images = match build.target {
        // Any stage may be meant.
        BuildTarget::Unknown => dockerfile.images(&build.arguments),
        BuildTarget::Last | BuildTarget::Stage(_) => reads.images.clone(),
    };
    let unset = build.arguments.iter().filter(|(name, value)| value.is_none() && build.likely.contains_key(*name));
    if unset.count() > 0 {
        // The environment of a build may set other values, but these are the ones that the repository has.
        let value = |(name, value): (&String, &Option<String>)| {
            (name.clone(), value.clone().or_else(|| build.likely.get(name).cloned()))
        };
        let arguments = build.arguments.iter().map(value).collect();
        let likely = dockerfile.reads(&BuildRequest { arguments: &arguments, target, contexts: &named }).images;
        images.extend(likely.into_iter().filter(|image| !reads.images.contains(image)));
    }
    let image = |image: crate::inputs::source::docker::ImageReference| {
        (image.reference.unwrap_or(image.written), at(image.span))
    };
    let images = images.into_iter().map(image).collect();
    let is_known = build.target != BuildTarget::Unknown && reads.unresolved.is_empty();
    let ignore_path = ignore_files(path.unwrap_or_default(), context.as_str()).into_iter().find(|path| tree.has(path));
    let ignore = is_known.then(|| ignore_file(tree, ignore_path.as_deref())).flatten();
    let takes = ignore.and_then(|ignore| {
        files(tree, &reads, (context, contexts.of(tree.listing(), context)), (ignore_path.as_deref(), &ignore), at)
    });
    let mut takes = takes.unwrap_or_else(|| vec![whole()]);
    // No other file declares the build.
    if path == Some(build.at.file.name()) {
        takes.extend(from_above(tree, &reads, context, at));
    }
    ImageReads { takes, images }
}

/// Returns what the sources of a Dockerfile name that its directory lacks, and a directory above has. No file says in
/// which directory the Dockerfile is built, and such sources show that it may be one above. If so, the Dockerfile may
/// also copy all of that directory.
fn from_above(tree: &SourceTree, reads: &ContextReads, own: &RepoDir, at: impl Fn(Span) -> DeclaredAt) -> Vec<Taken> {
    let mut taken = Vec::new();
    let mut contexts: BTreeSet<RepoDir> = BTreeSet::new();
    for source in &reads.sources {
        let name = before_wildcards(&source.path);
        if name.is_empty() || named_in(tree, own, name).is_some() {
            continue;
        }
        let found = own.and_above().skip(1).find_map(|directory| Some((named_in(tree, &directory, name)?, directory)));
        if let Some((area, context)) = found {
            taken.push(Taken { area, why: TakenFor::Manifest, at: at(source.span) });
            contexts.insert(context);
        }
    }
    for source in reads.sources.iter().filter(|source| source.path.is_empty()) {
        let whole = contexts.iter().map(|context| Area::Below(context.clone()));
        taken.extend(whole.map(|area| Taken { area, why: TakenFor::Manifest, at: at(source.span) }));
    }
    taken
}

/// Returns the file or the directory that a directory has under a name; `None` if it has neither. The target of a
/// symbolic link is not known, so if there is one on the way or below, the result is the whole directory.
fn named_in(tree: &SourceTree, directory: &RepoDir, name: &str) -> Option<Area> {
    let listing = tree.listing();
    let path = directory.join(name);
    let is_link = |position: usize| listing.mode(position) == Mode::SymbolicLink;
    let ends = path.match_indices('/').map(|(slash, _)| slash).chain([path.len()]);
    let mut on_the_way = ends.filter_map(|end| listing.position(&path.as_bytes()[..end]));
    if on_the_way.any(is_link) || listing.below(path.as_bytes()).any(is_link) {
        return Some(Area::Below(directory.clone()));
    }
    if tree.has(&path) {
        return Some(Area::File(path));
    }
    let is_directory = !listing.below(path.as_bytes()).is_empty();
    is_directory.then(|| Area::Below(RepoDir::parse(&path).unwrap_or_else(|_| directory.clone())))
}

/// Returns the ignore file at a path, or an empty one without a path; `None` if it cannot be read.
fn ignore_file(tree: &SourceTree, path: Option<&str>) -> Option<IgnoreFile> {
    match path {
        Some(path) => IgnoreFile::parse(tree.text(path)?.text()),
        None => Some(IgnoreFile::default()),
    }
}

/// Returns the files that the sources of a build name; `None` if one of them is a symbolic link, or is reached through
/// one.
fn files(
    tree: &SourceTree,
    reads: &ContextReads,
    (context, within): (&RepoDir, &mut ListedContext<'_>),
    (ignore_path, ignore): (Option<&str>, &IgnoreFile),
    at: impl Fn(Span) -> DeclaredAt,
) -> Option<Vec<Taken>> {
    let mut takes: Vec<Taken> = Vec::new();
    for source in &reads.sources {
        if within.leads_on(&source.path) {
            return None;
        }
        let included = within.sent(source, ignore_path, ignore);
        if included.iter().any(|position| within.is_link(*position)) {
            return None;
        }
        let mut areas = Vec::new();
        if included.len() == within.count() {
            areas.push(Area::Below(context.clone()));
        } else {
            let paths: Vec<&[u8]> = included.iter().map(|position| tree.listing().path(*position)).collect();
            add_areas(tree, &paths, context.join("").len(), &mut areas);
        }
        takes.extend(areas.into_iter().map(|area| Taken { area, why: TakenFor::Manifest, at: at(source.span) }));
    }
    Some(takes)
}

/// Adds areas that contain exactly these files: a directory as a whole if all of its files are among them. The paths
/// are sorted, and share a beginning of `common` bytes.
fn add_areas(tree: &SourceTree, paths: &[&[u8]], common: usize, areas: &mut Vec<Area>) {
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let Some(slash) = first[common..].iter().position(|byte| *byte == b'/') else {
            areas.extend(std::str::from_utf8(first).ok().map(|path| Area::File(path.to_owned())));
            rest = &rest[1..];
            continue;
        };
        let end = common + slash;
        let count = rest.iter().take_while(|path| path.starts_with(&first[..=end])).count();
        let directory = std::str::from_utf8(&first[..end]).ok().and_then(|path| RepoDir::parse(path).ok());
        match directory {
            Some(directory) if tree.listing().below(&first[..end]).len() == count => areas.push(Area::Below(directory)),
            _ => add_areas(tree, &rest[..count], end + 1, areas),
        }
        rest = &rest[count..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_on_the_way_to_a_name_or_below_it_means_the_whole_directory() {
        let id = crate::model::tree::ObjectId::from_bytes(&[1; 20]).unwrap();
        let mut listing = crate::model::tree::Listing::default();
        for (path, mode) in [("d/a", Mode::File), ("d/b", Mode::SymbolicLink), ("d/c/e/x", Mode::SymbolicLink)] {
            listing.push(mode, id, [path.as_bytes(), b""]);
        }
        listing.push(Mode::File, id, [b"d/f/y", b""]);
        let tree = SourceTree::new(listing, []);
        let below = |path: &str| Some(Area::Below(RepoDir::parse(path).unwrap()));
        for (name, area) in [
            ("a", Some(Area::File("d/a".to_owned()))),
            ("f", below("d/f")),
            ("b", below("d")),
            ("b/x", below("d")),
            ("c", below("d")),
            ("gone", None),
        ] {
            assert_eq!(named_in(&tree, &RepoDir::parse("d").unwrap(), name), area, "{name}");
        }
    }

    #[test]
    fn files_become_the_directories_that_they_fill() {
        let files = ["a/b/1", "a/b/2", "a/c/1", "a/c/2", "d"];
        let tree = SourceTree::of_texts(&files.map(|path| (path, "")));
        let mut areas = Vec::new();
        add_areas(&tree, &[&b"a/b/1"[..], b"a/b/2", b"a/c/2", b"d"], 0, &mut areas);
        let file = |path: &str| Area::File(path.to_owned());
        assert_eq!(areas, [Area::Below(RepoDir::parse("a/b").unwrap()), file("a/c/2"), file("d")]);
    }
}
