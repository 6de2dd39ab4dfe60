//! Prints results and messages. Standard output carries only the result; everything else goes to standard error.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write as _};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::annotation::Annotations;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{Color, GeneralArgs};
use super::{env, snippet};
use crate::inputs::file;
use crate::inputs::trigger::Engine;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::mask::Mask;
use crate::model::name::{BuildOutput, PlanOutput, for_terminal};
use crate::model::safe_json;
use crate::output::emit::{Palette, Room, word_wrap};
#[cfg(unix)]
use crate::output::exec::Report;
#[cfg(unix)]
use crate::output::exec::display::Size;
use crate::plan::Plan;

/// The output of results and messages.
pub(crate) struct Output {
    color: ColorChoice,
    quiet: bool,
    annotations: RefCell<Annotations>,
    mask: Mask,
    /// The files that were written.
    written: RefCell<Vec<PathBuf>>,
}

impl Output {
    pub(crate) fn new(general: &GeneralArgs, annotations: Annotations) -> Self {
        let color = match general.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let mask = Mask::default();
        env::secrets().for_each(|secret| mask.hide(&secret));
        let written = RefCell::new(own_file().into_iter().collect());
        Self { color, quiet: general.quiet, annotations: RefCell::new(annotations), mask, written }
    }

    /// Whether a person may be watching: standard error is a terminal, and `--quiet` is not given.
    pub(crate) fn is_watched(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether standard output is a terminal whose cursor can be moved.
    #[expect(clippy::unused_self, reason = "who prints has the output")]
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal() && env::read(env::Variable::Term).is_none_or(|terminal| terminal != "dumb")
    }

    /// Whether colours of builds are passed on to standard output: to a terminal, and to a CI engine's log.
    pub(crate) fn is_coloured(&self, engine: Option<Engine>) -> bool {
        match self.color {
            ColorChoice::Auto => {
                let shown = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
                shown || (engine.is_some() && env::read(env::Variable::NoColor).is_none())
            }
            choice => choice != ColorChoice::Never,
        }
    }

    /// Returns how wide a table may be: as wide as the terminal, or without a limit if there is no terminal.
    #[expect(clippy::unused_self, reason = "who prints has the output")]
    pub(crate) fn room(&self) -> Room {
        columns().map_or(Room::Unlimited, Room::Columns)
    }

    /// Writes a result for programs, unchanged except that secrets are masked; on a terminal, invisible characters are
    /// escaped.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let text = self.mask.text(text);
        let shown = io::stdout().is_terminal().then(|| for_terminal(text.as_bytes()));
        let text = shown.as_deref().unwrap_or(&text);
        written(io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()))
    }

    /// Opens standard output, to write a result for programs in pieces. On a terminal, invisible characters are
    /// escaped. Secrets are not masked.
    #[expect(clippy::unused_self, reason = "who prints has the output")]
    pub(crate) fn stream(&self) -> Stream {
        let is_terminal = io::stdout().is_terminal();
        Stream { out: BufWriter::with_capacity(1 << 16, io::stdout().lock()), is_terminal, closed: false }
    }

    /// Writes a result for people. On a terminal, lines that are longer than the terminal is wide are broken between
    /// words.
    pub(crate) fn people(&self, text: &str) -> Result<(), Failure> {
        // Secrets are masked first, since a secret that is broken into two lines would not be found.
        let text = self.mask.text(text);
        match columns() {
            None => self.print(&text),
            Some(most) => self.print(&word_wrap(&text, most)),
        }
    }

    /// Writes a table for people, without colours if standard output cannot show them. Long lines are not broken.
    pub(crate) fn table(&self, text: &str) -> Result<(), Failure> {
        self.print(&self.mask.text(text))
    }

    fn print(&self, masked: &str) -> Result<(), Failure> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        written(stdout.write_all(masked.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Writes a whole file, with secrets masked. The text is also written to a path that is not a regular file, such as
    /// a pipe.
    pub(crate) fn file(&self, path: &Path, text: &str) -> Result<(), Failure> {
        file::replace(path, &self.mask.text(text)).map_err(|error| unwritable(path, &error))?;
        self.written.borrow_mut().push(path.to_owned());
        Ok(())
    }

    /// Appends a text to a file in one write, with secrets masked.
    pub(crate) fn append(&self, path: &Path, text: &str) -> Result<(), Failure> {
        file::append(path, &self.mask.text(text)).map_err(|error| unwritable(path, &error))
    }

    /// Returns a value with the secrets in its texts masked. Formats that escape texts need such a value, since a
    /// secret with escapes would not be found in the output.
    pub(crate) fn masked<T: Serialize + DeserializeOwned>(&self, value: T) -> T {
        let text = if self.mask.is_empty() { None } else { Some(safe_json::line(&value)) };
        match text.as_deref().map(|text| self.mask.text(text)) {
            // If the masked text cannot be read as a value, a secret equals a word of the format. Such a word is
            // public, so masking it would hide nothing.
            Some(Cow::Owned(text)) => serde_json::from_str(&text).unwrap_or(value),
            Some(Cow::Borrowed(_)) | None => value,
        }
    }

    /// Returns the files that were written, including standard output if it is a file.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        self.written.take()
    }

    /// Adds a secret that is masked in all later output.
    pub(crate) fn hide(&self, secret: &str) {
        self.mask.hide(secret);
        self.say_public();
    }

    /// Writes a mended file. Secrets are not masked: the file contained them before, and the changes contain none.
    pub(crate) fn mended_file(&self, path: &Path, text: &str) -> Result<(), Failure> {
        file::replace(path, text).map_err(|error| unwritable(path, &error))?;
        self.written.borrow_mut().push(path.to_owned());
        Ok(())
    }

    /// Adds public names, such as the names of services. They are never masked, since the output would be wrong without
    /// them.
    pub(crate) fn publish<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let schemas = [
            Plan::schema(),
            #[cfg(unix)]
            Report::schema(),
        ];
        let words = schemas.iter().flat_map(words);
        let outputs = PlanOutput::ALL.iter().map(|output| output.name());
        let outputs = outputs.chain(BuildOutput::ALL.iter().map(|output| output.name()));
        let others = names.into_iter().chain(outputs).chain(OTHER_WORDS).map(str::to_owned);
        self.mask.publish(words.chain(others));
        self.say_public();
    }

    /// Warns that a secret is part of a public word and is therefore not masked. The warning does not name the secret.
    fn say_public(&self) {
        if self.mask.is_part_of_word() {
            let message = "a secret is part of the name of a service, an environment or a file that a build read, or of \
                           a word of rebake's formats, so it is not replaced by `***`";
            self.say(&[Diagnostic::warning("public-secret", message).help(
                "check the variables whose names end with `_TOKEN`, `_PASSWORD` or `_KEY`, and those in `secrets`: \
                 change the value of a secret, and the name of a variable that is no secret",
            )]);
        }
    }

    /// Returns the secrets that are masked in all output.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Returns the colours of results for people.
    pub(crate) fn palette(&self) -> Palette {
        if self.color == ColorChoice::Never { Palette::Plain } else { Palette::Coloured }
    }

    /// Prints problems and notes; with `--quiet`, only errors.
    pub(crate) fn say(&self, diagnostics: &[Diagnostic]) {
        let said: Vec<Diagnostic> = diagnostics
            .iter()
            .filter(|diagnostic| !self.quiet || diagnostic.severity == Severity::Error)
            .cloned()
            .collect();
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        // If standard error is closed, nobody reads the messages.
        let _ = stderr.write_all(self.mask.text(&snippet::render(&said, snippet::Color::Always)).as_bytes());
        // The annotations are written at the end of the command.
        self.annotations.borrow_mut().add(&said);
    }

    /// Writes the annotations of all messages to standard error, at the end of a command. GitHub's runner reads
    /// workflow commands from standard error too.
    pub(crate) fn annotate(&self) {
        // If standard error is closed, nobody reads the messages.
        let _ = io::stderr().write_all(self.mask.text(&self.annotations.borrow().lines()).as_bytes());
    }
}

/// The public words of formats without a schema, besides the names of outputs: a matrix, `JUnit` XML.
const OTHER_WORDS: [&str; 10] = [
    "include",
    "testsuites",
    "testcase",
    "failure",
    "failures",
    "skipped",
    "errors",
    "classname",
    "system-out",
    "rebake",
];

/// Returns the width in columns of the terminal to which standard output goes; `None` if it does not go to a terminal.
#[cfg(unix)]
fn columns() -> Option<usize> {
    io::stdout().is_terminal().then(|| Size::of(io::stdout()).unwrap_or_default().columns())
}

#[cfg(not(unix))]
fn columns() -> Option<usize> {
    None
}

/// Returns the keys and the constants of a JSON Schema.
fn words(schema: &Value) -> Vec<String> {
    let own = |(key, value): (&String, &Value)| match (key.as_str(), value) {
        ("properties", Value::Object(properties)) => properties.keys().cloned().collect(),
        ("const", Value::String(word)) => vec![word.clone()],
        ("enum", Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    match schema {
        Value::Object(map) => map.iter().flat_map(own).chain(map.values().flat_map(words)).collect(),
        Value::Array(list) => list.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

/// A result for programs that is written in pieces.
pub(crate) struct Stream {
    out: BufWriter<StdoutLock<'static>>,
    is_terminal: bool,
    closed: bool,
}

impl Stream {
    /// Writes these parts, one after the other.
    pub(crate) fn write(&mut self, parts: &[&[u8]]) -> Result<(), Failure> {
        let result = parts.iter().try_for_each(|part| {
            if self.is_terminal { self.out.write_all(for_terminal(part).as_bytes()) } else { self.out.write_all(part) }
        });
        self.noted(result)
    }

    /// Flushes the output.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let result = self.out.flush();
        self.noted(result)
    }

    /// Writes the buffered rest of the result.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()
    }

    /// Whether the reader has closed the pipe, so that nothing more needs to be written.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    fn noted(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        self.closed |= result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written(result)
    }
}

/// Turns an error of writing into a failure. A reader that has closed the pipe is no failure.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Usage, "output", format!("cannot write the result: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Returns the path of the file to which standard output is redirected, if the file is still empty. Then this process
/// writes everything in the file.
fn own_file() -> Option<PathBuf> {
    let file = std::fs::read_link("/proc/self/fd/1").ok()?;
    std::fs::symlink_metadata(&file).is_ok_and(|found| found.is_file() && found.len() == 0).then_some(file)
}

/// Returns the failure of a file that cannot be written.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::file(&format!("cannot write {}", path.display()), error)
}
