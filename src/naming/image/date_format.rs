use super::rule_error::Problem;
use crate::model::calendar::CalendarTime;

/// The format of a date, in the tokens of moment.js: `YYYYMMDD-HHmmss`. `[text]` is literal.
#[derive(Debug, Clone)]
pub(super) struct DateFormat(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(char),
    Token(fn(&CalendarTime) -> String),
}

type Token = (&'static str, fn(&CalendarTime) -> String);

/// The tokens of moment.js in its English locale, except for weeks, eras, zone names and the locale's own formats. A
/// token comes before each token that it begins with: `MM` before `M`.
const TOKENS: &[Token] = &[
    ("YYYYYY", |t| format!("+{}", t.format("%06Y"))),
    ("YYYYY", |t| t.format("%05Y")),
    ("YYYY", |t| t.format("%Y")),
    ("YY", |t| t.format("%Y")[2..].to_owned()),
    ("Y", |t| t.format("%-Y")),
    ("Qo", |t| ordinal(t, "%q")),
    ("Q", |t| t.format("%q")),
    ("MMMM", |t| t.format("%B")),
    ("MMM", |t| t.format("%b")),
    ("MM", |t| t.format("%m")),
    ("Mo", |t| ordinal(t, "%-m")),
    ("M", |t| t.format("%-m")),
    ("DDDD", |t| t.format("%j")),
    ("DDDo", |t| ordinal(t, "%-j")),
    ("DDD", |t| t.format("%-j")),
    ("DD", |t| t.format("%d")),
    ("Do", |t| ordinal(t, "%-d")),
    ("D", |t| t.format("%-d")),
    ("dddd", |t| t.format("%A")),
    ("ddd", |t| t.format("%a")),
    ("dd", |t| t.format("%a")[..2].to_owned()),
    ("do", |t| ordinal(t, "%w")),
    ("d", |t| t.format("%w")),
    ("e", |t| t.format("%w")),
    ("E", |t| t.format("%u")),
    ("HH", |t| t.format("%H")),
    ("H", |t| t.format("%-H")),
    ("hh", |t| t.format("%I")),
    ("h", |t| t.format("%-I")),
    ("kk", |t| up_to_24(t, "%H")),
    ("k", |t| up_to_24(t, "%-H")),
    ("mm", |t| t.format("%M")),
    ("m", |t| t.format("%-M")),
    ("ss", |t| t.format("%S")),
    ("s", |t| t.format("%-S")),
    // A digit of the fraction of a second: git's times are whole seconds.
    ("S", |_| "0".to_owned()),
    ("A", |t| t.format("%p")),
    ("a", |t| t.format("%P")),
    ("X", |t| t.unix().to_string()),
    ("x", |t| (t.unix() * 1000).to_string()),
    ("ZZ", |t| t.format("%z")),
    ("Z", |t| t.format("%:z")),
];

/// The first letters of the tokens of moment.js that are not in [`TOKENS`].
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

    pub(super) fn write(&self, time: &CalendarTime) -> String {
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

/// Returns the literal `[text]` at the beginning of a format, without its brackets, and the rest of the format; `None`
/// if the format does not begin with such a text. As in moment.js, the text ends at the last `]` before the next `[`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?;
    let end = inside[..inside.find('[').unwrap_or(inside.len())].rfind(']')?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// Returns how many minutes a time zone is ahead of UTC. Only UTC and fixed offsets are allowed: the same commit must
/// give the same tags, and a country may change its offset.
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

fn ordinal(time: &CalendarTime, format: &'static str) -> String {
    let number = time.format(format);
    let ending = match number.as_bytes() {
        [.., b'1', _] => "th",
        [.., b'1'] => "st",
        [.., b'2'] => "nd",
        [.., b'3'] => "rd",
        _ => "th",
    };
    number + ending
}

/// Returns the hour, from 1 to 24.
fn up_to_24(time: &CalendarTime, format: &'static str) -> String {
    let hour = time.format(format);
    if hour.trim_start_matches('0').is_empty() { "24".to_owned() } else { hour }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: &str, unix: i64, zone: &str) -> String {
        DateFormat::parse(format).unwrap().write(&CalendarTime::at(unix, offset(zone).unwrap()))
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

    /// The look-up uses the first token that fits, so a token must come before each token that it begins with.
    #[test]
    fn longer_tokens_come_first() {
        for (at, (token, _)) in TOKENS.iter().enumerate() {
            assert!(!TOKENS[..at].iter().any(|(before, _)| token.starts_with(before)), "{token}");
        }
    }
}
