use std::io::{self, Write};

use super::clean::{Colours, Commands, Style};
use super::follow::last_lines;
use super::marker::Engine;
use super::note::title;
use crate::output::exec::report::{Report, Service};

/// How many annotations GitHub shows of a step; the last one counts the rest.
const SHOWN: usize = 10;

/// How many lines of its log an annotation has; GitHub cuts the text at 4096 characters.
const LINES: usize = 10;

/// Tells the engine of each failure, where it shows such things beside the log.
pub(super) fn annotate(report: &Report, engine: Engine, out: &mut dyn Write) -> io::Result<()> {
    if !matches!(engine, Engine::GitHub | Engine::Azure) {
        return Ok(());
    }
    let failed: Vec<&Service> = report.services.iter().filter(|service| service.outcome.is_failure()).collect();
    let shown = if failed.len() > SHOWN { SHOWN - 1 } else { failed.len() };
    for service in &failed[..shown] {
        issue(engine, &title(service), &last_words(service), out)?;
    }
    match failed.len() - shown {
        0 => Ok(()),
        more => issue(engine, "rebake build", &format!("and {more} more services failed"), out),
    }
}

fn issue(engine: Engine, title: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    match engine {
        Engine::GitHub => {
            let title = data(title).replace(':', "%3A").replace(',', "%2C");
            writeln!(out, "::error title={title}::{}", data(text))
        }
        // Azure has one line for an issue, and its own word for the percent sign.
        _ => writeln!(out, "##vso[task.logissue type=error]{}", title.replace('%', "%AZP25")),
    }
}

/// Returns the end of its log, or its message if it has no log.
fn last_words(service: &Service) -> String {
    const STYLE: Style = Style { colours: Colours::Removed, commands: Commands::Broken };
    let lines = service.log.as_ref().and_then(|log| last_lines(log, LINES, STYLE).ok()).unwrap_or_default();
    if lines.is_empty() {
        service.message.clone().unwrap_or_else(|| "it printed nothing".to_owned())
    } else {
        lines.join("\n")
    }
}
