use std::num::NonZeroUsize;
use std::str::FromStr;

/// Which services share a job (`--pack`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pack {
    /// Two services share a job if one is built from the image of the other, and this image is not pushed: both must be
    /// built on the same machine. Every other service has a job of its own.
    #[default]
    Image,
    /// No services: each service has a job of its own.
    Service,
    /// Services of the same level of the build order share a job. A service whose image is not pushed has the level of
    /// its dependents, so it shares their job.
    Level,
    /// Services that are connected by dependencies share a job. So no job waits for another one.
    Component,
    /// As for [`Pack::Component`], but there are at most this many jobs, so several components may share a job.
    Jobs(NonZeroUsize),
}

/// The error of an unknown value of `--pack`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("services are packed by `image`, `service`, `level`, `component`, or into a number of jobs, 1 or more")]
pub struct UnknownPack;

impl FromStr for Pack {
    type Err = UnknownPack;

    fn from_str(text: &str) -> Result<Self, UnknownPack> {
        Ok(match text {
            "image" => Self::Image,
            "service" => Self::Service,
            "level" => Self::Level,
            "component" => Self::Component,
            number => Self::Jobs(number.parse().map_err(|_| UnknownPack)?),
        })
    }
}
