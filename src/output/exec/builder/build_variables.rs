use std::path::Path;

use crate::output::exec::service_build::Build;
use crate::plan::{Plan, PlannedService, Pushes};

/// Returns the documented variables of a build's commands, `REBAKE_…`. Variables without a value are set to an empty
/// text, so that builds inherit none of them from an outer run.
pub(super) fn contract(plan: &Plan, service: &PlannedService, scratch: &Path) -> Vec<(String, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let base = service.base.as_ref().map(|base| base.commit.clone()).or_else(|| plan.range.base.clone());
    let labels: Vec<String> = service.labels.iter().map(|(key, value)| format!("{key}={}", one_line(value))).collect();
    let content = service.content_reference().map(|content| content.to_string());
    let content = content.filter(|_| service.pushes != Pushes::Tags);
    let variables = [
        ("SERVICE", service.service.clone()),
        ("PATH", service.path.clone().unwrap_or_else(|| ".".to_owned())),
        ("VERSION", text(&service.version)),
        ("IMAGE", text(&service.image)),
        ("TAGS", service.built_tags().join("\n")),
        ("CONTENT_TAG", content.unwrap_or_default()),
        ("LABELS", labels.join("\n")),
        ("PLATFORMS", service.platforms.join(",")),
        ("ENVIRONMENT", plan.environment.clone()),
        ("PUSH", service.push.to_string()),
        ("COMMIT", text(&plan.range.head)),
        ("BASE", base.unwrap_or_default()),
        ("FINGERPRINT", text(&service.fingerprint)),
        ("OUTPUT", scratch.join(Build::OUTPUT).to_string_lossy().into_owned()),
    ];
    variables.into_iter().map(|(name, value)| (format!("REBAKE_{name}"), value)).collect()
}

/// Returns a label in one line, with a blank for each line break in its value.
fn one_line(value: &str) -> String {
    value.replace(['\n', '\r'], " ")
}
