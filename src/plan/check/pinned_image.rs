//! Images that are built from one fixed version of a dependency's image.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::image_builds::ImageBuild;
use super::{CheckRule, Finding};
use crate::config::Shape;
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, ServiceId};

pub(super) fn check(ground: &Ground<'_>, builds: &[ImageBuild<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for build in builds.iter().filter(|build| ground.config(build.set).shape == Shape::Structured) {
        let config = ground.config(build.set);
        for dependency in config.graph.dependencies(build.service) {
            for image in &build.reads.images {
                let Some(reference) =
                    image.reference.as_deref().filter(|reference| pins(ground, build, dependency, reference))
                else {
                    continue;
                };
                if !said.insert((build.set, build.service, dependency, reference)) {
                    continue;
                }
                let (name, base) = (build.name(ground), config.graph.name(dependency));
                let shown = Escaped::new(reference);
                let message = format!(
                    "`{name}` depends on `{base}`, and its image stands on `{shown}`, which stays the same when `{base}` changes"
                );
                let finding = Finding::new(CheckRule::UnlistedImage, Severity::Warning, message).of(name);
                let finding = finding.label(build.file, image.span, "names one image for ever");
                let place = config.services[build.service.0].place("depends_on", base.as_str());
                let finding = finding.label(&config.source, place.defined, "so this builds it for nothing");
                found.push(finding.help(format!(
                    "name the image without its tag, so that it is what `{base}` has become; or take `{base}` out of `depends_on`"
                )));
            }
        }
    }
    found
}

/// Whether a reference always means the same image of a dependency: it has a digest, or the tag of a version or of a
/// commit.
fn pins(ground: &Ground<'_>, build: &ImageBuild<'_>, dependency: ServiceId, reference: &str) -> bool {
    let service = &ground.config(build.set).services[dependency.0];
    let Some(image) = service.image.name.as_ref().filter(|_| !service.is_library()) else { return false };
    let (named, digest) = reference.split_once('@').map_or((reference, None), |(named, digest)| (named, Some(digest)));
    let floating = service.image.rules.floating(&service.name.value);
    image.tag_in(named).is_some_and(|tag| digest.is_some() || !floating.contains(tag))
}
