use super::problem::Problem;
use crate::model::civil::Civil;

/// How a date is written, in the tokens of moment.js: `YYYYMMDD-HHmmss`; `[text]` stands as it is.
#[derive(Debug, Clone)]
pub(super) struct DateFormat(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(char),
    Token(fn(&Civil) -> String),
}

type Token = (&'static str, fn(&Civil) -> String);

/// What moment.js knows in its English locale, but for weeks, eras, zone names and the locale's own formats. A token
/// stands before those that it begins with.
const TOKENS: &[Token] = &[
    ("YYYYYY", |t| format!("+{:06}", t.year)),
    ("YYYYY", |t| format!("{:05}", t.year)),
    ("YYYY", |t| format!("{:04}", t.year)),
    ("YY", |t| format!("{:02}", t.year % 100)),
    ("Y", |t| t.year.to_string()),
    ("Qo", |t| ordinal((t.month + 2) / 3)),
    ("Q", |t| ((t.month + 2) / 3).to_string()),
    ("MMMM", |t| month(t).to_owned()),
    ("MMM", |t| month(t)[..3].to_owned()),
    ("MM", |t| format!("{:02}", t.month)),
    ("Mo", |t| ordinal(t.month)),
    ("M", |t| t.month.to_string()),
    ("DDDD", |t| format!("{:03}", t.day_of_year)),
    ("DDDo", |t| ordinal(t.day_of_year)),
    ("DDD", |t| t.day_of_year.to_string()),
    ("DD", |t| format!("{:02}", t.day)),
    ("Do", |t| ordinal(t.day)),
    ("D", |t| t.day.to_string()),
    ("dddd", |t| weekday(t).to_owned()),
    ("ddd", |t| weekday(t)[..3].to_owned()),
    ("dd", |t| weekday(t)[..2].to_owned()),
    ("do", |t| ordinal(t.weekday)),
    ("d", |t| t.weekday.to_string()),
    ("e", |t| t.weekday.to_string()),
    ("E", |t| ((t.weekday + 6) % 7 + 1).to_string()),
    ("HH", |t| format!("{:02}", t.hour)),
    ("H", |t| t.hour.to_string()),
    ("hh", |t| format!("{:02}", (t.hour + 11) % 12 + 1)),
    ("h", |t| ((t.hour + 11) % 12 + 1).to_string()),
    ("kk", |t| format!("{:02}", (t.hour + 23) % 24 + 1)),
    ("k", |t| ((t.hour + 23) % 24 + 1).to_string()),
    ("mm", |t| format!("{:02}", t.minute)),
    ("m", |t| t.minute.to_string()),
    ("ss", |t| format!("{:02}", t.second)),
    ("s", |t| t.second.to_string()),
    // A digit of the fraction of a second: git's times are whole seconds.
    ("S", |_| "0".to_owned()),
    ("A", |t| (if t.hour < 12 { "AM" } else { "PM" }).to_owned()),
    ("a", |t| (if t.hour < 12 { "am" } else { "pm" }).to_owned()),
    ("X", |t| t.unix.to_string()),
    ("x", |t| (t.unix * 1000).to_string()),
    ("ZZ", |t| zone(t, "")),
    ("Z", |t| zone(t, ":")),
];

/// Letters with which moment.js begins a token that is not in [`TOKENS`].
const OTHERS: &str = "wWgGlLNyz";

impl DateFormat {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((literal, behind)) = bracketed(rest) {
                pieces.extend(literal.chars().map(Piece::Text));
                rest = behind;
            } else if let Some((token, write)) = TOKENS.iter().find(|(token, _)| rest.starts_with(token)) {
                pieces.push(Piece::Token(*write));
                rest = &rest[token.len()..];
            } else if OTHERS.contains(c) {
                let problem = Problem::at(text.len() - rest.len(), format!("`{c}` is not supported in a date"));
                return Err(problem.help(format!("for the letter itself write `[{c}]`")));
            } else {
                pieces.push(Piece::Text(c));
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(Self(pieces))
    }

    pub(super) fn write(&self, time: &Civil) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(c) => out.push(*c),
                Piece::Token(write) => out.push_str(&write(time)),
            }
        }
        out
    }
}

/// Splits off `[text]`: the text goes on to the last `]` before the next `[`, as there.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?;
    let end = inside[..inside.find('[').unwrap_or(inside.len())].rfind(']')?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// Reads the name of a zone, as minutes ahead of UTC. There are no others than UTC and fixed distances from it: the
/// zones of places change with their laws, and the same commit must give the same tags.
pub(super) fn offset(text: &str) -> Result<i64, Problem> {
    let refuse = || {
        Problem::at(0, format!("the time zone `{text}` is not known here"))
            .help("write `UTC`, or a fixed distance from it such as `+09:00`")
    };
    if matches!(text, "UTC" | "GMT" | "Etc/UTC" | "Etc/GMT" | "Z") {
        return Ok(0);
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _ => return Err(refuse()),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2).ok_or_else(refuse)?,
        None => (digits, "00"),
    };
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten().ok_or_else(refuse)
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 14 || minutes > 59 { Err(refuse()) } else { Ok(sign * (hours * 60 + minutes)) }
}

fn zone(time: &Civil, colon: &str) -> String {
    let sign = if time.offset < 0 { '-' } else { '+' };
    let minutes = time.offset.abs();
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn month(time: &Civil) -> &'static str {
    match time.month {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

fn weekday(time: &Civil) -> &'static str {
    match time.weekday {
        0 => "Sunday",
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        _ => "Saturday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: &str, unix: i64, zone: &str) -> String {
        DateFormat::parse(format).unwrap().write(&Civil::at(unix, offset(zone).unwrap()))
    }

    #[test]
    fn dates_are_written_as_moment_writes_them() {
        // 2020-01-10T15:25:50Z, the example of metadata-action's documentation.
        for (format, expected) in [
            ("YYYYMMDD", "20200110"),
            ("dddd, MMMM Do YYYY, h:mm:ss a", "Friday, January 10th 2020, 3:25:50 pm"),
            ("YYYY-MM-DDTHH:mm:ss.SSS[Z]", "2020-01-10T15:25:50.000Z"),
            ("YYYY-MM-DDTHH:mm:ssZ ZZ", "2020-01-10T15:25:50+00:00 +0000"),
            ("YY M D H k hh A", "20 1 10 15 15 03 PM"),
            ("DDDD DDD Q Qo Mo do E d dd ddd MMM", "010 10 1 1st 1st 5th 5 5 Fr Fri Jan"),
            ("X x", "1578669950 1578669950000"),
            ("[week of] [[x] [a]s]", "week of [x a]s"),
            ("YYYYYYYYY YYYYYYY", "+002020202020 +0020202020"),
            ("", ""),
        ] {
            assert_eq!(written(format, 1_578_669_950, "UTC"), expected, "{format}");
        }
        assert_eq!(written("h hh H HH k kk a", 0, "UTC"), "12 12 0 00 24 24 am");
        assert_eq!(written("h a", 43_200, "UTC"), "12 pm");
        assert_eq!(written("Do Do", 0, "+00:00"), "1st 1st");
        let days = |n: i64| written("Do", (n - 1) * 86_400, "UTC");
        assert_eq!([days(2), days(3), days(11), days(12), days(13), days(22)].join(" "), "2nd 3rd 11th 12th 13th 22nd");
    }

    #[test]
    fn zones_are_fixed_distances() {
        assert_eq!(written("YYYYMMDD-HHmmss Z", 1_578_616_200, "+09:00"), "20200110-093000 +09:00");
        assert_eq!(written("DHHmm ZZ", 0, "-0330"), "312030 -0330");
        assert_eq!(offset("+05").unwrap(), 300);
        for wrong in ["Asia/Tokyo", "", "+", "+9", "+15:00", "+09:60", "+0é0", "+ 9:00", "09:00", "++09"] {
            assert!(offset(wrong).unwrap_err().message.contains("time zone"), "{wrong:?}");
        }
    }

    #[test]
    fn tokens_without_a_meaning_here_are_refused() {
        let problem = DateFormat::parse("YYYY-ww").unwrap_err();
        assert_eq!((problem.offset, problem.message.as_str()), (5, "`w` is not supported in a date"));
        assert_eq!(DateFormat::parse("GGGG").unwrap_err().offset, 0);
    }

    /// The look-up takes the first token that fits: a longer one must stand before its own beginnings.
    #[test]
    fn longer_tokens_come_first() {
        for (at, (token, _)) in TOKENS.iter().enumerate() {
            assert!(!TOKENS[..at].iter().any(|(before, _)| token.starts_with(before)), "{token}");
        }
    }
}
