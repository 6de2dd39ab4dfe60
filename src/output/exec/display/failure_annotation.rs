use std::io::{self, Write};

use super::clean::{Colours, Commands, OutputStyle};
use super::log_tail::last_lines;
use super::marker::LogEngine;
use super::wording::title;
use crate::model::workflow_command::{ANNOTATIONS, command};
use crate::output::exec::report::{Report, ServiceReport};

/// How many lines of a log an annotation has; GitHub cuts the text at 4096 characters.
const LINES: usize = 10;

/// Writes an annotation for each failed service, if the engine shows annotations.
pub(super) fn annotate(report: &Report, engine: LogEngine, out: &mut dyn Write) -> io::Result<()> {
    if !matches!(engine, LogEngine::GitHub | LogEngine::Azure) {
        return Ok(());
    }
    let failed: Vec<&ServiceReport> = report.services.iter().filter(|service| service.outcome.is_failure()).collect();
    // If there are too many failures, the last annotation says how many have no annotation.
    let shown = if failed.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { failed.len() };
    for service in &failed[..shown] {
        issue(engine, &title(service), &last_words(service), out)?;
    }
    match failed.len() - shown {
        0 => Ok(()),
        more => issue(engine, "rebake build", &format!("and {more} more services failed"), out),
    }
}

fn issue(engine: LogEngine, title: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    match engine {
        LogEngine::GitHub => writeln!(out, "{}", command("error", &[("title", title)], text)),
        // Azure shows one line for an issue, and has an escape of its own for the percent sign.
        _ => writeln!(out, "##vso[task.logissue type=error]{}", title.replace('%', "%AZP25")),
    }
}

/// Returns the end of a service's log, or the service's message if there is no log.
fn last_words(service: &ServiceReport) -> String {
    const STYLE: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Broken };
    let lines = service.log.as_ref().and_then(|log| last_lines(log, LINES, STYLE).ok()).unwrap_or_default();
    if lines.is_empty() {
        service.message.clone().unwrap_or_else(|| "it printed nothing".to_owned())
    } else {
        lines.join("\n")
    }
}
