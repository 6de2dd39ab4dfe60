use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::calendar::CalendarTime;

/// A point in time: the time since the run began, without the time during which the run was suspended.
pub(super) type Moment = Duration;

/// Returns the current date and time in UTC, in the format of RFC 3339: `2025-03-09T17:04:52Z`.
pub(super) fn date() -> String {
    CalendarTime::rfc3339(unix().as_secs().try_into().unwrap_or_default())
}

/// Returns the same as [`date`], with milliseconds: `2025-03-09T17:04:52.310Z`.
pub(super) fn instant() -> String {
    CalendarTime::rfc3339_milliseconds(unix().as_millis().try_into().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "a report says when builds began; nothing that is built depends on it")]
fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The clock of a run.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    /// How long the run was suspended in all, without a suspension that still lasts.
    suspended_for: Duration,
    suspended_since: Option<Instant>,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), suspended_for: Duration::ZERO, suspended_since: None }
    }

    pub(super) fn now(&self) -> Moment {
        let now = self.suspended_since.unwrap_or_else(Instant::now);
        now.duration_since(self.start).saturating_sub(self.suspended_for)
    }

    /// Returns the time until a moment, if the clock is not stopped meanwhile; zero for a moment in the past.
    pub(super) fn until(&self, moment: Moment) -> Duration {
        moment.saturating_sub(self.now())
    }

    pub(super) fn stop(&mut self) {
        self.suspended_since.get_or_insert_with(Instant::now);
    }

    pub(super) fn go_on(&mut self) {
        if let Some(since) = self.suspended_since.take() {
            self.suspended_for += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_while_stopped() {
        let mut clock = Clock::start();
        clock.stop();
        clock.stop();
        let stopped = clock.now();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(clock.now(), stopped);
        let since = Instant::now();
        clock.go_on();
        clock.go_on();
        assert!(clock.now() <= stopped + since.elapsed());
        assert!(clock.until(clock.now() + Duration::from_secs(60)) <= Duration::from_secs(60));
    }
}
