use std::fs;
use std::path::Path;

use super::*;
use crate::output::exec::outcome::Outcome;
use crate::output::exec::report::{Report, ReportHead, SCHEMA, ServiceReport};
use crate::output::exec::run_event::Alive;

fn service(name: &str, outcome: Outcome, log: Option<&Path>) -> ServiceReport {
    let service = serde_json::json!({
        "service": name, "outcome": outcome, "attempts": u32::from(log.is_some()), "seconds": 3.21, "tags": [],
        "log": log,
    });
    serde_json::from_value(service).unwrap()
}

/// Returns the events of a run of three services: one succeeds, one has a hostile name and output and fails twice, and
/// one is blocked.
fn events(directory: &Path) -> Vec<RunEvent> {
    let log = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let well = log("well", b"one\n\x1b[32mtwo");
    let bad = log("bad-2", b"::error::x\n##[group]y\nba\xffd 50%\r100%\n\nlast");
    let first = log("bad-1", b"first try\n");
    let started = |service: &str, attempt, log: &Path| RunEvent::Started {
        service: service.to_owned(),
        attempt,
        log: log.to_owned(),
    };
    let output = |service: &str, attempt, log: &Path| RunEvent::Output {
        service: service.to_owned(),
        attempt,
        log: log.to_owned(),
        length: 1,
    };
    let name = "bad\n::error::";
    let failed = ServiceReport { exit: Some(1), attempts: 2, ..service(name, Outcome::Failed, Some(&bad)) };
    let tried = ServiceReport { log: Some(first.clone()), attempts: 1, ..failed.clone() };
    let blocked = ServiceReport { blocked_by: Some(name.to_owned()), ..service("web", Outcome::Blocked, None) };
    let well_done = service("well", Outcome::Succeeded, Some(&well));
    let services = vec![well_done.clone(), failed.clone(), blocked.clone()];
    vec![
        RunEvent::Begun { services: vec!["well".into(), name.into(), "web".into()], expected: vec![None; 3], jobs: 2 },
        started("well", 1, &well),
        output("well", 1, &well),
        started(name, 1, &first),
        output(name, 1, &first),
        RunEvent::Retrying { service: tried, after: 1.0 },
        RunEvent::Slow { service: "well".into(), attempt: 1, seconds: 60.0 },
        started(name, 2, &bad),
        output(name, 2, &bad),
        RunEvent::Alive { running: vec![Alive { service: "well".into(), seconds: 250.4 }], waiting: 3 },
        RunEvent::Finished { service: well_done },
        RunEvent::Finished { service: failed },
        RunEvent::Finished { service: blocked },
        // Output that is written after its attempt has ended.
        output(name, 2, &bad),
        RunEvent::Interrupted { signal: "SIGINT".into(), again: false },
        RunEvent::Ended { report: Report { schema: SCHEMA, head: ReportHead::default(), services } },
    ]
}

fn shown(display: impl RunDisplay) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut printer = Printer::new(display, Vec::new());
    for event in events(directory.path()) {
        (&mut printer).event(&event);
    }
    let text = String::from_utf8(printer.finish().unwrap()).unwrap();
    text.replace(directory.path().to_str().unwrap(), "DIR")
}

const BROKEN: OutputStyle = OutputStyle { colours: Colours::Removed, commands: Commands::Broken };

/// The end names the failure, and does not repeat its lines.
const END: &str = r"
bad\n::error:: failed (exit 1, 2 attempts) after 3.2s
  blocked: web
  log: DIR/bad-2

1 succeeded, 1 failed, 1 blocked
slowest: well 3.2s, bad\n::error:: 3.2s
";

#[test]
fn groups_are_whole_and_folded_as_the_engine_does() {
    let plain = r"== bad\n::error:: failed (exit 1) after 3.2s
first try
rebake: well is slow: 1m00s so far
rebake: 1 running: well 4m10s; 3 waiting
== well succeeded after 3.2s
one
two
== bad\n::error:: failed (exit 1, 2 attempts) after 3.2s
: :error::x
# #[group]y
100%

last
web blocked by bad\n::error::
rebake: SIGINT: telling all builds to end; once more kills them
";
    assert_eq!(shown(Grouped::new(LogEngine::Plain, BROKEN)), format!("{plain}{END}"));
    let github = plain.replace(
        "== well succeeded after 3.2s\none\ntwo\n",
        "::group::well succeeded after 3.2s\none\ntwo\n::endgroup::\n",
    );
    let annotation = r"::error title=bad\n%3A%3Aerror%3A%3A failed (exit 1%2C 2 attempts) after 3.2s::: :error::x%0A# #[group]y%0A100%25%0A%0Alast";
    assert_eq!(shown(Grouped::new(LogEngine::GitHub, BROKEN)), format!("{github}{END}{annotation}\n"));
    let buildkite = plain.replace("== bad", "+++ bad").replace("== well", "--- well");
    assert_eq!(shown(Grouped::new(LogEngine::Buildkite, BROKEN)), format!("{buildkite}{END}"));
    let azure = plain.replace("== bad", "##[section]bad");
    let azure = azure.replace(
        "== well succeeded after 3.2s\none\ntwo\n",
        "##[group]well succeeded after 3.2s\none\ntwo\n##[endgroup]\n",
    );
    let annotation = r"##vso[task.logissue type=error]bad\n::error:: failed (exit 1, 2 attempts) after 3.2s";
    assert_eq!(shown(Grouped::new(LogEngine::Azure, BROKEN)), format!("{azure}{END}{annotation}\n"));
    let gitlab = shown(Grouped::new(LogEngine::GitLab, BROKEN));
    let well = "\x1b[0Ksection_start:0:rebake_2[collapsed=true]\r\x1b[0Kwell succeeded after 3.2s\none\ntwo\n\x1b[0Ksection_end:3:rebake_2\r\x1b[0K\n";
    assert!(gitlab.contains(well), "{gitlab:?}");
    assert!(gitlab.contains("\x1b[0Ksection_start:0:rebake_3\r\x1b[0Kbad"), "{gitlab:?}");
}

#[test]
fn failures_show_what_went_wrong_alone() {
    let text = shown(Failures::new(LogEngine::Plain, BROKEN));
    assert!(text.contains("first try\n") && text.contains("last\n"), "{text}");
    assert!(text.contains("\nwell succeeded after 3.2s\n== bad"), "{text}");
    assert!(!text.contains("\none\n"), "{text}");
    assert!(text.ends_with(END), "{text}");
}

#[test]
fn a_stream_names_each_line_as_it_comes() {
    let expected = r"well          | one
bad\n::error:: | first try
bad\n::error:: failed (exit 1) after 3.2s
rebake: well is slow: 1m00s so far
bad\n::error:: | ::error::x
bad\n::error:: | ##[group]y
bad\n::error:: | 100%
bad\n::error:: | 
rebake: 1 running: well 4m10s; 3 waiting
well          | E[32mtwoE[0m
well succeeded after 3.2s
bad\n::error:: | last
bad\n::error:: failed (exit 1, 2 attempts) after 3.2s
web blocked by bad\n::error::
rebake: SIGINT: telling all builds to end; once more kills them
";
    let expected = expected.replace("well          |", "well           |").replace('E', "\x1b");
    let style = OutputStyle { colours: Colours::Kept, commands: Commands::Obeyed };
    assert_eq!(shown(Stream::new(style)), format!("{expected}{END}"));
}

#[test]
fn json_is_one_event_a_line() {
    let text = shown(Json::default());
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    let expected = "begun started output started output retrying slow started output output output output alive output \
                    finished output finished finished interrupted ended";
    assert_eq!(kinds.join(" "), expected);
    assert_eq!(lines[10]["line"], "ba\u{fffd}d 50%\r100%");
    assert_eq!((&lines[13]["line"], &lines[13]["attempt"]), (&"\x1b[32mtwo".into(), &1.into()));
    assert_eq!(lines[16]["outcome"], "failed");
}

#[test]
fn a_closed_output_is_remembered_and_harms_nothing() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let mut printer = Printer::new(Grouped::default(), Closed);
    for event in events(directory.path()) {
        (&mut printer).event(&event);
    }
    assert_eq!(printer.finish().map(|_| ()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn an_endless_line_is_shown_in_pieces() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    fs::write(&log, "x".repeat(200_000)).unwrap();
    let mut printer = Printer::new(Grouped::default(), Vec::new());
    (&mut printer).event(&RunEvent::Finished { service: service("a", Outcome::Succeeded, Some(&log)) });
    let text = String::from_utf8(printer.finish().unwrap()).unwrap();
    assert_eq!(text.matches('x').count(), 200_000);
    assert!(text.lines().all(|line| line.len() <= 16 * 1024));
    assert_eq!(last_lines(&log, 50, BROKEN).unwrap().len(), 1);
}

#[test]
fn a_log_that_is_gone_is_said() {
    let service = service("a", Outcome::Failed, Some(Path::new("/no/such/log")));
    let mut printer = Printer::new(Grouped::default(), Vec::new());
    (&mut printer).event(&RunEvent::Finished { service });
    let text = String::from_utf8(printer.finish().unwrap()).unwrap();
    assert!(text.contains("the log cannot be read"), "{text}");
}
