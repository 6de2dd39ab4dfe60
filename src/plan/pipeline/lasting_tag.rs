use super::WorkspaceView;
use super::naming::event;
use crate::model::name::ServiceId;
use crate::naming::image::{ImageTag, TagOccasion};

/// Returns the tags, such as `main`, that the images of a service get at all commits, in this environment and for the
/// event.
#[must_use]
pub fn lasting_tags(workspace: &WorkspaceView, environment: &str, service: ServiceId) -> Vec<ImageTag> {
    let Some(settings) = workspace.config.environments.get(environment) else { return Vec::new() };
    let service = &workspace.config.services[service.0];
    let occasion = TagOccasion {
        purpose: settings.purpose(),
        event: event(workspace.trigger),
        default_branch: workspace.trigger.default_branch.as_deref(),
    };
    service.image.rules.lasting(&service.name.value, occasion)
}
