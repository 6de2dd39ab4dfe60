use std::path::Path;

use crate::output::exec::CommandVariable;
use crate::output::exec::service_build::Build;
use crate::plan::{Plan, PlannedService, Pushes};

/// Returns the variables of a build's commands that are known before the run. Variables without a value are set to an
/// empty text, so that builds inherit none of them from an outer run.
pub(super) fn contract(plan: &Plan, service: &PlannedService, scratch: &Path) -> Vec<(String, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let base = service.base.as_ref().map(|base| base.commit.clone()).or_else(|| plan.range.base.clone());
    let labels: Vec<String> = service.labels.iter().map(|(key, value)| format!("{key}={}", one_line(value))).collect();
    let content = service.content_reference().map(|content| content.to_string());
    let content = content.filter(|_| service.pushes != Pushes::Tags);
    let value = |variable: CommandVariable| match variable {
        CommandVariable::Service => Some(service.service.clone()),
        CommandVariable::Path => Some(service.path.clone().unwrap_or_else(|| ".".to_owned())),
        CommandVariable::Version => Some(text(&service.version)),
        CommandVariable::Image => Some(text(&service.image)),
        CommandVariable::Tags => Some(service.built_tags().join("\n")),
        CommandVariable::Labels => Some(labels.join("\n")),
        CommandVariable::Platforms => Some(service.platforms.join(",")),
        CommandVariable::Environment => Some(plan.environment.clone()),
        CommandVariable::Push => Some(service.push.to_string()),
        CommandVariable::Commit => Some(text(&plan.range.head)),
        CommandVariable::Base => Some(base.clone().unwrap_or_default()),
        CommandVariable::Fingerprint => Some(text(&service.fingerprint)),
        CommandVariable::ContentTag => Some(content.clone().unwrap_or_default()),
        CommandVariable::Output => Some(scratch.join(Build::OUTPUT).to_string_lossy().into_owned()),
        // The recipe may set the time. The others are known when the build starts.
        CommandVariable::SourceDateEpoch
        | CommandVariable::Needs
        | CommandVariable::BuildId
        | CommandVariable::Makeflags
        | CommandVariable::Mflags
        | CommandVariable::CargoMakeflags => None,
    };
    let set = |variable: &CommandVariable| Some((variable.name().to_owned(), value(*variable)?));
    CommandVariable::ALL.iter().filter_map(set).collect()
}

/// Returns a label in one line, with a blank for each line break in its value.
fn one_line(value: &str) -> String {
    value.replace(['\n', '\r'], " ")
}
