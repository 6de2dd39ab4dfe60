use std::collections::BTreeMap;

use serde::Deserialize;

use super::digest::Digest;
use super::platform::Platform;

/// The four media types that an image's manifest may have, for the `Accept` header. If the header lacks one of them, a
/// registry may convert the manifest, which changes its digest, or answer 404.
pub(super) const TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// A manifest, reduced to what it says about platforms.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Manifest {
    /// An index, with an image for each of these platforms.
    Index(Vec<Platform>),
    /// A single image. Its configuration names the platform.
    Image {
        /// The configuration's digest.
        config: Digest,
    },
}

/// A platform in the JSON of a manifest or of an image's configuration.
#[derive(Deserialize)]
struct Written {
    os: String,
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl Written {
    fn platform(&self) -> Platform {
        Platform::new(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// Whether the value of a `Content-Type` header is the media type of a manifest.
pub(super) fn is_manifest(content_type: &str) -> bool {
    TYPES.contains(&content_type.split(';').next().unwrap_or_default().trim())
}

/// Returns the media type that a manifest declares; `None` if it declares none, or one that is not in [`TYPES`].
pub(super) fn media_type(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed {
        media_type: Option<String>,
    }
    let Typed { media_type } = serde_json::from_slice(text).ok()?;
    media_type.filter(|media_type| TYPES.contains(&media_type.as_str()))
}

/// Reads a manifest; `None` if the text is not a manifest. The platforms of an index may contain `unknown/unknown`, the
/// platform of attestations. This does no harm, since no service requires that platform.
pub(super) fn read(text: &[u8]) -> Option<Manifest> {
    #[derive(Deserialize)]
    struct Raw {
        manifests: Option<Vec<Entry>>,
        config: Option<Config>,
    }
    #[derive(Deserialize)]
    struct Entry {
        platform: Option<Written>,
    }
    #[derive(Deserialize)]
    struct Config {
        digest: String,
    }
    let raw: Raw = serde_json::from_slice(text).ok()?;
    match (raw.manifests, raw.config) {
        (Some(entries), None) => Some(Manifest::Index(
            entries.iter().filter_map(|entry| Some(entry.platform.as_ref()?.platform())).collect(),
        )),
        (None, Some(config)) => Some(Manifest::Image { config: Digest::parse(&config.digest)? }),
        _ => None,
    }
}

/// Returns the digests of the images in an index, without attestations; `None` if the text is not an index, or if a
/// digest is not valid.
pub(super) fn images(text: &[u8]) -> Option<Vec<Digest>> {
    #[derive(Deserialize)]
    struct Index {
        manifests: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        digest: String,
        platform: Option<Written>,
    }
    let Index { manifests } = serde_json::from_slice(text).ok()?;
    let is_attestation = |entry: &&Entry| entry.platform.as_ref().is_some_and(|platform| platform.os == "unknown");
    manifests.iter().filter(|entry| !is_attestation(entry)).map(|entry| Digest::parse(&entry.digest)).collect()
}

/// Returns the labels in an image's configuration; `None` if the text is not a configuration.
pub(super) fn labels(config: &[u8]) -> Option<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Configuration {
        #[serde(default)]
        config: Option<Settings>,
    }
    #[derive(Deserialize)]
    struct Settings {
        #[serde(default, rename = "Labels")]
        labels: Option<BTreeMap<String, String>>,
    }
    let Configuration { config } = serde_json::from_slice(config).ok()?;
    Some(config.and_then(|settings| settings.labels).unwrap_or_default())
}

/// Returns the platform in an image's configuration; `None` if the text is not a configuration with a platform.
pub(super) fn platform(config: &[u8]) -> Option<Platform> {
    let written: Written = serde_json::from_slice(config).ok()?;
    (!written.os.is_empty() && !written.architecture.is_empty()).then(|| written.platform())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_lists_platforms_and_an_image_names_its_configuration() {
        let index = br#"{"schemaVersion": 2, "manifests": [
            {"digest": "sha256:x", "platform": {"os": "linux", "architecture": "amd64"}},
            {"digest": "sha256:y", "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
            {"digest": "sha256:z", "platform": {"os": "unknown", "architecture": "unknown"}},
            {"digest": "sha256:w"}
        ]}"#;
        let platforms = ["linux/amd64", "linux/arm64", "unknown/unknown"].map(|text| Platform::parse(text).unwrap());
        assert_eq!(read(index), Some(Manifest::Index(platforms.to_vec())));
        let config = Digest::of(b"{}");
        let image = format!(r#"{{"schemaVersion": 2, "config": {{"digest": "{config}"}}, "layers": []}}"#);
        assert_eq!(read(image.as_bytes()), Some(Manifest::Image { config }));
        for nonsense in ["", "<html>", "{}", "[]", r#"{"config": {"digest": "latest"}}"#, r#"{"manifests": 1}"#] {
            assert_eq!(read(nonsense.as_bytes()), None, "{nonsense}");
        }
        let of_config = |text: &str| platform(text.as_bytes()).map(|platform| platform.to_string());
        assert_eq!(of_config(r#"{"os":"linux","architecture":"arm","variant":"v6"}"#).unwrap(), "linux/arm/v6");
        assert_eq!(of_config(r#"{"os":"","architecture":""}"#), None);
        assert_eq!(of_config("{}"), None);
    }

    #[test]
    fn a_type_may_have_parameters() {
        assert!(is_manifest("application/vnd.oci.image.index.v1+json; charset=utf-8"));
        assert!(!is_manifest("text/html"));
        assert!(!is_manifest(""));
    }
}
