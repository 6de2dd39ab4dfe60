//! The inputs of the services' images, according to their Dockerfiles.

use std::collections::BTreeMap;

use super::ImageInputs;
use super::ground::Ground;
use super::image_builds::ImageBuild;
use crate::inputs::source::docker::ListedContexts;
use crate::model::name::{Escaped, ServiceName};
use crate::plan::observed::ObservedInput;

pub(super) fn all(ground: &Ground<'_>, builds: &[ImageBuild<'_>]) -> BTreeMap<ServiceName, ImageInputs> {
    let mut contexts = ListedContexts::default();
    let mut found: BTreeMap<ServiceName, (BTreeMap<usize, String>, Vec<String>)> = BTreeMap::new();
    for build in builds {
        let (files, unseen) = found.entry(build.name(ground).clone()).or_default();
        let paths = [Some(build.file.name()), build.ignore_path.as_deref()];
        for path in paths.into_iter().flatten() {
            if let Some(position) = ground.listing().position(path.as_bytes()) {
                files.entry(position).or_insert_with(|| "the builder".to_owned());
            }
        }
        let Some(ignore) = &build.ignore else {
            unseen.push(format!(
                "what {} leaves of the context",
                Escaped::new(build.ignore_path.as_deref().unwrap_or_default())
            ));
            continue;
        };
        let context = contexts.of(ground.listing(), &build.context);
        for source in &build.reads.sources {
            let place = build.file.at(source.span);
            if context.leads_on(&source.path) {
                unseen.push(format!("what is behind a link: {place}"));
            }
            for position in context.sent(source, build.ignore_path.as_deref(), ignore) {
                files.entry(position).or_insert_with(|| place.clone());
            }
        }
        let unresolved = build.reads.unresolved.iter();
        unseen.extend(unresolved.map(|unresolved| format!("{}: {}", build.file.at(unresolved.span), unresolved.why)));
    }
    let inputs = |(files, unseen): (BTreeMap<usize, String>, Vec<String>)| ImageInputs {
        inputs: files.into_iter().map(|(position, by)| ObservedInput { path: ground.path(position), by }).collect(),
        unseen,
    };
    found.into_iter().map(|(service, found)| (service, inputs(found))).collect()
}
