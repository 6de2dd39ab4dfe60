use std::collections::BTreeMap;
use std::time::Duration;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::region::Size;
use crate::model::name::Escaped;

/// The greatest width of the column of names. Longer names are cut.
const WIDEST: usize = 24;

/// A row about a running attempt.
pub(super) struct Row<'a> {
    pub(super) service: &'a str,
    pub(super) time: Duration,
    pub(super) last: &'a str,
}

/// Returns a line for each row. If the rows need more than about two thirds of the terminal, the last line says how
/// many rows are left out. The rest of the terminal is for finished builds.
pub(super) fn rows(running: &[Row], size: Size) -> Vec<String> {
    let room = (size.rows * 2 / 3).saturating_sub(2).max(1);
    let shown = if running.len() > room { room - 1 } else { running.len() };
    let names: Vec<String> = running[..shown].iter().map(|row| Escaped::new(row.service).to_string()).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or_default().min(WIDEST).min(size.columns / 3);
    let line = |(row, name): (&Row, &String)| {
        let name = cut(name, width);
        let pad = " ".repeat(width - name.width());
        cut(&format!("  {name}{pad} {:>6}  {}", time(row.time), row.last.replace('\t', " ")), size.columns - 1)
    };
    let mut lines: Vec<String> = running.iter().zip(&names).map(line).collect();
    if shown < running.len() {
        lines.push(cut(&format!("  and {} more", running.len() - shown), size.columns - 1));
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Returns the line below the rows: the progress of the run, and the time that is left if it is known.
pub(super) fn foot(
    done: usize,
    total: usize,
    counts: [(usize, &str); 3],
    time_: Duration,
    left: Option<Duration>,
    size: Size,
) -> String {
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
    let left = left.map(|left| format!(", about {} left", time(left))).unwrap_or_default();
    cut(&format!("{done} of {total} done{}, {}{left}", counts.collect::<String>(), time(time_)), size.columns - 1)
}

/// Returns about how long a run still takes, from the expected duration of each service that is not done, in seconds:
/// the longest remaining time of a service, or the sum of all remaining times divided by the number of parallel builds
/// if that is longer. `elapsed` returns for how many seconds a service has been built. `None` if a duration is not
/// known.
pub(super) fn time_left(
    expected: &BTreeMap<String, Option<f64>>,
    jobs: u32,
    elapsed: impl Fn(&str) -> f64,
) -> Option<Duration> {
    let rest = |(service, expected): (&String, &Option<f64>)| Some((expected.as_ref()? - elapsed(service)).max(0.0));
    let rests: Vec<f64> = expected.iter().map(rest).collect::<Option<_>>()?;
    let longest = rests.iter().copied().fold(0.0, f64::max);
    let seconds = longest.max(rests.iter().sum::<f64>() / f64::from(jobs.max(1)));
    Duration::try_from_secs_f64(seconds).ok().filter(|_| !rests.is_empty())
}

/// Returns a duration in whole seconds as text: `12s`, `4m10s`, `2h05m`.
fn time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=59 => format!("{seconds}s"),
        seconds @ 60..=3599 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Returns a text of at most this many columns. A longer text is cut, and `…` replaces the rest.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut out, mut width) = (String::new(), 0);
    for c in text.chars() {
        width += c.width().unwrap_or_default();
        if width >= columns {
            break;
        }
        out.push(c);
    }
    out + if columns > 0 { "…" } else { "" }
}
