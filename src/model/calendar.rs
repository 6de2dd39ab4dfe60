//! Calendar dates and times of day. There is no clock here: times come from commits.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A date and time at a fixed offset from UTC (proleptic Gregorian calendar, no leap seconds, as in git).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarTime(Zoned);

/// The earliest time that a [`CalendarTime`] holds: 0000-01-02T00:00:00Z, in seconds since 1970. RFC 3339 cannot write
/// a date before 0000-01-01, and an offset of at most one day does not lead to such a date.
const FIRST: i64 = -719_527 * 86_400;

impl CalendarTime {
    /// Returns the date and time `unix` seconds after the epoch, at an offset of `offset` minutes ahead of UTC.
    ///
    /// A commit can claim any time, but RFC 3339 can only write the years 0 to 9999. An earlier or later time is
    /// replaced by the first or the last time that can be written with every offset. An offset of more than a day is
    /// replaced by one day.
    #[must_use]
    pub fn at(unix: i64, offset: i64) -> Self {
        let minutes = i32::try_from(offset.clamp(-24 * 60, 24 * 60)).unwrap_or_default();
        let zone = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
        let time = Timestamp::from_second(unix.max(FIRST)).unwrap_or(Timestamp::MAX);
        Self(time.to_zoned(TimeZone::fixed(zone)))
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix(&self) -> i64 {
        self.0.timestamp().as_second()
    }

    /// Returns the date and time in a format of `strftime`.
    pub(crate) fn format(&self, format: &'static str) -> String {
        self.0.strftime(format).to_string()
    }

    /// Returns `2020-01-10T00:30:00.250Z` for milliseconds after the epoch (RFC 3339, UTC).
    #[must_use]
    pub fn rfc3339_milliseconds(unix: i64) -> String {
        let second = Self::at(unix.div_euclid(1000), 0).format("%Y-%m-%dT%H:%M:%S");
        format!("{second}.{:03}Z", unix.rem_euclid(1000))
    }

    /// Parses a time in RFC 3339, and returns it in milliseconds after the epoch; `None` for other texts.
    #[must_use]
    pub fn milliseconds(text: &str) -> Option<i64> {
        text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
    }

    /// Returns `2020-01-10T00:30:00Z` for `unix` seconds after the epoch (RFC 3339, UTC, whole seconds).
    #[must_use]
    pub fn rfc3339(unix: i64) -> String {
        Self::at(unix, 0).format("%Y-%m-%dT%H:%M:%SZ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        assert_eq!(CalendarTime::rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(CalendarTime::rfc3339(1_578_616_200), "2020-01-10T00:30:00Z");
        assert_eq!(CalendarTime::rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(CalendarTime::rfc3339(-1), "1969-12-31T23:59:59Z");
        assert_eq!(CalendarTime::at(1_578_616_200, 9 * 60).format("%d %H:%M %z"), "10 09:30 +0900");
    }

    #[test]
    fn milliseconds_are_read_as_they_are_written() {
        for (unix, text) in [
            (1_578_616_200_250, "2020-01-10T00:30:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(CalendarTime::rfc3339_milliseconds(unix), text);
            assert_eq!(CalendarTime::milliseconds(text), Some(unix));
        }
        assert_eq!(CalendarTime::milliseconds("2020-01-10T00:30:00Z"), Some(1_578_616_200_000));
        for text in ["", "yesterday", "2020-13-10T00:30:00Z", "1578616200"] {
            assert_eq!(CalendarTime::milliseconds(text), None);
        }
    }

    #[test]
    fn times_that_cannot_be_written_are_the_nearest_that_can() {
        assert_eq!(CalendarTime::rfc3339(i64::MIN), "0000-01-02T00:00:00Z");
        assert_eq!(CalendarTime::rfc3339(i64::MAX), "9999-12-30T22:00:00Z");
        assert_eq!(CalendarTime::at(i64::MIN, i64::MIN).format("%Y-%m-%dT%H:%M"), "0000-01-01T00:00");
        assert_eq!(CalendarTime::at(i64::MAX, i64::MAX).format("%Y-%m-%dT%H:%M"), "9999-12-31T22:00");
    }
}
