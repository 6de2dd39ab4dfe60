//! The places where layers are read from and written to: the entries of `cache_from` and `cache_to`. Keys that keep
//! services apart are added, since services that share one place overwrite each other's layers.

use super::image_build::Image;
use super::{BuilderError, shown};
use crate::model::name::Escaped;

/// Returns an entry in BuildKit's syntax. A missing `scope` (GitHub's cache), `name` (S3, Azure) or `ref` (a registry)
/// is set to one of the service.
pub(super) fn for_docker(entry: &str, image: &Image) -> String {
    let has = |key: &str| fields(entry).any(|(name, _)| name == key);
    let own = match kind(entry) {
        Some("gha") if !has("scope") => format!(",scope={}", image.service.service),
        Some("s3" | "azblob") if !has("name") => format!(",name={}", image.service.service),
        Some("registry") if !has("ref") => format!(",ref={}:buildcache", image.name),
        _ => String::new(),
    };
    format!("{entry}{own}")
}

/// Returns an entry in the syntax of buildah and podman, which is only the name of a repository.
///
/// # Errors
/// When the entry is not about a registry.
pub(super) fn for_buildah(
    entry: &str,
    (builder, key): (&'static str, &'static str),
    image: &Image,
) -> Result<String, BuilderError> {
    let reference = fields(entry).find(|(name, _)| *name == "ref").map(|(_, value)| value.to_owned());
    match kind(entry) {
        None if !entry.contains('=') => Ok(entry.to_owned()),
        Some("registry") => Ok(reference.unwrap_or_else(|| format!("{}/cache", image.name))),
        _ => {
            let value = Escaped::new(entry).to_string();
            Err(BuilderError::Unknown { service: shown(image.service), builder, key, value })
        }
    }
}

fn kind(entry: &str) -> Option<&str> {
    fields(entry).find(|(name, _)| *name == "type").map(|(_, value)| value)
}

fn fields(entry: &str) -> impl Iterator<Item = (&str, &str)> {
    entry.split(',').filter_map(|field| field.trim().split_once('='))
}
