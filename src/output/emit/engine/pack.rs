use std::num::NonZeroUsize;
use std::str::FromStr;

/// Which services share a job (`--pack`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pack {
    /// Those that hand on an image which is not pushed, since no other machine has it; the others have a job each.
    #[default]
    Image,
    /// None: a job for each service.
    Service,
    /// Those of one level of the build order; one that hands on an image which is not pushed stays with those that take it.
    Level,
    /// Those that hang together by what they need: no job waits for another one.
    Component,
    /// Connected services together, in at most this many jobs: no job waits for another one.
    Jobs(NonZeroUsize),
}

/// A value of `--pack` that is not known.
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
