use super::client::NoAnswer;
use crate::model::name::Escaped;

/// A problem with a registry: why a question about an image has no answer, or why a tag was not added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryFailure {
    /// The registry's usual name, such as `docker.io`.
    pub registry: String,
    /// What is wrong.
    pub reason: RegistryProblem,
}

/// What is wrong with a registry. `Display` writes a clause in which "it" is the registry, such as "it answered with
/// HTTP 500".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryProblem {
    /// The registry gives no usable answer, for example since it cannot be reached.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The registry's token server gives no usable answer, for example since it cannot be reached.
    #[error("its token server {} gives no token: {answer}", Escaped::new(.server))]
    NoToken {
        /// The server.
        server: String,
        /// The error of the token server.
        answer: NoAnswer,
    },
    /// The registry requires credentials, and there are none for it.
    #[error("it requires credentials, and there are none for it{}", because(.0))]
    NoCredentials(Vec<String>),
    /// The registry rejected the credentials, or the anonymous request.
    #[error("it denies access (HTTP {status}){}", because(.troubles))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Problems with credential files or helpers. They may be the reason why there are no better credentials.
        troubles: Vec<String>,
    },
    /// The registry requires a kind of authentication that rebake does not support, or names a token server to which
    /// rebake may not send requests.
    #[error("it asks for credentials in a way that rebake does not understand")]
    Challenge,
    /// The registry answered with any other unexpected HTTP status.
    #[error("it answered with HTTP {0}")]
    Status(u16),
    /// The registry's answer is malformed.
    #[error("it does not answer like a registry: {0}")]
    Nonsense(&'static str),
    /// The service has a platform with an invalid name.
    #[error("`{}` is not a platform", Escaped::new(.0))]
    Platform(String),
}

fn because(troubles: &[String]) -> String {
    if troubles.is_empty() { String::new() } else { format!("; {}", Escaped::new(&troubles.join("; "))) }
}

impl RegistryProblem {
    /// Whether rebake sends no more requests to the registry after this problem, since they would probably fail too.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::NoAnswer(answer) | Self::NoToken { answer, .. } => match answer {
                NoAnswer::TimedOut | NoAnswer::Over(_) | NoAnswer::Unreachable(_) | NoAnswer::NoTls(_) => true,
                NoAnswer::TooLarge | NoAnswer::TooManyRedirects | NoAnswer::Astray => false,
            },
            Self::Status(status) => *status == 429,
            Self::NoCredentials(_) | Self::Refused { .. } | Self::Challenge | Self::Nonsense(_) | Self::Platform(_) => {
                false
            }
        }
    }

    /// Returns advice for the user. `registry` is the name of the registry.
    #[must_use]
    pub fn help(&self, registry: &str) -> String {
        match self {
            Self::NoAnswer(NoAnswer::NoTls(no_tls)) | Self::NoToken { answer: NoAnswer::NoTls(no_tls), .. } => {
                no_tls.help().to_owned()
            }
            Self::NoAnswer(NoAnswer::Over(_)) => "give more time with `--registry-timeout SECONDS`".to_owned(),
            Self::NoCredentials(_) | Self::Refused { .. } => {
                format!("log in: `docker login {}`; the account must be allowed to read", Escaped::new(registry))
            }
            Self::Platform(_) => "platforms are written as Docker does: `linux/arm64`".to_owned(),
            Self::NoAnswer(_) | Self::NoToken { .. } | Self::Challenge | Self::Status(_) | Self::Nonsense(_) => {
                format!("see whether `docker buildx imagetools inspect {}/IMAGE` works here", Escaped::new(registry))
            }
        }
    }
}
