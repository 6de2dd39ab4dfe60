//! The caches from which builders read layers and to which they write layers: the entries of `cache_from` and
//! `cache_to`. rebake adds a key that names the service or its image to an entry without one, since services with the
//! same cache would overwrite each other's layers.

use super::image_build::Image;
use super::{BuilderError, shown};
use crate::model::name::Escaped;

/// Returns an entry in BuildKit's syntax. If the entry lacks `scope` (GitHub's cache), `name` (S3, Azure) or `ref` (a
/// registry), it gets this key, with the name of the service or of its image.
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
/// When the entry is neither the name of a repository nor of the type `registry`.
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
