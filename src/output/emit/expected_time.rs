use crate::model::name::Escaped;
use crate::plan::Estimate;

/// Returns a line with three estimates: how long the builds take in the jobs of `--pack N`, how long they take in one
/// job, and the least possible time.
pub(super) fn expected_time(estimate: &Estimate) -> String {
    let one_job = format!("{} in one job", rounded(estimate.one_job));
    let first = match &estimate.packed {
        Some(packed) if packed.jobs > 1 => {
            format!("About {} in {} jobs, {one_job}", rounded(packed.seconds), packed.jobs)
        }
        _ => format!("About {one_job}"),
    };
    let chain: Vec<String> = estimate.critical.iter().map(|name| Escaped::new(name).to_string()).collect();
    // The critical chain is named only if it determines the least time. Otherwise, an equal share of all builds takes
    // longer.
    let decides = estimate.critical_seconds >= estimate.at_least;
    let critical = if decides { format!(" ({})", chain.join(" → ")) } else { String::new() };
    format!("{first}; at least {}{critical}.", rounded(estimate.at_least))
}

/// Returns an estimated duration as text: `45 s`, `3 min 10 s`, `2 h 5 min`.
pub(crate) fn rounded(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float stops at the ends")]
    let whole = seconds.ceil() as u64;
    let minutes = whole.div_ceil(60);
    match (whole, minutes % 60) {
        (0..=59, _) => format!("{whole} s"),
        (60..=599, _) if !whole.is_multiple_of(60) => format!("{} min {} s", whole / 60, whole % 60),
        _ if minutes < 60 => format!("{minutes} min"),
        (_, 0) => format!("{} h", minutes / 60),
        (_, rest) => format!("{} h {rest} min", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_exact_as_they_are_known() {
        let shown = [0.2, 45.0, 60.0, 190.0, 601.0, 3599.0, 3600.0, 7500.0].map(rounded);
        assert_eq!(shown, ["1 s", "45 s", "1 min", "3 min 10 s", "11 min", "1 h", "1 h", "2 h 5 min"]);
    }
}
