//! Finds the tracked files that a traced build read, from its system calls in the order of time.
//!
//! An input is a tracked file that was opened for reading, or run as a program, and whose content no process of the
//! build had made before. A tracked link on the way to an input is an input too. The files that git reads to keep track
//! of files do not count, and a tracked file that git writes counts as unchanged. Files that configure git, such as
//! `.gitignore`, do not count either.

mod build_site;
mod file_origins;
mod followed_links;
mod git_commands;
mod interpreter;
#[cfg(test)]
mod tests;
mod traced_processes;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};

pub use build_site::{BuildMachine, BuildSite};
pub use unseen::Unseen;

use crate::inputs::trace::{Access, Peer, ProcessTrace, RequestedPath, TraceEvent};
pub use file_origins::FileChanges;
use file_origins::{Content, FileOrigins};
use followed_links::{follow, follow_to_last};
use git_commands::{CountedReads, GitCall, is_git};
use interpreter::{MOST_INTERPRETERS, interpreter};
use traced_processes::{TracedProcesses, TracedProgram, shown_command};

/// The files that a build read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildReads {
    /// The positions of tracked files, each with the number of the first command that read it.
    pub files: BTreeMap<usize, usize>,
    /// The paths of other files in the work tree that it read and did not make, each with the number of the first
    /// command that read it.
    pub others: BTreeMap<Vec<u8>, usize>,
    /// The commands, in the syntax of a shell.
    pub commands: Vec<String>,
    /// The programs that were run, by their absolute paths.
    pub programs: BTreeSet<Vec<u8>>,
    /// Reads of the build that could not be observed.
    pub unseen: BTreeSet<Unseen>,
}

/// Returns what the processes of a build read. `changes` has what earlier builds of the run have changed; the changes
/// of this build are added.
#[must_use]
pub fn observe<'a>(traces: &[ProcessTrace], site: BuildSite<'a>, changes: &'a mut FileChanges) -> BuildReads {
    let mut calls: Vec<(u64, u32, &TraceEvent)> = Vec::new();
    for trace in traces {
        calls.extend(trace.calls.iter().map(|call| (call.at, trace.id, &call.event)));
    }
    // Stable: the calls of one process keep their order.
    calls.sort_by_key(|(at, ..)| *at);
    let bound = calls.iter().filter_map(|(.., event)| match event {
        // The path of a Unix socket may be relative to the current directory of the process, which is not known yet.
        TraceEvent::Bound(Peer::Socket(_)) => None,
        TraceEvent::Bound(peer) => Some(unseen::by_own_port(peer, site.machine)),
        _ => None,
    });
    let mut observer = Observer {
        site,
        origins: FileOrigins::new(site, changes),
        processes: TracedProcesses::new(site.directory),
        bound: bound.collect(),
        connecting: BTreeMap::new(),
        reads: BTreeMap::new(),
        others: BTreeMap::new(),
        programs: BTreeSet::new(),
        unseen: BTreeSet::new(),
    };
    for (_, id, event) in &calls {
        observer.hear(*id, event);
    }
    for (id, peer) in std::mem::take(&mut observer.connecting).into_values() {
        observer.connect(id, &peer);
    }
    let Observer { processes, reads, others, programs, unseen, .. } = observer;
    BuildReads { files: reads, others, commands: processes.into_commands(), programs, unseen }
}

/// Files that configure git. Tools read them to do as git does; cargo, for example, to list the files of a package.
const OF_GIT: [&[u8]; 3] = [b".gitattributes", b".gitignore", b".gitmodules"];

fn is_of_git(path: &[u8]) -> bool {
    OF_GIT.contains(&path.rsplit(|byte| *byte == b'/').next().unwrap_or_default())
}

struct Observer<'a> {
    site: BuildSite<'a>,
    origins: FileOrigins<'a>,
    processes: TracedProcesses,
    /// The addresses that processes of the build listen on.
    bound: BTreeSet<Peer>,
    /// The connections that have begun, by socket, each with the process.
    connecting: BTreeMap<Vec<u8>, (u32, Peer)>,
    reads: BTreeMap<usize, usize>,
    others: BTreeMap<Vec<u8>, usize>,
    programs: BTreeSet<Vec<u8>>,
    unseen: BTreeSet<Unseen>,
}

impl Observer<'_> {
    fn hear(&mut self, id: u32, event: &TraceEvent) {
        match event {
            TraceEvent::Forked { child, is_thread } => self.processes.fork(id, *child, *is_thread),
            TraceEvent::CurrentDirectory(directory) => self.processes.stand(id, directory.clone()),
            TraceEvent::ChangedDirectory(asked) => {
                if let Some(path) = self.read_links(id, asked) {
                    self.processes.stand(id, path);
                }
            }
            TraceEvent::Executed { asked, arguments } => self.execute(id, asked, arguments),
            TraceEvent::Opened { asked, found, access } => {
                if let (true, Some(directory)) = (asked.from_own, &asked.from) {
                    self.processes.stand(id, directory.clone());
                }
                if let Some(found) = found {
                    self.open(id, asked, found, *access);
                }
            }
            TraceEvent::Renamed { from, to, is_swapped } => {
                let is_git = self.processes.is_git(id);
                if let (Some(from), Some(to)) = (self.last(id, from), self.last(id, to)) {
                    match is_swapped {
                        true => self.origins.swap(&from, &to),
                        false => self.origins.rename(&from, &to, is_git),
                    }
                }
            }
            TraceEvent::Linked { from, to, is_followed } => {
                let from = if *is_followed { self.read_links(id, from) } else { self.last(id, from) };
                let content = from.map_or(Content::Other, |from| self.origins.of(&from));
                self.make(id, to, content);
            }
            TraceEvent::SymbolicLink { target, path } => self.make(id, path, Content::Link(target.clone())),
            TraceEvent::ReadLink(asked) => {
                let path = self.last(id, asked);
                if let Some((Some(position), _)) = path.as_deref().and_then(|path| self.origins.link(path)) {
                    self.read_all(id, &path.unwrap_or_default(), vec![position]);
                }
            }
            TraceEvent::Removed(asked) => {
                if let Some(path) = self.last(id, asked) {
                    self.origins.remove(path);
                }
            }
            TraceEvent::Emptied(asked) => {
                if let Some((path, _)) = self.follow(id, asked) {
                    self.origins.make(path, Content::Made, self.processes.is_git(id));
                }
            }
            TraceEvent::Connected(peer) => self.connect(id, peer),
            TraceEvent::Connecting { socket, peer } => {
                // The kernel may give a later socket the same name.
                if let Some((id, peer)) = self.connecting.insert(socket.clone(), (id, peer.clone())) {
                    self.connect(id, &peer);
                }
            }
            TraceEvent::ConnectEnded { socket, has_failed } => {
                if let Some((id, peer)) = self.connecting.remove(socket).filter(|_| !has_failed) {
                    self.connect(id, &peer);
                }
            }
            TraceEvent::Bound(peer) => {
                let place = self.socket(id, peer);
                self.bound.extend(place);
            }
            TraceEvent::HidCalls(how) => _ = self.unseen.insert((*how).into()),
        }
    }

    /// Notes that a process connected to a program.
    fn connect(&mut self, id: u32, peer: &Peer) {
        if !self.socket(id, peer).is_some_and(|place| self.bound.contains(&place)) {
            self.unseen.extend(unseen::behind(peer, &self.bound, self.site.machine));
        }
    }

    /// Returns the place of a Unix socket in the file system, absolute and without links; `None` for other addresses.
    fn socket(&mut self, id: u32, peer: &Peer) -> Option<Peer> {
        let Peer::Socket(path) = peer else { return None };
        let asked = RequestedPath { from: None, from_own: true, path: path.clone() };
        Some(Peer::Socket(self.follow(id, &asked)?.0))
    }

    /// Notes that a process became another program. The kernel itself opens the program, and the interpreter of a
    /// script.
    fn execute(&mut self, id: u32, asked: &RequestedPath, arguments: &[Vec<u8>]) {
        let Some((mut path, mut links)) = self.follow(id, asked) else {
            return self.processes.execute(id, &asked.path, arguments, TracedProgram::default());
        };
        let is_git = self.site.within(&path).is_none()
            && [&asked.path, &path].iter().any(|path| is_git(path, self.site.git_programs));
        let (counted, is_settled) =
            if is_git { self.counted_reads(id, &path, arguments) } else { (CountedReads::All, false) };
        self.processes.execute(id, &path, arguments, TracedProgram { is_git, is_settled, counted });
        for _ in 0..MOST_INTERPRETERS {
            self.read_path(id, &path, links);
            let beginning = self.site.machine.beginning(&path);
            self.programs.insert(path);
            let Some(next) = beginning.as_deref().and_then(interpreter) else { return };
            let asked = RequestedPath { from: None, from_own: true, path: next.to_vec() };
            let Some(next) = self.follow(id, &asked) else { return };
            (path, links) = next;
        }
    }

    /// Returns which reads of a process count after it has become git, with paths without links. Also returns whether
    /// git's subcommand is known, so that it is no alias.
    fn counted_reads(&mut self, id: u32, program: &[u8], arguments: &[Vec<u8>]) -> (CountedReads, bool) {
        let Some(call) = GitCall::read(arguments, self.processes.directory(id)) else {
            return (CountedReads::Of(Vec::new()), false);
        };
        let is_inside = |path: &[u8]| self.site.within(&follow(path, &self.origins).0).is_some();
        let is_tracked = |path: &[u8]| {
            let path = follow(path, &self.origins).0;
            self.site.within(&path).is_some_and(|path| {
                self.site.tracked.position(path).is_some() || !self.site.tracked.below(path).is_empty()
            })
        };
        // If a known subcommand of git started this process, the process works for that subcommand, whose use of
        // objects has been checked already.
        if !self.processes.is_settled(id) && call.takes_objects(is_inside, is_tracked) {
            self.unseen.insert(Unseen::Objects(shown_command(program, arguments)));
        }
        let counted = match call.counted_reads(is_inside) {
            CountedReads::All => CountedReads::All,
            CountedReads::Of(files) => {
                CountedReads::Of(files.iter().map(|file| follow(file, &self.origins).0).collect())
            }
        };
        (counted, call.is_about_tracked())
    }

    fn open(&mut self, id: u32, asked: &RequestedPath, found: &[u8], access: Access) {
        match access {
            Access::Read | Access::ReadWrite => {
                let links = self.links_to(id, asked, found);
                self.read_path(id, found, links);
            }
            Access::Write => self.origins.make(found.to_vec(), Content::Made, self.processes.is_git(id)),
            Access::Alter | Access::Nothing => {}
        }
    }

    /// Notes that a process made something at a path.
    fn make(&mut self, id: u32, asked: &RequestedPath, content: Content) {
        let is_git = self.processes.is_git(id);
        if let Some(path) = self.last(id, asked) {
            self.origins.make(path, content, is_git);
        }
    }

    /// Notes that a process read the file at a path, and the tracked links on the way to it.
    fn read_path(&mut self, id: u32, path: &[u8], links: Vec<usize>) {
        self.read_all(id, path, links);
        if !self.processes.counts(id, path) {
            return;
        }
        match self.origins.of(path) {
            // A directory of a submodule can only be listed.
            Content::Tracked(_) if self.origins.is_at_submodule(path) => {}
            Content::Tracked(position) => self.read(id, position),
            Content::Made | Content::Link(_) => {}
            Content::Other => {
                let command = self.processes.command(id);
                if let Some(path) = self.site.within(path) {
                    self.others.entry(path.to_vec()).or_insert(command);
                }
            }
        }
    }

    /// Notes that a process read tracked links on the way to a path.
    fn read_all(&mut self, id: u32, path: &[u8], positions: Vec<usize>) {
        for position in positions {
            if self.processes.counts(id, path) {
                self.read(id, position);
            }
        }
    }

    fn read(&mut self, id: u32, position: usize) {
        if is_of_git(self.site.tracked.get(position).path) {
            return;
        }
        let command = self.processes.command(id);
        self.reads.entry(position).or_insert(command);
    }

    /// Follows the links in the path that a process asked for. Returns the path that they lead to, and the positions of
    /// the tracked links on the way; `None` if the directory of the process is not known.
    fn follow(&mut self, id: u32, asked: &RequestedPath) -> Option<(Vec<u8>, Vec<usize>)> {
        let path = self.processes.absolute(id, asked)?;
        Some(follow(&path, &self.origins))
    }

    /// Returns the positions of the tracked links on the way to a file that was found.
    fn links_to(&mut self, id: u32, asked: &RequestedPath, found: &[u8]) -> Vec<usize> {
        match self.processes.absolute(id, asked) {
            // Only a link leads to another path.
            Some(path) if path != found => follow(&path, &self.origins).1,
            _ => Vec::new(),
        }
    }

    /// Follows the links in the path that a process asked for, and notes that the process read those that are tracked.
    /// Returns the path that the links lead to.
    fn read_links(&mut self, id: u32, asked: &RequestedPath) -> Option<Vec<u8>> {
        let (path, links) = self.follow(id, asked)?;
        self.read_all(id, &path, links);
        Some(path)
    }

    /// Follows the links in the path that a process asked for, except the last part, and returns the resulting path.
    fn last(&mut self, id: u32, asked: &RequestedPath) -> Option<Vec<u8>> {
        let path = self.processes.absolute(id, asked)?;
        follow_to_last(&path, &self.origins)
    }
}
