use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::Path;

use bstr::ByteSlice as _;

use super::clean::OutputStyle;
use crate::inputs::file;

/// How many bytes are read at a time.
const CHUNK: usize = 64 * 1024;

/// The most bytes of a line that is shown as one line. Longer lines are broken.
const LONGEST: usize = 16 * 1024;

/// A function that gets a line of a log, and writes it.
pub(super) type EachLine<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// The logs of running builds, each with the position up to which it was shown.
#[derive(Default)]
pub(super) struct Logs(BTreeMap<String, Follow>);

impl Logs {
    /// Begins to read the log of an attempt. If the log cannot be read, none of its lines are shown.
    pub(super) fn begin(&mut self, service: &str, log: &Path) {
        if let Ok(follow) = Follow::open(log) {
            self.0.insert(service.to_owned(), follow);
        }
    }

    /// Calls `each` with each line that has become complete since the last call.
    pub(super) fn lines(&mut self, service: &str, each: EachLine) -> io::Result<()> {
        self.0.get_mut(service).map_or(Ok(()), |follow| follow.lines(each))
    }

    /// Calls `each` with the rest of the log of an attempt that has ended. Later output is not shown.
    pub(super) fn end(&mut self, service: &str, each: EachLine) -> io::Result<()> {
        self.0.remove(service).map_or(Ok(()), |follow| follow.rest(each))
    }
}

/// Reads a log line by line while it grows.
pub(super) struct Follow {
    log: File,
    begun: Vec<u8>,
}

impl Follow {
    pub(super) fn open(log: &Path) -> io::Result<Self> {
        Ok(Self { log: file::open(log)?, begun: Vec::new() })
    }

    /// Calls `each` with each line that has become complete since the last call. If the log cannot be read, there are
    /// no such lines yet.
    pub(super) fn lines(&mut self, each: EachLine) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = self.log.read(&mut chunk) {
            self.take(&chunk[..length], each)?;
        }
        Ok(())
    }

    /// Adds a piece of the log, and calls `each` with the lines that the piece completes.
    fn take(&mut self, mut rest: &[u8], each: EachLine) -> io::Result<()> {
        while let Some(end) = rest.find_byte(b'\n') {
            self.begun.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            self.hand_on(each)?;
        }
        self.begun.extend_from_slice(rest);
        if self.begun.len() >= LONGEST {
            self.hand_on(each)?;
        }
        Ok(())
    }

    /// Writes all lines to an output in a style. Many lines that the style leaves unchanged are written in one step.
    pub(super) fn copy(mut self, style: OutputStyle, out: &mut dyn Write) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = self.log.read(&mut chunk) {
            let begun = if self.begun.is_empty() { 0 } else { end_of(chunk[..length].find_byte(b'\n'), length) };
            let whole = end_of(chunk[..length].rfind_byte(b'\n'), begun);
            self.take(&chunk[..begun], &mut |line| write_line(&style.line(line), out))?;
            let lines = &chunk[begun..whole];
            if style.leaves(lines) && are_short(lines) {
                out.write_all(lines)?;
            } else {
                self.take(lines, &mut |line| write_line(&style.line(line), out))?;
            }
            self.take(&chunk[whole..length], &mut |line| write_line(&style.line(line), out))?;
        }
        self.rest(&mut |line| write_line(&style.line(line), out))
    }

    /// Calls `each` with the remaining lines, including a last line without a line break.
    pub(super) fn rest(mut self, each: EachLine) -> io::Result<()> {
        self.lines(each)?;
        if self.begun.is_empty() { Ok(()) } else { self.hand_on(each) }
    }

    fn hand_on(&mut self, each: EachLine) -> io::Result<()> {
        let mut line = self.begun.as_slice();
        while line.len() > LONGEST {
            let (piece, rest) = line.split_at(LONGEST);
            each(piece)?;
            line = rest;
        }
        each(line)?;
        self.begun.clear();
        Ok(())
    }
}

/// Returns the position after a line break; `elsewhere` if there is none.
fn end_of(line_break: Option<usize>, elsewhere: usize) -> usize {
    line_break.map_or(elsewhere, |at| at + 1)
}

/// Whether every line is certainly short enough to be shown as one line. To be fast, this only checks that each piece
/// of half of [`LONGEST`] has a line break. So the result may be `false` although all lines are short.
fn are_short(lines: &[u8]) -> bool {
    lines.chunks(LONGEST / 2).all(|part| part.contains(&b'\n'))
}

/// Writes a line and its end.
pub(super) fn write_line(line: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}

/// Returns the last lines of a log, at most `count`, from its last 64 KiB, cleaned for people.
///
/// # Errors
/// When the log cannot be read.
pub fn last_lines(log: &Path, count: usize, style: OutputStyle) -> io::Result<Vec<String>> {
    let mut file = file::open(log)?;
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(CHUNK as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(CHUNK as u64).read_to_end(&mut end)?;
    let text = end.strip_suffix(b"\n").unwrap_or(&end);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines: Vec<String> =
        text.rsplit(|byte| *byte == b'\n').take(count).map(|line| style.line(line).into_owned()).collect();
    lines.reverse();
    Ok(lines)
}
