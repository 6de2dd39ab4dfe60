//! Standard output carries the result alone; everything else goes to standard error.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Seek as _, SeekFrom, StdoutLock, Write as _};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};

use super::annotation::Annotations;
use super::args::{Color, General};
use super::exit::Exit;
use super::failure::Failure;
use super::{env, render};
use crate::diagnostic::{Diagnostic, Severity};
use crate::emit::Palette;
use crate::trigger::Engine;

/// Where results and messages go.
pub(crate) struct Output {
    color: ColorChoice,
    quiet: bool,
    annotations: RefCell<Annotations>,
}

impl Output {
    pub(crate) fn new(general: &General, annotations: Annotations) -> Self {
        let color = match general.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { color, quiet: general.quiet, annotations: RefCell::new(annotations) }
    }

    /// Whether somebody watches standard error.
    pub(crate) fn is_watched(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether standard output is a terminal whose cursor can be moved.
    #[expect(clippy::unused_self, reason = "who prints has the output")]
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal() && env::read(env::TERM).is_none_or(|terminal| terminal != "dumb")
    }

    /// Whether colours of others are passed on to standard output: to a terminal, and to a CI engine's log.
    pub(crate) fn is_coloured(&self, engine: Option<Engine>) -> bool {
        match self.color {
            ColorChoice::Auto => {
                let shown = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
                shown || (engine.is_some() && env::read(env::NO_COLOR).is_none())
            }
            choice => choice != ColorChoice::Never,
        }
    }

    /// Writes a result for programs, byte for byte.
    #[expect(clippy::unused_self, reason = "all that is printed goes through the output")]
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        written(io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()))
    }

    /// Opens standard output for a result for programs that is written piece by piece.
    #[expect(clippy::unused_self, reason = "who prints has the output")]
    pub(crate) fn stream(&self) -> Stream {
        Stream { out: BufWriter::with_capacity(1 << 16, io::stdout().lock()), closed: false }
    }

    /// Writes a result for people: its colours are taken off where nobody would see them.
    pub(crate) fn people(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Returns how a result for people is coloured.
    pub(crate) fn palette(&self) -> Palette {
        if self.color == ColorChoice::Never { Palette::Plain } else { Palette::Coloured }
    }

    /// Says what is wrong, or worth knowing. With `--quiet`, errors alone.
    pub(crate) fn say(&self, diagnostics: &[Diagnostic]) {
        let said: Vec<Diagnostic> = diagnostics
            .iter()
            .filter(|diagnostic| !self.quiet || diagnostic.severity == Severity::Error)
            .cloned()
            .collect();
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        // Where standard error is closed there is nobody to tell.
        let _ = stderr.write_all(render::render(&said, render::Color::Always).as_bytes());
        // The runner reads its commands from here too.
        self.annotations.borrow_mut().add(&said);
    }

    /// Writes the annotations of all that was said. It is the last thing that a command says.
    pub(crate) fn annotate(&self) {
        // Where standard error is closed there is nobody to tell.
        let _ = io::stderr().write_all(self.annotations.borrow().lines().as_bytes());
    }
}

/// A result for programs that is written piece by piece.
pub(crate) struct Stream {
    out: BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl Stream {
    /// Writes some bytes, one part behind the other.
    pub(crate) fn write(&mut self, parts: &[&[u8]]) -> Result<(), Failure> {
        let result = parts.iter().try_for_each(|part| self.out.write_all(part));
        self.noted(result)
    }

    /// Lets the reader see what has been written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let result = self.out.flush();
        self.noted(result)
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()
    }

    /// Whether the reader has gone away: nothing more needs to be written.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    fn noted(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        self.closed |= result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written(result)
    }
}

/// A reader that has gone away is no failure: it has seen enough.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Usage, "output", format!("cannot write the result: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Appends lines to a file in one write. An earlier writer may have left the last line of the file open: a line break
/// closes it first.
pub(crate) fn append(path: &Path, lines: &str) -> Result<(), Failure> {
    append_lines(path, lines).map_err(|error| Failure::file(&format!("cannot write {}", path.display()), &error))
}

fn append_lines(path: &Path, lines: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let line_break = if ends_in_open_line(&mut file)? { "\n" } else { "" };
    file.write_all([line_break, lines].concat().as_bytes())
}

fn ends_in_open_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
