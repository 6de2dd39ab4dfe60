//! Calendar dates and times of day. There is no clock here: times come from commits.

/// A moment as a calendar and a clock at a fixed distance from UTC show it (proleptic Gregorian calendar, no leap
/// seconds, as in git).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix: i64,
    /// How far the clock is ahead of UTC, in minutes.
    pub offset: i64,
    /// The year, 0 to 9999.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: i64,
    /// The day of the month, 1 to 31.
    pub day: i64,
    /// The day of the year, 1 to 366.
    pub day_of_year: i64,
    /// The day of the week, 0 (Sunday) to 6.
    pub weekday: i64,
    /// The hour, 0 to 23.
    pub hour: i64,
    /// The minute, 0 to 59.
    pub minute: i64,
    /// The second, 0 to 59.
    pub second: i64,
}

const DAY: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats itself.
const CYCLE: i64 = 146_097;
/// 0000-03-01, as days before 1970-01-01: counting years from March puts the leap day last.
const MARCH_OF_YEAR_0: i64 = 719_468;
/// The first and the last second that RFC 3339 can write, with a day's room for the offset.
const WRITABLE: (i64, i64) = (-719_527 * DAY, 2_932_896 * DAY - 1);

impl Civil {
    /// Returns what a clock shows `unix` seconds after the epoch, `offset` minutes ahead of UTC.
    ///
    /// A time outside the years 0 to 9999, which a commit can claim and RFC 3339 cannot write, counts as the nearest
    /// one inside.
    #[must_use]
    pub fn at(unix: i64, offset: i64) -> Self {
        let unix = unix.clamp(WRITABLE.0, WRITABLE.1);
        let local = unix + offset.clamp(-24 * 60, 24 * 60) * 60;
        let (days, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let day_of_cycle = (days + MARCH_OF_YEAR_0).rem_euclid(CYCLE);
        let cycle = (days + MARCH_OF_YEAR_0).div_euclid(CYCLE);
        // Leap days that went by before: one in 4 years, none in 100, one in 400.
        let year_of_cycle =
            (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / (CYCLE - 1)) / 365;
        let from_march = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        // From March on, five months in a row have 153 days.
        let month_from_march = (5 * from_march + 2) / 153;
        let day = from_march - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let day_of_year = if month <= 2 { from_march - 305 } else { from_march + 60 + i64::from(leap) };
        Self {
            unix,
            offset,
            year,
            month,
            day,
            day_of_year,
            weekday: (days + 4).rem_euclid(7),
            hour: clock / 3_600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }

    /// Returns `2020-01-10T00:30:00Z` for `unix` seconds after the epoch (RFC 3339, UTC, whole seconds).
    #[must_use]
    pub fn rfc3339(unix: i64) -> String {
        let Self { year, month, day, hour, minute, second, .. } = Self::at(unix, 0);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before() {
        let length = |year: i64, month| match month {
            2 if year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let (mut year, mut month, mut day, mut day_of_year, mut weekday) = (0, 1, 2, 2, 0);
        let first = WRITABLE.0 / DAY;
        for days in first..=WRITABLE.1 / DAY {
            let civil = Civil::at(days * DAY, 0);
            assert_eq!((civil.year, civil.month, civil.day), (year, month, day), "{days}");
            assert_eq!((civil.day_of_year, civil.weekday), (day_of_year, weekday), "{days}");
            (day, day_of_year, weekday) = (day + 1, day_of_year + 1, (weekday + 1) % 7);
            if day > length(year, month) {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (year, month, day_of_year) = (year + 1, 1, 1);
            }
        }
        assert_eq!((year, month, day), (9999, 12, 31));
    }

    #[test]
    fn known_moments() {
        assert_eq!(Civil::rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(Civil::rfc3339(1_578_616_200), "2020-01-10T00:30:00Z");
        assert_eq!(Civil::rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(Civil::rfc3339(-1), "1969-12-31T23:59:59Z");
        assert_eq!(Civil::at(0, 0).weekday, 4, "the epoch was a Thursday");
        let tokyo = Civil::at(1_578_616_200, 9 * 60);
        assert_eq!((tokyo.day, tokyo.hour, tokyo.minute), (10, 9, 30));
    }

    #[test]
    fn times_that_cannot_be_written_are_the_nearest_that_can() {
        assert_eq!(Civil::rfc3339(i64::MIN), "0000-01-02T00:00:00Z");
        assert_eq!(Civil::rfc3339(i64::MAX), "9999-12-30T23:59:59Z");
    }
}
