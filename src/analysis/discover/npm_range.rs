//! Version ranges of npm. They are only read as far as necessary to exclude that a version is in a range.

/// A version: its three numbers, and whether it is a pre-release.
#[derive(Debug, Clone, Copy)]
struct Version {
    numbers: [u64; 3],
    is_prerelease: bool,
}

/// Whether a version may be in a range. Also true if the version or the range cannot be read.
pub(super) fn may_satisfy(version: &str, range: &str) -> bool {
    let Some(version) = version_of(version) else { return true };
    // Whether npm takes a pre-release depends on more than the range.
    version.is_prerelease || range.split("||").any(|part| all_of(version.numbers, part.trim()))
}

/// Whether a version with these numbers may be in a range without `||`.
fn all_of(numbers: [u64; 3], part: &str) -> bool {
    if let Some((from, to)) = part.split_once(" - ") {
        return compare(numbers, ">=", from.trim()) && compare(numbers, "<=", to.trim());
    }
    let mut words = part.split_whitespace();
    while let Some(word) = words.next() {
        let (operator, rest) = word.split_at(word.len() - word.trim_start_matches(['<', '>', '=', '~', '^']).len());
        // `>= 1` has a space in it.
        let rest = if rest.is_empty() { words.next().unwrap_or_default() } else { rest };
        if !compare(numbers, operator, rest) {
            return false;
        }
    }
    true
}

/// Whether a version with these numbers may satisfy one comparison, such as `>=1.2`.
fn compare(numbers: [u64; 3], operator: &str, text: &str) -> bool {
    let text = text.trim_start_matches(['v', '=']);
    let text = text.split(['-', '+']).next().unwrap_or_default();
    let mut given = Vec::new();
    for part in text.split('.') {
        match part {
            "" | "x" | "X" | "*" => break,
            part => match part.parse::<u64>() {
                Ok(number) => given.push(number),
                Err(_) => return true,
            },
        }
    }
    let low = [0, 1, 2].map(|at| given.get(at).copied().unwrap_or(0));
    // The lowest version that is too high if the first `fixed` numbers must stay as they are.
    let above = |fixed: usize| {
        let mut next = low;
        match fixed.min(given.len()).checked_sub(1) {
            None => return [u64::MAX; 3],
            Some(last) => {
                next[last] = next[last].saturating_add(1);
                next[last + 1..].fill(0);
            }
        }
        next
    };
    match operator {
        "^" => {
            let fixed = low.iter().position(|number| *number != 0).map_or(given.len(), |first| first + 1);
            numbers >= low && numbers < above(fixed)
        }
        "~" | "~>" => numbers >= low && numbers < above(2),
        ">=" => numbers >= low,
        ">" => numbers >= above(3) || (given.len() == 3 && numbers > low),
        "<" => numbers < low,
        "<=" => numbers < above(3),
        _ => numbers >= low && numbers < above(3),
    }
}

fn version_of(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches(['v', '=']);
    let (text, is_prerelease) = match text.split('+').next()?.split_once('-') {
        Some((text, _)) => (text, true),
        None => (text.split('+').next()?, false),
    };
    let numbers: Vec<u64> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(Version { numbers: numbers.try_into().ok()?, is_prerelease })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_npm() {
        for (range, within, without) in [
            ("*", &["0.0.0", "1.2.3"][..], &[][..]),
            ("", &["1.2.3"], &[]),
            ("^1.2.3", &["1.2.3", "1.9.0"], &["1.2.2", "2.0.0"]),
            ("^0.2.3", &["0.2.9"], &["0.3.0", "0.2.2"]),
            ("^0.0.3", &["0.0.3"], &["0.0.4"]),
            ("^0.0", &["0.0.9"], &["0.1.0"]),
            ("^1.x", &["1.0.0", "1.9.9"], &["2.0.0"]),
            ("~1.2.3", &["1.2.9"], &["1.3.0"]),
            ("~1", &["1.9.0"], &["2.0.0"]),
            ("1.2", &["1.2.0", "1.2.9"], &["1.3.0"]),
            ("1.2.3", &["1.2.3"], &["1.2.4"]),
            ("=v1.2.3", &["1.2.3"], &["1.2.4"]),
            (">=1.2 <2", &["1.2.0", "1.9.9"], &["2.0.0", "1.1.9"]),
            (">= 1.2", &["1.2.0"], &["1.1.0"]),
            (">1", &["2.0.0"], &["1.9.9"]),
            (">1.2.3", &["1.2.4"], &["1.2.3"]),
            ("<=1.2", &["1.2.9"], &["1.3.0"]),
            ("1.2.3 - 2", &["1.2.3", "2.9.9"], &["3.0.0", "1.2.2"]),
            ("^1 || ^3", &["1.0.0", "3.1.0"], &["2.0.0"]),
            ("next", &["1.0.0"], &[]),
        ] {
            for (versions, is_within) in [(within, true), (without, false)] {
                for version in versions {
                    assert_eq!(may_satisfy(version, range), is_within, "{version} in {range}");
                }
            }
        }
        assert!(may_satisfy("2.0.0-rc.1", "^1") && may_satisfy("odd", "^1"));
    }
}
