//! Dockerfiles and their ignore files that are not covered by the filters of the services that they build.

use std::collections::BTreeSet;

use super::ground::{Certainty, Ground};
use super::image_builds::ImageBuild;
use super::proposed_patterns::{addition, of_files};
use super::{CheckRule, Finding};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, RepoDir};

pub(super) fn check(ground: &Ground<'_>, builds: &[ImageBuild<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for build in builds {
        let severity = if build.certainty == Certainty::Sure { Severity::Error } else { Severity::Warning };
        let dockerfile = (build.file.name(), ground.severity(build.set, build.service, severity));
        let ignore = build.ignore_path.as_deref().map(|path| (path, Severity::Warning));
        for (path, severity) in std::iter::once(dockerfile).chain(ignore) {
            let Some(position) = ground.listing().position(path.as_bytes()) else { continue };
            if build.cover.has(position) || !said.insert((build.set, build.service, position)) {
                continue;
            }
            let name = build.name(ground);
            let patterns = of_files(ground, &RepoDir::root(), path, &[position]);
            let path = Escaped::new(path);
            let message =
                format!("`{path}` says how the image of `{name}` is built, and no pattern of `{name}` matches it");
            let config = ground.config(build.set);
            let finding = Finding::new(CheckRule::UncoveredDockerfile, severity, message).of(name);
            let finding =
                finding.label(&config.source, config.services[build.service.0].name.defined, "does not cover it");
            let fix = addition(ground, build.set, build.service, patterns);
            found.push(finding.help(format!("add `{path}` to `{name}`")).fixed_by(fix));
        }
    }
    found
}
