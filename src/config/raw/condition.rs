use std::time::Duration;

use schemars::JsonSchema;

use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, literal};
use crate::config::yaml::View;
use crate::diagnostic::Diagnostic;

/// A span of time in hours, minutes and seconds: `1h30m`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct TimeLimit(
    #[schemars(with = "String", regex(pattern = r"^(\d+h)?(\d+m)?(\d+s)?$"), length(min = 2))]
    pub(in crate::config)  Duration,
);

/// 0 to 10.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Retries(#[schemars(range(min = 0, max = 10))] pub(in crate::config) u32);

/// At least 1.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Weight(#[schemars(range(min = 1))] pub(in crate::config) u32);

impl Read for TimeLimit {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a span of time", problems)?;
        if let Some(limit) = duration(text).filter(|limit| !limit.is_zero()) {
            return Some(Self(limit));
        }
        let message = format!("`{}` is not a span of time", shown(text));
        let problem = Diagnostic::error("bad-duration", message);
        let problem = problem.located(problems.file(), &view.locate(()), "expected hours, minutes and seconds");
        problems.push(match text.parse::<u32>() {
            Ok(seconds) if seconds > 0 => problem.help(format!("add the unit: `{text}s` or `{text}m`")),
            _ => problem.help("such as `90s`, `10m` or `1h30m`"),
        });
        None
    }
}

/// Reads `1h30m`: each unit at most once, the greatest first.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text, 0_u64);
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((count, behind)) = rest.split_once(unit) {
            let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            let count: u32 = count.parse().ok().filter(|_| digits)?;
            seconds += u64::from(count) * length;
            rest = behind;
        }
    }
    rest.is_empty().then(|| Duration::from_secs(seconds))
}

impl Read for Retries {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        number(view, 0..=10, "a number from 0 to 10", problems).map(Self)
    }
}

impl Read for Weight {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        number(view, 1..=u32::MAX, "a number from 1", problems).map(Self)
    }
}

fn number(
    view: View<'_>,
    range: std::ops::RangeInclusive<u32>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    let text = literal(view, what, problems)?;
    let number = text.parse().ok().filter(|number| range.contains(number));
    if number.is_none() {
        let message = format!("`{}` is not {what}", shown(text));
        problems.error("out-of-range", message, &view.locate(()), format!("expected {what}"));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_have_units() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2h", 7200), ("1h5s", 3605)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["10", "m", "5m1h", "1h1h", "-1s", "+1s", "1.5h", "1 m", "99999999999s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
