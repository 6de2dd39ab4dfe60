use std::collections::BTreeMap;

use crate::config::Config;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, ServiceId};
use crate::plan::Names;
use crate::plan::pipeline::Error;

/// Checks that no two services give an image the same tag, since the image that is pushed last would replace the other.
///
/// # Errors
/// When two services give an image the same tag. Each such pair is reported with where filters.yaml defines the two.
pub(super) fn check(config: &Config, services: &[ServiceId], names: &[Names]) -> Result<(), Error> {
    let mut owners: BTreeMap<&str, ServiceId> = BTreeMap::new();
    let mut problems: Vec<Diagnostic> = Vec::new();
    for (service, names) in services.iter().zip(names).filter(|(_, names)| names.image.is_some()) {
        let clash = names.tags.iter().find_map(|tag| Some((tag, *owners.get(tag.as_str())?)));
        if let Some((tag, other)) = clash {
            problems.push(problem(config, tag, other, *service));
        }
        for tag in &names.tags {
            owners.entry(tag).or_insert(*service);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::SameTag { problems }) }
}

fn problem(config: &Config, tag: &str, first: ServiceId, second: ServiceId) -> Diagnostic {
    let [first, second] = [first, second].map(|service| &config.services[service.0].name);
    let tag = Escaped::new(tag);
    let message = format!("`{}` and `{}` would both push `{tag}`", first.value, second.value);
    Diagnostic::error("same-tag", message)
        .located(&config.source, second, "the one that is pushed last replaces the other")
        .label(&config.source, first.defined, "the other one")
        .help("put `{{name}}` into their `image`, or into each line of `tags`")
}
