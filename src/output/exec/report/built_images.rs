use serde::Serialize;

use super::{Report, ServiceReport};
use crate::model::safe_json;

/// What a deployment needs to know about a built service.
#[derive(Debug, Serialize)]
struct Handed<'a> {
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    tags: &'a [String],
}

/// Returns the services whose results exist as a JSON array, one per line, for a deployment.
#[must_use]
pub fn images(report: &Report) -> String {
    let image = |service: &ServiceReport| {
        let ServiceReport { service, version, image, digest, tags, .. } = service;
        let [version, image, digest] = [version, image, digest].map(Option::as_deref);
        safe_json::line(&Handed { service, version, image, digest, tags })
    };
    let images: Vec<String> = report.successful().map(image).collect();
    if images.is_empty() { "[]\n".to_owned() } else { format!("[\n  {}\n]\n", images.join(",\n  ")) }
}
