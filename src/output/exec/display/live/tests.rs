use std::time::Duration;

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::region::{Region, Size};
use super::row::{Row, foot, rows, time_left};

fn row<'a>(service: &'a str, seconds: u64, last: &'a str) -> Row<'a> {
    Row { service, time: Duration::from_secs(seconds), last }
}

#[test]
fn rows_fit_a_narrow_terminal() {
    let running = [
        row("api", 3, "compiling"),
        row(
            "a-service-with-a-name-that-is-long",
            250,
            "a line that is longer than any terminal of sixty columns has room for",
        ),
        row("bad\n\u{1b}[2J", 7500, "größe 日本語日本語日本語日本語日本語日本語日本語"),
        row("quiet", 0, ""),
    ];
    let lines = rows(&running, Size { columns: 60, rows: 24 });
    let expected = [
        "  api                      3s  compiling",
        "  a-service-with-a-na…  4m10s  a line that is longer than …",
        "  bad\\n\\x1b[2J          2h05m  größe 日本語日本語日本語日…",
        "  quiet                    0s",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_hundred_builds_leave_room_for_what_has_ended() {
    let names: Vec<String> = (0..100).map(|at| format!("service-{at}")).collect();
    let running: Vec<Row> = names.iter().map(|name| row(name, 1, "x")).collect();
    let lines = rows(&running, Size { columns: 60, rows: 24 });
    assert_eq!(lines.len(), 14);
    assert_eq!(lines[0], "  service-0      1s  x");
    assert_eq!(lines[13], "  and 87 more");
    let counts = [(2, "failed"), (100, "running"), (0, "waiting")];
    let foot =
        foot(12, 114, counts, Duration::from_secs(61), Some(Duration::from_secs(80)), Size { columns: 80, rows: 24 });
    assert_eq!(foot, "12 of 114 done, 2 failed, 100 running, 1m01s, about 1m20s left");
}

#[test]
fn lines_that_were_broken_are_taken_away() {
    let (wide, narrow) = (Size { columns: 80, rows: 24 }, Size { columns: 30, rows: 24 });
    let mut region = Region::default();
    let mut out = Vec::new();
    region.erase(wide, &mut out);
    assert_eq!(out, b"");
    for (size, up) in [(wide, 2), (narrow, 4)] {
        region.draw(vec!["x".repeat(70), "short".to_owned()], &mut Vec::new());
        region.erase(size, &mut out);
        assert_eq!(String::from_utf8(std::mem::take(&mut out)).unwrap(), format!("\r\x1b[{up}A\x1b[J"));
    }
    region.draw(vec![String::new(); 50], &mut Vec::new());
    region.erase(narrow, &mut out);
    assert_eq!(out, b"\r\x1b[23A\x1b[J");
}

#[test]
fn the_time_that_is_left_is_known_if_each_duration_is() {
    let expected = |api: Option<f64>| [("api".to_owned(), api), ("web".to_owned(), Some(30.0))].into();
    let elapsed = |service: &str| if service == "web" { 20.0 } else { 0.0 };
    let left = |api, jobs| time_left(&expected(api), jobs, elapsed).map(|left| left.as_secs());
    assert_eq!([left(Some(50.0), 1), left(Some(50.0), 2), left(None, 2)], [Some(60), Some(50), None]);
    assert_eq!(time_left(&std::collections::BTreeMap::new(), 2, elapsed), None);
}

proptest! {
    #[test]
    fn no_row_is_wider_than_the_terminal(
        service in ".{0,40}",
        last in "\\PC{0,200}",
        columns in 1usize..200,
        rows_ in 1usize..60,
        count in 0usize..80,
    ) {
        let running: Vec<Row> = (0..count).map(|at| row(&service, at as u64 * 97, &last)).collect();
        let size = Size { columns, rows: rows_ };
        let lines = rows(&running, size);
        prop_assert!(lines.len() <= size.rows.max(1));
        for line in lines {
            prop_assert!(line.width() < columns.max(2), "{line:?}");
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
