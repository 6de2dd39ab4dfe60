use super::*;

fn service(name: &str, outcome: Outcome) -> ServiceReport {
    ServiceReport {
        service: name.to_owned(),
        outcome,
        needs: Vec::new(),
        started: None,
        built_on: Vec::new(),
        attempts: 1,
        exit: None,
        signal: None,
        seconds: 1.5,
        earlier: Vec::new(),
        log: None,
        content_tag: None,
        fingerprint: None,
        version: None,
        image: None,
        tags: Vec::new(),
        held_tags: Vec::new(),
        push: false,
        digest: None,
        blocked_by: None,
        leaky: false,
        message: None,
        record: None,
    }
}

fn report() -> Report {
    let failed = ServiceReport { exit: Some(7), attempts: 2, ..service("api", Outcome::Failed) };
    let blocked = ServiceReport { attempts: 0, blocked_by: Some("api".to_owned()), ..service("web", Outcome::Blocked) };
    let services = vec![service("lib", Outcome::Succeeded), failed, blocked, service("old", Outcome::Exists)];
    let head = ReportHead {
        rebake: Some("1.2.3".to_owned()),
        commit: Some("a1b2".to_owned()),
        environment: Some("<staging>".to_owned()),
        started: Some("2026-01-02T03:04:05Z".to_owned()),
        seconds: Some(3.25),
        jobs: Some(2),
    };
    Report { schema: SCHEMA, head, services }
}

#[test]
fn json_round_trips_and_is_checked() {
    let text = report().to_json();
    assert!(text.contains(r#""outcome": "failed""#) && text.contains(r#""blocked_by": "api""#), "{text}");
    assert_eq!(Report::read(&text).unwrap(), report());
    assert!(matches!(Report::read(&text.replace("1,", "2,")), Err(ReportError::Schema { found: 2 })));
    assert!(matches!(Report::read("{}"), Err(ReportError::NotAReport(_))));
}

#[test]
fn a_failure_in_one_of_two_jobs_counts() {
    let of = |service: ServiceReport| Report { services: vec![service], ..Report::default() };
    let tags = vec!["r.io/api:1".to_owned()];
    let own = ServiceReport { held_tags: tags, ..service("api", Outcome::Succeeded) };
    let needed = service("api", Outcome::Succeeded);
    let failed = service("api", Outcome::Failed);
    let not_started = ServiceReport { attempts: 0, ..service("api", Outcome::NotStarted) };
    for (worse, other) in [(&failed, &own), (&own, &needed), (&own, &not_started)] {
        for (one, two) in [(worse, other), (other, worse)] {
            let both = of(one.clone()).beside(of(two.clone()));
            assert_eq!(both.services, std::slice::from_ref(worse));
        }
    }
}

#[test]
fn a_log_with_a_strange_name_does_not_cost_the_report() {
    use std::os::unix::ffi::OsStringExt as _;
    let mut report = report();
    report.services[0].log = Some(std::ffi::OsString::from_vec(b"/tmp/\xff".to_vec()).into());
    assert!(report.to_json().contains("/tmp/\u{fffd}"));
}

#[test]
fn what_did_not_succeed_is_built_again() {
    let names: Vec<String> = report().unsuccessful().map(|service| service.service.clone()).collect();
    assert_eq!(names, ["api", "web"]);
    assert_eq!(report().blocked_by("api").collect::<Vec<_>>(), ["web"]);
}

#[test]
fn a_report_without_a_head_is_read() {
    let text = r#"{"schema": 1, "services": []}"#;
    assert_eq!(Report::read(text).unwrap(), Report::default());
}

#[test]
fn reports_of_two_commits_or_environments_differ() {
    let of = |commit: Option<&str>, environment: &str| ReportHead {
        commit: commit.map(str::to_owned),
        environment: Some(environment.to_owned()),
        ..ReportHead::default()
    };
    let difference = |one: &ReportHead, two: &ReportHead| one.difference(two).map(|(what, _, _)| what);
    assert_eq!(difference(&of(Some("a"), "x"), &of(Some("b"), "x")), Some("commit"));
    assert_eq!(difference(&of(None, "x"), &of(Some("b"), "y")), Some("environment"));
    assert_eq!(difference(&of(None, "x"), &of(Some("b"), "x")), None);
    assert_eq!(difference(&of(None, "x"), &ReportHead::default()), None);
}

#[test]
fn a_report_of_several_runs_says_what_holds_for_all() {
    let later = Report {
        head: ReportHead { started: Some("2026-01-02T04:00:00Z".to_owned()), ..report().head },
        services: vec![service("api", Outcome::Succeeded)],
        ..report()
    };
    let both = later.over(report());
    assert_eq!(both.head, ReportHead { seconds: None, jobs: None, ..report().head });
    assert!(both.services[1].outcome.is_success());
    // A merged report of two commits names no commit, also after it is merged again.
    let other = ReportHead { commit: Some("c3d4".to_owned()), ..report().head };
    let mixed = Report { head: other, ..report() }.over(report());
    assert_eq!((&mixed.head.commit, report().over(mixed.clone()).head.commit), (&None, None));
    assert_eq!(report().over(Report::default()), report());
}

#[test]
fn junit_counts_the_services_that_it_marks_as_skipped() {
    for outcome in [Outcome::Superseded, Outcome::Blocked, Outcome::Promoted, Outcome::Failed] {
        let text = junit(&Report { services: vec![service("api", outcome)], ..report() }, |_| None);
        let marked = text.matches("<skipped").count();
        assert!(text.contains(&format!("skipped=\"{marked}\"")), "{text}");
    }
}

#[test]
fn junit_tells_failures_from_what_was_skipped_and_later_attempts_from_first_ones() {
    let mut report = report();
    let attempt = |outcome, log: &str| AttemptReport {
        started: None,
        outcome,
        exit: Some(3),
        signal: None,
        seconds: 0.5,
        log: Some(log.into()),
        message: None,
    };
    report.services[1].earlier = vec![attempt(Outcome::TimedOut, "first")];
    report.services[0].attempts = 2;
    report.services[0].earlier = vec![attempt(Outcome::Failed, "other")];
    let text = junit(&report, |service| match &service.log {
        Some(log) => Some(format!("log {}", log.display())),
        None => (service.service == "api").then(|| "\x1b[31mbad <&> \u{0}".to_owned()),
    });
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="rebake" tests="4" failures="1" errors="0" time="3.250">
    <testsuite name="rebake build" tests="4" failures="1" errors="0" time="3.250" skipped="1" timestamp="2026-01-02T03:04:05Z">
        <properties>
            <property name="rebake" value="1.2.3"/>
            <property name="commit" value="a1b2"/>
            <property name="environment" value="&lt;staging&gt;"/>
        </properties>
        <testcase name="lib" classname="rebake build" time="1.500">
            <flakyFailure message="exit 3" type="failed"><system-out>log other</system-out></flakyFailure>
        </testcase>
        <testcase name="api" classname="rebake build" time="1.500">
            <failure message="exit 7, 2 attempts" type="failed"/>
            <rerunFailure message="exit 3" type="timed-out"><system-out>log first</system-out></rerunFailure>
            <system-out>[31mbad &lt;&amp;&gt; </system-out>
        </testcase>
        <testcase name="web" classname="rebake build" time="1.500">
            <skipped message="blocked by api" type="blocked"/>
        </testcase>
        <testcase name="old" classname="rebake build" time="1.500"/>
    </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}

#[test]
fn a_digest_is_64_small_hexadecimal_digits() {
    let hex = "0123456789abcdef".repeat(4);
    let report = |digest: &str| {
        let text = serde_json::json!({"service": "api", "outcome": "succeeded", "attempts": 1, "seconds": 1.0, "tags": [], "digest": digest});
        serde_json::from_value::<ServiceReport>(text).unwrap()
    };
    assert!(report(&format!("sha256:{hex}")).checked_digest().is_some());
    for text in [hex.clone(), format!("sha256:{}", hex.to_uppercase()), format!("sha256:{hex}0"), String::new()] {
        assert_eq!(report(&text).checked_digest(), None, "{text}");
    }
}
