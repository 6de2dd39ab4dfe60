use std::collections::BTreeMap;

use super::BuildSite;
use crate::model::change::Extent;
use crate::model::tree::Mode;

/// The origin of the content of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// The content of the tracked entry at this position.
    Tracked(usize),
    /// A file that the build made, or no file because the build moved or removed it.
    Made,
    /// A link that is not tracked, and its target.
    Link(Vec<u8>),
    /// An untracked file that existed before the build.
    Other,
}

/// What builds have changed on a machine: the contents of paths, absolute and without links.
#[derive(Debug, Default)]
pub struct FileChanges(BTreeMap<Vec<u8>, Content>);

/// The origins of the contents of a machine's files, while a build writes and moves them. Paths are absolute and
/// without links.
pub(super) struct FileOrigins<'a> {
    site: BuildSite<'a>,
    /// Whether the repository has submodules.
    has_submodules: bool,
    /// The paths that this build and earlier builds have changed.
    changed: &'a mut BTreeMap<Vec<u8>, Content>,
}

impl<'a> FileOrigins<'a> {
    /// Returns the origins at the beginning of a build, after the changes of earlier builds.
    pub(super) fn new(site: BuildSite<'a>, FileChanges(changed): &'a mut FileChanges) -> Self {
        let has_submodules = site.tracked.iter().any(|entry| entry.extent() == Extent::Below);
        Self { site, has_submodules, changed }
    }

    /// Returns the origin of the content at a path.
    pub(super) fn of(&self, path: &[u8]) -> Content {
        if let Some(content) = self.changed.get(path) {
            return content.clone();
        }
        let ends = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let above = ends.take_while(|_| self.has_submodules).map(|end| &path[..end]);
        let mut submodules = above.filter_map(|directory| {
            let content = match self.changed.get(directory) {
                Some(content) => content.clone(),
                None => Content::Tracked(self.tracked(directory)?),
            };
            Some((content, path.get(directory.len() + 1..).unwrap_or_default()))
        });
        let is_tracked = |(content, rest): &(Content, &[u8])| matches!(content, Content::Tracked(at) if self.is_submodule(*at) && self.site.submodule_tracks(*at, rest));
        self.tracked(path)
            .map(Content::Tracked)
            .or_else(|| submodules.next().filter(is_tracked).map(|(content, _)| content))
            .or_else(|| self.site.link(path).map(|target| Content::Link(target.to_vec())))
            .unwrap_or(Content::Other)
    }

    /// Returns the position of the link at a path, if it is tracked, and the target of the link; `None` if there is no
    /// link.
    pub(super) fn link(&self, path: &[u8]) -> Option<(Option<usize>, Vec<u8>)> {
        match self.of(path) {
            Content::Link(target) => Some((None, target)),
            Content::Tracked(at) if self.site.tracked.get(at).mode == Mode::SymbolicLink => {
                Some((Some(at), self.site.link(&self.site.path(at))?.to_vec()))
            }
            Content::Tracked(at) => Some((Some(at), self.site.link(path).filter(|_| self.is_submodule(at))?.to_vec())),
            Content::Other if self.site.within(path).is_none() => Some((None, self.site.machine.link(path)?)),
            Content::Other | Content::Made => None,
        }
    }

    /// Notes that a process has made a file with this content at a path. If git makes a file at a tracked path, the
    /// path counts as having its tracked content.
    pub(super) fn make(&mut self, path: Vec<u8>, content: Content, is_git: bool) {
        let owner = self.owner(&path).filter(|_| is_git && !matches!(content, Content::Tracked(_)));
        let Some(owner) = owner else {
            self.changed.insert(path, content);
            return;
        };
        let ends = (owner..path.len()).filter(|end| path[*end] == b'/').chain([path.len()]);
        for end in ends.collect::<Vec<_>>() {
            self.changed.remove(&path[..end]);
        }
        // Git may write a file of a submodule that the submodule did not track before.
        if let Some(position) = self.tracked(&path[..owner]).filter(|_| owner < path.len()) {
            self.changed.insert(path, Content::Tracked(position));
        }
    }

    /// Notes that there is nothing at a path any more.
    pub(super) fn remove(&mut self, path: Vec<u8>) {
        self.changed.insert(path, Content::Made);
    }

    /// Notes that a file, or a directory with everything in it, was moved to another path.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8], is_git: bool) {
        // If both paths are names of one file, the call changes nothing. If not, `from` no longer exists, so no process
        // reads it.
        let content = self.of(from);
        if matches!(content, Content::Tracked(_)) && content == self.of(to) {
            return;
        }
        let moved = self.at_and_below(from);
        for path in moved.keys().cloned().chain([to.to_vec()]) {
            self.remove(path);
        }
        self.put(moved, from, to, is_git);
    }

    /// Notes that two files or directories have swapped their paths.
    pub(super) fn swap(&mut self, one: &[u8], other: &[u8]) {
        let (from_one, from_other) = (self.at_and_below(one), self.at_and_below(other));
        for path in from_one.keys().chain(from_other.keys()) {
            self.changed.insert(path.clone(), Content::Made);
        }
        self.put(from_one, one, other, false);
        self.put(from_other, other, one, false);
    }

    fn put(&mut self, files: BTreeMap<Vec<u8>, Content>, from: &[u8], to: &[u8], is_git: bool) {
        for (path, content) in files {
            let rest = path.get(from.len()..).unwrap_or_default();
            self.make([to, rest].concat(), content, is_git);
        }
    }

    /// Returns the content of a path, and the contents of the paths below it that are known.
    fn at_and_below(&self, path: &[u8]) -> BTreeMap<Vec<u8>, Content> {
        let mut files = BTreeMap::from([(path.to_vec(), self.of(path))]);
        let directory = [path, b"/"].concat();
        // The root of the work tree may be moved too.
        if let Some(within) = self.site.within(path) {
            let tracked = self.site.tracked.below(within);
            files.extend(tracked.map(|position| (self.site.path(position), Content::Tracked(position))));
            let start = if within.is_empty() { Vec::new() } else { [within, b"/"].concat() };
            let links = self.site.links.range(start.clone()..).take_while(|(link, _)| link.starts_with(&start));
            for (link, _) in links {
                let link = [self.site.root, b"/", link].concat();
                let content = self.of(&link);
                files.insert(link, content);
            }
        }
        let changed = self.changed.range(directory.clone()..).take_while(|(other, _)| other.starts_with(&directory));
        files.extend(changed.map(|(path, content)| (path.clone(), content.clone())));
        files
    }

    /// Returns the position of the tracked entry at a path.
    fn tracked(&self, path: &[u8]) -> Option<usize> {
        self.site.tracked.position(self.site.within(path)?)
    }

    /// Returns the length of the path of the tracked entry to which a path belongs: the entry at the path itself, or
    /// the submodule that contains it. `None` if there is no such entry.
    fn owner(&self, path: &[u8]) -> Option<usize> {
        let ends = (0..path.len()).filter(|end| self.has_submodules && path[*end] == b'/');
        let mut submodules = ends.filter(|end| self.tracked(&path[..*end]).is_some_and(|at| self.is_submodule(at)));
        self.tracked(path).map(|_| path.len()).or_else(|| submodules.next())
    }

    /// Whether a path is the directory of a submodule itself.
    pub(super) fn is_at_submodule(&self, path: &[u8]) -> bool {
        self.tracked(path).is_some_and(|position| self.is_submodule(position))
    }

    fn is_submodule(&self, position: usize) -> bool {
        self.site.tracked.get(position).extent() == Extent::Below
    }
}
