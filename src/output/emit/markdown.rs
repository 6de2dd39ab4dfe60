use std::fmt::Write as _;

use super::expected_time::expected_time;
use super::{Summary, compared, environment, mermaid, table::cause_sentence};
use crate::model::name::{Escaped, Listed};
use crate::plan::{Plan, PlannedService};

/// How many names the summary lists at most; the plan has all.
const NAMES: usize = 100;

/// Returns the plan as the summary of a job, in GitHub's Markdown: what was compared, the expected time, warnings, a
/// table of services with their versions, tags and causes, the dependency graph, the commands that pull the images, the
/// services that were removed, and the paths that no filter matches.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut summary = Summary::new("rebake plan");
    summary.push(&format!("{}\n\n", prose(&compared(&plan.range))));
    if environment(plan) != plan.environment {
        summary.push(&format!("Environment {}.\n\n", prose(&environment(plan))));
    }
    if let Some(estimate) = &plan.estimate {
        summary.push(&format!("{}\n\n", prose(&expected_time(estimate))));
    }
    for doubt in &plan.degraded {
        let help = doubt.help.as_ref().map(|help| format!(" {}.", prose(help))).unwrap_or_default();
        summary.push(&format!("> **Warning:** {}.{help}\n\n", prose(&doubt.message)));
    }
    if plan.services.is_empty() {
        summary.push("Nothing to rebuild.\n");
    } else {
        summary.push("| service | version | tags | why |\n| --- | --- | --- | --- |\n");
        plan.services.iter().for_each(|service| summary.push(&row(service)));
    }
    if let Some(graph) = mermaid(plan) {
        summary.push(&format!("\n```mermaid\n{graph}```\n"));
    }
    let pulls: Vec<String> = plan.services.iter().filter_map(pull).collect();
    if !pulls.is_empty() {
        summary.push(&format!("\nOnce they are built:\n\n<pre>{}</pre>\n", pulls.join("\n")));
    }
    for (heading, names) in [("Gone since base", &plan.removed), ("Matched by no filter", &plan.unmatched)] {
        if !names.is_empty() {
            summary.push(&format!("\n{heading}: {}\n", Listed::new(names.iter().map(|name| code(name)), NAMES)));
        }
    }
    summary.text("the plan")
}

/// Returns the command that pulls a service's image: the existing one, or the one that the build will push. `None` if
/// there is no existing image, and none will be pushed.
fn pull(service: &PlannedService) -> Option<String> {
    let reference = match &service.exists {
        Some(exists) => &exists.reference,
        None => service.tags.first().filter(|_| service.push && service.image.is_some())?,
    };
    Some(format!("docker pull {}", prose(reference)))
}

fn row(service: &PlannedService) -> String {
    let tags: Vec<String> = match &service.exists {
        Some(exists) => vec![format!("exists already: {}", code(&exists.reference))],
        None => service.tags.iter().map(|tag| code(tag)).collect(),
    };
    let mut causes: Vec<String> = service.causes.iter().take(5).map(|cause| prose(&cause_sentence(cause).0)).collect();
    if service.causes.len() > causes.len() {
        causes.push(format!("and {} more", service.causes.len() - causes.len()));
    }
    let version = service.version.as_deref().map(code).unwrap_or_default();
    format!("| {} | {version} | {} | {} |\n", code(&service.service), tags.join("<br>"), causes.join("<br>"))
}

/// Escapes text from a repository for Markdown and HTML.
#[must_use]
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in Escaped::new(text).to_string().chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' | '!' | '@' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Returns text from a repository as inline code, escaped.
#[must_use]
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", prose(text))
}
