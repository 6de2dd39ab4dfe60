use std::fmt::Write as _;

use serde::Serialize;

use super::{RecordOutcome, Report, ServiceReport};
use crate::model::safe_json;
use crate::naming::image::ImageName;

/// A built service, in the form that deployments read.
#[derive(Debug, Serialize)]
struct BuiltService<'a> {
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    tags: &'a [String],
}

/// Returns a JSON array for a deployment, with one service per line: those that were built, and those whose images
/// existed before.
#[must_use]
pub fn images(report: &Report) -> String {
    let image = |service: &ServiceReport| {
        let ServiceReport { service, version, image, digest, tags, .. } = service;
        let [version, image, digest] = [version, image, digest].map(Option::as_deref);
        safe_json::line(&BuiltService { service, version, image, digest, tags })
    };
    let images: Vec<String> = report.successful().map(image).collect();
    if images.is_empty() { "[]\n".to_owned() } else { format!("[\n  {}\n]\n", images.join(",\n  ")) }
}

/// Returns a line for each pushed image that has a digest, in the format of sha256sum: 64 digits, two blanks, and the
/// image without a tag. The action `actions/attest` reads such a file.
#[must_use]
pub fn checksums(report: &Report) -> String {
    let mut text = String::new();
    for (_, image, digest) in digests(report) {
        let _ = writeln!(text, "{}  {image}", digest.trim_start_matches("sha256:"));
    }
    text
}

/// Returns a job matrix: one line, `{"include":[{"service":…},…]}`. It has an entry for each pushed image that has a
/// digest, unless a run of a later commit has built that image too.
#[must_use]
pub fn deploy_matrix(report: &Report) -> String {
    let entry = |(service, image, digest): (&ServiceReport, ImageName, &str)| {
        serde_json::json!({
            "service": service.service, "image": image.as_str(), "digest": digest, "version": service.version,
            "environment": report.head.environment,
        })
    };
    // An image that a run of a later commit has built too is left out: deploying it would replace the later one.
    let is_latest = |service: &ServiceReport| service.record != Some(RecordOutcome::Superseded);
    let include: Vec<_> = digests(report).filter(|(service, ..)| is_latest(service)).map(entry).collect();
    safe_json::ascii_line(&serde_json::json!({ "include": include })) + "\n"
}

/// Returns the services whose images are in a registry, with image and digest. Services without a valid image and
/// digest in the report are left out.
fn digests(report: &Report) -> impl Iterator<Item = (&ServiceReport, ImageName, &str)> {
    report.successful().filter(|service| service.push).filter_map(|service| {
        let image = ImageName::parse(service.image.as_deref()?).ok()?;
        Some((service, image, service.checked_digest()?))
    })
}
