//! Sends HTTP requests, with limits on the time, the size of answers, the number of redirects, and the servers that may
//! get a secret.

use std::fmt;
use std::io;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{self, HeaderMap, Method, Request};
use ureq::{Agent, AsSendBody, Body};

use super::tls::{self, NoTls};
use super::url::Url;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to connect to a server.
const CONNECT: Duration = Duration::from_secs(5);

/// How many redirects are followed. A registry usually redirects once to its storage, or twice if the storage is
/// regional.
const REDIRECTS: usize = 5;

/// The size of the largest answer that is read, in bytes. The distribution specification requires registries to accept
/// manifests up to this size.
const LARGEST: u64 = 4 << 20;

/// The longest pause before a request is repeated.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// A client whose requests share one time limit.
pub(super) struct Client {
    /// The agent for plain HTTP, which is only used for servers on this machine.
    plain: Agent,
    secure: OnceLock<Result<Agent, NoTls>>,
    limit: Duration,
    deadline: Instant,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct HttpRequest<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) accept: &'a str,
    pub(super) authorization: Option<&'a Secret>,
    pub(super) content: Content<'a>,
}

/// The body of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// The request has no body.
    Nothing,
    /// The fields of a form.
    Form(&'a Secret),
    /// A manifest.
    Manifest(&'a ManifestBytes),
}

/// The bytes of a manifest in a registry, and its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ManifestBytes {
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

/// A secret text. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// An answer of a server.
#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The server took too long to answer the request.
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    TimedOut,
    /// All requests together took too long.
    #[error("it did not answer within the {} s for all registries", .0.as_secs())]
    Over(Duration),
    /// The server cannot be reached, or does not speak HTTP.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// This machine cannot use HTTPS.
    #[error(transparent)]
    NoTls(#[from] NoTls),
    /// The answer is too long.
    #[error("its answer is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// There are too many redirects.
    #[error("it redirects more than {REDIRECTS} times")]
    TooManyRedirects,
    /// A redirect names an address that rebake does not request: one that is neither HTTPS nor on this machine, or one
    /// on this machine while the redirecting server is elsewhere.
    #[error("it redirects to an address that is neither HTTPS nor on this machine")]
    Astray,
}

impl HttpResponse {
    /// Returns the value of a header; `None` if it is absent or not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the values of all headers with a name. Values that are not text are left out.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }
}

impl Client {
    /// Creates a client whose requests may take up to `limit` in total.
    pub(super) fn new(limit: Duration) -> Self {
        let plain = Agent::new_with_config(config().proxy(None).build());
        Self { plain, secure: OnceLock::new(), limit, deadline: Instant::now() + limit }
    }

    /// Returns the time that remains for requests, or `most` if more remains.
    pub(super) fn left(&self, most: Duration) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()).min(most)
    }

    /// Waits for `wanted` if that is less than the remaining time and less than [`LONGEST_REST`]. Returns whether it
    /// waited.
    pub(super) fn rest(&self, wanted: Duration) -> bool {
        let is_time = self.left(LONGEST_REST) > wanted;
        if is_time {
            thread::sleep(wanted);
        }
        is_time
    }

    /// Sends a request, and follows redirects. A redirect to another origin does not get the `Authorization` header.
    pub(super) fn ask(&self, asked: HttpRequest<'_>) -> Result<HttpResponse, NoAnswer> {
        let mut asked = asked;
        for _ in 0..=REDIRECTS {
            let answered = self.ask_once(&asked)?;
            let leads_on = match asked.method {
                Method::POST => false,
                // The other redirects would turn a PUT into a GET.
                Method::PUT => matches!(answered.status, 307 | 308),
                _ => matches!(answered.status, 301 | 302 | 303 | 307 | 308),
            };
            let Some(location) = answered.header("location").filter(|_| leads_on) else { return Ok(answered) };
            let next = asked.url.join(location).ok_or(NoAnswer::Astray)?;
            if next.is_loopback() && !asked.url.is_loopback() {
                return Err(NoAnswer::Astray);
            }
            if !next.has_origin_of(&asked.url) {
                asked.authorization = None;
            }
            asked.url = next;
        }
        Err(NoAnswer::TooManyRedirects)
    }

    fn ask_once(&self, asked: &HttpRequest<'_>) -> Result<HttpResponse, NoAnswer> {
        let left = self.left(PATIENCE);
        if left.is_zero() {
            return Err(NoAnswer::Over(self.limit));
        }
        let mut request = Request::builder().method(&asked.method).uri(asked.url.uri()).header("accept", asked.accept);
        if let Some(Secret(value)) = asked.authorization {
            request = request.header("authorization", value);
        }
        let answer = match asked.content {
            Content::Nothing => self.send(request.body(()), &asked.url, left),
            Content::Form(Secret(form)) => {
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                self.send(request.body(form.as_str()), &asked.url, left)
            }
            Content::Manifest(ManifestBytes { media_type, bytes }) => {
                let request = request.header("content-type", media_type);
                self.send(request.body(bytes.as_slice()), &asked.url, left)
            }
        };
        let no_answer = |error| match no_answer(error) {
            NoAnswer::TimedOut if left < PATIENCE => NoAnswer::Over(self.limit),
            other => other,
        };
        let (parts, body) = answer?.map_err(no_answer)?.into_parts();
        let body = body.into_with_config().limit(LARGEST).read_to_vec().map_err(no_answer)?;
        Ok(HttpResponse { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn send<B: AsSendBody>(
        &self,
        request: http::Result<Request<B>>,
        url: &Url,
        limit: Duration,
    ) -> Result<Result<http::Response<Body>, ureq::Error>, NoAnswer> {
        let agent = if url.is_plain() {
            &self.plain
        } else {
            self.secure.get_or_init(secure).as_ref().map_err(|no_tls| *no_tls)?
        };
        let run = |request| {
            let request = agent.configure_request(request).timeout_global(Some(limit)).build();
            agent.run(request)
        };
        Ok(request.map_err(ureq::Error::from).and_then(run))
    }
}

type Config = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

fn config() -> Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .user_agent(concat!("rebake/", env!("CARGO_PKG_VERSION")))
}

/// Returns the agent for HTTPS. It may use a proxy, which the library takes from `HTTPS_PROXY` and `NO_PROXY`.
fn secure() -> Result<Agent, NoTls> {
    Ok(Agent::new_with_config(config().https_only(true).tls_config(tls::config()?).build()))
}

fn no_answer(error: ureq::Error) -> NoAnswer {
    match error {
        ureq::Error::Timeout(_) => NoAnswer::TimedOut,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => NoAnswer::TimedOut,
        ureq::Error::Io(error) => NoAnswer::Unreachable(error.to_string()),
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => NoAnswer::TooLarge,
        error => NoAnswer::Unreachable(error.to_string()),
    }
}
