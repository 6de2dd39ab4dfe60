//! What a traced build read: from system calls, in the order of time, to tracked files.
//!
//! An input is a tracked file that was opened for reading, or run as a program, and whose content no process of the build
//! had made before. A tracked link on the way to one is an input too. What git reads and writes to keep track of files does
//! not count: what it checks out is what is tracked. Neither do the files that are about git.

mod file_origins;
mod followed_links;
mod git_commands;
#[cfg(test)]
mod tests;
mod traced_processes;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};

pub use unseen::Unseen;

use crate::inputs::trace::{Access, Asked, Peer, ProcessTrace, TraceEvent};
use crate::model::tree::Listing;
use file_origins::{Content, FileOrigins};
use followed_links::FollowedLinks;
use traced_processes::TracedProcesses;

/// Where a build took place.
#[derive(Debug, Clone, Copy)]
pub struct BuildSite<'a> {
    /// The tracked files, as they were before the build.
    pub tracked: &'a Listing,
    /// Where the symbolic links among them lead, by their positions.
    pub links: &'a BTreeMap<usize, Vec<u8>>,
    /// The root of the work tree, absolute: first without links, then by other names.
    pub roots: &'a [Vec<u8>],
    /// The directory in which the build began, absolute and without links.
    pub directory: &'a [u8],
    /// The directory of git's own programs, absolute; none where nobody knows it.
    pub git_programs: Option<&'a [u8]>,
}

/// What a build read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildReads {
    /// The positions of tracked files, each with the number of the first command that read it.
    pub files: BTreeMap<usize, usize>,
    /// The paths of other files in the work tree that it read and did not make, each with the number of the first command.
    pub others: BTreeMap<Vec<u8>, usize>,
    /// The commands, as a shell would take them.
    pub commands: Vec<String>,
    /// The programs that were run, by their absolute paths.
    pub programs: BTreeSet<Vec<u8>>,
    /// What may have been read and cannot be seen.
    pub unseen: BTreeSet<Unseen>,
}

/// Returns what the processes of a build read.
#[must_use]
pub fn observe(traces: &[ProcessTrace], site: BuildSite<'_>) -> BuildReads {
    let mut calls: Vec<(u64, u32, &TraceEvent)> = Vec::new();
    for trace in traces {
        calls.extend(trace.calls.iter().map(|call| (call.at, trace.id, &call.event)));
    }
    // Stable: the calls of one process keep their order.
    calls.sort_by_key(|(at, ..)| *at);
    let bound =
        calls.iter().filter_map(|(.., event)| if let TraceEvent::Bound(peer) = event { Some(peer) } else { None });
    let mut observer = Observer {
        site,
        links: FollowedLinks::new(site),
        origins: FileOrigins::new(site.tracked),
        processes: TracedProcesses::new(site.directory),
        bound: bound.collect(),
        reads: BTreeMap::new(),
        others: BTreeMap::new(),
        programs: BTreeSet::new(),
        unseen: BTreeSet::new(),
    };
    for (_, id, event) in &calls {
        observer.hear(*id, event);
    }
    let Observer { processes, reads, others, programs, unseen, .. } = observer;
    BuildReads { files: reads, others, commands: processes.into_commands(), programs, unseen }
}

/// Files that say what git does with others. Tools read them to do as git does: cargo, to list a package.
const OF_GIT: [&[u8]; 3] = [b".gitattributes", b".gitignore", b".gitmodules"];

fn is_of_git(path: &[u8]) -> bool {
    OF_GIT.contains(&path.rsplit(|byte| *byte == b'/').next().unwrap_or_default())
}

struct Observer<'a> {
    site: BuildSite<'a>,
    links: FollowedLinks<'a>,
    origins: FileOrigins<'a>,
    processes: TracedProcesses,
    /// The addresses that processes of the build took.
    bound: BTreeSet<&'a Peer>,
    reads: BTreeMap<usize, usize>,
    others: BTreeMap<Vec<u8>, usize>,
    programs: BTreeSet<Vec<u8>>,
    unseen: BTreeSet<Unseen>,
}

impl Observer<'_> {
    fn hear(&mut self, id: u32, event: &TraceEvent) {
        match event {
            TraceEvent::Forked { child, is_thread } => self.processes.fork(id, *child, *is_thread),
            TraceEvent::Stands(directory) => self.processes.stand(id, directory.clone()),
            TraceEvent::Superseded => self.processes.supersede(id),
            TraceEvent::Entered(asked) => {
                if let Some((path, links)) = self.follow(id, asked) {
                    self.read_all(id, links);
                    self.processes.stand(id, path);
                }
            }
            TraceEvent::Executed { asked, arguments } => {
                let program = self.follow(id, asked);
                let path = program.as_ref().map_or(&asked.path, |(path, _)| path);
                let is_own = self.links.within(path).is_some();
                let is_git = !is_own && git_commands::is_about_tracked(path, arguments, self.site.git_programs);
                self.processes.execute(id, path, arguments, is_git);
                if let Some((path, links)) = program {
                    self.read_path(id, &path, links);
                    self.programs.insert(path);
                }
            }
            TraceEvent::Opened { asked, found, access } => {
                if let (true, Some(directory)) = (asked.from_own, &asked.from) {
                    self.processes.stand(id, directory.clone());
                }
                if let Some(found) = found {
                    self.open(id, asked, found, *access);
                }
            }
            TraceEvent::Renamed { from, to, is_swapped } => {
                if let Some([from, to]) = self.both(id, from, to) {
                    self.origins.rename(from.as_deref(), to.as_deref(), *is_swapped);
                }
            }
            TraceEvent::Linked { from, to } => {
                if let Some([from, to]) = self.both(id, from, to) {
                    self.origins.link(from.as_deref(), to.as_deref());
                }
            }
            TraceEvent::Removed(asked) | TraceEvent::Emptied(asked) => {
                let path = self.last(id, asked).filter(|_| !self.processes.is_git(id));
                if let Some(path) = path {
                    self.origins.make(self.links.within(&path));
                }
            }
            TraceEvent::Connected(peer) => {
                if let Some(unseen) = unseen::behind(peer, &self.bound) {
                    self.unseen.insert(unseen);
                }
            }
            TraceEvent::Bound(_) => {}
            TraceEvent::Hid(how) => _ = self.unseen.insert((*how).into()),
        }
    }

    fn open(&mut self, id: u32, asked: &Asked, found: &[u8], access: Access) {
        match access {
            Access::Read | Access::ReadWrite => {
                let links = self.follow(id, asked).map(|(_, links)| links).unwrap_or_default();
                self.read_path(id, found, links);
            }
            Access::Write if !self.processes.is_git(id) => self.origins.make(self.links.within(found)),
            Access::Write | Access::Alter | Access::Nothing => {}
        }
    }

    /// Notes that a process read what is at a path, through links.
    fn read_path(&mut self, id: u32, path: &[u8], links: Vec<usize>) {
        self.read_all(id, links);
        let Some(path) = self.links.within(path) else { return };
        match self.origins.of(path) {
            Some(Content::Tracked(position)) => self.read(id, position),
            Some(Content::Made) => {}
            None if self.processes.is_git(id) || self.others.contains_key(path) => {}
            None => _ = self.others.insert(path.to_vec(), self.processes.command(id)),
        }
    }

    fn read_all(&mut self, id: u32, positions: Vec<usize>) {
        for position in positions {
            self.read(id, position);
        }
    }

    fn read(&mut self, id: u32, position: usize) {
        if self.processes.is_git(id) || is_of_git(self.site.tracked.get(position).path) {
            return;
        }
        let command = self.processes.command(id);
        self.reads.entry(position).or_insert(command);
    }

    /// Returns the path that a process asked for, with links followed, and the tracked ones among them; none where its
    /// directory is not known.
    fn follow(&mut self, id: u32, asked: &Asked) -> Option<(Vec<u8>, Vec<usize>)> {
        let path = self.processes.absolute(id, asked)?;
        Some(self.links.follow(&path))
    }

    /// Returns the same without following the last part, which is what removing and renaming are about.
    fn last(&mut self, id: u32, asked: &Asked) -> Option<Vec<u8>> {
        let path = self.processes.absolute(id, asked)?;
        let end = path.iter().rposition(|byte| *byte == b'/')?;
        let (directory, name) = path.split_at(end);
        let (directory, _) = self.links.follow(directory);
        Some([&directory, name].concat())
    }

    /// Returns two paths from the root of the repository, as far as they lie in it; none where git changes them.
    fn both(&mut self, id: u32, from: &Asked, to: &Asked) -> Option<[Option<Vec<u8>>; 2]> {
        if self.processes.is_git(id) {
            return None;
        }
        let mut within = |asked| {
            let path = self.last(id, asked)?;
            self.links.within(&path).map(<[u8]>::to_vec)
        };
        Some([within(from), within(to)])
    }
}
