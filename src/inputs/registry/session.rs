//! A session with one registry about one image.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Method;

use super::address::Address;
use super::bearer_token::{self, Offer};
use super::challenge::Challenge;
use super::client::{Answered, Asked, Client, Secret};
use super::credentials::{Credentials, Found, Store};
use super::digest::Digest;
use super::manifest::{self, Manifest};
use super::platform::Platform;
use super::registry_failure::RegistryProblem;
use super::url::Url;
use super::{ImagePresence, Question};

/// How long a credential helper may take. It may have to ask a cloud service for a password.
const HELPER: Duration = Duration::from_secs(10);

/// A session with a registry about one repository.
pub(super) struct Session<'a> {
    client: &'a Client,
    store: &'a Store,
    address: Address,
    /// The `Authorization` header, set after the first answer of 401.
    authorization: Option<Secret>,
}

/// Returns the `Authorization` for a user and a password.
pub(super) fn basic(name: &str, password: &Secret) -> Secret {
    Secret(format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.0))))
}

impl<'a> Session<'a> {
    /// Creates a session.
    pub(super) fn new(client: &'a Client, store: &'a Store, address: Address) -> Self {
        Self { client, store, address, authorization: None }
    }

    /// Asks whether an image exists for every platform.
    pub(super) fn ask(mut self, question: &Question) -> Result<ImagePresence, RegistryProblem> {
        let wanted = question
            .platforms
            .iter()
            .map(|text| Platform::parse(text).ok_or_else(|| RegistryProblem::Platform(text.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        // Registries count a GET as a pull, and a HEAD as nothing.
        let tag = format!("manifests/{}", question.reference.tag);
        let Some(head) = self.about(Method::HEAD, &tag)? else { return Ok(ImagePresence::Missing) };
        if !head.header("content-type").is_some_and(manifest::is_manifest) {
            return Err(RegistryProblem::Nonsense("it is no manifest"));
        }
        let digest = match head.header("docker-content-digest") {
            Some(text) => Some(Digest::parse(text).ok_or(RegistryProblem::Nonsense("its digest is none"))?),
            None => None,
        };
        if let Some(digest) = digest.as_ref().filter(|_| wanted.is_empty()) {
            return Ok(ImagePresence::Exists { digest: digest.to_string() });
        }
        let what = digest.as_ref().map_or(tag, |digest| format!("manifests/{digest}"));
        let Some(body) = self.content(&what, digest.as_ref())? else { return Ok(ImagePresence::Missing) };
        let Some(has) = self.platforms(&body)? else { return Ok(ImagePresence::Missing) };
        Ok(if wanted.iter().all(|platform| has.contains(platform)) {
            ImagePresence::Exists { digest: Digest::of(&body).to_string() }
        } else {
            ImagePresence::Missing
        })
    }

    /// Returns the platforms of a manifest's images; `None` where a part of the manifest is missing.
    fn platforms(&mut self, body: &[u8]) -> Result<Option<Vec<Platform>>, RegistryProblem> {
        match manifest::read(body).ok_or(RegistryProblem::Nonsense("its manifest is none"))? {
            Manifest::Index(platforms) => Ok(Some(platforms)),
            Manifest::Image { config } => {
                let Some(body) = self.content(&format!("blobs/{config}"), Some(&config))? else { return Ok(None) };
                let platform =
                    manifest::platform(&body).ok_or(RegistryProblem::Nonsense("its image tells no platform"))?;
                Ok(Some(vec![platform]))
            }
        }
    }

    /// Returns a manifest or a blob, verified by its digest; `None` where it does not exist.
    fn content(&mut self, what: &str, digest: Option<&Digest>) -> Result<Option<Vec<u8>>, RegistryProblem> {
        let Some(answered) = self.about(Method::GET, what)? else { return Ok(None) };
        if digest.is_some_and(|digest| *digest != Digest::of(&answered.body)) {
            return Err(RegistryProblem::Nonsense("the content is not that of its digest"));
        }
        Ok(Some(answered.body))
    }

    /// Asks about something in the repository, and authenticates if the registry requires it; `None` on a 404.
    fn about(&mut self, method: Method, what: &str) -> Result<Option<Answered>, RegistryProblem> {
        let url = self.address.url(what).ok_or(RegistryProblem::Nonsense("it has no address"))?;
        let accept = manifest::TYPES.join(", ");
        let asked = Asked { method, url: url.clone(), accept: &accept, authorization: None, form: None };
        let mut troubles = Vec::new();
        let mut answered = self.client.ask(Asked { authorization: self.authorization.as_ref(), ..asked.clone() })?;
        if answered.status == 401 && self.authorization.is_none() {
            let found = self.store.find(&self.address, self.client.left(HELPER));
            self.authorization = Some(self.authorize(&answered, &url, &found)?);
            troubles = found.troubles;
            answered = self.client.ask(Asked { authorization: self.authorization.as_ref(), ..asked })?;
        }
        match answered.status {
            200 => Ok(Some(answered)),
            404 => Ok(None),
            status @ (401 | 403) => Err(RegistryProblem::Refused { status, troubles }),
            status => Err(RegistryProblem::Status(status)),
        }
    }

    /// Returns the `Authorization` header that the registry requires.
    fn authorize(&self, answered: &Answered, registry: &Url, found: &Found) -> Result<Secret, RegistryProblem> {
        let challenges: Vec<Challenge> = answered.headers("www-authenticate").flat_map(Challenge::parse).collect();
        if let Some(Credentials::RegistryToken(token)) = &found.credentials {
            return Ok(Secret(format!("Bearer {}", token.0)));
        }
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer { realm, service, scope } => {
                Some(Offer { realm, service: service.as_deref(), scope: scope.as_deref() })
            }
            Challenge::Basic => None,
        });
        if let Some(offer) = bearer {
            let token = bearer_token::get(self.client, &self.address, registry, &offer, found.credentials.as_ref());
            return match token {
                Ok(token) => Ok(Secret(format!("Bearer {}", token.0))),
                Err(RegistryProblem::Refused { .. }) if found.credentials.is_none() => {
                    Err(RegistryProblem::NoCredentials(found.troubles.clone()))
                }
                Err(RegistryProblem::Refused { status, .. }) => {
                    Err(RegistryProblem::Refused { status, troubles: found.troubles.clone() })
                }
                Err(reason) => Err(reason),
            };
        }
        if !challenges.contains(&Challenge::Basic) {
            return Err(RegistryProblem::Challenge);
        }
        match &found.credentials {
            Some(Credentials::Password { name, password }) => Ok(basic(name, password)),
            _ => Err(RegistryProblem::NoCredentials(found.troubles.clone())),
        }
    }
}
