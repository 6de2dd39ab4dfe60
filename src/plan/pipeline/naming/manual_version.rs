use crate::config::Config;
use crate::model::name::{ServiceId, TagName};
use crate::naming::version::{TagPattern, Version};
use crate::plan::pipeline::Error;
use crate::plan::pipeline::resolved_request::ResolvedRequest;

/// The checked version that was given by hand for the only planned service.
pub(super) struct Manual {
    text: String,
    pub(super) version: Version,
    /// The release tag that the service has for this version; `None` if git does not accept such a tag.
    pub(super) tag: Option<TagName>,
}

impl Manual {
    /// Reads the version that was given by hand. Returns `None` if none was given, or if only libraries are planned.
    ///
    /// # Errors
    /// When several services are planned, or the version is not valid in the service's scheme.
    pub(super) fn of(asked: &ResolvedRequest, config: &Config, services: &[ServiceId]) -> Result<Option<Self>, Error> {
        let Some(text) = &asked.version else { return Ok(None) };
        let results: Vec<_> =
            services.iter().map(|id| &config.services[id.0]).filter(|service| !service.is_library()).collect();
        let service = match results.as_slice() {
            [] => return Ok(None),
            [service] => *service,
            several => return Err(Error::VersionOfMany { services: several.len() }),
        };
        let pattern = service.tag.first();
        let scheme = pattern.map(TagPattern::scheme).unwrap_or_default();
        let Some(version) = scheme.read(text) else {
            return Err(Error::ManualVersion { service: service.name.value.clone(), version: text.clone(), scheme });
        };
        let tag = pattern.and_then(|pattern| pattern.tag(&version).ok());
        Ok(Some(Self { text: text.clone(), version, tag }))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
