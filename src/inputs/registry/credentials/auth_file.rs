use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::Credentials;
use crate::inputs::registry::address::{Address, canonical};
use crate::inputs::registry::client::Secret;
use crate::model::name::Escaped;

/// Docker's `config.json` or Podman's `auth.json`, which have the same form. Other keys than the keys of these fields
/// are ignored.
#[derive(Debug, Default, Deserialize)]
pub(super) struct File {
    #[serde(skip)]
    path: PathBuf,
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// Does not show the entry, since it is secret.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Why a credentials file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// The file is not JSON of the right form.
    #[error(
        "{} is not as Docker writes it (line {}, column {})",
        .path.display(), .error.line(), .error.column()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The error. Only its line and column are shown, since its text may quote a secret.
        error: serde_json::Error,
    },
    /// An entry is malformed.
    #[error("`auth` of `{}` in {} is not `name:password` in base 64", Escaped::new(.key), .path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The key of the entry.
        key: String,
    },
}

impl File {
    /// Reads a file; `None` if it does not exist.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, FileError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(FileError::Unreadable { path: path.to_owned(), error }),
        };
        let file: Self =
            serde_json::from_slice(&text).map_err(|error| FileError::Malformed { path: path.to_owned(), error })?;
        Ok(Some(Self { path: path.to_owned(), ..file }))
    }

    /// Returns the name of the credential helper for a registry: the registry's own helper, or else the default one
    /// (`credsStore`). `None` if there is neither.
    pub(super) fn helper(&self, address: &Address) -> Option<&str> {
        let own = closest(&self.helpers, address).map(|(_, helper)| helper);
        own.or(self.store.as_ref()).map(String::as_str).filter(|helper| !helper.is_empty())
    }

    /// Returns the credentials for a registry in the file itself; `None` if the file has none.
    pub(super) fn credentials(&self, address: &Address) -> Option<Result<Credentials, FileError>> {
        let (key, entry) = closest(&self.auths, address)?;
        let secret = |text: &str| Secret(text.to_owned());
        if !entry.identitytoken.is_empty() {
            return Some(Ok(Credentials::IdentityToken(secret(&entry.identitytoken))));
        }
        if !entry.registrytoken.is_empty() {
            return Some(Ok(Credentials::RegistryToken(secret(&entry.registrytoken))));
        }
        if !entry.auth.is_empty() {
            let credentials = name_and_password(&entry.auth);
            return Some(credentials.ok_or(FileError::Entry { path: self.path.clone(), key: key.to_owned() }));
        }
        let password = || Credentials::Password { name: entry.username.clone(), password: secret(&entry.password) };
        (!entry.username.is_empty()).then(|| Ok(password()))
    }
}

/// Decodes `name:password` from base 64; `None` if it is malformed. Docker ends some passwords with NUL, which is
/// removed.
fn name_and_password(auth: &str) -> Option<Credentials> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(auth).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    let password = Secret(password.trim_matches('\0').to_owned());
    Some(Credentials::Password { name: name.to_owned(), password })
}

/// Returns the entry with the most specific key that fits an address. A key is a registry. In Podman's files it may
/// also have a path, such as `quay.io/acme`.
fn closest<'a, T>(entries: &'a BTreeMap<String, T>, address: &Address) -> Option<(&'a str, &'a T)> {
    let fitting = entries.iter().filter_map(|(key, value)| Some((fit(key, address)?, key.as_str(), value)));
    fitting.max_by_key(|(fit, _, _)| *fit).map(|(_, key, value)| (key, value))
}

/// Returns how specific a key is: the length of its path, which is 0 for a whole registry. `None` if the key does not
/// fit the address. Docker's keys are hosts; its older keys are URLs with an API version, such as
/// `https://index.docker.io/v1/`.
fn fit(key: &str, address: &Address) -> Option<usize> {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key).trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    let within = path.is_empty()
        || address.repository.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    (canonical(host) == address.registry && within).then_some(path.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::image::ImageName;

    fn found(json: &str, image: &str) -> (Option<String>, Option<Credentials>) {
        let file: File = serde_json::from_str(json).unwrap();
        let address = Address::of(&ImageName::parse(image).unwrap());
        (file.helper(&address).map(str::to_owned), file.credentials(&address).and_then(Result::ok))
    }

    fn password(name: &str, password: &str) -> Credentials {
        Credentials::Password { name: name.to_owned(), password: Secret(password.to_owned()) }
    }

    #[test]
    fn credentials_as_docker_keeps_them() {
        // `printf ada:s:cret | base64`
        let file = r#"{"auths": {
            "ghcr.io": {"auth": "YWRhOnM6Y3JldA=="},
            "https://index.docker.io/v1/": {"auth": "YWRhOnM6Y3JldA"},
            "https://old.io:444/v2/": {"username": "u", "password": "p"},
            "token.io": {"auth": "MDAwOg==", "identitytoken": "id"},
            "own.io": {"registrytoken": "own"},
            "empty.io": {},
            "bad.io": {"auth": "%%%"},
            "pod.io/acme": {"auth": "YTpi"},
            "pod.io/acme/api": {"auth": "YTpj"}
        }, "HttpHeaders": {"User-Agent": "x"}}"#;
        let secret = |text: &str| Secret(text.to_owned());
        for (image, expected) in [
            ("ghcr.io/acme/api", Some(password("ada", "s:cret"))),
            ("acme/api", Some(password("ada", "s:cret"))),
            ("api", Some(password("ada", "s:cret"))),
            ("old.io:444/api", Some(password("u", "p"))),
            ("old.io/api", None),
            ("token.io/api", Some(Credentials::IdentityToken(secret("id")))),
            ("own.io/api", Some(Credentials::RegistryToken(secret("own")))),
            ("empty.io/api", None),
            ("bad.io/api", None),
            ("pod.io/acme/web", Some(password("a", "b"))),
            ("pod.io/acme/api", Some(password("a", "c"))),
            ("pod.io/acme-other/api", None),
            ("xghcr.io/api", None),
        ] {
            assert_eq!(found(file, image), (None, expected), "{image}");
        }
    }

    #[test]
    fn a_helper_of_its_own_goes_before_the_store() {
        let file = r#"{"credHelpers": {"1.dkr.ecr.eu-west-1.amazonaws.com": "ecr-login", "quay.io": ""}, "credsStore": "desktop"}"#;
        assert_eq!(found(file, "1.dkr.ecr.eu-west-1.amazonaws.com/api").0.as_deref(), Some("ecr-login"));
        assert_eq!(found(file, "ghcr.io/api").0.as_deref(), Some("desktop"));
        assert_eq!(found("{}", "ghcr.io/api").0, None);
    }

    #[test]
    fn what_cannot_be_read_is_told_without_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        assert!(File::read(&path).unwrap().is_none());
        std::fs::write(&path, r#"{"auths": "s3cret"}"#).unwrap();
        let said = File::read(&path).unwrap_err().to_string();
        assert!(said.ends_with("is not as Docker writes it (line 1, column 18)"), "{said}");
        let file: File = serde_json::from_str(r#"{"auths": {"r.io": {"auth": "czNjcmV0"}}}"#).unwrap();
        let address = Address::of(&ImageName::parse("r.io/api").unwrap());
        let said = file.credentials(&address).unwrap().unwrap_err().to_string();
        assert!(said.contains("`r.io`") && !said.contains("czNjcmV0") && !said.contains("s3cret"), "{said}");
        assert!(!format!("{file:?}").contains("czNjcmV0"));
    }
}
