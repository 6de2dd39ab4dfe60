use std::fmt::Write as _;

use super::{compared, table::sentence};
use crate::name::Escaped;
use crate::plan::{Plan, Service};

/// Returns the plan as the summary of a job, in GitHub's Markdown: what was compared, a table of services with their
/// versions, tags and causes, and what was not covered.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut text = format!("### rebake plan\n\n{}\n\n", prose(&compared(&plan.range)));
    for doubt in &plan.degraded {
        let help = doubt.help.as_ref().map(|help| format!(" {}.", prose(help))).unwrap_or_default();
        let _ = writeln!(text, "> **Warning:** {}.{help}\n", prose(&doubt.message));
    }
    if plan.services.is_empty() {
        let _ = writeln!(text, "Nothing to rebuild.");
    } else {
        let _ = writeln!(text, "| service | version | tags | why |\n| --- | --- | --- | --- |");
        for service in &plan.services {
            let _ = writeln!(text, "{}", row(service));
        }
    }
    for (heading, names) in [("Gone since base", &plan.removed), ("Matched by no filter", &plan.unmatched)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| code(name)).collect();
            let _ = writeln!(text, "\n{heading}: {}", names.join(", "));
        }
    }
    text
}

fn row(service: &Service) -> String {
    let tags: Vec<String> = match &service.exists {
        Some(exists) => vec![format!("exists already: {}", code(&exists.reference))],
        None => service.tags.iter().map(|tag| code(tag)).collect(),
    };
    let mut causes: Vec<String> = service.causes.iter().take(5).map(|cause| prose(&sentence(cause).0)).collect();
    if service.causes.len() > causes.len() {
        causes.push(format!("and {} more", service.causes.len() - causes.len()));
    }
    let version = service.version.as_deref().map(code).unwrap_or_default();
    format!("| {} | {version} | {} | {} |", code(&service.service), tags.join("<br>"), causes.join("<br>"))
}

/// Text from a repository, with nothing left that Markdown or HTML would act on.
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

/// The same as code, in any place of a line.
#[must_use]
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", prose(text))
}
