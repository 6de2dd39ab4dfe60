//! Reads scalars as js-yaml 4.1 does. paths-filter uses js-yaml, which also reads dates and further forms of numbers,
//! beyond YAML 1.2's core schema.

use crate::config::yaml::{Meaning, Scalar};

/// The JavaScript value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    /// A date, which is an object without keys in JavaScript.
    Date,
    Text,
}

pub(super) fn value(scalar: &Scalar<'_>) -> Value {
    match (scalar.bare(), scalar.meaning()) {
        (_, Meaning::Null) => Value::Null,
        (_, Meaning::Bool(value)) => Value::Bool(value),
        (Some(text), _) if is_date(text) => Value::Date,
        (Some(text), _) => number(text).map_or(Value::Text, Value::Number),
        (None, Meaning::Number(number)) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        (None, Meaning::Text) => Value::Text,
    }
}

/// Returns the property name that a key with this value gets in a JavaScript object. `None` for a text, which is the
/// name itself, and for a date.
pub(super) fn name(value: Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number_name(number)),
        Value::Date | Value::Text => None,
    }
}

/// Writes a number as ECMAScript's `Number::toString` does: with the same digits as Rust, but with an exponent if the
/// absolute value is below 1e-6 or at least 1e21.
fn number_name(number: f64) -> String {
    if number.is_infinite() {
        return if number < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.is_nan() || (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

/// Reads a number, such as `0x1F`, `0o17`, `0b101`, `1_000`, `1.5e3`, `.5` or `-.inf`.
fn number(text: &str) -> Option<f64> {
    // Most texts are paths, and need no second look.
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        _ if text.ends_with('_') => return None,
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(f64::NAN),
        _ => {}
    }
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return in_radix(digits, radix).map(|number| sign * number);
        }
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(a, b)| (a, Some(b)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(a, b)| (a, Some(b)));
    let whole_digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let is_number = match fraction {
        Some(fraction) if whole.is_empty() => !fraction.is_empty() && is_digits(fraction),
        _ => {
            whole_digits.starts_with(|c: char| c.is_ascii_digit())
                && is_digits(whole_digits)
                && fraction.is_none_or(is_digits)
        }
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    let is_exponent = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && exponent.is_none_or(is_exponent) { text.replace('_', "").parse().ok() } else { None }
}

/// Whether a text consists only of digits and `_`. This is true for an empty text.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn in_radix(digits: &str, radix: u32) -> Option<f64> {
    let mut digits = digits.chars().filter(|c| *c != '_').peekable();
    digits.peek()?;
    digits.try_fold(0.0, |number, digit| Some(number * f64::from(radix) + f64::from(digit.to_digit(radix)?)))
}

/// Whether a text is a date, or a date and a time: `2024-01-31`, `2024-1-31 23:59:59.5 +1:00`.
fn is_date(text: &str) -> bool {
    let mut rest = Rest(text);
    let Some((year, month, day)) = rest.date() else { return false };
    if rest.0.is_empty() {
        return (year, month, day) == (4, 2, 2);
    }
    let separated = rest.take(['T', 't']) || rest.blanks();
    year == 4 && month <= 2 && day <= 2 && separated && rest.time() && rest.zone() && rest.0.is_empty()
}

/// The rest of a text that is being read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Skips the next character if it is one of these; returns whether it is.
    fn take<const N: usize>(&mut self, chars: [char; N]) -> bool {
        let Some(rest) = self.0.strip_prefix(chars) else { return false };
        self.0 = rest;
        true
    }

    /// Skips blanks; returns whether there were any.
    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_start_matches([' ', '\t']);
        std::mem::replace(&mut self.0, rest).len() > rest.len()
    }

    /// Skips digits; returns how many there were.
    fn digits(&mut self) -> usize {
        let rest = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        std::mem::replace(&mut self.0, rest).len() - rest.len()
    }

    /// Skips three numbers with hyphens between them; returns how many digits each has.
    fn date(&mut self) -> Option<(usize, usize, usize)> {
        let year = self.digits();
        let month = self.take(['-']).then(|| self.digits())?;
        let day = self.take(['-']).then(|| self.digits())?;
        (month > 0 && day > 0).then_some((year, month, day))
    }

    fn time(&mut self) -> bool {
        let hours = matches!(self.digits(), 1 | 2);
        let exact = hours && self.take([':']) && self.digits() == 2 && self.take([':']) && self.digits() == 2;
        if exact && self.take(['.']) {
            self.digits();
        }
        exact
    }

    /// Skips a time zone, such as `Z` or `+1:00`, with the blanks before it. Returns `false` if the time zone is
    /// malformed, or if there are blanks without a time zone after them.
    fn zone(&mut self) -> bool {
        let blanks = self.blanks();
        if self.take(['Z']) {
            return true;
        }
        if !self.take(['+', '-']) {
            return !blanks;
        }
        matches!(self.digits(), 1 | 2) && (!self.take([':']) || self.digits() == 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_javascripts_names() {
        let names = [
            ("3.10", "3.1"),
            ("0x1F", "31"),
            ("-0", "0"),
            ("1_000", "1000"),
            ("1e21", "1e+21"),
            ("15e-8", "1.5e-7"),
            ("5e20", "500000000000000000000"),
            (".5", "0.5"),
            ("-.inf", "-Infinity"),
            (".NaN", "NaN"),
            ("012", "12"),
        ];
        for (text, expected) in names {
            assert_eq!(number(text).map(number_name).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "_1", "1_", "-", "0x", "0xg", "1e", "1.2.3", "-.5", "+.nan", "e5", "v1", "1-2", ".", "0b2"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_told_from_patterns() {
        let dates =
            ["2024-01-31", "2024-99-99", "2024-1-1T1:00:00", "2024-01-01 \t01:02:03.456 +1:30", "2024-1-1 1:00:00Z"];
        for text in dates {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "2024-1-31",
            "24-01-01",
            "2024-01",
            "2024-01-01T1:00",
            "2024-01-01 x",
            "2024-01-01/**",
            "2024-1-1 1:00:00 ",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
