use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A calendar version: two to four dotted numbers, such as `2026.04` or `24.04.1.2`.
///
/// It is written as it was read, including leading zeros, and compared by numbers: `2026.03.1` and `2026.3.1` are
/// equal.
#[derive(Debug, Clone)]
pub struct Calver {
    text: String,
    numbers: Vec<u64>,
}

impl Calver {
    /// Reads a calendar version; `None` if the text is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split('.').map(number).collect::<Option<Vec<u64>>>()?;
        (2..=4).contains(&numbers.len()).then(|| Self { text: text.to_owned(), numbers })
    }

    /// Returns its numbers.
    #[must_use]
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }
}

/// Reads a number that consists of digits, unlike `u64::from_str`, which allows a `+`.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

impl PartialEq for Calver {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for Calver {}

impl Hash for Calver {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
    }
}

impl Ord for Calver {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl PartialOrd for Calver {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Calver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_to_four_dotted_numbers_are_a_calendar_version() {
        for text in ["2026.04", "24.04.1", "2026.1.2.3", "0.0"] {
            assert_eq!(Calver::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "2026", "2026.", ".04", "1.2.3.4.5", "2026.04-1", "2026.+4", "v2026.04", "2026.18446744073709551616"]
        {
            assert_eq!(Calver::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_numbers() {
        let ordered = ["9.10", "24.04", "24.04.1", "24.4.2", "24.10", "2026.01"];
        for pair in ordered.windows(2) {
            assert!(Calver::parse(pair[0]) < Calver::parse(pair[1]), "{pair:?}");
        }
        assert_eq!(Calver::parse("2026.03.1"), Calver::parse("2026.3.01"));
        assert_ne!(Calver::parse("2026.3"), Calver::parse("2026.3.0"));
    }
}
