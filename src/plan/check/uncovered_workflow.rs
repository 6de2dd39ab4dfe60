//! Workflows that build the image of a service, but whose changes do not affect the service.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::image_builds::ImageBuild;
use super::proposed_patterns::addition;
use super::{CheckRule, Finding};
use crate::model::diagnostic::Severity;
use crate::model::name::Escaped;

pub(super) fn check(ground: &Ground<'_>, builds: &[ImageBuild<'_>]) -> Vec<Finding> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for build in builds {
        let Some(path) = build.workflow.as_deref() else { continue };
        let Some(position) = ground.listing().position(path.as_bytes()) else { continue };
        if build.cover.has(position) || !said.insert((build.set, build.service, position)) {
            continue;
        }
        let config = ground.config(build.set);
        let place = &config.services[build.service.0].name;
        let shown = Escaped::new(path);
        let message =
            format!("`{shown}` builds the image of `{}`, and none of its patterns matches that file", place.value);
        let finding = Finding::new(CheckRule::UncoveredWorkflow, Severity::Warning, message).of(&place.value);
        let finding = finding.label(&config.source, place.defined, "does not cover it");
        let fix = addition(ground, build.set, build.service, vec![path.to_owned()]);
        found.push(finding.help(format!("add `{shown}` to `{}`", place.value)).fixed_by(fix));
    }
    found
}
