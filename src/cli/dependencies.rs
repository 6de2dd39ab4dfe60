//! The dependencies of services, in the configuration that is checked out.

use std::collections::BTreeSet;

use crate::config::{self, Config};
use crate::model::name::ServiceId;
use crate::output::exec::Kept;
use crate::output::exec::builder::{Dependency, Supply};
use crate::plan::PlannedService;

/// Returns the dependencies from whose images a service is built. `supply` says where each image comes from.
pub(crate) fn of<'a>(
    config: &'a Config,
    service: &str,
    supply: impl Fn(&str) -> Option<Supply>,
) -> Vec<Dependency<'a>> {
    let Some(service) = config.graph.id(service) else { return Vec::new() };
    let dependency = |id: &ServiceId| {
        let (name, source) = config.services.get_index(id.0)?;
        let image = source.image.name.clone()?;
        let supply = supply(name.as_str())?;
        Some(Dependency { service: name.as_str(), image, tags: source.image.rules.floating(name), supply })
    };
    images(config, service).iter().filter_map(dependency).collect()
}

/// Returns the dependencies from whose images a service is built. In place of a library, or of a service without an
/// image, its own dependencies are returned.
pub(crate) fn images(config: &Config, service: ServiceId) -> Vec<ServiceId> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut reached = config.graph.dependencies(service);
    while let Some(dependency) = reached.pop() {
        if !seen.insert(dependency) {
            continue;
        }
        let has_image = |service: &config::Service| service.image.name.is_some() && !service.is_library();
        if config.services.get_index(dependency.0).is_some_and(|(_, service)| has_image(service)) {
            found.push(dependency);
        } else {
            reached.extend(config.graph.dependencies(dependency));
        }
    }
    found.sort_unstable();
    found
}

/// Returns where the dependents of a service get its image, if this run builds the service.
pub(crate) fn supply(service: &PlannedService, kept: Kept) -> Supply {
    Supply::Run { kept, push: service.push, tag: service.tags.first().cloned() }
}
