use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::{TraceEvent, TracedCall};

/// What one process or thread did, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTrace {
    /// Its id. A later process may have had the same.
    pub id: u32,
    /// The calls that matter.
    pub calls: Vec<TracedCall>,
}

/// The longest line that is read. A path has 4,096 bytes at most, a cut argument 128, and each byte takes four.
const LONGEST: u64 = 1 << 20;

/// Reads the files that strace wrote into a directory. Files that were only opened for reading, and that lie in none of
/// these directories, are left out.
///
/// # Errors
/// When the directory or one of its files cannot be read.
pub fn read_traces(directory: &Path, roots: &[Vec<u8>]) -> io::Result<Vec<ProcessTrace>> {
    let mut traces = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let id = path.extension().and_then(|id| id.to_str()?.parse().ok());
        let Some(id) = id else { continue };
        traces.push(ProcessTrace { id, calls: calls(BufReader::new(File::open(path)?), roots)? });
    }
    traces.sort_by_key(|trace| trace.id);
    Ok(traces)
}

fn calls(mut lines: impl io::BufRead, roots: &[Vec<u8>]) -> io::Result<Vec<TracedCall>> {
    let (mut calls, mut line) = (Vec::new(), Vec::new());
    let mut own = None;
    loop {
        line.clear();
        if lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(calls);
        }
        calls.extend(TracedCall::read(&line).filter(|call| matters(&call.event, roots, &mut own)));
    }
}

/// Whether an event can matter. `own` is the directory of the process, as far as it was told.
fn matters(event: &TraceEvent, roots: &[Vec<u8>], own: &mut Option<Vec<u8>>) -> bool {
    match event {
        TraceEvent::Opened { asked, found: Some(found), .. } => {
            let moved = asked.from_own && asked.from.is_some() && asked.from != *own;
            if moved {
                own.clone_from(&asked.from);
            }
            let is_inside = |path: &[u8]| roots.iter().any(|root| path.starts_with(root));
            // A link of the repository may lead out of it.
            let begins_inside = if asked.path.starts_with(b"/") { Some(&asked.path) } else { asked.from.as_ref() };
            moved || is_inside(found) || begins_inside.is_some_and(|path| is_inside(path))
        }
        TraceEvent::Stands(directory) => own.replace(directory.clone()).as_ref() != Some(directory),
        TraceEvent::Entered(_) => {
            *own = None;
            true
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_elsewhere_is_left_out_once_the_directory_is_known() {
        let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
        let line = |directory: &str, path: &str| {
            format!("1.000000 openat(AT_FDCWD<{}>, \"{}\", O_RDONLY) = 3<{}>\n", hex(directory), hex(path), hex(path))
        };
        let text =
            [line("/r/a", "/lib/x"), line("/r/a", "/lib/y"), line("/r/a", "/r/z"), line("/r/b", "/lib/x")].concat();
        let calls = calls(text.as_bytes(), &[b"/r/".to_vec()]).unwrap();
        let paths: Vec<Vec<u8>> = calls
            .into_iter()
            .filter_map(|call| if let TraceEvent::Opened { asked, .. } = call.event { Some(asked.path) } else { None })
            .collect();
        assert_eq!(paths, [b"/lib/x".to_vec(), b"/r/z".to_vec(), b"/lib/x".to_vec()]);
    }
}
