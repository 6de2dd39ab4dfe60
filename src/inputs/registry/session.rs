//! A session with one registry about one repository.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Method;

use super::address::{Access, Address};
use super::bearer_token::{self, Offer};
use super::challenge::Challenge;
use super::client::{Client, Content, HttpRequest, HttpResponse, ManifestBytes, NoAnswer, Secret};
use super::credentials::{Credentials, Found, Store};
use super::digest::Digest;
use super::manifest::{self, Manifest};
use super::platform::Platform;
use super::registry_failure::RegistryProblem;
use super::url::Url;
use super::{ImagePresence, Question};

/// How long a credential helper may take. It may have to ask a cloud service for a password.
const HELPER: Duration = Duration::from_secs(10);

/// The largest number of attempts at a request, if another attempt may succeed.
const ATTEMPTS: u32 = 4;

/// The pause before the first repetition of a request. Each further pause is twice as long.
const REST: Duration = Duration::from_millis(250);

/// A session with a registry about one repository.
pub(super) struct Session<'a> {
    pub(super) client: &'a Client,
    store: &'a Store,
    address: Address,
    /// The access that the session needs. With [`Access::Write`], failed requests are repeated. With [`Access::Read`],
    /// they are not, since the caller can do without an answer.
    access: Access,
    /// The value of the `Authorization` header, set after the first answer of 401.
    authorization: Option<Secret>,
}

/// Returns the value of the `Authorization` header for a user and a password.
pub(super) fn basic(name: &str, password: &Secret) -> Secret {
    Secret(format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.0))))
}

impl<'a> Session<'a> {
    /// Creates a session.
    pub(super) fn new(client: &'a Client, store: &'a Store, address: Address, access: Access) -> Self {
        Self { client, store, address, access, authorization: None }
    }

    /// Asks whether an image exists for all platforms of the question.
    pub(super) fn ask(mut self, question: &Question) -> Result<ImagePresence, RegistryProblem> {
        let wanted = question
            .platforms
            .iter()
            .map(|text| Platform::parse(text).ok_or_else(|| RegistryProblem::Platform(text.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        // Registries count a GET as a pull, but not a HEAD.
        let tag = format!("manifests/{}", question.reference.tag);
        let Some(head) = self.about(&Method::HEAD, &tag)? else { return Ok(ImagePresence::Missing) };
        if !head.header("content-type").is_some_and(manifest::is_manifest) {
            return Err(RegistryProblem::Nonsense("it is not a manifest"));
        }
        let digest = match head.header("docker-content-digest") {
            Some(text) => Some(Digest::parse(text).ok_or(RegistryProblem::Nonsense("its digest is not valid"))?),
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

    /// Returns the platforms of a manifest; `None` if the registry does not have the configuration of its image.
    fn platforms(&mut self, body: &[u8]) -> Result<Option<Vec<Platform>>, RegistryProblem> {
        match manifest::read(body).ok_or(RegistryProblem::Nonsense("its manifest is not valid"))? {
            Manifest::Index(platforms) => Ok(Some(platforms)),
            Manifest::Image { config } => {
                let Some(body) = self.content(&format!("blobs/{config}"), Some(&config))? else { return Ok(None) };
                let platform =
                    manifest::platform(&body).ok_or(RegistryProblem::Nonsense("its image tells no platform"))?;
                Ok(Some(vec![platform]))
            }
        }
    }

    /// Returns a manifest or a blob; `None` if it does not exist. `what` is its path in the repository, such as
    /// `manifests/1.0`. If there is a `digest`, the content must match it.
    pub(super) fn content(&mut self, what: &str, digest: Option<&Digest>) -> Result<Option<Vec<u8>>, RegistryProblem> {
        let Some(answered) = self.about(&Method::GET, what)? else { return Ok(None) };
        if digest.is_some_and(|digest| *digest != Digest::of(&answered.body)) {
            return Err(RegistryProblem::Nonsense("the content does not match its digest"));
        }
        Ok(Some(answered.body))
    }

    /// Requests a path in the repository, such as `manifests/1.0`; `None` if the registry answers 404. With
    /// [`Access::Write`], a request that may succeed the next time is repeated.
    pub(super) fn about(&mut self, method: &Method, what: &str) -> Result<Option<HttpResponse>, RegistryProblem> {
        let mut attempt = 1;
        loop {
            let outcome = self.once(method.clone(), what, Content::Nothing);
            if self.access == Access::Read || !self.rests_after(attempt, &outcome) {
                return judged(outcome?);
            }
            attempt += 1;
        }
    }

    /// Sends one request that puts a manifest under a tag. `attempt` is the number of this attempt, from 1.
    ///
    /// Returns `true` if the registry accepted the tag. If it is not known whether the tag was put, and another attempt
    /// may succeed, this waits and returns `false`. The caller should then read the tag before it tries again.
    pub(super) fn put(&mut self, tag: &str, manifest: &ManifestBytes, attempt: u32) -> Result<bool, RegistryProblem> {
        let what = format!("manifests/{tag}");
        let outcome = self.once(Method::PUT, &what, Content::Manifest(manifest));
        if self.rests_after(attempt, &outcome) {
            return Ok(false);
        }
        let outcome = outcome?;
        match outcome.answered.status {
            200..=299 => Ok(true),
            404 => Err(RegistryProblem::Status(404)),
            _ => judged(outcome).map(|_| true),
        }
    }

    /// Sends a request once. If the registry answers 401, gets an `Authorization` header and sends the request again.
    /// With [`Access::Read`], this happens only once in a session. With [`Access::Write`], it happens after each 401,
    /// since a token may have expired or have too small a scope.
    fn once(&mut self, method: Method, what: &str, content: Content) -> Result<Outcome, RegistryProblem> {
        let url = self.address.url(what).ok_or(RegistryProblem::Nonsense("it has no address"))?;
        let accept = manifest::TYPES.join(", ");
        let asked = HttpRequest { method, url: url.clone(), accept: &accept, authorization: None, content };
        let mut troubles = Vec::new();
        let mut answered =
            self.client.ask(HttpRequest { authorization: self.authorization.as_ref(), ..asked.clone() })?;
        if answered.status == 401 && (self.authorization.is_none() || self.access == Access::Write) {
            let found = self.store.find(&self.address, self.client.left(HELPER));
            self.authorization = Some(self.authorize(&answered, &url, &found)?);
            troubles = found.troubles;
            answered = self.client.ask(HttpRequest { authorization: self.authorization.as_ref(), ..asked })?;
        }
        Ok(Outcome { answered, troubles })
    }

    /// Waits before the next attempt, if the next attempt may succeed, and attempts and time remain. Returns whether it
    /// waited.
    fn rests_after(&self, attempt: u32, outcome: &Result<Outcome, RegistryProblem>) -> bool {
        let wanted = match outcome {
            Ok(Outcome { answered, .. }) => match answered.status {
                429 | 503 => answered.header("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
                500..=599 => None,
                _ => return false,
            },
            Err(RegistryProblem::NoAnswer(no_answer) | RegistryProblem::NoToken { answer: no_answer, .. }) => {
                if !matches!(no_answer, NoAnswer::TimedOut | NoAnswer::Unreachable(_)) {
                    return false;
                }
                None
            }
            // This is a status of the token server.
            Err(RegistryProblem::Status(429 | 500..=599)) => None,
            Err(_) => return false,
        };
        let rest = wanted.map_or(REST * 2_u32.pow(attempt - 1), Duration::from_secs);
        attempt < ATTEMPTS && self.client.rest(rest)
    }

    /// Returns the value of the `Authorization` header that the registry requires in its answer of 401.
    fn authorize(&self, answered: &HttpResponse, registry: &Url, found: &Found) -> Result<Secret, RegistryProblem> {
        let challenges: Vec<Challenge> = answered.headers("www-authenticate").flat_map(Challenge::parse).collect();
        if let Some(Credentials::RegistryToken(token)) = &found.credentials {
            return Ok(Secret(format!("Bearer {}", token.0)));
        }
        let own = self.address.scope(self.access);
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer { realm, service, scope } => {
                // A session that writes begins with a request that reads, and the registry's challenge names the scope
                // for that only.
                let scope = scope.clone().filter(|_| self.access == Access::Read).unwrap_or_else(|| own.clone());
                Some(Offer { realm, service: service.as_deref(), scope })
            }
            Challenge::Basic => None,
        });
        if let Some(offer) = bearer {
            let token = bearer_token::get(self.client, registry, &offer, found.credentials.as_ref());
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

/// The answer to a request, and problems with credentials.
struct Outcome {
    answered: HttpResponse,
    /// Problems with credential files or helpers. They may be the reason why there are no better credentials.
    troubles: Vec<String>,
}

/// Returns the answer if its status is 200; `None` if its status is 404. Any other status is an error.
fn judged(Outcome { answered, troubles }: Outcome) -> Result<Option<HttpResponse>, RegistryProblem> {
    match answered.status {
        200 => Ok(Some(answered)),
        404 => Ok(None),
        status @ (401 | 403) => Err(RegistryProblem::Refused { status, troubles }),
        status => Err(RegistryProblem::Status(status)),
    }
}
