use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _};

use bstr::ByteSlice as _;

use super::{RequestedPath, TraceEvent, TracedCall};

/// The system calls of one process or thread, in order. If a later process had the same id, its calls follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTrace {
    /// The id of the process or thread.
    pub id: u32,
    /// The calls that [`TraceReader`] keeps.
    pub calls: Vec<TracedCall>,
}

/// The length in bytes after which a line is split. A path has at most 4,096 bytes, an argument at most 128, and strace
/// writes each byte as four characters.
const LONGEST: u64 = 1 << 20;

/// Reads the traces of builds that run one after the other. Calls that open files outside of the repository are left
/// out, except in three cases: the requested path has a symbolic link or `..`; the path of the opened file has the new
/// name of a file or directory that this build or an earlier one moved or hard-linked; or the call shows that the
/// current directory has changed.
pub struct TraceReader {
    chosen: ChosenPaths,
}

impl TraceReader {
    /// Returns a reader for builds in a repository. `root` is the repository's root, absolute and without symbolic
    /// links.
    #[must_use]
    pub fn new(root: &[u8]) -> Self {
        Self { chosen: ChosenPaths::new(root) }
    }

    /// Reads the trace of the next build, as one trace for each process and thread.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, trace: &File) -> io::Result<Vec<ProcessTrace>> {
        each_line(trace, |_, line| self.chosen.learn(line))?;
        let mut traces: BTreeMap<u32, (Vec<TracedCall>, Option<Vec<u8>>)> = BTreeMap::new();
        each_line(trace, |id, line| {
            let (calls, own) = traces.entry(id).or_default();
            calls.extend(TracedCall::read(line).filter(|call| self.chosen.matter_to(&call.event, own)));
        })?;
        Ok(traces.into_iter().map(|(id, (calls, _))| ProcessTrace { id, calls }).collect())
    }
}

/// The end of the first line of a call that strace writes as two lines.
const UNFINISHED: &[u8] = b" <unfinished ...>";

/// Calls `line_is` for each line of a trace, with the id of the line's process or thread and with the line without that
/// id. Two lines that strace wrote for one call become one line, with the time of the first.
fn each_line(mut trace: &File, mut line_is: impl FnMut(u32, &[u8])) -> io::Result<()> {
    trace.rewind()?;
    let (mut lines, mut line) = (BufReader::new(trace), Vec::new());
    let mut unfinished: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    while lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)? > 0 {
        if let Some((id, rest)) = numbered(line.trim_ascii_end()) {
            let (first, other) = (rest.strip_suffix(UNFINISHED), rest.find(b" <pid changed to "));
            if let Some(first) = first.or_else(|| rest.get(..other?)) {
                unfinished.insert(id, first.to_vec());
            } else if let Some(at) = rest.find(b"+++ superseded by execve in pid ") {
                // A thread other than the first one executed a program, which now has the id of the first thread.
                let thread = rest[at..].rsplit(|byte| *byte == b' ').nth(1).and_then(number);
                if let Some(call) = thread.and_then(|thread| unfinished.remove(&thread)) {
                    line_is(id, &[&call, &b") = 0"[..]].concat());
                }
            } else if let Some(end) = rest.find(b" resumed>") {
                if let Some(call) = unfinished.remove(&id) {
                    line_is(id, &[&call, &rest[end + b" resumed>".len()..]].concat());
                }
            } else {
                line_is(id, rest);
            }
        }
        line.clear();
    }
    Ok(())
}

/// Splits a line into the id in front and the rest.
fn numbered(line: &[u8]) -> Option<(u32, &[u8])> {
    let (id, rest) = line.split_at(line.iter().position(|byte| *byte == b' ')?);
    Some((number(id)?, rest.trim_ascii_start()))
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
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

    /// Whether an event is needed. `own` is the current directory of the process, or `None` while the trace does not
    /// show the directory. This method updates `own`.
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
    use std::io::Write as _;

    use super::*;

    fn read(text: &str) -> Vec<ProcessTrace> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        TraceReader::new(b"/r").read(&file).unwrap()
    }

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
        let lines = lines.lines().map(|line| format!("7 1.000000 {}\n", line.trim())).collect::<Vec<_>>().concat();
        let calls = read(&lines).into_iter().flat_map(|trace| trace.calls);
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

    #[test]
    fn calls_in_two_lines_are_one() {
        let text = "11 1.000001 vfork( <unfinished ...>
12   1.000002 execve(\"\\x2f\\x61\", [\"\\x61\"], 0x5 /* 9 vars */ <unfinished ...>
11 1.000003 <... vfork resumed>) = 12
12   1.000004 <... execve resumed>) = 0
11 1.000005 openat(AT_FDCWD</\\x2f>, \"\\x61\", O_RDONLY <unfinished ...>
11 1.000006 <... openat resumed>) = -1 ENOENT (No such file or directory)
11 1.000007 openat(AT_FDCWD</\\x2f>, \"\\x61\", O_RDONLY <unfinished ...>
";
        let traces = read(text);
        let shown = |trace: &ProcessTrace| {
            let calls = trace.calls.iter().map(|call| match &call.event {
                TraceEvent::Forked { child, .. } => format!("{} fork {child}", call.at),
                TraceEvent::Executed { asked, .. } => format!("{} {}", call.at, String::from_utf8_lossy(&asked.path)),
                event => format!("{event:?}"),
            });
            (trace.id, calls.collect::<Vec<_>>())
        };
        let shown: Vec<(u32, Vec<String>)> = traces.iter().map(shown).collect();
        assert_eq!(shown, [(11, vec!["1000001 fork 12".to_owned()]), (12, vec!["1000002 /a".to_owned()])]);
    }

    #[test]
    fn a_thread_that_becomes_a_program_is_its_process() {
        for end in ["<pid changed to 11 ...>", "<unfinished ...>"] {
            let text = format!(
                "12 1.000001 execve(\"\\x61\", [\"\\x61\"], 0x5 /* 9 vars */ {end}
11 1.000002 +++ superseded by execve in pid 12 +++
11 1.000003 <... execve resumed>) = ?
"
            );
            let traces = read(&text);
            let executed = traces.iter().find(|trace| trace.id == 11).and_then(|trace| trace.calls.first());
            assert!(
                matches!(executed, Some(TracedCall { at: 1_000_001, event: TraceEvent::Executed { .. } })),
                "{end}"
            );
        }
    }
}
