use std::io::{self, Write};

use serde::Serialize;

use super::RunDisplay;
use super::log_tail::Logs;
use crate::model::safe_json;
use crate::output::exec::run_event::RunEvent;

/// A display with one JSON object per line: one for each event, and one for each line of output.
#[derive(Default)]
pub struct Json {
    logs: Logs,
}

/// A line of a build's output with all of its characters, and U+FFFD for bytes that are not UTF-8.
#[derive(Serialize)]
struct Printed<'a> {
    event: &'static str,
    service: &'a str,
    attempt: u32,
    line: &'a str,
}

impl RunDisplay for Json {
    fn show(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            RunEvent::Started { service, log, .. } => {
                self.logs.begin(service, log);
                write(event, out)
            }
            RunEvent::Output { service, attempt, .. } => {
                self.logs.lines(service, &mut |line| write_line(service, *attempt, line, out))
            }
            RunEvent::Retrying { service, .. } | RunEvent::Finished { service } => {
                let (name, attempt) = (&service.service, service.attempts);
                self.logs.end(name, &mut |line| write_line(name, attempt, line, out))?;
                write(event, out)
            }
            event => write(event, out),
        }
    }
}

fn write_line(service: &str, attempt: u32, line: &[u8], out: &mut dyn Write) -> io::Result<()> {
    write(&Printed { event: "output", service, attempt, line: &String::from_utf8_lossy(line) }, out)
}

fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", safe_json::line(value))
}
