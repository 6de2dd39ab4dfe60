use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::{RequestedPath, TraceEvent, TracedCall};

/// The system calls of one process or thread, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTrace {
    /// The process or thread id. A later process may have had the same one.
    pub id: u32,
    /// The calls that matter.
    pub calls: Vec<TracedCall>,
}

/// The length in bytes at which lines are cut. A path has at most 4,096 bytes, an argument at most 128, and each byte
/// is written as four characters.
const LONGEST: u64 = 1 << 20;

/// Reads the files that strace wrote into a directory. Leaves out opened files outside of `root`, except those that
/// were reached through a link and those that have the name of something that was moved or linked.
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

/// Decides which paths matter for finding what a build read from a repository.
struct ChosenPaths {
    /// The repository's root, absolute and without links, with a slash at the end.
    root: Vec<u8>,
    /// The new names of files and directories that were moved or linked. A path with such a name may be a file of the
    /// repository.
    names: BTreeSet<Vec<u8>>,
}

impl ChosenPaths {
    fn new(root: &[u8]) -> Self {
        Self { root: [root, b"/"].concat(), names: BTreeSet::new() }
    }

    /// Records the new name if a line moves or links a file. Most lines need not be parsed for that.
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

    /// Whether an event can matter. `own` is the current directory of the process, as far as the trace has shown it.
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

/// Whether the opened file has the requested path: the path has no link and no `..`.
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

    /// Returns the requested paths of opened files that matter. It encodes texts in `«»` as hexadecimal.
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
