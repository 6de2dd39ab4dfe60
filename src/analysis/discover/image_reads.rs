//! What builds of images read: files of their contexts, and other images.

use std::collections::BTreeSet;

use super::{Area, Taken, TakenFor};
use crate::inputs::source::docker::{
    BuildRequest, ContextEntry, ContextFiles, ContextReads, Dockerfile, IgnoreFile, ignore_files,
};
use crate::inputs::source::{BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, SourceTree};
use crate::model::diagnostic::SourceFile;
use crate::model::name::RepoDir;
use crate::model::tree::Mode;

/// What a build reads.
#[derive(Default)]
pub(super) struct ImageReads {
    /// Files of its context.
    pub(super) takes: Vec<Taken>,
    /// The images, as far as they are known, and where they are named.
    pub(super) images: Vec<(String, DeclaredAt)>,
}

/// Returns what a build reads from its context, and which images. All of the context, where that cannot be told.
pub(super) fn read(tree: &SourceTree, build: &DeclaredBuild, context: &RepoDir) -> ImageReads {
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
    let contexts: BTreeSet<String> = build.contexts.keys().cloned().collect();
    let target = if let BuildTarget::Stage(name) = &build.target { Some(name.as_str()) } else { None };
    let reads = dockerfile.reads(&BuildRequest { arguments: &build.arguments, target, contexts: &contexts });
    let at = |span| match path {
        Some(_) => DeclaredAt { file: file.clone(), span },
        None => build.at.clone(),
    };
    let named = match build.target {
        // Any stage may be meant.
        BuildTarget::Unknown => dockerfile.images(&build.arguments),
        BuildTarget::Last | BuildTarget::Stage(_) => reads.images.clone(),
    };
    let image = |image: crate::inputs::source::docker::ImageReference| {
        (image.reference.unwrap_or(image.written), at(image.span))
    };
    let images = named.into_iter().map(image).collect();
    let is_known = build.target != BuildTarget::Unknown && reads.unresolved.is_empty();
    let ignore = is_known.then(|| ignore_file(tree, path, context)).flatten();
    let takes = ignore.and_then(|ignore| files(tree, &reads, context, &ignore, at));
    ImageReads { takes: takes.unwrap_or_else(|| vec![whole()]), images }
}

/// Returns the ignore file of a build, empty where there is none; none where it cannot be read.
fn ignore_file(tree: &SourceTree, dockerfile: Option<&str>, context: &RepoDir) -> Option<IgnoreFile> {
    let candidates = ignore_files(dockerfile.unwrap_or_default(), context.as_str());
    match candidates.iter().find(|path| tree.has(path)) {
        Some(path) => IgnoreFile::parse(tree.text(path)?.text()),
        None => Some(IgnoreFile::default()),
    }
}

/// Returns the files that sources mean; none where a link among them leads to what cannot be told.
fn files(
    tree: &SourceTree,
    reads: &ContextReads,
    context: &RepoDir,
    ignore: &IgnoreFile,
    at: impl Fn(crate::model::diagnostic::Span) -> DeclaredAt,
) -> Option<Vec<Taken>> {
    let within = if context.is_root() { "" } else { context.as_str() };
    let skipped = context.join("").len();
    let range = tree.listing().below(within.as_bytes());
    let entries: Vec<ContextEntry<'_>> = range
        .map(|position| ContextEntry { path: &tree.listing().get(position).path[skipped..], link: None })
        .collect();
    let is_link = |position: usize| tree.listing().get(position).mode == Mode::SymbolicLink;
    let links = tree.listing().below(within.as_bytes()).filter(|position| is_link(*position));
    let links: Vec<&[u8]> = links.map(|position| &tree.listing().get(position).path[skipped..]).collect();
    let leads_on = |path: &str| {
        let is_through = |link: &&[u8]| path.as_bytes().strip_prefix(*link).is_some_and(|rest| rest.starts_with(b"/"));
        links.iter().any(is_through) || path.contains(['*', '?', '[']) && !links.is_empty()
    };
    let entries_below = entries.len();
    let files = ContextFiles::new(entries);
    let mut takes: Vec<Taken> = Vec::new();
    for source in &reads.sources {
        if leads_on(&source.path) {
            return None;
        }
        let included = source.files(&files, ignore);
        let mut paths = Vec::with_capacity(included.len());
        for path in included {
            let path = [context.join("").as_bytes(), path].concat();
            let position = tree.listing().position(&path)?;
            if is_link(position) {
                return None;
            }
            paths.push(path);
        }
        let paths: Vec<&[u8]> = paths.iter().map(Vec::as_slice).collect();
        let mut areas = Vec::new();
        if paths.len() == entries_below {
            areas.push(Area::Below(context.clone()));
        } else {
            add_areas(tree, &paths, skipped, &mut areas);
        }
        takes.extend(areas.into_iter().map(|area| Taken { area, why: TakenFor::Manifest, at: at(source.span) }));
    }
    Some(takes)
}

/// Adds areas that hold just these files, in the order of paths, which have a beginning of this length in common: whole
/// directories where all of their files are among them.
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

/// Returns the repository of an image's reference: without its tag, its digest, and a variable that it begins with.
pub(super) fn repository(reference: &str) -> &str {
    let reference =
        reference.strip_prefix("${").and_then(|rest| rest.split_once("}/")).map_or(reference, |(_, rest)| rest);
    let reference = reference.split('@').next().unwrap_or_default();
    let name = reference.rfind('/').map_or(0, |slash| slash + 1);
    reference[name..].find(':').map_or(reference, |colon| &reference[..name + colon])
}

/// Whether two references are of one repository. One that begins with a variable may be of any registry.
pub(super) fn is_same_repository(a: &str, b: &str) -> bool {
    let is_open = |reference: &str| reference.starts_with("${");
    let (a_name, b_name) = (repository(a), repository(b));
    let ends_in = |whole: &str, end: &str| {
        whole.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    !a_name.is_empty()
        && (a_name == b_name || is_open(a) && ends_in(b_name, a_name) || is_open(b) && ends_in(a_name, b_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_one_repository_are_known() {
        for (a, b, same) in [
            ("acme/api:1", "acme/api@sha256:0", true),
            ("localhost:5000/api", "localhost:5000/api:${TAG:-x}", true),
            ("${REGISTRY}/acme/api:1", "ghcr.io/acme/api", true),
            ("${REGISTRY}/acme/api", "${OTHER:-x}/acme/api:2", true),
            ("acme/api", "ghcr.io/acme/api", false),
            ("${R}/api", "acme/my-api", false),
            ("", "", false),
        ] {
            assert_eq!(is_same_repository(a, b), same, "{a} {b}");
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
