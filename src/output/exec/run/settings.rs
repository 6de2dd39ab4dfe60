use std::time::Duration;

use crate::model::mask::Mask;
use crate::output::exec::schedule::OnFailure;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many builds run at once, from 1 to [`Settings::MOST_JOBS`]. A build counts as often as its weight says.
    pub jobs: u32,
    /// What a failure does to other builds.
    pub on_failure: OnFailure,
    /// How long a build may take to end after it has received a signal to end. After that it is killed.
    pub grace: Duration,
    /// The time after which an attempt is reported as slow; `None` for never.
    pub slow: Option<Duration>,
    /// The interval at which the run sends a sign of life; `None` for never.
    pub heartbeat: Option<Duration>,
    /// How long to wait before the next attempt at a failed build.
    pub backoff: Backoff,
    /// Whether `make` and `cargo` inside builds share the jobs.
    pub jobserver: Jobserver,
    /// The program, with arguments, that calls [`crate::output::exec::watch`]. It kills the builds if the run itself is
    /// killed.
    pub watchdog: Option<Vec<String>>,
    /// The value of `REBAKE_BUILD_ID` of this process, which is set when this process runs inside a build.
    pub outer: Option<String>,
    /// The commit that is built, for the report.
    pub commit: Option<String>,
    /// The environment for which services are built, for the report.
    pub environment: Option<String>,
    /// The secrets that no log may contain.
    pub mask: Mask,
}

/// Whether builds can use the jobserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jobserver {
    /// `MAKEFLAGS` and `CARGO_MAKEFLAGS` name the jobserver, so that even a `make` without `-j` builds in parallel.
    #[default]
    Shared,
    /// Builds do not see it.
    Hidden,
}

/// How long to wait between attempts. Each pause is twice as long as the pause before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The pause before the second attempt.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Settings {
    /// The most jobs of a run. Each is a byte in the jobserver's pipe, and the smallest pipe of Linux has one page
    /// (`pipe(7)`).
    pub const MOST_JOBS: u32 = 4096;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jobs: 1,
            on_failure: OnFailure::default(),
            grace: Duration::from_secs(10),
            slow: Some(Duration::from_secs(60)),
            heartbeat: Some(Duration::from_secs(60)),
            backoff: Backoff::default(),
            jobserver: Jobserver::default(),
            watchdog: None,
            outer: None,
            commit: None,
            environment: None,
            mask: Mask::default(),
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// Returns how long to wait after this many attempts.
    #[must_use]
    pub fn after(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_twofold_up_to_the_longest() {
        let seconds = [1, 2, 3, 7, 8, 99, u32::MAX].map(|attempts| Backoff::default().after(attempts).as_secs());
        assert_eq!(seconds, [1, 2, 4, 60, 60, 60, 60]);
    }
}
