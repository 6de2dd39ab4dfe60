use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::{RequestedPath, TraceEvent, TracedCall};

/// The system calls of one process or thread, in order. If a later process had the same id, its calls follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTrace {
    /// The id of the process or thread.
    pub id: u32,
    /// The calls that [`read_traces`] keeps.
    pub calls: Vec<TracedCall>,
}

/// The length in bytes after which a line is split. A path has at most 4,096 bytes, an argument at most 128, and strace
/// writes each byte as four characters.
const LONGEST: u64 = 1 << 20;

/// Reads the traces that strace wrote into a directory. Calls that open files outside of the repository are left out,
/// except in three cases: the requested path has a symbolic link or `..`; the path of the opened file has the new name
/// of a file or directory that was moved or hard-linked; or the call shows that the current directory has changed.
/// `root` is the root of the repository, absolute and without symbolic links.
///
/// # Errors
/// When the directory or one of its files cannot be read.
pub fn read_traces(directory: &Path, root: &[u8]) -> io::Result<Vec<ProcessTrace>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let id = path.extension().and_then(|id| id.to_str()?.parse::<u32>().ok());
        files.extend(id.map(|id| (id, path)));
    }
    files.sort();
    let mut chosen = ChosenPaths::new(root);
    for (_, path) in &files {
        each_line(File::open(path)?, |line| chosen.learn(line))?;
    }
    let traces = files.into_iter().map(|(id, path)| {
        let (mut calls, mut own) = (Vec::new(), None);
        each_line(File::open(path)?, |line| {
            calls.extend(TracedCall::read(line).filter(|call| chosen.matter_to(&call.event, &mut own)));
        })?;
        Ok(ProcessTrace { id, calls })
    });
    traces.collect()
}

fn each_line(text: impl io::Read, mut line_is: impl FnMut(&[u8])) -> io::Result<()> {
    let (mut lines, mut line) = (BufReader::new(text), Vec::new());
    while lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)? > 0 {
        line_is(&line);
        line.clear();
    }
    Ok(())
}

/// Selects the calls that are needed to find the files that a build read from a repository.
struct ChosenPaths {
    /// The repository's root, absolute and without links, with a slash at the end.
    root: Vec<u8>,
    /// The new names of files and directories that were moved or hard-linked. A path outside of the repository that has
    /// such a name in it may be the new path of a file of the repository.
    names: BTreeSet<Vec<u8>>,
}

impl ChosenPaths {
    fn new(root: &[u8]) -> Self {
        Self { root: [root, b"/"].concat(), names: BTreeSet::new() }
    }

    /// Adds the new name to `names` if a line moves or hard-links a file. Lines that do not begin with such a call are
    /// not parsed.
    fn learn(&mut self, line: &[u8]) {
        let call = line.iter().position(|byte| *byte == b' ').map_or(line, |end| &line[end + 1..]);
        if !call.starts_with(b"rename") && !call.starts_with(b"link") {
            return;
        }
        let paths = match TracedCall::read(line).map(|call| call.event) {
            Some(TraceEvent::Renamed { from, to, is_swapped: true }) => vec![from, to],
            Some(TraceEvent::Renamed { to, .. } | TraceEvent::Linked { to, .. }) => vec![to],
            _ => Vec::new(),
        };
        let names = paths.iter().filter_map(|asked| parts(&asked.path).next_back());
        self.names.extend(names.map(<[u8]>::to_vec));
    }

    /// Whether an event is needed. `own` is the current directory of the process, which this updates; it is `None`
    /// while the trace does not show the directory.
    fn matter_to(&self, event: &TraceEvent, own: &mut Option<Vec<u8>>) -> bool {
        match event {
            TraceEvent::Opened { asked, found: Some(found), .. } => {
                let moved = asked.from_own && asked.from.is_some() && asked.from != *own;
                if moved {
                    own.clone_from(&asked.from);
                }
                moved
                    || found.starts_with(&self.root)
                    || !is_straight(asked, found)
                    || parts(found).any(|name| self.names.contains(name))
            }
            TraceEvent::CurrentDirectory(directory) => own.replace(directory.clone()).as_ref() != Some(directory),
            TraceEvent::ChangedDirectory(_) => {
                *own = None;
                true
            }
            _ => true,
        }
    }
}

/// Whether the path of the opened file is exactly the requested path, which then has no symbolic link and no `..`.
fn is_straight(asked: &RequestedPath, found: &[u8]) -> bool {
    if asked.path.starts_with(b"/") {
        return asked.path == found;
    }
    let below = asked.from.as_ref().and_then(|from| found.strip_prefix(from.as_slice()));
    below.and_then(|below| below.strip_prefix(b"/")).is_some_and(|below| below == asked.path)
}

fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a trace, in which the texts in `«»` are encoded as hexadecimal first, and returns the requested paths of
    /// the opened files.
    fn asked_for(text: &str) -> Vec<String> {
        let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
        let mut parts = text.split(['«', '»']);
        let mut lines = parts.next().unwrap_or_default().to_owned();
        while let Some(text) = parts.next() {
            lines += &hex(text);
            lines += parts.next().unwrap_or_default();
        }
        let directory = tempfile::tempdir().unwrap();
        let lines = lines.lines().map(|line| format!("1.000000 {}\n", line.trim()));
        fs::write(directory.path().join("p.1"), lines.collect::<String>()).unwrap();
        let traces = read_traces(directory.path(), b"/r").unwrap();
        let calls = traces.into_iter().flat_map(|trace| trace.calls);
        let paths = calls.filter_map(|call| match call.event {
            TraceEvent::Opened { asked, .. } => Some(String::from_utf8(asked.path).unwrap()),
            _ => None,
        });
        paths.collect()
    }

    #[test]
    fn what_lies_elsewhere_is_left_out_once_the_directory_is_known() {
        let text = "openat(AT_FDCWD<«/r/a»>, \"«/lib/x»\", O_RDONLY) = 3<«/lib/x»>
            openat(AT_FDCWD<«/r/a»>, \"«/lib/y»\", O_RDONLY) = 3<«/lib/y»>
            openat(AT_FDCWD<«/r/a»>, \"«/r/z»\", O_RDONLY) = 3<«/r/z»>
            openat(AT_FDCWD<«/r/b»>, \"«/lib/x»\", O_RDONLY) = 3<«/lib/x»>
            openat(5<«/lib»>, \"«x»\", O_RDONLY) = 3<«/lib/x»>
            open(\"«/lib/x»\", O_RDONLY) = 3<«/lib/x»>
            openat(AT_FDCWD<«/r/b»>, \"«/root/x»\", O_RDONLY) = 3<«/root/x»>";
        assert_eq!(asked_for(text), ["/lib/x", "/r/z", "/lib/x"]);
    }

    #[test]
    fn links_may_lead_out_of_the_repository() {
        let text = "open(\"«link/x»\", O_RDONLY) = 3<«/lib/x»>
            open(\"«/r/link/x»\", O_RDONLY) = 3<«/lib/x»>
            open(\"«/tmp/link/x»\", O_RDONLY) = 3<«/lib/x»>
            openat(5<«/r»>, \"«link/x»\", O_RDONLY) = 3<«/lib/x»>";
        assert_eq!(asked_for(text), ["link/x", "/r/link/x", "/tmp/link/x", "link/x"]);
    }

    #[test]
    fn what_was_moved_out_of_the_repository_matters() {
        let text = "open(\"«/t/a/x»\", O_RDONLY) = 3<«/t/a/x»>
            open(\"«/t/b»\", O_RDONLY) = 3<«/t/b»>
            open(\"«/t/c»\", O_RDONLY) = 3<«/t/c»>
            open(\"«/t/d»\", O_RDONLY) = 3<«/t/d»>
            rename(\"«/r/y»\", \"«/t/a/»\") = 0
            link(\"«/r/y»\", \"«/t/b»\") = 0
            rename(\"«/r/y»\", \"«/t/d»\") = -1 ENOENT (No such file or directory)
            renameat2(AT_FDCWD<«/t»>, \"«c»\", 4<«/r»>, \"«y»\", RENAME_EXCHANGE) = 0";
        assert_eq!(asked_for(text), ["/t/a/x", "/t/b", "/t/c"]);
    }
}
