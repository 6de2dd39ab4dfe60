use std::fmt::Write as _;

use super::{Report, ServiceReport};
use crate::output::emit::{Summary, markdown_code as code, markdown_prose as prose};
use crate::output::exec::display::{counts, time};

/// Returns the report as the summary of a job, in GitHub's Markdown: a table of services with outcomes, versions,
/// images and times, the last lines of the logs of failed services, and the commands that pull the pushed images.
/// `output` returns the lines to show of a service's log.
#[must_use]
pub fn markdown(report: &Report, output: impl Fn(&ServiceReport) -> Option<String>) -> String {
    let counts = counts(report);
    let mut summary = Summary::new("rebake build");
    summary.push(if counts.is_empty() { "Nothing to build." } else { &counts });
    summary.push("\n");
    let rows: Vec<String> = report.services.iter().map(row).collect();
    if !rows.is_empty() {
        summary.push("\n| service | outcome | version | image | time |\n| --- | --- | --- | --- | ---: |\n");
        for row in &rows {
            summary.push(row);
        }
    }
    for service in report.services.iter().filter(|service| service.outcome.is_failure()) {
        if let Some(output) = output(service) {
            let name = code(&service.service);
            let lines: Vec<String> = output.lines().map(prose).collect();
            let details = format!(
                "\n<details><summary>{name}: the end of its log</summary>\n\n<pre>{}</pre>\n</details>\n",
                lines.join("\n")
            );
            summary.push(&details);
        }
    }
    let pulls: Vec<String> = report.successful().filter_map(pull).collect();
    if !pulls.is_empty() {
        summary.push(&format!("\n<pre>{}</pre>\n", pulls.join("\n")));
    }
    summary.text("the report")
}

fn row(service: &ServiceReport) -> String {
    let mut outcome = service.outcome.word().to_owned();
    let by = service.blocked_by.as_ref().map(|by| format!(" by {}", code(by))).unwrap_or_default();
    let how = service.how();
    if !how.is_empty() {
        let _ = write!(outcome, " ({how})");
    }
    let message = service.message.as_ref().map(|message| format!("<br>{}", prose(message))).unwrap_or_default();
    let version = service.version.as_deref().map(code).unwrap_or_default();
    let tags = service.tags.iter().map(|tag| code(tag));
    let image: Vec<String> = tags.chain(service.digest.as_deref().map(code)).collect();
    let took = if service.attempts > 0 { time(service.seconds) } else { String::new() };
    format!("| {} | {outcome}{by}{message} | {version} | {} | {took} |\n", code(&service.service), image.join("<br>"))
}

/// Returns the command that pulls a pushed image, by its digest if that is known, else by its first tag.
fn pull(service: &ServiceReport) -> Option<String> {
    let image = service.image.as_ref().filter(|_| service.push)?;
    let reference = match &service.digest {
        Some(digest) => format!("{image}@{digest}"),
        None => service.tags.first()?.clone(),
    };
    Some(format!("docker pull {}", prose(&reference)))
}
