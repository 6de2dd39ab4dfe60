use crate::model::name::Escaped;
use crate::plan::Estimate;

/// Returns a line about how long builds will take: in the jobs of `--pack N`, in one job, and at least.
pub(super) fn expected_time(estimate: &Estimate) -> String {
    let one_job = format!("{} in one job", rounded(estimate.one_job));
    let first = match &estimate.packed {
        Some(packed) if packed.jobs > 1 => {
            format!("About {} in {} jobs, {one_job}", rounded(packed.seconds), packed.jobs)
        }
        _ => format!("About {one_job}"),
    };
    let chain: Vec<String> = estimate.critical.iter().map(|name| Escaped::new(name).to_string()).collect();
    // A chain of one is a build that takes as long as all.
    let critical = if chain.is_empty() { String::new() } else { format!(" ({})", chain.join(" → ")) };
    format!("{first}; at least {}{critical}.", rounded(estimate.at_least))
}

/// Writes a duration that is not known exactly: `45 s`, `3 min 10 s`, `2 h 5 min`.
fn rounded(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float stops at the ends")]
    let whole = seconds.ceil() as u64;
    match whole {
        0..=59 => format!("{whole} s"),
        60..=599 if !whole.is_multiple_of(60) => format!("{} min {} s", whole / 60, whole % 60),
        60..=3599 => format!("{} min", whole.div_ceil(60)),
        _ if whole % 3600 / 60 == 0 => format!("{} h", whole / 3600),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_exact_as_they_are_known() {
        let shown = [0.2, 45.0, 60.0, 190.0, 601.0, 3599.0, 3600.0, 7500.0].map(rounded);
        assert_eq!(shown, ["1 s", "45 s", "1 min", "3 min 10 s", "11 min", "60 min", "1 h", "2 h 5 min"]);
    }
}
