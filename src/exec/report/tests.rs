use super::*;

fn service(name: &str, outcome: Outcome) -> Service {
    Service {
        service: name.to_owned(),
        outcome,
        attempts: 1,
        exit: None,
        signal: None,
        seconds: 1.5,
        log: None,
        version: None,
        image: None,
        tags: Vec::new(),
        push: false,
        digest: None,
        blocked_by: None,
        leaky: false,
        message: None,
        record: None,
    }
}

fn report() -> Report {
    let failed = Service { exit: Some(7), attempts: 2, ..service("api", Outcome::Failed) };
    let blocked = Service { attempts: 0, blocked_by: Some("api".to_owned()), ..service("web", Outcome::Blocked) };
    let services = vec![service("lib", Outcome::Succeeded), failed, blocked, service("old", Outcome::Exists)];
    Report { schema: SCHEMA, services }
}

#[test]
fn json_round_trips_and_is_checked() {
    let text = report().to_json().unwrap();
    assert!(text.contains(r#""outcome": "failed""#) && text.contains(r#""blocked_by": "api""#), "{text}");
    assert_eq!(Report::read(&text).unwrap(), report());
    assert!(matches!(Report::read(&text.replace("1,", "2,")), Err(ReportError::Schema { found: 2 })));
    assert!(matches!(Report::read("{}"), Err(ReportError::NotAReport(_))));
}

#[test]
fn a_log_with_a_strange_name_does_not_cost_the_report() {
    use std::os::unix::ffi::OsStringExt as _;
    let mut report = report();
    report.services[0].log = Some(std::ffi::OsString::from_vec(b"/tmp/\xff".to_vec()).into());
    assert!(report.to_json().unwrap().contains("/tmp/\u{fffd}"));
}

#[test]
fn what_did_not_succeed_is_built_again() {
    let names: Vec<String> = report().unsuccessful().map(|service| service.service.clone()).collect();
    assert_eq!(names, ["api", "web"]);
    assert_eq!(report().blocked_by("api").collect::<Vec<_>>(), ["web"]);
}

#[test]
fn junit_tells_failures_from_what_was_skipped() {
    let text = junit(&report(), |service| (service.service == "api").then(|| "\x1b[31mbad <&> \u{0}".to_owned()));
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="rebake" tests="4" skipped="1" failures="1" errors="0">
    <testsuite name="rebake build" tests="4" skipped="1" errors="0" failures="1">
        <testcase name="lib" classname="rebake build" time="1.500"/>
        <testcase name="api" classname="rebake build" time="1.500">
            <failure message="exit 7, 2 attempts" type="failed"/>
            <system-out>bad &lt;&amp;&gt; </system-out>
        </testcase>
        <testcase name="web" classname="rebake build" time="1.500">
            <skipped message="blocked by api" type="blocked"/>
        </testcase>
        <testcase name="old" classname="rebake build" time="1.500"/>
    </testsuite>
</testsuites>
"#;
    assert_eq!(text.unwrap(), expected);
}
