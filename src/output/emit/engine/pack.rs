use std::num::NonZeroUsize;
use std::str::FromStr;

/// Which services share a job (`--pack`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pack {
    /// Services that must be built on the same machine, because an image is not pushed. Others have a job each.
    #[default]
    Image,
    /// None: each service has a job.
    Service,
    /// Services of one level of the build order. A service whose image is not pushed shares the job of its dependents.
    Level,
    /// Services that are connected by dependencies, so that no job waits for another one.
    Component,
    /// Connected services, in at most this many jobs, so that no job waits for another one.
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
