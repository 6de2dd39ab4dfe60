use std::time::Duration;

use schemars::JsonSchema;

use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, literal};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;
use crate::model::recipe;

/// A span of time in hours, minutes and seconds: `1h30m`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct TimeLimit(
    #[schemars(with = "String", regex(pattern = r"^(\d+h)?(\d+m)?(\d+s)?$"), length(min = 2))]
    pub(in crate::config)  Duration,
);

/// The number of retries, from 0 to 10.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Retries(#[schemars(range(min = 0, max = 10))] pub(in crate::config) u32);

/// The weight of a build, at least 1.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Weight(#[schemars(range(min = 1))] pub(in crate::config) u32);

impl Read for TimeLimit {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a span of time", problems)?;
        if let Some(limit) = recipe::time_limit(text) {
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
