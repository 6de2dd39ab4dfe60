use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::RunDisplay;
use super::clean::OutputStyle;
use super::log_tail::{Logs, write_line};
use super::run_summary::{LogExcerpt, summary};
use super::wording::{note, title};
use crate::model::name::Escaped;
use crate::output::emit::Column;
use crate::output::exec::run_event::RunEvent;

/// The greatest width of the column of names. Longer names are written whole.
const WIDEST: usize = 24;

/// A display of all lines in the order in which they are written, each after the name of its service.
#[derive(Default)]
pub struct Stream {
    style: OutputStyle,
    names: Column,
    logs: Logs,
}

impl Stream {
    /// Creates the display, with this style of lines.
    #[must_use]
    pub fn new(style: OutputStyle) -> Self {
        Self { style, names: Column::default(), logs: Logs::default() }
    }

    fn prefix(&self, service: &str) -> String {
        self.names.pad(&Escaped::new(service).to_string()) + " | "
    }
}

fn write_behind(prefix: &str, line: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(prefix.as_bytes())?;
    write_line(line, out)
}

impl RunDisplay for Stream {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            RunEvent::Begun { services, .. } => {
                let names = services.iter().map(|name| Escaped::new(name).to_string());
                self.names = Column::of(names.filter(|name| name.width() <= WIDEST));
                Ok(())
            }
            RunEvent::Started { service, log, .. } => {
                self.logs.begin(service, log);
                Ok(())
            }
            RunEvent::Output { service, .. } => {
                let (prefix, style) = (self.prefix(service), self.style);
                self.logs.lines(service, &mut |line| write_behind(&prefix, &style.line(line), out))
            }
            RunEvent::Retrying { service, .. } | RunEvent::Finished { service } => {
                let (prefix, style) = (self.prefix(&service.service), self.style);
                self.logs.end(&service.service, &mut |line| write_behind(&prefix, &style.line(line), out))?;
                writeln!(out, "{}", title(service))
            }
            RunEvent::Ended { report } => summary(report, LogExcerpt::Nothing, out),
            event => note(event, out),
        }
    }
}
